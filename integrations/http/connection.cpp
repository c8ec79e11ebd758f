// The life of a connection: handshake, read, dispatch, linger, close, and the clock's part in it.
#include "integrations/http/connection.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <cstring>

#include "integrations/http/connection_io.hpp"
#include "integrations/http/exchange.hpp"

namespace http {
namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kBodyBuffer = 64u << 10;
constexpr std::size_t kKept = 64u << 10;           ///< larger strings are given back between requests
constexpr bot::Millis kLinger{2000};               ///< how long a client may take to notice that we closed
constexpr std::size_t kLingerBytes = 16u << 20;

}  // namespace

// The steady clock is read here, not through bot::Clock: these are socket deadlines, which no simulation moves.
std::int64_t steady_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
std::int64_t steady_ms() { return steady_us() / 1000; }

void Worker::hand(std::function<void()> job) {
  {
    bot::Lock lock(mutex_);
    if (finished_) return;
    jobs_.push_back(std::move(job));
    if (jobs_.size() > 1) return;  // the first has called for the thread
  }
  boost::asio::post(context, [this] { run_jobs(); });
}

void Worker::run_jobs() {
  std::vector<std::function<void()>> jobs;
  {
    bot::Lock lock(mutex_);
    jobs.swap(jobs_);
  }
  for (auto& job : jobs) {
    job();
    job = nullptr;  // may be the end of its connection, which need not wait for the others
  }
}

void Worker::finish() {
  std::vector<std::function<void()>> dropped;  // destroyed outside the lock
  bot::Lock lock(mutex_);
  finished_ = true;
  dropped.swap(jobs_);
}

Connection::Connection(std::shared_ptr<Shared> shared, std::shared_ptr<Worker> worker, boost::asio::ip::tcp::socket socket)
    : shared_(std::move(shared)), worker_(std::move(worker)), socket_(std::move(socket)) {
  boost::system::error_code ec;
  socket_.non_blocking(true, ec);
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ec);
  const auto remote = socket_.remote_endpoint(ec);
  if (!ec) direct_ = plain(remote.address());
  if (shared_->tls) {
    tls_context_ = shared_->tls->current();
    tls_.emplace(socket_, *tls_context_);
  }
}

Connection::~Connection() { shared_->connections.remove(this); }

void Connection::wait_for_client(State state, bot::Millis within) {
  state_ = state;
  const std::int64_t now = steady_ms();
  deadline_.store(now + within.count(), std::memory_order_relaxed);
  waiting_since_.store(now, std::memory_order_relaxed);
}

void Connection::wait_for_us(State state) {
  state_ = state;
  deadline_.store(0, std::memory_order_relaxed);
  waiting_since_.store(0, std::memory_order_relaxed);
}

void Connection::start() {
  if (tls_) return handshake();
  begin_request();
  run();
}

void Connection::refuse() {
  keep_alive_ = false;
  request_.method = "GET";
  if (tls_) return close();  // a handshake is the costly part
  send(Response::problem(503, "Muster has no room for another connection now. Try again in a few seconds.", bot::Millis{2000}));
}

void Connection::handshake() {
  wait_for_client(State::handshake, shared_->options.header_deadline);
  tls_->async_handshake(boost::asio::ssl::stream_base::server, [self = shared_from_this()](boost::system::error_code ec) {
    if (self->state_ != State::handshake) return;
    if (ec) return self->close();
    self->begin_request();
    self->run();
  });
}

void Connection::begin_request() {
  parser_.emplace(request_, shared_->options.header_limit);
  parser_->eager(false);  // stops after the header, so that limits are known before the body is read
  request_.headers.clear();
  request_.segments.clear();
  request_.body.clear();
  if (request_.body.capacity() > kKept) request_.body.shrink_to_fit();
  header_bytes_ = 0;
  header_checked_ = expects_continue_ = false;
  found_ = {};
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > kKept / 4) {
      buffer_.reset();
      capacity_ = 0;
    }
  }
  wait_for_client(State::header, shared_->options.header_deadline);
}

// Goes on until bytes or an answer are missing. An answer given inside the handler comes back through this loop, not by recursion.
void Connection::run() {
  if (running_) return;
  running_ = true;
  while (state_ == State::header || state_ == State::body) {
    const Fed fed = feed();
    if (fed == Fed::more) {
      read();
      break;
    }
    if (fed == Fed::whole) dispatch();
  }
  running_ = false;
}

