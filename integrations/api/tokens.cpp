#include "integrations/api/tokens.hpp"

#include "integrations/http/signature.hpp"

namespace api {
namespace {

http::Response unauthorized(const std::string& words) {
  auto out = http::Response::problem(401, words);
  out.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"muster\"");
  return out;
}

/// The token of "Bearer <token>", or "".
std::string bearer(const http::Request& request) {
  if (request.count("authorization") != 1) return {};
  const std::string& value = request.header("authorization");
  static constexpr std::string_view scheme = "bearer ";
  if (value.size() <= scheme.size()) return {};
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((value[i] | 32) != scheme[i]) return {};
  const std::size_t at = value.find_first_not_of(' ', scheme.size());
  return at == std::string::npos ? std::string() : value.substr(at);
}

}  // namespace

Tokens::Tokens(const std::vector<bot::ApiToken>& tokens) {
  for (const auto& token : tokens) {
    if (token.token.empty()) continue;  // an unset variable must not open the door to an empty token
    known_.push_back({token.name, http::sha256_hex(token.token.reveal()), token.scopes});
  }
}

std::variant<bot::Caller, http::Response> Tokens::identify(const http::Request& request) const {
  if (known_.empty()) return http::Response::problem(404, "The API is off. Name a token in the settings under api.tokens to turn it on.");
  const std::string token = bearer(request);
  if (token.empty()) return unauthorized("This address needs a token. Send the header Authorization: Bearer TOKEN");
  // Every known hash is compared, so that the time taken says nothing about which one came near.
  const std::string hash = http::sha256_hex(token);
  const Known* found = nullptr;
  for (const Known& known : known_)
    if (http::same(known.hash, hash)) found = &known;
  if (!found) return unauthorized("This token is not known. Use one from the settings under api.tokens.");
  bot::Caller caller;
  caller.kind = bot::ActorKind::token;
  caller.integration = "api";
  caller.external_id = found->name;
  caller.display_name = found->name;
  caller.scopes = found->scopes;
  return caller;
}

bot::Actor actor_of(const bot::Caller& caller) {
  return {bot::ActorKind::token, caller.external_id, caller.scopes, caller.scopes.admin};
}

}  // namespace api
