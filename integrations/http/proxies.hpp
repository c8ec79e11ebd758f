// Which direct peers may say who the client is, and the reading of what they say.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <string>
#include <vector>

#include "bot/result.hpp"
#include "integrations/http/server.hpp"

namespace http {

class TrustedProxies {
 public:
  /// Addresses and CIDR ranges: "10.0.0.0/8", "::1", "192.168.1.7".
  static bot::Result<TrustedProxies> parse(const std::vector<std::string>& texts);
  bool contains(const boost::asio::ip::address& address) const;
  /// Sets request.peer and request.secure from the headers when `direct` is trusted; otherwise from the connection itself.
  void resolve(const boost::asio::ip::address& direct, bool tls, Request& request) const;

 private:
  struct Range { boost::asio::ip::address base; unsigned bits = 0; };
  std::vector<Range> ranges_;
};

/// "::ffff:10.0.0.1" → "10.0.0.1"; anything else unchanged.
boost::asio::ip::address plain(const boost::asio::ip::address& address);

}  // namespace http
