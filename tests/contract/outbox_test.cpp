// What every store promises about messages: lanes, leases, deaths, supersession.
#include "tests/contract/stores.hpp"

using namespace contract;
using bot::MessageState;

namespace {

bot::Changes sending(std::vector<bot::Message> messages) {
  bot::Changes changes;
  changes.messages = std::move(messages);
  return changes;
}

void finish(bot::Store& store, bot::QueuedMessage m, MessageState state, bot::Time next_at = {}) {
  m.state = state;
  m.next_at = next_at;
  bot::Changes changes;
  changes.updates = {std::move(m)};
  commit(store, changes);
}

std::vector<std::string> ids(const std::vector<bot::QueuedMessage>& messages) {
  std::vector<std::string> out;
  for (const auto& m : messages) out.push_back(m.message.id);
  return out;
}

using Ids = std::vector<std::string>;

bot::Message replacing(Scribe& s, const std::string& id, const std::string& lane, const std::string& key) {
  auto m = s.message(id, lane);
  m.supersedes = key;
  return m;
}

/// An edit of the card whose time runs out so much later.
bot::Message later_edit(Scribe& s, const std::string& id, int seconds) {
  auto m = replacing(s, id, "A", "summary");
  m.content = bot::EditSummary{};
  m.deadline += std::chrono::seconds{seconds};
  return m;
}

}  // namespace

TEMPLATE_TEST_CASE("only the oldest open message of a lane is leased", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  commit(subject.store(), sending({s.message("a1", "A"), s.message("a2", "A"), s.message("b1", "B")}));
  CHECK(must(subject.store().next_due()) == s.now);
  const auto first = must(subject.store().lease(s.lease("boot")));
  CHECK(ids(first) == Ids{"a1", "b1"});
  CHECK((first[0].state == MessageState::sending && first[0].boot == "boot" && !first[0].in_doubt));
  CHECK(std::get<bot::SetTopic>(first[0].message.content).topic == "topic of a1");
  CHECK((first[0].message.lane == "A" && first[0].message.integration == "slack" && first[0].message.deadline == s.now + bot::Millis{3600000}));
  CHECK(must(subject.store().lease(s.lease("boot"))).empty());
  CHECK_FALSE(must(subject.store().next_due()));
  finish(subject.store(), first[0], MessageState::sent);
  CHECK(ids(must(subject.store().lease(s.lease("boot")))) == Ids{"a2"});
}

TEMPLATE_TEST_CASE("leases come by class, then by age, and only where there is room", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  commit(subject.store(), sending({s.message("cosmetic", "1", bot::LaneClass::cosmetic), s.message("room", "2"), s.message("page", "3", bot::LaneClass::page, "page"),
                                   s.message("public", "4", bot::LaneClass::public_update), s.message("mail", "5", bot::LaneClass::page, "email"), s.message("room2", "6")}));
  auto query = s.lease("boot");
  query.room_for = {{"slack", 2}, {"page", 5}};
  CHECK(ids(must(subject.store().lease(query))) == Ids{"page", "public", "room"});
  query.room_for = {{"slack", 1}};
  CHECK(ids(must(subject.store().lease(query))) == Ids{"room2"});
  query.room_for = {{"slack", 0}};
  CHECK(must(subject.store().lease(query)).empty());
  CHECK(must(subject.store().next_due()) == s.now);
}

TEMPLATE_TEST_CASE("of very many due lanes the first come first all the same, and those whose time has not come are passed over", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  std::vector<bot::Message> storm;
  for (int i = 0; i < 600; ++i) storm.push_back(s.message("m" + std::to_string(i), "lane " + std::to_string(i), i % 2 == 0 ? bot::LaneClass::cosmetic : bot::LaneClass::room));
  storm.push_back(s.message("page", "alice", bot::LaneClass::page));
  commit(subject.store(), sending(std::move(storm)));
  auto query = s.lease("boot");
  query.room_for = {{"slack", 4}};
  const auto first = must(subject.store().lease(query));
  CHECK(ids(first) == Ids{"page", "m1", "m3", "m5"});
  for (const auto& m : first) finish(subject.store(), m, MessageState::queued, s.now + bot::Millis{1000});
  CHECK(ids(must(subject.store().lease(query))) == Ids{"m7", "m9", "m11", "m13"});
  query.now = s.now + bot::Millis{1000};
  CHECK(ids(must(subject.store().lease(query))) == Ids{"page", "m1", "m3", "m5"});
}

