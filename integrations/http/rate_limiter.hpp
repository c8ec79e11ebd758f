// Token buckets by key, with pauses (Retry-After). Pure apart from its own lock: the time is an argument.
#pragma once

#include <map>
#include <string>

#include "bot/env.hpp"
#include "bot/mutex.hpp"

namespace http {

class RateLimiter {
 public:
  /// Zero when a token was taken; otherwise how long to wait before asking again. `per_minute` and `burst` belong to the key.
  bot::Millis take(const std::string& key, double per_minute, double burst, bot::Time now) { return take(key, per_minute, burst, now, 0.0, false); }
  /// The same for somebody less urgent: takes nothing of the last `left_over` tokens. Those that are told to wait get turns one after the
  /// other, so that a hundred of them do not all come back for the same token.
  bot::Millis take(const std::string& key, double per_minute, double burst, bot::Time now, double left_over) {
    return take(key, per_minute, burst, now, left_over, true);
  }
  /// Several tokens or none, in turns as well: for work of several calls that would be for nothing when it stops halfway.
  bot::Millis take_together(const std::string& key, double per_minute, double burst, bot::Time now, double tokens) {
    return take(key, per_minute, burst, now, 0.0, true, tokens);
  }
  void pause(const std::string& key, bot::Time until);
  /// How long the key is still paused; zero when it is not.
  bot::Millis paused(const std::string& key, bot::Time now) const;

 private:
  struct Bucket {
    double tokens = 0;
    bot::Time at{}, paused_until{};
    std::map<double, bot::Time> turns;  ///< by left_over: the last turn given
  };
  bot::Millis take(const std::string& key, double per_minute, double burst, bot::Time now, double left_over, bool in_turns, double tokens = 1.0);
  static bot::Millis turn(Bucket& bucket, double per_minute, double left_over, double tokens, bot::Time first, bot::Time now);
  mutable bot::Mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace http
