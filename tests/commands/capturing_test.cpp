// Messages that people put on the timeline, rooms changed by hand, absences.
#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

/// INC-1 with a room in Slack; bob pins what carol wrote there.
struct Room : Desk {
  Room() {
    say("declare sev1 checkout returns 500");
    room = 1;
    outcome("open_room", "slack", MessageState::sent, "", "https://x.slack.com/archives/C1");
  }
  static Capture message(const std::string& text, Capture::What what = Capture::What::put) {
    Capture c;
    c.what = what;
    c.message = "C1/1700000000.000100";
    c.author = {ActorKind::person, "slack", "U03", "carol", {}};
    c.text = text;
    c.link = "https://x.slack.com/archives/C1/p1700000000000100";
    return c;
  }
  Reply pin(const std::string& text, const std::string& who = "bob") { return report(message(text), who); }
  const Entry& newest() { return entries[1].back(); }
};

}  // namespace

TEST_CASE("a pinned message is on the timeline with who wrote it, when, its link and its files") {
  Room d;
  Capture c = Room::message("pool is <@slack:U02|bob>'s \x1b[1m problem");
  c.written = d.now - Millis{31000};
  c.files = {{"graph.png", "https://files.slack.com/graph.png"}, {"evil\nname", "javascript:alert(1)"}};
  const Reply r = d.report(c, "bob");
  CHECK(d.text_of(r) == "On the timeline of INC-1 as entry 3.");
  CHECK(d.kinds() == Words{"captured"});
  CHECK(d.newest().text == "pool is @Bob's [1m problem\ngraph.png https://files.slack.com/graph.png\nevil name");
  CHECK(d.newest().facts == Facts{{"message", c.message}, {"author", "carol"}, {"written", "2026-11-23T15:41:47.000Z"}, {"link", c.link}});
  CHECK(d.newest().occurred_at == d.now);
  CHECK(d.sent().empty());
  const std::string line = plain_text(narrate(d.newest(), d.registry), d.registry);
  CHECK(line.find("@Carol: \"pool is") == 0);
  CHECK(line.find("message of 15:41:47 UTC, pinned by @Bob") != std::string::npos);
}

TEST_CASE("somebody nobody knew yet is met as the author") {
  Room d;
  Capture c = Room::message("hello");
  c.author = {ActorKind::person, "slack", "U99", "erin", {}};
  d.report(c, "bob");
  REQUIRE(d.last.people.size() == 1);
  CHECK(d.last.people[0].id == "slack:U99");
  CHECK(fact(d.newest().facts, "author") == "slack:U99");
}

TEST_CASE("the same message pinned again is a quiet repeat; after it was taken off it may come back") {
  Room d;
  d.pin("one");
  const Reply again = d.pin("one", "bob");
  CHECK(again.status == ReplyStatus::ok);
  CHECK(d.text_of(again).find("as entry 3") != std::string::npos);
  CHECK(d.nothing_recorded());
  d.report(Room::message("", Capture::What::taken_off), "bob");
  CHECK(d.kinds() == Words{"withdrawn"});
  d.pin("one", "dana");
  CHECK(d.kinds() == Words{"captured"});
  CHECK(d.newest().seq == 5);
  d.report(Room::message("", Capture::What::taken_off), "dana");
  CHECK(fact(d.newest().facts, "entry") == "5");
}

TEST_CASE("only who put it there, who wrote it, the commander or an admin takes a message off") {
  for (const std::string who : {"bob", "carol", "ada", "dana"}) {
    Room d;
    d.pin("one", "bob");
    if (who == "dana") d.say("role commander", "dana");
    d.report(Room::message("", Capture::What::taken_off), who);
    INFO(who);
    CHECK(d.kinds() == Words{"withdrawn"});
    CHECK(d.newest().facts == Facts{{"entry", "3"}, {"message", "C1/1700000000.000100"}, {"why", "taken_off"}});
    d.report(Room::message("", Capture::What::taken_off), who);
    CHECK(d.nothing_recorded());
  }
  Room d;
  d.pin("one", "bob");
  const Reply r = d.report(Room::message("", Capture::What::taken_off), "dana");
  CHECK(r.status == ReplyStatus::ok);
  CHECK(d.text_of(r) == "Entry 3 of INC-1 stays: @Bob put it there.");
  CHECK(d.nothing_recorded());
}

