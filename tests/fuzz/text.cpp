// Escaping: whatever the bytes, no tag, attribute end or override comes out of the builder.
#include <cstdlib>
#include <string>

#include "integrations/text/html.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string raw(reinterpret_cast<const char*>(data), size);
  const std::string escaped = text::escape_html(raw);
  if (escaped.find_first_of("<>\"'") != std::string::npos) std::abort();
  if (!text::is_valid_utf8(text::valid_utf8(raw))) std::abort();
  const std::string line = text::clean(text::valid_utf8(raw), true);
  if (line.find('\n') != std::string::npos || line.find('\r') != std::string::npos || line.find("\xe2\x80\xae") != std::string::npos) std::abort();
  if (!text::is_valid_utf8(text::shorten(text::valid_utf8(raw), 17))) std::abort();
  text::Html html;
  html.element("p", raw, {{"title", raw}});
  return 0;
}
