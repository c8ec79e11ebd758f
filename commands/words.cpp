#include "commands/words.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "bot/plain.hpp"

namespace commands {
namespace {

constexpr std::size_t kCompared = 32;

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Length of the quote character at `at`, 0 when there is none. Curly and low quotes count as one kind, since keyboards mix them.
std::size_t quote_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return 0;
  if (text[at] == '"') return 1;
  const auto three = text.substr(at, 3);
  if (three == "\xE2\x80\x9C" || three == "\xE2\x80\x9D" || three == "\xE2\x80\x9E") return 3;
  const auto two = text.substr(at, 2);
  return two == "\xC2\xAB" || two == "\xC2\xBB" ? 2 : 0;
}

/// Just behind the quote that closes the one at `at`; npos when none does.
std::size_t closed(std::string_view text, std::size_t at) {
  for (std::size_t i = at + quote_at(text, at); i < text.size(); ++i)
    if (const auto n = quote_at(text, i); n > 0) return i + n;
  return std::string_view::npos;
}

std::size_t word_end(std::string_view text) {
  if (text.substr(0, 2) == "<@") {
    const auto end = text.find('>');
    if (end != std::string_view::npos && text.substr(0, end).find('\n') == std::string_view::npos) return end + 1;
  }
  if (quote_at(text, 0) > 0)
    if (const auto end = closed(text, 0); end != std::string_view::npos) return end;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (blank(text[i])) return i;
    if (text[i] != '=' || quote_at(text, i + 1) == 0) continue;
    if (const auto end = closed(text, i + 1); end != std::string_view::npos) return end;
  }
  return text.size();
}

char low(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

void Line::skip_blanks() {
  while (!text_.empty() && blank(text_.front())) text_.remove_prefix(1);
}

bool Line::quoted() const { return quote_at(text_, 0) > 0; }

std::string_view Line::peek() const { return text_.substr(0, word_end(text_)); }

std::string Line::word() {
  const std::string_view taken = peek();
  text_.remove_prefix(taken.size());
  skip_blanks();
  return std::string(unquoted(taken));
}

std::string Line::rest() {
  std::string_view taken = text_;
  text_ = {};
  while (!taken.empty() && blank(taken.back())) taken.remove_suffix(1);
  return std::string(unquoted(taken));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = low(c);
  return out;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return low(x) == low(y); });
}

std::string_view unquoted(std::string_view text) {
  const auto first = quote_at(text, 0);
  if (first == 0 || closed(text, 0) != text.size()) return text;
  const std::size_t last = text.back() == '"' ? 1 : static_cast<unsigned char>(text[text.size() - 2]) == 0xC2 ? 2 : 3;
  return text.substr(first, text.size() - first - last);
}

std::size_t distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kCompared);
  b = b.substr(0, kCompared);
  using Row = std::array<std::size_t, kCompared + 1>;
  Row before{}, last{}, now{};
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool equal = low(a[i - 1]) == low(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (equal ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && low(a[i - 1]) == low(b[j - 2]) && low(a[i - 2]) == low(b[j - 1]);
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before = last;
    last = now;
  }
  return last[b.size()];
}

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates, std::size_t most) {
  const auto score = [word](const std::string& candidate) {
    const auto n = std::min(word.size(), candidate.size());
    const bool begins = n >= 2 && same(word.substr(0, n), std::string_view(candidate).substr(0, n));
    return begins ? std::size_t{0} : distance(word, candidate);
  };
  std::vector<std::pair<std::size_t, std::string>> scored;
  for (const auto& candidate : candidates) scored.emplace_back(score(candidate), candidate);
  std::stable_sort(scored.begin(), scored.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::min(most, scored.size()); ++i) out.push_back(scored[i].second);
  return out;
}

std::vector<std::string> meant(std::string_view word, const std::vector<std::string>& candidates, std::size_t most) {
  auto out = nearest(word, candidates, most);
  if (out.empty()) return out;
  const auto n = std::min(word.size(), out.front().size());
  const bool begins = n >= 2 && same(word.substr(0, n), std::string_view(out.front()).substr(0, n));
  if (!begins && distance(word, out.front()) > (word.size() < 4 ? 1u : word.size() < 7 ? 2u : 3u)) out.clear();
  return out;
}

std::string did_you_mean(const std::vector<std::string>& words) { return words.empty() ? "" : "Did you mean " + listed(words) + "? "; }

std::string listed(const std::vector<std::string>& words, const char* last) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? std::string(" ") + last + " " : ", ";
    out += words[i];
  }
  return out;
}

namespace {

/// "<@slack:U02|dana>" → "@dana": a person as people know them, not as the adapters write them.
std::string without_tokens(std::string_view word) {
  std::string out;
  while (!word.empty()) {
    const auto begin = word.find("<@"), end = word.find('>', begin == std::string_view::npos ? word.size() : begin);
    out += word.substr(0, end == std::string_view::npos ? word.size() : begin);
    if (end == std::string_view::npos) break;
    std::string_view inside = word.substr(begin + 2, end - begin - 2);
    inside.remove_prefix(std::min(inside.size(), inside.find('|') == std::string_view::npos ? inside.find(':') + 1 : inside.find('|') + 1));
    out += (inside.substr(0, 1) == "@" ? "" : "@") + std::string(inside);
    word.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string shown(std::string_view word) { return "\"" + bot::shorten(bot::clean(without_tokens(word), true), 40) + "\""; }

}  // namespace commands
