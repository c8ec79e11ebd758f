// A small XML builder that always closes and always escapes. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace statuspage::builtin {

/// Text that XML 1.0 may carry: valid UTF-8, no controls, no direction marks, no U+FFFE/U+FFFF; & < > " ' as references.
std::string escape_xml(const std::string& raw);

class Xml {
 public:
  using Attributes = std::initializer_list<std::pair<const char*, std::string>>;
  Xml() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}
  Xml& open(const char* tag, Attributes attributes = {});
  Xml& close();  ///< REQUIRES: something is open
  Xml& element(const char* tag, const std::string& raw_text, Attributes attributes = {});
  Xml& empty(const char* tag, Attributes attributes);
  const std::string& str() const { return out_; }  ///< REQUIRES: every tag closed

 private:
  void start(const char* tag, Attributes attributes);
  std::string out_;
  std::vector<const char*> open_;
};

}  // namespace statuspage::builtin
