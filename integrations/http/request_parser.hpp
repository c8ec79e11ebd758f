// Beast's HTTP/1 grammar, writing straight into our Request. Grammar faults come from Beast; our limits are checked here and by the connection.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include "integrations/http/server.hpp"

namespace http {

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(Request& request, std::size_t header_limit);

  int version() const { return version_; }
  /// Bytes of body taken at most; more ends with error::body_limit. `keep` false: counted and thrown away.
  void limit_body(std::size_t limit, bool keep) { body_limit_ = limit; keep_body_ = keep; }

 private:
  using Text = boost::beast::string_view;
  using Fault = boost::beast::error_code;
  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version, Fault&) override;
  void on_response_impl(int, Text, int, Fault&) override {}
  void on_field_impl(boost::beast::http::field, Text name, Text value, Fault&) override;
  void on_header_impl(Fault&) override { header_done_ = true; }
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, Fault&) override;
  std::size_t on_body_impl(Text bytes, Fault&) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, Fault&) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, Text bytes, Fault&) override;
  void on_finish_impl(Fault&) override {}
  std::size_t take(Text bytes, Fault& fault);

  Request& request_;
  std::size_t header_limit_;
  std::size_t body_limit_ = 0;
  std::size_t body_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  int version_ = 11;
  bool keep_body_ = true;
  bool header_done_ = false;
};

}  // namespace http
