// Muster's listening side against a fake homeserver, with the real Coordinator, commands and a store of maps behind it.
// Place: tests of integrations/matrix. `wait_for` looks at a condition until it holds; nothing sleeps for a fixed time.
#pragma once

#include <catch2/catch.hpp>

#include <thread>

#include "bot/coordinator.hpp"
#include "commands/table.hpp"
#include "integrations/matrix/event_source.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_homeserver.hpp"
#include "tests/support/fake_store.hpp"

namespace matrix_tests {

/// The Coordinator, run at once on the caller's thread. Remembers what it was asked.
class InlineIntake : public bot::Intake {
 public:
  explicit InlineIntake(bot::Coordinator& coordinator) : coordinator_(coordinator) {}
  void submit(bot::Request request, bot::Completion done) override {
    const bot::Lock lock(mutex_);
    if (!std::holds_alternative<bot::Checkpoint>(request.body)) seen_.push_back(request);
    if (refuse_ > 0) {
      --refuse_;
      return done(bot::reply_of(bot::fail(bot::ErrorKind::unavailable, "Not recorded: the disk is full.")));
    }
    coordinator_.submit(std::move(request), std::move(done));
    while (coordinator_.run_once()) {
    }
  }
  std::vector<bot::Request> seen() const {
    const bot::Lock lock(mutex_);
    return seen_;
  }
  void refuse(int times) {
    const bot::Lock lock(mutex_);
    refuse_ = times;
  }
  template <class T>
  std::vector<T> bodies() const {
    std::vector<T> out;
    for (const auto& request : seen())
      if (const auto* body = std::get_if<T>(&request.body)) out.push_back(*body);
    return out;
  }
  std::vector<std::string> typed() const {
    std::vector<std::string> out;
    for (const auto& t : bodies<bot::Typed>()) out.push_back(t.text);
    return out;
  }

 private:
  mutable bot::Mutex mutex_;
  std::vector<bot::Request> seen_;
  int refuse_ = 0;
  bot::Coordinator& coordinator_;
};

inline bool wait_for(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  while (std::chrono::steady_clock::now() < until) {
    if (holds()) return true;
    std::this_thread::yield();
  }
  return holds();
}

constexpr const char* kAnnounce = "!announce:hs";
constexpr const char* kIncidentRoom = "!inc1:hs";

class Stage {
 public:
  Stage() {
    settings.matrix.enabled = true;
    settings.matrix.homeserver_url = hs.url();
    settings.matrix.user_id = support::FakeHomeserver::kBot;
    settings.matrix.access_token = bot::Secret(support::FakeHomeserver::kToken);
    settings.matrix.announce_room = "#incidents:hs";
    people.put({"alice", "Alice", false, {{"matrix", "@alice:hs"}}, ""});
    people.put({"bob", "Bob", false, {{"matrix", "@bob:hs"}}, ""});
    hs.make_room(kAnnounce, "#incidents:hs", {"@alice:hs", "@bob:hs", "@eve:evil"});
    for (const auto& line : commands::verb_lines())
      if (line.query) queries.insert(line.name);
  }
  ~Stage() { stop(); }

  /// A process that begins (again): what it keeps in memory is new.
  void start() {
    stop();
    hs.hang_up(false);
    client = http::make_client();
    api = std::make_unique<matrix::Api>(settings.matrix, *client, env.clock, std::make_shared<matrix::Homeserver>());
    chores = std::make_unique<matrix::Chores>(env.clock);
    source = matrix::make_source(parts());
    REQUIRE(source->start().ok());
  }
  void stop() {
    if (source) source->stop();
    source.reset();
    chores.reset();
    api.reset();
  }
  matrix::SourceParts parts(http::Server* server = nullptr) {
    return {{settings, people, store, env.env(), *api, *chores, queries, heard}, intake, {http::make_client(), [this] { hs.hang_up(); }}, server, [this] { ++bad_tokens; }};
  }
  /// Started, and past its first answer.
  void listen() {
    start();
    REQUIRE(wait_for([this] { return hs.syncs_waiting() > 0 && hs.joined().count(kAnnounce) > 0; }));
  }
  /// The same as wait_for, while Muster's time passes like ours: what is put off comes to be due.
  bool wait_in_time(const std::function<bool()>& holds) {
    auto last = std::chrono::steady_clock::now();
    return wait_for([&] {
      const auto passed = std::chrono::duration_cast<bot::Millis>(std::chrono::steady_clock::now() - last);
      last += passed;
      env.clock.advance(passed);
      return holds();
    });
  }
  /// An incident with a room here, as the sender would have left it.
  void have_incident(const std::string& room = kIncidentRoom) {
    ask("declare sev1 checkout returns 500");
    hs.make_room(room, "", {"@alice:hs", "@bob:hs"});
    std::vector<bot::Changes> batch(1);
    batch[0].at = env.clock.now();
    batch[0].references = {{1, "matrix", "room", room}};
    REQUIRE(store.commit(batch).ok());
    // The room's opening is an outcome, which the row then shows.
  }
  void ask(const std::string& text) {
    bot::Request request;
    request.caller = {bot::ActorKind::person, "console", "alice", "Alice", {}};
    request.body = bot::Typed{text};
    request.received = env.clock.now();
    bool ok = false;
    coordinator.submit(std::move(request), [&ok](const bot::Reply& reply) { ok = reply.status == bot::ReplyStatus::ok; });
    while (coordinator.run_once()) {
    }
    REQUIRE(ok);
  }
  /// The kinds of the incident's entries, in order.
  std::vector<std::string> timeline(std::int64_t incident = 1) {
    std::vector<std::string> out;
    auto entries = store.timeline(incident, 0, 1000);
    REQUIRE(entries.ok());
    for (const auto& e : *entries) out.emplace_back(bot::to_string(e.kind));
    return out;
  }
  int entries_of(const std::string& kind) {
    const auto all = timeline();
    return static_cast<int>(std::count(all.begin(), all.end(), kind));
  }
  std::string kept(const std::string& key) {
    auto value = store.adapter_state(key);
    return value.ok() && *value ? **value : "";
  }

  support::FakeEnv env;
  support::FakeHomeserver hs;
  support::FakeStore store;
  bot::Settings settings;
  bot::People people;
  std::unique_ptr<bot::Commands> commands = commands::make_table();
  bot::Coordinator coordinator{store, store, *commands, settings, people, env.env()};
  InlineIntake intake{coordinator};
  std::set<std::string> queries;
  matrix::Heard heard;
  std::atomic<int> bad_tokens{0};
  std::unique_ptr<http::Client> client;
  std::unique_ptr<matrix::Api> api;
  std::unique_ptr<matrix::Chores> chores;
  std::unique_ptr<matrix::EventSource> source;
};

}  // namespace matrix_tests
