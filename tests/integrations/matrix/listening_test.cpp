// A plain account: /sync, commands and their answers, exactly once, gaps, and what hostile or broken rooms send.
#include "tests/integrations/matrix/stage.hpp"

using matrix_tests::kAnnounce;
using matrix_tests::kIncidentRoom;
using matrix_tests::Stage;
using matrix_tests::wait_for;
using nlohmann::json;

namespace {

bool contains(const std::vector<std::string>& all, const std::string& part) {
  return std::any_of(all.begin(), all.end(), [&](const std::string& one) { return one.find(part) != std::string::npos; });
}

std::vector<support::FakeHomeserver::Sent> of_type(const Stage& s, const std::string& type) {
  std::vector<support::FakeHomeserver::Sent> out;
  for (auto& one : s.hs.sent())
    if (one.type == type) out.push_back(one);
  return out;
}

/// What was typed reached the Coordinator and its answer the room: the batch it came in is dealt with when the next question for news is open.
void settle(Stage& s, const std::string& kind, int count) {
  REQUIRE(wait_for([&] { return s.entries_of(kind) == count; }));
  REQUIRE(wait_for([&] { return s.hs.syncs_waiting() > 0; }));
  REQUIRE(wait_for([&] { return s.chores->waiting() == 0; }));
}

}  // namespace

TEST_CASE("a command in the announcement room declares, and the answer comes as a muted reply to it") {
  Stage s;
  s.listen();
  const auto asked = s.hs.say(kAnnounce, "@alice:hs", "!incident declare sev1 checkout returns 500");
  REQUIRE(wait_for([&] { return contains(s.hs.said(kAnnounce), "INC-1"); }));
  const auto answer = of_type(s, "m.room.message").at(0);
  CHECK(answer.content["msgtype"] == "m.notice");
  CHECK(answer.content["m.relates_to"]["m.in_reply_to"]["event_id"] == asked);
  CHECK(s.timeline().front() == "declared");
  const auto incident = s.store.incident(1);
  REQUIRE((incident.ok() && *incident));
  CHECK((*incident)->declared_by.id == "alice");
}

TEST_CASE("the announcement room, named by its alias in the settings, is no incident's to adopt") {
  Stage s;
  s.listen();
  s.hs.say(kAnnounce, "@alice:hs", "!incident adopt sev1 checkout returns 500");
  REQUIRE(wait_for([&] { return contains(s.hs.said(kAnnounce), "this is the announcement room"); }));
  CHECK(s.timeline().empty());
}

TEST_CASE("in an incident's room a recorded change gets a check mark, a refusal words, a question its answer, in the same thread") {
  Stage s;
  s.have_incident();
  s.listen();
  const auto noted = s.hs.say(kIncidentRoom, "@bob:hs", "!incident role commander");
  settle(s, "role", 1);
  const auto marks = of_type(s, "m.reaction");
  REQUIRE(marks.size() == 1);
  CHECK(marks[0].content["m.relates_to"]["event_id"] == noted);
  CHECK(s.hs.said(kIncidentRoom).empty());

  s.hs.say(kIncidentRoom, "@bob:hs", "!incident severity sev9", {{"m.relates_to", {{"rel_type", "m.thread"}, {"event_id", "$root"}}}});
  REQUIRE(wait_for([&] { return contains(s.hs.said(kIncidentRoom), "Not recorded"); }));
  const auto refusal = of_type(s, "m.room.message").at(0).content["m.relates_to"];
  CHECK(refusal["rel_type"] == "m.thread");
  CHECK(refusal["event_id"] == "$root");

  s.hs.say(kIncidentRoom, "@bob:hs", "!incident show");
  CHECK(wait_for([&] { return contains(s.hs.said(kIncidentRoom), "checkout returns 500"); }));
}

TEST_CASE("the first start carries out nothing that was typed before, a later one carries out what was typed meanwhile") {
  Stage s;
  s.have_incident();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note too old");
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note first");
  settle(s, "note", 1);
  REQUIRE(wait_for([&] { return !s.kept("matrix/next_batch").empty(); }));
  s.stop();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note while away");
  s.start();
  settle(s, "note", 2);
}

