// The three asynchronous operations of a connection, the same for plain and TLS sockets. Only connection*.cpp include this.
#pragma once

#include <boost/asio/write.hpp>

#include "integrations/http/connection.hpp"

namespace http {

template <class F>
void Connection::post(F f) {
  worker_->hand([self = shared_from_this(), f = std::move(f)]() mutable { f(); });
}

template <class Buffers, class F>
void Connection::read_some(const Buffers& buffers, F f) {
  auto done = [self = shared_from_this(), f = std::move(f)](boost::system::error_code ec, std::size_t n) mutable { f(ec, n); };
  if (tls_) tls_->async_read_some(buffers, std::move(done));
  else socket_.async_read_some(buffers, std::move(done));
}

template <class Buffers, class F>
void Connection::write_all(const Buffers& buffers, F f) {
  auto done = [self = shared_from_this(), f = std::move(f)](boost::system::error_code ec, std::size_t n) mutable { f(ec, n); };
  if (tls_) boost::asio::async_write(*tls_, buffers, std::move(done));
  else boost::asio::async_write(socket_, buffers, std::move(done));
}

}  // namespace http
