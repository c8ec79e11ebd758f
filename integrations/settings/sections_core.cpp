// server, incidents, store, log, api, console.
#include <algorithm>

#include "integrations/settings/checks.hpp"
#include "integrations/settings/sections.hpp"
#include "integrations/text/address.hpp"

namespace settings {
namespace {

void read_listen(Mapping& in, const std::string& key, std::string& out, const char* example) {
  in.text(key, out);
  if (in.has(key) && !parse_address(out))
    in.report().about(in.path_of(key), std::string("must be an address and a port like ") + example + " or [::1]:8080");
}

void check_names(const std::vector<std::string>& names, const std::string& path, Report& report) {
  if (names.empty()) report.about(path, "must name at least one");
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!is_name(names[i]))
      report.about(path + "[" + std::to_string(i) + "]", "must be one word of letters, digits, \"-\", \"_\" and \".\", since people type it");
  check_unique(names, path, report);
}

/// Words of the grammar, which a name of that kind would hide or be hidden by.
void check_free(const std::vector<std::string>& names, const std::vector<std::string>& taken, const std::string& path, const char* whose, Report& report) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const auto word = std::find(taken.begin(), taken.end(), text::lower(names[i])); word != taken.end())
      report.about(path + "[" + std::to_string(i) + "]", "\"" + *word + "\" is " + whose + "; choose another name, for example \"" + *word + "-1\"");
}

/// The card, reminders and permissions are about these two, and without them no person could ever publish.
void check_needed_roles(const std::vector<std::string>& roles, const std::string& path, Report& report) {
  std::string missing;
  for (const char* role : {"commander", "comms"})
    if (std::find(roles.begin(), roles.end(), role) == roles.end()) missing += (missing.empty() ? "" : " and ") + std::string(role);
  if (!missing.empty() && !roles.empty())
    report.warn(path, "commander and comms are who may command and publish (missing: " + missing + "); name them beside the others, for example [commander, comms, scribe]");
}

/// {number} is needed; {slug} is the only other one.
void check_room_name(const std::string& pattern, const std::string& path, Report& report) {
  if (pattern.find("{number}") == std::string::npos) report.about(path, "must contain {number}, or two incidents would share a room");
  for (std::size_t at = 0; (at = pattern.find('{', at)) != std::string::npos; ++at) {
    const auto end = pattern.find('}', at);
    const std::string mark = pattern.substr(at, end == std::string::npos ? std::string::npos : end + 1 - at);
    if (mark == "{number}" || mark == "{slug}") continue;
    report.about(path, (report.hidden(pattern) ? std::string("a part of it") : "\"" + mark + "\"") + " stands for nothing; known are {number} and {slug}, for example inc-{number}-{slug}");
    return;
  }
}

void read_public_defaults(Mapping& in, bot::IncidentSettings& out) {
  in.section("public_defaults", [&](Mapping& by_severity) {
    for (const auto& severity : out.severities)
      if (by_severity.has(severity)) by_severity.pairs(severity, out.public_defaults[severity]);
  });
}

/// "slack" for the id of a user group, "matrix" for a room or space, "" for neither.
std::string chat_of_group(const std::string& id) {
  if (is_matrix_id(id, "#!")) return "matrix";
  return is_path_word(id) && id.size() <= 255 ? "slack" : "";
}

void read_groups(Mapping& invite, bot::IncidentSettings& out) {
  std::vector<std::string> groups;
  invite.texts("groups", groups);
  check_unique(groups, invite.path_of("groups"), invite.report());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string chat = chat_of_group(groups[i]);
    if (chat.empty())
      invite.report().about(invite.path_of("groups") + "[" + std::to_string(i) + "]",
                            "must be the id of a user group in Slack, for example S012ABCDE, or a room or space in Matrix, for example \"#team:example.org\"");
    else out.invite_groups[chat].push_back(groups[i]);
  }
}

