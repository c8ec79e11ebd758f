#include "integrations/http/request_parser.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>

namespace http {

namespace beast = boost::beast;

RequestParser::RequestParser(Request& request, std::size_t header_limit) : request_(request), header_limit_(header_limit) {
  this->header_limit(static_cast<std::uint32_t>(header_limit));
  // Ours depends on the route and is set once the header is known. Not boost::none: Boost 1.74 then refuses every length.
  this->body_limit(std::numeric_limits<std::uint64_t>::max());
}

void RequestParser::on_request_impl(beast::http::verb, Text method, Text target, int version, Fault&) {
  request_.method.assign(method.data(), method.size());
  request_.target.assign(target.data(), target.size());
  version_ = version;
}

void RequestParser::on_field_impl(beast::http::field, Text name, Text value, Fault&) {
  if (header_done_) return;  // trailers say nothing we would believe
  auto& [key, text] = request_.headers.emplace_back();
  key.assign(name.data(), name.size());
  for (char& c : key)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  text.assign(value.data(), value.size());
}

void RequestParser::on_body_init_impl(boost::optional<std::uint64_t> const& length, Fault&) {
  // A claimed length is only a claim: reserve little, grow with what arrives.
  constexpr std::uint64_t kBelieved = 64u << 10;
  if (keep_body_ && length) request_.body.reserve(static_cast<std::size_t>(std::min(*length, kBelieved)));
}

std::size_t RequestParser::take(Text bytes, Fault& fault) {
  if (bytes.size() > body_limit_ - body_bytes_) {
    fault = beast::http::error::body_limit;
    return 0;
  }
  body_bytes_ += bytes.size();
  if (keep_body_) request_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::size_t RequestParser::on_body_impl(Text bytes, Fault& fault) { return take(bytes, fault); }

void RequestParser::on_chunk_header_impl(std::uint64_t size, Text extensions, Fault& fault) {
  // Extensions are bytes the body limit does not see.
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > header_limit_) fault = beast::http::error::bad_chunk_extension;
  if (size > body_limit_ - body_bytes_) fault = beast::http::error::body_limit;  // refused before its bytes arrive
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text bytes, Fault& fault) { return take(bytes, fault); }

}  // namespace http
