#include "bot/dispatcher.hpp"

#include <catch2/catch.hpp>
#include <deque>

#include "bot/coordinator.hpp"
#include "bot/timers.hpp"
#include "commands/table.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

using namespace bot;

namespace {

class Inline : public Executor {
 public:
  void run(const std::string&, std::function<void()> job) override { job(); }
};

/// A vendor in a few lines: does what the script says, remembers what arrived.
class ScriptedSender : public Sender {
 public:
  explicit ScriptedSender(std::string name, RepeatPolicy policy) : name_(std::move(name)), policy_(policy) {}
  const std::string& integration() const override { return name_; }
  RepeatPolicy repeat_policy(const Content&) const override { return policy_; }
  SendResult send(const Message& m, const SendContext&) override {
    ++sends;
    if (script.empty()) {
      arrived.push_back(m.id);
      return Accepted{};
    }
    auto step = script.front();
    script.pop_front();
    if (std::holds_alternative<Accepted>(step) || arrives_anyway) arrived.push_back(m.id);
    return step;
  }
  FindResult find(const Message& m, const SendContext&) override {
    ++looks;
    for (const auto& id : arrived)
      if (id == m.id) return Accepted{};
    return Missing{};
  }
  std::deque<SendResult> script;
  std::vector<std::string> arrived;
  bool arrives_anyway = false;
  int sends = 0, looks = 0;

 private:
  std::string name_;
  RepeatPolicy policy_;
};

struct House {
  support::FakeEnv env;
  support::FakeStore store;
  Settings settings;
  People people;
  std::unique_ptr<Commands> commands = commands::make_table();
  Coordinator coordinator{store, store, *commands, settings, people, env.env()};
  Inline inline_executor;
  ScriptedSender slack{"slack", RepeatPolicy::prefer_once};
  ScriptedSender page{"statuspage:vendor", RepeatPolicy::never_twice};
  std::unique_ptr<Dispatcher> dispatcher;
  int boots = 0;

  House() {
    settings.slack.enabled = true;
    settings.reminders.enabled = false;  // the only timers are those of pages
    StatusPageSettings vendor;
    vendor.kind = "statuspage";
    vendor.name = "vendor";
    vendor.component_ids = {{"api", "x1"}};
    settings.status_pages = {vendor};
    people.put({"dana", "Dana", true, {{"slack", "U01"}}, ""});
    boot();
  }
  void boot() {
    dispatcher = std::make_unique<Dispatcher>(store, store, coordinator, std::vector<Sender*>{&slack, &page}, inline_executor, env.env(),
                                              "boot" + std::to_string(++boots));
  }
  void run(int rounds = 50) {
    for (int i = 0; i < rounds; ++i) {
      dispatcher->run_once();
      while (coordinator.run_once()) {
      }
    }
  }
  Reply say(const std::string& text) {
    Request r;
    r.caller = {ActorKind::person, "console", "dana", "Dana", {}};
    r.body = Typed{text};
    std::optional<Reply> got;
    coordinator.submit(r, [&](Reply x) { got = std::move(x); });
    while (coordinator.run_once()) {
    }
    REQUIRE(got);
    return *got;
  }
  std::vector<EntryKind> kinds(std::int64_t n) {
    std::vector<EntryKind> out;
    const auto entries = store.timeline(n, 0, 1000).value();
    for (const auto& e : entries) out.push_back(e.kind);
    return out;
  }
  bool has(std::int64_t n, EntryKind kind) {
    const auto all = kinds(n);
    return std::count(all.begin(), all.end(), kind) > 0;
  }
  void publish() {
    say("declare sev1 x");
    say("INC-1 role commander");
    run();
    const Reply r = say("INC-1 public investigating api=major_outage We are looking into it.");
    INFO((r.card.title.empty() ? std::string() : r.card.title[0].value));
    REQUIRE(r.status == ReplyStatus::ok);
  }
};

}  // namespace

TEST_CASE("what a decision owes is sent after its commit, in the lane's order") {
  House h;
  h.say("declare sev1 x");
  CHECK(h.slack.sends == 0);
  h.run();
  CHECK(h.slack.sends >= 5);
  auto in_the_room = h.slack.arrived;  // what is only pleasant waits in a lane of its own
  std::erase_if(in_the_room, [&](const auto& id) { return h.store.message(id)->message.lane != "slack/INC-1/room"; });
  REQUIRE(in_the_room.size() >= 4);
  CHECK(std::is_sorted(in_the_room.begin(), in_the_room.begin() + 4));
  CHECK(h.has(1, EntryKind::room_opened));
}

