#include "bot/coordinator.hpp"

#include <catch2/catch.hpp>

#include <set>

#include "bot/narrate.hpp"
#include "commands/table.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

using namespace bot;

namespace {

struct House {
  support::FakeEnv env;
  support::FakeStore store;
  Settings settings;
  People people;
  std::unique_ptr<Commands> commands = commands::make_table();
  std::unique_ptr<Coordinator> coordinator;

  explicit House(CoordinatorLimits limits = {}) {
    people.put({"dana", "Dana", false, {}, ""});
    people.put({"bob", "Bob", false, {{"slack", "U02"}}, ""});
    coordinator = std::make_unique<Coordinator>(store, store, *commands, settings, people, env.env(), limits);
  }

  static Request typed(const std::string& text, const std::string& key = "", const std::string& who = "dana") {
    Request r;
    r.caller = {ActorKind::person, "console", who, who, {}};
    if (!key.empty()) r.dedup_keys = {key};
    r.body = Typed{text};
    return r;
  }

  /// Bob's message in INC-1's room, pinned (or what became of it since).
  static Request captured(const std::string& text, Capture::What what = Capture::What::put) {
    Request r;
    r.caller = {ActorKind::person, "slack", "U02", "bob", {}};
    Capture c;
    c.what = what;
    c.incident = 1;
    c.message = "C1/1.1";
    c.text = text;
    r.body = c;
    return r;
  }

  /// Submits, runs the loop, gives the answer.
  Reply say(const std::string& text, const std::string& key = "", const std::string& who = "dana") {
    std::optional<Reply> got;
    coordinator->submit(typed(text, key, who), [&got](Reply r) { got = std::move(r); });
    while (coordinator->run_once()) {
    }
    REQUIRE(got);
    return *got;
  }

  Reply ask(Request r) {
    std::optional<Reply> got;
    coordinator->submit(std::move(r), [&got](Reply reply) { got = std::move(reply); });
    while (coordinator->run_once()) {
    }
    REQUIRE(got);
    return *got;
  }

  std::vector<Entry> timeline(std::int64_t n) { return store.timeline(n, 0, 1000).value(); }
};

}  // namespace

TEST_CASE("a declared incident is on its timeline, numbered, chained and folded into its row") {
  House h;
  CHECK(h.say("declare sev1 checkout returns 500").status == ReplyStatus::ok);
  CHECK(h.say("INC-1 note the pool is exhausted").status == ReplyStatus::ok);
  CHECK(h.say("INC-1 severity sev2").status == ReplyStatus::ok);
  const auto entries = h.timeline(1);
  REQUIRE(entries.size() >= 3);
  Incident folded;
  Hash head{};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    CHECK(entries[i].seq == static_cast<std::int64_t>(i + 1));
    CHECK(entries[i].hash == chain_hash(head, entries[i]));
    CHECK(entries[i].text_hash == text_hash(entries[i].salt, *entries[i].text));
    head = entries[i].hash;
    apply(folded, entries[i]);
  }
  CHECK(folded == **h.store.incident(1));
}

TEST_CASE("a repeated delivery gets the stored answer and happens once") {
  House h;
  const Reply first = h.say("declare sev1 first", "slack:trigger:1");
  const Reply second = h.say("declare sev1 first", "slack:trigger:1");
  CHECK(second.repeated);
  CHECK(second.incident == first.incident);
  CHECK_FALSE(**h.store.incident(1) == Incident{});
  CHECK_FALSE(*h.store.incident(2));
}

TEST_CASE("a repeat inside one batch happens once too") {
  House h;
  int answers = 0, repeated = 0;
  for (int i = 0; i < 3; ++i)
    h.coordinator->submit(House::typed("declare sev2 twice", "k"), [&](Reply r) {
      ++answers;
      repeated += r.repeated;
    });
  h.coordinator->run_once();
  CHECK(answers == 3);
  CHECK(repeated == 2);
  CHECK_FALSE(*h.store.incident(2));
}