void read_rooms(Mapping& in, bot::IncidentSettings& out) {
  std::string rooms = "all";
  in.text("rooms", rooms);
  check_known(rooms, {"all", "origin"}, in.path_of("rooms"), "a choice of rooms", in.report());
  out.room_in_every_chat = rooms != "origin";
  in.duration("stale_after", out.stale_after, bot::Millis{10000}, bot::Millis{24 * 3600000});
  in.section("invite", [&](Mapping& invite) {
    invite.texts("people", out.invite_people);
    check_unique(out.invite_people, invite.path_of("people"), invite.report());
    read_groups(invite, out);
  });
  in.pairs("bookmarks", out.bookmarks);
  for (const auto& [label, url] : out.bookmarks)
    if (label.empty() || label.size() > 60 || !is_http_url(url))
      in.report().about(in.path_of("bookmarks") + "." + label, "must be a short name and an address that begins with https:// or http://");
}

void read_token(Mapping& in, bot::ApiToken& token) {
  in.text("name", token.name, Need::required);
  if (!token.name.empty() && !is_name(token.name)) in.report().about(in.path_of("name"), "must be one word of letters, digits, \"-\", \"_\" and \".\"");
  in.secret("token", token.token, Need::required);
  if (!in.has("scopes")) return;
  std::vector<std::string> scopes;
  in.texts("scopes", scopes);
  token.scopes = {false, false, false, false};
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    check_known(scopes[i], {"read", "respond", "publish", "admin"}, in.path_of("scopes") + "[" + std::to_string(i) + "]", "a scope", in.report());
    token.scopes.read |= scopes[i] == "read";
    token.scopes.respond |= scopes[i] == "respond";
    token.scopes.publish |= scopes[i] == "publish";
    token.scopes.admin |= scopes[i] == "admin";
  }
}

}  // namespace

const std::vector<std::string>& typed_first() {
  static const std::vector<std::string> words{"help", "list", "show", "timeline", "declare", "join", "leave", "role", "severity", "status", "rename", "impact", "started", "note",
                                              "update", "public", "page", "ack", "resolve", "reopen", "close", "cancel", "snooze", "adopt", "mirror", "private", "correct", "redact"};
  return words;
}

void read_server(Mapping& root, bot::Settings& out) {
  auto& server = out.server;
  bool url_given = false, console_given = false;
  root.section("server", [&](Mapping& in) {
    read_listen(in, "listen", server.listen, "127.0.0.1:8080");
    read_listen(in, "private_listen", server.private_listen, "127.0.0.1:8090");
    url_given = in.has("public_url");
    in.url("public_url", server.public_url);
    console_given = in.has("console_url");
    in.url("console_url", server.console_url);
    in.section("tls", [&](Mapping& tls) {
      tls.text("certificate", server.tls_certificate);
      tls.text("key", server.tls_key);
    });
    if (server.tls_certificate.empty() != server.tls_key.empty()) in.report().about(in.path_of("tls"), "needs both certificate and key, or neither");
    in.texts("trusted_proxies", server.trusted_proxies);
    for (std::size_t i = 0; i < server.trusted_proxies.size(); ++i)
      if (!is_network(server.trusted_proxies[i]))
        in.report().about(in.path_of("trusted_proxies") + "[" + std::to_string(i) + "]", "must be an address or a network like 10.0.0.0/8");
  });
  const std::string scheme = server.tls_certificate.empty() ? "http://" : "https://";
  if (!url_given) server.public_url = scheme + server.listen;
  if (!console_given) server.console_url = server.private_listen.empty() ? server.public_url : scheme + server.private_listen;
  for (std::string* url : {&server.public_url, &server.console_url}) *url = text::without_slash(*url);  // paths are appended
}

