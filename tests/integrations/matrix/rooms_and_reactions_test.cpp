// Buttons, pins, people coming and going, invitations, encrypted rooms.
#include "integrations/matrix/api.hpp"
#include "tests/integrations/matrix/stage.hpp"

using matrix_tests::kAnnounce;
using matrix_tests::kIncidentRoom;
using matrix_tests::Stage;
using matrix_tests::wait_for;
using nlohmann::json;

namespace {

constexpr const char* kOne = "1\xEF\xB8\x8F\xE2\x83\xA3";      // 1️⃣
constexpr const char* kOneBare = "1\xE2\x83\xA3";
constexpr const char* kPin = "\xF0\x9F\x93\x8C";                // 📌

std::string card(Stage& s, const std::string& sender = support::FakeHomeserver::kBot) {
  return s.hs.add(kIncidentRoom, {{"type", "m.room.message"},
                                  {"sender", sender},
                                  {"content", {{"msgtype", "m.notice"}, {"body", "card"}, {matrix::kCard, {{"incident", 1}, {"buttons", {{kOneBare, "role commander"}}}}}}}});
}

bool recorded(Stage& s, const std::string& kind, int count) {
  return wait_for([&] { return s.entries_of(kind) == count; });
}

}  // namespace

TEST_CASE("a reaction presses the button its card carries, also after a restart and with other code points for the same key") {
  Stage s;
  s.have_incident();
  const auto id = card(s);
  s.listen();
  s.hs.react(kIncidentRoom, "@bob:hs", id, kOne);
  REQUIRE(recorded(s, "role", 1));
  CHECK(s.intake.typed() == std::vector<std::string>{"INC-1 role commander"});
  CHECK((*s.store.incident(1))->roles.at("commander") == "bob");
}

TEST_CASE("buttons of cards that others wrote, other keys and strangers' reactions press nothing") {
  Stage s;
  s.have_incident();
  const auto theirs = card(s, "@eve:evil");
  const auto ours = card(s);
  s.listen();
  s.hs.react(kIncidentRoom, "@bob:hs", theirs, kOne);
  s.hs.react(kIncidentRoom, "@eve:evil", ours, kOne);
  s.hs.react(kIncidentRoom, "@muster:hs", ours, kOne);
  s.hs.react(kIncidentRoom, "@bob:hs", ours, "\xF0\x9F\x91\x8D");
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note end");
  REQUIRE(recorded(s, "note", 1));
  CHECK(s.entries_of("role") == 0);
}

TEST_CASE("a button that is refused says so under its card, with the name of who pressed it") {
  Stage s;
  s.have_incident();
  s.settings.permissions.command = {"alice"};
  const auto id = card(s);
  s.listen();
  s.hs.react(kIncidentRoom, "@bob:hs", id, kOne);
  REQUIRE(wait_for([&] { return !s.hs.said(kIncidentRoom).empty(); }));
  CHECK(s.hs.said(kIncidentRoom).front().find("Bob") == 0);
  CHECK(s.hs.sent().back().content["m.relates_to"]["m.in_reply_to"]["event_id"] == id);
}

TEST_CASE("a pin reaction hands the message over with author, words, files and link; edits by its author and redactions follow") {
  Stage s;
  s.have_incident();
  const auto said = s.hs.say(kIncidentRoom, "@alice:hs", "DB pool exhausted");
  s.listen();
  const auto pin = s.hs.react(kIncidentRoom, "@bob:hs", said, kPin);
  REQUIRE(wait_for([&] { return s.intake.bodies<bot::Capture>().size() == 1; }));
  const auto put = s.intake.bodies<bot::Capture>().front();
  CHECK(put.what == bot::Capture::What::put);
  CHECK(put.message == std::string(kIncidentRoom) + "/" + said);
  CHECK(put.author.external_id == "@alice:hs");
  CHECK(put.text == "DB pool exhausted");
  CHECK(put.link.rfind("https://matrix.to/#/%21inc1%3Ahs/%24event", 0) == 0);

  const auto edit = [&](const std::string& sender, const std::string& words) {
    s.hs.say(kIncidentRoom, sender, "* " + words, {{"m.new_content", {{"msgtype", "m.text"}, {"body", words}}}, {"m.relates_to", {{"rel_type", "m.replace"}, {"event_id", said}}}});
  };
  edit("@eve:evil", "forged");
  edit("@bob:hs", "not mine");
  edit("@alice:hs", "DB pool of node 3 exhausted");
  REQUIRE(wait_for([&] { return s.intake.bodies<bot::Capture>().size() == 2; }));
  CHECK(s.intake.bodies<bot::Capture>().back().what == bot::Capture::What::edited);
  CHECK(s.intake.bodies<bot::Capture>().back().text == "DB pool of node 3 exhausted");

  s.hs.redact(kIncidentRoom, "@bob:hs", pin);
  REQUIRE(wait_for([&] { return s.intake.bodies<bot::Capture>().size() == 3; }));
  CHECK(s.intake.bodies<bot::Capture>().back().what == bot::Capture::What::taken_off);
  CHECK(s.intake.bodies<bot::Capture>().back().message == put.message);

  s.hs.redact(kIncidentRoom, "@alice:hs", said);
  REQUIRE(wait_for([&] { return s.intake.bodies<bot::Capture>().size() == 4; }));
  CHECK(s.intake.bodies<bot::Capture>().back().what == bot::Capture::What::deleted);
}

