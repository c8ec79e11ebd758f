#include "integrations/codec/text_writer.hpp"

namespace codec {
namespace {

/// Bytes of the well-formed sequence at `at`, 0 when there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view s, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  const unsigned lead = byte(at);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(at + 1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned second = byte(at + 1);
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && tail(at + 2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned second = byte(at + 1);
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && tail(at + 2) && tail(at + 3) ? 4 : 0;
  }
  return 0;
}

bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

void append_escaped(std::string& out, unsigned char c) {
  static constexpr char digits[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
  }
}

}  // namespace

bool well_formed(std::string_view raw) {
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t n = sequence_length(raw, at);
    if (n == 0) return false;
    at += n;
  }
  return true;
}

void append_string(std::string& out, std::string_view raw) {
  out += '"';
  std::size_t at = 0;
  while (at < raw.size()) {
    std::size_t end = at;
    while (end < raw.size() && is_plain(static_cast<unsigned char>(raw[end]))) ++end;
    out.append(raw, at, end - at);
    if (end == raw.size()) break;
    const auto c = static_cast<unsigned char>(raw[end]);
    if (c < 0x80) {
      append_escaped(out, c);
      at = end + 1;
      continue;
    }
    const std::size_t n = sequence_length(raw, end);
    if (n == 0) out += "\xEF\xBF\xBD";
    else out.append(raw, end, n);
    at = end + (n == 0 ? 1 : n);
  }
  out += '"';
}

}  // namespace codec
