// People named in a message: in `body` stands only what they are called, the id is in a link of `formatted_body` (a "pill").
// Place: typed. Pure. Source: specification appendix "matrix.to navigation" and "URI scheme".
#pragma once

#include <string>
#include <vector>

namespace matrix {

struct Pill {
  std::string user_id, label;
  std::size_t at = 0;  ///< where the label begins in text_of(html)
};

/// The words of the HTML, without tags and without the quoted message of a reply.
std::string text_of(const std::string& html);

/// Links to people, in order. The HTML is anybody's: what is no pill is skipped, nothing else is read.
std::vector<Pill> pills_in(const std::string& html);

/// `body` from the byte `from` on, with each pill's label, and each "@name:server" that stands alone, replaced by its person token. A label may
/// be any word ("den" in "incident"): which of its places is meant is counted in the HTML, where the pill stands.
std::string with_person_tokens(const std::string& body, const std::string& html, std::size_t from = 0);

/// "https://matrix.to/#/%40alice%3Ahs" or "matrix:u/alice:hs" → "@alice:hs"; "" for anything else.
std::string user_of_link(const std::string& href);

}  // namespace matrix