TEST_CASE("a lane waits behind its head, other lanes do not") {
  House h;
  h.slack.script = {NotSent{"refused", Millis{60000}, true}};
  h.say("declare sev1 x");
  h.run();
  CHECK(h.slack.sends == 1);
  h.env.advance(Millis{61000});
  h.run();
  CHECK(h.slack.sends > 4);
}

TEST_CASE("a public update that may have arrived is found and not sent again") {
  House h;
  h.page.script = {Doubtful{"timeout"}};
  h.page.arrives_anyway = true;
  h.publish();
  h.run();
  h.env.advance(Millis{5000});
  h.run();
  CHECK(h.page.looks == 0);  // vendors show what they took some seconds later
  h.env.advance(Millis{1000});
  h.run();
  CHECK(h.page.sends == 1);
  CHECK(h.page.looks == 1);
  CHECK(h.has(1, EntryKind::public_shown));
}

TEST_CASE("a public update in a second doubt is held, the room is told, and a person may decide") {
  House h;
  h.page.script = {Doubtful{"timeout"}, Doubtful{"timeout"}};
  h.publish();
  for (int i = 0; i < 10; ++i) {
    h.run();
    h.env.advance(Millis{11000});
  }
  CHECK(h.page.sends == 2);
  CHECK(h.has(1, EntryKind::public_held));
  SECTION("send: it goes out once more") {
    CHECK(h.say("INC-1 public send").status == ReplyStatus::ok);
    h.run();
    CHECK(h.page.sends == 3);
    CHECK(h.has(1, EntryKind::public_shown));
  }
  SECTION("drop: it is never sent and the lane is free") {
    CHECK(h.say("INC-1 public drop").status == ReplyStatus::ok);
    h.run();
    CHECK(h.page.sends == 2);
    CHECK(h.has(1, EntryKind::public_dropped));
    CHECK(h.say("INC-1 public identified We found it.").status == ReplyStatus::ok);
    h.run();
    CHECK(h.page.sends == 3);
  }
  SECTION("check: looked for again, never sent by itself") {
    CHECK(h.say("INC-1 public check").status == ReplyStatus::ok);
    for (int i = 0; i < 5; ++i) {
      h.run();
      h.env.advance(Millis{11000});
    }
    CHECK(h.page.sends == 2);
  }
}

TEST_CASE("an attempt of a process that died is looked into by the next one") {
  House h;
  h.publish();
  LeaseQuery q{"boot1", h.env.clock.now(), {{"statuspage:vendor", 1}}};
  REQUIRE(h.store.lease(q).value().size() == 1);  // leased, then the process dies
  h.boot();
  h.run();
  CHECK(h.page.looks == 1);
  CHECK(h.page.sends == 0);
  h.env.advance(Millis{11000});
  h.run();
  CHECK(h.page.looks == 2);
  CHECK(h.page.sends == 1);
  CHECK(h.has(1, EntryKind::public_shown));
}

TEST_CASE("a public update during which the process died twice is held, not tried again, and people are told") {
  House h;
  h.publish();
  for (int death = 1; death <= 2; ++death) {
    LeaseQuery q{"boot-that-dies-" + std::to_string(death), h.env.clock.now(), {{"statuspage:vendor", 1}}};
    REQUIRE(h.store.lease(q).value().size() == 1);
  }
  h.boot();
  h.run();
  h.env.advance(Millis{60000});
  h.run();
  CHECK(h.page.sends == 0);
  CHECK(h.page.looks == 0);
  CHECK(h.has(1, EntryKind::public_held));
  CHECK(h.say("INC-1 public send").status == ReplyStatus::ok);
  h.run();
  CHECK(h.page.sends == 1);
}

TEST_CASE("an outcome the store cannot take is kept and recorded later") {
  House h;
  h.say("declare sev1 x");
  h.store.fail_next_commit(support::FakeStore::Failure::unavailable);
  h.dispatcher->run_once();
  while (h.coordinator.run_once()) {
  }
  const int sends = h.slack.sends;
  REQUIRE(sends == 1);
  h.run();
  CHECK(h.slack.arrived[0] != h.slack.arrived[1]);
  CHECK(h.has(1, EntryKind::room_opened));
}

