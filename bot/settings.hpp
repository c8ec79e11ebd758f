// The operator's choices as plain values; absent sections keep these defaults.
// Place: read from YAML by integrations/settings, passed down by const reference. Never changes while running.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bot/env.hpp"
#include "bot/person.hpp"
#include "bot/secret.hpp"

namespace bot {

struct ServerSettings {
  std::string listen = "127.0.0.1:8080";
  std::string private_listen;                 ///< console, API and metrics here when `listen` is not loopback
  std::string public_url = "http://127.0.0.1:8080";   ///< webhooks and the links of pages
  std::string console_url = "http://127.0.0.1:8080";  ///< the console, for people's browsers
  std::string tls_certificate, tls_key;       ///< file paths
  std::vector<std::string> trusted_proxies;
};
struct IncidentSettings {
  std::vector<std::string> severities{"sev1", "sev2", "sev3", "sev4"};  ///< worst first
  std::vector<std::string> roles{"commander", "comms", "operations", "scribe"};
  std::string default_severity;               ///< "" = the middle one (sev3 of four)
  std::string room_name = "inc-{number}-{slug}";
  std::vector<std::string> admins;
  std::map<std::string, std::map<std::string, std::string>> public_defaults;  ///< severity → component → state for the first public update
  bool room_in_every_chat = true;             ///< rooms: all | origin (only in the chat where it was declared)
  std::vector<std::string> invite_people;     ///< person ids that come into every new room, after it is usable
  std::map<std::string, std::vector<std::string>> invite_groups;  ///< chat → its own ids: Slack's user groups, Matrix's rooms and spaces whose members come along
  std::map<std::string, std::string> bookmarks;  ///< label → http(s) address, beside Muster's own
  Millis stale_after{300000};                 ///< a change that arrives later than this after it was typed is refused
  const std::string& severity_when_unnamed() const;
};
/// When the bot speaks up by itself. A duration of 0 switches that reminder off.
struct ReminderSettings {
  bool enabled = true;
  Millis commander{300000};                   ///< nobody commands; asked of the worse half of the severities
  std::map<std::string, Millis> update;       ///< severity → an update for stakeholders is due this long after the last
  bool update_given = false;                  ///< without it: 30 min for the worst severity, 1 h for the second
  Millis status{7200000};                     ///< the status did not change
  Millis open{86400000};                      ///< declared that long ago and not resolved, or resolved and not closed
  std::string deputy = "operations";          ///< the role reminded when the commander does not react
};
struct PermissionSettings { std::vector<std::string> publish, command; };  ///< person ids that may hold comms / commander; empty = anyone
struct ApiToken { std::string name; Secret token; Scopes scopes; };
struct SlackSettings {
  bool enabled = false;
  std::string command = "/incident";
  std::string mode;                           ///< "http", "socket", "" = see is_socket()
  Secret bot_token, signing_secret, app_token;
  std::string client_id;                      ///< these three: the app rotates its tokens
  Secret client_secret, refresh_token;
  std::string team_id;                        ///< of an organisation's token: the workspace in which rooms are made
  std::string api_url = "https://slack.com/api/";
  std::string announce_channel;
  std::string pin_emoji = "pushpin";          ///< a reaction with it puts a message on the timeline
  bool is_socket() const { return mode == "socket" || (mode.empty() && !app_token.empty() && signing_secret.empty()); }
  bool rotates() const { return !refresh_token.empty(); }
};
/// A place that hears announcements without a bot: any Slack-compatible incoming webhook.
struct AnnouncementHook { std::string name; Secret url; };
/// Muster as the homeserver's application service; off without an id.
struct MatrixAppService {
  std::string id;                  ///< as in the registration file; never changes
  Secret as_token, hs_token;       ///< Muster → homeserver, homeserver → Muster
  std::string url;                 ///< where the homeserver reaches Muster; "" = server.public_url
  std::string device_id = "MUSTER";  ///< repeats are recognised per device, so it must stay the same
};
struct MatrixSettings {
  bool enabled = false;
  std::string homeserver_url, user_id, announce_room;
  Secret access_token;                        ///< of a plain account; empty with an application service
  std::vector<std::string> control_rooms;     ///< where commands are taken besides incident rooms and the announcement room
  std::vector<std::string> allowed_users;     ///< who may command and invite, beyond the people of the settings
  std::optional<std::vector<std::string>> allowed_servers;  ///< whose every account may; nullopt = the bot's own server's, [] = none
  std::vector<std::string> prefixes{"!incident"};  ///< what stands before a verb; "/incident" and the bot's name always do
  std::string pin_reaction = "\xF0\x9F\x93\x8C";   ///< puts a message on the timeline; "" = off
  std::string room_version;                   ///< "" = the homeserver's default
  bool federate = false;
  std::string history_visibility = "shared";  ///< invited, joined, shared
  std::string space;                          ///< id or alias of the space that collects incident rooms; "" = none
  int messages_per_minute = 0;                ///< 0 = learn the limit from the homeserver's answers
  MatrixAppService app_service;
  /// "example.org" of "@muster:example.org".
  std::string server_name() const { return user_id.substr(user_id.find(':') + 1); }
};
struct PolicyStep { std::vector<std::string> notify; Millis wait{300000}; };
struct PagingSettings { Secret secret; std::vector<PolicyStep> policy; int repeat = 2; };  ///< repeat: further rounds when nobody answers
struct AlertSource {
  std::string kind;                ///< "alertmanager"
  std::string name;                ///< defaults to kind; unique
  Secret key;                      ///< in the path /hooks/{kind}/{key}
  std::vector<std::string> group_by;
  std::string severity_label = "severity";
  std::map<std::string, std::string> severity_map;
};
struct Component { std::string id, name, description; };
struct StatusPageSettings {
  std::string kind;                ///< "builtin" or "statuspage"
  std::string name;
  std::string listen = "127.0.0.1:8081", title = "Status", url;  ///< builtin
  std::vector<Component> components;                             ///< builtin
  std::string api_url = "https://api.statuspage.io/v1", page_id; ///< statuspage
  Secret api_key;
  std::map<std::string, std::string> component_ids;              ///< ours → vendor's
};

struct Settings {
  ServerSettings server;
  IncidentSettings incidents;
  ReminderSettings reminders;
  PermissionSettings permissions;
  std::string store_url = "sqlite:data/muster.db";
  std::vector<ApiToken> api_tokens;
  bool console_enabled = true;
  SlackSettings slack;
  MatrixSettings matrix;
  std::vector<AnnouncementHook> announcements;
  std::vector<Person> people;
  PagingSettings paging;
  std::vector<AlertSource> alerts;
  std::vector<StatusPageSettings> status_pages;
  std::string log_level = "info";

  std::vector<std::string> chats() const;       ///< integrations with rooms that are set up: "slack", "matrix"
  std::vector<Component> components() const;     ///< of the built-in pages, else the vendors' map keys; for completion and checks
};

}  // namespace bot
