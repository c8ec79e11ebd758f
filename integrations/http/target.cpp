#include "integrations/http/target.hpp"

#include <algorithm>

#include "integrations/http/percent.hpp"

namespace http {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// "http://host/path" → authority and the rest. False when it is neither that nor a path.
bool strip_authority(std::string_view& raw, std::string& authority) {
  if (!raw.empty() && raw.front() == '/') return true;
  const std::size_t scheme = raw.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view name = raw.substr(0, scheme);
  if (name != "http" && name != "https") return false;
  raw.remove_prefix(scheme + 3);
  const std::size_t end = std::min(raw.find_first_of("/?"), raw.size());
  authority = raw.substr(0, end);
  raw.remove_prefix(end);
  return !authority.empty();
}

}  // namespace

bool parse_target(std::string_view raw, Target& out) {
  out.path.clear();
  out.query.clear();
  out.authority.clear();
  out.segments.clear();
  if (!strip_authority(raw, out.authority)) return false;
  const std::size_t mark = std::min(raw.find('?'), raw.size());
  if (mark < raw.size()) out.query = raw.substr(mark + 1);
  std::string_view path = raw.substr(0, mark);
  if (path.empty()) path = "/";
  if (path.find('#') != std::string_view::npos) return false;  // a fragment never belongs on the wire

  std::string piece;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (!percent_decode(path.substr(at, end - at), false, piece)) return false;
    if (piece == ".." || piece == "." || has_control(piece)) return false;
    // An encoded slash or backslash must not smuggle in a parent folder either.
    if (piece.find("../") != std::string::npos || piece.find("..\\") != std::string::npos || piece.ends_with("/..") || piece.ends_with("\\.."))
      return false;
    out.path += '/';
    out.path += piece;
    out.segments.push_back(piece);
    at = end + 1;
  }
  return true;
}

}  // namespace http
