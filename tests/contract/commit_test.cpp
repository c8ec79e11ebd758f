// What every store promises about load and commit.
#include "tests/contract/stores.hpp"

using namespace contract;
using bot::EntryKind;

TEMPLATE_TEST_CASE("an empty store has nothing and starts at number 1", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  bot::LoadQuery query;
  query.dedup_keys = {"k"};
  query.rooms = {{"slack", "C1"}};
  query.incidents = {1};
  query.alerts = {"a"};
  query.alert_groups = {"g"};
  query.entries = {{1, 1}};
  query.troubled = {1};
  query.next_number = true;
  const auto loaded = must(subject.store().load(query));
  CHECK(loaded.next_number == 1);
  CHECK((loaded.replies.empty() && loaded.rooms.empty() && loaded.incidents.empty() && loaded.alerts.empty()));
  CHECK((loaded.groups.empty() && loaded.entries.empty()));
  CHECK(must(subject.reader().last_position()) == 0);
  CHECK_FALSE(must(subject.reader().incident(1)));
}

TEMPLATE_TEST_CASE("what was committed is loaded and read as it was", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  auto changes = scribe.one(7, EntryKind::declared, "checkout \"500\"\n\xF0\x9F\x94\xA5", {{"severity", "sev1"}, {"started", "2026-11-23T15:00:00.000Z"}});
  scribe.write(changes, 7, EntryKind::role, "", {{"role", "commander"}, {"person", "bob"}, {"how", "claimed"}});
  commit(subject.store(), changes);

  bot::LoadQuery query;
  query.incidents = {7, 7, 8};
  query.entries = {{7, 1}, {7, 3}};
  query.next_number = true;
  const auto loaded = must(subject.store().load(query));
  REQUIRE(loaded.incidents.count(7) == 1);
  CHECK(loaded.incidents.at(7) == scribe.row(7));
  CHECK(loaded.next_number == 8);
  CHECK(loaded.entries.size() == 1);

  const auto row = must(subject.reader().incident(7));
  REQUIRE(row);
  CHECK(*row == scribe.row(7));
  const auto entries = must(subject.reader().timeline(7, 0, 10));
  REQUIRE(entries.size() == 2);
  const auto& want = changes.entries[0];
  const auto& got = entries[0];
  CHECK((got.position == 1 && got.incident == 7 && got.seq == 1 && got.kind == want.kind));
  CHECK((got.occurred_at == want.occurred_at && got.recorded_at == want.recorded_at && got.actor == want.actor && got.source == want.source));
  CHECK((got.facts == want.facts && got.text == want.text && got.salt == want.salt && got.text_hash == want.text_hash && got.hash == want.hash));
}

TEMPLATE_TEST_CASE("positions count all entries in the order they were committed", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  std::vector<bot::Changes> batch{scribe.one(1, EntryKind::declared, "a"), scribe.one(2, EntryKind::declared, "b"), scribe.one(1, EntryKind::note, "c")};
  REQUIRE(subject.store().commit(batch).ok());
  CHECK((batch[0].entries[0].position == 1 && batch[1].entries[0].position == 2 && batch[2].entries[0].position == 3));
  commit(subject.store(), scribe.one(2, EntryKind::note, "d"));
  const auto all = must(subject.reader().stream(0, 100));
  REQUIRE(all.size() == 4);
  CHECK((all[0].text == "a" && all[1].text == "b" && all[2].text == "c" && all[3].text == "d"));
  const auto rest = must(subject.reader().stream(2, 1));
  REQUIRE(rest.size() == 1);
  CHECK((rest[0].position == 3 && rest[0].seq == 2));
  CHECK(must(subject.reader().last_position()) == 4);
}

TEMPLATE_TEST_CASE("of an incident row named several times the last one wins", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  std::vector<bot::Changes> batch{scribe.one(1, EntryKind::declared, "first"), scribe.one(1, EntryKind::renamed, "second")};
  commit(subject.store(), batch);
  CHECK(must(subject.reader().incident(1))->title == "second");
  bot::LoadQuery query;
  query.incidents = {1};
  CHECK(must(subject.store().load(query)).incidents.at(1).title == "second");
}

