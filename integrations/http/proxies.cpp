#include "integrations/http/proxies.hpp"

#include <charconv>

namespace http {
namespace {

namespace ip = boost::asio::ip;

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  for (std::size_t i = 0; i < a.size() && bits > 0; ++i) {
    const unsigned here = bits < 8 ? bits : 8;
    const unsigned mask = (0xff00u >> here) & 0xffu;
    if ((a[i] & mask) != (b[i] & mask)) return false;
    bits -= here;
  }
  return true;
}

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(" \t\"");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\"") - first + 1);
}

/// All values of a list header, in order, over repeated headers.
std::vector<std::string> list_of(const Request& request, const std::string& name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : request.headers) {
    if (key != name) continue;
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t end = std::min(value.find(',', at), value.size());
      out.push_back(trimmed(value.substr(at, end - at)));
      at = end + 1;
    }
  }
  return out;
}

/// An X-Forwarded-For element: an address, perhaps with a port.
bool read_address(std::string text, ip::address& out) {
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (text.find(':') == text.rfind(':')) {
    text = text.substr(0, text.find(':'));
  }
  boost::system::error_code ec;
  out = plain(ip::make_address(text, ec));
  return !ec;
}

}  // namespace

ip::address plain(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

bot::Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& texts) {
  TrustedProxies out;
  for (const std::string& text : texts) {
    const std::size_t slash = text.find('/');
    boost::system::error_code ec;
    const ip::address base = plain(ip::make_address(text.substr(0, slash), ec));
    const unsigned widest = base.is_v4() ? 32 : 128;
    unsigned bits = widest;
    bool ok = !ec;
    if (ok && slash != std::string::npos) {
      const char* end = text.data() + text.size();
      const auto read = std::from_chars(text.data() + slash + 1, end, bits);
      ok = read.ec == std::errc{} && read.ptr == end && bits <= widest;
    }
    if (!ok)
      return bot::fail(bot::ErrorKind::invalid_input,
                       "\"" + text + "\" is not an address of a trusted proxy. Write an address or a range, for example 10.0.0.7 or 10.0.0.0/8.");
    out.ranges_.push_back({base, bits});
  }
  return out;
}

bool TrustedProxies::contains(const ip::address& address) const {
  for (const Range& range : ranges_) {
    if (address.is_v4() && range.base.is_v4() && same_prefix(address.to_v4().to_bytes(), range.base.to_v4().to_bytes(), range.bits)) return true;
    if (address.is_v6() && range.base.is_v6() && same_prefix(address.to_v6().to_bytes(), range.base.to_v6().to_bytes(), range.bits)) return true;
  }
  return false;
}

void TrustedProxies::resolve(const ip::address& direct, bool tls, Request& request) const {
  ip::address client = direct;
  request.secure = tls;
  if (!ranges_.empty() && contains(direct)) {
    // Right to left: each trusted hop vouches for the one before it; the first untrusted one is the client.
    const auto hops = list_of(request, "x-forwarded-for");
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
      ip::address seen;
      if (!read_address(*hop, seen)) break;
      client = seen;
      if (!contains(seen)) break;
    }
    const auto schemes = list_of(request, "x-forwarded-proto");
    if (!schemes.empty()) request.secure = schemes.back() == "https";
  }
  request.peer = client.to_string();
}

}  // namespace http
