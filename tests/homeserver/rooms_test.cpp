// Rooms on a real Synapse: made, adopted, peopled, closed.
#include <catch2/catch.hpp>

#include "tests/homeserver/outside.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/muster_process.hpp"

using namespace homeserver_tests;
using support::RealHomeserver;

#define NEEDS_HOMESERVER \
  if (!RealHomeserver::missing().empty()) return

TEST_CASE("a room has its alias, its mark and the bot's rules, and only the bot in it") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const auto message = o.message(o.opening());
  const auto result = o.send(message);
  INFO(told(result));
  REQUIRE(as<bot::Accepted>(result));
  const std::string alias = "#inc-7-" + o.bot.device_id + ":" + RealHomeserver::kServerName;
  CHECK(o.hs.room_of(alias, o.alice) == o.room());
  CHECK(o.reference("room_name") == alias);
  CHECK(o.reference("room_link").find("https://matrix.to/#/") == 0);
  CHECK(o.state("dev.muster.incident") == json({{"incident", 7}, {"op", message.id}}));
  CHECK(o.state("m.room.guest_access")["guest_access"] == "forbidden");
  CHECK(o.state("m.room.join_rules")["join_rule"] == "invite");
  CHECK(o.state("m.room.history_visibility")["history_visibility"] == "shared");
  CHECK(o.state("m.room.name")["name"] == "INC-7 checkout returns 500");
  const json levels = o.state("m.room.power_levels");
  CHECK(levels["users"] == json({{o.bot.user_id, 100}}));
  CHECK(levels["invite"] == 50);
  CHECK(levels["events"]["m.room.encryption"] == 100);
  CHECK(levels["events"]["m.room.power_levels"] == 100);
  CHECK(o.state("m.room.create")["m.federate"] == false);
}

TEST_CASE("a room of version 12 is as well guarded, and the bot stands above its list") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  o.settings.matrix.room_version = "12";
  const auto result = o.send(o.opening());
  INFO(told(result));
  REQUIRE(as<bot::Accepted>(result));
  CHECK(o.room().find(':') == std::string::npos);
  CHECK(o.state("m.room.create")["room_version"] == "12");
  CHECK(o.state("m.room.power_levels")["users"] == json::object());
  CHECK(as<bot::Accepted>(o.send(bot::InvitePeople{{"alice"}})));
  CHECK(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7"})));
  CHECK(as<bot::Accepted>(o.send(bot::PostSummary{})));
  CHECK(as<bot::Accepted>(o.send(bot::PinSummary{})));
  CHECK(as<bot::Accepted>(o.send(bot::ArchiveRoom{})));
}

TEST_CASE("a room version that the homeserver does not offer is not insisted on") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  o.settings.matrix.room_version = "99";
  const auto result = o.send(o.opening());
  INFO(told(result));
  REQUIRE(as<bot::Accepted>(result));
  CHECK(o.state("m.room.create")["room_version"] == "11");
}

TEST_CASE("somebody else's alias is not adopted: the room gets the next name") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const auto open = o.opening();
  json squatted{{"room_alias_name", open.name}, {"preset", "public_chat"}};
  SECTION("a room the bot cannot read") {}
  SECTION("a public room with a forged mark") {
    squatted["initial_state"] = json::array({{{"type", "dev.muster.incident"}, {"state_key", ""}, {"content", {{"incident", 7}, {"op", "guessed"}}}},
                                             {{"type", "m.room.history_visibility"}, {"state_key", ""}, {"content", {{"history_visibility", "world_readable"}}}}});
  }
  REQUIRE(o.hs.call("POST", "v3/createRoom", o.bob, squatted).status == 200);
  const auto message = o.message(open);
  REQUIRE(as<bot::Accepted>(o.send(message)));
  CHECK(o.reference("room_name") == "#" + open.name + "-2:" + RealHomeserver::kServerName);
  CHECK(o.state("dev.muster.incident")["op"] == message.id);
}

