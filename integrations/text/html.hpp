// The one HTML builder: text is escaped unless it comes from here. No page is made by concatenating strings elsewhere.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

namespace text {

/// & < > " ' as references; C0 controls except tab and newline, and bidirectional overrides (U+202A–202E, U+2066–2069, U+200E/F, U+061C) dropped.
std::string escape_html(const std::string& raw);
/// Drops the same controls and overrides, for plain outputs (feeds, exports, chat text). CR and LF become spaces when `one_line`.
std::string clean(const std::string& raw, bool one_line = false);
/// Replaces invalid UTF-8 by U+FFFD.
std::string valid_utf8(const std::string& raw);
bool is_valid_utf8(const std::string& raw);
/// Cuts to at most `n` code points, ending in "…" when cut.
std::string shorten(const std::string& raw, std::size_t n);

/// Builds a tree of tags as text. Example: Html h; h.open("p", {{"class","x"}}).text(user).close();
class Html {
 public:
  using Attributes = std::initializer_list<std::pair<const char*, std::string>>;
  Html& open(const char* tag, Attributes attributes = {});
  Html& close();                       ///< closes the innermost open tag
  Html& text(const std::string& raw);  ///< escaped
  Html& element(const char* tag, const std::string& raw_text, Attributes attributes = {});
  Html& single(const char* tag, Attributes attributes = {});  ///< <br>, <meta …>, <input …>
  Html& doctype();
  Html& add(const Html& part);         ///< already built
  /// Bytes that Muster itself made (embedded style or script). Never pass anything a person or vendor wrote.
  Html& trusted(const std::string& own_bytes);
  const std::string& str() const { return out_; }  ///< REQUIRES: every tag closed

 private:
  std::string out_;
  std::string open_;  // stack of tag names, separated by ' '
};

}  // namespace text
