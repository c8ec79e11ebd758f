// Private incidents, drills, rooms that people made, several chats, who is invited along.
#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

struct Two : Desk {  // Slack and Matrix, both with an announcement room
  Two() {
    settings.matrix.enabled = true;
    settings.matrix.announce_room = "#incidents:example.org";
  }
  /// "slack:open_room matrix:announce …" of what the last decision sends.
  std::string out(std::size_t from) const {
    std::string all;
    for (std::size_t i = from; i < outbox.size(); ++i) all += outbox[i].integration + ":" + kind_of(outbox[i].content) + " ";
    return all;
  }
  std::string said_by(const std::string& text, const std::string& who = "dana") {
    const std::size_t from = outbox.size();
    const Reply r = say(text, who);
    INFO(text_of(r));
    CHECK(r.status == ReplyStatus::ok);
    return out(from);
  }
};

}  // namespace

TEST_CASE("a private incident is announced nowhere, published nowhere, and invisible to those outside it") {
  Two d;
  d.settings.incidents.invite_people = {"carol"};
  const std::string sent = d.said_by("declare private sev1 salaries leaked");
  CHECK(sent.find("announce") == std::string::npos);
  CHECK(d.content<OpenRoom>().is_private);
  CHECK(fact(d.last.entries[0].facts, "private") == "yes");
  const std::size_t from = d.outbox.size();
  d.outcome("open_room", "slack", MessageState::sent, "", "https://x.slack.com/archives/C1");
  CHECK(d.out(from).find("announce") == std::string::npos);
  for (std::size_t i = from; i < d.outbox.size(); ++i)
    if (const auto* invite = std::get_if<InvitePeople>(&d.outbox[i].content)) CHECK(invite->people == Words{"dana"});  // nobody comes along by setting
  d.room = 1;
  CHECK(d.said_by("update bad").find("announce") == std::string::npos);
  d.say("role commander");
  CHECK(d.say("public investigating x").status == ReplyStatus::conflict);
  for (const char* text : {"show", "timeline", "note x", "join", "severity sev2", "private"}) {
    INFO(text);
    CHECK(d.say(text, "bob").status == ReplyStatus::not_found);
  }
  d.room = 0;
  CHECK(d.text_of(d.say("list", "bob")).find("salaries") == std::string::npos);
  CHECK(d.text_of(d.say("list all", "bob")).find("INC-1") == std::string::npos);
  CHECK(d.text_of(d.say("list", "dana")).find("salaries") != std::string::npos);
  CHECK(d.text_of(d.say("list", "ada")).find("salaries") != std::string::npos);
}

TEST_CASE("somebody in a private incident lets others in; who is paged may answer") {
  Desk d;
  d.say("declare private sev1 salaries leaked");
  d.room = 1;
  CHECK(d.say("join @bob", "carol").status == ReplyStatus::not_found);
  CHECK(d.say("join @bob").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"joined"});
  CHECK(d.sent() == Words{"invite"});
  CHECK(d.say("note I see it", "bob").status == ReplyStatus::ok);
  d.say("join @bob");
  CHECK(d.kinds().empty());
  CHECK(d.say("join @nobodyknows").field == "person");
  CHECK(d.say("ack", "carol").status == ReplyStatus::not_found);
  d.say("page", "dana");  // the policy calls bob, then carol
  d.ring(d.only_timer());
  CHECK(d.say("ack", "carol").status == ReplyStatus::ok);
  CHECK(d.row().members.count("carol") == 1);
  CHECK(d.say("note on it", "carol").status == ReplyStatus::ok);
}