TEST_CASE("a room made by an attempt whose answer was lost is found by alias and mark, and not made again") {
  NEEDS_HOMESERVER;
  support::FaultProxy proxy(shared().port());
  Outside o(shared(), "http://127.0.0.1:" + std::to_string(proxy.port()));
  REQUIRE(as<bot::Accepted>(o.send(o.message(bot::OpenRoom{"warm-" + o.bot.device_id, "", false}))));  // who the bot is, is known
  o.references.clear();
  const auto message = o.message(o.opening());
  REQUIRE(answer_lost(o, proxy, message));
  o.restart();
  bot::FindResult found = o.find(message);
  CHECK(support::wait_for([&] {
    if (!as<bot::Accepted>(found)) found = o.find(message);
    return as<bot::Accepted>(found) != nullptr;
  }));
  CHECK(o.room() == o.hs.room_of(o.reference("room_name"), o.bot));
  CHECK(o.reference("room_name") == "#" + o.opening().name + ":" + RealHomeserver::kServerName);
  const std::string first = o.room();
  o.references.clear();
  REQUIRE(as<bot::Accepted>(o.send(message, true)));  // and a repeat meets it
  CHECK(o.room() == first);
}

TEST_CASE("an attempt that never arrived is not found, and the repeat makes the room") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const auto message = o.message(o.opening());
  CHECK(as<bot::Missing>(o.find(message)));
  CHECK(as<bot::Accepted>(o.send(message, true)));
}

TEST_CASE("people are invited one by one; whoever cannot come is named and keeps nobody out") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto message = o.message(bot::InvitePeople{{"nobody", "far", "alice", "carol", "bob"}});
  const auto result = o.send(message);
  INFO(told(result));
  REQUIRE(as<bot::Refused>(result));
  CHECK_FALSE(as<bot::Refused>(result)->credentials);
  const std::string words = as<bot::Refused>(result)->reason;
  CHECK(words.find("Nobody (there is no such account)") != std::string::npos);
  CHECK(words.find("Far Away (the account is on another server") != std::string::npos);
  CHECK(words.find("Alice") == std::string::npos);
  CHECK(o.state("m.room.member", o.alice.user_id)["membership"] == "invite");
  CHECK(o.state("m.room.member", o.bob.user_id)["membership"] == "invite");
  REQUIRE(o.hs.call("POST", "v3/join/" + http::percent_encode(o.room()), o.alice, json::object()).status == 200);
  CHECK(as<bot::Accepted>(o.send(bot::InvitePeople{{"alice", "bob"}})));  // who is in or invited is no trouble
}

TEST_CASE("a person who was banned is named, the others come") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  REQUIRE(o.hs.call("POST", "v3/rooms/" + http::percent_encode(o.room()) + "/ban", o.bot, {{"user_id", o.alice.user_id}}).status == 200);
  const auto result = o.send(bot::InvitePeople{{"alice", "bob"}});
  REQUIRE(as<bot::Refused>(result));
  CHECK(as<bot::Refused>(result)->reason == "Not invited to the Matrix room: Alice (banned from the room).");
  CHECK(o.state("m.room.member", o.bob.user_id)["membership"] == "invite");
}

TEST_CASE("the topic is set plain and rich, and repeats change nothing") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto message = o.message(bot::SetTopic{"INC-7 SEV1\nInvestigating"});
  REQUIRE(as<bot::Accepted>(o.send(message)));
  REQUIRE(as<bot::Accepted>(o.send(message, true)));
  CHECK(o.state("m.room.topic")["topic"] == "INC-7 SEV1 Investigating");
  int topics = 0;
  for (const auto& event : o.hs.history(o.room(), o.bot)) topics += event["type"] == "m.room.topic";
  CHECK(topics == 1);
}