TEST_CASE("a key that comes with another command is refused, in one batch or later, and nothing is recorded for it") {
  House h;
  h.say("declare sev1 x");
  const auto keyed = [](const std::string& text, const std::string& print) {
    Request r = House::typed(text, "api:ci:k");
    r.fingerprint = print;
    return r;
  };
  std::vector<Reply> got;
  for (const auto& [text, print] : {std::pair{"INC-1 note one", "1"}, {"INC-1 note two", "2"}, {"INC-1 note one", "1"}})
    h.coordinator->submit(keyed(text, print), [&got](Reply r) { got.push_back(std::move(r)); });
  h.coordinator->run_once();
  REQUIRE(got.size() == 3);
  CHECK(got[0].status == ReplyStatus::ok);
  CHECK(got[1].status == ReplyStatus::invalid);
  CHECK_FALSE(got[1].repeated);
  CHECK(got[2].repeated);
  const std::size_t before = h.timeline(1).size();
  const Reply other = h.ask(keyed("INC-1 note two", "2"));
  CHECK(other.status == ReplyStatus::invalid);
  CHECK(plain_text(other.card.title, h.people).find("this key was used for another command") != std::string::npos);
  const Reply again = h.ask(keyed("INC-1 note one", "1"));
  CHECK(again.status == ReplyStatus::ok);
  CHECK(again.repeated);
  CHECK(h.ask(House::typed("INC-1 note anything", "api:ci:k")).repeated);  // a sender without fingerprints is believed
  CHECK(h.timeline(1).size() == before);
}

TEST_CASE("a redaction takes along what could tell its words: the fingerprints of the incident's commands") {
  House h;
  h.say("declare sev1 x");
  h.say("INC-1 role commander");
  Request r = House::typed("INC-1 note Jane", "api:ci:k");
  r.fingerprint = "1";
  h.ask(r);
  const auto stored = [&h] {
    LoadQuery query;
    query.dedup_keys = {"api:ci:k"};
    return h.store.load(query).value().replies.at("api:ci:k").fingerprint;
  };
  CHECK(stored() == "1");
  h.say("INC-1 redact " + std::to_string(h.timeline(1).size()));
  CHECK(stored().empty());
}

TEST_CASE("requests of one batch see what the earlier ones did") {
  House h;
  std::vector<std::optional<std::int64_t>> numbers;
  for (int i = 0; i < 5; ++i) h.coordinator->submit(House::typed("declare sev3 thing " + std::to_string(i)), [&](Reply r) { numbers.push_back(r.incident); });
  h.coordinator->submit(House::typed("INC-1 note a"), [](Reply) {});
  h.coordinator->submit(House::typed("INC-1 note b"), [](Reply) {});
  CHECK(h.coordinator->run_once());
  CHECK_FALSE(h.coordinator->run_once());
  REQUIRE(numbers.size() == 5);
  for (int i = 0; i < 5; ++i) CHECK(numbers[static_cast<std::size_t>(i)] == i + 1);
  const auto entries = h.timeline(1);
  CHECK(*entries[entries.size() - 2].text == "a");
  CHECK(*entries.back().text == "b");
}

TEST_CASE("what the store could not record is answered so, and nothing is kept") {
  House h;
  h.say("declare sev1 x");
  h.store.fail_next_commit(support::FakeStore::Failure::unavailable);
  const Reply r = h.say("INC-1 note lost", "k1");
  CHECK(r.status == ReplyStatus::unavailable);
  const Reply again = h.say("INC-1 note lost", "k1");
  CHECK(again.status == ReplyStatus::ok);
  CHECK_FALSE(again.repeated);
}

TEST_CASE("a commit of unknown outcome is never answered as ok, and ends the process") {
  House h;
  h.say("declare sev1 x");
  std::string fatal;
  h.coordinator->on_fatal = [&](const std::string& why) { fatal = why; };
  h.store.fail_next_commit(GENERATE(support::FakeStore::Failure::unknown_lost, support::FakeStore::Failure::unknown_kept));
  CHECK(h.say("INC-1 note perhaps", "k").status == ReplyStatus::maybe_recorded);
  CHECK_FALSE(fatal.empty());
  const Reply again = h.say("INC-1 note perhaps", "k");  // the same key after the restart: once, either way
  CHECK(again.status == ReplyStatus::ok);
  int notes = 0;
  for (const auto& e : h.timeline(1)) notes += e.kind == EntryKind::note;
  CHECK(notes == 1);
}