TEMPLATE_TEST_CASE("a message waits until its time and holds its lane meanwhile", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  commit(subject.store(), sending({s.message("a1", "A"), s.message("a2", "A")}));
  auto leased = must(subject.store().lease(s.lease("boot")));
  leased[0].attempts = 1;
  leased[0].problem = "connection refused";
  const auto later = s.now + bot::Millis{5000};
  finish(subject.store(), leased[0], MessageState::queued, later);
  CHECK(must(subject.store().next_due()) == later);
  CHECK(must(subject.store().lease(s.lease("boot"))).empty());
  s.now = later;
  leased = must(subject.store().lease(s.lease("boot")));
  CHECK(ids(leased) == Ids{"a1"});
  CHECK((leased[0].attempts == 1 && leased[0].problem == "connection refused" && leased[0].last_attempt == later - bot::Millis{5000}));
}

TEMPLATE_TEST_CASE("an unknown outcome is leased for a look, with its counters", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  commit(subject.store(), sending({s.message("a1", "A")}));
  auto leased = must(subject.store().lease(s.lease("boot")));
  leased[0].doubts = 1;
  leased[0].looks = 1;
  leased[0].attempts = 2;
  finish(subject.store(), leased[0], MessageState::unknown, s.now);
  leased = must(subject.store().lease(s.lease("boot")));
  REQUIRE(leased.size() == 1);
  CHECK((leased[0].in_doubt && leased[0].state == MessageState::sending && leased[0].doubts == 1 && leased[0].looks == 1 && leased[0].attempts == 2));
}

TEMPLATE_TEST_CASE("a public update that a problem keeps waiting is in trouble until it is through", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  auto update = s.message("p1", "P", bot::LaneClass::public_update);
  update.content = bot::PublicUpdate{"op", "investigating", "T", "B", {}, "", true, s.now};
  commit(subject.store(), sending({update, s.message("r1", "R")}));
  CHECK(must(subject.reader().troubled(10)).empty());
  auto leased = must(subject.store().lease(s.lease("boot")));
  for (auto& m : leased) m.problem = "could not be reached";
  for (auto& m : leased) finish(subject.store(), m, MessageState::queued, s.now);
  REQUIRE(ids(must(subject.reader().troubled(10))) == Ids{"p1"});  // a message for a chat is nobody's trouble yet
  CHECK(must(subject.reader().troubled(10))[0].problem == "could not be reached");
  leased = must(subject.store().lease(s.lease("boot")));
  CHECK(ids(must(subject.reader().troubled(10))) == Ids{"p1"});  // also while it is being tried
  leased = must(subject.store().lease(s.lease("after a crash")));
  CHECK(ids(must(subject.reader().troubled(10))) == Ids{"p1"});
  leased[0].problem.clear();
  finish(subject.store(), leased[0], MessageState::sent);
  CHECK(must(subject.reader().troubled(10)).empty());
}

