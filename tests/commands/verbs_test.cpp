#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

struct Refusal { const char* text; const char* who; ReplyStatus status; const char* says; };

void refuses(Desk& d, const std::vector<Refusal>& table) {
  for (const auto& want : table) {
    const Reply r = d.say(want.text, want.who);
    const std::string told = d.text_of(r);
    INFO(want.text << " → " << told);
    CHECK(r.status == want.status);
    CHECK(told.rfind("Not recorded: ", 0) == 0);
    CHECK(told.find(want.says) != std::string::npos);
    CHECK(d.nothing_recorded());
  }
}

void already(Desk& d, const std::string& text, const std::string& who = "dana") {
  const Reply r = d.say(text, who);
  INFO(text << " → " << d.text_of(r));
  CHECK(r.status == ReplyStatus::ok);
  CHECK(d.nothing_recorded());
}

/// INC-1, sev1, declared by dana; typed in its room.
struct Declared : Desk {
  Declared() {
    say("declare sev1 checkout returns 500");
    room = 1;
  }
};

}  // namespace

TEST_CASE("declare opens the incident and its room in this order") {
  Desk d;
  const Reply r = d.say("declare sev1 checkout returns 500");
  CHECK(r.status == ReplyStatus::ok);
  CHECK(r.incident == 1);
  CHECK(d.text_of(r).rfind("Declared INC-1, sev1.", 0) == 0);
  CHECK(d.kinds() == Words{"declared"});
  CHECK(d.sent() == Words{"open_room", "post_summary", "pin_summary"});
  CHECK(d.content<OpenRoom>().name == "inc-1-checkout-returns-500");
  CHECK(d.row().severity == "sev1");
  CHECK(d.row().title == "checkout returns 500");
  CHECK(d.row().members == std::set<std::string>{"dana"});
  d.say("declare something is slow");
  CHECK(d.row(2).severity == "sev3");
  d.say("declare SEV2 <@slack:U02|x> says it is <@slack:U99|everyone> slow");
  CHECK(d.row(3).severity == "sev2");
  CHECK(d.row(3).title == "@Bob says it is @everyone slow");
}

TEST_CASE("a token declares without being invited") {
  Desk d;
  CHECK(d.say_as(Desk::token({}), "declare sev2 from a script").status == ReplyStatus::ok);
  CHECK(d.sent() == Words{"open_room", "post_summary", "pin_summary"});
  CHECK(d.row().members.empty());
  Scopes reader;
  reader.respond = false;
  CHECK(d.say_as(Desk::token(reader), "declare sev2 x").status == ReplyStatus::forbidden);
}

TEST_CASE("declare refuses what is no title and no severity") {
  Desk d;
  refuses(d, {{"declare", "dana", ReplyStatus::invalid, "the title is missing"},
              {"declare sev1", "dana", ReplyStatus::invalid, "the title is missing. The form is: declare [SEVERITY] [private] [drill] TITLE. For example: declare sev1"},
              {"declare sev1 \xE2\x80\xAE \x07 \xC2\xA0", "dana", ReplyStatus::invalid, "the title is missing"},
              {"declare sev9 x", "dana", ReplyStatus::invalid, "\"sev9\" is not a severity. Use sev1, sev2, sev3 or sev4"}});
  const Reply r = d.say("declare sev1 " + std::string(256, 'x'));
  CHECK(d.text_of(r).find("has 256 characters; at most 255") != std::string::npos);
  std::string wide;
  for (int i = 0; i < 255; ++i) wide += "\xC3\xA4";
  CHECK(d.say("declare sev1 " + wide).status == ReplyStatus::ok);
}

TEST_CASE("a verb that needs an incident says how to name one, and which are there") {
  Declared d;
  d.room = 0;
  refuses(d, {{"note x", "dana", ReplyStatus::invalid, "which incident? Type it in the incident's room, or name the incident first: INC-7 note"},
              {"INC-9 note x", "dana", ReplyStatus::not_found, "there is no INC-9"}});
}

