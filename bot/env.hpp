// Time, ids and chance: the only way the project may read a clock, make an id or draw a number (checked by the lint test).
// Place: created in main.cpp (system) or by a test/simulation (manual), handed down by reference.
// Threads: every function may be called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace bot {

using Millis = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Millis>;  ///< UTC wall time, millisecond precision

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;          ///< wall clock; may jump
  virtual Millis monotonic() const = 0;  ///< since an arbitrary start; never jumps back, counts sleep (CLOCK_BOOTTIME)
  virtual std::chrono::microseconds fine() const { return monotonic(); }  ///< the same clock, finer where it can be; for measuring
};

class IdSource {
 public:
  virtual ~IdSource() = default;
  /// 32 lower-case hex characters, UUIDv7 layout without dashes: sorts by creation time, safe in URLs and vendor marks.
  virtual std::string next() = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;             ///< uniform 64 bits from the operating system's generator
  virtual std::string bytes(std::size_t n) = 0; ///< n unpredictable raw bytes (tokens, salts)
};

struct Env {
  Clock& clock;
  IdSource& ids;
  Random& random;
};

std::unique_ptr<Clock> system_clock();
std::unique_ptr<Random> system_random();
std::unique_ptr<IdSource> system_ids(Clock& clock, Random& random);

/// "2026-11-23T15:42:18.000Z". Milliseconds are always three digits.
std::string iso8601(Time t);
/// "15:42:18" (UTC) and "2026-11-23".
std::string clock_text(Time t);
std::string date_text(Time t);
/// "45 s", "23 min", "2 h 5 min", "3 d 4 h"; negative counts as 0 s.
std::string duration_text(Millis d);
/// Parses RFC 3339 with optional fraction and zone ("Z" or +hh:mm). False when the text is anything else.
bool parse_iso8601(const std::string& text, Time& out);

}  // namespace bot