TEMPLATE_TEST_CASE("a held message blocks its lane until a person decides", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  commit(subject.store(), sending({s.message("p1", "P", bot::LaneClass::public_update), s.message("p2", "P", bot::LaneClass::public_update)}));
  auto leased = must(subject.store().lease(s.lease("boot")));
  leased[0].problem = "not found on two looks";
  finish(subject.store(), leased[0], MessageState::held);
  CHECK_FALSE(must(subject.store().next_due()));
  CHECK(must(subject.store().lease(s.lease("boot"))).empty());

  bot::LoadQuery query;
  query.troubled = {1, 2};
  const auto held = must(subject.store().load(query)).troubled;
  REQUIRE(held.size() == 1);
  REQUIRE(ids(held.at(1)) == Ids{"p1"});
  CHECK(held.at(1)[0].problem == "not found on two looks");
  CHECK(ids(must(subject.reader().troubled(10))) == Ids{"p1"});
  finish(subject.store(), held.at(1)[0], MessageState::queued, s.now);
  CHECK(must(subject.store().load(query)).troubled.empty());
  leased = must(subject.store().lease(s.lease("boot")));
  CHECK(ids(leased) == Ids{"p1"});
  finish(subject.store(), leased[0], MessageState::dropped);
  CHECK(ids(must(subject.store().lease(s.lease("boot")))) == Ids{"p2"});
}

TEMPLATE_TEST_CASE("leases of another boot are unknown outcomes at once and every death is counted", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  commit(subject.store(), sending({s.message("a1", "A"), s.message("a2", "A")}));
  REQUIRE(must(subject.store().lease(s.lease("one"))).size() == 1);
  auto leased = must(subject.store().lease(s.lease("two")));
  REQUIRE(ids(leased) == Ids{"a1"});
  CHECK((leased[0].in_doubt && leased[0].deaths == 1 && leased[0].boot == "two"));
  CHECK(must(subject.store().lease(s.lease("two"))).empty());
  leased = must(subject.store().lease(s.lease("three")));
  REQUIRE(ids(leased) == Ids{"a1"});
  CHECK((leased[0].in_doubt && leased[0].deaths == 2 && !leased[0].problem.empty()));
}

TEMPLATE_TEST_CASE("a newer message supersedes unsent older ones of its key and lane only", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  const auto edit = [&s](const std::string& id, const std::string& lane, const std::string& key) { return replacing(s, id, lane, key); };
  commit(subject.store(), sending({edit("e1", "A", "summary"), edit("t1", "A", "topic"), s.message("s1", "A"), edit("x1", "B", "summary"), edit("e2", "A", "summary")}));
  // e1 is gone before it was tried; t1 is now the head.
  auto leased = must(subject.store().lease(s.lease("boot")));
  CHECK(ids(leased) == Ids{"t1", "x1"});
  commit(subject.store(), sending({edit("t2", "A", "topic"), edit("e3", "A", "summary")}));  // t1 is under way and stays
  finish(subject.store(), leased[0], MessageState::sent);
  Ids order;
  for (;;) {
    leased = must(subject.store().lease(s.lease("boot")));
    if (leased.empty()) break;
    order.push_back(leased[0].message.id);
    finish(subject.store(), leased[0], MessageState::sent);
  }
  CHECK(order == Ids{"s1", "t2", "e3"});
}

TEMPLATE_TEST_CASE("a newer message takes the place of the one it supersedes, unless it would overtake its own incident", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  auto news = [&](const std::string& id, std::int64_t incident, const std::string& key) {
    auto m = replacing(s, id, "announce", key);
    m.incident = incident;
    return m;
  };
  commit(subject.store(), sending({news("a1", 1, "1"), news("b1", 2, "2"), news("a2", 1, "1")}));
  bot::QueuedMessage gone;
  gone.message = news("a1", 1, "1");
  finish(subject.store(), gone, MessageState::sent);  // nobody knows it any more
  commit(subject.store(), sending({news("said", 2, ""), news("b2", 2, "2"), news("a3", 1, "1")}));
  Ids order;
  for (auto leased = must(subject.store().lease(s.lease("boot"))); !leased.empty(); leased = must(subject.store().lease(s.lease("boot")))) {
    CHECK(std::get<bot::SetTopic>(leased[0].message.content).topic == "topic of " + leased[0].message.id);
    order.push_back(leased[0].message.id);
    finish(subject.store(), leased[0], MessageState::sent);
  }
  CHECK(order == Ids{"a3", "said", "b2"});
}