TEST_CASE("note keeps words and owes no message") {
  Declared d;
  const Reply r = d.say("note line one\r\nline two\x1b[31m \xE2\x80\xAE<!channel> <b>@everyone</b> \xff");
  CHECK(d.text_of(r) == "Noted on the timeline of INC-1.");
  CHECK(d.kinds() == Words{"note"});
  CHECK(d.last.entries[0].text == "line one\nline two[31m <!channel> <b>@everyone</b> \xEF\xBF\xBD");
  CHECK(d.sent().empty());
  d.say("note <\xE2\x80\xAE@slack:U02> slipped through");
  CHECK(d.last.entries[0].text == "@Bob slipped through");
  refuses(d, {{"note", "dana", ReplyStatus::invalid, "the text is missing"}, {"note \"  \"", "dana", ReplyStatus::invalid, "the text is missing"}});
  CHECK(d.say("note " + std::string(4000, 'x')).status == ReplyStatus::ok);
  CHECK(d.text_of(d.say("note " + std::string(4001, 'x'))).find("at most 4000") != std::string::npos);
}

TEST_CASE("severity changes once, is said once, and moves topic and card") {
  Declared d;
  for (const char* text : {"severity sev2", "severity SEV1", "severity 2", "severity P1", "severity sev-2", "severity \"sev1\""}) {
    INFO(text);
    CHECK(d.say(text).status == ReplyStatus::ok);
    CHECK(d.kinds() == Words{"severity"});
    const bool worse = d.row().severity == "sev1";  // bystanders hear only of that
    CHECK(d.sent() == (worse ? Words{"say", "set_topic", "edit_summary", "announce"} : Words{"say", "set_topic", "edit_summary"}));
    if (worse) CHECK(plain_text(d.content<Announce>().card.title, d.registry) == "INC-1 SEV1 checkout returns 500 is worse now, it was SEV2. By @Dana.");
  }
  d.say("severity sev2");
  CHECK(d.last.entries[0].facts == Facts{{"from", "sev1"}, {"to", "sev2"}});
  CHECK(d.said() == "@Dana set the severity to sev2 (was sev1)\n");
  CHECK(d.content<SetTopic>().topic == "INC-1 SEV2 Investigating | no commander yet | checkout returns 500");
  already(d, "severity sev2");
  refuses(d, {{"severity sev9", "dana", ReplyStatus::invalid, "\"sev9\" is not a severity. Use sev1, sev2, sev3 or sev4, for example: severity sev2"},
              {"severity 7", "dana", ReplyStatus::invalid, "is not a severity"}});
  const Reply asked = d.say("severity");
  CHECK(asked.status == ReplyStatus::invalid);
  CHECK(asked.card.buttons.size() == 3);
  CHECK(asked.card.buttons[0].command == "severity sev1");
  CHECK(d.nothing_recorded());
}

TEST_CASE("status moves, and resolved is resolve") {
  Declared d;
  CHECK(d.say("status Identified bad deploy of 4.2.1").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"status"});
  CHECK(d.said() == "@Dana set the status to Identified (was Investigating): bad deploy of 4.2.1\n");
  CHECK(d.row().status == "identified");
  already(d, "status identified");
  refuses(d, {{"status identified again", "dana", ReplyStatus::conflict, "note TEXT"}, {"status fixed", "dana", ReplyStatus::invalid, "is not a status. Use investigating"}});
  CHECK(d.say("status").card.buttons.size() == 3);
  CHECK(d.say("status resolved rolled back").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"resolved"});
  CHECK(d.last.entries[0].text == "rolled back");
  CHECK(d.row().phase == Phase::resolved);
  already(d, "status resolved");
  refuses(d, {{"status monitoring", "dana", ReplyStatus::conflict, "is resolved. If it is not over, open it again first: reopen"}});
}

TEST_CASE("rename, impact and started set what the card shows") {
  Declared d;
  CHECK(d.say("rename card payments fail").status == ReplyStatus::ok);
  CHECK(d.sent() == Words{"say", "set_topic", "edit_summary"});
  CHECK(d.row().title == "card payments fail");
  already(d, "rename \"card payments fail\"");
  CHECK(d.say("impact EU cards").status == ReplyStatus::ok);
  CHECK(d.sent() == Words{"say", "edit_summary"});
  already(d, "impact EU cards");
  CHECK(d.say("started 14:02").status == ReplyStatus::ok);
  CHECK(d.last.entries[0].facts == Facts{{"at", "2026-11-23T14:02:00.000Z"}});
  CHECK(iso8601(*d.row().started) == "2026-11-23T14:02:00.000Z");
  already(d, "started 14:02 UTC");
  refuses(d, {{"rename", "dana", ReplyStatus::invalid, "the title is missing"},
              {"impact", "dana", ReplyStatus::invalid, "the text is missing"},
              {"started", "dana", ReplyStatus::invalid, "the time is missing"},
              {"started soon", "dana", ReplyStatus::invalid, "is not a time"},
              {"started 2026-11-24 10:00", "dana", ReplyStatus::invalid, "has not come yet"},
              {"started 2020-01-01 10:00", "dana", ReplyStatus::invalid, "more than a year ago"}});
}

