// From an answer to bytes: one write for an ordinary answer, chunks for a stream.
#include <charconv>

#include "integrations/http/connection_io.hpp"
#include "integrations/http/exchange.hpp"
#include "integrations/http/status.hpp"

namespace http {
namespace {

constexpr std::size_t kKept = 64u << 10;
constexpr std::size_t kChunk = 256u << 10;

void append_number(std::string& out, std::uint64_t value, int base) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append(digits, end.ptr);
}

/// Header values may carry a person's words: a line break in one must not become a header of its own.
void append_clean(std::string& out, const std::string& value) {
  for (char c : value)
    if (c != '\r' && c != '\n' && c != '\0') out += c;
}

bool named(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key.size() == name.size() && std::equal(key.begin(), key.end(), name.begin(), [](char a, char b) { return (a | 32) == (b | 32); })) return true;
  return false;
}

bool has_no_body(int status) { return status == 204 || status == 304 || status < 200; }

}  // namespace

void Connection::answer(Response response, std::uint64_t turn) {
  if (worker_->context.get_executor().running_in_this_thread()) return take(std::move(response), turn);
  post([this, response = std::move(response), turn]() mutable { take(std::move(response), turn); });
}

void Connection::answer_drawn(std::function<Response()> draw, std::uint64_t turn) {
  if (worker_->context.get_executor().running_in_this_thread()) return take(draw(), turn);
  post([this, draw = std::move(draw), turn] { take(draw(), turn); });
}

void Connection::take(Response response, std::uint64_t turn) {
  if (turn != turn_ || answered_ || state_ != State::handling) return;
  answered_ = true;
  if (in_handler_) {
    pending_ = std::move(response);  // the handler may still be reading its request
    return;
  }
  send(std::move(response));
  run();
}

void Connection::write_head(const Response& response, Length length) {
  out_.clear();
  out_ += "HTTP/1.1 ";
  append_number(out_, static_cast<std::uint64_t>(response.status), 10);
  out_ += ' ';
  out_ += reason_of(response.status);
  out_ += "\r\n";
  for (const auto& [name, value] : response.headers) {
    append_clean(out_, name);
    out_ += ": ";
    append_clean(out_, value);
    out_ += "\r\n";
  }
  out_ += "X-Content-Type-Options: nosniff\r\n";
  if (!named(response, "referrer-policy")) out_ += "Referrer-Policy: no-referrer\r\n";
  if (length == Length::chunked) {
    out_ += "Transfer-Encoding: chunked\r\n";
  } else if (length == Length::known && !has_no_body(response.status)) {
    out_ += "Content-Length: ";
    append_number(out_, response.body.size(), 10);
    out_ += "\r\n";
  }
  if (!keep_alive_) out_ += "Connection: close\r\n";
  else if (parser_ && parser_->version() == 10) out_ += "Connection: keep-alive\r\n";
  out_ += "\r\n";
}

void Connection::observe(int status) {
  const auto& told = shared_->options.observe;
  if (!told) return;
  if (state_ != State::handling) return told("refused", status, 0.0);
  told(found_.route ? found_.route->pattern : "unmatched", status, static_cast<double>(steady_us() - started_) / 1e6);
}

void Connection::send(Response response) {
  if (state_ == State::closed) return;
  if (shared_->stopping.load(std::memory_order_relaxed)) keep_alive_ = false;
  if (continuing_) return close();  // "100 Continue" was never taken by the client: nothing else will be
  observe(response.status);
  wait_for_us(State::writing);
  write_head(response, Length::known);
  if (request_.method != "HEAD" && !has_no_body(response.status)) out_ += response.body;
  deadline_.store(steady_ms() + shared_->options.write_deadline.count(), std::memory_order_relaxed);

  std::size_t n = 0;
  if (!tls_) {
    // Nearly every answer fits the socket's buffer: then no completion has to travel through the queue.
    boost::system::error_code ec;
    n = socket_.write_some(boost::asio::buffer(out_), ec);
    if (ec && ec != boost::asio::error::would_block && ec != boost::asio::error::try_again && ec != boost::asio::error::interrupted)
      return close();
    if (ec) n = 0;
    if (n == out_.size()) return sent({});
  }
  write_all(boost::asio::buffer(out_.data() + n, out_.size() - n), [this](boost::system::error_code ec, std::size_t) {
    if (state_ != State::writing) return;
    sent(ec);
    run();
  });
}