TEST_CASE("private later: by commander or admin, not while the public reads about it") {
  Desk d;
  d.say("declare sev1 checkout");
  d.room = 1;
  CHECK(d.say("private", "bob").status == ReplyStatus::forbidden);
  CHECK(d.say("private", "dana").status == ReplyStatus::forbidden);  // declared it, but does not command
  d.say("role commander", "bob");
  d.say("public investigating We look.", "bob");
  const Reply r = d.say("private", "bob");
  CHECK(r.status == ReplyStatus::conflict);
  CHECK(d.text_of(r).find("public resolved TEXT") != std::string::npos);
  d.say("public resolved Fine again.", "bob");
  CHECK(d.say("private", "bob").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"made_private"});
  CHECK(d.row().is_private);
  CHECK(d.said().find("make it private there") != std::string::npos);
  CHECK(d.say("show", "carol").status == ReplyStatus::not_found);
  d.say("private", "bob");
  CHECK(d.nothing_recorded());
  Desk e;
  e.say("declare sev1 x");
  e.room = 1;
  CHECK(e.say("private", "ada").status == ReplyStatus::ok);
  CHECK(e.row().members.count("ada") == 1);
}

TEST_CASE("a drill publishes nothing and says everywhere that it is one") {
  Two d;
  const Reply r = d.say("declare drill sev1 failover");
  CHECK(d.text_of(r).find("a drill") != std::string::npos);
  CHECK(d.row().is_drill);
  CHECK(plain_text(summary_card(d.row(), d.now).title, d.registry).rfind("DRILL  INC-1", 0) == 0);
  d.outcome("open_room", "slack", MessageState::sent);
  CHECK(d.content<SetTopic>().topic.rfind("DRILL INC-1", 0) == 0);
  CHECK(plain_text(d.content<Announce>().card.title, d.registry).rfind("DRILL: INC-1", 0) == 0);
  d.room = 1;
  d.say("role commander");
  CHECK(d.content<SetTopic>().topic.rfind("DRILL ", 0) == 0);
  const Reply refused = d.say("public investigating x");
  CHECK(refused.status == ReplyStatus::conflict);
  CHECK(d.text_of(refused).find("is a drill") != std::string::npos);
  CHECK(d.form("public"));  // asked for, it is refused on submission with the same words
  d.say("page @bob look here");
  CHECK(d.content<PagePerson>().title == "DRILL: failover");
  CHECK(d.content<PagePerson>().text == "DRILL: look here");
  d.say("update all is well");
  CHECK(plain_text(d.content<Announce>().card.title, d.registry).rfind("DRILL: INC-1", 0) == 0);
  CHECK(d.text_of(d.say("list")).find("DRILL: INC-1") != std::string::npos);
  CHECK(MarkdownTimeline(d.row(), d.registry).head().find("- Drill: yes") != std::string::npos);
  PublicUpdate update;
  CHECK(address(Outgoing{1, update, "", false}, d.row(), d.context_of(Desk::muster(), "muster")).empty());
}

TEST_CASE("adopt makes the room it is typed in the incident's room, in that chat alone") {
  Two d;
  d.source = "slack";
  d.typed_in = RoomKey{"slack", "C777", RoomNature::open};
  const std::string sent = d.said_by("adopt sev2 checkout is slow");
  CHECK(d.row().severity == "sev2");
  CHECK(sent.find("slack:open_room matrix:open_room slack:post_summary") == 0);
  for (const auto& m : d.last.messages)
    if (const auto* open = std::get_if<OpenRoom>(&m.content)) CHECK(open->existing == (m.only == "slack" ? "C777" : ""));
  REQUIRE(d.last.references.size() == 2);
  CHECK((d.last.references[0].integration == "slack" && d.last.references[0].what == "room" && d.last.references[0].id == "C777"));
  d.room = 1;  // what the room means from now on
  const Reply again = d.say("adopt another");
  CHECK(again.status == ReplyStatus::conflict);
  CHECK(d.text_of(again).find("belongs to INC-1") != std::string::npos);
  d.say("resolve");
  const std::string closed = d.said_by("close");  // the room was there before the incident and stays
  CHECK(closed.find("slack:archive_room") == std::string::npos);
  CHECK(closed.find("matrix:archive_room") != std::string::npos);
  for (const auto& m : d.last.messages)
    if (const auto* s = std::get_if<Say>(&m.content)) CHECK((plain_text(s->card.title, d.registry).find("archived") != std::string::npos) == (m.only != "slack"));
  CHECK(d.say("adopt sev3 the next one").incident == 2);
}

