#include "tests/integrations/builtin/story.hpp"

#include <set>

namespace builtin_tests {
namespace {

std::string text_fault(const std::string& text) {
  static const std::set<std::string> known{"amp", "lt", "gt", "quot", "apos", "#39"};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\n' && c != '\t' && c != '\r') return "control character";
    if (c == '<') return "raw <";
    if (text.compare(i, 3, "]]>") == 0) return "]]> in text";
    if (c == '&') {
      const auto end = text.find(';', i);
      if (end == std::string::npos || !known.count(text.substr(i + 1, end - i - 1))) return "unknown reference";
    }
  }
  return {};
}

/// "name a="b" c="d"" without the angle brackets.
std::string tag_fault(const std::string& tag, std::string& name) {
  const auto name_end = std::min(tag.find(' '), tag.size());
  name = tag.substr(0, name_end);
  if (name.empty()) return "nameless tag";
  std::set<std::string> seen;
  for (std::size_t at = name_end; at < tag.size();) {
    if (tag[at] != ' ') return "no space before an attribute";
    const auto equals = tag.find("=\"", at);
    if (equals == std::string::npos) return "attribute without a quoted value";
    if (!seen.insert(tag.substr(at + 1, equals - at - 1)).second) return "attribute twice";
    const auto end = tag.find('"', equals + 2);
    if (end == std::string::npos) return "open quote";
    if (const auto fault = text_fault(tag.substr(equals + 2, end - equals - 2)); !fault.empty()) return fault;
    at = end + 1;
  }
  return {};
}

}  // namespace

std::string xml_fault(const std::string& xml) {
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (xml.compare(0, declaration.size(), declaration) != 0) return "no declaration";
  std::vector<std::string> open;
  int roots = 0;
  for (std::size_t at = declaration.size(); at < xml.size();) {
    const auto begin = std::min(xml.find('<', at), xml.size());
    const std::string text = xml.substr(at, begin - at);
    if (const auto fault = text_fault(text); !fault.empty()) return fault + ": " + text;
    if (open.empty() && text.find_first_not_of("\n ") != std::string::npos) return "text outside the root";
    if (begin == xml.size()) break;
    const auto end = xml.find('>', begin);  // the builder escapes > in attributes
    if (end == std::string::npos) return "open tag";
    std::string tag = xml.substr(begin + 1, end - begin - 1);
    at = end + 1;
    if (!tag.empty() && tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "closes " + tag;
      open.pop_back();
      continue;
    }
    const bool empty = !tag.empty() && tag.back() == '/';
    if (empty) tag.pop_back();
    std::string name;
    if (const auto fault = tag_fault(tag, name); !fault.empty()) return fault + ": " + tag;
    if (open.empty() && ++roots > 1) return "two roots";
    if (!empty) open.push_back(name);
  }
  return open.empty() ? (roots == 1 ? "" : "no root") : "never closes " + open.back();
}

TEST_CASE("the XML check itself sees what is broken") {
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  CHECK(xml_fault(head + "<a b=\"c\"><d/>e &amp; f</a>\n").empty());
  for (const char* broken : {"<a>", "<a></b>", "<a>&nbsp;</a>", "<a>&</a>", "<a b=c></a>", "<a/><b/>", "text", "<a>]]></a>", "<a>\x01</a>", "<a b=\"1\" b=\"2\"/>"}) {
    INFO(broken);
    CHECK_FALSE(xml_fault(head + broken).empty());
  }
}

}  // namespace builtin_tests