void read_incidents(Mapping& root, bot::Settings& out) {
  auto& incidents = out.incidents;
  root.section("incidents", [&](Mapping& in) {
    in.texts("severities", incidents.severities);
    check_names(incidents.severities, in.path_of("severities"), in.report());
    check_free(incidents.severities, {"drill", "all", "open"}, in.path_of("severities"), "a word of declare or list", in.report());
    check_free(incidents.severities, typed_first(), in.path_of("severities"), "a command", in.report());
    in.texts("roles", incidents.roles);
    check_names(incidents.roles, in.path_of("roles"), in.report());
    check_free(incidents.roles, {"me", "none", "nobody"}, in.path_of("roles"), "how the command role names a person", in.report());
    check_needed_roles(incidents.roles, in.path_of("roles"), in.report());
    in.text("default_severity", incidents.default_severity);
    if (!incidents.default_severity.empty())
      check_known(incidents.default_severity, incidents.severities, in.path_of("default_severity"), "a severity", in.report());
    in.text("room_name", incidents.room_name);
    check_room_name(incidents.room_name, in.path_of("room_name"), in.report());
    in.texts("admins", incidents.admins);
    check_unique(incidents.admins, in.path_of("admins"), in.report());
    read_public_defaults(in, incidents);
    read_rooms(in, incidents);
  });
  root.section("permissions", [&](Mapping& in) {
    in.texts("publish", out.permissions.publish);
    in.texts("command", out.permissions.command);
    check_unique(out.permissions.publish, in.path_of("publish"), in.report());
    check_unique(out.permissions.command, in.path_of("command"), in.report());
  });
}

void read_reminders(Mapping& root, bot::Settings& out) {
  auto& reminders = out.reminders;
  const bot::Millis none{0}, week{7 * 24 * 3600000LL};
  root.section("reminders", [&](Mapping& in) {
    in.flag("enabled", reminders.enabled);
    in.duration("commander", reminders.commander, none, week);
    in.duration("status", reminders.status, none, week);
    in.duration("open", reminders.open, none, bot::Millis{31 * 24 * 3600000LL});
    reminders.update_given = in.section("update", [&](Mapping& by_severity) {
      for (const auto& severity : out.incidents.severities)
        if (by_severity.has(severity)) by_severity.duration(severity, reminders.update[severity], none, week);
    });
    in.text("deputy", reminders.deputy);
    if (in.has("deputy")) check_known(reminders.deputy, out.incidents.roles, in.path_of("deputy"), "a role", in.report());
  });
}

void read_store_and_log(Mapping& root, bot::Settings& out) {
  root.section("store", [&](Mapping& in) {
    in.text("url", out.store_url);
    if (!in.has("url")) return;
    const std::string file = out.store_url.compare(0, 7, "sqlite:") == 0 ? out.store_url.substr(7) : "";
    if (file.empty()) in.report().about(in.path_of("url"), "must be sqlite: and a file, for example sqlite:data/muster.db");
    if (file.compare(0, 7, ":memory") == 0 || file.compare(0, 5, "file:") == 0)
      in.report().about(in.path_of("url"), "must be a file on disk: what is kept in memory only would be lost");
  });
  root.section("log", [&](Mapping& in) {
    in.text("level", out.log_level);
    check_known(out.log_level, {"debug", "info", "warning", "error"}, in.path_of("level"), "a log level", in.report());
  });
}

void read_api_and_console(Mapping& root, bot::Settings& out) {
  root.section("api", [&](Mapping& in) {
    in.each("tokens", [&](Mapping& one) {
      bot::ApiToken token;
      read_token(one, token);
      for (std::size_t i = 0; i < out.api_tokens.size(); ++i) {
        const auto& have = out.api_tokens[i];
        if (!token.name.empty() && have.name == token.name) one.report().about(one.path_of("name"), "is here twice; each token needs its own name");
        if (!token.token.empty() && have.token.reveal() == token.token.reveal())
          one.report().about(one.path_of("token"), "is the same as that of api.tokens[" + std::to_string(i) + "]; nobody could tell the two apart");
      }
      out.api_tokens.push_back(std::move(token));
    });
  });
  bool enabled = true;
  out.console_enabled = root.section("console", [&](Mapping& in) { in.flag("enabled", enabled); }) && enabled;
}

}  // namespace settings
