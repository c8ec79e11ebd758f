#include "integrations/console/posted.hpp"

#include <algorithm>

#include "integrations/http/signature.hpp"

namespace console {

std::string dedup_key(const Visitor& visitor, const std::string& key, const std::string& words) {
  return "console:" + visitor.session_hash + ":" + http::sha256_hex(key + "\n" + words).substr(0, 32);
}

bool is_key(const std::string& key) {
  return key.size() >= 8 && key.size() <= 64 && std::all_of(key.begin(), key.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
         });
}

std::string way_back(const std::string& asked, std::int64_t incident) {
  const bool ours =
      asked.size() < 300 && !asked.empty() && asked[0] == '/' && asked.rfind("//", 0) != 0 && asked.find('\\') == std::string::npos;
  const bool printable = std::all_of(asked.begin(), asked.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  const std::string path = ours && printable ? asked.substr(0, asked.find_first_of("?#")) : "/";
  return path == "/" && incident > 0 ? "/incidents/INC-" + std::to_string(incident) : path;
}

int status_of(bot::ReplyStatus status) {
  switch (status) {
    case bot::ReplyStatus::ok:
      return 200;
    case bot::ReplyStatus::invalid:
      return 422;
    case bot::ReplyStatus::forbidden:
      return 403;
    case bot::ReplyStatus::not_found:
      return 404;
    case bot::ReplyStatus::conflict:
      return 409;
    case bot::ReplyStatus::unavailable:
    case bot::ReplyStatus::maybe_recorded:
      return 503;
  }
  return 500;
}

bool wants_json(const http::Request& request) {
  return request.header("accept").find("application/json") != std::string::npos;
}

bool says_only_its_title(const bot::Card& card) {
  return card.facts.empty() && card.paragraphs.empty() && card.list.empty() && card.buttons.empty();
}

}  // namespace console
