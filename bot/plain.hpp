// Plain text from people and machines, made fit to keep: controls out, length measured in code points.
// Place: commands clean what they store; narrate and addressing measure and cut. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bot {

/// One code point of UTF-8 at `at`, which moves past it. Broken bytes read as U+FFFD, one at a time. REQUIRES: at < text.size().
std::uint32_t next_code_point(std::string_view text, std::size_t& at);
void append_code_point(std::string& out, std::uint32_t code_point);

/// Without control characters, bidirectional overrides and broken bytes, trimmed; CR and CR LF become LF.
/// `one_line`: line breaks become spaces. Text of nothing but blanks becomes "".
std::string clean(std::string_view raw, bool one_line);

std::size_t code_points(std::string_view text);
/// At most `most` code points; what was cut ends in "…".
std::string shorten(std::string text, std::size_t most);

}  // namespace bot