TEST_CASE("the room's name follows the incident's title; a room that people made keeps theirs") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  SECTION("Muster's own room") {
    REQUIRE(as<bot::Accepted>(o.send(o.opening())));
    REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 SEV1"})));
    o.incident.title = "checkout fails in Europe\nand *elsewhere*";
    REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 SEV1 renamed"})));
    CHECK(o.state("m.room.name")["name"] == "INC-7 checkout fails in Europe and *elsewhere*");
    REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 SEV2"})));
    int names = 0;
    for (const auto& event : o.hs.history(o.room(), o.bot)) names += event["type"] == "m.room.name";
    CHECK(names == 2);  // the first and the new one
  }
  SECTION("a redacted title goes from the room's address too") {
    REQUIRE(as<bot::Accepted>(o.send(o.opening())));
    const std::string alias = o.reference("room_name");
    REQUIRE(alias.rfind("#", 0) == 0);
    o.incident.title = "[redacted]";
    REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 SEV1", "inc-7"})));
    CHECK(o.state("m.room.name")["name"] == "INC-7 [redacted]");
    CHECK_FALSE(o.state("m.room.canonical_alias").contains("alias"));
    CHECK(o.hs.call("GET", "v3/directory/room/" + http::percent_encode(alias), o.alice, nullptr).status == 404);
    CHECK(o.reference("room_name") == o.room());
    REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 SEV1", "inc-7"})));  // again changes nothing
  }
  SECTION("people's room") {
    const auto made = o.hs.call("POST", "v3/createRoom", o.alice, {{"preset", "private_chat"}, {"name", "Alice's corner"}, {"invite", {o.bot.user_id}}});
    REQUIRE(made.status == 200);
    const std::string room = made.body["room_id"];
    REQUIRE(as<bot::Accepted>(o.send(bot::OpenRoom{"x", "checkout", false, room})));
    const auto levels = json{{"users", {{o.alice.user_id, 100}, {o.bot.user_id, 100}}}};
    REQUIRE(o.hs.call("PUT", "v3/rooms/" + http::percent_encode(room) + "/state/m.room.power_levels/", o.alice, levels).status == 200);
    REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 SEV1"})));
    CHECK(o.state("m.room.name")["name"] == "Alice's corner");
  }
}

TEST_CASE("whether new rooms are encrypted is looked at once, and again after an encrypted room was met") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const auto looks = [&o] {
    const std::string log = o.hs.log(), path = "/state/m.room.encryption";
    int n = 0;
    for (std::size_t at = log.find(path); at != std::string::npos; at = log.find(path, at + 1)) ++n;
    return n;
  };
  const int before = looks();
  for (const char* name : {"first-", "second-"}) REQUIRE(as<bot::Accepted>(o.send(o.message(bot::OpenRoom{name + o.bot.device_id, "", false}))));
  CHECK(support::wait_for([&] { return looks() == before + 1; }, 5));
  o.homeserver->note_encrypted("!encrypted:elsewhere");
  REQUIRE(as<bot::Accepted>(o.send(o.message(bot::OpenRoom{"third-" + o.bot.device_id, "", false}))));
  CHECK(support::wait_for([&] { return looks() == before + 2; }, 5));
}

TEST_CASE("a closed room is read by its members and written by nobody") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  REQUIRE(as<bot::Accepted>(o.send(bot::InvitePeople{{"alice"}})));
  REQUIRE(o.hs.call("POST", "v3/join/" + http::percent_encode(o.room()), o.alice, json::object()).status == 200);
  const std::string say = "v3/rooms/" + http::percent_encode(o.room()) + "/send/m.room.message/";
  CHECK(o.hs.call("PUT", say + "a", o.alice, {{"msgtype", "m.text"}, {"body", "before"}}).status == 200);
  const auto message = o.message(bot::ArchiveRoom{});
  REQUIRE(as<bot::Accepted>(o.send(message)));
  REQUIRE(as<bot::Accepted>(o.send(message, true)));
  CHECK(o.hs.call("PUT", say + "b", o.alice, {{"msgtype", "m.text"}, {"body", "after"}}).status == 403);
  CHECK(o.hs.history(o.room(), o.alice).size() > 5);
  CHECK(as<bot::Accepted>(o.send(bot::Say{card("INC-7 reopened elsewhere")})));  // the bot still can

  // Opened again there is a new room, and the old one leads to it.
  const std::string old = o.room();
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  CHECK(o.room() != old);
  CHECK(o.hs.state(old, "m.room.tombstone", o.bot).body["replacement_room"] == o.room());
}

