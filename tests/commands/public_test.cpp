#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

/// INC-1, sev1, bob commands; typed in its room.
struct Commanded : Desk {
  Commanded() {
    say("declare sev1 card vault unreachable");
    room = 1;
    say("role commander", "bob");
  }
};

std::string refusal(Desk& d, const std::string& text, const std::string& who = "bob") {
  const Reply r = d.say(text, who);
  CHECK(r.status != ReplyStatus::ok);
  CHECK(d.nothing_recorded());
  return d.text_of(r);
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the first public update takes components and title from the settings, never the internal title") {
  Commanded d;
  const Reply r = d.say("public investigating We are looking into failed payments.", "bob");
  CHECK(r.status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"public_update"});
  CHECK(d.sent() == Words{"say", "edit_summary", "public_update"});
  const auto& update = d.content<PublicUpdate>();
  CHECK(update.first);
  CHECK(update.state == "investigating");
  CHECK(update.title == "Problems with API");
  CHECK(update.body == "We are looking into failed payments.");
  CHECK(update.components == std::map<std::string, std::string>{{"api", "major_outage"}});
  CHECK(update.impact == "critical");
  CHECK(update.at == d.now);
  CHECK(update.op.size() == 32);
  CHECK(d.last.entries[0].facts ==
        Facts{{"op", update.op}, {"state", "investigating"}, {"title", "Problems with API"}, {"pages", "public,vendor"}, {"component:api", "major_outage"}, {"name:api", "API"}});
  CHECK(has(d.said(), "Public update \"Investigating\" published by @Bob for public and vendor: We are looking"));
  CHECK(has(d.text_of(r), "Publishing \"Investigating\" on public and vendor"));
}

TEST_CASE("later updates keep components and title unless named; resolved puts them back") {
  Commanded d;
  d.say("public investigating api=partial_outage website=degraded Looking.", "bob");
  CHECK(d.content<PublicUpdate>().components == std::map<std::string, std::string>{{"api", "partial_outage"}, {"web", "degraded_performance"}});
  CHECK(d.content<PublicUpdate>().title == "Problems with API, Website");
  CHECK(d.content<PublicUpdate>().impact == "major");
  d.say("public identified web=operational Found it.", "bob");
  CHECK_FALSE(d.content<PublicUpdate>().first);
  CHECK(d.content<PublicUpdate>().components == std::map<std::string, std::string>{{"api", "partial_outage"}, {"web", "operational"}});
  CHECK(d.content<PublicUpdate>().title == "Problems with API, Website");
  d.say("public monitoring title=\"Card payments\" Watching.", "bob");
  CHECK(d.content<PublicUpdate>().title == "Card payments");
  d.say("public resolved All good.", "bob");
  CHECK(d.content<PublicUpdate>().components == std::map<std::string, std::string>{{"api", "operational"}, {"web", "operational"}});
  CHECK(d.content<PublicUpdate>().impact == "none");
  CHECK(d.row().publication.state == "resolved");
}

TEST_CASE("a title that somebody gave stands with the words, where a redaction reaches it") {
  Commanded d;
  const Reply given = d.say("public investigating title=\"Jane Roe's cards\" api=partial_outage Looking.", "bob");
  CHECK(d.content<PublicUpdate>().title == "Jane Roe's cards");
  CHECK(d.content<PublicUpdate>().body == "Looking.");
  CHECK(has(d.text_of(given), "as \"Jane Roe's cards\""));
  const Entry entry = d.entries[1].back();
  for (const auto& [name, value] : entry.facts) CHECK(value.find("Jane") == std::string::npos);
  CHECK(public_words(entry).title == "Jane Roe's cards");
  CHECK(public_words(entry).body == "Looking.");
  CHECK(has(plain_text(narrate(entry, d.registry), d.registry), ": Looking. ("));
  CHECK(d.row().publication.title == "Jane Roe's cards");
  d.say("public identified title=\"Jane Roe's cards\" Found it.", "bob");  // the same again gives nothing
  CHECK(d.content<PublicUpdate>().title == "Jane Roe's cards");
  CHECK(d.entries[1].back().text == "Found it.");
  CHECK(fact(d.entries[1].back().facts, "title").empty());
  CHECK(d.say("redact " + std::to_string(entry.seq), "ada").status == ReplyStatus::ok);
  CHECK(d.row().publication.title == "Problems with API");
  Incident folded;
  for (const auto& e : d.entries[1]) apply(folded, e);
  CHECK(folded.publication == d.row().publication);
  CHECK(folded.public_title_entry == d.row().public_title_entry);
  d.say("public monitoring Watching.", "bob");
  CHECK(d.content<PublicUpdate>().title == "Problems with API");
}