TEST_CASE("a request that came twice at once and was refused is not recorded by its second copy") {
  House h;
  const bool disk_fails = GENERATE(false, true);
  if (disk_fails) h.store.fail_next_commit(support::FakeStore::Failure::unknown_kept);
  std::vector<Reply> replies;
  for (const auto& [text, key] : std::vector<std::pair<const char*, const char*>>{{"INC-1 note early", "k"}, {"declare sev2 x", "d"}, {"INC-1 note early", "k"}, {"INC-1 note late", "l"}})
    h.coordinator->submit(House::typed(text, key), [&](Reply r) { replies.push_back(std::move(r)); });
  CHECK(h.coordinator->run_once());
  REQUIRE(replies.size() == 4);
  CHECK(replies[0].status == ReplyStatus::not_found);
  CHECK(replies[2].status == ReplyStatus::not_found);  // one of them saying "may be recorded" would make a lie of the other
  CHECK(replies[3].status == (disk_fails ? ReplyStatus::maybe_recorded : ReplyStatus::ok));
  CHECK(*h.timeline(1).back().text == "late");
  CHECK(h.timeline(1).size() == 2);
  CHECK(h.say("INC-1 note early", "k").status == ReplyStatus::ok);  // later it is a new attempt
}

TEST_CASE("a commit that lost a race is decided again on what is there now") {
  House h;
  h.say("declare sev1 x");
  h.store.fail_next_commit(support::FakeStore::Failure::conflict);
  CHECK(h.say("INC-1 note after the race").status == ReplyStatus::ok);
  CHECK(*h.timeline(1).back().text == "after the race");
}

TEST_CASE("a full queue sheds people and alerts with a time to come back, never outcomes") {
  CoordinatorLimits limits;
  limits.queued_requests = 2;
  House h(limits);
  std::vector<Reply> replies;
  for (int i = 0; i < 3; ++i) h.coordinator->submit(House::typed("declare sev3 n"), [&](Reply r) { replies.push_back(r); });
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].status == ReplyStatus::unavailable);
  CHECK(replies[0].retry_after);
  Request outcome;
  outcome.cls = RequestClass::housekeeping;
  outcome.caller = {ActorKind::muster, "muster", "muster", "Muster", {}};
  outcome.body = SendOutcome{};
  h.coordinator->submit(outcome, [&](Reply r) { replies.push_back(r); });
  CHECK(replies.size() == 1);
  CHECK(h.coordinator->queued() == 3);
}

TEST_CASE("what would wait too long at the pace of late is refused at once, and no burst is before a pace is known") {
  CoordinatorLimits limits;
  limits.batch_requests = limits.batch_along = 40;
  House h(limits);
  int taken = 0, refused = 0;
  const auto flood = [&](RequestClass cls, int times, Millis each) {
    taken = refused = 0;
    for (int i = 0; i < times; ++i) {
      Request r = House::typed("declare sev4 flood");
      r.cls = cls;
      h.coordinator->submit(r, [&, each](Reply reply) {
        ++(reply.status == ReplyStatus::ok ? taken : refused);
        h.env.clock.advance(each);
      });
    }
    CHECK(h.coordinator->turns_away(cls) == (refused > 0));
    while (h.coordinator->run_once()) {
    }
  };
  flood(RequestClass::alert, 1000, Millis{1});
  CHECK(refused == 0);
  flood(RequestClass::alert, 1000, Millis{1});
  CHECK(taken == 75);  // 100 ms at 1 ms each, a quarter of them people's alone
  flood(RequestClass::human, 1000, Millis{10});
  CHECK(taken == 100);
  flood(RequestClass::human, 1000, Millis{0});
  CHECK(taken == 40);  // however slow it is, one batch may wait: it tells the new pace
  flood(RequestClass::human, 30, Millis{1000});
  CHECK(refused == 0);
  for (int i = 0; i < 500; ++i) {  // outcomes are never refused, and they keep nobody out
    Request outcome;
    outcome.cls = RequestClass::housekeeping;
    outcome.caller = {ActorKind::muster, "muster", "muster", "Muster", {}};
    outcome.body = Checkpoint{};
    h.coordinator->submit(outcome, [](Reply) {});
  }
  flood(RequestClass::human, 30, Millis{0});
  CHECK(refused == 0);
  for (int i = 0; i < 12; ++i) flood(RequestClass::human, 1000, Millis{0});
  CHECK(taken > 500);
}