TEST_CASE("who holds a role may invite, remove, redact and name things in the room, until the role or the room ends") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const std::string version = GENERATE(std::string("11"), std::string("12"));
  o.settings.matrix.room_version = version;
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  for (const char* person : {"alice", "bob"}) REQUIRE(as<bot::Accepted>(o.send(bot::InvitePeople{{person}})));
  const std::string path = "v3/rooms/" + http::percent_encode(o.room());
  for (const auto* account : {&o.alice, &o.bob}) REQUIRE(o.hs.call("POST", "v3/join/" + http::percent_encode(o.room()), *account, json::object()).status == 200);
  REQUIRE(as<bot::Accepted>(o.send(bot::PostSummary{})));
  REQUIRE(as<bot::Accepted>(o.send(bot::PinSummary{})));
  REQUIRE(o.do_chores());
  const auto said = o.hs.call("PUT", path + "/send/m.room.message/m1" + version, o.bob, {{"msgtype", "m.text"}, {"body", "a password"}});
  REQUIRE(said.status == 200);
  const auto name = [&](const char* words) { return o.hs.call("PUT", path + "/state/m.room.name/", o.alice, {{"name", words}}).status; };
  CHECK(name("before") == 403);
  o.incident.roles = {{"commander", "alice"}};
  REQUIRE(as<bot::Accepted>(o.send(bot::EditSummary{})));
  REQUIRE(o.do_chores());
  INFO(o.state("m.room.power_levels").dump());
  CHECK(name("by the commander") == 200);
  CHECK(o.hs.call("PUT", path + "/redact/" + http::percent_encode(said.body["event_id"]) + "/r1", o.alice, json::object()).status == 200);
  const auto guest = o.hs.add("guest-" + o.bot.device_id + version);
  CHECK(o.hs.call("POST", path + "/invite", o.alice, {{"user_id", guest.user_id}}).status == 200);
  CHECK(o.hs.call("POST", path + "/kick", o.alice, {{"user_id", o.bob.user_id}}).status == 200);
  CHECK(o.hs.call("POST", path + "/kick", o.alice, {{"user_id", o.bot.user_id}}).status == 403);
  CHECK(o.hs.call("PUT", path + "/state/m.room.power_levels/", o.alice, json{{"users", {{o.alice.user_id, 100}}}}).status == 403);
  if (GENERATE(true, false)) {
    o.incident.roles.clear();
    REQUIRE(as<bot::Accepted>(o.send(bot::EditSummary{})));
    REQUIRE(o.do_chores());
  } else {
    REQUIRE(as<bot::Accepted>(o.send(bot::ArchiveRoom{})));
  }
  CHECK(name("after") == 403);
}

TEST_CASE("a room and a space named as groups bring their members along") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const bool is_space = GENERATE(false, true);
  json body{{"preset", "private_chat"}, {"room_alias_name", "team-" + o.bot.device_id}, {"invite", {o.bot.user_id, o.bob.user_id}}};
  if (is_space) body["creation_content"] = {{"type", "m.space"}};
  const auto made = o.hs.call("POST", "v3/createRoom", o.alice, body);
  REQUIRE(made.status == 200);
  REQUIRE(o.hs.call("POST", "v3/join/" + http::percent_encode(made.body["room_id"].get<std::string>()), o.bob, json::object()).status == 200);
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto result = o.send(bot::InvitePeople{{}, {"#team-" + o.bot.device_id + ":" + RealHomeserver::kServerName}});
  INFO(told(result));
  CHECK(as<bot::Accepted>(result));
  for (const auto* account : {&o.alice, &o.bob}) CHECK(o.state("m.room.member", account->user_id)["membership"] == "invite");
  const auto refused = o.send(bot::InvitePeople{{}, {"#nobody-" + o.bot.device_id + ":" + RealHomeserver::kServerName}});
  REQUIRE(as<bot::Refused>(refused));
  CHECK(told(refused).find("the people of #nobody-") != std::string::npos);
}