TEST_CASE("an update is told in the room and to those outside it, never of a private incident") {
  Declared d;
  d.say("update EU is back");
  CHECK(d.kinds() == Words{"update"});
  CHECK(d.sent() == Words{"say", "announce"});
  d.row().is_private = true;
  const auto before = d.outbox.size();
  d.say("update secret");
  for (std::size_t i = before; i < d.outbox.size(); ++i) CHECK(d.outbox[i].lane != "slack/announce");
}

TEST_CASE("roles are claimed, assigned, handed over, taken and released") {
  Declared d;
  CHECK(d.say("role commander", "bob").status == ReplyStatus::ok);
  CHECK(d.last.entries[0].facts == Facts{{"role", "commander"}, {"person", "bob"}, {"how", "claimed"}});
  CHECK(d.said() == "@Bob is commander.\n");
  CHECK(d.sent() == Words{"invite", "say", "set_topic", "edit_summary"});
  already(d, "role commander", "bob");
  refuses(d, {{"role commander", "carol", ReplyStatus::conflict, "@Bob is commander of INC-1. To take over, type role commander me"}});
  d.say("role commander me", "carol");
  CHECK(d.last.entries[0].facts == Facts{{"role", "commander"}, {"person", "carol"}, {"how", "claimed"}, {"from", "bob"}});
  CHECK(d.said() == "@Carol is commander (was @Bob).\n");
  d.say("role commander <@slack:U01|whatever>", "carol");
  CHECK(fact(d.last.entries[0].facts, "how") == "handed_over");
  CHECK(d.said() == "@Dana is commander, handed over by @Carol.\n");
  d.say("role COMMS @bob", "dana");
  CHECK(fact(d.last.entries[0].facts, "how") == "assigned");
  CHECK(d.sent() == Words{"say", "edit_summary"});
  d.say("role commander none", "bob");
  CHECK(d.last.entries[0].facts == Facts{{"role", "commander"}, {"how", "released"}, {"from", "dana"}});
  CHECK(d.row().roles.count("commander") == 0);
  already(d, "role commander none");
  refuses(d, {{"role boss", "dana", ReplyStatus::invalid, "\"boss\" is not a role. Use commander, comms, operations or scribe"},
              {"role comms @nobodyknows", "dana", ReplyStatus::invalid, "I do not know \"@nobodyknows\""}});
  const Reply asked = d.say("role");
  CHECK(asked.status == ReplyStatus::invalid);
  CHECK(asked.card.buttons[0].command == "role commander");
}

TEST_CASE("somebody met by a mention is remembered with the role") {
  Declared d;
  CHECK(d.say("role scribe <@slack:U77|erin>").status == ReplyStatus::ok);
  REQUIRE(d.last.people.size() == 1);
  CHECK(d.last.people[0].id == "slack:U77");
  CHECK(d.row().roles["scribe"] == "slack:U77");
  CHECK(d.registry.name_of("slack:U77") == "erin");
}

TEST_CASE("the settings say who may hold commander and comms") {
  Declared d;
  d.settings.permissions.command = {"carol"};
  d.settings.permissions.publish = {"dana"};
  refuses(d, {{"role commander", "bob", ReplyStatus::forbidden, "be commander: Carol"}, {"role comms @bob", "dana", ReplyStatus::forbidden, "be comms: Dana"}});
  CHECK(d.say("role commander @carol").status == ReplyStatus::ok);
  CHECK(d.say("role scribe", "bob").status == ReplyStatus::ok);
  CHECK(d.say_as(Desk::token({}), "role scribe").status == ReplyStatus::invalid);
}

