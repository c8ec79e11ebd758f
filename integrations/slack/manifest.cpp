#include "integrations/slack/manifest.hpp"

#include <nlohmann/json.hpp>

namespace slack {
namespace {

using Json = nlohmann::ordered_json;  // people read it: the order is Slack's own

Json features(const bot::SlackSettings& slack, const std::string& base, bool socket) {
  Json command{{"command", slack.command}};
  if (!socket) command["url"] = base + "/slack/commands";
  command["description"] = "Declare and run incidents";
  command["usage_hint"] = "declare [SEVERITY] TITLE | list | help";
  command["should_escape"] = true;  // mentions arrive as ids, not as names that two people share
  Json out;
  out["app_home"] = {{"home_tab_enabled", true}, {"messages_tab_enabled", true}, {"messages_tab_read_only_enabled", true}};
  out["bot_user"] = {{"display_name", "muster"}, {"always_online", true}};
  out["shortcuts"] = Json::array(
      {{{"name", "Declare an incident"}, {"type", "global"}, {"callback_id", "declare_incident"}, {"description", "Opens the form that declares an incident"}},
       {{"name", "Add to the timeline"}, {"type", "message"}, {"callback_id", "add_to_timeline"}, {"description", "Puts this message on the incident's timeline"}},
       {{"name", "Declare from this"}, {"type", "message"}, {"callback_id", "declare_from_message"}, {"description", "Declares an incident with this message as its title"}}});
  out["slash_commands"] = Json::array({command});
  return out;
}

Json settings_of(const bot::SlackSettings& slack, const std::string& base, bool socket) {
  Json events, interactivity{{"is_enabled", true}};
  if (!socket) events["request_url"] = base + "/slack/events";
  if (!socket) interactivity["request_url"] = base + "/slack/interactions";
  events["bot_events"] = needed_events();
  if (!slack.team_id.empty()) events["bot_events"].push_back("channel_id_changed");  // only within an organisation may a channel become another one
  Json out;
  out["event_subscriptions"] = events;
  out["interactivity"] = interactivity;
  out["org_deploy_enabled"] = !slack.team_id.empty();
  out["socket_mode_enabled"] = socket;
  out["token_rotation_enabled"] = slack.rotates();
  return out;
}

}  // namespace

const std::vector<Scope>& needed_scopes() {
  static const std::vector<Scope> all{
      {"app_mentions:read", "to take commands that begin with its name, also in threads"},
      {"bookmarks:read", "to look before it adds a bookmark twice"},
      {"bookmarks:write", "to put timeline, status page and runbook on top of the room"},
      {"channels:history", "to find its own posts after a lost answer, and what was said while it was away"},
      {"channels:join", "to enter a public channel that becomes an incident's room, or that hears announcements"},
      {"channels:manage", "to open rooms, set their topic, invite, archive"},
      {"channels:read", "to see who joins, and its own channels"},
      {"chat:write", "to post and to edit its card"},
      {"commands", "for the slash command and the shortcuts"},
      {"groups:history", "the same in private rooms"},
      {"groups:read", "the same in private rooms"},
      {"groups:write", "to open and archive private rooms"},
      {"im:history", "to find its own page after a lost answer instead of paging twice"},
      {"im:write", "to page people by direct message"},
      {"pins:write", "to pin the summary card"},
      {"reactions:read", "to put a message on the timeline when somebody reacts with the pin"},
      {"usergroups:read", "to invite a user group's members"},
      {"users:read", "to show names instead of ids"}};
  return all;
}

const std::vector<const char*>& needed_events() {
  static const std::vector<const char*> all{"app_home_opened", "app_mention",        "app_uninstalled",  "channel_archive",  "channel_rename", "channel_unarchive",
                                            "group_archive",   "group_rename",     "group_unarchive",  "member_joined_channel", "member_left_channel",
                                            "message.channels", "message.groups",  "reaction_added",   "reaction_removed", "tokens_revoked"};
  return all;
}

std::string manifest(const bot::Settings& settings, bool socket) {
  std::string base = settings.server.public_url;
  while (!base.empty() && base.back() == '/') base.pop_back();
  Json scopes = Json::array();
  for (const auto& scope : needed_scopes()) scopes.push_back(scope.name);
  Json out;
  out["_metadata"] = {{"major_version", 1}, {"minor_version", 1}};
  out["display_information"] = {{"name", "Muster"}, {"description", "Declare and run incidents from Slack"}, {"background_color", "#1f2937"}};
  out["features"] = features(settings.slack, base, socket);
  out["oauth_config"] = {{"scopes", {{"bot", scopes}}}};
  out["settings"] = settings_of(settings.slack, base, socket);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace slack
