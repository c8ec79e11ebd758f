// One client connection: reads a request under every limit, hands it to its handler, writes the answer, starts again.
// Place: made by the server's acceptor. Everything runs on one worker's thread except what says "any thread".
// Lives: as long as an operation, an Exchange or a Stream holds it; it keeps its worker's io_context alive.
// Time: deadlines are plain numbers that the server's sweep compares (steady clock, used inside http only): a timer per request would
// cost more than the request.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <atomic>
#include <memory>
#include <functional>
#include <optional>
#include <vector>

#include "bot/mutex.hpp"
#include "integrations/http/proxies.hpp"
#include "integrations/http/registry.hpp"
#include "integrations/http/request_parser.hpp"
#include "integrations/http/router.hpp"
#include "integrations/http/target.hpp"
#include "integrations/http/tls_files.hpp"

namespace http {

/// One I/O thread: a connection stays on one for life, so it needs no strand.
struct Worker {
  boost::asio::io_context context{1};
  /// Runs `job` on the worker's thread, or drops it when that is gone. A whole batch is answered at once by one thread: these are handed over
  /// together, since the queue of io_context would be locked, and its thread woken, for each.
  void hand(std::function<void()> job);
  /// Its thread is gone: nothing is taken any more, and what was not run lets go of its connections.
  void finish();

 private:
  void run_jobs();
  bot::Mutex mutex_;
  bool finished_ GUARDED_BY(mutex_) = false;
  std::vector<std::function<void()>> jobs_ GUARDED_BY(mutex_);
};

/// What all connections of a server share. Read-only after start, apart from what locks itself.
struct Shared {
  ServerOptions options;
  Router router;
  TrustedProxies proxies;
  Registry connections;
  std::unique_ptr<TlsFiles> tls;
  std::atomic<bool> stopping{false};
};

class StreamState;
std::int64_t steady_us();
std::int64_t steady_ms();

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Shared> shared, std::shared_ptr<Worker> worker, boost::asio::ip::tcp::socket socket);
  ~Connection();
  void start();   ///< serves
  void refuse();  ///< over capacity: 503, nothing read

  // Any thread.
  std::int64_t deadline() const { return deadline_.load(std::memory_order_relaxed); }
  std::int64_t waiting_since() const { return waiting_since_.load(std::memory_order_relaxed); }
  void time_out();           ///< its deadline passed
  void give_way();           ///< a newcomer needs the place
  void wind_down(bool hard); ///< the server stops
  void answer(Response response, std::uint64_t turn);
  void answer_drawn(std::function<Response()> draw, std::uint64_t turn);
  std::shared_ptr<StreamState> stream(Response head, std::uint64_t turn);
  void flush_soon();         ///< its stream has bytes, or wants to end
  void abort_soon();

 private:
  friend class Registry;
  enum class State { handshake, header, body, handling, writing, streaming, lingering, closed };
  enum class Fed { more, whole, refused };

  // connection.cpp: the life of it
  void handshake();
  void begin_request();
  void run();
  void read();
  void dispatch();
  void linger();
  void drain_unread();
  void close();
  bool make_room();
  void wait_for_client(State state, bot::Millis within);
  void wait_for_us(State state);
  template <class F> void post(F f);
  template <class Buffers, class F> void read_some(const Buffers& buffers, F f);
  template <class Buffers, class F> void write_all(const Buffers& buffers, F f);

  // connection_request.cpp: from bytes to a checked request
  Fed feed();
  bool check_header();
  bool check_host();
  bool check_framing();
  bool check_route();
  bool refuse_with(int status, const char* words);
  void continue_if_expected();

  // connection_answer.cpp: from an answer to bytes
  void take(Response response, std::uint64_t turn);
  void send(Response response);
  void sent(boost::system::error_code ec);
  enum class Length { known, chunked, until_close };
  void write_head(const Response& response, Length length);
  void observe(int status);
  void begin_stream(Response head, std::uint64_t turn, std::shared_ptr<StreamState> state);
  void watch_client();
  void flush();

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<Worker> worker_;
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::asio::ip::address direct_;

  State state_ = State::handshake;
  std::atomic<std::int64_t> deadline_{0};       ///< 0: none
  std::atomic<std::int64_t> waiting_since_{0};  ///< 0: the client waits for us
  std::size_t place_ = 0;                       ///< in the registry, under its mutex

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::optional<RequestParser> parser_;
  Request request_;
  Target target_;
  std::size_t header_bytes_ = 0;
  bool header_checked_ = false, expects_continue_ = false;
  Router::Found found_;

  std::uint64_t turn_ = 0;          ///< counts requests: a late answer to an earlier one is ignored
  bool running_ = false, in_handler_ = false, answered_ = false, reading_ = false;
  std::optional<Response> pending_; ///< answered from inside the handler
  bool keep_alive_ = true;
  std::int64_t started_ = 0;        ///< microseconds, when the handler was called
  std::string out_;
  std::size_t drained_ = 0;
  std::shared_ptr<StreamState> stream_;
  bool stream_writing_ = false, continuing_ = false;
};

}  // namespace http