TEST_CASE("killed before its place is kept, it hears the same again, records nothing twice and says nothing twice") {
  Stage s;
  s.have_incident();
  s.listen();
  REQUIRE(wait_for([&] { return !s.kept("matrix/next_batch").empty(); }));
  const std::string place = s.kept("matrix/next_batch");
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note once");
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident show");
  settle(s, "note", 1);
  REQUIRE(wait_for([&] { return s.hs.said(kIncidentRoom).size() == 1 && s.chores->waiting() == 0; }));
  const auto reactions = of_type(s, "m.reaction").size();
  s.stop();
  std::vector<bot::Changes> back(1);
  back[0].state = {{"matrix/next_batch", place}};
  REQUIRE(s.store.commit(back).ok());
  s.start();
  // Both are asked again …
  REQUIRE(wait_for([&] { return s.intake.typed().size() == 4; }));
  REQUIRE(wait_for([&] { return s.chores->waiting() == 0 && s.hs.syncs_waiting() > 0; }));
  CHECK(s.entries_of("note") == 1);
  CHECK(s.hs.said(kIncidentRoom).size() == 1);  // … and answered under the same transaction ids
  CHECK(of_type(s, "m.reaction").size() == reactions);
}

TEST_CASE("the place is not kept while an answer is still owed") {
  Stage s;
  s.have_incident();
  s.listen();
  REQUIRE(wait_for([&] { return !s.kept("matrix/next_batch").empty(); }));
  const std::string before = s.kept("matrix/next_batch");
  std::atomic<bool> down{true};
  s.hs.trick([&down](const support::WireRequest& request, const std::string& path) -> std::optional<support::WireAnswer> {
    if (down && request.method == "PUT" && path.find("/send/") != std::string::npos) return support::WireAnswer{502, "<html>bad gateway</html>", {}};
    return std::nullopt;
  });
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note owed");
  REQUIRE(wait_for([&] { return s.entries_of("note") == 1; }));
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note second");
  REQUIRE(wait_for([&] { return s.entries_of("note") == 2; }));
  CHECK(s.kept("matrix/next_batch") == before);
  down = false;
  CHECK(s.wait_in_time([&] { return s.kept("matrix/next_batch") != before && of_type(s, "m.reaction").size() == 2; }));
}

TEST_CASE("the place is kept soon after the last answer owed, though nothing else happens in any room") {
  Stage s;
  s.have_incident();
  s.listen();
  REQUIRE(wait_for([&] { return !s.kept("matrix/next_batch").empty(); }));
  const std::string before = s.kept("matrix/next_batch");
  s.hs.answer_late(std::chrono::milliseconds(500));  // the news of the answer is there before the answer is known to be
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note owed");
  settle(s, "note", 1);
  CHECK(wait_for([&] { return s.kept("matrix/next_batch") != before; }));
}

TEST_CASE("an answer that the homeserver took but did not confirm is said once") {
  Stage s;
  s.have_incident();
  s.listen();
  std::atomic<int> lost{0};
  s.hs.trick([&](const support::WireRequest& request, const std::string& path) -> std::optional<support::WireAnswer> {
    if (request.method != "PUT" || path.find("/send/") == std::string::npos || lost++ > 0) return std::nullopt;
    s.hs.trick(nullptr);
    // The server commits, the answer is lost on the way.
    auto client = http::make_client();
    http::Call call;
    call.method = "PUT";
    call.url = s.hs.url() + request.target;
    call.headers = {{"Authorization", std::string("Bearer ") + support::FakeHomeserver::kToken}};
    call.body = request.body;
    client->call(call);
    support::WireAnswer nothing;
    nothing.close_before = true;
    return nothing;
  });
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident show");
  REQUIRE(wait_for([&] { return !s.hs.said(kIncidentRoom).empty(); }));
  REQUIRE(s.wait_in_time([&] { return s.chores->waiting() == 0; }));
  CHECK(s.hs.said(kIncidentRoom).size() == 1);
}

TEST_CASE("a room whose answers the homeserver does not take holds up no other room's") {
  Stage s;
  s.have_incident();
  s.listen();
  s.hs.trick([](const support::WireRequest& request, const std::string& path) -> std::optional<support::WireAnswer> {
    if (request.method == "PUT" && path.find("inc1") != std::string::npos) return support::WireAnswer{502, "<html>bad gateway</html>", {}};
    return std::nullopt;
  });
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note stuck");
  REQUIRE(wait_for([&] { return s.entries_of("note") == 1; }));
  s.hs.say(kAnnounce, "@alice:hs", "!incident list");
  CHECK(wait_for([&] { return s.hs.said(kAnnounce).size() == 1; }));
  CHECK(wait_for([&] { return s.chores->waiting() == 1; }));
}

