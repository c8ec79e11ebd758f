// Reads UTF-8 one code point at a time, so that every renderer meets the same characters in the same broken input.
// Place: inside integrations/text only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace text {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 1;  ///< bytes consumed, >= 1
  bool valid = true;     ///< false: one ill-formed byte sequence, to be shown as U+FFFD
};

/// The code point at `at`. Ill-formed input consumes its maximal subpart (Unicode 15, section 3.9, table 3-8). REQUIRES: at < bytes.size().
CodePoint next_code_point(std::string_view bytes, std::size_t at);

/// C0 and C1 controls except tab and line feed, and the characters that change the reading direction: U+061C, U+200E/F, U+202A–202E,
/// U+2066–2069.
bool is_unwanted(std::uint32_t code_point);

inline constexpr const char* kReplacement = "\xEF\xBF\xBD";

}  // namespace text