TEST_CASE("a room that people made is taken over without changing it, and stays theirs in the end") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const auto made = o.hs.call("POST", "v3/createRoom", o.bob, {{"preset", "public_chat"}, {"room_alias_name", "war-" + o.bot.device_id}, {"topic", "Bridge: 555-0100"}});
  REQUIRE(made.status == 200);
  bot::OpenRoom open = o.opening();
  open.existing = made.body["room_id"];
  REQUIRE(as<bot::Accepted>(o.send(open)));
  CHECK(o.room() == open.existing);
  CHECK(o.reference("room_name") == "#war-" + o.bot.device_id + ":" + RealHomeserver::kServerName);
  CHECK(o.reference("topic") == "theirs");
  CHECK(as<bot::Accepted>(o.send(bot::SetTopic{"INC-1 SEV1 Investigating", ""})));
  CHECK(o.hs.state(o.room(), "m.room.topic", o.bob).body["topic"] == "Bridge: 555-0100");
  CHECK(as<bot::Accepted>(o.send(bot::Say{card("hello")})));
  CHECK(as<bot::Accepted>(o.send(bot::ArchiveRoom{})));
  CHECK(o.hs.state(o.room(), "m.room.power_levels", o.bob).body["events_default"] == 0);
}

TEST_CASE("the space is made when it is named and not there, lists open incidents, and lets its members in") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  o.settings.matrix.space = "#space-" + o.bot.device_id + ":" + RealHomeserver::kServerName;
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const std::string space = o.hs.room_of(o.settings.matrix.space, o.bot);
  REQUIRE_FALSE(space.empty());
  CHECK(o.hs.state(space, "m.room.create", o.bot).body["type"] == "m.space");
  CHECK(o.state("m.room.join_rules")["allow"][0]["room_id"] == space);
  CHECK(o.state("m.space.parent", space)["canonical"] == true);
  REQUIRE(as<bot::Accepted>(o.send(bot::PostSummary{})));
  REQUIRE(as<bot::Accepted>(o.send(bot::PinSummary{})));
  CHECK(o.hs.state(space, "m.space.child", o.bot, o.room()).body["via"] == json({RealHomeserver::kServerName}));
  // A member of the space comes in uninvited; somebody else does not.
  REQUIRE(o.hs.call("POST", "v3/rooms/" + http::percent_encode(space) + "/invite", o.bot, {{"user_id", o.alice.user_id}}).status == 200);
  REQUIRE(o.hs.call("POST", "v3/join/" + http::percent_encode(space), o.alice, json::object()).status == 200);
  CHECK(o.hs.call("POST", "v3/join/" + http::percent_encode(o.room()), o.alice, json::object()).status == 200);
  CHECK(o.hs.call("POST", "v3/join/" + http::percent_encode(o.room()), o.bob, json::object()).status == 403);
  REQUIRE(as<bot::Accepted>(o.send(bot::ArchiveRoom{})));
  CHECK(o.hs.state(space, "m.space.child", o.bot, o.room()).body == json::object());

  o.references.clear();
  o.incident.is_private = true;
  REQUIRE(as<bot::Accepted>(o.send(bot::OpenRoom{"secret", "secret", true})));
  CHECK(o.reference("room_name").find("#secret-") == 0);
  CHECK(o.state("m.room.join_rules")["join_rule"] == "invite");
  REQUIRE(as<bot::Accepted>(o.send(bot::PostSummary{})));
  REQUIRE(as<bot::Accepted>(o.send(bot::PinSummary{})));
  CHECK(o.hs.state(space, "m.space.child", o.bot, o.room()).status == 404);
}

TEST_CASE("a homeserver that encrypts every room is refused with the setting's name, and the alias is free again") {
  NEEDS_HOMESERVER;
  support::HomeserverOptions options;
  options.encrypts_everything = true;
  RealHomeserver hs(options);
  REQUIRE(hs.start());
  Outside o(hs);
  const auto result = o.send(o.opening());
  INFO(told(result));
  REQUIRE(as<bot::Refused>(result));
  CHECK_FALSE(as<bot::Refused>(result)->credentials);
  CHECK(as<bot::Refused>(result)->reason.find("encryption_enabled_by_default_for_room_type") != std::string::npos);
  CHECK(hs.room_of("#" + o.opening().name + ":" + RealHomeserver::kServerName, o.bot).empty());
  CHECK(hs.call("GET", "v3/joined_rooms", o.bot).body["joined_rooms"] == json::array());
  // A page goes out all the same.
  const auto paged = o.send(bot::PagePerson{"p1", "alice", 1, "checkout", "sev1", "", ""});
  INFO(told(paged));
  CHECK(as<bot::Accepted>(paged));
}
