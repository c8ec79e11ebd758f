// Cutting a typed line into words, and helping somebody who mistyped one.
// Place: the verbs' parsers and refusals. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace commands {

/// What is left of a typed line. Quotes may be straight or curly; a person token "<@slack:U02|dana>" is one word.
class Line {
 public:
  explicit Line(std::string_view text) : text_(text) { skip_blanks(); }
  bool empty() const { return text_.empty(); }
  /// True when the next word begins with a quote: what follows is text, not an option.
  bool quoted() const;
  /// The next word as typed, quotes and all; title="two words" is one word.
  std::string_view peek() const;
  /// Takes the next word, outer quotes off.
  std::string word();
  /// Takes everything that is left, outer quotes off.
  std::string rest();

 private:
  void skip_blanks();
  std::string_view text_;
};

std::string lower(std::string_view text);
/// ASCII letters compare without case.
bool same(std::string_view a, std::string_view b);
/// Without the quotes around it, if it is quoted as a whole.
std::string_view unquoted(std::string_view text);

/// Edits (insert, delete, replace, swap neighbours) from one to the other, without case; long words are compared by their beginning.
std::size_t distance(std::string_view a, std::string_view b);
/// The candidates nearest to the word, nearest first.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates, std::size_t most);

/// The same, but only when the nearest is near enough to be what was meant; "1" and "frobnicate" are near to nothing.
std::vector<std::string> meant(std::string_view word, const std::vector<std::string>& candidates, std::size_t most);
/// "Did you mean a or b? ", or "" for none.
std::string did_you_mean(const std::vector<std::string>& words);

/// "a, b or c".
std::string listed(const std::vector<std::string>& words, const char* last = "or");
/// A stranger's word, short enough and clean, in quotes, for a sentence.
std::string shown(std::string_view word);

}  // namespace commands