TEMPLATE_TEST_CASE("an entry whose number is not the next is a conflict and nothing of its batch is written", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  commit(subject.store(), scribe.one(1, EntryKind::declared, "a"));
  for (const std::int64_t wrong : {1, 3, 0}) {
    Scribe other;
    auto good = other.one(2, EntryKind::declared, "fine by itself");
    good.dedup_keys = {"good"};
    good.messages = {other.message("m1", "lane")};
    good.timers = {{"t", "escalate", 2, other.now, ""}};
    auto bad = other.one(1, EntryKind::note, "late");
    bad.entries[0].seq = wrong;
    std::vector<bot::Changes> batch{good, bad};
    const auto refused = subject.store().commit(batch);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == bot::ErrorKind::conflict);
    CHECK_FALSE(refused.error().maybe_recorded);
  }
  bot::LoadQuery query;
  query.dedup_keys = {"good"};
  query.incidents = {1, 2};
  const auto loaded = must(subject.store().load(query));
  CHECK(loaded.replies.empty());
  CHECK(loaded.incidents.size() == 1);
  CHECK(must(subject.reader().last_position()) == 1);
  CHECK_FALSE(must(subject.store().next_due()));
  CHECK_FALSE(must(subject.store().next_timer()));
  auto next = scribe.one(1, EntryKind::note, "in order");
  std::vector<bot::Changes> batch{next};
  REQUIRE(subject.store().commit(batch).ok());
  CHECK(batch[0].entries[0].position == 2);
}

TEMPLATE_TEST_CASE("a request's keys answer with its stored reply, and each key is recorded once", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  auto changes = scribe.one(1, EntryKind::declared, "a");
  changes.dedup_keys = {"slack:event:1", "slack:ts:2", "slack:event:1"};
  changes.reply.card.title = {bot::strong("INC-1 declared"), bot::mention("alice")};
  changes.reply.card.list = {{bot::plain("one")}, {bot::code("role commander")}};
  changes.reply.incident = 1;
  changes.reply.repeated = true;  // not stored
  commit(subject.store(), changes);
  bot::LoadQuery query;
  query.dedup_keys = {"slack:ts:2", "slack:event:1", "slack:event", "other"};
  const auto loaded = must(subject.store().load(query));
  REQUIRE(loaded.replies.size() == 2);
  for (const auto& [key, reply] : loaded.replies) {
    CHECK(reply.card == changes.reply.card);
    CHECK(reply.incident == 1);
    CHECK_FALSE(reply.repeated);
  }

  auto again = scribe.one(1, EntryKind::note, "the same request a second time");
  again.dedup_keys = {"new", "slack:ts:2"};
  std::vector<bot::Changes> batch{again};
  const auto refused = subject.store().commit(batch);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == bot::ErrorKind::conflict);
  CHECK(must(subject.reader().last_position()) == 1);
  query.dedup_keys = {"new"};
  CHECK(must(subject.store().load(query)).replies.empty());
}

TEMPLATE_TEST_CASE("two requests of one batch with the same key are a conflict", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  std::vector<bot::Changes> batch{scribe.one(1, EntryKind::declared, "a"), scribe.one(1, EntryKind::note, "b")};
  batch[0].dedup_keys = batch[1].dedup_keys = {"k"};
  const auto refused = subject.store().commit(batch);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == bot::ErrorKind::conflict);
  CHECK(must(subject.reader().last_position()) == 0);
}

TEMPLATE_TEST_CASE("many keys are all found again and old ones are purged", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  const int batches = 12;
  const int per_batch = 1000;  // so that SQLite's directories of keys come into play
  for (int b = 0; b < batches; ++b) {
    std::vector<bot::Changes> batch(per_batch);
    for (int i = 0; i < per_batch; ++i) {
      batch[static_cast<std::size_t>(i)].dedup_keys = {"key:" + std::to_string(b) + ":" + std::to_string(i)};
      batch[static_cast<std::size_t>(i)].reply.card.title = {bot::plain(std::to_string(b * per_batch + i))};
      batch[static_cast<std::size_t>(i)].at = scribe.now + bot::Millis{b * 3600000};
    }
    commit(subject.store(), batch);
  }
  auto found = [&] {
    int count = 0;
    for (int b = 0; b < batches; ++b)
      for (int i = 0; i < per_batch; i += 37) {
        bot::LoadQuery query;
        query.dedup_keys = {"key:" + std::to_string(b) + ":" + std::to_string(i), "key:" + std::to_string(b) + ":x" + std::to_string(i)};
        const auto loaded = must(subject.store().load(query));
        REQUIRE(loaded.replies.size() <= 1);
        for (const auto& [key, reply] : loaded.replies) CHECK(reply.card.title[0].value == std::to_string(b * per_batch + i));
        count += static_cast<int>(loaded.replies.size());
      }
    return count;
  };
  const int sampled = 28;  // per batch
  CHECK(found() == batches * sampled);
  for (int guard = 0; must(subject.store().purge(scribe.now + bot::Millis{6 * 3600000 - 1})); ++guard) REQUIRE(guard < 100);
  const int left = found();
  CHECK(left >= 6 * sampled);       // nothing younger goes
  CHECK(left <= 8 * sampled);       // what is older goes, within the hours one directory spans
  for (int guard = 0; must(subject.store().purge(scribe.now + bot::Millis{100 * 3600000})); ++guard) REQUIRE(guard < 100);
  CHECK(found() == 0);
  bot::Changes again;
  again.dedup_keys = {"key:0:0"};
  commit(subject.store(), again);
}

