// Notices when the wall clock is set, and moves everything that is owed after a while along with it, so that a wait stays as long as it was.
// The clock that never jumps counts sleep, so a suspended machine is no step; slow corrections change both clocks alike (ADR 0010).
// Place: one per process; Coordinator, Dispatcher and Timers ask it for the time. Threads: any.
// Errors: a move that is not recorded is tried again at the next look; one of unknown outcome never, since the process must stop.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <shared_mutex>

#include "bot/store.hpp"

namespace bot {

/// Both clocks at one moment.
struct ClockReading {
  Time wall{};
  Millis monotonic{0};
};
/// Smaller differences are not acted upon, and add up until they are. What must be 10 s apart is therefore asked for half a second later.
inline constexpr Millis kClockTolerance{250};
/// How far the wall clock was set between two readings; nullopt: it only went on.
std::optional<Millis> clock_step(const ClockReading& before, const ClockReading& now);

class ClockWatch {
 public:
  ClockWatch(Store& store, Clock& clock);
  /// Runs `work` with the wall time, after what is owed was moved along with any step of it; meanwhile nothing is moved. So what is read
  /// and written inside is all of one time. Fails without running it when the move is not recorded.
  Status with_time(const std::function<Status(Time now)>& work);
  /// Runs `work` while nothing is moved, whatever the clock shows.
  void meanwhile_still(const std::function<void()>& work);
  /// By how much everything was moved so far, to be added to times that were worked out earlier. Stable inside with_time() and meanwhile_still().
  Millis moved() const { return Millis{moved_.load()}; }
  std::uint64_t steps() const { return steps_.load(); }
  /// For people: the last step, for an hour; "" when there is none to tell of.
  std::string notice() const;

 private:
  Status follow();
  ClockReading read() const;
  std::optional<Millis> step(const ClockReading& now) const;

  Store& store_;
  Clock& clock_;
  std::shared_mutex moving_;                ///< shared: somebody works with the time; alone: everything is being moved
  std::atomic<std::int64_t> offset_;        ///< wall minus monotonic, as last noticed
  std::atomic<std::int64_t> moved_{0};
  std::atomic<std::uint64_t> steps_{0};
  std::atomic<bool> lost_{false};           ///< a move of unknown outcome: moving again could move twice
  mutable Mutex mutex_;
  std::optional<ClockReading> last_ GUARDED_BY(mutex_);
  Millis last_step_ GUARDED_BY(mutex_){0};
};

}  // namespace bot
