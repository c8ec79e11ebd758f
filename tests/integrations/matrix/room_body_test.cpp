#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "integrations/matrix/api.hpp"
#include "integrations/matrix/room_body.hpp"
#include "integrations/matrix/room_steps.hpp"

using namespace matrix;
using nlohmann::json;

namespace {

bot::MatrixSettings settings() {
  bot::MatrixSettings s;
  s.user_id = "@muster:example.org";
  return s;
}

json state(const json& body, const std::string& type) {
  for (const auto& one : body["initial_state"])
    if (one["type"] == type) return one["content"];
  return nullptr;
}

RoomPlan plan(const std::string& version) {
  RoomPlan p;
  p.alias = "inc-7-x";
  p.title = "x";
  p.version = version;
  p.incident = 7;
  p.op = "op7";
  p.doors = {"!space:example.org"};
  p.space = "!space:example.org";
  return p;
}

}  // namespace

TEST_CASE("a room invites nobody by its creation and says everything that a homeserver would else choose") {
  const json body = room_body(settings(), "@muster:example.org", plan("11"));
  CHECK_FALSE(body.contains("invite"));
  CHECK(body["preset"] == "private_chat");
  CHECK(body["visibility"] == "private");
  CHECK(body["creation_content"]["m.federate"] == false);
  CHECK(state(body, "m.room.guest_access")["guest_access"] == "forbidden");
  CHECK(state(body, "m.room.history_visibility")["history_visibility"] == "shared");
  CHECK(state(body, kIncidentState) == json({{"incident", 7}, {"op", "op7"}}));
  const json& levels = body["power_level_content_override"];
  CHECK(levels["users"]["@muster:example.org"] == 100);
  for (const char* key : {"users_default", "events_default", "state_default", "invite", "kick", "ban", "redact", "notifications", "events"}) CHECK(levels.contains(key));
  CHECK(levels["invite"] == 50);
  CHECK(levels["events"]["m.room.encryption"] == 100);
  CHECK(levels["events"][kIncidentState] == 100);
}

TEST_CASE("from version 12 on creators are not listed, since they stand above the list") {
  const json body = room_body(settings(), "@muster:example.org", plan("12"));
  CHECK(body["power_level_content_override"]["users"] == json::object());
  CHECK(body["power_level_content_override"]["events"]["m.room.tombstone"] == 150);
  CHECK(creators_stand_above("13"));
  CHECK(creators_stand_above("org.matrix.hydra.11"));
  CHECK_FALSE(creators_stand_above("11"));
  CHECK_FALSE(creators_stand_above(""));
}

TEST_CASE("members of the space and of the announcements may come in, unless the incident is private or the version too old") {
  CHECK(state(room_body(settings(), "@m:example.org", plan("11")), "m.room.join_rules")["join_rule"] == "restricted");
  CHECK(state(room_body(settings(), "@m:example.org", plan("7")), "m.room.join_rules")["join_rule"] == "invite");
  RoomPlan secret = plan("11");
  secret.is_private = true;
  const json body = room_body(settings(), "@m:example.org", secret);
  CHECK(state(body, "m.room.join_rules")["join_rule"] == "invite");
  CHECK(state(body, "m.space.parent").is_null());
  CHECK_FALSE(state(room_body(settings(), "@m:example.org", plan("11")), "m.space.parent").is_null());
}

TEST_CASE("a room's name is one short line, whatever the title holds") {
  RoomPlan p = plan("11");
  p.title = std::string(500, 'x') + "\nSecond line \xE2\x80\xAE";
  const std::string name = room_body(settings(), "@m:example.org", p)["name"];
  CHECK(name.size() < 140);
  CHECK(name.find('\n') == std::string::npos);
}

TEST_CASE("aliases are tried in a fixed order, and a private room's cannot be guessed") {
  const std::string id = "0190a0b0c0d0e0f00123456789abcdef";
  const bot::OpenRoom open{"inc-7-checkout", "checkout", false};
  CHECK(room_alias_candidate(open, 1, id) == "inc-7-checkout");
  CHECK(room_alias_candidate(open, 2, id) == "inc-7-checkout-2");
  CHECK(room_alias_candidate(open, kRoomAliases, id) == "inc-7-checkout-89abcdef");
  const bot::OpenRoom secret{"inc-7-checkout", "checkout", true};
  CHECK(room_alias_candidate(secret, 1, id) == "inc-7-checkout-89abcdef");
  CHECK(room_alias_candidate(secret, 2, id) == "inc-7-checkout-89abcdef-2");
  CHECK(room_alias_candidate({std::string(80, 'a'), "", false}, 2, id).size() == 80);
}

TEST_CASE("nobody but the bot talks in the space, and a direct room reaches people of other servers") {
  const json space = space_body(settings(), "@m:example.org", "incidents", "11", {"!lobby:example.org"});
  CHECK(space["power_level_content_override"]["events_default"] == 100);
  CHECK(space["creation_content"]["type"] == "m.space");
  CHECK(state(space, "m.room.join_rules")["join_rule"] == "restricted");
  CHECK(state(space, "m.room.join_rules")["allow"][0]["room_id"] == "!lobby:example.org");
  CHECK(state(space_body(settings(), "@m:example.org", "incidents", "11", {}), "m.room.join_rules")["join_rule"] == "invite");
  CHECK(direct_room_body(settings(), "@m:example.org", "@a:example.org", "11")["creation_content"]["m.federate"] == false);
  CHECK(direct_room_body(settings(), "@m:example.org", "@a:other.org", "11")["creation_content"]["m.federate"] == true);
}