TEST_CASE("join and leave") {
  Declared d;
  CHECK(d.say("join", "bob").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"joined"});
  CHECK(d.sent() == Words{"invite"});
  CHECK(d.text_of(d.say("join", "bob")) == "You are already in INC-1, SEV1 checkout returns 500.");  // a sentence also where no room is to be named
  CHECK(d.kinds().empty());
  CHECK(d.sent() == Words{"invite"});
  CHECK(d.say("leave", "bob").status == ReplyStatus::ok);
  CHECK(d.row().members.count("bob") == 0);
  already(d, "leave", "bob");
  d.say("role commander", "bob");
  refuses(d, {{"leave", "bob", ReplyStatus::conflict, "you are commander of INC-1. Hand it over first: role commander PERSON"}});
  CHECK(d.say_as(Desk::token({}), "join").status == ReplyStatus::invalid);
}

TEST_CASE("resolve, close, reopen and cancel keep to their order") {
  Declared d;
  refuses(d, {{"close", "dana", ReplyStatus::conflict, "is not resolved. Resolve it first: resolve"}});
  already(d, "reopen");
  d.now += Millis{49 * 60000};
  CHECK(d.text_of(d.say("resolve payments normal", "bob")).find("INC-1 is resolved after 49 min.") == 0);
  CHECK(d.said() == "INC-1 resolved by @Bob after 49 min. payments normal\n");
  CHECK(d.sent() == Words{"say", "set_topic", "edit_summary", "announce"});
  CHECK(plain_text(d.content<Announce>().card.title, d.registry) == "INC-1 SEV1 checkout returns 500 is resolved after 49 min, by @Bob. payments normal");
  already(d, "resolve");
  CHECK(d.say("severity sev3").status == ReplyStatus::ok);
  CHECK(d.say("reopen errors are back").status == ReplyStatus::ok);
  CHECK(d.sent() == Words{"say", "set_topic", "edit_summary", "announce"});
  CHECK(plain_text(d.content<Announce>().card.title, d.registry) == "INC-1 SEV3 checkout returns 500 is open again, by @Dana. errors are back");
  CHECK(d.row().phase == Phase::open);
  d.say("resolve");
  CHECK(d.say("close").status == ReplyStatus::ok);
  CHECK(d.sent() == Words{"say", "set_topic", "edit_summary", "archive_room"});
  already(d, "close");
  refuses(d, {{"resolve", "dana", ReplyStatus::conflict, "INC-1 is closed, so it cannot be resolved. Open it again first: reopen"},
              {"cancel", "dana", ReplyStatus::conflict, "cannot be cancelled"}});
  const Reply again = d.say("reopen");
  CHECK(d.sent() == Words{"open_room", "post_summary", "pin_summary", "say"});
  CHECK(d.text_of(again).find("The old room stays archived") != std::string::npos);
}

TEST_CASE("closed and cancelled incidents accept only queries, note, correct, redact and (closed) reopen") {
  const std::vector<std::string> refused_verbs{"join", "leave", "role scribe", "severity sev2", "status monitoring", "rename x", "impact x", "started 14:00", "update x",
                                               "public investigating x", "page @bob", "cancel", "resolve"};
  for (const std::string how : {"closed", "cancelled"}) {
    Declared d;
    d.say("role commander");
    if (how == "closed") {
      d.say("resolve");
      d.say("close");
    } else {
      d.say("cancel false alarm");
    }
    for (const auto& text : refused_verbs) {
      if (how == "cancelled" && text == "cancel") continue;  // answered with "already"
      const Reply r = d.say(text);
      INFO(how << " " << text << " → " << d.text_of(r));
      CHECK(r.status == ReplyStatus::conflict);
      CHECK(d.nothing_recorded());
    }
    for (const std::string text : {"note still true", "correct 1 better title", "redact 1", "show", "timeline"}) {
      const Reply r = d.say(text);
      INFO(how << " " << text << " → " << d.text_of(r));
      CHECK(r.status == ReplyStatus::ok);
      CHECK(d.sent().empty());  // its room is archived
    }
    CHECK((d.say("reopen").status == ReplyStatus::ok) == (how == "closed"));
  }
}

TEST_CASE("only commander, declarer and admin cancel") {
  Declared d;
  d.say("role commander @carol");
  refuses(d, {{"cancel", "bob", ReplyStatus::forbidden, "only the commander of INC-1, who declared it, or an admin may cancel"}});
  CHECK(d.say_as(Desk::token({}), "cancel").status == ReplyStatus::forbidden);
  for (const char* who : {"dana", "carol", "ada"}) {
    Declared e;
    e.say("role commander @carol");
    CHECK(e.say("cancel load test", who).status == ReplyStatus::ok);
    CHECK(e.kinds() == Words{"cancelled"});
    CHECK(e.row().phase == Phase::cancelled);
    already(e, "cancel", who);
  }
}

