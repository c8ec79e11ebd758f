#include "tests/support/fake_slack_limits.hpp"

#include <algorithm>

namespace support {
namespace {

constexpr bot::Millis kMinute{60000}, kSecond{1000};

struct Tier { int a_minute; const char* methods; };
/// Every method the fake knows, with a blank around each name.
constexpr Tier kTiers[] = {
    {20, " conversations.create conversations.setTopic conversations.setPurpose conversations.archive conversations.unarchive conversations.rename "
         "conversations.list bookmarks.add pins.add pins.list reactions.remove users.list usergroups.list usergroups.users.list "},
    {50, " conversations.invite conversations.kick conversations.join conversations.open conversations.info conversations.history "
         "conversations.replies users.conversations chat.update chat.delete bookmarks.list reactions.add reactions.get users.lookupByEmail "
         "team.info bots.info apps.connections.open "},
    {100, " conversations.members chat.postEphemeral views.open views.update views.push views.publish users.info "},
    {300, " chat.postMessage "},  // "several hundred per minute" for the workspace, beside one a second and channel
};

/// Seconds until `window` no longer holds `most` calls; nothing when there is room now.
std::optional<int> wait_for_room(std::deque<bot::Time>& taken, int most, bot::Millis window, bot::Time now) {
  while (!taken.empty() && now - taken.front() >= window) taken.pop_front();
  if (static_cast<int>(taken.size()) < most) return std::nullopt;
  const bot::Millis left = window - (now - taken.front());
  return std::max(1, static_cast<int>((left.count() + 999) / 1000));
}

}  // namespace

int calls_a_minute(const std::string& method) {
  for (const auto& tier : kTiers)
    if (std::string(tier.methods).find(" " + method + " ") != std::string::npos) return tier.a_minute;
  return 0;
}

std::optional<int> SlackLimits::one_too_many(const std::string& method, const std::string& channel, bot::Time now) {
  const bool post = method == "chat.postMessage" && !channel.empty();
  auto& in_channel = taken_[method + " " + channel];
  std::optional<int> wait;
  if (post) wait = wait_for_room(in_channel, 1, kSecond, now);
  const int most = calls_a_minute(method);
  if (!wait && most > 0) wait = wait_for_room(taken_[method], most, kMinute, now);
  if (wait) {
    hits_.push_back({method, channel, now, *wait});
    return wait;
  }
  if (post) in_channel.push_back(now);
  if (most > 0) taken_[method].push_back(now);
  return std::nullopt;
}

int worst_storm(const std::vector<LimitHit>& hits) {
  struct Window { bot::Time until{}; int count = 0; };
  std::map<std::string, Window> open;
  int worst = 0;
  for (const auto& hit : hits) {
    Window& window = open[hit.method + " " + hit.channel];
    if (window.count == 0 || hit.at >= window.until) window = {hit.at + bot::Millis{hit.retry_after * 1000}, 0};
    worst = std::max(worst, ++window.count);
  }
  return worst;
}

}  // namespace support
