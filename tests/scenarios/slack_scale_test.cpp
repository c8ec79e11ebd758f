// Two hundred incidents at once against a Slack that keeps its documented limits: nobody storms, nothing is lost or overtakes, pages come first.
// The whole program behind one clock in the test's hand, so that twenty minutes pass in seconds. With MUSTER_LONG the same in real time with the real binary.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "bot/coordinator.hpp"
#include "bot/dispatcher.hpp"
#include "bot/log.hpp"
#include "commands/table.hpp"
#include "integrations/slack/sender.hpp"
#include "tests/scenarios/scene.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

using support::FakeSlack;

namespace {

constexpr int kUpdates = 2;
constexpr bot::Millis kCall{100};  ///< what a call takes; several are under way at a time

/// The core and the Slack sender on one thread. Time passes only while calls are made and while everybody waits.
class Everything {
 public:
  Everything() {
    bot::set_log_level("warning");  // every short wait would be a line
    settings.slack.enabled = true;
    settings.slack.bot_token = bot::Secret(FakeSlack::kToken);
    settings.slack.signing_secret = bot::Secret(FakeSlack::kSigningSecret);
    settings.slack.api_url = slack.url();
    settings.slack.announce_channel = FakeSlack::kAnnounce;
    settings.server.public_url = "https://muster.example.org/";
    settings.server.console_url = "https://muster.example.org";
    people.put({"alice", "Alice", false, {{"slack", "U01"}}, ""});
    people.put({"bob", "Bob", false, {{"slack", "U02"}}, ""});
    people.put({"carol", "Carol", false, {{"slack", "U03"}}, ""});
    slack.limit_as_slack(true);
    sender = slack::make_sender(settings, *client, people, env.env(), std::make_shared<slack::Workspace>());
    dispatcher = std::make_unique<bot::Dispatcher>(store, store, coordinator, std::vector<bot::Sender*>{sender.get()}, inline_executor, env.env(), "boot-1");
  }

  bot::Reply say(const std::string& text) {
    bot::Request request;
    request.caller = {bot::ActorKind::person, "console", "alice", "Alice", {}};
    request.body = bot::Typed{text};
    request.received = env.clock.now();
    bot::Reply out;
    coordinator.submit(std::move(request), [&out](bot::Reply reply) { out = std::move(reply); });
    while (coordinator.run_once()) {
    }
    return out;
  }

  /// Until nothing is owed any more; false when that takes longer than `most`.
  bool settle(bot::Millis most) {
    const bot::Time until = env.clock.now() + most;
    while (env.clock.now() < until) {
      const int sent = dispatcher->run_once();
      while (coordinator.run_once()) {
      }
      if (sent > 0) {
        env.clock.advance(kCall * sent / sender->parallel());
        continue;
      }
      const auto due = store.next_due();
      if (!due.ok() || !*due) return true;
      env.clock.advance(std::max(**due - env.clock.now(), bot::Millis{1}));
    }
    return false;
  }

  support::FakeEnv env;
  FakeSlack slack{&env.clock};
  bot::Settings settings;
  bot::People people;
  support::FakeStore store;
  std::unique_ptr<http::Client> client = http::make_client();
  std::unique_ptr<bot::Commands> table = commands::make_table();
  bot::Coordinator coordinator{store, store, *table, settings, people, env.env()};
  std::unique_ptr<bot::Sender> sender;
  struct Inline : bot::Executor {
    void run(const std::string&, std::function<void()> job) override { job(); }
  } inline_executor;
  std::unique_ptr<bot::Dispatcher> dispatcher;
};

std::string words(int incident, int update) { return "storm " + std::to_string(incident) + "." + std::to_string(update) + "."; }

/// The updates of one incident as its room read them, in order.
std::vector<int> updates_read(const std::vector<support::SlackMessage>& messages, int incident) {
  std::vector<int> out;
  for (const auto& m : messages)
    for (int u = 0; u < kUpdates; ++u)
      if (m.visible().find(words(incident, u)) != std::string::npos && m.visible().find("Latest") == std::string::npos) out.push_back(u);
  return out;
}

/// How many incidents' rooms have not read every update once and in order.
int rooms_without_all(const FakeSlack& slack) {
  std::vector<int> all(kUpdates);
  for (int u = 0; u < kUpdates; ++u) all[static_cast<std::size_t>(u)] = u;
  int wrong = 0;
  for (const auto& room : slack.channels()) {
    if (room.name.rfind("inc-", 0) != 0) continue;
    // The pinned card shows the newest update as well; it is not one of the messages.
    std::vector<support::SlackMessage> said;
    for (const auto& m : slack.messages(room.id))
      if (std::find(room.pins.begin(), room.pins.end(), m.ts) == room.pins.end()) said.push_back(m);
    wrong += updates_read(said, std::atoi(room.name.c_str() + 4)) != all;
  }
  return wrong;
}

/// Everything that must hold of what the fake Slack saw. `from`: the first call after the storm broke out.
void check_storm(const FakeSlack& slack, int incidents, std::size_t from, int pages) {
  CHECK(support::worst_storm(slack.limit_hits()) <= 1);
  CHECK(slack.complaints().empty());
  std::map<std::string, int> ops;
  for (const auto& room : slack.channels())
    for (const auto& m : slack.messages(room.id))
      if (!m.op().empty()) ++ops[m.op()];
  CHECK(rooms_without_all(slack) == 0);
  CHECK(std::all_of(ops.begin(), ops.end(), [](const auto& op) { return op.second == 1; }));
  // Pages first: before the last page went out, hardly anything else did (what was under way at that moment).
  const auto calls = slack.calls();
  int paged = 0, before = 0;
  for (std::size_t i = from; i < calls.size() && paged < pages; ++i) {
    if (calls[i].method != "chat.postMessage" || calls[i].status != 200) continue;
    const auto channel = calls[i].args.find("channel");
    if (channel != calls[i].args.end() && channel->second[0] == 'D') ++paged;
    else ++before;
  }
  CHECK(paged == pages);
  CHECK(before <= 8);
  (void)incidents;
}

}  // namespace

