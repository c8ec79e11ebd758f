#include "integrations/settings/checks.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "integrations/text/address.hpp"

namespace settings {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Optimal string alignment distance.
int distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = static_cast<int>(i);
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

std::optional<int> small_number(const std::string& s, int most) {
  if (s.empty() || s.size() > 5) return {};
  int n = 0;
  for (const char c : s) {
    if (!digit(c)) return {};
    n = n * 10 + (c - '0');
  }
  return n <= most ? std::optional<int>(n) : std::nullopt;
}

/// 4, 6, or 0 for anything that is no address.
int family(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return 4;
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 ? 6 : 0;
}

std::int64_t unit_millis(const std::string& unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m") return 60000;
  if (unit == "h") return 3600000;
  if (unit == "d") return 86400000;
  return 0;
}

}  // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  if (word.size() > 64) return "";
  std::string best;
  int least = static_cast<int>(std::max<std::size_t>(1, word.size() / 3)) + 1;
  for (const auto& candidate : candidates)
    if (candidate.size() <= 64) {
      const int d = distance(text::lower(word), text::lower(candidate));
      if (d < least) {
        least = d;
        best = candidate;
      }
    }
  return best;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string near = nearest(word, candidates);
  if (!near.empty()) return "; did you mean \"" + near + "\"?";
  std::string out;
  std::vector<std::string> said;  // what is empty, no name or there twice is a fault of its own and helps nobody here
  for (const auto& candidate : candidates)
    if (is_name(candidate) && std::find(said.begin(), said.end(), candidate) == said.end()) said.push_back(candidate);
  for (const auto& candidate : said) out += (out.empty() ? "; known: " : ", ") + candidate;
  return out;
}

std::optional<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return {};
  const auto port = small_number(text.substr(colon + 1), 65535);
  std::string host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const int kind = host == "localhost" && !bracketed ? 4 : family(host);
  if (!port || kind == 0 || bracketed != (kind == 6)) return {};
  Address out{host, *port, false, host == "0.0.0.0" || host == "::"};
  out.loopback = host == "localhost" || host == "::1" || (kind == 4 && host.compare(0, 4, "127.") == 0);
  return out;
}

bool clash(const Address& a, const Address& b) {
  if (a.port != b.port || a.port == 0) return false;
  const auto plain = [](const std::string& host) { return host == "localhost" ? std::string("127.0.0.1") : host; };
  return a.any || b.any || plain(a.host) == plain(b.host);
}

bool is_network(const std::string& text) {
  const auto slash = text.find('/');
  const int kind = family(text.substr(0, slash));
  return kind != 0 && (slash == std::string::npos || small_number(text.substr(slash + 1), kind == 4 ? 32 : 128));
}

bool is_http_url(const std::string& text) {
  const std::size_t start = text.compare(0, 7, "http://") == 0 ? 7 : text.compare(0, 8, "https://") == 0 ? 8 : 0;
  if (start == 0 || text.size() > 2000) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\') return false;
  const std::string authority = text.substr(start, text.find_first_of("/?#", start) - start);
  if (authority.empty() || authority.find('@') != std::string::npos) return false;
  std::string host = authority, port;
  if (authority.front() == '[') {
    const auto end = authority.find(']');
    if (end == std::string::npos || family(authority.substr(1, end - 1)) != 6) return false;
    host = "v6";
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
    if (!port.empty()) port.erase(0, 1);
    return port.empty() || small_number(port, 65535);
  }
  if (const auto colon = authority.find(':'); colon != std::string::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    if (!small_number(port, 65535)) return false;
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) { return letter(c) || digit(c) || c == '-' || c == '.' || c == '_'; });
}

std::optional<bot::Millis> parse_duration(const std::string& text) {
  std::int64_t total = 0;
  std::size_t at = 0;
  if (text.empty() || text.size() > 20) return {};
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && digit(text[end])) ++end;
    const auto n = small_number(text.substr(at, end - at), 99999);
    at = end;
    while (end < text.size() && letter(text[end])) ++end;
    const std::int64_t unit = unit_millis(text.substr(at, end - at));
    if (!n || unit == 0) return {};
    total += *n * unit;
    at = end;
  }
  return bot::Millis{total};
}

bool is_name(const std::string& text) {
  if (text.empty() || text.size() > 64 || !(letter(text[0]) || digit(text[0]))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return letter(c) || digit(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_path_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return letter(c) || digit(c) || c == '-' || c == '_' || c == '.' || c == '~'; });
}

}  // namespace settings
