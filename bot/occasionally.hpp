// Says a thing that may happen thousands of times a second only now and then: the first at once, then one a period with how many it stands for.
// Place: whoever logs refusals.
// Threads: any; one mutex inside.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "bot/env.hpp"
#include "bot/mutex.hpp"

namespace bot {

class Occasionally {
 public:
  explicit Occasionally(Millis period = Millis{10000}) : period_(period) {}
  /// Counts one. When it is time to say so: how many there were since it was said last, this one too.
  std::optional<std::int64_t> count(Millis now) {
    Lock lock(mutex_);
    ++since_;
    if (last_ && now - *last_ < period_) return std::nullopt;
    last_ = now;
    return std::exchange(since_, 0);
  }

 private:
  const Millis period_;
  mutable Mutex mutex_;
  std::optional<Millis> last_ GUARDED_BY(mutex_);
  std::int64_t since_ GUARDED_BY(mutex_) = 0;
};

}  // namespace bot
