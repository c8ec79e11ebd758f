// slack, people, paging: who is reached, and by what.
#include <algorithm>

#include "integrations/settings/checks.hpp"
#include "integrations/settings/sections.hpp"
#include "integrations/text/address.hpp"

namespace settings {
namespace {

bool is_id_word(const std::string& id) {
  return id.size() >= 2 && std::all_of(id.begin(), id.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

bool is_channel_id(const std::string& id) { return is_id_word(id) && (id[0] == 'C' || id[0] == 'G'); }
bool is_slack_id(const std::string& id) { return is_id_word(id) && (id[0] == 'U' || id[0] == 'W'); }

void with_slash(std::string& url) {
  if (!url.empty() && url.back() != '/') url += '/';
}

void read_identity(Mapping& in, const std::string& chat, bot::Person& person, bool (*good)(const std::string&), const char* words) {
  std::string id;
  in.text(chat, id);
  if (id.empty()) return;
  if (!good(id)) return in.report().about(in.path_of(chat), words);
  person.identities[chat] = id;
}

void check_person(Mapping& in, const bot::Person& person, const std::vector<bot::Person>& others) {
  static constexpr const char* kTaken[] = {"none", "nobody", "me", "muster", "all", "here", "channel", "everyone"};
  if (!person.id.empty() && !is_name(person.id))
    in.report().about(in.path_of("id"), "must be one word of letters, digits, \"-\", \"_\" and \".\", since people type it");
  for (const auto* taken : kTaken)
    if (text::lower(person.id) == taken) in.report().about(in.path_of("id"), std::string("\"") + taken + "\" has a meaning of its own; choose another id");
  for (std::size_t i = 0; i < others.size(); ++i) {
    const auto& other = others[i];
    if (!person.id.empty() && text::lower(other.id) == text::lower(person.id)) in.report().about(in.path_of("id"), "is here twice; each person needs their own id");
    for (const auto& [chat, id] : person.identities)
      if (const auto it = other.identities.find(chat); it != other.identities.end() && it->second == id)
        in.report().about(in.path_of(chat), "belongs to people[" + std::to_string(i) + "] already; one person, one account");
  }
}

/// The tokens, and which of the two ways Slack reaches Muster: signed HTTP, or a socket that Muster opens.
void read_slack_ways(Mapping& in, bot::SlackSettings& slack) {
  in.text("mode", slack.mode);
  const bool named = in.has("mode");
  if (named) check_known(slack.mode, {"http", "socket"}, in.path_of("mode"), "a way to reach Slack", in.report());
  in.secret("refresh_token", slack.refresh_token);
  in.secret("bot_token", slack.bot_token, Need::required);
  in.secret("app_token", slack.app_token, named && slack.mode == "socket" ? Need::required : Need::optional);
  const bool socket = named ? slack.mode == "socket" : !slack.app_token.empty() && !in.has("signing_secret");
  in.secret("signing_secret", slack.signing_secret, socket ? Need::optional : Need::required);
  in.text("client_id", slack.client_id);
  in.secret("client_secret", slack.client_secret);
  const bool rotates = in.has("refresh_token"), whole = in.has("client_id") && in.has("client_secret");
  if (rotates != whole || in.has("client_id") != in.has("client_secret"))
    in.report().at(in.line(), in.path() + ": token rotation needs client_id, client_secret and refresh_token together, or none of them");
  const auto begins = [&](const char* key, const bot::Secret& token, const std::vector<std::string>& with, const char* words) {
    if (token.empty()) return;
    for (const auto& one : with)
      if (token.reveal().rfind(one, 0) == 0) return;
    in.report().about(in.path_of(key), words);
  };
  begins("bot_token", slack.bot_token, {"xoxb-", "xoxe.xoxb-"}, "must be the bot's token, which begins with xoxb- (OAuth & Permissions)");
  begins("app_token", slack.app_token, {"xapp-"}, "must be an app-level token, which begins with xapp- (Basic Information, App-Level Tokens)");
  begins("refresh_token", slack.refresh_token, {"xoxe-"}, "must be a refresh token, which begins with xoxe-");
}

}  // namespace

void read_chats(Mapping& root, bot::Settings& out) {
  out.slack.enabled = root.section("slack", [&](Mapping& in) {
    auto& slack = out.slack;
    in.text("command", slack.command);
    if (slack.command.size() < 2 || slack.command[0] != '/' || !is_name(slack.command.substr(1)))
      in.report().about(in.path_of("command"), "must be a slash and one word, for example /incident");
    read_slack_ways(in, slack);
    in.url("api_url", slack.api_url, Need::optional);
    with_slash(slack.api_url);
    in.text("team_id", slack.team_id);
    if (!slack.team_id.empty() && (slack.team_id[0] != 'T' || !is_id_word(slack.team_id)))
      in.report().about(in.path_of("team_id"), "must be a workspace's id like T01ABCDEF");
    in.text("announce_channel", slack.announce_channel);
    if (!slack.announce_channel.empty() && !is_channel_id(slack.announce_channel))
      in.report().about(in.path_of("announce_channel"), "must be a channel's id like C01ABCDEF, not its name, which can change: in Slack, press the channel's name; the id stands at the end of About");
    in.text("pin_emoji", slack.pin_emoji);
    if (slack.pin_emoji.empty() || slack.pin_emoji.find_first_of(": \t") != std::string::npos)
      in.report().about(in.path_of("pin_emoji"), "must be an emoji's name without colons, for example pushpin");
  });
  out.matrix.enabled = root.section("matrix", [&](Mapping& in) { read_matrix(in, out.matrix); });
  root.each("announcements", [&](Mapping& in) {
    bot::AnnouncementHook hook;
    std::string kind = "webhook", url;
    in.text("kind", kind, Need::required);
    if (kind != "webhook") check_known(kind, {"webhook"}, in.path_of("kind"), "a kind of announcement", in.report());
    in.text("name", hook.name, Need::required);
    if (!hook.name.empty() && !is_name(hook.name)) in.report().about(in.path_of("name"), "must be one word of letters, digits, \"-\", \"_\" and \".\"");
    for (const auto& have : out.announcements)
      if (!hook.name.empty() && have.name == hook.name) in.report().about(in.path_of("name"), "is here twice; each place needs its own name");
    in.url("url", url, Need::required);
    hook.url = bot::Secret(url);  // whoever has it can post there
    in.report().hide(url);
    out.announcements.push_back(std::move(hook));
  });
}

void read_people(Mapping& root, bot::Settings& out) {
  root.each("people", [&](Mapping& in) {
    bot::Person person;
    in.text("id", person.id, Need::required);
    person.name = person.id;
    in.text("name", person.name);
    if (person.name.empty()) person.name = person.id;
    if (person.name.size() > 200) in.report().about(in.path_of("name"), "is longer than 200 characters");
    read_identity(in, "slack", person, is_slack_id, "must be a member id like U01ABCDEF (profile, \"Copy member ID\"), not a name");
    read_identity(in, "matrix", person, [](const std::string& id) { return is_matrix_id(id, "@"); }, "must look like @alice:example.org");
    in.url("webhook", person.webhook);
    check_person(in, person, out.people);
    out.people.push_back(std::move(person));
  });
}

void read_paging(Mapping& root, bot::Settings& out) {
  root.section("paging", [&](Mapping& in) {
    in.secret("secret", out.paging.secret);
    in.number("repeat", out.paging.repeat, 0, 20);
    in.each("policy", [&](Mapping& one) {
      bot::PolicyStep step;
      one.texts("notify", step.notify);
      if (!one.has("notify") || step.notify.empty()) one.report().at(one.line(), one.path_of("notify") + " must name at least one person");
      check_unique(step.notify, one.path_of("notify"), one.report());
      one.duration("wait", step.wait, bot::Millis{1}, bot::Millis{24 * 3600000});
      out.paging.policy.push_back(std::move(step));
    });
  });
}

}  // namespace settings
