// Takes a request target apart: path, query, decoded segments. Pure.
// Place: the connection, once per request, before routing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace http {

struct Target {
  std::string path;                   ///< percent-decoded
  std::string query;                  ///< raw
  std::string authority;              ///< of an absolute-form target (RFC 9112 §3.2.2), else ""
  std::vector<std::string> segments;  ///< split before decoding, so that "%2F" stays inside its segment
};

/// False for anything that is not a plain path: control characters (also encoded), broken escapes, "." or ".." segments.
bool parse_target(std::string_view raw, Target& out);

}  // namespace http