TEST_CASE("behind a message that is superseded 31 others are looked through; of more, the newer one goes to the end") {
  for (const int behind : {31, 32}) {
    INFO(behind << " behind");
    SqliteSubject subject;
    Scribe s;
    const auto of = [](bot::Message m, std::int64_t incident) { return m.incident = incident, m; };
    std::vector<bot::Message> all{of(replacing(s, "first", "announce", "1"), 1)};
    for (int i = 1; i <= behind; ++i) all.push_back(of(s.message("b" + std::to_string(i), "announce"), 1 + i));
    all.push_back(of(replacing(s, "newer", "announce", "1"), 1));
    commit(subject.store(), sending(all));
    CHECK(ids(must(subject.store().lease(s.lease("boot")))) == (behind < 32 ? Ids{"newer"} : Ids{"b1"}));
  }
}

TEMPLATE_TEST_CASE("what takes a place waits as long as the vendor asked the older one to, and is found again after a restart", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  const auto topic = [&s](const std::string& id) { return replacing(s, id, "A", "topic"); };
  commit(subject.store(), sending({topic("t1")}));
  finish(subject.store(), must(subject.store().lease(s.lease("boot")))[0], MessageState::queued, s.now + bot::Millis{5000});  // not sent: wait
  commit(subject.store(), sending({topic("t2")}));
  CHECK(must(subject.store().lease(s.lease("boot"))).empty());
  CHECK(must(subject.store().next_due()) == s.now + bot::Millis{5000});
  s.now += bot::Millis{5000};
  auto leased = must(subject.store().lease(s.lease("boot")));
  REQUIRE(ids(leased) == Ids{"t2"});
  CHECK(std::get<bot::SetTopic>(leased[0].message.content).topic == "topic of t2");
  finish(subject.store(), leased[0], MessageState::sent);
  CHECK(must(subject.store().lease(s.lease("boot"))).empty());
}

TEMPLATE_TEST_CASE("an edit of the card that waits shows the next change, too, until its time is nearly over", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  const auto edit = [&s](const std::string& id, int seconds) { return later_edit(s, id, seconds); };
  commit(subject.store(), sending({edit("e1", 0), edit("e2", 59)}));
  commit(subject.store(), sending({edit("e3", 60)}));
  commit(subject.store(), sending({edit("e4", 61)}));
  const auto leased = must(subject.store().lease(s.lease("boot")));
  REQUIRE(ids(leased) == Ids{"e3"});
  CHECK(leased[0].message.deadline == edit("", 60).deadline);
  commit(subject.store(), sending({edit("e5", 62)}));  // e3 is under way: it may have been drawn already
  finish(subject.store(), leased[0], MessageState::sent);
  CHECK(ids(must(subject.store().lease(s.lease("boot")))) == Ids{"e5"});
}

TEMPLATE_TEST_CASE("what an edit's time is compared with moves along with the clock", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  const auto edit = [&s](const std::string& id, int seconds) { return later_edit(s, id, seconds); };
  commit(subject.store(), sending({edit("e1", 0)}));
  REQUIRE(subject.store().shift_due(-std::chrono::hours{2}, "escalate"));
  commit(subject.store(), sending({edit("e2", -7200 + 61)}));
  CHECK(ids(must(subject.store().lease(s.lease("boot")))) == Ids{"e2"});
}

TEST_CASE("after a restart an older message is found on the disk") {
  SqliteSubject subject;
  Scribe s;
  const auto topic = [&s](const std::string& id) { return replacing(s, id, "A", "topic"); };
  commit(subject.store(), sending({topic("t1")}));
  subject.reopen();
  commit(subject.store(), sending({topic("t2"), s.message("s1", "A")}));
  CHECK(ids(must(subject.store().lease(s.lease("boot")))) == Ids{"t2"});
}

TEMPLATE_TEST_CASE("a message that was tried before is not superseded", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  auto first = s.message("e1", "A");
  first.supersedes = "summary";
  commit(subject.store(), sending({first}));
  auto leased = must(subject.store().lease(s.lease("boot")));
  leased[0].attempts = 1;
  finish(subject.store(), leased[0], MessageState::queued, s.now);
  auto second = first;
  second.id = "e2";
  commit(subject.store(), sending({second}));
  CHECK(ids(must(subject.store().lease(s.lease("boot")))) == Ids{"e1"});
}

