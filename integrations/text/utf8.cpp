#include "integrations/text/utf8.hpp"

namespace text {

namespace {

struct Lead {
  int more = -1;  // continuation bytes; -1: not a lead byte
  std::uint32_t bits = 0;
  unsigned char low = 0x80, high = 0xBF;  // range of the second byte (no overlong forms, no surrogates, <= U+10FFFF)
};

Lead lead_of(unsigned char b) {
  if (b < 0x80) return {0, b};
  if (b >= 0xC2 && b <= 0xDF) return {1, b & 0x1Fu};
  if (b >= 0xE0 && b <= 0xEF) {
    return {2, b & 0x0Fu, static_cast<unsigned char>(b == 0xE0 ? 0xA0 : 0x80), static_cast<unsigned char>(b == 0xED ? 0x9F : 0xBF)};
  }
  if (b >= 0xF0 && b <= 0xF4) {
    return {3, b & 0x07u, static_cast<unsigned char>(b == 0xF0 ? 0x90 : 0x80), static_cast<unsigned char>(b == 0xF4 ? 0x8F : 0xBF)};
  }
  return {};
}

}  // namespace

CodePoint next_code_point(std::string_view bytes, std::size_t at) {
  const Lead lead = lead_of(static_cast<unsigned char>(bytes[at]));
  if (lead.more < 0) return {0xFFFD, 1, false};
  std::uint32_t value = lead.bits;
  unsigned char low = lead.low, high = lead.high;
  for (int i = 1; i <= lead.more; ++i) {
    const std::size_t where = at + static_cast<std::size_t>(i);
    if (where >= bytes.size()) return {0xFFFD, static_cast<std::size_t>(i), false};
    const auto b = static_cast<unsigned char>(bytes[where]);
    if (b < low || b > high) return {0xFFFD, static_cast<std::size_t>(i), false};
    value = (value << 6) | (b & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  return {value, static_cast<std::size_t>(lead.more) + 1, true};
}

bool is_unwanted(std::uint32_t c) {
  if (c < 0x20) return c != '\t' && c != '\n';
  if (c >= 0x7F && c <= 0x9F) return true;
  if (c < 0x061C) return false;
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace text