TEST_CASE("people are decided before alerts, and alerts are not starved by people") {
  CoordinatorLimits limits;
  limits.batch_requests = 16;
  House h(limits);
  std::vector<std::string> order;
  for (int i = 0; i < 10; ++i) {
    Request r = House::typed("declare sev4 alert-like");
    r.cls = RequestClass::alert;
    h.coordinator->submit(r, [&](Reply) { order.push_back("alert"); });
  }
  for (int i = 0; i < 30; ++i) h.coordinator->submit(House::typed("declare sev3 human"), [&](Reply) { order.push_back("human"); });
  h.coordinator->run_once();
  REQUIRE(order.size() == 16);
  CHECK(order.front() == "human");
  CHECK(std::count(order.begin(), order.end(), "alert") == 8);
}

TEST_CASE("somebody who types during a flood of alerts waits for few of them") {
  House h;
  std::vector<std::string> order;
  const auto submit = [&](RequestClass cls, const std::string& name, int times) {
    for (int i = 0; i < times; ++i) {
      Request r = House::typed("declare sev4 " + name);
      r.cls = cls;
      h.coordinator->submit(r, [&order, name](Reply) { order.push_back(name); });
    }
  };
  submit(RequestClass::alert, "alert", 200);
  submit(RequestClass::human, "human", 1);
  h.coordinator->run_once();
  CHECK(order.size() == 9);  // one commit answers all of a batch at once, so its size is the person's wait
  CHECK(order.front() == "human");
  h.coordinator->run_once();
  CHECK(order.size() == 9 + CoordinatorLimits{}.batch_along);  // a batch without people is short as well, for whoever comes during it
  while (h.coordinator->run_once()) {
  }
  CHECK(order.size() == 201);
  order.clear();
  submit(RequestClass::alert, "alert", 100);
  submit(RequestClass::human, "human", 20);
  h.coordinator->run_once();
  CHECK(std::count(order.begin(), order.end(), "human") == 20);
  CHECK(std::count(order.begin(), order.end(), "alert") == 20);
}

TEST_CASE("alerts never fill the queue so far that people are turned away") {
  CoordinatorLimits limits;
  limits.queued_requests = 8;
  House h(limits);
  int refused_alerts = 0, refused_people = 0;
  for (int i = 0; i < 10; ++i) {
    Request r = House::typed("declare sev4 alert-like");
    r.cls = RequestClass::alert;
    h.coordinator->submit(r, [&](Reply reply) { refused_alerts += reply.status == ReplyStatus::unavailable; });
  }
  for (int i = 0; i < 3; ++i) h.coordinator->submit(House::typed("declare sev3 human"), [&](Reply reply) { refused_people += reply.status == ReplyStatus::unavailable; });
  CHECK(refused_alerts == 4);
  CHECK(refused_people == 1);
  CHECK(h.coordinator->queued() == 8);
}

TEST_CASE("while draining new requests are refused and waiting ones are still decided") {
  House h;
  std::vector<ReplyStatus> got;
  h.coordinator->submit(House::typed("declare sev3 early"), [&](Reply r) { got.push_back(r.status); });
  h.coordinator->drain();
  h.coordinator->submit(House::typed("declare sev3 late"), [&](Reply r) { got.push_back(r.status); });
  h.coordinator->run_once();
  REQUIRE(got.size() == 2);
  CHECK(got[0] == ReplyStatus::unavailable);
  CHECK(got[1] == ReplyStatus::ok);
}

TEST_CASE("a room stands for its incident") {
  House h;
  h.settings.slack.enabled = true;
  h.say("declare sev1 x");
  Changes c;
  c.references = {{1, "slack", "room", "C1"}};
  c.at = h.env.clock.now();
  std::vector<Changes> batch{c};
  REQUIRE(h.store.commit(batch));
  Request r = House::typed("note from the room");
  r.caller = {ActorKind::person, "slack", "U02", "bob", {}};
  r.room = RoomKey{"slack", "C1"};
  std::optional<Reply> got;
  h.coordinator->submit(r, [&](Reply x) { got = x; });
  h.coordinator->run_once();
  REQUIRE(got);
  CHECK(got->status == ReplyStatus::ok);
  CHECK(h.timeline(1).back().actor.id == "bob");
}

