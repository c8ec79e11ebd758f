// Time, ids and chance that a test holds in its hand: nothing moves unless the test moves it.
// Place: core tests, contract tests, the simulation. Threads: any.
#pragma once

#include <atomic>
#include <cstdio>
#include <string>

#include "bot/env.hpp"
#include "bot/mutex.hpp"

namespace support {

class FakeClock : public bot::Clock {
 public:
  /// 2026-11-23T15:42:18Z
  explicit FakeClock(bot::Time start = bot::Time{bot::Millis{1795448538000}}) : wall_(start.time_since_epoch().count()) {}
  bot::Time now() const override { return bot::Time{bot::Millis{wall_.load()}}; }
  bot::Millis monotonic() const override { return bot::Millis{monotonic_.load()}; }
  void advance(bot::Millis by) {
    wall_ += by.count();
    monotonic_ += by.count();
  }
  /// The wall clock alone jumps, as when somebody sets it.
  void jump(bot::Millis by) { wall_ += by.count(); }
  void set(bot::Time to) { wall_ = to.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> monotonic_{1000};
};

/// 000…001, 000…002, …: sorts by creation like the real one.
class CountingIds : public bot::IdSource {
 public:
  std::string next() override {
    char text[33];
    std::snprintf(text, sizeof text, "%032llx", static_cast<unsigned long long>(++last_));
    return text;
  }

 private:
  std::atomic<std::uint64_t> last_{0};
};

/// splitmix64: the same seed gives the same run.
class SeededRandom : public bot::Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : state_(seed) {}
  std::uint64_t next() override {
    const bot::Lock lock(mutex_);
    return draw();
  }
  std::string bytes(std::size_t n) override {
    const bot::Lock lock(mutex_);
    std::string out;
    out.reserve(n);
    while (out.size() < n) {
      std::uint64_t word = draw();
      for (int i = 0; i < 8 && out.size() < n; ++i, word >>= 8) out.push_back(static_cast<char>(word & 0xff));
    }
    return out;
  }

 private:
  std::uint64_t draw() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  bot::Mutex mutex_;
  std::uint64_t state_;
};

struct FakeEnv {
  FakeClock clock;
  CountingIds ids;
  SeededRandom random;
  explicit FakeEnv(std::uint64_t seed = 1) : random(seed) {}
  bot::Env env() { return {clock, ids, random}; }
  void advance(bot::Millis by) { clock.advance(by); }
};

}  // namespace support
