// When the store's log may be emptied: a question of how much is written, not of time alone.
// Place: main's upkeep. Threads: one. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "bot/env.hpp"

namespace bot {

/// When the store's log may be emptied: not while much is written (it would only grow again), but once a minute all the same.
class Lull {
 public:
  static constexpr Millis kRound{1000};               ///< how often it is asked
  static constexpr std::uint64_t kManyBatches = 100;  ///< committed since the round before: much is written
  static constexpr int kBusyRounds = 60;              ///< of which the last empties the log

  /// Asked once a round. `batches`: committed since the start; `queued`: requests that wait to be written.
  bool now(std::uint64_t batches, std::size_t queued) {
    const bool busy = batches - std::exchange(batches_, batches) > kManyBatches;
    if (queued > 0 || (busy && ++busy_rounds_ < kBusyRounds)) return false;
    busy_rounds_ = 0;
    return true;
  }

 private:
  std::uint64_t batches_ = 0;  ///< at the round before
  int busy_rounds_ = 0;        ///< since the log was emptied
};

}  // namespace bot
