#include "integrations/http/router.hpp"

#include <algorithm>
#include <set>

namespace http {
namespace {

std::vector<std::string> split(const std::string& pattern) {
  std::vector<std::string> pieces;
  for (std::size_t at = 1; at <= pattern.size();) {
    const std::size_t end = std::min(pattern.find('/', at), pattern.size());
    pieces.push_back(pattern.substr(at, end - at));
    at = end + 1;
  }
  return pieces;
}

int rank(const std::string& piece) { return piece == "*" ? 2 : piece == "{}" ? 1 : 0; }

bool more_specific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](const std::string& x, const std::string& y) { return rank(x) < rank(y); });
}

template <class Methods>
const Route* by_method(const Methods& methods, const std::string& method) {
  auto it = methods.find(method);
  if (it == methods.end() && method == "HEAD") it = methods.find("GET");
  return it == methods.end() ? nullptr : &it->second;
}

}  // namespace

void Router::add(const std::string& method, const std::string& pattern, Handler handler, std::size_t body_limit) {
  Route route{pattern, std::move(handler), body_limit};
  auto pieces = split(pattern);
  const bool is_wild = std::any_of(pieces.begin(), pieces.end(), [](const std::string& p) { return rank(p) > 0; });
  if (!is_wild) {
    literal_[pattern].methods.insert_or_assign(method, std::move(route));
    return;
  }
  auto it = std::find_if(wild_.begin(), wild_.end(), [&](const Pattern& p) { return p.pieces == pieces; });
  if (it == wild_.end()) {
    const auto place = std::upper_bound(wild_.begin(), wild_.end(), pieces,
                                        [](const auto& a, const Pattern& b) { return more_specific(a, b.pieces); });
    it = wild_.insert(place, Pattern{std::move(pieces), {}});
  }
  it->methods.insert_or_assign(method, std::move(route));
}

bool Router::matches(const Pattern& pattern, const std::vector<std::string>& segments) {
  for (std::size_t i = 0; i < pattern.pieces.size(); ++i) {
    const std::string& piece = pattern.pieces[i];
    if (piece == "*") return i <= segments.size();
    if (i >= segments.size()) return false;
    if (piece == "{}" ? segments[i].empty() : piece != segments[i]) return false;
  }
  return pattern.pieces.size() == segments.size();
}

Router::Found Router::find(const std::string& method, const std::string& path, const std::vector<std::string>& segments,
                           std::vector<std::string>& matched) const {
  matched.clear();
  std::set<std::string> allowed;
  const auto note = [&](const Pattern& pattern) {
    for (const auto& [name, route] : pattern.methods) {
      allowed.insert(name);
      if (name == "GET") allowed.insert("HEAD");
    }
  };
  if (const auto it = literal_.find(path); it != literal_.end()) {
    if (const Route* route = by_method(it->second.methods, method)) return {route, {}};
    note(it->second);
  }
  for (const Pattern& pattern : wild_) {
    if (!matches(pattern, segments)) continue;
    if (const Route* route = by_method(pattern.methods, method)) {
      for (std::size_t i = 0; i < pattern.pieces.size() && i < segments.size(); ++i)
        if (pattern.pieces[i] == "{}") matched.push_back(segments[i]);
      return {route, {}};
    }
    note(pattern);
  }
  Found none;
  for (const auto& name : allowed) none.allow += (none.allow.empty() ? "" : ", ") + name;
  return none;
}

}  // namespace http
