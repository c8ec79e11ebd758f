#include "bot/plain.hpp"

namespace bot {
namespace {

bool blank(std::uint32_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F || c == 0x205F ||
         c == 0x2060 || c == 0x3000 || c == 0xFEFF || c == 0x3164 || c == 0x115F || c == 0x1160 || c == 0x2800;
}

/// Characters that steer a terminal, a log or the reading direction; none carries words.
bool unwanted(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFFFE || c == 0xFFFF || (c >= 0xE0000 && c <= 0xE007F);
}

bool plain_ascii(std::string_view text) {
  for (const char c : text)
    if (c < ' ' || c == 0x7F) return false;  // also every byte above 0x7F where char is signed
  return true;
}

std::string trimmed_ascii(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

}  // namespace

std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at++);
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || at + more > text.size()) return 0xFFFD;
  std::uint32_t c = lead & (0x3Fu >> more);
  for (std::size_t i = 0; i < more; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0xFFFD;
    c = (c << 6) | (byte(at + i) & 0x3Fu);
  }
  const std::uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
  if (c < least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return 0xFFFD;
  at += more;
  return c;
}

void append_code_point(std::string& out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
  if (c < 0x10000) return put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
}

std::string clean(std::string_view raw, bool one_line) {
  if (plain_ascii(raw)) return trimmed_ascii(raw);
  std::string out;
  out.reserve(raw.size());
  std::size_t kept = 0;  // bytes up to the last character that is not blank
  for (std::size_t at = 0; at < raw.size();) {
    std::uint32_t c = next_code_point(raw, at);
    if (c == '\r') {
      if (at < raw.size() && raw[at] == '\n') continue;
      c = '\n';
    }
    if (c == 0x2028 || c == 0x2029 || c == 0x0B || c == 0x0C || c == 0x85) c = '\n';
    if (c == '\t' || (one_line && c == '\n')) c = ' ';
    if (c != '\n' && unwanted(c)) continue;
    if (blank(c) && kept == 0) continue;  // leading
    append_code_point(out, c);
    if (!blank(c)) kept = out.size();
  }
  out.resize(kept);
  return out;
}

std::size_t code_points(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++n;
  return n;
}

std::string shorten(std::string text, std::size_t most) {
  if (text.size() <= most || code_points(text) <= most) return text;
  std::size_t at = 0;
  for (std::size_t n = 0; n + 1 < most && at < text.size(); ++n) next_code_point(text, at);
  text.resize(at);
  text += "\xE2\x80\xA6";
  return text;
}

}  // namespace bot
