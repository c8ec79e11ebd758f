// What one section says about another.
#include <algorithm>
#include <set>

#include "integrations/settings/checks.hpp"
#include "integrations/settings/sections.hpp"
#include "integrations/text/address.hpp"
#include "integrations/text/html.hpp"

namespace settings {
namespace {

using Names = std::vector<std::string>;

std::string word(const std::string& value, const Report& report) {
  return report.hidden(value) ? "what is filled in" : "\"" + text::shorten(text::clean(value, true), 60) + "\"";
}

std::string at(const std::string& path, std::size_t i) { return path + "[" + std::to_string(i) + "]"; }

/// What somebody lacks so that a page can reach them.
std::string reachable_by(const bot::Settings& out, std::size_t person) {
  std::string ways;
  for (const auto& chat : out.chats()) ways += chat + " or ";
  return "; add " + ways + "webhook to " + at("people", person) + (ways.empty() ? ", or set up a chat they are in" : "");
}

void check_reachable(const bot::Settings& out, Report& report) {
  for (std::size_t i = 0; i < out.paging.policy.size(); ++i) {
    const Names& named = out.paging.policy[i].notify;
    for (std::size_t j = 0; j < named.size(); ++j)
      for (std::size_t k = 0; k < out.people.size(); ++k) {
        const auto& person = out.people[k];
        if (person.id != named[j] || report.has(at("people", k) + ".webhook")) continue;
        const auto chats = out.chats();
        // The key counts, also with a wrong value: that is a fault of its own, told once.
        const bool reached = std::any_of(chats.begin(), chats.end(), [&](const std::string& chat) { return report.has(at("people", k) + "." + chat); });
        if (!reached) report.warn(at(at("paging.policy", i) + ".notify", j), word(named[j], report) + " cannot be reached by any page" + reachable_by(out, k));
      }
  }
}

/// Somebody who was invited and stands nowhere in the settings may be paged in time; a slip of the pen never.
void check_paged(const Names& named, const Names& ids, const std::string& path, Report& report) {
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (std::find(ids.begin(), ids.end(), named[i]) != ids.end()) continue;
    if (!nearest(named[i], report.sayable(ids)).empty()) check_known(named[i], ids, at(path, i), "the id of anybody under people", report);
    else report.warn(at(path, i), word(named[i], report) + " is nobody under people, so no page reaches them; give them an entry with a chat or a webhook");
  }
}

void check_people(bot::Settings& out, Report& report) {
  Names ids;
  for (const auto& person : out.people) ids.push_back(person.id);
  const auto all_known = [&](const Names& named, const std::string& path) {
    for (std::size_t i = 0; i < named.size(); ++i) check_known(named[i], ids, at(path, i), "the id of anybody under people", report);
  };
  all_known(out.incidents.admins, "incidents.admins");
  all_known(out.incidents.invite_people, "incidents.invite.people");
  all_known(out.permissions.publish, "permissions.publish");
  all_known(out.permissions.command, "permissions.command");
  check_reachable(out, report);
  for (std::size_t i = 0; i < out.paging.policy.size(); ++i) check_paged(out.paging.policy[i].notify, ids, at("paging.policy", i) + ".notify", report);
  for (std::size_t i = 0; i < out.people.size(); ++i) {
    auto& person = out.people[i];
    person.admin = std::find(out.incidents.admins.begin(), out.incidents.admins.end(), person.id) != out.incidents.admins.end();
    if (!person.webhook.empty() && out.paging.secret.empty() && !report.has("paging.secret"))
      report.about(at("people", i) + ".webhook", "needs paging.secret: pages are signed, so that the receiver can tell them from forgeries");
  }
}

/// Groups of a chat that is not set up bring nobody.
void check_groups(const bot::Settings& out, Report& report) {
  const auto chats = out.chats();
  for (const auto& [chat, groups] : out.incidents.invite_groups)
    if (std::find(chats.begin(), chats.end(), chat) == chats.end() && !report.has(chat))
      for (const auto& group : groups)
        report.warn("incidents.invite.groups", word(group, report) + " brings nobody, since there is no " + chat + " section; add one, or take it out");
}

void check_severities(const bot::Settings& out, Report& report) {
  static const Names kComponentStates{"operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"};
  for (std::size_t i = 0; i < out.alerts.size(); ++i)
    for (const auto& [label, severity] : out.alerts[i].severity_map)
      check_known(severity, out.incidents.severities, at("alerts", i) + ".severity.map." + label, "a severity", report);
  Names components;
  for (const auto& component : out.components()) components.push_back(component.id);
  for (const auto& [severity, states] : out.incidents.public_defaults)
    for (const auto& [component, state] : states) {
      const std::string path = "incidents.public_defaults." + severity + "." + component;
      check_known(component, components, path, "a component of a status page", report);
      check_known(state, kComponentStates, path, "a component's state", report);
    }
}

void check_addresses(const bot::Settings& out, Report& report) {
  std::vector<std::pair<std::string, Address>> used;
  const auto take = [&](const std::string& path, const std::string& text) {
    const auto address = parse_address(text);
    if (!address) return;  // told already
    for (const auto& [other, have] : used)
      if (clash(*address, have)) report.about(path, "is the same address as " + other + "; each needs its own port");
    used.emplace_back(path, *address);
  };
  take("server.listen", out.server.listen);
  if (!out.server.private_listen.empty()) take("server.private_listen", out.server.private_listen);
  for (std::size_t i = 0; i < out.status_pages.size(); ++i)
    if (out.status_pages[i].kind == "builtin") take(at("status_pages", i) + ".listen", out.status_pages[i].listen);

  const auto listen = parse_address(out.server.listen);
  if (listen && !listen->loopback && out.server.private_listen.empty() && (out.console_enabled || !out.api_tokens.empty()))
    report.about("server.listen", "may face the internet, which is for webhooks only: give the console and the API an address of their own with "
                                  "server.private_listen, for example 127.0.0.1:8090");
}

void check_files(const bot::Settings& out, const Outside& outside, Report& report) {
  const auto readable = [&](const std::string& path, const std::string& file) {
    if (file.empty()) return;
    if (auto read = outside.file(file); !read) report.about(path, read.error().message);
  };
  readable("server.tls.certificate", out.server.tls_certificate);
  readable("server.tls.key", out.server.tls_key);
}

}  // namespace

void check_unique(const Names& values, const std::string& path, Report& report) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!seen.insert(text::lower(values[i])).second) report.about(at(path, i), word(values[i], report) + " is here twice");
}

void check_known(const std::string& value, const Names& known, const std::string& path, const std::string& what, Report& report) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  report.about(path, word(value, report) + " is not " + what + suggestion(value, report.sayable(known)));
}

void check_together(bot::Settings& out, const Outside& outside, Report& report) {
  check_people(out, report);
  check_groups(out, report);
  check_severities(out, report);
  check_addresses(out, report);
  check_files(out, outside, report);
}

}  // namespace settings
