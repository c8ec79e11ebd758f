#include "integrations/text/address.hpp"

namespace text {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string authority_of(const std::string& url_or_listen) {
  const auto scheme = url_or_listen.find("://");
  std::string out = scheme == std::string::npos ? url_or_listen : url_or_listen.substr(scheme + 3);
  out = out.substr(0, out.find_first_of("/?#"));
  if (const auto user = out.rfind('@'); user != std::string::npos) out.erase(0, user + 1);
  return out;
}

std::string host_of(const std::string& url_or_listen) {
  const std::string authority = authority_of(url_or_listen);
  if (!authority.empty() && authority[0] == '[') return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.rfind(':'));
}

std::string without_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

}  // namespace text
