#include <catch2/catch.hpp>

#include "integrations/http/rate_limiter.hpp"

using namespace std::chrono_literals;

TEST_CASE("a bucket gives its burst at once and then its rate") {
  http::RateLimiter limiter;
  const bot::Time t{1'000'000s};
  CHECK(limiter.take("a", 60, 3, t) == 0ms);
  CHECK(limiter.take("a", 60, 3, t) == 0ms);
  CHECK(limiter.take("a", 60, 3, t) == 0ms);
  CHECK(limiter.take("a", 60, 3, t) == 1000ms);
  CHECK(limiter.take("a", 60, 3, t + 400ms) == 600ms);
  CHECK(limiter.take("a", 60, 3, t + 1000ms) == 0ms);
  CHECK(limiter.take("a", 60, 3, t + 1000ms) == 1000ms);
  CHECK(limiter.take("b", 60, 1, t) == 0ms);
}

TEST_CASE("those told to wait get turns one after the other, and each finds its token at its turn") {
  http::RateLimiter limiter;
  bot::Time t{1'000'000s};
  CHECK(limiter.take("a", 60, 1, t, 0.0) == 0ms);
  CHECK(limiter.take("a", 60, 1, t, 0.0) == 1000ms);
  CHECK(limiter.take("a", 60, 1, t, 0.0) == 2000ms);
  CHECK(limiter.take("a", 60, 1, t, 0.0) == 3000ms);
  for (int i = 1; i <= 3; ++i) CHECK(limiter.take("a", 60, 1, t + i * 1000ms, 0.0) == 0ms);
  CHECK(limiter.take("a", 60, 1, t + 100s, 0.0) == 0ms);
  // Two hundred at once: nobody is sent away for more than about a minute.
  for (int i = 0; i < 200; ++i) CHECK(limiter.take("a", 60, 1, t + 100s, 0.0) <= 61000ms);
}

TEST_CASE("the less urgent leave tokens over, so that the urgent always find one") {
  http::RateLimiter limiter;
  const bot::Time t{1'000'000s};
  int taken = 0;
  while (limiter.take("a", 60, 10, t, 4.0) == 0ms) ++taken;
  CHECK(taken == 6);
  CHECK(limiter.take("a", 60, 10, t, 2.0) == 0ms);
  CHECK(limiter.take("a", 60, 10, t, 0.0) == 0ms);
  CHECK(limiter.take("a", 60, 10, t, 4.0) > 2000ms);
  CHECK(limiter.take("a", 60, 10, t + 20s, 4.0) == 0ms);
  // However much is to be left over, a full bucket lets everybody through.
  CHECK(limiter.take("b", 60, 3, t, 50.0) == 0ms);
}

TEST_CASE("several tokens are taken together or not at all, and those who wait for them do not meet") {
  http::RateLimiter limiter;
  const bot::Time t{1'000'000s};
  CHECK(limiter.take_together("a", 60, 10, t, 8) == 0ms);
  CHECK(limiter.take_together("a", 60, 10, t, 3) == 1000ms);
  CHECK(limiter.take("a", 60, 10, t) == 0ms);  // the two that are left are nobody's yet
  CHECK(limiter.take_together("a", 60, 10, t, 3) == 2000ms);
  CHECK(limiter.take_together("a", 60, 10, t, 3) == 5000ms);
  CHECK(limiter.take_together("a", 60, 10, t + 2s, 3) == 0ms);
  CHECK(limiter.take_together("a", 60, 10, t + 5s, 3) == 0ms);
  CHECK(limiter.take_together("a", 60, 10, t + 60s, 99) == 0ms);  // more than the burst is the burst
}

TEST_CASE("waiting exactly what was told is enough") {
  http::RateLimiter limiter;
  bot::Time t{1'000'000s};
  for (int i = 0; i < 200; ++i) {
    const auto wait = limiter.take("a", 70, 1, t);
    if (wait == 0ms) continue;
    t += wait;
    CHECK(limiter.take("a", 70, 1, t) == 0ms);
  }
}

TEST_CASE("tokens never pile up above the burst") {
  http::RateLimiter limiter;
  const bot::Time t{1'000'000s};
  CHECK(limiter.take("a", 60, 2, t) == 0ms);
  CHECK(limiter.take("a", 60, 2, t + 1h) == 0ms);
  CHECK(limiter.take("a", 60, 2, t + 1h) == 0ms);
  CHECK(limiter.take("a", 60, 2, t + 1h) == 1000ms);
}

TEST_CASE("a pause holds a key back until it ends, and a shorter one does not shorten it") {
  http::RateLimiter limiter;
  const bot::Time t{1'000'000s};
  CHECK(limiter.take("a", 60, 5, t) == 0ms);
  limiter.pause("a", t + 30s);
  limiter.pause("a", t + 10s);
  CHECK(limiter.take("a", 60, 5, t + 1s) == 29000ms);
  CHECK(limiter.take("b", 60, 5, t + 1s) == 0ms);
  CHECK(limiter.take("a", 60, 5, t + 30s) == 0ms);
}

TEST_CASE("a wall clock that goes back an hour does not lengthen a pause by an hour") {
  http::RateLimiter limiter;
  const bot::Time t{1'000'000s};
  CHECK(limiter.take("a", 60, 5, t) == 0ms);
  limiter.pause("a", t + 30s);
  CHECK(limiter.take("a", 60, 5, t - 1h) == 30000ms);
  CHECK(limiter.take("a", 60, 5, t - 1h + 30s) == 0ms);
}

TEST_CASE("forgotten keys do not grow without end") {
  http::RateLimiter limiter;
  const bot::Time t{1'000'000s};
  for (int i = 0; i < 20'001; ++i) CHECK(limiter.take("key " + std::to_string(i), 60, 1, t + std::chrono::seconds(i)) == 0ms);
  CHECK(limiter.take("key 20000", 60, 1, t + 20'000s) > 0ms);  // the newest is kept
}
