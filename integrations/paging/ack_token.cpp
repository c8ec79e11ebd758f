// The signed token in an acknowledge link.
#include <charconv>

#include "integrations/http/signature.hpp"
#include "integrations/paging/ack_link.hpp"

namespace paging {
namespace {

/// The same secret signs webhooks over "<digits>.<body>": this beginning keeps the two apart.
constexpr const char* kDomain = "muster-ack-1.";
constexpr std::size_t kLongestToken = 2000;

std::string sign(const bot::Secret& secret, const std::string& payload) { return http::hmac_sha256_hex(secret, kDomain + payload); }

/// Lines: page, incident, expiry in seconds, person. Ids carry no line breaks.
std::string payload_of(const AckToken& token) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(token.expires).time_since_epoch().count();
  return token.page + "\n" + std::to_string(token.incident) + "\n" + std::to_string(seconds) + "\n" + token.person;
}

bool whole_number(const std::string& text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::string make_token(const bot::Secret& secret, const AckToken& token) {
  const std::string payload = payload_of(token);
  return http::base64url(payload) + "." + sign(secret, payload);
}

std::optional<AckToken> read_token(const bot::Secret& secret, const std::string& text) {
  const auto dot = text.find('.');
  std::string payload;
  if (secret.empty() || text.size() > kLongestToken || dot == std::string::npos || !http::base64url_decode(text.substr(0, dot), payload)) return {};
  if (!http::same(sign(secret, payload), text.substr(dot + 1))) return {};
  const auto first = payload.find('\n'), second = payload.find('\n', first + 1), third = payload.find('\n', second + 1);
  if (first == std::string::npos || second == std::string::npos || third == std::string::npos) return {};
  AckToken out;
  std::int64_t seconds = 0;
  if (!whole_number(payload.substr(first + 1, second - first - 1), out.incident) || !whole_number(payload.substr(second + 1, third - second - 1), seconds)) return {};
  out.page = payload.substr(0, first);
  out.person = payload.substr(third + 1);
  out.expires = bot::Time{std::chrono::seconds{seconds}};
  return out;
}

std::string make_ack_url(const bot::Settings& settings, std::int64_t incident, const std::string& page, const std::string& person, bot::Time expires) {
  if (settings.paging.secret.empty()) return "";
  return settings.server.public_url + "/ack/" + make_token(settings.paging.secret, {page, incident, person, expires});
}

}  // namespace paging