TEST_CASE("a correction is an entry of its own") {
  Declared d;
  d.say("note node 3");
  CHECK(d.say("correct 2 node 4", "bob").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"corrected"});
  CHECK(d.last.entries[0].facts == Facts{{"entry", "2"}});
  CHECK(d.last.entries[0].text == "node 4");
  already(d, "correct 2 node 3");
  const Reply title = d.say("correct 1 card payments fail");
  CHECK(d.text_of(title).find("rename TITLE") != std::string::npos);
  CHECK(d.row().title == "checkout returns 500");
  d.say("severity sev2");
  refuses(d, {{"correct", "dana", ReplyStatus::invalid, "the entry's number is missing"},
              {"correct two x", "dana", ReplyStatus::invalid, "\"two\" is not an entry's number"},
              {"correct 99 x", "dana", ReplyStatus::not_found, "has no entry 99"},
              {"correct 2", "dana", ReplyStatus::invalid, "the text is missing"},
              {"correct 3 x", "dana", ReplyStatus::conflict, "is itself a correction. Correct entry 2 again"},
              {"correct 5 x", "dana", ReplyStatus::conflict, "has no words to correct. To change it, type severity SEVERITY"}});
}

TEST_CASE("redact takes an entry's words for good") {
  Declared d;
  d.say("note the customer is Jane Doe");
  d.say("correct 2 the customer is John Doe");
  refuses(d, {{"redact 2", "bob", ReplyStatus::forbidden, "only the commander of INC-1 or an admin may redact"}});
  CHECK(d.say("redact 2", "ada").status == ReplyStatus::ok);
  CHECK(d.last.redact == std::vector<std::int64_t>{2, 3});  // what was said instead goes with it
  CHECK(d.kinds() == Words{"redacted", "redacted"});
  CHECK((!d.entries[1][1].text && !d.entries[1][2].text));
  CHECK(d.said() == "@Ada redacted the words of entry 2\n");
  refuses(d, {{"redact 2", "ada", ReplyStatus::conflict, "are already redacted"},
              {"redact 3", "ada", ReplyStatus::conflict, "are already redacted"},
              {"redact 4", "ada", ReplyStatus::conflict, "entry 4 has no words to redact"},
              {"redact 77", "ada", ReplyStatus::not_found, "has no entry 77"},
              {"correct 2 x", "ada", ReplyStatus::conflict, "were redacted"}});
  d.say("impact secret");
  CHECK(d.say("redact 6", "ada").status == ReplyStatus::ok);
  CHECK(d.sent() == Words{"say", "edit_summary"});
  CHECK(d.row().impact == kRedacted);
  CHECK(d.say("redact 1", "ada").status == ReplyStatus::ok);
  CHECK(d.content<SetTopic>().topic.find("[redacted]") != std::string::npos);
  CHECK(d.row().title == kRedacted);
}

TEST_CASE("redact says which entries went with the one that was named; a correction goes alone") {
  Declared d;
  d.say("note the customer is Jane Doe");
  d.say("correct 2 the customer is John Doe");
  d.say("correct 2 the customer is Joe Doe");
  const Reply alone = d.say("redact 3", "ada");
  CHECK(d.last.redact == std::vector<std::int64_t>{3});
  CHECK(d.text_of(alone).find("The words of entry 3 of INC-1 are gone for good") == 0);
  const Reply both = d.say("redact 2", "ada");
  CHECK(d.last.redact == std::vector<std::int64_t>{2, 4});
  CHECK(d.text_of(both).find("The words of entry 2 of INC-1 and of its corrections (entry 4) are gone for good") == 0);
  d.say("note again");
  d.say("correct 8 once more");
  d.entries[1][7].text.reset();  // as an older Muster left it
  const Reply rest = d.say("redact 8", "ada");
  CHECK(d.last.redact == std::vector<std::int64_t>{9});
  CHECK(d.text_of(rest).find("The words of entry 9 of INC-1 are gone") == 0);
}