TEST_CASE("an edit is recorded when the words changed, a deletion once, and neither for a message nobody pinned") {
  Room d;
  for (const auto what : {Capture::What::edited, Capture::What::deleted, Capture::What::taken_off}) {
    d.report(Room::message("x", what), "carol");
    CHECK(d.nothing_recorded());
  }
  d.pin("node 3");
  d.report(Room::message("node 3", Capture::What::edited), "carol");
  CHECK(d.nothing_recorded());
  d.report(Room::message("node 4", Capture::What::edited), "carol");
  CHECK(d.kinds() == Words{"capture_edited"});
  CHECK(d.newest().text == "node 4");
  CHECK(d.newest().facts == Facts{{"entry", "3"}, {"message", "C1/1700000000.000100"}});
  d.report(Room::message("node 4", Capture::What::edited), "carol");
  CHECK(d.nothing_recorded());
  d.report(Room::message("", Capture::What::deleted), "carol");
  CHECK(d.kinds() == Words{"withdrawn"});
  CHECK(fact(d.newest().facts, "why") == "deleted");
  CHECK(d.said() == "A message of the timeline was deleted here: Entry 3 of INC-1 is struck through. Its words stay in the record; to remove them for good, commander or admin types redact 3\n");
  for (const auto what : {Capture::What::edited, Capture::What::deleted}) {
    d.report(Room::message("node 5", what), "carol");
    CHECK(d.nothing_recorded());
  }
}

TEST_CASE("redacting a pinned message takes its later edits along, and it cannot come back") {
  Room d;
  d.pin("call Jane 555-1");
  d.report(Room::message("call Jane 555-2", Capture::What::edited), "carol");
  d.report(Room::message("call Jane", Capture::What::edited), "carol");
  CHECK(d.say("redact 3", "ada").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"redacted", "redacted", "redacted"});
  CHECK(d.last.redact == std::vector<std::int64_t>{3, 4, 5});
  for (const std::size_t at : {2u, 3u, 4u}) CHECK_FALSE(d.entries[1][at].text);
  for (std::size_t i = 0; i < 3; ++i) CHECK(fact(d.last.entries[i].facts, "entry") == std::to_string(3 + i));
  d.report(Room::message("call Jane 555-3", Capture::What::edited), "carol");
  CHECK(d.nothing_recorded());
  const Reply r = d.pin("call Jane 555-1");
  CHECK(r.status == ReplyStatus::conflict);
  CHECK(d.text_of(r).find("were redacted") != std::string::npos);
}

TEST_CASE("an edit with the secret can be redacted alone, and the next edit is recorded") {
  Room d;
  d.pin("see below");
  d.report(Room::message("password hunter2", Capture::What::edited), "carol");
  d.say("redact 4", "ada");
  CHECK(d.last.redact == std::vector<std::int64_t>{4});
  d.report(Room::message("see above", Capture::What::edited), "carol");
  CHECK(d.kinds() == Words{"capture_edited"});
}