void Connection::sent(boost::system::error_code ec) {
  if (ec) return close();
  if (out_.capacity() > kKept) {
    out_.clear();
    out_.shrink_to_fit();
  }
  if (keep_alive_) begin_request();
  else linger();
}

std::shared_ptr<StreamState> Connection::stream(Response head, std::uint64_t turn) {
  auto state = std::make_shared<StreamState>(shared_from_this());
  if (!head.body.empty()) state->write(std::exchange(head.body, {}));
  // Always through the queue: the handler may still be reading its request.
  post([this, head = std::move(head), turn, state]() mutable { begin_stream(std::move(head), turn, std::move(state)); });
  return state;
}

void Connection::begin_stream(Response head, std::uint64_t turn, std::shared_ptr<StreamState> state) {
  if (turn != turn_ || answered_ || state_ != State::handling) return state->end();
  answered_ = true;
  observe(head.status);
  keep_alive_ = false;  // a stream is the last answer on its connection: its end is then plain to see
  const bool chunked = parser_->version() == 11;
  write_head(head, chunked ? Length::chunked : Length::until_close);
  if (request_.method == "HEAD") {
    state->end();
    wait_for_us(State::writing);
    deadline_.store(steady_ms() + shared_->options.write_deadline.count(), std::memory_order_relaxed);
    return write_all(boost::asio::buffer(out_), [this](boost::system::error_code ec, std::size_t) {
      if (state_ == State::writing) sent(ec);
    });
  }
  wait_for_us(State::streaming);
  stream_ = std::move(state);
  if (shared_->stopping) stream_->close();
  watch_client();
  flush();
}

/// Reads while streaming only to notice that the client went away.
void Connection::watch_client() {
  if (capacity_ == 0) make_room();
  reading_ = true;
  begin_ = end_ = 0;  // pipelined requests after a stream are not served
  read_some(boost::asio::buffer(buffer_.get(), capacity_), [this](boost::system::error_code ec, std::size_t) {
    reading_ = false;
    if (state_ == State::lingering) return ec ? close() : drain_unread();
    if (state_ != State::streaming) return;
    if (ec) return close();
    watch_client();
  });
}

void Connection::flush_soon() {
  post([this] { flush(); });
}

void Connection::abort_soon() {
  post([this] { close(); });
}

void Connection::flush() {
  if (state_ != State::streaming || stream_writing_) return;
  bool last = false;
  const std::string bytes = stream_->take(kChunk, last);
  const bool chunked = parser_->version() == 11;
  if (!bytes.empty()) {
    if (chunked) {
      append_number(out_, bytes.size(), 16);
      out_ += "\r\n";
    }
    out_ += bytes;
    if (chunked) out_ += "\r\n";
  }
  if (last && chunked) out_ += "0\r\n\r\n";
  const std::size_t taken = bytes.size();
  if (out_.empty()) {
    if (last) return linger();
    return stream_->written(0);
  }
  stream_writing_ = true;
  deadline_.store(steady_ms() + shared_->options.write_deadline.count(), std::memory_order_relaxed);
  write_all(boost::asio::buffer(out_), [this, taken, last](boost::system::error_code ec, std::size_t) {
    stream_writing_ = false;
    if (state_ != State::streaming) return;
    if (ec) return close();
    out_.clear();
    deadline_.store(0, std::memory_order_relaxed);
    const auto stream = stream_;  // the callback may end it
    stream->written(taken);
    if (last) {
      stream->end();
      stream_.reset();
      return linger();
    }
    if (state_ == State::streaming) flush();
  });
}

}  // namespace http
