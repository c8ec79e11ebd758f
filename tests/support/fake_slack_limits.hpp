// Slack's documented rate limits, enforced without mercy: at most the tier's calls of a method in any 60 seconds, one post a second and channel.
// Slack itself tolerates bursts that it does not publish; a sender that is polite here is polite there.
// Place: the fake Slack, which holds its lock around every call. Source: Slack's "Rate limits" page and each method's reference (tiers).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bot/env.hpp"

namespace support {

/// One answer "429".
struct LimitHit {
  std::string method, channel;  ///< channel: that of the call, or ""
  bot::Time at{};
  int retry_after = 1;          ///< seconds, as told
};

/// Calls a minute and workspace that Slack promises for a method; 0: no figure (not limited here).
int calls_a_minute(const std::string& method);

class SlackLimits {
 public:
  /// Seconds to wait when the call is one too many, else nothing and the call counts.
  std::optional<int> one_too_many(const std::string& method, const std::string& channel, bot::Time now);
  const std::vector<LimitHit>& hits() const { return hits_; }

 private:
  std::map<std::string, std::deque<bot::Time>> taken_;  ///< by method, or method and channel
  std::vector<LimitHit> hits_;
};

/// The most 429s that one method and channel met within one Retry-After window, the first included: 1 is polite, more is a storm.
int worst_storm(const std::vector<LimitHit>& hits);

}  // namespace support
