// Links in pages that acknowledge: GET shows what it is about, POST acknowledges. A GET changes nothing, since mail scanners and chats fetch links.
// Place: tokens are made by the webhook sender and by whatever main.cpp gives make_ack_url to; the routes are on the public listener.
// Threads: handlers run on the server's threads; they read one incident row.
#pragma once

#include <optional>
#include <string>

#include "bot/people.hpp"
#include "bot/settings.hpp"
#include "bot/store.hpp"
#include "integrations/http/server.hpp"

namespace paging {

/// How long a link of a page works.
inline constexpr bot::Millis kAckLinkLife{24 * 3600000};

struct AckToken {
  std::string page;          ///< PageRun id
  std::int64_t incident = 0;
  std::string person;
  bot::Time expires{};
  friend bool operator==(const AckToken&, const AckToken&) = default;
};

/// base64url(payload) "." base64url(HMAC-SHA256(paging secret, "muster-ack-1." payload)). REQUIRES: a secret is set.
std::string make_token(const bot::Secret& secret, const AckToken& token);
/// The token when its signature holds, whether expired or not; nullopt for anything else. Constant time in the signature.
std::optional<AckToken> read_token(const bot::Secret& secret, const std::string& text);

/// "<public_url>/ack/<token>", or "" without paging.secret. The same arguments give the same link.
std::string make_ack_url(const bot::Settings& settings, std::int64_t incident, const std::string& page, const std::string& person, bot::Time expires);

/// GET and POST /ack/{token}. Adds nothing without paging.secret. REQUIRES: all arguments outlive the server.
void add_routes(http::Server& server, bot::Intake& intake, bot::Reader& reader, const bot::People& people, const bot::Settings& settings, bot::Clock& clock);

}  // namespace paging
