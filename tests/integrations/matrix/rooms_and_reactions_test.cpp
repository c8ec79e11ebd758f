// Buttons, pins, people coming and going, invitations, encrypted rooms.
#include "integrations/matrix/api.hpp"
#include "integrations/matrix/sender.hpp"
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

TEST_CASE("a press whose card the homeserver does not show is kept, over a restart too, and holds up nobody") {
  Stage s;
  s.have_incident();
  const auto id = card(s);
  std::atomic<bool> down{true};
  s.listen();
  s.hs.trick([&](const support::WireRequest&, const std::string& path) -> std::optional<support::WireAnswer> {
    if (path.find("/event/") == std::string::npos || !down) return std::nullopt;
    return support::WireAnswer{502, "<html>bad gateway</html>", {}};
  });
  s.hs.react(kIncidentRoom, "@bob:hs", id, kOne);
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note meanwhile");
  REQUIRE(recorded(s, "note", 1));
  REQUIRE(wait_for([&] { return s.kept("matrix/held").find(id) != std::string::npos && s.hs.syncs_waiting() > 0 && s.chores->waiting() == 0; }));
  CHECK(s.entries_of("role") == 0);
  s.stop();
  s.start();
  down = false;
  REQUIRE(s.wait_in_time([&] { return s.entries_of("role") == 1; }));
  CHECK(wait_for([&] { return s.kept("matrix/held").empty(); }));
  CHECK(s.intake.typed().back() == "INC-1 role commander");
}

TEST_CASE("a press that is taken back before its card was seen presses nothing") {
  Stage s;
  s.have_incident();
  const auto id = card(s);
  std::atomic<bool> down{true};
  s.listen();
  s.hs.trick([&](const support::WireRequest&, const std::string& path) -> std::optional<support::WireAnswer> {
    if (path.find("/event/") == std::string::npos || !down) return std::nullopt;
    return support::WireAnswer{502, "<html>bad gateway</html>", {}};
  });
  const auto press = s.hs.react(kIncidentRoom, "@bob:hs", id, kOne);
  REQUIRE(wait_for([&] { return !s.kept("matrix/held").empty(); }));
  s.hs.redact(kIncidentRoom, "@bob:hs", press);
  REQUIRE(wait_for([&] { return s.kept("matrix/held").empty(); }));
  down = false;
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note end");
  REQUIRE(recorded(s, "note", 1));
  CHECK(s.entries_of("role") == 0);
}

TEST_CASE("the buttons of a card that came by in the stream are known without asking, in their own room only") {
  Stage s;
  s.have_incident();
  s.hs.make_room("!other:hs", "", {"@alice:hs", "@bob:hs"});
  s.listen();
  const auto id = card(s);
  s.hs.react("!other:hs", "@bob:hs", id, kOne);
  s.hs.say("!other:hs", "@bob:hs", "!incident INC-1 list");
  REQUIRE(wait_for([&] { return !s.hs.said("!other:hs").empty(); }));
  CHECK(s.entries_of("role") == 0);
  s.hs.react(kIncidentRoom, "@bob:hs", id, kOne);
  REQUIRE(recorded(s, "role", 1));
  CHECK(s.hs.count("GET /v3/rooms/%21inc1%3Ahs/event/" + std::string("%24") + id.substr(1)) == 0);
}

TEST_CASE("an event that only looks encrypted does not make a working room encrypted") {
  Stage s;
  s.have_incident();
  s.listen();
  for (int i = 0; i < 5; ++i) s.hs.add(kIncidentRoom, {{"type", "m.room.encrypted"}, {"sender", "@bob:hs"}, {"content", json::object()}});
  s.hs.add(kIncidentRoom, {{"type", "m.room.encryption"}, {"sender", "@bob:hs"}, {"content", {{"algorithm", "x"}}}});
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note end");
  REQUIRE(recorded(s, "note", 1));
  REQUIRE(wait_for([&] { return s.hs.syncs_waiting() > 0 && s.chores->waiting() == 0; }));
  CHECK(s.hs.said(kIncidentRoom).empty());
  CHECK(s.api->homeserver().encrypted_rooms().empty());
}