TEMPLATE_TEST_CASE("rooms, alerts and groups lead to their incidents", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  auto changes = scribe.one(1, EntryKind::declared, "a");
  scribe.write(changes, 2, EntryKind::declared, "b");
  changes.references = {{1, "slack", "room", "C1"}, {1, "slack", "summary", "111.2"}, {2, "matrix", "room", "!x:hs"}};
  changes.alerts = {{"am/1", "am/g", 1, true, scribe.now}, {"am/2", "", 2, false, scribe.now}};
  commit(subject.store(), changes);
  bot::LoadQuery query;
  query.rooms = {{"slack", "C1"}, {"matrix", "!x:hs"}, {"matrix", "C1"}, {"slack", "111.2"}};
  query.alerts = {"am/1", "am/2", "am/3"};
  query.alert_groups = {"am/g", ""};
  const auto loaded = must(subject.store().load(query));
  CHECK(loaded.rooms == std::map<std::string, std::int64_t>{{"slack/C1", 1}, {"matrix/!x:hs", 2}});
  REQUIRE(loaded.alerts.size() == 2);
  CHECK((loaded.alerts.at("am/1").firing && loaded.alerts.at("am/1").group == "am/g" && loaded.alerts.at("am/1").since == scribe.now));
  CHECK_FALSE(loaded.alerts.at("am/2").firing);
  CHECK(loaded.groups == std::map<std::string, std::int64_t>{{"am/g", 1}});
  CHECK(loaded.incidents.size() == 2);

  bot::Changes later;
  later.references = {{1, "slack", "room", "C9"}};
  later.alerts = {{"am/1", "am/g", 2, false, scribe.now + bot::Millis{5}}};
  commit(subject.store(), later);
  const auto then = must(subject.store().load(query));
  CHECK(then.rooms.count("slack/C1") == 0);
  CHECK(then.groups.at("am/g") == 2);
  CHECK((then.alerts.at("am/1").incident == 2 && !then.alerts.at("am/1").firing));
  CHECK(must(subject.reader().incident_of({"slack", "C9"})) == 1);
  CHECK_FALSE(must(subject.reader().incident_of({"matrix", "C9"})));
  const auto references = must(subject.reader().references(1, "slack"));
  REQUIRE(references.size() == 2);
  CHECK((references[0].what == "room" && references[0].id == "C9" && references[1].what == "summary" && references[1].incident == 1));
}

TEMPLATE_TEST_CASE("timers are due in order, replaced by id and gone when done", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  const auto at = [&](int s) { return scribe.now + bot::Millis{s * 1000}; };
  bot::Changes changes;
  changes.timers = {{"b", "escalate", 1, at(20), "run"}, {"a", "escalate", 1, at(10), "run"}, {"c", "escalate", 2, at(30), ""}};
  commit(subject.store(), changes);
  CHECK(must(subject.store().next_timer()) == at(10));
  CHECK(must(subject.store().due_timers(at(9), 10)).empty());
  auto due = must(subject.store().due_timers(at(20), 10));
  REQUIRE(due.size() == 2);
  CHECK((due[0].id == "a" && due[1].id == "b" && due[1].kind == "escalate" && due[1].incident == 1 && due[1].subject == "run"));
  CHECK(must(subject.store().due_timers(at(99), 1)).size() == 1);

  bot::Changes fired;
  fired.timers_done = {"a", "unknown"};
  fired.timers = {{"a", "escalate", 1, at(50), "again"}};  // a timer may set itself again
  commit(subject.store(), fired);
  due = must(subject.store().due_timers(at(99), 10));
  REQUIRE(due.size() == 3);
  CHECK((due[2].id == "a" && due[2].subject == "again"));
  bot::Changes done;
  done.timers_done = {"a", "b", "c"};
  commit(subject.store(), done);
  CHECK_FALSE(must(subject.store().next_timer()));
}

