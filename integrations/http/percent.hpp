// Percent-decoding, shared by forms and request targets.
#pragma once

#include <string>
#include <string_view>

namespace http {

/// False on a broken escape. `plus_is_space` for forms and queries, not for paths.
bool percent_decode(std::string_view raw, bool plus_is_space, std::string& out);

}  // namespace http