TEST_CASE("two hundred incidents updated at once keep to Slack's limits, lose and reorder nothing, and page first") {
  if (std::getenv("MUSTER_BINARY") != nullptr) return;  // there is no binary in it: once is enough
  constexpr int kIncidents = 200;
  Everything all;
  for (int i = 1; i <= kIncidents; ++i) REQUIRE(all.say("declare sev2 storm " + std::to_string(i)).status == bot::ReplyStatus::ok);
  const bot::Time begin = all.env.clock.now();
  REQUIRE(all.settle(std::chrono::hours{1}));
  const bot::Time ready = all.env.clock.now();
  const std::size_t from = all.slack.calls().size();
  for (int u = 0; u < kUpdates; ++u)
    for (int i = 1; i <= kIncidents; ++i) REQUIRE(all.say("INC-" + std::to_string(i) + " update " + words(i, u)).status == bot::ReplyStatus::ok);
  for (const char* person : {"bob", "carol"}) REQUIRE(all.say(std::string("INC-200 page ") + person + " everything at once").status == bot::ReplyStatus::ok);
  REQUIRE(all.settle(std::chrono::hours{1}));
  check_storm(all.slack, kIncidents, from, 2);
  std::map<std::string, int> by_method;
  for (const auto& hit : all.slack.limit_hits()) ++by_method[hit.method];
  for (const auto& [method, times] : by_method) std::printf("slack: 429 to %s %d times\n", method.c_str(), times);
  std::printf("slack: %d rooms opened in %lld s, %d updates of them all in %lld s of the test's own time; %d calls, %d answers 429\n", kIncidents,
              static_cast<long long>((ready - begin).count() / 1000), kUpdates, static_cast<long long>((all.env.clock.now() - ready).count() / 1000),
              static_cast<int>(all.slack.calls().size()), all.slack.rate_limited());
}

TEST_CASE("two hundred incidents updated at once, in real time against the real binary", "[long]") {
  if (std::getenv("MUSTER_LONG") == nullptr) return;  // a quarter of an hour: script/check
  constexpr int kIncidents = 200;
  scene::Options options;
  options.vendor = false;
  scene::Scene s(options);
  s.slack.limit_as_slack(true);
  s.slack.each_call_takes(kCall);
  REQUIRE(s.muster->start());
  for (int i = 1; i <= kIncidents; ++i) REQUIRE(s.muster->command("declare sev2 storm " + std::to_string(i)).status == 200);
  REQUIRE(s.slack.wait_until([&] { return s.slack.calls("pins.add").size() >= kIncidents && s.slack.channels().size() >= kIncidents; }, 3600));
  for (int u = 0; u < kUpdates; ++u)
    for (int i = 1; i <= kIncidents; ++i) REQUIRE(s.muster->command("INC-" + std::to_string(i) + " update " + words(i, u)).status == 200);
  const std::size_t from = s.slack.calls().size();  // typed last, when the room's messages are on their way already
  REQUIRE(s.muster->command("INC-200 page bob everything at once").status == 200);
  CHECK(support::wait_for([&] { return rooms_without_all(s.slack) == 0; }, 1800));
  check_storm(s.slack, kIncidents, from, 1);
  CHECK(s.muster->running());
  std::printf("slack, real time: %d calls, %d answers 429\n", static_cast<int>(s.slack.calls().size()), s.slack.rate_limited());
}