TEMPLATE_TEST_CASE("a step of the clock moves what waits, and timers of the kind that counts from a moment", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  const bot::Millis back{-7200000};
  bot::Changes changes;
  changes.timers = {{"page", "escalate", 1, scribe.now + bot::Millis{60000}, "run"}, {"remind:1", "remind", 1, scribe.now + bot::Millis{60000}, ""}};
  changes.messages = {scribe.message("a1", "A"), scribe.message("b1", "B")};
  commit(subject.store(), changes);
  auto done = must(subject.store().lease(scribe.lease("boot", 1))).at(0);
  done.state = bot::MessageState::sent;
  bot::Changes finished;
  finished.updates = {done};
  commit(subject.store(), finished);
  must(subject.store().shift_due(back, "escalate"));
  CHECK(must(subject.store().next_due()) == scribe.now + back);
  CHECK(must(subject.store().next_timer()) == scribe.now + back + bot::Millis{60000});
  const auto due = must(subject.store().due_timers(scribe.now + bot::Millis{60000}, 10));
  REQUIRE(due.size() == 2);
  CHECK((due[0].id == "page" && due[1].due == scribe.now + bot::Millis{60000}));
  auto query = scribe.lease("boot");
  query.now = scribe.now + back;
  const auto leased = must(subject.store().lease(query));
  REQUIRE(leased.size() == 1);
  CHECK(leased[0].message.deadline == scribe.now + back + bot::Millis{3600000});
  CHECK(leased[0].message.created == scribe.now);
}

TEMPLATE_TEST_CASE("people are kept, replaced by id", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  bot::Changes changes;
  changes.people = {{"slack:U02", "dana", false, {{"slack", "U02"}}, ""}, {"alice", "Alice", true, {}, "https://pager.example.org/alice"}};
  commit(subject.store(), changes);
  REQUIRE(subject.credentials().put_person({"slack:U02", "Dana", false, {{"slack", "U02"}, {"matrix", "@dana:hs"}}, ""}).ok());
  const auto people = must(subject.reader().people());
  REQUIRE(people.size() == 2);
  CHECK(people[0] == changes.people[1]);
  CHECK((people[1].name == "Dana" && people[1].identities.size() == 2));
}

TEMPLATE_TEST_CASE("a redaction takes the fingerprints of the incident's keyed commands, and leaves their answers", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  auto changes = scribe.one(1, EntryKind::declared, "a");
  scribe.write(changes, 1, EntryKind::note, "Jane");
  changes.dedup_keys = {"k1"};
  changes.reply.incident = 1;
  changes.reply.fingerprint = "0123456789abcdef";
  changes.reply.card.title = {bot::plain("Noted.")};
  commit(subject.store(), changes);
  const auto stored = [&subject] {
    bot::LoadQuery query;
    query.dedup_keys = {"k1"};
    return must(subject.store().load(query)).replies.at("k1");
  };
  CHECK(stored().fingerprint == "0123456789abcdef");
  auto redact = scribe.one(1, EntryKind::redacted, "", {{"entry", "2"}});
  redact.redactions = {{1, 2}};
  commit(subject.store(), redact);
  CHECK(stored().fingerprint.empty());
  CHECK(stored().card == changes.reply.card);
}