TEST_CASE("adopt refuses where there is no room to adopt") {
  Two d;
  CHECK(d.say("adopt x").status == ReplyStatus::invalid);
  d.typed_in = RoomKey{"console", "1"};
  CHECK(d.say("adopt x").status == ReplyStatus::invalid);
  d.typed_in = RoomKey{"slack", "C0"};
  CHECK(d.text_of(d.say("adopt x")).find("announcement room") != std::string::npos);
  d.typed_in = RoomKey{"slack", "C7"};
  CHECK(d.say("adopt").field == "title");
  CHECK(d.say("adopt sev9 x").field == "severity");
  CHECK(d.nothing_recorded());
}

TEST_CASE("with rooms: origin the room opens where it was declared, and all announcement rooms hear of it") {
  Two d;
  d.settings.incidents.room_in_every_chat = false;
  d.source = "matrix";
  std::string sent = d.said_by("declare sev1 x");
  CHECK(sent.find("slack:announce matrix:open_room") == 0);
  CHECK(sent.find("slack:open_room") == std::string::npos);
  CHECK(fact(d.entries[1][0].facts, "chats") == "matrix");
  CHECK(d.row().chats == std::set<std::string>{"matrix"});
  std::size_t from = d.outbox.size();
  d.outcome("open_room", "matrix", MessageState::sent);
  CHECK(d.out(from) == "matrix:set_topic matrix:invite matrix:say matrix:add_bookmarks matrix:announce ");
  d.room = 1;
  CHECK(d.said_by("severity sev2") == "matrix:say matrix:set_topic matrix:edit_summary ");
  CHECK(d.said_by("update soon") == "matrix:say slack:announce matrix:announce ");
  for (const std::string from_elsewhere : {"console", "api"}) {
    d.source = from_elsewhere;
    d.room = 0;
    CHECK(d.said_by("declare sev1 y").find("slack:open_room matrix:open_room") == 0);
  }
  from = d.outbox.size();
  d.alert("a1");
  CHECK(d.out(from).find("slack:open_room matrix:open_room") == 0);
}

TEST_CASE("mirror opens a room in another chat and from then on both hear") {
  Two d;
  d.settings.incidents.room_in_every_chat = false;
  d.source = "slack";
  d.say("declare sev1 x");
  d.outcome("open_room", "slack", MessageState::sent);
  d.room = 1;
  d.now += Millis{60000};
  const std::string sent = d.said_by("mirror Matrix");
  CHECK(sent == "slack:say matrix:open_room matrix:post_summary matrix:pin_summary ");
  CHECK(d.row().chats == std::set<std::string>{"slack", "matrix"});
  CHECK(d.said_by("severity sev2").find("matrix:say") != std::string::npos);
  d.outcome("open_room", "matrix", MessageState::sent);
  CHECK(plain_text(d.content<Announce>().card.title, d.registry).find("has a room here now") != std::string::npos);
  for (const auto& m : d.last.messages) CHECK(m.only == "matrix");
  d.say("mirror matrix");
  CHECK(d.nothing_recorded());
  Two all;
  all.say("declare sev1 x");
  all.room = 1;
  const Reply r = all.say("mirror matrix");
  CHECK(r.status == ReplyStatus::ok);
  CHECK(all.nothing_recorded());
  CHECK(all.row().chats.empty());
}

TEST_CASE("one chat's failure to open a room touches no other") {
  Two d;
  d.say("declare sev1 x");
  d.outcome("open_room", "slack", MessageState::dead, "denied");
  CHECK(d.kinds() == Words{"room_failed"});
  for (const auto& m : d.last.messages) CHECK(m.only == "slack");
  d.outcome("open_room", "matrix", MessageState::sent);
  CHECK(d.row().rooms.count("matrix") == 1);
}