TEST_CASE("a room that was named after a redacted title is to be called otherwise, unless people made it") {
  Declared d;
  CHECK(d.say("redact 1", "ada").status == ReplyStatus::ok);
  CHECK(d.content<SetTopic>().name == "inc-1");
  d.say("rename card payments fail");
  CHECK(d.content<SetTopic>().name.empty());
  Declared renamed;
  renamed.say("rename card payments fail");
  renamed.say("redact 1", "ada");  // no longer the title, but still the room's name
  CHECK(renamed.content<SetTopic>().name == "inc-1-card-payments-fail");
  CHECK(renamed.row().title == "card payments fail");
  Declared plain_name;
  plain_name.settings.incidents.room_name = "outage-{number}";
  plain_name.say("redact 1", "ada");
  CHECK(plain_name.content<SetTopic>().name.empty());
  Declared theirs;
  theirs.refer(1, "muster/adopted", "slack");
  theirs.say("redact 1", "ada");
  CHECK(theirs.content<SetTopic>().name.empty());
}

TEST_CASE("a redacted title goes from the record of its room's name too, and a name that has none of it stays") {
  Declared d;
  d.outcome("open_room", "slack", MessageState::sent);
  const Reply reply = d.say("INC-1 redact 1", "ada");
  CHECK(d.last.redact == std::vector<std::int64_t>{1, 2});
  CHECK(d.kinds() == Words{"redacted", "redacted"});
  CHECK(d.text_of(reply).find("The words of entry 1 of INC-1 and of what repeats them (entry 2) are gone for good") == 0);
  CHECK_FALSE(d.entries[1][1].text);
  CHECK(plain_text(narrate(d.entries[1][1], d.registry), d.registry) == "Slack room [redacted] opened");
  for (const auto& entry : d.entries[1])
    for (const auto& [name, value] : entry.facts) CHECK(value.find("checkout") == std::string::npos);

  Declared renamed;
  renamed.say("rename payments fail");
  renamed.outcome("open_room", "slack", MessageState::sent);  // under the first title, whichever entry had that
  CHECK(renamed.entries[1].back().text == "");
  CHECK(fact(renamed.entries[1].back().facts, "name").empty());
  renamed.say("INC-1 redact 2", "ada");
  CHECK(renamed.last.redact == std::vector<std::int64_t>{2});

  Declared numbered;
  numbered.settings.incidents.room_name = "outage-{number}";
  numbered.outcome("open_room", "slack", MessageState::sent);
  CHECK_FALSE(fact(numbered.entries[1].back().facts, "name").empty());
  numbered.say("INC-1 redact 1", "ada");
  CHECK(numbered.last.redact == std::vector<std::int64_t>{1});
}

TEST_CASE("what correct and redact advise is not refused") {
  for (const std::string how : {"open", "resolved", "closed", "cancelled"}) {
    Declared d;
    d.say("role commander");
    d.say("severity sev2");
    d.say("status identified found it");
    if (how == "cancelled") d.say("cancel false alarm");
    else if (how != "open") d.say("resolve");
    if (how == "closed") d.say("close");
    const bool ended = how == "closed" || how == "cancelled";
    for (const std::string text : {"correct 1 better", "redact 1", "correct 3 x", "correct 4 was known"}) {
      const std::string told = d.text_of(d.say(text, "ada"));
      INFO(how << " " << text << " → " << told);
      const bool status = text[8] == '4';
      CHECK((told.find("reopen") != std::string::npos) == (how == "closed" || (how == "resolved" && status)));
      CHECK((told.find("type rename TITLE") != std::string::npos) == (!ended && text.back() != 'x' && !status));
      CHECK((told.find("rename TITLE") == std::string::npos || how != "cancelled"));
      CHECK((told.find("type severity") == std::string::npos || !ended));
    }
  }
}

TEST_CASE("private incidents are there for their people alone") {
  Declared d;
  d.row().is_private = true;
  refuses(d, {{"note x", "bob", ReplyStatus::not_found, "there is no INC-1, or it is private"}, {"join", "bob", ReplyStatus::not_found, "there is no INC-1, or it is private"}});
  CHECK(d.say("show", "bob").status == ReplyStatus::not_found);
  CHECK(d.text_of(d.say("list", "bob")).find("INC-1") == std::string::npos);
  CHECK(d.text_of(d.say("list", "dana")).find("INC-1") != std::string::npos);
  CHECK(d.say("note x", "dana").status == ReplyStatus::ok);
  CHECK(d.say("role commander @bob", "ada").status == ReplyStatus::ok);
  CHECK(d.say("note x", "bob").status == ReplyStatus::ok);
}

