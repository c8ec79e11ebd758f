#include "integrations/matrix/room_body.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "integrations/matrix/api.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr std::size_t kName = 120, kTopic = 500;

/// Nothing for versions that are no plain number: unstable ones and the future's.
std::optional<int> number_of(const std::string& version) {
  if (version.empty() || version.size() > 4 || !std::all_of(version.begin(), version.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  return std::stoi(version);
}

json state(const char* type, json content, const std::string& key = "") { return {{"type", type}, {"state_key", key}, {"content", std::move(content)}}; }

/// What every room of Muster's has, whoever is let in. preset private_chat alone would let guests in and any member invite.
json base(const bot::MatrixSettings& settings, const std::string& bot_user, const std::string& version) {
  json body{{"preset", "private_chat"},
            {"visibility", "private"},
            {"creation_content", {{"m.federate", settings.federate}}},
            {"power_level_content_override", power_levels(version, bot_user)},
            {"initial_state", json::array({state("m.room.guest_access", {{"guest_access", "forbidden"}}),
                                           state("m.room.history_visibility", {{"history_visibility", settings.history_visibility}})})}};
  if (!version.empty()) body["room_version"] = version;
  return body;
}

json join_rules(const std::vector<std::string>& doors, const std::string& version) {
  if (doors.empty() || !knows_restricted_rooms(version)) return {{"join_rule", "invite"}};
  json allow = json::array();
  for (const auto& door : doors) allow.push_back({{"type", "m.room_membership"}, {"room_id", door}});
  return {{"join_rule", "restricted"}, {"allow", std::move(allow)}};
}

std::string one_line(const std::string& raw, std::size_t most) { return text::shorten(text::clean(text::valid_utf8(raw), true), most); }

}  // namespace

bool creators_stand_above(const std::string& version) {
  if (version == "org.matrix.hydra.11") return true;  // version 12 while it was being made
  const auto number = number_of(version);
  return number && *number >= 12;
}

bool knows_restricted_rooms(const std::string& version) {
  const auto number = number_of(version);
  return number ? *number >= 8 : !version.empty();
}

json power_levels(const std::string& version, const std::string& bot_user) {
  const bool above = creators_stand_above(version);
  json users = json::object();
  if (!above) users[bot_user] = 100;
  return {{"users", std::move(users)},
          {"users_default", 0},
          {"events_default", 0},
          {"state_default", 50},
          {"invite", 50},
          {"kick", 50},
          {"ban", 50},
          {"redact", 50},
          {"notifications", {{"room", 50}}},
          {"events",
           {{"m.room.power_levels", 100},
            {"m.room.encryption", 100},  // nobody makes the bot deaf by accident
            {"m.room.history_visibility", 100},
            {"m.room.server_acl", 100},
            {"m.room.join_rules", 100},
            {"m.room.guest_access", 100},
            {"m.room.tombstone", above ? 150 : 100},
            {"m.room.canonical_alias", 50},
            {"m.room.name", 50},
            {"m.room.topic", 50},
            {"m.room.avatar", 50},
            {"m.room.pinned_events", 50},
            {"m.space.parent", 100},
            {kIncidentState, 100}}}};
}

std::string room_title(std::int64_t incident, const std::string& title) { return one_line("INC-" + std::to_string(incident) + " " + title, kName); }

json room_body(const bot::MatrixSettings& settings, const std::string& bot_user, const RoomPlan& plan) {
  json body = base(settings, bot_user, plan.version);
  body["room_alias_name"] = plan.alias;
  body["name"] = room_title(plan.incident, plan.title);
  if (!plan.topic.empty()) body["topic"] = one_line(plan.topic, kTopic);
  json& initial = body["initial_state"];
  initial.push_back(state("m.room.join_rules", join_rules(plan.is_private ? std::vector<std::string>{} : plan.doors, plan.version)));
  if (!plan.is_private && !plan.space.empty())
    initial.push_back(state("m.space.parent", {{"via", json::array({settings.server_name()})}, {"canonical", true}}, plan.space));
  initial.push_back(state(kIncidentState, {{"incident", plan.incident}, {"op", plan.op}}));
  return body;
}

json direct_room_body(const bot::MatrixSettings& settings, const std::string& bot_user, const std::string& user, const std::string& version) {
  json body = base(settings, bot_user, version);
  body["is_direct"] = true;
  // A person of another server may be paged too, and nothing but pages and their answers is in here.
  body["creation_content"]["m.federate"] = settings.federate || server_of(user) != settings.server_name();
  body["initial_state"].push_back(state("m.room.join_rules", {{"join_rule", "invite"}}));
  return body;
}

json space_body(const bot::MatrixSettings& settings, const std::string& bot_user, const std::string& alias, const std::string& version,
                const std::vector<std::string>& doors) {
  json body = base(settings, bot_user, version);
  body["creation_content"]["type"] = "m.space";
  body["room_alias_name"] = alias;
  body["name"] = "Incidents";
  body["topic"] = "The rooms of open incidents. Muster keeps this list.";
  body["power_level_content_override"]["events_default"] = 100;  // a space is no place to talk
  body["initial_state"].push_back(state("m.room.join_rules", join_rules(doors, version)));
  return body;
}

}  // namespace matrix
