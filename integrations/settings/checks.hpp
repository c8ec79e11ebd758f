// What a single value must look like, and words near to a wrong one. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bot/env.hpp"

namespace settings {

/// The candidate with the fewest typing errors (insert, drop, replace, swap; letters' case is free), when few enough to be a slip; else "".
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);
/// `; did you mean "x"?`, or `; known: a, b, c`, or "" when there are no candidates.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080". Addresses only, no host names: a name may mean another machine tomorrow.
struct Address {
  std::string host;  ///< without brackets
  int port = 0;
  bool loopback = false;
  bool any = false;  ///< 0.0.0.0 or ::
};
std::optional<Address> parse_address(const std::string& text);
/// True when both cannot be listened on at once. Port 0 never clashes.
bool clash(const Address& a, const Address& b);
/// "10.0.0.0/8", "::1".
bool is_network(const std::string& text);
/// http or https, a host, no user name, no spaces or control characters.
bool is_http_url(const std::string& text);
/// "30s", "5m", "1h", "1h30m", "500ms", "1d".
std::optional<bot::Millis> parse_duration(const std::string& text);
/// A name people type and keys carry: 1 to 64 of letters, digits, "-", "_", ".", beginning with a letter or digit.
bool is_name(const std::string& text);
/// What may stand in a path as it is: letters, digits, "-", "_", ".", "~".
bool is_path_word(const std::string& text);
/// "@alice:example.org", "#room:example.org", "!id:example.org", since room version 12 also "!id"; `sigils` are those allowed.
bool is_matrix_id(const std::string& id, const std::string& sigils);

}  // namespace settings