TEST_CASE("somebody the chat knows and Muster does not becomes a person in the same commit") {
  House h;
  Request r = House::typed("declare sev2 from a stranger");
  r.caller = {ActorKind::person, "slack", "U77", "erin", {}};
  h.coordinator->submit(r, [](Reply) {});
  h.coordinator->run_once();
  const auto people = h.store.people().value();
  REQUIRE(people.size() == 1);
  CHECK(people[0].id == "slack:U77");
  CHECK(people[0].name == "erin");
}

TEST_CASE("somebody first met in a request that was refused or failed is kept with the next commit") {
  House h;
  const auto dan = [](const std::string& text) {
    Request r = House::typed(text);
    r.caller = {ActorKind::person, "slack", "U09", "Dan", {}};
    return r;
  };
  SECTION("refused") { h.coordinator->submit(dan("INC-9 note x"), [](const Reply& reply) { CHECK(reply.status == ReplyStatus::not_found); }); }
  SECTION("not recorded") {
    h.store.fail_next_commit(support::FakeStore::Failure::unavailable);
    h.coordinator->submit(dan("declare sev1 x"), [](const Reply& reply) { CHECK(reply.status == ReplyStatus::unavailable); });
  }
  SECTION("only asked") { h.coordinator->submit(dan("help"), [](const Reply& reply) { CHECK(reply.status == ReplyStatus::ok); }); }
  h.coordinator->run_once();
  CHECK(h.store.people().value().empty());
  CHECK(h.say("declare sev1 y").status == ReplyStatus::ok);
  const auto kept = h.store.people().value();
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].name == "Dan");
}

TEST_CASE("an answer that builds on an earlier request of its batch fails with it") {
  House h;
  h.say("declare sev1 x");
  Alert alert;
  alert.integration = "alertmanager";
  alert.identity = "alertmanager/1";
  alert.name = "HighErrorRate";
  const auto delivery = [&alert](const std::string& key) {
    Request r;
    r.cls = RequestClass::alert;
    r.caller = {ActorKind::monitor, "alertmanager", "alertmanager", "alertmanager", {}};
    r.dedup_keys = {key};
    r.body = alert;
    return r;
  };
  std::vector<ReplyStatus> got;
  const auto keep = [&got](const Reply& reply) { got.push_back(reply.status); };
  h.coordinator->submit(House::typed("INC-9 note nowhere"), keep);  // refused by what is on disk
  h.coordinator->submit(delivery("from one replica"), keep);
  h.coordinator->submit(delivery("from the other"), keep);  // nothing new, if the first one is recorded
  h.store.fail_next_commit(support::FakeStore::Failure::unavailable);
  h.coordinator->run_once();
  CHECK(got == std::vector<ReplyStatus>{ReplyStatus::not_found, ReplyStatus::unavailable, ReplyStatus::unavailable});
}

TEST_CASE("a repeat of what is recorded is answered although its batch fails") {
  House h;
  h.say("declare sev1 x", "k1");
  std::vector<ReplyStatus> got;
  const auto keep = [&got](const Reply& reply) { got.push_back(reply.status); };
  h.coordinator->submit(House::typed("INC-1 note x", "k2"), keep);
  h.coordinator->submit(House::typed("INC-1 note x", "k2"), keep);
  h.coordinator->submit(House::typed("declare sev1 x", "k1"), keep);
  h.store.fail_next_commit(support::FakeStore::Failure::unavailable);
  h.coordinator->run_once();
  CHECK(got == std::vector<ReplyStatus>{ReplyStatus::unavailable, ReplyStatus::unavailable, ReplyStatus::ok});
}

TEST_CASE("a checkpoint alone moves its adapter's state and leaves no other trace") {
  House h;
  Request r;
  r.cls = RequestClass::housekeeping;
  r.caller = {ActorKind::muster, "matrix", "muster", "", {}};
  r.body = Checkpoint{};
  r.state = {{"matrix/next_batch", "s1"}};
  CHECK(h.ask(r).status == ReplyStatus::ok);
  CHECK(h.store.adapter_state("matrix/next_batch").value() == "s1");
  CHECK(h.store.last_position().value() == 0);
  CHECK(h.store.dedup_keys() == 0);
}