TEMPLATE_TEST_CASE("a redaction takes the text, its salt and every copy, and keeps the hashes", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  const std::string secret = "the customer is \"Jane Roe\", card 4111 1111 1111 1111";
  commit(subject.store(), scribe.one(1, EntryKind::declared, "a"));
  commit(subject.store(), scribe.one(2, EntryKind::declared, secret));
  auto changes = scribe.one(1, EntryKind::note, secret);
  changes.dedup_keys = {"k1"};
  changes.reply.incident = 1;
  changes.reply.card.paragraphs = {{bot::plain("Noted: " + secret)}};
  auto say = scribe.message("m1", "room");
  say.content = bot::Say{{{bot::plain("Note")}, bot::Tone::neutral, {}, {{bot::plain("alice: " + secret + "!")}}, {}, {}}};
  auto shortened = scribe.message("m2", "room");
  shortened.content = bot::Say{{{bot::plain("Note: " + secret.substr(0, 30) + "…")}, bot::Tone::neutral, {}, {}, {}, {}}};
  auto other = scribe.message("m3", "room");
  changes.messages = {say, shortened, other};
  commit(subject.store(), changes);

  auto redact = scribe.one(1, EntryKind::redacted, "", {{"entry", "2"}});
  redact.redactions = {{1, 2}};
  commit(subject.store(), redact);

  const auto entries = must(subject.reader().timeline(1, 0, 10));
  REQUIRE(entries.size() == 3);
  CHECK_FALSE(entries[1].text);
  CHECK(entries[1].salt.empty());
  CHECK(entries[1].text_hash == changes.entries[0].text_hash);
  CHECK(entries[1].hash == changes.entries[0].hash);
  CHECK(must(subject.reader().timeline(2, 0, 10))[0].text == secret);  // another incident's own words

  bot::LoadQuery query;
  query.dedup_keys = {"k1"};
  query.entries = {{1, 2}};
  const auto loaded = must(subject.store().load(query));
  CHECK_FALSE(loaded.entries.at({1, 2}).text);
  CHECK(loaded.replies.at("k1").card.paragraphs.empty());
  CHECK(loaded.replies.at("k1").incident == 1);
  std::vector<bot::QueuedMessage> leased;
  for (int i = 0; i < 3; ++i) {
    auto one = must(subject.store().lease(scribe.lease("boot")));
    REQUIRE(one.size() == 1);
    leased.push_back(one[0]);
    one[0].state = bot::MessageState::sent;
    bot::Changes sent;
    sent.updates = {one[0]};
    commit(subject.store(), sent);
  }
  CHECK(std::get<bot::Say>(leased[0].message.content).card.paragraphs[0][0].value == "alice: [redacted]!");
  CHECK(std::get<bot::Say>(leased[1].message.content).card.title[0].value == "[redacted]");
  CHECK(std::get<bot::SetTopic>(leased[2].message.content).topic == "topic of m3");
}

TEMPLATE_TEST_CASE("a redaction touches no message and no stored reply that was made of another entry, however alike it reads", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  commit(subject.store(), scribe.one(1, EntryKind::declared, "a"));
  const std::string words = GENERATE(as<std::string>{}, "e", "api", "The api is failing for EU cards. Ask dana.");
  commit(subject.store(), scribe.one(1, EntryKind::note, words));
  const std::string body = "The api is failing for EU cards.";
  auto changes = scribe.one(1, EntryKind::public_update, body, {{"op", "op1"}, {"state", "investigating"}, {"title", "Problems with api"}, {"pages", "p"}});
  changes.dedup_keys = {"k1"};
  changes.reply.incident = 1;
  changes.reply.card.title = {bot::plain(body), bot::plain(words)};
  auto update = scribe.message("m1", "public");
  update.content = bot::PublicUpdate{"op1", "investigating", "Problems with api", body, {{"api", "major_outage"}}, "major", true, bot::Time{}};
  auto say = scribe.message("m2", "room");
  say.content = bot::Say{{{bot::plain(body), bot::plain(words)}, bot::Tone::neutral, {}, {}, {}, {}}};
  changes.messages = {update, say};
  commit(subject.store(), changes);

  auto redact = scribe.one(1, EntryKind::redacted, "", {{"entry", "2"}});
  redact.redactions = {{1, 2}};
  commit(subject.store(), redact);

  bot::LoadQuery query;
  query.dedup_keys = {"k1"};
  CHECK(must(subject.store().load(query)).replies.at("k1").card.title == changes.reply.card.title);
  const auto leased = must(subject.store().lease(scribe.lease("boot")));
  REQUIRE(leased.size() == 2);
  for (const auto& one : leased) {
    if (const auto* sent = std::get_if<bot::PublicUpdate>(&one.message.content)) CHECK((sent->body == body && sent->title == "Problems with api"));
    else CHECK(std::get<bot::Say>(one.message.content).card.title == changes.reply.card.title);
  }
}