TEST_CASE("a title that an older Muster put among the facts is read as before, and a redaction says that it stays") {
  Commanded d;
  Entry old;
  old.incident = 1;
  old.seq = d.row().last_seq + 1;
  old.kind = EntryKind::public_update;
  old.actor = Desk::person("bob");
  old.facts = {{"op", "o"}, {"state", "investigating"}, {"title", "Jane Roe's cards"}, {"pages", "public"}};
  old.text = "First line\nsecond line";
  CHECK(public_words(old).title == "Jane Roe's cards");
  CHECK(public_words(old).body == "First line\nsecond line");
  d.entries[1].push_back(old);
  apply(d.row(), old);
  CHECK(d.row().publication.title == "Jane Roe's cards");
  CHECK(has(d.text_of(d.say("redact " + std::to_string(old.seq), "ada")), "Its public title \"Jane Roe's cards\" stays in the record"));
  CHECK(d.row().publication.title == "Jane Roe's cards");
}

TEST_CASE("a held update whose words were redacted cannot be sent, only dropped") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  d.outcome("public_update", "statuspage:vendor", MessageState::held, "timeout");
  for (auto& held : d.troubled_messages) std::get<PublicUpdate>(held.message.content).body.clear();
  const Reply refused = d.say("public send", "bob");
  CHECK(refused.status == ReplyStatus::conflict);
  CHECK(has(d.text_of(refused), "public drop"));
  CHECK(d.say("public drop", "bob").status == ReplyStatus::ok);
}

TEST_CASE("without components the title names the page") {
  Commanded d;
  d.settings.incidents.public_defaults.clear();
  d.say("public investigating Looking.", "bob");
  CHECK(d.content<PublicUpdate>().title == "Problems with Example");
  Commanded e;
  e.settings.incidents.public_defaults.clear();
  e.settings.status_pages.erase(e.settings.status_pages.begin());
  e.say("public investigating Looking.", "bob");
  CHECK(e.content<PublicUpdate>().title == "Service disruption");
}

TEST_CASE("only commander, comms and tokens that may publish do so") {
  Commanded d;
  CHECK(has(refusal(d, "public investigating x", "dana"), "only the commander or comms of INC-1 may publish. Take a role first: role comms"));
  CHECK(has(refusal(d, "public investigating x", "ada"), "only the commander or comms"));
  d.say("role comms", "carol");
  CHECK(d.say("public investigating x", "carol").status == ReplyStatus::ok);
  CHECK(d.say_as(Desk::token({}), "public identified y").status == ReplyStatus::forbidden);
  Scopes publisher;
  publisher.publish = true;
  CHECK(d.say_as(Desk::token(publisher), "public identified y").status == ReplyStatus::ok);
}

TEST_CASE("what is wrong with a public update is said in one sentence") {
  Commanded d;
  CHECK(has(refusal(d, "public"), "the public state is missing"));
  CHECK(has(refusal(d, "public broken x"), "\"broken\" is not a public state. Use investigating, identified, monitoring or resolved"));
  CHECK(has(refusal(d, "public investigating"), "the text is missing"));
  CHECK(has(refusal(d, "public investigating api=partial_outage"), "the text is missing"));
  CHECK(has(refusal(d, "public investigating db=partial_outage x"), "\"db\" is not a component. Use api or web"));
  CHECK(has(refusal(d, "public investigating api=sad x"), "\"sad\" is not a component state. Use operational"));
  CHECK(has(refusal(d, "public resolved x"), "nothing about INC-1 is public"));
  d.row().is_private = true;
  CHECK(has(refusal(d, "public investigating x"), "is private, so nothing about it can be published"));
  d.row().is_private = false;
  d.settings.status_pages.clear();
  CHECK(has(refusal(d, "public investigating x"), "no status page is set up"));
}

TEST_CASE("the same words twice within ten minutes are not published twice, unless a page failed") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  CHECK(has(refusal(d, "public investigating Looking."), "already published"));
  CHECK(d.say("public identified Looking.", "bob").status == ReplyStatus::ok);
  CHECK(d.say("public identified Looking still.", "bob").status == ReplyStatus::ok);
  CHECK(d.say("public identified web=partial_outage Looking still.", "bob").status == ReplyStatus::ok);  // what is broken is news
  CHECK(has(refusal(d, "public identified web=partial_outage Looking still."), "already published"));
  CHECK(has(refusal(d, "public identified Looking still."), "already published"));
  d.row().publication.pages["vendor"].state = PageState::failed;
  CHECK(d.say("public identified Looking still.", "bob").status == ReplyStatus::ok);
  d.now += Millis{11 * 60000};
  CHECK(d.say("public identified Looking still.", "bob").status == ReplyStatus::ok);
}