TEMPLATE_TEST_CASE("an update of an unknown message is ignored; its lane may come to life again", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  bot::QueuedMessage stranger;
  stranger.message = s.message("nobody", "A");
  finish(subject.store(), stranger, MessageState::sent);
  commit(subject.store(), sending({s.message("a1", "A")}));
  auto leased = must(subject.store().lease(s.lease("boot")));
  finish(subject.store(), leased[0], MessageState::dead);
  CHECK(ids(must(subject.reader().troubled(10))) == Ids{"a1"});
  finish(subject.store(), leased[0], MessageState::queued, s.now);
  CHECK(ids(must(subject.store().lease(s.lease("boot")))) == Ids{"a1"});
}

TEMPLATE_TEST_CASE("what waits, is held or dead is counted per integration", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  auto later = s.message("a2", "A2");
  later.created = s.now + bot::Millis{1};
  commit(subject.store(), sending({s.message("a1", "A1"), later, s.message("p1", "P", bot::LaneClass::page, "page"), s.message("d1", "D"), s.message("s1", "S")}));
  for (const auto& m : must(subject.store().lease(s.lease("boot")))) {
    if (m.message.id == "d1") finish(subject.store(), m, MessageState::dead);
    else if (m.message.id == "s1") finish(subject.store(), m, MessageState::sent);
    else if (m.message.id == "p1") finish(subject.store(), m, MessageState::unknown, s.now);
    else finish(subject.store(), m, MessageState::queued, s.now);
  }
  const auto counts = must(subject.reader().outbox_counts());
  REQUIRE(counts.size() == 3);
  CHECK((counts[0].integration == "page" && counts[0].state == MessageState::unknown && counts[0].count == 1));
  CHECK((counts[1].integration == "slack" && counts[1].state == MessageState::queued && counts[1].count == 2 && counts[1].oldest == s.now));
  CHECK((counts[2].state == MessageState::dead && counts[2].count == 1));
}

TEMPLATE_TEST_CASE("what waits for somebody is not hidden behind older messages that are lost", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  commit(subject.store(), sending({s.message("d1", "A"), s.message("d2", "B"), s.message("h1", "C"), s.message("d3", "D"), s.message("h2", "E")}));
  for (const auto& m : must(subject.store().lease(s.lease("boot")))) finish(subject.store(), m, m.message.id[0] == 'h' ? MessageState::held : MessageState::dead);
  CHECK(ids(must(subject.reader().troubled(1))) == Ids{"h1"});
  CHECK(ids(must(subject.reader().troubled(3))) == Ids{"h1", "h2", "d3"});
  CHECK(ids(must(subject.reader().troubled(10))) == Ids{"h1", "h2", "d3", "d2", "d1"});
}

TEMPLATE_TEST_CASE("finished messages are purged when old, open and dead ones stay", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  std::vector<bot::Message> messages;
  for (int i = 0; i < 30; ++i) messages.push_back(s.message("m" + std::to_string(i), "lane" + std::to_string(i)));
  messages.push_back(s.message("dead", "dead"));
  messages.push_back(s.message("open", "open"));
  commit(subject.store(), sending(messages));
  for (const auto& m : must(subject.store().lease(s.lease("boot", 100)))) {
    if (m.message.id == "open") finish(subject.store(), m, MessageState::held);
    else finish(subject.store(), m, m.message.id == "dead" ? MessageState::dead : MessageState::sent);
  }
  while (must(subject.store().purge(s.now))) {}
  while (must(subject.store().purge(s.now + bot::Millis{1}))) {}
  CHECK(ids(must(subject.reader().troubled(10))) == Ids{"open", "dead"});
  commit(subject.store(), sending({s.message("m1", "lane1")}));  // the id is free again
  CHECK(ids(must(subject.store().lease(s.lease("boot")))) == Ids{"m1"});
}
