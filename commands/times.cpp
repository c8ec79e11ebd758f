#include "commands/times.hpp"

#include "commands/words.hpp"

namespace commands {
namespace {

using bot::Millis;
using bot::Time;

bool digit(char c) { return c >= '0' && c <= '9'; }

std::int64_t unit_millis(const std::string& unit) {
  if (unit == "s" || unit == "sec" || unit == "second" || unit == "seconds") return 1000;
  if (unit == "m" || unit == "min" || unit == "mins" || unit == "minute" || unit == "minutes") return 60000;
  if (unit == "h" || unit == "hour" || unit == "hours") return 3600000;
  return unit == "d" || unit == "day" || unit == "days" ? 86400000 : 0;
}

/// "25 min ago", "2h", "90 sec ago".
std::optional<Millis> ago(std::string_view text) {
  std::int64_t n = 0;
  std::size_t at = 0;
  while (at < text.size() && at < 6 && digit(text[at])) n = n * 10 + (text[at++] - '0');
  if (at == 0) return std::nullopt;
  Line line(text.substr(at));
  const std::string unit = lower(line.word());
  const std::string last = lower(line.rest());
  if (last != "ago") return std::nullopt;
  const std::int64_t one = unit_millis(unit);
  return one > 0 ? std::optional<Millis>(Millis{n * one}) : std::nullopt;
}

/// "9:05", "14:02" or "14:02:11" → "14:02:11"; "" when it is none.
std::string full_clock(std::string_view text) {
  std::string out(text.size() > 1 && text[1] == ':' ? "0" : "");
  out += text;
  if (out.size() == 5) out += ":00";
  const bool shaped = out.size() == 8 && out[2] == ':' && out[5] == ':';
  return shaped ? out : std::string();
}

}  // namespace

std::optional<Millis> duration(std::string_view text) {
  const std::string words = lower(text);
  if (words.empty() || words.size() > 40) return std::nullopt;
  std::int64_t total = 0;
  for (std::size_t at = 0; at < words.size();) {
    std::int64_t n = 0;
    const std::size_t from = at;
    while (at < words.size() && at < from + 6 && digit(words[at])) n = n * 10 + (words[at++] - '0');
    if (at == from) return std::nullopt;
    while (at < words.size() && words[at] == ' ') ++at;
    const std::size_t unit = at;
    while (at < words.size() && words[at] >= 'a' && words[at] <= 'z') ++at;
    const std::int64_t one = unit_millis(words.substr(unit, at - unit));
    if (one == 0) return std::nullopt;
    total += n * one;
    while (at < words.size() && words[at] == ' ') ++at;
  }
  return Millis{total};
}

std::optional<Time> moment(std::string_view text, Time now) {
  std::string word = lower(text);
  if (word.size() > 40) return std::nullopt;
  for (const char* zone : {" utc", "utc", "z"})
    if (const std::string_view z = zone; word.size() > z.size() && word.ends_with(z)) {
      word.resize(word.size() - z.size());
      break;
    }
  if (word == "now") return now;
  if (const auto back = ago(word)) return now - *back;
  Time out{};
  if (bot::parse_iso8601(std::string(text), out)) return out;
  const std::string today = bot::date_text(now);
  if (const std::string clock = full_clock(word); !clock.empty()) {
    if (!bot::parse_iso8601(today + "T" + clock + "Z", out)) return std::nullopt;
    return out > now ? out - std::chrono::hours{24} : out;
  }
  if (word.size() < 15 || (word[10] != ' ' && word[10] != 't')) return std::nullopt;
  const std::string clock = full_clock(std::string_view(word).substr(11, word.find('.') == std::string::npos ? std::string::npos : word.find('.') - 11));
  if (clock.empty() || !bot::parse_iso8601(word.substr(0, 10) + "T" + clock + "Z", out)) return std::nullopt;
  return out;
}

}  // namespace commands