TEMPLATE_TEST_CASE("a redacted public update is not to be sent any more, and the title it gave goes from those that follow", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  commit(subject.store(), scribe.one(1, EntryKind::declared, "a"));
  auto first = scribe.one(1, EntryKind::public_update, bot::public_text("Jane Roe's cards", "We look."), {{"op", "op1"}, {"title", "Problems with API"}, {"titled", "yes"}});
  auto m1 = scribe.message("m1", "public");
  m1.content = bot::PublicUpdate{"op1", "investigating", "Jane Roe's cards", "We look.", {}, "major", true, bot::Time{}};
  first.messages = {m1};
  commit(subject.store(), first);
  auto second = scribe.one(1, EntryKind::public_update, "Found it.", {{"op", "op2"}});
  auto m2 = scribe.message("m2", "other");
  m2.content = bot::PublicUpdate{"op2", "identified", "Jane Roe's cards", "Found it.", {}, "major", false, bot::Time{}};
  second.messages = {m2};
  commit(subject.store(), second);

  auto redact = scribe.one(1, EntryKind::redacted, "", {{"entry", "2"}});
  redact.redactions = {{1, 2}};
  commit(subject.store(), redact);
  const auto leased = must(subject.store().lease(scribe.lease("boot")));
  REQUIRE(leased.size() == 2);
  CHECK(bot::withdrawn(leased[0].message.content));
  CHECK_FALSE(bot::withdrawn(leased[1].message.content));
  CHECK(std::get<bot::PublicUpdate>(leased[0].message.content).title == "Problems with API");
  CHECK(std::get<bot::PublicUpdate>(leased[1].message.content).title == "Problems with API");
  CHECK(std::get<bot::PublicUpdate>(leased[1].message.content).body == "Found it.");
}

TEMPLATE_TEST_CASE("a redacted title goes from the room's name and topic, from pages and announcements", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  const std::string title = "Max Mustermann breach";
  commit(subject.store(), scribe.one(1, EntryKind::declared, title));
  const bool tried = GENERATE(false, true);
  bot::Changes later;
  auto open = scribe.message("m1", "room");
  open.content = bot::OpenRoom{"inc-1-max-mustermann-breach", title, false, "", ""};
  auto topic = scribe.message("m2", "topic");
  topic.content = bot::SetTopic{"INC-1 SEV1 Investigating | commander Max | Max Mustermann br…", "inc-1-max-mustermann-breach"};
  auto page = scribe.message("m3", "page");
  page.content = bot::PagePerson{"p", "bob", 1, "DRILL: " + title, "sev1", title + " is what Bob wrote", ""};
  auto news = scribe.message("m4", "announce");
  news.content = bot::Announce{{{bot::strong("INC-1"), bot::plain(title), bot::plain("about the " + title)}, bot::Tone::bad, {}, {}, {}, {}}};
  later.messages = {open, topic, page, news};
  commit(subject.store(), later);
  if (tried) REQUIRE(must(subject.store().lease(scribe.lease("boot"))).size() == 4);

  auto redact = scribe.one(1, EntryKind::redacted, "", {{"entry", "1"}});
  redact.redactions = {{1, 1}};
  commit(subject.store(), redact);
  const auto leased = must(subject.store().lease(scribe.lease("another boot")));
  REQUIRE(leased.size() == 4);
  std::map<std::string, bot::Content> now;
  for (const auto& one : leased) now[one.message.id] = one.message.content;
  const auto& room = std::get<bot::OpenRoom>(now["m1"]);
  CHECK((room.title == "[redacted]" && room.name == "inc-1"));
  CHECK(room.before == (tried ? "inc-1-max-mustermann-breach" : ""));  // an attempt may have made it: it is still looked for
  CHECK(std::get<bot::SetTopic>(now["m2"]).topic == "INC-1 SEV1 Investigating | commander Max | [redacted]");
  CHECK(std::get<bot::SetTopic>(now["m2"]).name == "inc-1");
  CHECK(std::get<bot::PagePerson>(now["m3"]).title == "DRILL: [redacted]");
  CHECK(std::get<bot::PagePerson>(now["m3"]).text == title + " is what Bob wrote");
  const auto& told = std::get<bot::Announce>(now["m4"]).card.title;
  CHECK((told[1].value == "[redacted]" && told[2].value == "about the " + title));
}

