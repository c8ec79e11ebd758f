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

/// "1402", "14.02", "9.05" → "14:02", "14:02", "9:05"; anything else as it is.
std::string with_colon(const std::string& text) {
  const auto digits = [&text](std::size_t from, std::size_t count) {
    return from + count <= text.size() && text.find_first_not_of("0123456789", from) >= from + count;
  };
  if (text.size() == 4 && digits(0, 4)) return text.substr(0, 2) + ":" + text.substr(2);
  const auto dot = text.find('.');
  if ((dot == 1 || dot == 2) && text.size() == dot + 3 && digits(0, dot) && digits(dot + 1, 2)) return text.substr(0, dot) + ":" + text.substr(dot + 1);
  return text;
}

/// The day of "yesterday 14:02" or "today 14:02", cut off; nullopt when there is none.
std::optional<std::string> named_day(std::string& word, Time now) {
  for (const auto& [name, back] : {std::pair<std::string_view, int>{"yesterday ", 1}, {"today ", 0}})
    if (std::string_view(word).starts_with(name)) {
      word.erase(0, name.size());
      return bot::date_text(now - std::chrono::hours{24} * back);
    }
  return std::nullopt;
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
  if (const auto back = duration(word)) return now - *back;  // "10m": somebody who says when it began means ago
  const auto day = named_day(word, now);
  if (const std::string clock = full_clock(with_colon(word)); !clock.empty()) {
    if (day) return bot::parse_iso8601(*day + "T" + clock + "Z", out) ? std::optional<Time>(out) : std::nullopt;
    if (!bot::parse_iso8601(bot::date_text(now) + "T" + clock + "Z", out)) return std::nullopt;
    return out > now ? out - std::chrono::hours{24} : out;
  }
  if (word.size() < 15 || (word[10] != ' ' && word[10] != 't')) return std::nullopt;
  const std::string clock = full_clock(std::string_view(word).substr(11, word.find('.') == std::string::npos ? std::string::npos : word.find('.') - 11));
  if (clock.empty() || !bot::parse_iso8601(word.substr(0, 10) + "T" + clock + "Z", out)) return std::nullopt;
  return out;
}

}  // namespace commands