TEST_CASE("messages of other rooms leave no trace, and odd ones are refused") {
  Room d;
  d.room = 0;
  CHECK(d.pin("lunch?").status == ReplyStatus::ok);
  CHECK(d.nothing_recorded());
  d.room = 1;
  CHECK(d.pin("  \x07 ").status == ReplyStatus::invalid);
  Capture c = Room::message("x");
  c.message.clear();
  CHECK(d.report(c).status == ReplyStatus::invalid);
  c.message.assign(301, 'm');
  CHECK(d.report(c).status == ReplyStatus::invalid);
  d.row().is_private = true;
  CHECK(d.pin("x", "carol").status == ReplyStatus::not_found);
  CHECK(d.nothing_recorded());
  d.row().is_private = false;
  Capture wide = Room::message(std::string(9000, 'x'));
  for (int i = 0; i < 30; ++i) wide.files.emplace_back("f" + std::to_string(i), "https://files.example.org/" + std::to_string(i));
  d.report(wide, "bob");
  CHECK(d.newest().text->size() < 4010);
}

TEST_CASE("a topic changed by hand is recorded and put back, and the room hears why once") {
  Room d;
  d.report(RoomChange{std::nullopt, "topic", "we are doomed"}, "bob");
  CHECK(d.kinds() == Words{"room_changed"});
  CHECK(d.newest().text == "we are doomed");
  CHECK(d.newest().facts == Facts{{"integration", "slack"}, {"what", "topic"}});
  CHECK(d.sent() == Words{"set_topic", "say"});
  CHECK(d.content<SetTopic>().topic.find("INC-1 SEV1") == 0);
  CHECK(d.said().find("severity SEVERITY") != std::string::npos);
  for (const auto& m : d.last.messages) CHECK(m.only == "slack");
  d.report(RoomChange{std::nullopt, "topic", "doomed, I say"}, "carol");
  CHECK(d.sent() == Words{"set_topic"});
  d.report(RoomChange{std::nullopt, "topic", topic(d.row(), d.registry)}, "carol");
  CHECK(d.nothing_recorded());
  d.report(RoomChange{std::nullopt, "topic", "by Muster"}, "muster");
  CHECK(d.nothing_recorded());
  CHECK(d.report(RoomChange{std::nullopt, "colour", "red"}).status == ReplyStatus::invalid);
  d.room = 0;
  d.report(RoomChange{std::nullopt, "topic", "another room"});
  CHECK(d.nothing_recorded());
}

TEST_CASE("the topic an adopted channel had before stays people's, until they leave it empty") {
  Room d;
  d.refer(1, "slack/topic", "theirs");
  d.report(RoomChange{std::nullopt, "topic", "call: 555 0100"}, "bob");
  CHECK(d.kinds() == Words{"room_changed"});
  CHECK(d.sent().empty());
  d.report(RoomChange{std::nullopt, "topic", ""}, "bob");
  CHECK(d.sent() == Words{"set_topic"});
  REQUIRE(d.last.references.size() == 1);
  CHECK((d.last.references[0].what == "topic" && d.last.references[0].id.empty()));
  d.report(RoomChange{std::nullopt, "topic", "mine again"}, "bob");  // it is Muster's now
  CHECK(d.sent() == Words{"set_topic", "say"});
}

TEST_CASE("somebody who was an id and has a name now is drawn again, where they are shown; nothing is recorded") {
  Room d;
  d.report(RoomChange{1, "named", "bob"}, "muster");
  CHECK(d.kinds().empty());
  CHECK(d.sent() == Words{"edit_summary"});
  d.say("role commander", "bob");
  d.report(RoomChange{1, "named", "bob"}, "muster");
  CHECK(d.sent() == Words{"edit_summary", "set_topic"});
  CHECK(d.content<SetTopic>().topic.find("commander Bob") != std::string::npos);
  d.say("resolve");
  d.say("close");
  d.report(RoomChange{1, "named", "bob"}, "muster");
  CHECK(d.sent().empty());
}

TEST_CASE("a room archived by hand is noticed, and the other chats' rooms hear of it") {
  Room d;
  d.row().rooms["matrix"] = "https://matrix.to/x";
  d.report(RoomChange{std::nullopt, "archived", ""}, "bob");
  CHECK(d.kinds() == Words{"room_changed"});
  REQUIRE(d.last.messages.size() == 1);
  CHECK(d.last.messages[0].only == "matrix");
  CHECK(d.said().find("The Slack room was archived by @Bob") == 0);
  d.report(RoomChange{std::nullopt, "unarchived", ""}, "bob");
  CHECK(d.sent() == Words{"set_topic", "edit_summary"});
  d.report(RoomChange{std::nullopt, "name", "inc-1-new"}, "bob");
  CHECK(d.kinds() == Words{"room_changed"});
  CHECK(d.sent().empty());
}

