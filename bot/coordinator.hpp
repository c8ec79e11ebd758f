// The only write path: takes what waits, loads, decides, commits once, answers everybody.
// Place: fed by adapters, timers and the dispatcher through Intake; writes through Store; wakes the dispatcher in memory.
// Threads: submit() from anywhere; run_once() from one thread (lifecycle) or from a test or simulation.
// Errors: a full queue answers `unavailable` at once; a commit of unknown outcome answers `maybe_recorded` to the batch and calls on_fatal.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <unordered_map>

#include "bot/clock_watch.hpp"
#include "bot/mutex.hpp"
#include "bot/occasionally.hpp"
#include "bot/store.hpp"

namespace bot {

struct CoordinatorLimits {
  std::size_t queued_requests = 2000;
  Millis queued_for{100};        ///< what would wait longer, at the pace of late, is refused; a batch may always wait
  std::size_t queued_bytes = 16u << 20;
  std::size_t batch_requests = 256;
  std::size_t batch_along = 64;  ///< of each class but people's
};

struct CoordinatorCounts {
  std::atomic<std::uint64_t> decided{0}, batches{0}, refused{0}, repeated{0}, shed{0}, commit_failures{0};
};

/// What a commit held, so that only those concerned are woken.
struct Committed {
  bool entries = false, messages = false, timers = false, redactions = false;
  std::size_t requests = 0;
  double seconds = 0;  ///< the commit alone
};

class Coordinator : public Intake, public FormSource {
 public:
  Coordinator(Store& store, Reader& reader, const Commands& commands, const Settings& settings, People& people, Env env,
              CoordinatorLimits limits = {});
  ~Coordinator() override;

  /// From now on nothing is decided before a step of the wall clock was followed.
  void watch(ClockWatch& clock) { watch_ = &clock; }

  void submit(Request request, Completion done) override;
  bool turns_away(RequestClass cls) override;
  Result<Form> form(const Request& request) override;

  /// Handles one batch; false when nothing waited.
  bool run_once();
  /// Waits until something is queued or `timeout` passed; false on timeout.
  bool wait(Millis timeout);
  /// New requests are answered `unavailable`; what is queued is still decided.
  void drain();

  std::size_t queued() const;
  const CoordinatorCounts& counts() const { return counts_; }

  std::function<void(const Committed&)> on_commit;   ///< after every commit: wakes dispatcher, timers and live streams
  std::function<void(const std::string&)> on_fatal;  ///< the store can no longer be trusted

 private:
  struct Pending;
  struct Work;
  void answer_query(Request& request, const Invocation& invocation, const Completion& done);
  bool has_room(RequestClass cls, std::size_t bytes) const REQUIRES_LOCK(mutex_);
  void note_pace(std::size_t requests, std::chrono::microseconds took);
  std::vector<Pending> take();
  void handle(std::vector<Work>& works);
  void handle_one_by_one(std::vector<Work>& works);
  void reread_repeats(std::vector<Work>& works);
  Status recognise(std::vector<Work>& works, Loaded& loaded);
  Status load_reads(std::vector<Work>& works, Loaded& loaded);
  using Refused = std::unordered_map<std::string, const Work*>;  ///< by dedup key: of this batch, nothing recorded
  /// What a batch came to: set by decide_and_commit.
  struct Batch;
  Status decide_and_commit(std::vector<Work>& works, Batch& batch, Time now);
  void decide_one(Work& work, Loaded& loaded, Refused& refused, std::vector<Changes>& batch, Time now);
  void record(const Decision& decision, const Snapshot& snapshot, const Context& context, Loaded& loaded, Changes& changes);
  static void answer(std::vector<Work>& works, const Error* error);
  Actor actor_of(const Caller& caller);
  void meet(const Person& person);
  std::vector<Person> not_kept() const;
  void kept(const std::vector<Person>& people);

  Store& store_;
  Reader& reader_;
  const Commands& commands_;
  const Settings& settings_;
  People& people_;
  Env env_;
  ClockWatch* watch_ = nullptr;
  CoordinatorLimits limits_;
  CoordinatorCounts counts_;
  Occasionally commit_trouble_;

  mutable Mutex mutex_;
  std::condition_variable arrived_;
  std::array<std::deque<Pending>, 4> queues_ GUARDED_BY(mutex_);
  std::size_t queued_ GUARDED_BY(mutex_) = 0;
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  double seconds_each_ GUARDED_BY(mutex_) = 0;  ///< of late, in batches that were worth one
  bool draining_ GUARDED_BY(mutex_) = false;
  std::map<std::string, Person> not_kept_ GUARDED_BY(mutex_);  ///< met, and in no commit yet: the next one takes them along
};

}  // namespace bot