TEST_CASE("a message given up is visible to people") {
  House h;
  h.say("declare sev1 x");
  h.run();
  h.slack.script = {Refused{"channel_not_found", false}};
  h.say("INC-1 update the db is back");
  h.run();
  CHECK(h.has(1, EntryKind::message_failed));
  REQUIRE(h.store.troubled(10).value().size() == 1);
}

TEST_CASE("a due timer is decided once, late after a pause and never early") {
  House h;
  h.settings.paging.policy = {{{"dana"}, Millis{300000}}, {{"dana"}, Millis{300000}}};
  h.say("declare sev1 x");
  CHECK(h.say("INC-1 page").status == ReplyStatus::ok);
  Timers timers(h.store, h.coordinator, h.env.env());
  auto paged = [&] {
    int n = 0;
    for (EntryKind k : h.kinds(1)) n += k == EntryKind::paged;
    return n;
  };
  CHECK(timers.run_once() == 0);
  CHECK(paged() == 1);
  h.env.advance(Millis{300001});
  CHECK(timers.run_once() == 1);
  CHECK(timers.run_once() == 0);
  h.run();
  CHECK(paged() == 2);
  CHECK(h.say("INC-1 ack").status == ReplyStatus::ok);
  h.env.advance(Millis{3000000});
  timers.run_once();
  h.run();
  CHECK(paged() == 2);
}

TEST_CASE("after a restart overdue escalations wait, those due later do not") {
  House h;
  h.settings.paging.policy = {{{"dana"}, Millis{1000}}, {{"dana"}, Millis{1000}}};
  h.say("declare sev1 x");
  h.say("INC-1 page");
  h.env.advance(Millis{5000});
  Timers timers(h.store, h.coordinator, h.env.env(), h.env.clock.now() + Millis{30000});
  CHECK(timers.run_once() == 0);
  h.say("declare sev1 y");
  h.say("INC-2 page");
  h.env.advance(Millis{1500});
  CHECK(timers.run_once() == 1);
  h.env.advance(Millis{30000});
  h.run();
  CHECK(timers.run_once() >= 1);
}

TEST_CASE("a page that waited while somebody answered is not sent any more") {
  House h;
  h.settings.paging.policy = {{{"dana"}, Millis{300000}}};
  h.say("declare sev1 x");
  h.run();
  h.slack.script = {NotSent{"refused", Millis{60000}, true}};
  h.say("INC-1 page");
  h.run();
  const auto page_sends = [&h] {
    int n = 0;
    for (const auto& m : h.store.messages())
      for (const auto& id : h.slack.arrived) n += id == m.message.id && std::holds_alternative<PagePerson>(m.message.content);
    return n;
  };
  SECTION("acknowledged by a person") { CHECK(h.say("INC-1 ack").status == ReplyStatus::ok); }
  SECTION("the incident is resolved") { CHECK(h.say("INC-1 resolve").status == ReplyStatus::ok); }
  SECTION("acknowledged by a token") {
    Request r;
    r.caller = {ActorKind::token, "api", "ci", "ci", {}};
    r.body = Typed{"INC-1 ack"};
    h.coordinator.submit(r, [](const Reply& reply) { CHECK(reply.status == ReplyStatus::ok); });
    h.run(1);
  }
  h.env.advance(Millis{61000});
  h.run();
  CHECK(page_sends() == 0);
  for (const auto& m : h.store.messages())
    if (std::holds_alternative<PagePerson>(m.message.content)) CHECK(m.state == MessageState::dropped);
}

TEST_CASE("a page whose run only ran out of steps is still sent: nobody was reached yet") {
  House h;
  h.settings.paging.policy = {{{"dana"}, Millis{1000}}};
  h.settings.paging.repeat = 0;
  h.say("declare sev1 x");
  h.run();
  h.slack.script = {NotSent{"refused", Millis{60000}, true}};
  h.say("INC-1 page");
  h.run();
  h.env.advance(Millis{1001});
  Timers timers(h.store, h.coordinator, h.env.env());  // outlives the answers to what it submits
  timers.run_once();
  h.run();
  REQUIRE(h.has(1, EntryKind::page_exhausted));
  h.env.advance(Millis{61000});
  h.run();
  CHECK(h.has(1, EntryKind::page_sent));
}

TEST_CASE("a wall clock set back after the start does not make new timers wait as if they had been overdue") {
  House h;
  h.settings.paging.policy = {{{"dana"}, Millis{1000}}, {{"dana"}, Millis{1000}}};
  Timers timers(h.store, h.coordinator, h.env.env(), h.env.clock.now() + Millis{30000});
  h.env.advance(Millis{40000});
  h.env.clock.jump(Millis{-600000});
  h.say("declare sev1 x");
  h.say("INC-1 page");
  h.env.advance(Millis{1001});
  CHECK(timers.run_once() == 1);
}

