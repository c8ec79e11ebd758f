// Durable timers: what is due becomes a request. Late after a restart, never early, never twice (the timer's id and due time are the dedup key).
// Threads: run_once() from one thread.
#pragma once

#include "bot/clock_watch.hpp"

namespace bot {

class Timers {
 public:
  /// What was already due when this was made waits until `overdue_from`: after a restart acknowledgements may arrive first.
  Timers(Store& store, Intake& intake, Env env, Time overdue_from = {});
  /// From now on nothing goes off before a step of the wall clock was followed.
  void watch(ClockWatch& clock) { watch_ = &clock; }
  /// Submits what is due; the number submitted. A timer is submitted again only if its request was not recorded.
  int run_once();
  Millis idle_time();

 private:
  /// Since this was made, by the clock that never jumps: set back, the wall clock must not make what is due later look overdue for long.
  bool waits(const Timer& timer) const { return timer.due <= made() && left_to_wait() > Millis{0}; }
  Time made() const { return made_ + (watch_ != nullptr ? watch_->moved() : Millis{0}); }
  Millis left_to_wait() const { return overdue_from_ - made_ - (env_.clock.monotonic() - made_at_); }
  Store& store_;
  Intake& intake_;
  Env env_;
  ClockWatch* watch_ = nullptr;
  Time made_;
  Millis made_at_;
  Time overdue_from_;
  Mutex mutex_;
  std::map<std::string, Time> in_flight_ GUARDED_BY(mutex_);
};

}  // namespace bot