TEST_CASE("a room whose incident became private lets nobody new in and leaves the space, once") {
  Stage s;
  s.have_incident();
  s.settings.matrix.space = "!space:hs";
  s.start();
  std::mutex mutex;
  std::vector<std::pair<std::string, json>> put;
  s.hs.trick([&](const support::WireRequest& request, const std::string& path) -> std::optional<support::WireAnswer> {
    if (path.find("/state/") == std::string::npos) return std::nullopt;
    const support::WireAnswer yes{200, R"({"join_rule":"restricted","op":"x","via":["hs"],"event_id":"$s"})", {{"Content-Type", "application/json"}}};
    if (request.method != "PUT") return yes;
    const std::lock_guard lock(mutex);
    put.emplace_back(path.substr(path.find("/rooms/")), json::parse(request.body));
    return yes;
  });
  auto sender = matrix::make_sender(s.settings, std::shared_ptr<matrix::Api>(s.api.get(), [](matrix::Api*) {}), s.people, s.env.env());
  bot::Incident incident = **s.store.incident(1);
  incident.is_private = true;
  const std::vector<bot::Reference> references{{1, "matrix", "room", kIncidentRoom}, {1, "matrix", "summary", "$card"}};
  for (int i = 0; i < 2; ++i) {
    bot::Message message;
    message.id = "edit-" + std::to_string(i);
    message.incident = 1;
    message.content = bot::EditSummary{};
    const bot::SendContext context{incident, references, 1, std::nullopt};
    CHECK(std::holds_alternative<bot::Accepted>(sender->send(message, context)));
  }
  const std::lock_guard lock(mutex);
  REQUIRE(put.size() == 3);
  CHECK(put[0].first == "/rooms/%21inc1%3Ahs/state/m.room.join_rules/");
  CHECK(put[0].second == json{{"join_rule", "invite"}});
  CHECK(put[1] == std::pair<std::string, json>("/rooms/%21space%3Ahs/state/m.space.child/%21inc1%3Ahs", json::object()));
  CHECK(put[2] == std::pair<std::string, json>("/rooms/%21inc1%3Ahs/state/m.space.parent/%21space%3Ahs", json::object()));
}

namespace {

/// The room's power levels, kept as a homeserver would; everything else about its state is there.
struct Levels {
  std::mutex mutex;
  json now = {{"events_default", 0}, {"users", {{"@muster:hs", 100}, {"@owner:hs", 60}}}};
  std::vector<json> put;
  bool theirs = false, down = false;

  support::FakeHomeserver::Answerer answerer() {
    return [this](const support::WireRequest& request, const std::string& path) -> std::optional<support::WireAnswer> {
      if (path.find("/state/") == std::string::npos) return std::nullopt;
      const std::lock_guard lock(mutex);
      const auto answer = [](int status, const json& body) { return support::WireAnswer{status, body.dump(), {{"Content-Type", "application/json"}}}; };
      if (down) return answer(502, json::object());
      if (path.find(matrix::kIncidentState) != std::string::npos) return theirs ? answer(404, {{"errcode", "M_NOT_FOUND"}}) : answer(200, {{"op", "x"}});
      if (path.find("m.room.power_levels") == std::string::npos) return answer(200, {{"event_id", "$s"}});
      if (request.method == "GET") return answer(200, now);
      now = json::parse(request.body);
      put.push_back(now);
      return answer(200, {{"event_id", "$s"}});
    };
  }
  json users() {
    const std::lock_guard lock(mutex);
    return now["users"];
  }
  std::size_t puts() {
    const std::lock_guard lock(mutex);
    return put.size();
  }
};

/// The incident's card is drawn anew, as after every change of a role.
void redraw(Stage& s, bot::Sender& sender, const bot::Incident& incident) {
  static int n = 0;
  const std::vector<bot::Reference> references{{1, "matrix", "room", kIncidentRoom}, {1, "matrix", "summary", "$card"}};
  bot::Message message;
  message.id = "redraw-" + std::to_string(++n);
  message.incident = 1;
  message.content = bot::EditSummary{};
  const bot::SendContext context{incident, references, 1, std::nullopt};
  CHECK(std::holds_alternative<bot::Accepted>(sender.send(message, context)));
  CHECK(s.wait_in_time([&s] { return s.chores->waiting() == 0; }));
}

}  // namespace