TEST_CASE("a page's next step comes after its wait, however the clock is set meanwhile") {
  House h;
  h.settings.paging.policy = {{{"dana"}, Millis{60000}}, {{"dana"}, Millis{60000}}};
  ClockWatch watch(h.store, h.env.clock);
  Timers timers(h.store, h.coordinator, h.env.env());
  h.coordinator.watch(watch);
  timers.watch(watch);
  h.say("declare sev1 x");
  h.say("INC-1 page");
  h.env.advance(Millis{30000});
  const Millis by{GENERATE(-7200000, 7200000, -1000, 1000)};
  h.env.clock.jump(by);
  SECTION("noticed by the timers") { CHECK(timers.run_once() == 0); }
  SECTION("noticed by the coordinator, which then sets a timer of its own") {
    h.say("declare sev1 y");
    h.say("INC-2 page");
  }
  h.env.advance(Millis{29000});
  CHECK(timers.run_once() == 0);
  h.env.advance(Millis{1000});
  CHECK(timers.run_once() == 1);
  CHECK(watch.steps() == 1);
  CHECK(watch.moved() == by);
}

TEST_CASE("an outcome worked out before the clock was set waits as long as it was to, after it") {
  House h;
  ClockWatch watch(h.store, h.env.clock);
  h.coordinator.watch(watch);
  h.dispatcher->watch(watch);
  h.slack.script = {NotSent{"refused", Millis{60000}, true}};
  h.say("declare sev1 x");
  h.dispatcher->run_once();  // sent and refused; the outcome waits to be decided
  h.env.clock.jump(Millis{-7200000});
  h.run();
  CHECK(h.slack.sends == 1);
  h.env.advance(Millis{59000});
  h.run();
  CHECK(h.slack.sends == 1);
  h.env.advance(Millis{1000});
  h.run();
  CHECK(h.slack.sends > 1);
}

TEST_CASE("a step of the clock is told for an hour; a machine that slept took none, and little differences add up") {
  support::FakeEnv env;
  support::FakeStore store;
  ClockWatch watch(store, env.clock);
  const auto look = [&] { CHECK(watch.with_time([](Time) { return Status(Done{}); })); };
  env.advance(Millis{8 * 3600000});
  look();
  CHECK((watch.steps() == 0 && watch.notice().empty()));
  for (int i = 0; i < 3; ++i) {
    env.clock.jump(Millis{100});
    look();
  }
  CHECK((watch.steps() == 1 && watch.moved() == Millis{300}));
  env.clock.jump(Millis{-7200000});
  look();
  CHECK(watch.notice().find("set 2 h back") != std::string::npos);
  env.advance(Millis{3600001});
  CHECK(watch.notice().empty());
}

TEST_CASE("a page during which the process died twice is given up and told, and the next page is not kept behind it") {
  House h;
  h.settings.paging.policy = {{{"dana"}, Millis{300000}}};
  h.say("declare sev1 x");
  h.run();
  h.say("INC-1 page");
  for (const char* boot : {"one", "two"}) {
    const LeaseQuery q{boot, h.env.clock.now(), {{"slack", 9}}};
    REQUIRE(!h.store.lease(q).value().empty());  // leased, then the process dies
  }
  h.boot();
  h.run();
  CHECK(h.has(1, EntryKind::page_failed));
  for (const auto& m : h.store.messages()) CHECK(m.state != MessageState::held);
  CHECK(h.say("INC-1 page @dana").status == ReplyStatus::ok);
  h.run();
  CHECK(h.has(1, EntryKind::page_sent));
}

namespace {
/// Another writer comes first `times` times in a row, which is more often than the Coordinator tries.
struct Contended : support::FakeStore {
  int times = 0;
  Status commit(std::vector<Changes>& batch) override {
    if (times-- > 0) return fail(ErrorKind::conflict, "Not recorded: somebody else wrote first.");
    return support::FakeStore::commit(batch);
  }
};
}  // namespace

