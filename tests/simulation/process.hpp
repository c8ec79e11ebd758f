// One boot of the program under test: the real Coordinator, commands, Dispatcher and Timers, and the spies between them and the world.
// Place: made by Run at start and after each death. Dropped without a word when it dies; what it held in memory is lost.
#pragma once

#include "bot/dispatcher.hpp"
#include "bot/timers.hpp"
#include "tests/simulation/breaks.hpp"

namespace sim {

/// Sees every decision, and gives each of its entries the tag it is known by (a fact that nothing else reads).
class Recorder : public bot::Commands {
 public:
  Recorder(const bot::Commands& real, World& world) : real_(real), world_(world) {}
  bot::Result<bot::Invocation> parse(const std::string& text, const bot::Settings& settings, const bot::People& people) const override {
    return real_.parse(text, settings, people);
  }
  bool is_query(const bot::Invocation& invocation) const override { return real_.is_query(invocation); }
  bot::Reads reads(const bot::Request& request, const bot::Invocation* invocation) const override { return real_.reads(request, invocation); }
  bot::Result<bot::Decision> decide(const bot::Request& request, const bot::Invocation* invocation, const bot::Snapshot& snapshot,
                                    const bot::Context& context) const override;
  bot::Result<bot::Form> form(const bot::Invocation& invocation, const bot::Incident* incident, const bot::Context& context) const override {
    return real_.form(invocation, incident, context);
  }
  bot::Result<bot::Reply> query(const bot::Invocation& invocation, bot::Reader& reader, const bot::Context& context) const override {
    return real_.query(invocation, reader, context);
  }

 private:
  const bot::Commands& real_;
  World& world_;
};

/// Sees every commit and lease, and is where the process may die around them.
class SpyStore : public bot::Store {
 public:
  SpyStore(bot::Store& next, World& world) : next_(next), world_(world) {}
  bot::Result<bot::Loaded> load(const bot::LoadQuery& query) override;
  bot::Status commit(std::vector<bot::Changes>& batch) override;
  bot::Result<std::vector<bot::QueuedMessage>> lease(const bot::LeaseQuery& query) override;
  bot::Result<std::optional<bot::Time>> next_due() override { return next_.next_due(); }
  bot::Result<std::vector<bot::Timer>> due_timers(bot::Time now, int limit) override;
  bot::Result<std::optional<bot::Time>> next_timer() override { return next_.next_timer(); }
  bot::Status shift_due(bot::Millis by, const std::string& timer_kind) override;
  bot::Result<bool> purge(bot::Time before) override;
  bot::Status maintain() override { return next_.maintain(); }

 private:
  void note(const bot::Changes& changes);
  std::vector<bot::QueuedMessage> replaceable(const std::vector<bot::Changes>& batch) const;
  bool stands_for(const bot::Message& newer, const bot::Message& older);
  std::set<std::string> known_keys();
  bot::Store& next_;
  World& world_;
  std::set<std::string> leased_;  ///< by this process
};

/// Sends wait here until the history lets them go on, in any order.
class Jobs : public bot::Executor {
 public:
  void run(const std::string&, std::function<void()> job) override { waiting_.push_back(std::move(job)); }
  bool go_on(std::uint32_t which);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  std::deque<std::function<void()>> waiting_;
};

class Process {
 public:
  Process(World& world, const bot::Commands& table, const Break* broken);
  Process(const Process&) = delete;

 private:
  World& world_;
  std::unique_ptr<bot::Store> broken_store_;
  std::unique_ptr<bot::Reader> broken_reader_;
  std::unique_ptr<bot::Commands> broken_commands_;

 public:
  SpyStore store;
  bot::Reader& reader;  ///< as the program sees the disk
  bot::People people;

 private:
  Recorder commands_;

 public:
  bot::ClockWatch watch;
  Jobs jobs;
  bot::Coordinator coordinator;

 private:
  std::unique_ptr<bot::Intake> broken_intake_;
  std::vector<std::unique_ptr<bot::Sender>> broken_senders_;

 public:
  bot::Dispatcher dispatcher;
  bot::Timers timers;
};

}  // namespace sim