TEST_CASE("an adapter's state moves with a request, with its repeat, and with one that is refused") {
  House h;
  Request r = House::typed("declare sev1 x", "matrix:$1");
  r.state = {{"matrix/next_batch", "s1"}};
  CHECK(h.ask(r).status == ReplyStatus::ok);
  CHECK(h.store.adapter_state("matrix/next_batch").value() == "s1");
  r.state = {{"matrix/next_batch", "s2"}};
  const Reply again = h.ask(r);
  CHECK((again.repeated && again.incident == 1));
  CHECK(h.store.adapter_state("matrix/next_batch").value() == "s2");
  CHECK(h.timeline(1).size() == 1);
  Request wrong = House::typed("INC-1 severity sev9", "matrix:$2");
  wrong.state = {{"matrix/next_batch", "s3"}};
  CHECK(h.ask(wrong).status == ReplyStatus::invalid);
  CHECK(h.store.adapter_state("matrix/next_batch").value() == "s3");
  CHECK(h.timeline(1).size() == 1);
}

TEST_CASE("state whose commit fails has not moved") {
  House h;
  Request r = House::typed("declare sev1 x");
  r.state = {{"matrix/next_batch", "s1"}};
  h.store.fail_next_commit(support::FakeStore::Failure::unavailable);
  CHECK(h.ask(r).status == ReplyStatus::unavailable);
  CHECK_FALSE(h.store.adapter_state("matrix/next_batch").value());
}

TEST_CASE("a message or a change of the room finds its incident by the room, and other rooms leave no trace") {
  House h;
  h.say("declare sev1 x");
  Changes known;
  known.references = {{1, "slack", "room", "C1"}};
  std::vector<Changes> batch{known};
  REQUIRE(h.store.commit(batch).ok());
  Request r;
  r.caller = {ActorKind::person, "slack", "U02", "bob", {}};
  Capture c;
  c.message = "C1/1.1";
  c.author = {ActorKind::person, "slack", "U77", "erin", {}};
  c.text = "pool exhausted";
  r.body = c;
  r.room = RoomKey{"slack", "C9"};
  CHECK(h.ask(r).status == ReplyStatus::ok);
  CHECK(h.timeline(1).size() == 1);
  r.room = RoomKey{"slack", "C1"};
  CHECK(h.ask(r).incident == 1);
  REQUIRE(h.timeline(1).size() == 2);
  CHECK(h.timeline(1)[1].kind == EntryKind::captured);
  CHECK(h.people.find("slack:U77"));
  CHECK(h.ask(r).status == ReplyStatus::ok);  // the same message once more, without a dedup key
  CHECK(h.timeline(1).size() == 2);
  r.body = RoomChange{std::nullopt, "topic", "doomed"};
  CHECK(h.ask(r).incident == 1);
  CHECK(h.timeline(1).back().kind == EntryKind::room_changed);
}

TEST_CASE("a message put and edited in one batch is recorded twice, put twice only once") {
  House h;
  h.say("declare sev1 x");
  int answered = 0;
  for (const Request& r : {House::captured("node 3"), House::captured("node 3"), House::captured("node 4", Capture::What::edited)})
    h.coordinator->submit(r, [&](Reply) { ++answered; });
  while (h.coordinator->run_once()) {
  }
  CHECK(answered == 3);
  const auto entries = h.timeline(1);
  REQUIRE(entries.size() == 3);
  CHECK((entries[1].kind == EntryKind::captured && entries[2].kind == EntryKind::capture_edited));
  CHECK(fact(entries[2].facts, "entry") == "2");
}

TEST_CASE("a form says what the row says, for the incident named or the room's, and leaves no trace") {
  House h;
  h.say("declare sev1 x");
  Changes known;
  known.references = {{1, "slack", "room", "C1"}};
  std::vector<Changes> batch{known};
  REQUIRE(h.store.commit(batch).ok());
  const auto before = h.store.last_position().value();
  Request r;
  r.caller = {ActorKind::person, "slack", "U02", "bob", {}};
  r.room = RoomKey{"slack", "C1"};
  r.body = Typed{"severity"};
  const auto form = h.coordinator->form(r);
  REQUIRE(form);
  CHECK((form->verb == "severity" && form->incident == 1 && form->fields.at(0).initial == "sev1"));
  r.room.reset();
  CHECK_FALSE(h.coordinator->form(r));
  r.body = Invocation{"severity", 1, {{"severity", "sev2"}}};
  CHECK(h.coordinator->form(r)->fields.at(0).initial == "sev2");
  r.body = Invocation{"severity", 9, {}};
  CHECK(h.coordinator->form(r).error().kind == ErrorKind::not_found);
  r.body = Checkpoint{};
  CHECK_FALSE(h.coordinator->form(r));
  CHECK(h.store.last_position().value() == before);
}

