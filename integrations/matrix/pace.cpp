#include "integrations/matrix/pace.hpp"

#include <algorithm>
#include <cmath>

namespace matrix {
namespace {

constexpr double kBurst = 10;
constexpr bot::Millis kForget{3600000};      // an hour without a refusal: the administrator may have lifted the limit
constexpr bot::Millis kLongestBetween{60000};

}  // namespace

Pace::Pace(int fixed_per_minute) : fixed_(fixed_per_minute > 0 ? 60000 / fixed_per_minute : 0) {}

bot::Millis Pace::take(bot::Time now) {
  bot::Lock lock(mutex_);
  if (now < at_) {  // the wall clock went back: a pause keeps its length
    if (paused_until_ > at_) paused_until_ -= at_ - now;
    if (last_refusal_ > now) last_refusal_ = now;
  }
  if (fixed_.count() == 0 && between_.count() > 0 && now - last_refusal_ > kForget) between_ = bot::Millis{0};
  const bot::Millis between = std::max(fixed_, between_);
  const double gained = between.count() > 0 && now > at_ ? static_cast<double>((now - at_).count()) / static_cast<double>(between.count()) : 0;
  tokens_ = between.count() > 0 ? std::min(kBurst, tokens_ + gained) : kBurst;
  at_ = now;
  if (paused_until_ > now) return paused_until_ - now;
  if (between.count() == 0) return bot::Millis{0};
  // A hair of tolerance, so that waiting exactly what was told is enough despite rounding.
  if (tokens_ >= 1.0 - 1e-6) {
    tokens_ = std::max(0.0, tokens_ - 1.0);
    return bot::Millis{0};
  }
  return bot::Millis{std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil((1.0 - tokens_) * static_cast<double>(between.count()))))};
}

void Pace::refused(bot::Millis wait, bot::Time now) {
  bot::Lock lock(mutex_);
  const bool paced = between_.count() > 0 && now >= paused_until_;
  paused_until_ = std::max(paused_until_, now + wait);
  // The wait is at most the time one more message takes to become free; the longest one seen lately is the best guess at it. Refused although
  // it was kept to, the guess was short by what is asked for now.
  bot::Millis guess = std::max(between_, wait);
  if (paced && wait < between_) guess = between_ + wait;
  between_ = std::clamp(guess, bot::Millis{1}, kLongestBetween);
  last_refusal_ = now;
  // During the pause one message's worth is gained, and that is all that is free when it ends.
  tokens_ = 1.0 - static_cast<double>(wait.count()) / static_cast<double>(std::max(fixed_, between_).count());
  tokens_ = std::clamp(tokens_, 0.0, 1.0);
  at_ = now;
}

}  // namespace matrix