TEST_CASE("whoever holds a role may do in the room what a responder must, and no longer than they hold it") {
  Levels levels;
  Stage s;
  s.have_incident();
  s.start();
  s.hs.trick(levels.answerer());
  auto sender = matrix::make_sender(s.settings, std::shared_ptr<matrix::Api>(s.api.get(), [](matrix::Api*) {}), s.people, s.env.env(), {}, s.chores.get());
  bot::Incident incident = **s.store.incident(1);
  redraw(s, *sender, incident);
  CHECK(levels.puts() == 0);
  incident.roles = {{"commander", "bob"}, {"comms", "somebody without an account"}};
  redraw(s, *sender, incident);
  CHECK(levels.users() == json{{"@muster:hs", 100}, {"@owner:hs", 60}, {"@bob:hs", 50}});
  redraw(s, *sender, incident);
  CHECK(levels.puts() == 1);
  incident.roles = {{"commander", "alice"}, {"scribe", "alice"}};
  redraw(s, *sender, incident);
  CHECK(levels.users() == json{{"@muster:hs", 100}, {"@owner:hs", 60}, {"@alice:hs", 50}});
  incident.roles.clear();
  s.settings.incidents.admins = {"bob"};
  redraw(s, *sender, incident);
  CHECK(levels.users() == json{{"@muster:hs", 100}, {"@owner:hs", 60}, {"@bob:hs", 50}});

  SECTION("a homeserver that does not answer delays nothing, and it comes later") {
    const std::size_t before = levels.puts();
    incident.roles = {{"commander", "alice"}};
    {
      const std::lock_guard lock(levels.mutex);
      levels.down = true;
    }
    const std::vector<bot::Reference> references{{1, "matrix", "room", kIncidentRoom}, {1, "matrix", "summary", "$card"}};
    bot::Message message;
    message.id = "while-down";
    message.incident = 1;
    message.content = bot::EditSummary{};
    CHECK(std::holds_alternative<bot::Accepted>(sender->send(message, bot::SendContext{incident, references, 1, std::nullopt})));
    CHECK(levels.puts() == before);
    {
      const std::lock_guard lock(levels.mutex);
      levels.down = false;
    }
    CHECK(s.wait_in_time([&] { return s.chores->waiting() == 0; }));
    CHECK(levels.users().contains("@alice:hs"));
  }
  SECTION("a room that people made, and one that was archived, are left alone") {
    const std::size_t before = levels.puts();
    incident.roles = {{"commander", "alice"}};
    const bool archived = GENERATE(false, true);
    {
      const std::lock_guard lock(levels.mutex);
      levels.theirs = !archived;
      if (archived) levels.now["events_default"] = 100;
    }
    redraw(s, *sender, incident);
    CHECK(levels.puts() == before);
  }
}

TEST_CASE("the members of a room or space that is named as a group are invited, and a group that cannot be read is told") {
  Stage s;
  s.have_incident();
  s.hs.make_room("!team:hs", "#team:hs", {"@alice:hs", "@carol:hs", "@dave:elsewhere"});
  s.start();
  std::mutex mutex;
  std::vector<std::string> invited;
  s.hs.trick([&](const support::WireRequest& request, const std::string& path) -> std::optional<support::WireAnswer> {
    const auto answer = [](int status, const json& body) { return support::WireAnswer{status, body.dump(), {{"Content-Type", "application/json"}}}; };
    if (path.ends_with("/invite")) {
      const std::lock_guard lock(mutex);
      invited.push_back(json::parse(request.body).value("user_id", ""));
      return answer(200, json::object());
    }
    return std::nullopt;
  });
  auto sender = matrix::make_sender(s.settings, std::shared_ptr<matrix::Api>(s.api.get(), [](matrix::Api*) {}), s.people, s.env.env());
  const bot::Incident incident = **s.store.incident(1);
  const std::vector<bot::Reference> references{{1, "matrix", "room", kIncidentRoom}};
  const bot::SendContext context{incident, references, 1, std::nullopt};
  bot::Message message;
  message.id = "invite";
  message.incident = 1;
  message.content = bot::InvitePeople{{"bob"}, {"#team:hs", "#nobody:hs"}};
  const auto result = sender->send(message, context);
  REQUIRE(std::holds_alternative<bot::Refused>(result));
  const std::string told = std::get<bot::Refused>(result).reason;
  INFO(told);
  CHECK(told.find("the people of #nobody:hs (") != std::string::npos);
  CHECK(told.find("@dave:elsewhere (the account is on another server") != std::string::npos);
  CHECK(told.find("@muster:hs (") == std::string::npos);
  const std::lock_guard lock(mutex);
  CHECK(invited == std::vector<std::string>{"@bob:hs", "@alice:hs", "@carol:hs"});
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