TEST_CASE("a private incident of others is answered as one that does not exist, whatever is asked of it") {
  Declared d;
  d.row().is_private = true;
  d.room = 0;
  const auto same = [&d](Reply hidden, Reply missing, const std::string& what) {
    std::string told = d.text_of(hidden);
    INFO(what << " → " << told);
    CHECK(hidden.status == missing.status);
    CHECK_FALSE(hidden.incident);
    CHECK(hidden.field == missing.field);
    for (auto at = told.find("INC-1"); at != std::string::npos; at = told.find("INC-1", at + 7)) told.replace(at, 5, "INC-999");
    CHECK(told == d.text_of(missing));
  };
  const std::set<std::string> about_none{"declare", "adopt", "list", "help"};
  for (const auto& verb : commands::verb_lines())
    for (const std::string rest : {"", " x", " sev1", " 1 better"})
      for (const bool ahead : {true, false}) {
        if (about_none.count(verb.name) > 0) continue;
        const auto said = [&](const std::string& name) { return ahead ? name + " " + verb.name + rest : std::string(verb.name) + " " + name + rest; };
        same(d.say(said("INC-1"), "bob"), d.say(said("INC-999"), "bob"), said("INC-1"));
      }
  for (const auto& verb : commands::verb_lines()) {
    const auto hidden = d.form("INC-1 " + std::string(verb.name), "bob"), missing = d.form("INC-999 " + std::string(verb.name), "bob");
    if (!missing) same(reply_of(hidden.error()), reply_of(missing.error()), std::string("the form of ") + verb.name);
  }
  Capture capture;
  capture.message = "C1:1.2";
  capture.text = "it is the pool";
  capture.incident = 1;
  const Reply hidden = d.report(capture, "bob");
  capture.incident = 999;
  same(hidden, d.report(capture, "bob"), "a message put on its timeline");
}

TEST_CASE("private incidents of others take up no place in a list") {
  Desk d;
  d.say("declare sev1 checkout returns 500");
  for (int i = 0; i < 140; ++i) d.say("declare sev3 private hidden", "ada");
  for (const char* text : {"list", "list all", "list sev1"}) {
    INFO(text);
    const Reply r = d.say(text, "bob");
    REQUIRE(r.card.list.size() == 1);
    CHECK(plain_text(r.card.list[0], d.registry).rfind("INC-1  SEV1", 0) == 0);
  }
}

TEST_CASE("a long list shows the worst first and says what to type for the rest") {
  Desk d;
  d.say("declare sev1 the oldest and worst");
  for (int i = 0; i < 64; ++i) d.say("declare sev4 noise");
  d.say("declare sev2 newer");
  const auto line = [&d](const Reply& r, std::size_t i) { return plain_text(r.card.list.at(i), d.registry); };
  const Reply first = d.say("list");
  CHECK(first.card.list.size() == 30);
  CHECK(line(first, 0).rfind("INC-1  SEV1", 0) == 0);
  CHECK(line(first, 1).rfind("INC-66  SEV2", 0) == 0);
  CHECK(line(first, 2).rfind("INC-65  SEV4", 0) == 0);
  CHECK(d.text_of(first).find("1 to 30 of 66. Next: list 2. One severity: list sev1") != std::string::npos);
  const Reply last = d.say("list 3");
  CHECK(last.card.list.size() == 6);
  CHECK(line(last, 5).rfind("INC-2  SEV4", 0) == 0);
  CHECK(d.text_of(last).find("61 to 66 of 66.") != std::string::npos);
  CHECK(d.text_of(last).find("Next:") == std::string::npos);
  CHECK(d.text_of(d.say("list 4")).find("There is no page 4. The list has 66 incidents. From the start: list") != std::string::npos);
  CHECK(d.say("list sev2").card.list.size() == 1);
  CHECK(d.text_of(d.say("list sev4")).find("1 to 30 of 64. Next: list sev4 2") != std::string::npos);
  const Reply all = d.say("list all 2");
  CHECK(line(all, 0).rfind("INC-36 ", 0) == 0);
  CHECK(d.text_of(all).find("31 to 60. Next: list all 3") != std::string::npos);
  CHECK(d.say("list elephants").status == ReplyStatus::invalid);
  CHECK(d.text_of(d.say("list sev3")).find("No open sev3 incidents.") == 0);
}

