// Every address of the page as ready answers: made on change, then only read.
// Place: builtin.cpp builds a Site and swaps it in; the server's thread picks an answer from it.
// Threads: a built Site is immutable, any number may read it.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "integrations/http/server.hpp"
#include "integrations/statuspage/builtin/page.hpp"

namespace statuspage::builtin {

/// One address: whole and compressed, each with its ETag and its 304.
struct Resource {
  http::Response plain, zipped, plain_unchanged, zipped_unchanged;
  std::string plain_tag, zipped_tag;
};
using Site = std::unordered_map<std::string, std::shared_ptr<const Resource>>;  ///< by path; kMissing answers every other path

inline const std::string kMissing;

/// `before` and `site_before` (both or none): what did not change is taken over instead of made again.
Site build_site(const Page& page, const Page* before = nullptr, const Site* site_before = nullptr);

/// The answer for a GET or HEAD, by path, Accept-Encoding and If-None-Match.
const http::Response& answer(const Site& site, const http::Request& request);

bool accepts_gzip(const std::string& accept_encoding);
/// RFC 9110 §13.1.2: weak comparison, a list, or "*".
bool matches_tag(const std::string& if_none_match, const std::string& tag);

}  // namespace statuspage::builtin