bool Connection::make_room() {
  const std::size_t most = state_ == State::body ? std::max(kBodyBuffer, shared_->options.header_limit + 64) : shared_->options.header_limit + 64;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const bool much_to_come = state_ == State::body && end_ == 0 && capacity_ < most &&
                            (parser_->chunked() || parser_->content_length_remaining().value_or(0) > capacity_);
  if (end_ == capacity_ || much_to_come) {
    if (capacity_ >= most) return false;
    const std::size_t wanted = state_ == State::body ? most : std::min(most, std::max(kFirstBuffer, capacity_ * 2));
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (end_ > 0) std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ = wanted;
  }
  return true;
}

void Connection::read() {
  if (!make_room()) {
    keep_alive_ = false;
    return send(Response::problem(400, "A line of the request is longer than Muster reads."));
  }
  reading_ = true;
  read_some(boost::asio::buffer(buffer_.get() + end_, capacity_ - end_), [this](boost::system::error_code ec, std::size_t n) {
    reading_ = false;
    if (state_ == State::lingering) return ec ? close() : drain_unread();  // answered 408 meanwhile
    if (state_ != State::header && state_ != State::body) return;
    if (ec) {
      const bool half = state_ == State::body || header_bytes_ > 0 || begin_ != end_;
      if (ec != boost::asio::error::eof || !half) return close();
      keep_alive_ = false;
      return send(Response::problem(400, "The request ended in the middle."));
    }
    end_ += n;
    run();
  });
}

void Connection::dispatch() {
  wait_for_us(State::handling);
  started_ = steady_us();
  ++turn_;
  answered_ = false;
  if (!found_.route) {
    auto missing = found_.allow.empty()
                       ? Response::problem(404, "There is nothing at this address.")
                       : Response::problem(405, "This address does not take " + request_.method.substr(0, 20) + ". It takes " + found_.allow + ".");
    if (!found_.allow.empty()) missing.headers.emplace_back("Allow", found_.allow);
    answered_ = true;
    return send(std::move(missing));
  }
  in_handler_ = true;
  {
    auto exchange = make_exchange(shared_from_this(), turn_);
    try {
      found_.route->handler(request_, exchange);
    } catch (...) {
      // The exchange is dropped below and answers 500 by itself: one bad request must not end the process.
    }
  }
  in_handler_ = false;
  if (pending_) {
    Response response = std::move(*pending_);
    pending_.reset();
    send(std::move(response));
  }
}

/// Closes our side and reads what is left, since closing with unread bytes would destroy the answer on its way to the client.
void Connection::linger() {
  if (tls_) {
    wait_for_client(State::lingering, kLinger);
    tls_->async_shutdown([self = shared_from_this()](boost::system::error_code) {
      if (self->state_ == State::lingering) self->close();
    });
    return;
  }
  wait_for_client(State::lingering, kLinger);
  boost::system::error_code ec;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) return close();
  if (!reading_) drain_unread();
}

void Connection::drain_unread() {
  if (!buffer_) {
    buffer_ = std::make_unique_for_overwrite<char[]>(kFirstBuffer);
    capacity_ = kFirstBuffer;
  }
  read_some(boost::asio::buffer(buffer_.get(), capacity_), [this](boost::system::error_code ec, std::size_t n) {
    if (state_ != State::lingering) return;
    drained_ += n;
    if (ec || drained_ > kLingerBytes) return close();
    drain_unread();
  });
}

void Connection::close() {
  if (state_ == State::closed) return;
  wait_for_us(State::closed);
  boost::system::error_code ec;
  socket_.close(ec);
  shared_->connections.remove(this);
  pending_.reset();
  if (auto stream = std::exchange(stream_, nullptr)) stream->end();
}

void Connection::time_out() {
  post([this] {
    const std::int64_t due = deadline();
    if (due == 0 || due > steady_ms()) return;  // it moved on in the meantime
    const bool said_something = header_bytes_ > 0 || begin_ != end_;
    if ((state_ == State::header && said_something) || state_ == State::body) {
      keep_alive_ = false;
      return send(Response::problem(408, "The request did not arrive in time."));
    }
    if (state_ == State::writing || state_ == State::streaming) {
      // Nobody reads: an ordinary close would leave the rest in the kernel until that changes.
      boost::system::error_code ec;
      socket_.set_option(boost::asio::socket_base::linger(true, 0), ec);
    }
    close();
  });
}

void Connection::give_way() {
  // Not asked again by the next newcomer before this one has been carried out.
  waiting_since_.store(0, std::memory_order_relaxed);
  post([this] {
    if (state_ == State::handshake || state_ == State::header || state_ == State::body || state_ == State::lingering) close();
  });
}

void Connection::wind_down(bool hard) {
  post([this, hard] {
    if (hard || state_ == State::handshake || state_ == State::lingering || (state_ == State::header && header_bytes_ == 0 && begin_ == end_))
      return close();
    keep_alive_ = false;
    if (stream_) stream_->close();
  });
}

}  // namespace http