TEST_CASE("an outcome that meets another writer again and again is kept and recorded later") {
  support::FakeEnv env;
  Contended store;
  Settings settings;
  settings.slack.enabled = true;
  People people;
  const auto table = commands::make_table();
  Coordinator coordinator(store, store, *table, settings, people, env.env());
  Inline executor;
  ScriptedSender slack{"slack", RepeatPolicy::prefer_once};
  Dispatcher dispatcher(store, store, coordinator, {&slack}, executor, env.env(), "boot");
  Request declare;
  declare.caller = {ActorKind::token, "api", "ci", "ci", {}};
  declare.body = Typed{"declare sev1 x"};
  coordinator.submit(declare, [](const Reply& reply) { CHECK(reply.status == ReplyStatus::ok); });
  coordinator.run_once();
  REQUIRE(dispatcher.run_once() == 1);
  store.times = 3;
  coordinator.run_once();
  for (int i = 0; i < 20; ++i) {
    dispatcher.run_once();
    coordinator.run_once();
  }
  for (const auto& m : store.messages()) CHECK(m.state == MessageState::sent);
}

TEST_CASE("an integration whose token was refused waits its time, not until a clock that was set back catches up") {
  House h;
  h.slack.script = {Refused{"invalid_auth", true}};
  h.say("declare sev1 x");
  h.run();
  REQUIRE(h.slack.sends == 1);
  h.env.clock.jump(Millis{-7200000});
  h.env.advance(Millis{30001});
  h.say("declare sev1 y");
  h.run();
  CHECK(h.slack.sends > 1);
}

namespace {

/// A store in which looking for what is due takes long, as with very much of it.
struct SlowStore : support::FakeStore {
  explicit SlowStore(support::FakeClock& c) : clock(c) {}
  Result<std::vector<QueuedMessage>> lease(const LeaseQuery& query) override {
    clock.advance(kLook);
    ++looks;
    return support::FakeStore::lease(query);
  }
  static constexpr Millis kLook{20};
  support::FakeClock& clock;
  int looks = 0;
};

}  // namespace

TEST_CASE("looking for what is due leaves commits two thirds of the time, however often it is woken") {
  House h;
  SlowStore slow(h.env.clock);
  Dispatcher dispatcher(slow, slow, h.coordinator, {&h.slack}, h.inline_executor, h.env.env(), "boot");
  const Millis begin = h.env.clock.monotonic();
  for (int woken = 0; woken < 1000; ++woken) {
    dispatcher.run_once();
    const Millis nap = dispatcher.idle_time();
    CHECK(nap >= Millis{1});
    h.env.clock.advance(Millis{1});
  }
  const Millis took = h.env.clock.monotonic() - begin;
  CHECK(slow.looks > 10);
  CHECK(slow.looks * SlowStore::kLook <= took / 3 + SlowStore::kLook);
}

TEST_CASE("a public update that is redacted before it went out is not sent, and people hear it") {
  House h;
  h.settings.incidents.admins = {"dana"};
  h.page.script = {NotSent{"the vendor cannot be reached", {}, true}};
  h.publish();
  h.run();
  REQUIRE(h.page.sends == 1);
  std::int64_t update = 0;
  const auto entries = h.store.timeline(1, 0, 1000).value();
  for (const auto& e : entries)
    if (e.kind == EntryKind::public_update) update = e.seq;
  REQUIRE(h.say("INC-1 redact " + std::to_string(update)).status == ReplyStatus::ok);
  h.env.advance(std::chrono::minutes{5});
  h.run();
  CHECK(h.page.sends == 1);
  CHECK(h.page.arrived.empty());
  CHECK(h.has(1, EntryKind::public_dropped));
  CHECK(h.store.incident(1).value()->publication.pages.at("vendor").state == PageState::dropped);
}

TEST_CASE("a public update that is redacted while nobody knows whether it arrived is looked for, and not sent again") {
  House h;
  h.settings.incidents.admins = {"dana"};
  h.page.arrives_anyway = GENERATE(true, false);
  h.page.script = {Doubtful{"timeout"}};
  h.publish();
  h.run();
  std::int64_t update = 0;
  const auto entries = h.store.timeline(1, 0, 1000).value();
  for (const auto& e : entries)
    if (e.kind == EntryKind::public_update) update = e.seq;
  REQUIRE(h.say("INC-1 redact " + std::to_string(update)).status == ReplyStatus::ok);
  for (int i = 0; i < 6; ++i) {
    h.env.advance(std::chrono::seconds{11});
    h.run();
  }
  CHECK(h.page.looks > 0);
  CHECK(h.page.sends == 1);
  CHECK(h.has(1, EntryKind::public_dropped) != h.page.arrives_anyway);
  CHECK(h.has(1, EntryKind::public_shown) == h.page.arrives_anyway);
}