TEST_CASE("two people who adopt a room at once get one incident and one refusal") {
  House h;
  h.settings.slack.enabled = true;
  std::vector<Reply> replies;
  for (const char* who : {"U02", "U03"}) {
    Request r;
    r.caller = {ActorKind::person, "slack", who, who, {}};
    r.room = RoomKey{"slack", "C7"};
    r.body = Typed{"adopt sev2 checkout is slow"};
    h.coordinator->submit(r, [&](Reply reply) { replies.push_back(std::move(reply)); });
  }
  while (h.coordinator->run_once()) {
  }
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].incident == 1);
  CHECK(replies[1].status == ReplyStatus::conflict);
  Request r;
  r.caller = {ActorKind::person, "slack", "U02", "bob", {}};
  r.room = RoomKey{"slack", "C7"};
  r.body = Typed{"note in the room"};
  CHECK(h.ask(r).incident == 1);
}

TEST_CASE("the row with its rhythm is what its timeline folds to") {
  House h;
  h.say("declare sev1 x");
  h.say("INC-1 update soon");
  h.say("INC-1 snooze 1h");
  h.say("INC-1 role commander");
  Incident folded;
  for (const auto& e : h.timeline(1)) apply(folded, e);
  const auto row = h.store.incident(1).value();
  REQUIRE(row);
  CHECK(*row == folded);
  CHECK((row->due.count("update") == 1 && row->due.count("commander") == 0 && row->snoozed_until));
  CHECK(h.store.timers().size() == 1);
}

TEST_CASE("whoever is in a private incident's own room is in the incident; a room that was open before vouches for nobody") {
  House h;
  h.settings.slack.enabled = true;
  h.say("declare private sev1 salaries leaked");
  h.say("declare sev1 checkout");
  h.say("INC-2 role commander");
  h.say("INC-2 private");
  Changes known;
  known.references = {{1, "slack", "room", "C1"}, {2, "slack", "room", "C2"}};
  std::vector<Changes> batch{known};
  REQUIRE(h.store.commit(batch).ok());
  Request r;
  r.caller = {ActorKind::person, "slack", "U02", "bob", {}};
  const auto typed_in = [&](const std::string& room, const std::string& text) {
    r.room = RoomKey{"slack", room};
    r.body = Typed{text};
    return h.ask(r).status;
  };
  CHECK(typed_in("C9", "INC-1 note x") == ReplyStatus::not_found);
  CHECK(typed_in("C9", "INC-1 show") == ReplyStatus::not_found);
  CHECK(typed_in("C2", "INC-1 show") == ReplyStatus::not_found);
  CHECK(typed_in("C1", "timeline") == ReplyStatus::ok);
  CHECK(typed_in("C1", "note x") == ReplyStatus::ok);
  CHECK(typed_in("C2", "note x") == ReplyStatus::not_found);
  CHECK(typed_in("C2", "show") == ReplyStatus::not_found);
  CHECK(typed_in("C2", "join") == ReplyStatus::not_found);
  CHECK(typed_in("C1", "join") == ReplyStatus::ok);
  CHECK(typed_in("C9", "INC-1 note from elsewhere") == ReplyStatus::ok);
}

TEST_CASE("redacting a pinned message takes the texts of its later edits from the store") {
  House h;
  h.settings.incidents.admins = {"dana"};
  h.say("declare sev1 x");
  h.ask(House::captured("call Jane 555-1"));
  h.ask(House::captured("call Jane 555-2", Capture::What::edited));
  CHECK(h.say("INC-1 redact 2").status == ReplyStatus::ok);
  const auto entries = h.timeline(1);
  REQUIRE(entries.size() == 5);
  CHECK((!entries[1].text && !entries[2].text));
  CHECK((entries[3].kind == EntryKind::redacted && entries[4].kind == EntryKind::redacted));
}