TEST_CASE("those invited by setting come in a lane of their own, once the room is there") {
  Desk d;
  d.settings.incidents.invite_people = {"carol"};
  d.settings.incidents.invite_groups = {{"slack", {"S012"}}, {"matrix", {"#team:example.org"}}};
  d.say("declare sev1 x");
  for (const auto& m : d.outbox) CHECK(m.lane.find("extras") == std::string::npos);
  const std::size_t from = d.outbox.size();
  d.outcome("open_room", "slack", MessageState::sent);
  const Message* invitation = nullptr;
  for (std::size_t i = from; i < d.outbox.size(); ++i)
    if (std::holds_alternative<InvitePeople>(d.outbox[i].content)) invitation = &d.outbox[i];
  REQUIRE(invitation != nullptr);
  CHECK(invitation->lane == "slack/INC-1/extras");
  CHECK(invitation->lane_class == LaneClass::cosmetic);
  CHECK(std::get<InvitePeople>(invitation->content).people == Words{"carol"});
  CHECK(std::get<InvitePeople>(invitation->content).groups == Words{"S012"});
}

TEST_CASE("what is declared in a room that not everybody may read is announced nowhere and listed for nobody else") {
  for (const RoomNature nature : {RoomNature::closed, RoomNature::unknown}) {
    Two d;
    d.settings.announcements = {{"hook", Secret("https://hooks.example.org/x")}};
    d.source = "slack";
    d.typed_in = RoomKey{"slack", "C777", nature};
    const Reply r = d.say("adopt sev1 customer data leaked");
    CHECK(r.status == ReplyStatus::ok);
    CHECK(d.row().is_private);
    CHECK(d.row().title == "customer data leaked");
    CHECK(d.content<OpenRoom>().is_private);
    CHECK(d.text_of(r).find(nature == RoomNature::closed ? "This room is private" : "could not be told") != std::string::npos);
    CHECK(d.text_of(r).find("declare TITLE") != std::string::npos);
    d.outcome("open_room", "slack", MessageState::sent);
    for (const auto& m : d.outbox) CHECK_FALSE(std::holds_alternative<Announce>(m.content));
    d.typed_in.reset();
    CHECK(d.text_of(d.say("list", "bob")).find("leaked") == std::string::npos);
  }
}

TEST_CASE("adopt takes the words that declare takes, in any order") {
  Two d;
  d.source = "slack";
  d.typed_in = RoomKey{"slack", "C777", RoomNature::closed};
  CHECK(d.say("adopt private sev1 drill failover").status == ReplyStatus::ok);
  CHECK((d.row().is_private && d.row().is_drill && d.row().severity == "sev1" && d.row().title == "failover"));
  Two open;
  open.source = "slack";
  open.typed_in = RoomKey{"slack", "C777", RoomNature::open};
  const Reply r = open.say("adopt private sev1 salaries");
  CHECK(r.status == ReplyStatus::conflict);
  CHECK(open.text_of(r).find("declare private TITLE") != std::string::npos);
  CHECK(open.nothing_recorded());
  CHECK(open.say("adopt \"private beta\" is down").status == ReplyStatus::ok);
  CHECK_FALSE(open.row().is_private);
}

TEST_CASE("a direct message becomes no incident's room") {
  Two d;
  d.typed_in = RoomKey{"slack", "D7", RoomNature::direct};
  const Reply r = d.say("adopt sev1 x");
  CHECK(r.status == ReplyStatus::invalid);
  CHECK(d.text_of(r).find("direct message") != std::string::npos);
  CHECK(d.nothing_recorded());
}

TEST_CASE("a room that could not be taken over is free again, nobody is sent to it, and another may be opened") {
  Two d;
  d.settings.incidents.room_in_every_chat = true;
  d.source = "slack";
  d.typed_in = RoomKey{"slack", "C777", RoomNature::open};
  d.say("adopt sev2 checkout is slow");
  d.outcome("open_room", "slack", MessageState::dead, "Slack refused conversations.join: the workspace's rules forbid it (restricted_action).");
  CHECK(d.kinds() == Words{"room_failed"});
  const auto freed = [&](const std::string& integration, const std::string& what) {
    return std::any_of(d.last.references.begin(), d.last.references.end(), [&](const Reference& r) { return r.integration == integration && r.what == what && r.id.empty(); });
  };
  CHECK((freed("slack", "room") && freed("muster", "adopted")));
  const Card& told = d.content<Announce>().card;
  const std::string words = plain_text(told.title, d.registry);
  CHECK(words.find("There is no Slack room: Slack refused") != std::string::npos);
  CHECK(words.find("..") == std::string::npos);
  CHECK(words.find("Room INC-1") == std::string::npos);
  CHECK(told.buttons.empty());
  d.room = 1;
  d.now += Millis{60000};
  CHECK(d.said_by("mirror slack").find("slack:open_room slack:post_summary") != std::string::npos);
  CHECK(d.content<OpenRoom>().existing.empty());
  d.outcome("open_room", "slack", MessageState::sent);
  CHECK(plain_text(d.content<Announce>().card.title, d.registry).find("has a room here now") != std::string::npos);
  d.say("mirror slack");
  CHECK(d.nothing_recorded());
}

