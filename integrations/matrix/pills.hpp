// People named in a message: in `body` stands only what they are called, the id is in a link of `formatted_body` (a "pill").
// Place: typed. Pure. Source: specification appendix "matrix.to navigation" and "URI scheme".
#pragma once

#include <string>
#include <vector>

namespace matrix {

struct Pill { std::string user_id, label; };

/// Links to people, in order. The HTML is anybody's: what is no pill is skipped, nothing else is read.
std::vector<Pill> pills_in(const std::string& html);

/// `body` with each pill's label, and each "@name:server" that stands alone, replaced by its person token.
std::string with_person_tokens(const std::string& body, const std::vector<Pill>& pills);

/// "https://matrix.to/#/%40alice%3Ahs" or "matrix:u/alice:hs" → "@alice:hs"; "" for anything else.
std::string user_of_link(const std::string& href);

}  // namespace matrix