TEST_CASE("the room hears once where an update shows, and at once where it does not") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  d.outcome("public_update", "statuspage:public", MessageState::sent, "", "http://127.0.0.1:8081/incidents/1");
  CHECK(d.kinds() == Words{"public_shown"});
  CHECK(d.sent() == Words{"edit_summary"});
  d.outcome("public_update", "statuspage:vendor", MessageState::unknown, "timeout");
  CHECK(d.kinds().empty());
  CHECK(has(d.said(), "The update for vendor was sent but not confirmed. I am checking whether it shows. Nothing to do yet."));
  d.outcome("public_update", "statuspage:vendor", MessageState::sent);
  CHECK(d.kinds() == Words{"public_shown"});
  CHECK(d.said() == "Public update \"Investigating\" is shown on 2 pages: public (http://127.0.0.1:8081/incidents/1), vendor.\n");
  d.say("public identified Found.", "bob");
  d.outcome("public_update", "statuspage:public", MessageState::dead, "the page refused it");
  CHECK(d.kinds() == Words{"public_failed"});
  CHECK(has(d.said(), "The update \"Identified\" is not on public: the page refused it."));
  CHECK(d.row().publication.pages["public"].state == PageState::failed);
}

TEST_CASE("the room hears once when it drags on to learn whether an update shows, and why") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  const Time published = d.now;
  for (int attempts = 1; attempts <= 5; ++attempts) {
    SendOutcome o;
    for (const auto& m : d.outbox)
      if (m.integration == "statuspage:vendor") o.before.message = m;
    o.before.state = MessageState::sending;
    o.before.attempts = attempts - 1;
    o.before.doubts = attempts == 1 ? 0 : 1;
    o.after = o.before;
    o.after.state = MessageState::unknown;
    o.after.attempts = attempts;
    o.after.doubts = 1;
    o.after.problem = "Statuspage answered 502.";
    d.now = published + Millis{20000 * attempts};
    d.outcome(o);
    if (attempts == 1) CHECK(has(d.said(), "I am checking whether it shows."));
    else if (attempts == 3)
      CHECK(d.said() == "I still cannot see whether the update \"Investigating\" shows on vendor: Statuspage answered 502. I keep looking, and send nothing twice meanwhile.\n");
    else CHECK(d.nothing_recorded());
    if (attempts == 3) CHECK(d.kinds() == Words{"public_delayed"});
  }
}

namespace {

/// The newest update for the vendor is tried once more, and stays where it was.
void try_in_vain(Desk& d, const std::string& problem, bool credentials) {
  SendOutcome o;
  for (const auto& m : d.outbox)
    if (m.integration == "statuspage:vendor" && d.settled.count(m.id) == 0) {
      o.before.message = m;
      break;
    }
  o.before.state = MessageState::sending;
  o.after = o.before;
  o.after.state = MessageState::queued;
  o.after.problem = problem;
  o.credentials = credentials;
  d.outcome(o);
}

}  // namespace

TEST_CASE("a refused key is on the timeline, in the room and on the card at once, and once") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  d.outcome("public_update", "statuspage:public", MessageState::sent, "", "http://127.0.0.1:8081/incidents/1");
  const std::string op = d.row().publication.pages["vendor"].op;
  try_in_vain(d, "Statuspage answered 401: bad key.", true);
  REQUIRE(d.kinds() == Words{"public_delayed"});
  CHECK(d.last.entries[0].text == "Statuspage answered 401: bad key");
  CHECK(d.last.entries[0].facts == Facts{{"op", op}, {"page", "vendor"}, {"state", "investigating"}});
  CHECK(d.sent() == Words{"say", "edit_summary"});
  CHECK(has(d.said(), "The update \"Investigating\" is not on vendor yet: Statuspage answered 401: bad key. I keep trying, and nothing is lost meanwhile. It is shown on public"));
  CHECK(d.row().publication.pages["vendor"].state == PageState::delayed);
  const Card card = summary_card(d.row(), d.now);
  const auto shown = std::find_if(card.facts.begin(), card.facts.end(), [](const auto& f) { return f.label == "Public"; });
  REQUIRE(shown != card.facts.end());
  CHECK(has(plain_text(shown->value, d.registry), "vendor waiting: Statuspage answered 401: bad key"));
  CHECK(d.text_of(d.say("public check", "bob")) == "Nothing of INC-1 is held. The update for vendor waits: Statuspage answered 401: bad key. Muster keeps trying.");

  for (int i = 0; i < 3; ++i) {
    d.now += Millis{30000};
    try_in_vain(d, "Statuspage answered 401: bad key.", true);
    CHECK(d.nothing_recorded());
  }
  d.outcome("public_update", "statuspage:vendor", MessageState::sent);
  CHECK(d.kinds() == Words{"public_shown"});
  CHECK(d.row().publication.pages["vendor"].state == PageState::shown);
}