TEST_CASE("a page for a name nobody has wakes nobody else") {
  Desk d;
  d.say("declare sev1 x");
  const Reply lone = d.say("INC-1 page zed");
  CHECK(lone.status == ReplyStatus::invalid);
  CHECK(d.nothing_recorded());
  CHECK(d.text_of(lone).find("I do not know \"zed\"") != std::string::npos);
  CHECK(d.text_of(lone).find("put the words in quotes: INC-1 page \"zed\"") != std::string::npos);
  const Reply slip = d.say("INC-1 page bod come quickly");
  CHECK(slip.status == ReplyStatus::invalid);
  CHECK(d.nothing_recorded());
  CHECK(d.text_of(slip).find("such as bob") != std::string::npos);
  CHECK(d.text_of(slip).find("INC-1 page \"bod come quickly\"") != std::string::npos);
  CHECK(d.text_of(d.say("INC-1 page @zed")).find("in quotes") == std::string::npos);
  CHECK(d.say("INC-1 page \"zed\"").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"paged"});
}

TEST_CASE("a token that answered a page is called a token") {
  Desk d;
  d.say("declare sev1 x");
  d.say("INC-1 page @bob");
  CHECK(d.say_as(Desk::token({}), "INC-1 ack").status == ReplyStatus::ok);
  CHECK(d.text_of(d.say("INC-1 ack")).find("is already acknowledged by token ci.") != std::string::npos);
}

TEST_CASE("impact none clears the impact, and the room hears it") {
  Desk d;
  d.say("declare sev1 x");
  CHECK(d.text_of(d.say("INC-1 impact none")).find("has no impact recorded") != std::string::npos);
  CHECK(d.nothing_recorded());
  d.say("INC-1 impact EU cards");
  CHECK(d.say("INC-1 impact none").status == ReplyStatus::ok);
  CHECK(d.said() == "@Dana cleared the impact\n");
  CHECK(d.row().impact.empty());
}

TEST_CASE("list, show and timeline answer without recording") {
  Desk d;
  CHECK(d.text_of(d.say("list")).find("No open incidents. Declare one: declare sev2") == 0);
  CHECK(d.say("show").status == ReplyStatus::invalid);
  CHECK(d.say("show INC-4").status == ReplyStatus::not_found);
  CHECK(d.say("show elephants").status == ReplyStatus::invalid);
  d.say("declare sev1 first");
  d.say("declare sev2 second");
  d.say("INC-1 cancel");
  const Reply open = d.say("list");
  REQUIRE(open.card.list.size() == 1);
  CHECK(plain_text(open.card.list[0], d.registry) == "INC-2  SEV2  Investigating  second  no commander yet  0 s");
  CHECK(d.say("list all").card.list.size() == 2);
  CHECK(plain_text(d.say("show 2").card.title, d.registry) == "INC-2  SEV2  Investigating  0 s");
  CHECK(d.say("INC-2").card == d.say("INC-2 show").card);
  for (int i = 0; i < 40; ++i) d.say("INC-2 note n" + std::to_string(i));
  const Reply last = d.say("INC-2 timeline");
  CHECK(last.card.list.size() == 21);  // the day and twenty lines
  CHECK(plain_text(last.card.list[0], d.registry) == "2026-11-23");
  CHECK(plain_text(last.card.list.back(), d.registry) == "41  15:42:18  note       @Dana: n39");
  const Reply first = d.say("INC-2 timeline 1");
  CHECK(plain_text(first.card.list[1], d.registry) == "1  15:42:18  declared   @Dana declared sev2 \"second\"");
  CHECK(d.text_of(first).find("Next: timeline 21") != std::string::npos);
  CHECK(d.say("INC-2 timeline all").card.list.size() == 42);
  CHECK(d.text_of(d.say("timeline INC-2 40")).find("Entries 40 to 41 of 41") != std::string::npos);
  CHECK(d.say("INC-2 timeline nonsense").status == ReplyStatus::invalid);
  CHECK(d.say("INC-2 timeline 500").status == ReplyStatus::ok);
  Scopes none;
  none.read = false;
  CHECK(d.say_as(Desk::token(none), "list").status == ReplyStatus::forbidden);
}
