// A room's name from the settings' pattern and a title in any language.
#include <array>

#include "bot/addressing.hpp"
#include "bot/plain.hpp"

namespace bot {
namespace {

constexpr std::size_t kLongest = 80;  // Slack's limit for channel names; Matrix allows more

/// U+00C0 … U+017F without their marks, one word per letter; "-" where there is no letter.
constexpr std::array<const char*, 0x180 - 0xC0> kLatin{
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",   // À
    "d", "n", "o", "o", "o", "o", "o",  "-", "o", "u", "u", "u", "u", "y", "th", "ss",  // Ð
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",   // à
    "d", "n", "o", "o", "o", "o", "o",  "-", "o", "u", "u", "u", "u", "y", "th", "y",   // ð
    "a", "a", "a", "a", "a", "a", "c",  "c", "c", "c", "c", "c", "c", "c", "d", "d",   // Ā
    "d", "d", "e", "e", "e", "e", "e",  "e", "e", "e", "e", "e", "g", "g", "g", "g",   // Đ
    "g", "g", "g", "g", "h", "h", "h",  "h", "i", "i", "i", "i", "i", "i", "i", "i",   // Ġ
    "i", "i", "ij", "ij", "j", "j", "k", "k", "k", "l", "l", "l", "l", "l", "l", "l",  // İ
    "l", "l", "l", "n", "n", "n", "n",  "n", "n", "n", "n", "n", "o", "o", "o", "o",   // ŀ
    "o", "o", "oe", "oe", "r", "r", "r", "r", "r", "r", "s", "s", "s", "s", "s", "s",  // Ő
    "s", "s", "t", "t", "t", "t", "t",  "t", "u", "u", "u", "u", "u", "u", "u", "u",   // Š
    "u", "u", "u", "u", "w", "w", "y",  "y", "y", "z", "z", "z", "z", "z", "z", "s"};  // Ű

void fold(std::string& out, std::uint32_t c) {
  if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') out += static_cast<char>(c);
  else if (c >= 0xC0 && c < 0x180 && kLatin[c - 0xC0][0] != '-') out += kLatin[c - 0xC0];
  else if (c >= 0x300 && c < 0x370) return;  // combining marks of already decomposed letters
  else if (c == '\'' || c == 0x2019) return;  // "can't" is one word
  else if (!out.empty() && out.back() != '-') out += '-';
}

std::string slug(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) fold(out, next_code_point(text, at));
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

std::string filled(const std::string& pattern, const std::string& number, const std::string& title) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern.compare(at, 8, "{number}") == 0) out += number, at += 8;
    else if (pattern.compare(at, 6, "{slug}") == 0) out += title, at += 6;
    else out += pattern[at++];
  }
  return slug(out);
}

}  // namespace

std::string room_name(const std::string& pattern, std::int64_t number, const std::string& title) {
  const std::string digits = std::to_string(number);
  std::string words = slug(title);
  std::string out = filled(pattern, digits, words);
  while (out.size() > kLongest && !words.empty()) {  // the title gives way, the number stays
    const std::size_t over = out.size() - kLongest;
    words.resize(words.size() - std::min(over, words.size()));
    out = filled(pattern, digits, words);
  }
  if (out.size() > kLongest) out = slug(out.substr(0, kLongest));
  return out.empty() ? "inc-" + digits : out;
}

}  // namespace bot
