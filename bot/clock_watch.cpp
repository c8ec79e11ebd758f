#include "bot/clock_watch.hpp"

#include "bot/log.hpp"

namespace bot {
namespace {

/// Timers that count from a moment. Reminders are appointments: the clock time that people were told is in the timeline and on the card.
constexpr const char* kRelativeTimers = "escalate";
constexpr Millis kToldFor{3600000};
/// The clocks cannot be read at once; a reading during which the thread was kept waiting says nothing about steps.
constexpr Millis kReadWithin{20};
constexpr int kReadings = 50;

}  // namespace

std::optional<Millis> clock_step(const ClockReading& before, const ClockReading& now) {
  const Millis by = (now.wall - before.wall) - (now.monotonic - before.monotonic);
  if (std::chrono::abs(by) < kClockTolerance) return std::nullopt;
  return by;
}

ClockWatch::ClockWatch(Store& store, Clock& clock) : store_(store), clock_(clock), offset_(0) {
  const ClockReading now = read();
  offset_ = (now.wall.time_since_epoch() - now.monotonic).count();
}

ClockReading ClockWatch::read() const {
  ClockReading out;
  for (int i = 0; i < kReadings; ++i) {
    const Millis begin = clock_.monotonic();
    out.wall = clock_.now();
    out.monotonic = clock_.monotonic();
    if (out.monotonic - begin <= kReadWithin) break;
  }
  return out;
}

std::optional<Millis> ClockWatch::step(const ClockReading& now) const { return clock_step({Time{Millis{offset_.load()}}, Millis{0}}, now); }

Status ClockWatch::with_time(const std::function<Status(Time now)>& work) {
  while (true) {
    if (auto followed = follow(); !followed) return followed;
    const std::shared_lock still(moving_);
    const ClockReading now = read();
    if (!step(now)) return work(now.wall);
  }
}

void ClockWatch::meanwhile_still(const std::function<void()>& work) {
  const std::shared_lock still(moving_);
  work();
}

Status ClockWatch::follow() {
  if (lost_) return fail(ErrorKind::unavailable, "The clock was set, and whether that is recorded is not known; Muster is about to restart.");
  if (!step(read())) return Done{};
  const std::unique_lock alone(moving_);
  const ClockReading now = read();
  const auto by = step(now);
  if (!by) return Done{};  // somebody else was faster
  if (auto moved = store_.shift_due(*by, kRelativeTimers); !moved) {
    lost_ = moved.error().maybe_recorded;
    return moved;
  }
  offset_ += by->count();
  moved_ += by->count();
  ++steps_;
  {
    Lock lock(mutex_);
    last_ = now;
    last_step_ = *by;
  }
  log(LogLevel::warning, "clock_set", {{"by_ms", by->count()}, {"now", iso8601(now.wall)}});
  return Done{};
}

std::string ClockWatch::notice() const {
  Lock lock(mutex_);
  if (!last_ || clock_.monotonic() - last_->monotonic > kToldFor) return "";
  return "This machine's clock was set " + duration_text(std::chrono::abs(last_step_)) + (last_step_ < Millis{0} ? " back" : " ahead") + ", to " + clock_text(last_->wall) +
         " UTC. Escalations and messages wait as long as they would have; reminders keep their clock times.";
}

}  // namespace bot
