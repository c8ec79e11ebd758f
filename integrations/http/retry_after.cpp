// What a vendor's Retry-After means in milliseconds.
#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "integrations/http/client.hpp"

namespace http {
namespace {

bool number(std::string_view text, int& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && text.front() != '-' && read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

/// "0" and a time that is over are an answer all the same: who asks to wait and is asked again at once, asks again.
constexpr bot::Millis kShortestWait{1000};

/// IMF-fixdate (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
bool http_date(std::string_view text, bot::Time& out) {
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':') return false;
  int day = 0, year = 0, hour = 0, minute = 0, second = 0;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (month == months.end() || !number(text.substr(5, 2), day) || !number(text.substr(12, 4), year) || !number(text.substr(17, 2), hour) ||
      !number(text.substr(20, 2), minute) || !number(text.substr(23, 2), second))
    return false;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month - months.begin() + 1)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return false;
  out = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
  return true;
}

}  // namespace

const std::string& Answer::header(const std::string& lower_name) const {
  static const std::string none;
  for (const auto& [name, value] : headers)
    if (name == lower_name) return value;
  return none;
}

std::optional<bot::Millis> retry_after(const Answer& answer, bot::Time now, bot::Millis cap) {
  const std::string& text = answer.header("retry-after");
  if (text.empty()) return {};
  // Digits beyond any sensible wait are a wait too, not a fault.
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t seconds = 0;
    for (char c : text) seconds = std::min<std::int64_t>(seconds * 10 + (c - '0'), 1'000'000'000);
    return std::clamp(bot::Millis{seconds * 1000}, kShortestWait, cap);
  }
  bot::Time until;
  if (!http_date(text, until)) return {};
  return std::clamp(std::chrono::duration_cast<bot::Millis>(until - now), kShortestWait, cap);
}

}  // namespace http
