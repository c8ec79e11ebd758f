#include "integrations/statuspage/builtin/xml.hpp"

#include <cstdlib>

#include "integrations/text/html.hpp"

namespace statuspage::builtin {

std::string escape_xml(const std::string& raw) {
  // escape_html already leaves out what XML forbids below U+0020 and writes only references XML knows, in number or by name.
  std::string out = text::escape_html(text::valid_utf8(raw));
  for (const char* banned : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (std::size_t at = 0; (at = out.find(banned, at)) != std::string::npos;) out.erase(at, 3);
  return out;
}

void Xml::start(const char* tag, Attributes attributes) {
  out_ += '<';
  out_ += tag;
  for (const auto& [name, value] : attributes) {
    out_ += ' ';
    out_ += name;
    out_ += "=\"" + escape_xml(value) + "\"";
  }
}

Xml& Xml::open(const char* tag, Attributes attributes) {
  start(tag, attributes);
  out_ += '>';
  open_.push_back(tag);
  return *this;
}

Xml& Xml::close() {
  if (open_.empty()) std::abort();
  out_ += "</";
  out_ += open_.back();
  out_ += ">\n";
  open_.pop_back();
  return *this;
}

Xml& Xml::element(const char* tag, const std::string& raw_text, Attributes attributes) {
  open(tag, attributes);
  out_ += escape_xml(raw_text);
  return close();
}

Xml& Xml::empty(const char* tag, Attributes attributes) {
  start(tag, attributes);
  out_ += "/>\n";
  return *this;
}

}  // namespace statuspage::builtin