TEST_CASE("what passes within a minute is nobody's news; what lasts longer is told once per update") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  const Time published = d.now;
  d.now = published + Millis{59999};
  try_in_vain(d, "Statuspage could not be reached", false);
  CHECK(d.nothing_recorded());
  d.now = published + Millis{60000};
  try_in_vain(d, "Statuspage could not be reached", false);
  CHECK(d.kinds() == Words{"public_delayed"});
  const std::string reply = d.text_of(d.say("public identified Found it.", "bob"));
  CHECK(has(reply, "An earlier update for vendor is not through yet (Statuspage could not be reached), and this one waits behind it."));
  CHECK(d.row().publication.pages["vendor"].state == PageState::delayed);
  d.now += Millis{120000};
  try_in_vain(d, "Statuspage could not be reached", false);
  CHECK(d.nothing_recorded());
  d.outcome("public_update", "statuspage:vendor", MessageState::sent);
  CHECK(d.row().publication.pages["vendor"].state == PageState::pending);
  try_in_vain(d, "Statuspage answered 429", false);
  CHECK(d.kinds() == Words{"public_delayed"});
  CHECK(fact(d.last.entries[0].facts, "state") == "identified");
}

TEST_CASE("held stays to be seen and to be decided while newer updates wait behind it") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  d.outcome("public_update", "statuspage:vendor", MessageState::held, "no answer twice");
  CHECK(has(d.text_of(d.say("public identified Found.", "bob")), "An earlier update for vendor is held, and this one waits behind it: public check, public send or public drop"));
  CHECK(d.row().publication.pages["vendor"].state == PageState::held);
  CHECK(has(d.text_of(d.say("public monitoring Watching.", "bob")), "An earlier update for vendor is held"));
  d.say("public drop", "bob");
  CHECK(d.row().publication.pages["vendor"].state == PageState::pending);
  d.troubled_messages.clear();

  // It may also become held after the newer one was written.
  d.outcome("public_update", "statuspage:vendor", MessageState::held, "no answer twice");
  CHECK(d.kinds() == Words{"public_held"});
  CHECK(fact(d.last.entries[0].facts, "newest") == d.row().publication.pages["vendor"].op);
  CHECK(d.row().publication.pages["vendor"].state == PageState::held);
}

TEST_CASE("a held update at which a person looks again stays held, unless the look does not get through") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  d.outcome("public_update", "statuspage:vendor", MessageState::held, "no answer twice");
  d.now += Millis{600000};
  SendOutcome o;
  o.before = d.troubled_messages[0];
  o.before.state = MessageState::sending;
  o.after = o.before;
  o.after.state = MessageState::unknown;
  o.after.looks = o.before.looks + 1;
  d.outcome(o);
  CHECK(d.nothing_recorded());
  CHECK(d.row().publication.pages["vendor"].state == PageState::held);
  o.after.looks = o.before.looks;
  o.after.problem = "Statuspage answered 401.";
  o.credentials = true;
  d.outcome(o);
  CHECK(d.kinds() == Words{"public_delayed"});
  d.outcome(o);
  CHECK(d.nothing_recorded());
}

TEST_CASE("the card says since when the public state holds, not when it was last said") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  const Time first = d.now;
  d.now += Millis{600000};
  d.say("public investigating Still looking.", "bob");
  d.now += Millis{600000};
  d.say("public investigating And still.", "bob");
  CHECK(d.row().publication.since == first);
  d.say("public identified Found.", "bob");
  CHECK(d.row().publication.since == d.now);
}