TEST_CASE("a room that is gone is told of once, with what to do; another may be opened in its place") {
  Two d;
  d.say("declare sev1 x");
  d.outcome("open_room", "slack", MessageState::sent);
  d.outcome("open_room", "matrix", MessageState::sent, "", "https://matrix.to/#/!a:hs");
  d.room = 1;
  int told = 0;
  for (const char* text : {"severity sev2", "severity sev3", "update soon"}) {
    d.say(text);
    for (const auto& m : std::vector<Message>(d.outbox)) {
      if (m.integration != "slack" || !std::holds_alternative<Say>(m.content) || !d.settled.insert(m.id).second) continue;
      QueuedMessage before{m, MessageState::sending, 0, 0, 0, 0, d.now, {}, "boot", false, ""};
      QueuedMessage after = before;
      after.state = MessageState::dead;
      after.problem = "Slack does not know the channel (channel_not_found).";
      d.outcome(SendOutcome{before, after, {}, "", false, true});
      for (const auto& entry : d.last.entries) {
        CHECK(entry.text.find("mirror slack") != std::string::npos);
        CHECK(entry.text.find("..") == std::string::npos);
        ++told;
      }
      for (const auto& said : d.last.messages) CHECK(said.only == "matrix");
    }
  }
  CHECK(told == 1);
  CHECK(d.said_by("mirror slack").find("slack:open_room") != std::string::npos);
}

TEST_CASE("reopened, an incident sends nobody to its archived room, and is not declared a second time") {
  Desk d;
  d.say("declare sev1 x");
  d.outcome("open_room", "slack", MessageState::sent);
  d.room = 1;
  d.say("resolve");
  d.say("close");
  d.now += Millis{60000};
  const Reply r = d.say("reopen errors are back");
  for (const auto& paragraph : r.card.paragraphs)
    for (const auto& span : paragraph) CHECK(span.kind != SpanKind::room);
  d.outcome("open_room", "slack", MessageState::sent);
  const std::string words = plain_text(d.content<Announce>().card.title, d.registry);
  CHECK(words.find("is open again") != std::string::npos);
  CHECK(words.find("Declared by") == std::string::npos);
}

TEST_CASE("Muster sent away from a room and let in again: recorded, told elsewhere, and no update of the incident") {
  Two d;
  d.settings.reminders.enabled = true;
  d.say("declare sev1 x");
  d.outcome("open_room", "slack", MessageState::sent);
  d.outcome("open_room", "matrix", MessageState::sent);
  d.room = 1;
  const auto due = d.row().due;
  d.now += Millis{600000};
  d.report(RoomChange{std::nullopt, "returned", ""}, "muster");
  CHECK(d.nothing_recorded());  // it never was away
  d.report(RoomChange{std::nullopt, "removed", ""}, "muster");
  CHECK(d.kinds() == Words{"room_changed"});
  CHECK(d.row().due == due);
  CHECK(d.said().find("mirror slack") != std::string::npos);
  for (const auto& m : d.last.messages) CHECK(m.only == "matrix");
  CHECK(plain_text(narrate(d.entries[1].back(), d.registry), d.registry).find("Muster was removed from the Slack room") != std::string::npos);
  d.report(RoomChange{std::nullopt, "returned", ""}, "muster");
  CHECK(d.kinds() == Words{"room_changed"});
  CHECK(d.sent() == Words{"say", "say", "set_topic", "edit_summary"});
}
