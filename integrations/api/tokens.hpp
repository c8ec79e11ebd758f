// Bearer tokens: kept as hashes, compared in constant time.
// Place: every API route asks before anything else. Immutable after construction; any thread.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bot/request.hpp"
#include "bot/settings.hpp"
#include "integrations/http/server.hpp"

namespace api {

class Tokens {
 public:
  explicit Tokens(const std::vector<bot::ApiToken>& tokens);
  /// Who asks, or the answer that refuses: 404 when the API is off, 401 when the token is missing or unknown.
  std::variant<bot::Caller, http::Response> identify(const http::Request& request) const;

 private:
  struct Known { std::string name, hash; bot::Scopes scopes; };
  std::vector<Known> known_;
};

/// The actor a token's caller is, for Policy.
bot::Actor actor_of(const bot::Caller& caller);

}  // namespace api