TEST_CASE("what could not be recorded is brought again until it is, in order") {
  Stage s;
  s.have_incident();
  s.listen();
  s.intake.refuse(3);
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note one");
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note two");
  settle(s, "note", 2);
  auto entries = s.store.timeline(1, 0, 100);
  std::vector<std::string> notes;
  for (const auto& e : *entries)
    if (e.kind == bot::EntryKind::note) notes.push_back(e.text.value_or(""));
  CHECK(notes == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a gap in the stream is filled from the room's history, in order and without repeats") {
  Stage s;
  s.have_incident();
  s.hs.timeline_limit(3);
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note start");
  settle(s, "note", 1);
  s.stop();
  for (int i = 0; i < 20; ++i) s.hs.say(kIncidentRoom, i % 2 ? "@bob:hs" : "@alice:hs", "!incident note n" + std::to_string(i));
  for (int i = 0; i < 230; ++i) s.hs.say(kIncidentRoom, "@bob:hs", "small talk");
  s.start();
  settle(s, "note", 21);
  auto entries = s.store.timeline(1, 0, 100);
  std::vector<std::string> notes;
  for (const auto& e : *entries)
    if (e.kind == bot::EntryKind::note) notes.push_back(e.text.value_or(""));
  CHECK(notes[1] == "n0");
  CHECK(notes[20] == "n19");
  CHECK(s.heard.gaps >= 1);
}

TEST_CASE("a gap whose history does not come is read when it does; other rooms go on, and the place is kept only then") {
  Stage s;
  s.have_incident();
  s.hs.timeline_limit(3);
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note start");
  settle(s, "note", 1);
  s.stop();
  const std::string before = s.kept("matrix/next_batch");
  std::atomic<int> asked{0};
  std::atomic<bool> down{true};
  s.hs.trick([&](const support::WireRequest&, const std::string& path) -> std::optional<support::WireAnswer> {
    if (path.find("/messages") == std::string::npos || !down) return std::nullopt;
    ++asked;
    return support::WireAnswer{429, R"({"errcode":"M_LIMIT_EXCEEDED","error":"too fast","retry_after_ms":200})", {{"Content-Type", "application/json"}}};
  });
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note in the gap");
  for (int i = 0; i < 10; ++i) s.hs.say(kIncidentRoom, "@bob:hs", "small talk");
  s.start();
  REQUIRE(wait_for([&] { return asked == 1; }));
  s.hs.say(kAnnounce, "@alice:hs", "!incident list");
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note after it");
  REQUIRE(wait_for([&] { return s.hs.said(kAnnounce).size() == 1; }));
  REQUIRE(s.wait_in_time([&] { return asked >= 6; }));
  CHECK(s.entries_of("note") == 1);
  CHECK(s.kept("matrix/next_batch") == before);
  down = false;
  REQUIRE(s.wait_in_time([&] { return s.entries_of("note") == 3 && s.kept("matrix/next_batch") != before; }));
  CHECK(s.store.timeline(1, 0, 100)->back().text == "after it");
}

TEST_CASE("a gap that is never read stands on its incident's timeline, and what came after it is carried out") {
  Stage s;
  s.have_incident();
  s.hs.timeline_limit(3);
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note start");
  settle(s, "note", 1);
  s.stop();
  s.hs.trick([](const support::WireRequest&, const std::string& path) -> std::optional<support::WireAnswer> {
    if (path.find("/messages") == std::string::npos) return std::nullopt;
    return support::WireAnswer{403, R"({"errcode":"M_FORBIDDEN","error":"no"})", {{"Content-Type", "application/json"}}};
  });
  for (int i = 0; i < 10; ++i) s.hs.say(kIncidentRoom, "@bob:hs", "!incident note n" + std::to_string(i));
  s.start();
  settle(s, "note", 4);
  CHECK(s.entries_of("away") == 1);
}

TEST_CASE("a homeserver that forgot where we were loses nothing and repeats nothing") {
  Stage s;
  s.have_incident();
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note before");
  settle(s, "note", 1);
  s.hs.forget_tokens();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note after");
  settle(s, "note", 2);
  CHECK(s.hs.count("GET /v3/sync") > 3);
}

TEST_CASE("of a room that was busy while the homeserver forgot where we were, the rest is read from its history") {
  Stage s;
  s.have_incident();
  s.hs.timeline_limit(3);
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note before");
  settle(s, "note", 1);
  s.hs.hang_up();
  s.hs.forget_tokens();
  for (int i = 0; i < 10; ++i) s.hs.say(kIncidentRoom, "@bob:hs", "!incident note n" + std::to_string(i));
  s.hs.hang_up(false);
  settle(s, "note", 11);
}

TEST_CASE("everybody who types where commands are not taken hears it, and adopt makes such a room an incident's") {
  Stage s;
  s.hs.make_room("!war:hs", "", {"@alice:hs", "@bob:hs", "@carol:hs"});
  s.listen();
  s.hs.say("!war:hs", "@alice:hs", "!incident note one");
  s.hs.say("!war:hs", "@bob:hs", "!incident note two");
  REQUIRE(wait_for([&] { return s.hs.said("!war:hs").size() == 2; }));
  CHECK(contains(s.hs.said("!war:hs"), "!incident adopt TITLE"));
  CHECK(s.intake.typed().empty());
  s.hs.say("!war:hs", "@bob:hs", "!incident adopt sev1 checkout returns 500");
  REQUIRE(wait_for([&] { return s.hs.said("!war:hs").size() == 3; }));
  CHECK(s.timeline().front() == "declared");
  CHECK(s.hs.said("!war:hs").back().find("INC-1") != std::string::npos);
}

TEST_CASE("an encrypted room cannot be adopted, and hears why") {
  Stage s;
  s.hs.make_room("!war:hs", "", {"@alice:hs", "@bob:hs", "@carol:hs"});
  s.hs.encrypt("!war:hs");
  s.listen();
  s.hs.say("!war:hs", "@bob:hs", "!incident adopt sev1 checkout returns 500");
  REQUIRE(wait_for([&] { return contains(s.hs.said("!war:hs"), "encrypted"); }));
  CHECK(s.intake.typed().empty());
}

TEST_CASE("a person in a command that is refused is called by their name") {
  Stage s;
  s.have_incident();
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident severity Den", {{"format", "org.matrix.custom.html"}, {"formatted_body", R"(!incident severity <a href="https://matrix.to/#/@den:hs">Den</a>)"}});
  REQUIRE(wait_for([&] { return s.hs.said(kIncidentRoom).size() == 1; }));
  CHECK(s.hs.said(kIncidentRoom).front().find("Den") != std::string::npos);
  CHECK(s.hs.said(kIncidentRoom).front().find("<@") == std::string::npos);
}

TEST_CASE("after reopen nobody is led into the room of before") {
  Stage s;
  s.have_incident();
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note before");
  settle(s, "note", 1);
  s.ask("INC-1 resolve fixed");
  s.ask("INC-1 close");
  s.hs.say(kAnnounce, "@bob:hs", "!incident INC-1 reopen");
  REQUIRE(wait_for([&] { return contains(s.hs.said(kAnnounce), "open again"); }));
  CHECK(of_type(s, "m.room.message").back().content["formatted_body"].get<std::string>().find("matrix.to") == std::string::npos);
}

TEST_CASE("the room that replaces the announcement room is entered and takes commands") {
  Stage s;
  s.listen();
  s.hs.make_room("!second:hs", "", {"@alice:hs", "@bob:hs", "@carol:hs"});
  s.hs.add(kAnnounce, {{"type", "m.room.tombstone"}, {"sender", "@alice:hs"}, {"state_key", ""}, {"content", {{"replacement_room", "!second:hs"}}}});
  s.hs.say(kAnnounce, "@alice:hs", "!incident list");
  REQUIRE(wait_for([&] { return s.hs.said(kAnnounce).size() == 1; }));
  s.hs.alias("#incidents:hs", "!second:hs");
  REQUIRE(s.wait_in_time([&] { return s.hs.joined().count("!second:hs") == 1; }));
  s.hs.say("!second:hs", "@alice:hs", "!incident list");
  CHECK(wait_for([&] { return s.hs.said("!second:hs").size() == 1 && !contains(s.hs.said("!second:hs"), "Not recorded"); }));
}

TEST_CASE("strangers, guests and other rooms are not obeyed, and hear why at most once") {
  Stage s;
  s.have_incident();
  s.hs.make_room("!lobby:hs", "", {"@alice:hs", "@bob:hs", "@carol:hs"});
  s.listen();
  for (int i = 0; i < 5; ++i) {
    s.hs.say(kIncidentRoom, "@eve:evil", "!incident resolve");
    s.hs.say(kIncidentRoom, "@4711:hs", "!incident resolve");
    s.hs.say("!lobby:hs", "@alice:hs", "!incident declare sev1 x");
  }
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note end");
  settle(s, "note", 1);
  REQUIRE(wait_for([&] { return !s.hs.said("!lobby:hs").empty(); }));  // one answer of the homeserver has several rooms, in no order
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note after all of them");
  settle(s, "note", 2);
  CHECK(s.entries_of("resolved") == 0);
  CHECK(s.intake.typed().size() == 2);
  CHECK(s.hs.said("!lobby:hs").size() == 1);
  CHECK(contains(s.hs.said("!lobby:hs"), "#incidents:hs"));
  CHECK(s.hs.said(kIncidentRoom).size() == 2);
}

TEST_CASE("who an event claims to be from inside its content changes nothing") {
  Stage s;
  s.have_incident();
  s.listen();
  s.hs.say(kIncidentRoom, "@eve:evil", "!incident cancel", {{"sender", "@alice:hs"}, {"user_id", "@alice:hs"}, {"displayname", "Alice"}, {"m.mentions", {{"user_ids", {"@muster:hs"}}}}});
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note mine", {{"sender", "@alice:hs"}});
  settle(s, "note", 1);
  CHECK(s.entries_of("cancelled") == 0);
  CHECK(s.store.timeline(1, 0, 100)->back().actor.id == "bob");
}

TEST_CASE("wrong JSON types in every known field of an event hold up nothing") {
  Stage s;
  s.have_incident();
  s.listen();
  const std::vector<std::string> odd{"null", "5", "-1.5e3", "true", "[]", "{}", "\"\"", "[[[]]]", "{\"a\":{\"b\":[1]}}", "\"\\ud800\"", "1e999"};
  for (const char* type : {"m.room.message", "m.reaction", "m.room.redaction", "m.room.member", "m.room.topic", "m.room.encrypted", "m.room.tombstone"})
    for (const auto& value : odd) {
      for (const char* field : {"type", "sender", "event_id", "origin_server_ts", "content", "unsigned", "state_key", "redacts"}) {
        std::string text = R"({"x":1)";
        for (const auto& [name, good] : std::vector<std::pair<std::string, std::string>>{{"type", json(type).dump()}, {"sender", "\"@bob:hs\""}, {"event_id", "\"$odd\""}, {"origin_server_ts", "1"}, {"content", "{}"}})
          text += ",\"" + name + "\":" + (name == field ? value : good);
        if (std::string(field) == "unsigned" || std::string(field) == "state_key" || std::string(field) == "redacts") text += ",\"" + std::string(field) + "\":" + value;
        s.hs.add_raw(kIncidentRoom, text + "}");
      }
      for (const char* field : {"body", "msgtype", "format", "formatted_body", "m.relates_to", "m.mentions", "m.new_content", "membership", "displayname", "topic", "name"})
        s.hs.add_raw(kIncidentRoom, R"({"type":)" + json(type).dump() + R"(,"sender":"@bob:hs","event_id":"$odd2","origin_server_ts":1,"state_key":"@bob:hs","content":{"msgtype":"m.text","body":"!incident",")" +
                                        field + "\":" + value + "}}");
    }
  for (const auto& value : odd) s.hs.add_raw(kIncidentRoom, value);
  s.hs.add_raw(kIncidentRoom, R"({"type":"m.room.message","sender":"@bob:hs","event_id":"$deep","content":{"body":)" + std::string(3000, '[') + std::string(3000, ']') + "}}");
  s.hs.say(kIncidentRoom, "@alice:hs", "!incident note still here");
  settle(s, "note", 1);
}