TEST_CASE("who enters or leaves an incident's room joins or leaves the incident; a new name or picture is neither") {
  Stage s;
  s.have_incident();
  s.listen();
  const int before = s.entries_of("joined");
  s.hs.member(kIncidentRoom, "@alice:hs", "@alice:hs", "join", "invite");  // the declarer is in it already
  s.hs.member(kIncidentRoom, "@bob:hs", "@bob:hs", "join", "invite");
  REQUIRE(recorded(s, "joined", before + 1));
  s.hs.member(kIncidentRoom, "@bob:hs", "@bob:hs", "join", "join");
  s.hs.member(kIncidentRoom, "@eve:evil", "@eve:evil", "join", "leave");
  s.hs.member(kIncidentRoom, "@alice:hs", "@bob:hs", "leave", "join");
  REQUIRE(recorded(s, "left", 1));
  CHECK(s.entries_of("joined") == before + 1);
}

TEST_CASE("a topic changed by hand is told to the timeline's owner; the bot's own is not") {
  Stage s;
  s.have_incident();
  s.listen();
  s.hs.add(kIncidentRoom, {{"type", "m.room.topic"}, {"sender", "@muster:hs"}, {"state_key", ""}, {"content", {{"topic", "ours"}}}});
  s.hs.add(kIncidentRoom, {{"type", "m.room.topic"}, {"sender", "@bob:hs"}, {"state_key", ""}, {"content", {{"topic", "theirs"}}}});
  REQUIRE(wait_for([&] { return s.intake.bodies<bot::RoomChange>().size() == 1; }));
  CHECK(s.intake.bodies<bot::RoomChange>().front().what == "topic");
  CHECK(s.intake.bodies<bot::RoomChange>().front().text == "theirs");
}

TEST_CASE("invitations of allowed people are accepted, others declined") {
  Stage s;
  s.listen();
  s.hs.invite("!friends:hs", "@alice:hs");
  s.hs.invite("!trap:evil", "@eve:evil");
  CHECK(wait_for([&] { return s.hs.joined().count("!friends:hs") == 1 && s.hs.declined().count("!trap:evil") == 1; }));
  CHECK(s.hs.joined().count("!trap:evil") == 0);
}

TEST_CASE("an encrypted room is told so once, also over a restart, and counted") {
  Stage s;
  s.have_incident();
  s.listen();
  s.hs.encrypt(kIncidentRoom);
  s.hs.add(kIncidentRoom, {{"type", "m.room.encrypted"}, {"sender", "@bob:hs"}, {"content", {{"algorithm", "m.megolm.v1.aes-sha2"}, {"ciphertext", "x"}}}});
  REQUIRE(wait_for([&] { return s.hs.said(kIncidentRoom).size() == 1; }));
  CHECK(s.hs.said(kIncidentRoom).front().find("encrypted") != std::string::npos);
  CHECK(s.api->homeserver().encrypted_rooms().size() == 1);
  REQUIRE(wait_for([&] { return !s.kept("matrix/next_batch").empty() && s.chores->waiting() == 0 && s.hs.syncs_waiting() > 0; }));
  s.stop();
  s.start();
  s.hs.add(kIncidentRoom, {{"type", "m.room.encrypted"}, {"sender", "@bob:hs"}, {"content", {{"algorithm", "x"}}}});
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note end");
  REQUIRE(recorded(s, "note", 1));
  CHECK(s.hs.said(kIncidentRoom).size() == 1);
}

TEST_CASE("a direct room of two takes commands") {
  Stage s;
  s.have_incident();
  s.hs.make_room("!dm:hs", "", {"@bob:hs"});
  s.listen();
  s.hs.say("!dm:hs", "@bob:hs", "!incident INC-1 note from my sofa");
  CHECK(recorded(s, "note", 1));
  CHECK(wait_for([&] { return s.hs.said("!dm:hs").size() == 1; }));
}