TEST_CASE("a room that got another id is the incident's room there, with its new link") {
  Room d;
  d.report(RoomChange{std::nullopt, "moved", "C9", "https://x.slack.com/archives/C9"}, "muster");
  CHECK(d.kinds() == Words{"room_changed"});
  CHECK(d.newest().facts == Facts{{"integration", "slack"}, {"what", "moved"}, {"link", "https://x.slack.com/archives/C9"}});
  CHECK(plain_text(narrate(d.newest(), d.registry), d.registry) == "The Slack room is the same, but Slack gave it a new id and a new link");
  CHECK(d.row().rooms.at("slack") == "https://x.slack.com/archives/C9");
  std::map<std::string, std::string> kept;
  for (const auto& r : d.last.references) kept[r.integration + "/" + r.what] = r.id;
  CHECK(kept == std::map<std::string, std::string>{{"slack/room", "C9"}, {"slack/room_link", "https://x.slack.com/archives/C9"}});
  CHECK(d.sent().empty());
}

TEST_CASE("an absence is told in its room, of live incidents alone") {
  Room d;
  d.report(Away{1, d.now - Millis{540000}, d.now, 3}, "muster");
  CHECK(d.kinds() == Words{"away"});
  CHECK(d.sent() == Words{"say"});
  CHECK(d.last.messages[0].only == "slack");
  CHECK(d.said().find("read 3 messages afterwards") != std::string::npos);
  CHECK(d.report(Away{1, d.now, d.now - Millis{1}, 0}, "muster").status == ReplyStatus::invalid);
  d.report(Away{9, d.now, d.now, 0}, "muster");
  CHECK(d.nothing_recorded());
  d.say("resolve");
  d.say("close");
  d.report(Away{1, d.now, d.now, 0}, "muster");
  CHECK(d.nothing_recorded());
}

TEST_CASE("a withdrawn or edited message is struck through where people read it") {
  Room d;
  d.pin("node 3");
  d.report(Room::message("node 4", Capture::What::edited), "carol");
  Capture other = Room::message("wrong room");
  other.message = "C1/2";
  d.report(other, "bob");
  other.what = Capture::What::taken_off;
  d.report(other, "bob");
  MarkdownTimeline markdown(d.row(), d.registry);
  const std::string lines = markdown.lines(d.entries[1]);
  CHECK(lines.find("node 4\" (pinned by @Bob)") != std::string::npos);
  CHECK(lines.find("~~node 3~~ (edited in the chat, ") != std::string::npos);
  CHECK(lines.find("~~@Carol: \"wrong room\" (pinned by @Bob)") != std::string::npos);
  CHECK(lines.find("~~ (taken off by @Bob, ") != std::string::npos);
  const std::string told = d.text_of(d.say("timeline"));
  CHECK(told.find("(edited in the chat, entry 4)") != std::string::npos);
  CHECK(told.find("(taken off by @Bob, entry 6)") != std::string::npos);
}

TEST_CASE("an entry stays while anybody's pin is on its message, and goes with the last one") {
  Room d;
  d.pin("one", "bob");
  d.pin("one", "dana");
  CHECK(d.nothing_recorded());
  const Reply first = d.report(Room::message("one", Capture::What::taken_off), "bob");
  CHECK(d.nothing_recorded());
  CHECK(d.text_of(first).find("stays: @Dana put it there as well") != std::string::npos);
  d.report(Room::message("one", Capture::What::taken_off), "dana");
  CHECK(d.kinds() == Words{"withdrawn"});
}