TEST_CASE("huge events and a thousand a second from one person neither stall the sync nor flood the room") {
  Stage s;
  s.have_incident();
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note " + std::string(60000, 'x'));
  for (int i = 0; i < 1000; ++i) s.hs.say(kIncidentRoom, "@bob:hs", "!incident list");
  for (int i = 0; i < 1000; ++i) s.hs.react(kIncidentRoom, "@bob:hs", "$none", "\xF0\x9F\x91\x8D");
  s.hs.say(kIncidentRoom, "@alice:hs", "!incident note in time");
  REQUIRE(wait_for([&] {
    auto entries = s.store.timeline(1, 0, 100);
    return std::any_of(entries->begin(), entries->end(), [](const bot::Entry& e) { return e.text == "in time"; });
  }));
  CHECK(s.intake.typed().size() < 40);
  CHECK(s.heard.flooded > 900);
  CHECK(s.hs.count("GET /v3/rooms/%21inc1%3Ahs/event/%24none") <= 1);
}

TEST_CASE("whoever types too quickly is told so again and again, and heard again after the pause that was asked for") {
  Stage s;
  s.have_incident();
  s.listen();
  const auto told = [&] {
    int times = 0;
    for (const auto& words : s.hs.said(kIncidentRoom)) times += words.find("too many commands") != std::string::npos ? 1 : 0;
    return times;
  };
  for (int i = 0; i < 33; ++i) s.hs.say(kIncidentRoom, "@bob:hs", "!incident note " + std::to_string(i));
  REQUIRE(wait_for([&] { return told() == 3; }));
  settle(s, "note", 30);
  s.env.clock.advance(bot::Millis{10000});
  for (int i = 0; i < 11; ++i) s.hs.say(kIncidentRoom, "@bob:hs", "!incident note later " + std::to_string(i));
  REQUIRE(wait_for([&] { return told() == 4; }));
  settle(s, "note", 40);
  for (int i = 0; i < 100; ++i) s.hs.say(kIncidentRoom, "@bob:hs", "!incident note much too quick");
  s.hs.say(kIncidentRoom, "@alice:hs", "!incident note in time");
  settle(s, "note", 41);
  CHECK(told() < 12);
}