TEST_CASE("what is publicly resolved leaves nothing broken") {
  Commanded d;
  d.say("public investigating api=major_outage Looking.", "bob");
  CHECK(has(refusal(d, "public resolved api=major_outage Over."), "what is resolved works again, so \"API\" cannot stay major_outage. Leave it out, or while it lasts publish another state"));
  CHECK(has(refusal(d, "public resolved web=under_maintenance Over."), "\"Website\" cannot stay under_maintenance"));
  CHECK(d.say("public resolved api=operational Over.", "bob").status == ReplyStatus::ok);
}

TEST_CASE("after the public incident was deleted on a page, the room hears how to make a new one") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  SendOutcome o;
  for (const auto& m : d.outbox)
    if (m.integration == "statuspage:vendor") o.before.message = m;
  o.after = o.before;
  o.after.state = MessageState::dead;
  o.after.problem = "Statuspage answered 404. The public incident was deleted there.";
  o.references = {{1, "statuspage:vendor", "public", ""}};
  d.outcome(o);
  CHECK(has(d.said(), "The public incident was deleted there. To make a new public incident there, publish again: public investigating TEXT."));
}

TEST_CASE("redacting a public update tells the pages apart") {
  Commanded d;
  d.say("public investigating The customer Example Corp is affected.", "bob");
  const auto seq = std::to_string(d.entries[1].back().seq);
  CHECK(has(d.text_of(d.say("redact " + seq, "bob")), "Gone from public too. vendor still shows it; remove it there."));
}

TEST_CASE("a held update is told with what may be done, and a person decides") {
  Commanded d;
  CHECK(d.text_of(d.say("public check", "bob")) == "Nothing of INC-1 is held.");
  d.say("public investigating Looking.", "bob");
  d.outcome("public_update", "statuspage:vendor", MessageState::held, "no answer twice");
  CHECK(d.kinds() == Words{"public_held"});
  CHECK(fact(d.last.entries[0].facts, "message") == d.troubled_messages[0].message.id);
  CHECK(has(d.said(), "public check (look again), public send (publish it again) or public drop (leave it)"));
  CHECK(d.row().publication.pages["vendor"].state == PageState::held);
  CHECK(has(refusal(d, "public send", "dana"), "only the commander or comms"));
  CHECK(has(refusal(d, "public send nowhere"), "nothing is held for \"nowhere\". Held: vendor."));

  d.say("public check", "bob");
  CHECK(d.kinds().empty());
  REQUIRE(d.last.held.size() == 1);
  CHECK(d.last.held[0].choice == HeldChoice::look_again);
  d.say("public send vendor", "bob");
  CHECK(d.kinds() == Words{"public_resent"});
  CHECK(d.last.held[0].choice == HeldChoice::send_again);
  d.say("public drop", "bob");
  CHECK(d.kinds() == Words{"public_dropped"});
  CHECK(d.last.held[0].choice == HeldChoice::drop);
  CHECK(d.row().publication.pages["vendor"].state == PageState::dropped);

  d.row().publication.pages["vendor"].state = PageState::held;
  CHECK(has(d.text_of(d.say("public identified Found.", "bob")), "An earlier update for vendor is held, and this one waits behind it"));
}

TEST_CASE("ending an incident publishes nothing and offers the public step") {
  Commanded d;
  d.say("public monitoring Watching.", "bob");
  const Reply r = d.say("resolve", "bob");
  CHECK(d.sent() == Words{"say", "set_topic", "edit_summary", "announce"});
  CHECK(has(d.text_of(r), "The public incident is still \"Monitoring\". To end it, type public resolved TEXT"));
  CHECK(has(d.said(), "The public incident is still \"Monitoring\"."));
  CHECK(d.content<Say>().card.buttons[0].command == "public resolved This incident has been resolved.");
  d.say("public resolved Over.", "bob");
  CHECK(has(d.text_of(d.say("reopen", "bob")), "The status pages still say \"Resolved\". To tell the public, type public investigating TEXT"));
}

TEST_CASE("a publication left open by cancelling can still be ended, and nothing else published") {
  Commanded d;
  d.say("public investigating Looking.", "bob");
  CHECK(has(d.text_of(d.say("cancel", "bob")), "The public incident is still \"Investigating\""));
  CHECK(has(refusal(d, "public identified x"), "was cancelled, so nothing more can be published"));
  CHECK(d.say("public resolved This was a false alarm.", "bob").status == ReplyStatus::ok);
  CHECK(d.sent() == Words{"public_update"});  // the room is archived
  CHECK(has(refusal(d, "public resolved Again."), "was cancelled"));
}
