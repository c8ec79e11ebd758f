// Takes committed messages lane by lane and hands them to senders; the outcome goes back as a request.
// Place: reads Store::lease, calls Sender, submits SendOutcome to Intake. Never sends what is not committed.
// Threads: run_once() from one thread; sends run on the Executor's threads (inline in the simulation).
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "bot/clock_watch.hpp"
#include "bot/delivery.hpp"
#include "bot/mutex.hpp"
#include "bot/store.hpp"

namespace bot {

/// Runs a send: on an integration's own bounded workers (workers.hpp), or inline in tests and the simulation.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void run(const std::string& integration, std::function<void()> job) = 0;
};

struct DispatcherCounts { std::atomic<std::uint64_t> sent{0}, retried{0}, doubted{0}, held{0}, dead{0}; };

class Dispatcher {
 public:
  Dispatcher(Store& store, Reader& reader, Intake& intake, std::vector<Sender*> senders, Executor& executor, Env env, std::string boot,
             DeliveryRules rules = {});
  /// From now on nothing is leased before a step of the wall clock was followed.
  void watch(ClockWatch& clock) { watch_ = &clock; }
  /// Leases what is due and starts it; the number started.
  int run_once();
  /// How long until something may be due; capped at one second.
  Millis idle_time();
  const DispatcherCounts& counts(const std::string& integration) const { return *counts_.at(integration); }
  std::vector<std::string> integrations() const;

  std::function<void()> on_idle_slot;  ///< a worker became free: run_once() may find more to do

 private:
  /// When a message was leased. Its waits are counted from there by the clock that never jumps.
  struct Leased {
    ClockReading at;
    Millis moved{0};
  };
  Result<std::vector<QueuedMessage>> lease(LeaseQuery& query, Leased& when);
  void deliver(const QueuedMessage& leased, const Leased& when, Sender& sender);
  SendOutcome attempt(const QueuedMessage& leased, const Leased& when, Sender& sender);
  /// `moved`: by how much everything had been moved when the outcome's times were worked out.
  void report(SendOutcome outcome, Millis moved);
  void submit(SendOutcome outcome);
  void count(const SendOutcome& outcome);
  void resubmit();
  Store& store_;
  Reader& reader_;
  Intake& intake_;
  std::map<std::string, Sender*> senders_;
  Executor& executor_;
  Env env_;
  ClockWatch* watch_ = nullptr;
  std::string boot_;
  DeliveryRules rules_;
  std::chrono::microseconds rest_until_{0};  // of run_once()'s thread
  std::map<std::string, std::unique_ptr<DispatcherCounts>> counts_;
  mutable Mutex mutex_;
  std::map<std::string, int> busy_ GUARDED_BY(mutex_);
  std::map<std::string, Millis> paused_until_ GUARDED_BY(mutex_);  // by the clock that never jumps
  struct Unrecorded {
    SendOutcome outcome;
    Millis moved{0};
  };
  std::vector<Unrecorded> unrecorded_ GUARDED_BY(mutex_);  // outcomes the store could not take yet; never dropped
};

}  // namespace bot
