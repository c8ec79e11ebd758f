#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

struct Declared : Desk {
  Declared() {
    say("declare sev1 checkout returns 500");
  }
};

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an opened room is recorded, announced with its link, and asks for a commander") {
  Declared d;
  d.outcome("open_room", "slack", MessageState::sent, "", "https://slack.example/archives/C1");
  CHECK(d.kinds() == Words{"room_opened"});
  CHECK(d.last.entries[0].facts == Facts{{"integration", "slack"}, {"link", "https://slack.example/archives/C1"}, {"title", "1"}});
  CHECK(d.last.entries[0].text == "inc-1-checkout-returns-500");  // made of the title, so a redaction must reach it
  CHECK(d.sent() == Words{"set_topic", "invite", "say", "add_bookmarks", "announce"});
  CHECK(d.said() == "No commander yet. Claim it with the button or role commander\n");
  const Card& card = d.content<Announce>().card;
  CHECK(plain_text(card.title, d.registry) == "INC-1 SEV1 checkout returns 500. Declared by @Dana, 2026-11-23 15:42:18 UTC. Room INC-1");
  CHECK(card.buttons[0].command == "join");
  CHECK(d.outbox.back().lane == "slack/announce");
}

TEST_CASE("an adopted channel that had a topic keeps it and hears where the incident stands instead") {
  Declared d;
  const auto open = std::find_if(d.outbox.begin(), d.outbox.end(), [](const Message& m) { return std::holds_alternative<OpenRoom>(m.content); });
  REQUIRE(open != d.outbox.end());
  QueuedMessage before{*open, MessageState::sending, 0, 0, 0, 0, d.now, {}, "boot", false, ""};
  QueuedMessage after = before;
  after.state = MessageState::sent;
  SECTION("theirs") {
    d.outcome(SendOutcome{before, after, {{1, "slack", "room", "C1"}, {1, "slack", "topic", "theirs"}}, "https://slack.example/archives/C1"});
    CHECK(d.sent() == Words{"say", "invite", "say", "add_bookmarks", "announce"});
    CHECK(d.said().rfind("The topic of this channel stays as it is. Where INC-1 stands is on the pinned card.\n", 0) == 0);
  }
  SECTION("none, or Muster's own") {
    d.outcome(SendOutcome{before, after, {{1, "slack", "room", "C1"}, {1, "slack", "topic", ""}}, "https://slack.example/archives/C1"});
    CHECK(d.sent() == Words{"set_topic", "invite", "say", "add_bookmarks", "announce"});
  }
}

TEST_CASE("with a commander already there the room is not asked for one") {
  Declared d;
  d.say("INC-1 role commander", "bob");
  d.outcome("open_room", "slack", MessageState::sent);
  CHECK(d.sent() == Words{"set_topic", "invite", "add_bookmarks", "announce"});
}

TEST_CASE("an opened room gets the topic of that moment and its people at once, beside its card") {
  Declared d;
  d.say("INC-1 rename payments fail");
  d.outcome("open_room", "slack", MessageState::sent);
  CHECK(has(d.content<SetTopic>().topic, "payments fail"));
  CHECK(d.content<InvitePeople>().people == Words{"dana"});
  for (const auto& m : d.outbox) {
    const std::string kind = kind_of(m.content);
    if (kind == "set_topic") CHECK(m.lane == "slack/INC-1/topic");
    if (kind == "invite") CHECK(m.lane == "slack/INC-1/people");
    if (kind == "post_summary" || kind == "pin_summary") CHECK(m.lane == "slack/INC-1/room");
  }
  Desk alarmed;
  alarmed.alert("a1");
  alarmed.outcome("open_room", "slack", MessageState::sent);
  CHECK(alarmed.content<InvitePeople>().people == Words{"bob"});  // the first whom the policy names
}

TEST_CASE("what changed while the announcement was on its way is drawn into it once it is there") {
  Declared d;
  d.outcome("open_room", "slack", MessageState::sent, "", "https://slack.example/archives/C1");
  SECTION("nothing did") {
    d.outcome("announce", "slack", MessageState::sent);
    CHECK(d.sent().empty());
  }
  SECTION("it is over") {
    d.say("INC-1 resolve fixed");
    d.outcome("announce", "slack", MessageState::sent);
    CHECK(d.sent() == Words{"edit_summary"});
  }
  SECTION("it is closed to bystanders") {
    d.say("INC-1 private");
    d.outcome("announce", "slack", MessageState::sent);
    CHECK(d.sent().empty());
  }
}