TEMPLATE_TEST_CASE("an entry is loaded with the corrections and edits that still have their words", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  commit(subject.store(), scribe.one(1, EntryKind::declared, "a"));
  for (const char* of : {"1", "1", "2"}) commit(subject.store(), scribe.one(1, EntryKind::corrected, "b", {{"entry", of}}));
  commit(subject.store(), scribe.one(1, EntryKind::withdrawn, "", {{"entry", "1"}}));
  auto redact = scribe.one(1, EntryKind::redacted, "", {{"entry", "2"}});
  redact.redactions = {{1, 2}};
  commit(subject.store(), redact);
  bot::LoadQuery query;
  query.entries = {{1, 1}, {1, 1}, {1, 9}};
  auto loaded = must(subject.store().load(query));
  CHECK(loaded.amendments[{1, 1}] == std::vector<std::int64_t>{3});
}

TEMPLATE_TEST_CASE("an empty batch and empty changes are fine", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  commit(subject.store(), std::vector<bot::Changes>{});
  commit(subject.store(), bot::Changes{});
  CHECK(subject.store().maintain().ok());
  CHECK_FALSE(must(subject.store().purge(bot::Time{})));
}

TEMPLATE_TEST_CASE("an adapter's state is kept with its commit, replaced, and forgotten when empty", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  auto state = [&](const std::string& key) { return must(subject.reader().adapter_state(key)); };
  CHECK_FALSE(state("matrix/next_batch"));
  auto changes = scribe.one(1, EntryKind::declared, "a");
  changes.state = {{"matrix/next_batch", "s1"}, {"slack/token", "t\n\"1\""}};
  commit(subject.store(), changes);
  CHECK(state("matrix/next_batch") == "s1");
  CHECK(state("slack/token") == "t\n\"1\"");
  CHECK_FALSE(state("matrix"));

  bot::Changes alone;  // a checkpoint, a repeat, a refusal: nothing else in it
  alone.at = scribe.now;
  alone.state = {{"matrix/next_batch", "s2"}};
  bot::Changes later = alone;
  later.state = {{"matrix/next_batch", "s3"}, {"slack/token", ""}};
  commit(subject.store(), std::vector<bot::Changes>{alone, later});
  CHECK(state("matrix/next_batch") == "s3");
  CHECK_FALSE(state("slack/token"));
  CHECK(must(subject.reader().last_position()) == 1);
}

TEMPLATE_TEST_CASE("state of a batch that is refused does not move", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  bot::Changes first;
  first.at = scribe.now;
  first.state = {{"matrix/next_batch", "s1"}};
  commit(subject.store(), first);
  auto wrong = scribe.one(1, EntryKind::declared, "a");
  wrong.entries[0].seq = 5;
  bot::Changes moved = first;
  moved.state = {{"matrix/next_batch", "s2"}};
  std::vector<bot::Changes> batch{moved, wrong};
  CHECK_FALSE(subject.store().commit(batch).ok());
  CHECK(must(subject.reader().adapter_state("matrix/next_batch")) == "s1");
}

TEMPLATE_TEST_CASE("references are loaded by incident, integration and name, the newest id of each", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe scribe;
  auto changes = scribe.one(1, EntryKind::declared, "a");
  scribe.write(changes, 2, EntryKind::declared, "b");
  changes.references = {{1, "slack", "captured:C1/1", "3"}, {1, "matrix", "captured:C1/1", "4"}, {2, "slack", "captured:C1/1", "5"}, {1, "slack", "room", "C1"}};
  commit(subject.store(), changes);
  bot::Changes more;
  more.at = scribe.now;
  more.references = {{1, "slack", "captured:C1/1", "9"}};
  commit(subject.store(), more);
  bot::LoadQuery query;
  query.references = {{1, "slack", "captured:C1/1", ""}, {1, "slack", "captured:C1/1", ""}, {1, "slack", "captured:C1/2", ""}, {3, "slack", "room", ""}};
  const auto loaded = must(subject.store().load(query));
  REQUIRE_FALSE(loaded.references.empty());
  for (const auto& r : loaded.references) CHECK((r.incident == 1 && r.integration == "slack" && r.what == "captured:C1/1" && r.id == "9"));
}
