// From bytes to a checked request: the grammar is Beast's, the limits are ours.
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

#include "integrations/http/connection_io.hpp"

namespace http {
namespace {

namespace beast = boost::beast;

bool same_text(const std::string& a, const char* b) { return beast::iequals(a, b); }

/// The host without its port: "[::1]:80" → "[::1]", "a.example:80" → "a.example".
std::string without_port(const std::string& host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string::npos || host.ends_with(']') || host.find(']', colon) != std::string::npos) return host;
  return host.substr(0, colon);
}

bool plausible_host(const std::string& host) {
  return host.size() <= 255 && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' ||
           c == ']' || c == '%';
  });
}

}  // namespace

bool Connection::refuse_with(int status, const char* words) {
  // What follows in the stream cannot be trusted to start at a request, so the connection ends with this answer.
  keep_alive_ = false;
  send(Response::problem(status, words));
  return false;
}

Connection::Fed Connection::feed() {
  namespace error = beast::http;
  for (;;) {
    if (!parser_->got_some())
      while (begin_ < end_ && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n')) {  // RFC 9112 §2.2: empty lines before a request
        if (++header_bytes_ > 8) return refuse_with(400, "The request does not begin with a request line."), Fed::refused;
        ++begin_;
      }
    if (begin_ == end_) return Fed::more;
    beast::error_code ec;
    const std::size_t used = parser_->put(boost::asio::const_buffer(buffer_.get() + begin_, end_ - begin_), ec);
    begin_ += used;
    const bool more = ec == error::error::need_more;
    if (!header_checked_) {
      header_bytes_ += used;  // Beast counts each piece anew; the limit is for the whole header
      const std::size_t seen = header_bytes_ + (parser_->is_header_done() ? 0 : end_ - begin_);
      if (ec == error::error::header_limit || seen > shared_->options.header_limit)
        return refuse_with(431, "The request's header is larger than Muster reads."), Fed::refused;
    }
    if (ec == error::error::body_limit) return refuse_with(413, "The request's body is larger than this address takes."), Fed::refused;
    if (ec && !more) return refuse_with(400, "The request is not valid HTTP."), Fed::refused;
    if (parser_->is_header_done() && !header_checked_) {
      header_checked_ = true;
      if (!check_header()) return Fed::refused;
      parser_->eager(true);
      if (parser_->is_done()) return Fed::whole;
      // A body gets its own deadline, counted from here.
      state_ = State::body;
      deadline_.store(steady_ms() + shared_->options.body_deadline.count(), std::memory_order_relaxed);
      if (begin_ == end_) continue_if_expected();
      if (state_ != State::body) return Fed::refused;
      continue;
    }
    if (parser_->is_done()) return Fed::whole;
    if (more || used == 0) return Fed::more;
  }
}

bool Connection::check_header() {
  const int version = parser_->version();
  if (version != 10 && version != 11) return refuse_with(505, "Muster speaks HTTP/1.1.");
  keep_alive_ = parser_->keep_alive() && !shared_->stopping.load(std::memory_order_relaxed);
  if (!parse_target(request_.target, target_)) return refuse_with(400, "The address in the request is not one Muster can have.");
  std::swap(request_.path, target_.path);
  std::swap(request_.query, target_.query);
  if (!check_host() || !check_framing()) return false;
  shared_->proxies.resolve(direct_, tls_.has_value(), request_);
  return check_route();
}

bool Connection::check_host() {
  const int named = request_.count("host");
  if (named > 1 || (named == 0 && parser_->version() == 11)) return refuse_with(400, "The request must name exactly one Host.");
  const std::string& host = target_.authority.empty() ? request_.header("host") : target_.authority;
  if (!plausible_host(host)) return refuse_with(400, "The request's Host is not a host name.");
  const auto& allowed = shared_->options.allowed_hosts;
  if (allowed.empty()) return true;
  const std::string bare = without_port(host);
  // An entry with a port wants that port; one without takes any.
  for (const std::string& entry : allowed)
    if (same_text(host, entry.c_str()) || same_text(bare, entry.c_str())) return true;
  return refuse_with(421, "Muster does not answer under this host name. Use the address in its settings (server.console_url or server.public_url).");
}

bool Connection::check_framing() {
  const int encodings = request_.count("transfer-encoding");
  if (encodings == 0) return true;
  if (parser_->version() == 10 || request_.count("content-length") > 0) return refuse_with(400, "The request names its length in two ways.");
  if (encodings > 1 || !same_text(request_.header("transfer-encoding"), "chunked"))
    return refuse_with(501, "Muster reads no Transfer-Encoding other than chunked.");
  return true;
}

bool Connection::check_route() {
  found_ = shared_->router.find(request_.method, request_.path, target_.segments, request_.segments);
  const std::size_t limit = found_.route && found_.route->body_limit > 0 ? found_.route->body_limit : shared_->options.body_limit;
  parser_->limit_body(limit, found_.route != nullptr);
  // Answered before a byte of the body is read, and without asking for it.
  if (const auto length = parser_->content_length(); length && *length > limit)
    return refuse_with(413, "The request's body is larger than this address takes.");
  if (const std::string& expect = request_.header("expect"); !expect.empty() && parser_->version() == 11) {
    if (!same_text(expect, "100-continue")) return refuse_with(417, "Muster knows no expectation other than 100-continue.");
    expects_continue_ = true;
  }
  return true;
}

void Connection::continue_if_expected() {
  if (!expects_continue_) return;
  expects_continue_ = false;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (tls_) {
    continuing_ = true;  // a TLS stream takes one write at a time
    write_all(boost::asio::buffer(kContinue.data(), kContinue.size()), [this](boost::system::error_code ec, std::size_t) {
      continuing_ = false;
      if (ec) close();
    });
    return;
  }
  boost::system::error_code ec;
  const std::size_t n = socket_.write_some(boost::asio::buffer(kContinue.data(), kContinue.size()), ec);
  if (ec || n != kContinue.size()) close();  // a client that cannot take 25 bytes is gone
}

}  // namespace http