TEST_CASE("broken answers of the homeserver are waited out and their news is not lost") {
  Stage s;
  s.have_incident();
  s.listen();
  std::atomic<int> broken{0};
  s.hs.trick([&](const support::WireRequest&, const std::string& path) -> std::optional<support::WireAnswer> {
    if (path.find("/sync") == std::string::npos) return std::nullopt;
    switch (broken++) {
      case 0: return support::WireAnswer{200, "<html>524</html>", {}};
      case 1: return support::WireAnswer{200, R"({"next_batch":7,"rooms":[]})", {}};
      default: return std::nullopt;
    }
  });
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note through it");
  settle(s, "note", 1);
  CHECK(wait_for([&] { return s.source->hearing().ok; }));
}

TEST_CASE("an absence of more than a minute stands on the timeline of open incidents, with what was missed") {
  Stage s;
  s.have_incident();
  std::vector<bot::Changes> opened(1);
  auto row = **s.store.incident(1);
  row.rooms["matrix"] = "https://matrix.to/#/x";
  opened[0].incidents = {row};
  REQUIRE(s.store.commit(opened).ok());
  s.listen();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note here");
  settle(s, "note", 1);
  REQUIRE(wait_for([&] { return !s.kept("matrix/heard_at").empty(); }));
  s.stop();
  s.env.advance(bot::Millis{600000});
  s.hs.set_time(1795448538000 + 300000);
  s.hs.say(kIncidentRoom, "@alice:hs", "anybody there?");
  s.hs.say(kIncidentRoom, "@alice:hs", "hello?");
  s.start();
  REQUIRE(wait_for([&] { return !s.intake.bodies<bot::Away>().empty(); }));
  const auto away = s.intake.bodies<bot::Away>().front();
  CHECK(away.incident == 1);
  CHECK(away.missed == 2);
  CHECK(away.until - away.from == bot::Millis{600000});
}

TEST_CASE("a crowd of batches keeps its place: after all is answered a restart asks nothing again") {
  Stage s;
  s.have_incident();
  s.listen();
  for (int i = 0; i < 5; ++i) {
    s.hs.say(kIncidentRoom, "@bob:hs", "!incident note n" + std::to_string(i));
    settle(s, "note", i + 1);
  }
  REQUIRE(wait_for([&] { return s.kept("matrix/next_batch") == "s1_" + std::to_string(10 + 0) || of_type(s, "m.reaction").size() == 5; }));
  const std::string kept = s.kept("matrix/next_batch");
  s.stop();
  const auto asked = s.intake.typed().size();
  s.start();
  s.hs.say(kIncidentRoom, "@bob:hs", "!incident note last");
  settle(s, "note", 6);
  CHECK(s.intake.typed().size() <= asked + 2);
}
