// The app's manifest against the limits of Slack's schema, and against the names that Slack's reference knows.
#include <catch2/catch.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include "integrations/slack/manifest.hpp"

namespace {

using nlohmann::json;

bot::Settings settings() {
  bot::Settings s;
  s.slack.enabled = true;
  s.server.public_url = "https://muster.example.org/";
  return s;
}

json printed(bool socket) { return json::parse(slack::manifest(settings(), socket)); }

bool within(const json& text, std::size_t most) { return text.is_string() && !text.get<std::string>().empty() && text.get<std::string>().size() <= most; }

// Slack's reference: the manifest's section and the methods' and events' pages.
const std::set<std::string> kScopes{
    "app_mentions:read", "bookmarks:read", "bookmarks:write", "canvases:write", "channels:history", "channels:join", "channels:manage", "channels:read",
    "chat:write", "chat:write.public", "commands", "files:write", "groups:history", "groups:read", "groups:write", "im:history", "im:read", "im:write",
    "pins:read", "pins:write", "reactions:read", "reactions:write", "team:read", "usergroups:read", "users:read", "users:read.email"};
const std::set<std::string> kEvents{
    "app_home_opened", "app_mention", "app_uninstalled", "channel_archive", "channel_rename", "channel_unarchive", "group_archive", "group_rename",
    "group_unarchive", "member_joined_channel", "member_left_channel", "message.channels", "message.groups", "pin_added", "reaction_added",
    "reaction_removed", "tokens_revoked"};

}  // namespace

TEST_CASE("the manifest names only scopes and events that Slack has, each once and none without a reason") {
  std::set<std::string> seen;
  for (const auto& scope : slack::needed_scopes()) {
    INFO(scope.name);
    CHECK(kScopes.count(scope.name) == 1);
    CHECK(seen.insert(scope.name).second);
    CHECK_FALSE(std::string(scope.why).empty());
  }
  for (const auto* event : slack::needed_events()) {
    INFO(event);
    CHECK(kEvents.count(event) == 1);
    CHECK(seen.insert(event).second);
  }
  // Rights that let an app read or do more than an incident needs.
  for (const char* not_asked : {"files:write", "users:read.email", "chat:write.public", "team:read", "canvases:write"}) CHECK(seen.count(not_asked) == 0);
}

TEST_CASE("every event comes with the scope that Slack wants for it") {
  std::set<std::string> scopes;
  for (const auto& scope : slack::needed_scopes()) scopes.insert(scope.name);
  const std::map<std::string, std::string> wants{{"message.channels", "channels:history"}, {"message.groups", "groups:history"}, {"reaction_added", "reactions:read"},
                                                 {"reaction_removed", "reactions:read"},   {"member_joined_channel", "channels:read"}, {"channel_rename", "channels:read"},
                                                 {"group_rename", "groups:read"}};
  for (const auto* event : slack::needed_events())
    if (const auto it = wants.find(event); it != wants.end()) CHECK(scopes.count(it->second) == 1);
}

TEST_CASE("the manifest keeps within the limits of Slack's schema") {
  for (const bool socket : {false, true}) {
    const json m = printed(socket);
    CHECK(within(m["display_information"]["name"], 35));
    CHECK(within(m["display_information"]["description"], 140));
    CHECK(within(m["features"]["bot_user"]["display_name"], 80));
    REQUIRE(m["features"]["slash_commands"].size() == 1);
    const json& command = m["features"]["slash_commands"][0];
    CHECK(within(command["command"], 32));
    CHECK(command["command"].get<std::string>()[0] == '/');
    CHECK(command["should_escape"] == true);
    CHECK(within(command["description"], 2000));
    CHECK(within(command["usage_hint"], 1000));
    const json& shortcuts = m["features"]["shortcuts"];
    CHECK(shortcuts.size() <= 10);
    for (const auto& one : shortcuts) {
      CHECK(within(one["name"], 24));
      CHECK(within(one["description"], 150));
      CHECK(within(one["callback_id"], 255));
      CHECK((one["type"] == "global" || one["type"] == "message"));
    }
    CHECK(m["settings"]["event_subscriptions"]["bot_events"].size() <= 100);
    CHECK(m["oauth_config"]["scopes"]["bot"].size() <= 255);
    CHECK(m["settings"]["socket_mode_enabled"] == socket);
  }
}

TEST_CASE("over HTTP the addresses are those of server.public_url; a socket needs none") {
  const json http = printed(false);
  CHECK(http["features"]["slash_commands"][0]["url"] == "https://muster.example.org/slack/commands");
  CHECK(http["settings"]["event_subscriptions"]["request_url"] == "https://muster.example.org/slack/events");
  CHECK(http["settings"]["interactivity"]["request_url"] == "https://muster.example.org/slack/interactions");
  CHECK(printed(true).dump().find("https://") == std::string::npos);
}

TEST_CASE("the manifest follows the settings: the command's name, rotation, an organisation") {
  auto s = settings();
  s.slack.command = "/sev";
  s.slack.refresh_token = bot::Secret("xoxe-1-0123456789abcdef");
  s.slack.team_id = "T01ABC";
  const json m = json::parse(slack::manifest(s, false));
  CHECK(m["features"]["slash_commands"][0]["command"] == "/sev");
  CHECK(m["settings"]["token_rotation_enabled"] == true);
  CHECK(m["settings"]["org_deploy_enabled"] == true);
  CHECK(m.dump().find("xoxe") == std::string::npos);
  const auto listens = [](const json& manifest) { return manifest["settings"]["event_subscriptions"]["bot_events"].dump().find("channel_id_changed") != std::string::npos; };
  CHECK(listens(m));
  CHECK_FALSE(listens(printed(false)));
}