TEST_CASE("of what replaces one another in one batch only the newest is owed, and everything that is said once") {
  House h;
  h.settings.slack.enabled = true;
  h.say("declare sev1 x");
  const std::size_t before = h.store.messages().size();
  for (const char* severity : {"sev2", "sev3", "sev1", "sev2"}) h.coordinator->submit(House::typed(std::string("INC-1 severity ") + severity), [](Reply) {});
  h.coordinator->run_once();
  std::map<std::string, int> owed, said;
  const auto all = h.store.messages();
  for (std::size_t i = before; i < all.size(); ++i) {
    auto& kinds = all[i].message.supersedes.empty() ? said : owed;
    ++kinds[kind_of(all[i].message.content)];
  }
  CHECK(owed["edit_summary"] == 1);
  CHECK(said["say"] == 4);
  for (const auto& [kind, times] : owed) CHECK(times == 1);
}

TEST_CASE("of what happens to a timer in one batch the last counts") {
  const auto timers_after = [](const std::vector<std::string>& texts, bool together) {
    House h;
    h.settings.paging.policy = {{{"bob"}, Millis{60000}}};
    for (const auto& text : texts) {
      h.coordinator->submit(House::typed(text), [](Reply r) { CHECK(r.status == ReplyStatus::ok); });
      if (!together) h.coordinator->run_once();
    }
    h.coordinator->run_once();
    std::multiset<std::pair<std::string, std::int64_t>> out;
    for (const auto& timer : h.store.timers()) out.emplace(timer.kind, timer.due.time_since_epoch().count());
    return out;
  };
  const std::vector<std::vector<std::string>> histories{{"declare sev1 x", "INC-1 page", "INC-1 ack"},
                                                        {"declare sev1 x", "INC-1 page", "INC-1 ack", "INC-1 page"},
                                                        {"declare sev4 x", "INC-1 severity sev1", "INC-1 update all is known", "INC-1 severity sev3"},
                                                        {"declare sev1 x", "INC-1 page", "INC-1 resolve over"}};
  for (const auto& texts : histories) CHECK(timers_after(texts, true) == timers_after(texts, false));
  CHECK(timers_after(histories[1], true) != timers_after(histories[0], true));
}

TEST_CASE("bystanders hear the newest of what still waits to be announced, once") {
  House h;
  h.settings.slack.enabled = true;
  h.settings.slack.announce_channel = "C0";
  h.say("declare sev4 x");
  h.say("declare sev4 y");
  for (const char* text : {"INC-1 severity sev3", "INC-2 severity sev3", "INC-1 severity sev2", "INC-1 resolve over"}) h.say(text);
  std::vector<std::string> told;
  for (const auto& m : h.store.messages())
    if (const auto* announce = std::get_if<Announce>(&m.message.content); announce != nullptr && m.state == MessageState::queued)
      told.push_back(plain_text(announce->card.title, h.people));
  REQUIRE(told.size() == 2);
  CHECK(told[0].rfind("INC-1", 0) == 0);
  CHECK(told[0].find("is resolved") != std::string::npos);
  CHECK(told[1].rfind("INC-2", 0) == 0);
  CHECK(told[1].find("is worse now") != std::string::npos);
}

TEST_CASE("a repeat that meets a redaction in its batch is answered without the words that went") {
  House h;
  h.settings.incidents.admins = {"dana"};
  h.say("declare sev1 call Jane 555-1 at home");
  h.settings.slack.enabled = true;
  h.settings.paging.policy = {{{"bob"}, Millis{60000}}};
  CHECK(h.say("INC-1 page").status == ReplyStatus::ok);
  CHECK(plain_text(h.say("INC-1 ack", "k", "bob").card.title, h.people).find("555-1") != std::string::npos);
  Reply again;
  h.coordinator->submit(House::typed("INC-1 ack", "k", "bob"), [&again](Reply r) { again = std::move(r); });
  h.coordinator->submit(House::typed("INC-1 redact 1"), [](Reply) {});
  h.coordinator->run_once();
  CHECK(again.repeated);
  CHECK(again.status == ReplyStatus::ok);
  CHECK(plain_text(again.card.title, h.people).find("555-1") == std::string::npos);
}