TEST_CASE("a room that could not be opened is recorded and the incident announced anyway") {
  Declared d;
  d.outcome("open_room", "slack", MessageState::dead, "restricted_action");
  CHECK(d.kinds() == Words{"room_failed"});
  CHECK(d.last.entries[0].text == "restricted_action");
  CHECK(d.sent() == Words{"announce"});
  d.outcome("post_summary", "slack", MessageState::dead, "no room");  // follows from the first and is not told again
  CHECK(d.nothing_recorded());
}

TEST_CASE("a reason that is a sentence ends in one full stop wherever it is told") {
  Declared d;
  d.outcome("open_room", "slack", MessageState::sent);
  d.outcome("invite", "slack", MessageState::dead, "Not invited to the Slack room: Dana (the person is a guest and may not be added)..");
  CHECK(has(d.said(), "may not be added). The timeline has it"));
  CHECK_FALSE(has(d.said(), ".."));
  CHECK_FALSE(has(d.last.entries[0].text, ".."));
}

TEST_CASE("each chat announces its own room") {
  Desk d;
  d.settings.matrix.enabled = true;
  d.settings.matrix.announce_room = "#incidents:example.org";
  d.say("declare sev1 x");
  const auto before = d.outbox.size();
  d.outcome("open_room", "matrix", MessageState::sent);
  for (std::size_t i = before; i < d.outbox.size(); ++i) CHECK(d.outbox[i].integration == "matrix");
}

TEST_CASE("a topic, a pin or a card that worked is never an entry, nor a card's edit that did not") {
  Declared d;
  d.outcome("open_room", "slack", MessageState::sent);
  for (const char* kind : {"set_topic", "invite", "post_summary", "pin_summary", "say", "announce"}) {
    INFO(kind);
    d.outcome(kind, "slack", MessageState::sent);
    CHECK(d.nothing_recorded());
  }
  d.say("INC-1 impact x");
  d.outcome("edit_summary", "slack", MessageState::dead, "message_not_found");
  CHECK(d.nothing_recorded());
}

TEST_CASE("what was given up is an entry and told, but never by the way that failed") {
  Declared d;
  d.outcome("open_room", "slack", MessageState::sent);
  d.outcome("invite", "slack", MessageState::dead, "user_disabled");
  CHECK(d.kinds() == Words{"message_failed"});
  CHECK(d.last.entries[0].text == "an invitation: user_disabled");
  CHECK(fact(d.last.entries[0].facts, "what") == "invite");
  CHECK(has(d.said(), "Slack did not take an invitation: user_disabled. The timeline"));
  d.outcome("say", "slack", MessageState::dead, "not_in_channel");
  CHECK(d.kinds() == Words{"message_failed"});
  CHECK(d.sent().empty());
  d.outcome("announce", "slack", MessageState::dead, "channel_not_found");
  CHECK(d.kinds() == Words{"message_failed"});
  CHECK(d.sent() == Words{"say"});
}

TEST_CASE("an attempt that will be repeated is nobody's news") {
  Declared d;
  for (const MessageState state : {MessageState::queued, MessageState::unknown}) {
    d.outcome("open_room", "slack", state, "timeout");
    CHECK(d.nothing_recorded());
  }
}

TEST_CASE("an archived room is recorded, and a reopened incident gets a new one") {
  Declared d;
  d.outcome("open_room", "slack", MessageState::sent);
  d.say("INC-1 resolve");
  d.say("INC-1 close");
  d.outcome("archive_room", "slack", MessageState::sent);
  CHECK(d.kinds() == Words{"room_archived"});
  CHECK(d.row().rooms.empty());
  d.say("INC-1 reopen");
  d.outcome("open_room", "slack", MessageState::sent);
  CHECK(d.row().rooms.count("slack") == 1);
}

TEST_CASE("an outcome without an incident is harmless") {
  Desk d;
  CHECK(d.outcome(SendOutcome{}).status == ReplyStatus::ok);
  CHECK(d.nothing_recorded());
}
