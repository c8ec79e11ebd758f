#include "commands/times.hpp"

#include "commands/words.hpp"

namespace commands {
namespace {

using bot::Millis;
using bot::Time;

bool digit(char c) { return c >= '0' && c <= '9'; }

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
  if (unit == "s" || unit == "sec" || unit == "second" || unit == "seconds") return Millis{n * 1000};
  if (unit == "m" || unit == "min" || unit == "mins" || unit == "minute" || unit == "minutes") return Millis{n * 60000};
  if (unit == "h" || unit == "hour" || unit == "hours") return Millis{n * 3600000};
  if (unit == "d" || unit == "day" || unit == "days") return Millis{n * 86400000};
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
