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
  bot::Millis take(const std::string& key, double per_minute, double burst, bot::Time now);
  void pause(const std::string& key, bot::Time until);

 private:
  struct Bucket { double tokens = 0; bot::Time at{}; bot::Time paused_until{}; };
  bot::Mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace http
