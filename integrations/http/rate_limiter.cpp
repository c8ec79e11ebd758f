#include "integrations/http/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace http {
namespace {
/// Keys name channels and methods, which come and go: above this, buckets that say nothing any more are dropped.
constexpr std::size_t kManyBuckets = 10000;
constexpr double kMillisPerMinute = 60000.0;
/// Nobody is sent away for longer than this: meanwhile others may have given up, and the line is shorter than it was.
constexpr bot::Millis kLongestTurn{60000};
}  // namespace

bot::Millis RateLimiter::take(const std::string& key, double per_minute, double burst, bot::Time now, double left_over, bool in_turns, double tokens) {
  burst = std::max(burst, 1.0);
  tokens = std::min(tokens, burst);
  left_over = std::clamp(left_over, 0.0, burst - tokens);
  per_minute = std::max(per_minute, 0.001);
  bot::Lock lock(mutex_);
  if (buckets_.size() > kManyBuckets) {
    std::erase_if(buckets_, [&](const auto& item) {
      return item.second.paused_until <= now && now - item.second.at > std::chrono::minutes(10);
    });
  }
  Bucket& bucket = buckets_[key];
  if (bucket.at == bot::Time{}) {
    bucket.tokens = burst;
  } else if (now < bucket.at) {
    // The wall clock went back: a pause keeps its length instead of growing by the jump.
    if (bucket.paused_until > bucket.at) bucket.paused_until -= bucket.at - now;
  } else {
    bucket.tokens = std::min(burst, bucket.tokens + static_cast<double>((now - bucket.at).count()) * per_minute / kMillisPerMinute);
  }
  bucket.at = now;
  if (bucket.paused_until > now) return bucket.paused_until - now;
  // A hair of tolerance, so that waiting exactly what was told is enough despite rounding.
  if (bucket.tokens >= tokens + left_over - 1e-6) {
    bucket.tokens = std::max(0.0, bucket.tokens - tokens);
    return bot::Millis{0};
  }
  const auto wait = static_cast<std::int64_t>(std::ceil((tokens + left_over - bucket.tokens) * kMillisPerMinute / per_minute));
  const bot::Time first = now + bot::Millis{std::max<std::int64_t>(1, wait)};
  return in_turns ? turn(bucket, per_minute, left_over, tokens, first, now) : first - now;
}

bot::Millis RateLimiter::turn(Bucket& bucket, double per_minute, double left_over, double tokens, bot::Time first, bot::Time now) {
  bot::Time& last = bucket.turns[left_over];
  const auto apart = bot::Millis{static_cast<std::int64_t>(std::ceil(tokens * kMillisPerMinute / per_minute))};
  // Whoever comes back at its turn takes the token of then; the first in line never waits longer than the bucket needs.
  last = last >= first && last < now + kLongestTurn ? last + apart : first;
  return last - now;
}

void RateLimiter::pause(const std::string& key, bot::Time until) {
  bot::Lock lock(mutex_);
  Bucket& bucket = buckets_[key];
  bucket.paused_until = std::max(bucket.paused_until, until);
}

bot::Millis RateLimiter::paused(const std::string& key, bot::Time now) const {
  bot::Lock lock(mutex_);
  const auto it = buckets_.find(key);
  return it == buckets_.end() || it->second.paused_until <= now ? bot::Millis{0} : it->second.paused_until - now;
}

}  // namespace http
