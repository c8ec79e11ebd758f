#include "integrations/text/html.hpp"

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "integrations/text/utf8.hpp"

namespace text {

namespace {

const char* reference_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return nullptr;
  }
}

// Printable ASCII needs no decoding; most text is that.
bool is_plain_ascii(char c) {
  return c >= 0x20 && c < 0x7F;
}

// Calls `ascii` for each printable ASCII character and `other` for each other code point's bytes (already valid UTF-8).
template <class Ascii, class Other>
void each(const std::string& raw, Ascii ascii, Other other) {
  for (std::size_t i = 0; i < raw.size();) {
    if (is_plain_ascii(raw[i])) {
      ascii(raw[i++]);
      continue;
    }
    const CodePoint p = next_code_point(raw, i);
    if (!p.valid) {
      other(p.value, std::string_view(kReplacement));
    } else {
      other(p.value, std::string_view(raw).substr(i, p.size));
    }
    i += p.size;
  }
}

bool is_url_attribute(const char* name) {
  for (const char* url : {"href", "src", "action", "formaction", "poster", "cite", "data"}) {
    if (std::strcmp(name, url) == 0) return true;
  }
  return false;
}

// Browsers drop controls and blanks before they look for a scheme, so "java\nscript:" must be seen as one word here too.
bool is_safe_url(const std::string& url) {
  std::string scheme;
  for (char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20) continue;
    if (c == '/' || c == '?' || c == '#') return true;  // relative: no scheme before the path
    if (c == ':') {
      return scheme == "https" || scheme == "http" || scheme == "mailto" || scheme == "tel";
    }
    scheme.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return true;
}

}  // namespace

std::string escape_html(const std::string& raw) {
  std::string out;
  out.reserve(raw.size() + raw.size() / 8);
  each(
      raw,
      [&](char c) {
        if (const char* reference = reference_of(c))
          out += reference;
        else
          out.push_back(c);
      },
      [&](std::uint32_t value, std::string_view bytes) {
        if (!is_unwanted(value)) out += bytes;
      });
  return out;
}

std::string clean(const std::string& raw, bool one_line) {
  std::string out;
  out.reserve(raw.size());
  bool after_cr = false;
  each(
      raw,
      [&](char c) {
        out.push_back(c);
        after_cr = false;
      },
      [&](std::uint32_t value, std::string_view bytes) {
        const bool breaks = value == '\n' || value == '\r' || value == 0x2028 || value == 0x2029 || value == 0x85;
        if (one_line && breaks) {
          if (!(value == '\n' && after_cr)) out.push_back(' ');  // CR LF is one break
        } else if (!is_unwanted(value)) {
          out += bytes;
        }
        after_cr = value == '\r';
      });
  return out;
}

std::string valid_utf8(const std::string& raw) {
  std::string out;
  out.reserve(raw.size());
  each(
      raw, [&](char c) { out.push_back(c); }, [&](std::uint32_t, std::string_view bytes) { out += bytes; });
  return out;
}

bool is_valid_utf8(const std::string& raw) {
  for (std::size_t i = 0; i < raw.size();) {
    if (is_plain_ascii(raw[i])) {
      ++i;
      continue;
    }
    const CodePoint p = next_code_point(raw, i);
    if (!p.valid) return false;
    i += p.size;
  }
  return true;
}

std::string shorten(const std::string& raw, std::size_t n) {
  std::size_t end_of_kept = 0, count = 0, i = 0;
  while (i < raw.size()) {
    if (count == n) break;
    if (count + 1 < n || n == 0) end_of_kept = i + next_code_point(raw, i).size;
    i += next_code_point(raw, i).size;
    ++count;
  }
  if (i >= raw.size()) return raw;
  if (n == 0) return {};
  return raw.substr(0, end_of_kept) + "…";
}

Html& Html::open(const char* tag, Attributes attributes) {
  single(tag, attributes);
  open_ += ' ';
  open_ += tag;
  return *this;
}

Html& Html::close() {
  const std::size_t at = open_.rfind(' ');
  if (at == std::string::npos) std::abort();  // a page that closes what it never opened is a bug of ours
  out_ += "</";
  out_.append(open_, at + 1, std::string::npos);
  out_ += '>';
  open_.erase(at);
  return *this;
}

Html& Html::text(const std::string& raw) {
  out_ += escape_html(raw);
  return *this;
}

Html& Html::element(const char* tag, const std::string& raw_text, Attributes attributes) {
  return open(tag, attributes).text(raw_text).close();
}

Html& Html::single(const char* tag, Attributes attributes) {
  out_ += '<';
  out_ += tag;
  for (const auto& [name, value] : attributes) {
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
    // A link that would run something becomes one that goes nowhere, whoever wrote it.
    out_ += is_url_attribute(name) && !is_safe_url(value) ? "#" : escape_html(value);
    out_ += '"';
  }
  out_ += '>';
  return *this;
}

Html& Html::doctype() {
  out_ += "<!doctype html>\n";
  return *this;
}

Html& Html::add(const Html& part) {
  if (!part.open_.empty()) std::abort();
  out_ += part.out_;
  return *this;
}

Html& Html::trusted(const std::string& own_bytes) {
  out_ += own_bytes;
  return *this;
}

}  // namespace text
