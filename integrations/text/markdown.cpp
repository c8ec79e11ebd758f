#include "integrations/text/markdown.hpp"

#include "integrations/text/html.hpp"

namespace text {

namespace {

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Starts a heading, list, quote, rule, setext underline or a one-column table when it is a line's first character.
bool opens_block(char c) {
  return c == '#' || c == '+' || c == '-' || c == '=' || c == '>' || c == ':';
}

// Position of the '.' or ')' of "12." at a line's start, else npos.
std::size_t list_mark(const std::string& s, std::size_t at) {
  std::size_t i = at;
  while (i < s.size() && is_digit(s[i])) ++i;
  return i > at && i < s.size() && (s[i] == '.' || s[i] == ')') ? i : std::string::npos;
}

bool acts_inline(const std::string& s, std::size_t i) {
  switch (s[i]) {
    case '\\':
    case '`':
    case '*':
    case '[':
    case ']':
    case '|':
    case '~':
      return true;
    case '_': {
      // Inside a word an underscore means nothing, and db_pool_size should read well raw.
      const bool inside = i > 0 && i + 1 < s.size() && is_alnum(s[i - 1]) && is_alnum(s[i + 1]);
      return !inside;
    }
    default:
      return false;
  }
}

}  // namespace

std::string escape_markdown(const std::string& raw, bool one_line) {
  const std::string s = clean(raw, one_line);
  std::string out;
  out.reserve(s.size() + s.size() / 8);
  bool line_start = true;
  std::size_t mark = std::string::npos;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (c == '\n') {
      out.push_back(c);
      line_start = true;
      continue;
    }
    if (line_start && is_blank(c)) continue;
    if (line_start) mark = list_mark(s, i);
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&' && i + 1 < s.size() && (is_alnum(s[i + 1]) || s[i + 1] == '#')) {
      out += "&amp;";
    } else {
      if (acts_inline(s, i) || (line_start && opens_block(c)) || i == mark) out.push_back('\\');
      out.push_back(c);
    }
    line_start = false;
  }
  return out;
}

std::string markdown_link(const std::string& label, const std::string& url) {
  const std::string shown = escape_markdown(label, true);
  if (url.rfind("https://", 0) != 0 && url.rfind("http://", 0) != 0) return shown;
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '<' || c == '>' || c == '(' || c == ')' || c == '\\' || c == 0x7F) return shown;
  }
  if (!is_valid_utf8(url) || clean(url) != url) return shown;
  return "[" + shown + "](" + url + ")";
}

}  // namespace text
