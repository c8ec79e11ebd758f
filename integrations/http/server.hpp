// The inbound HTTP server (Boost.Beast), with every limit enforced before a handler sees anything.
// Place: adapters register routes; main starts it last and stops it first. No Beast type appears here.
// Threads: handlers run on the server's I/O threads and must not block; an Exchange may be answered from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bot/env.hpp"
#include "bot/result.hpp"

namespace http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;   ///< "GET"
  std::string target;   ///< as received: "/a%20b?c=d"
  std::string path;     ///< percent-decoded, without query; never contains NUL, "//" is kept, ".." refused with 400
  std::string query;    ///< raw, after '?'
  Headers headers;      ///< names lower-case, in order
  std::string body;
  std::string peer;     ///< client address; from X-Forwarded-For only when the direct peer is a trusted proxy
  bool secure = false;  ///< TLS here, or a trusted proxy said so
  std::vector<std::string> segments;                 ///< what `{}` in the route's pattern matched
  const std::string& header(const std::string& lower_name) const;  ///< first value, or ""
  int count(const std::string& lower_name) const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  static Response text(int status, std::string body);
  static Response json(int status, std::string body);
  static Response html(int status, std::string body);
  /// RFC 9457 problem: {"type":"about:blank","title":…,"status":…,"detail":…}; adds Retry-After when given.
  static Response problem(int status, const std::string& detail, std::optional<bot::Millis> retry_after = {});
};

/// A long answer (server-sent events, exports). Dropping it closes the connection's answer.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Queues bytes; false when the client is gone or more than 1 MiB waits unread (then the stream is closed).
  virtual bool write(std::string bytes) = 0;
  virtual void close() = 0;
  /// True while the client is connected.
  virtual bool alive() const = 0;
  /// Bytes queued and not yet taken by the socket.
  virtual std::size_t backlog() const = 0;
  /// For answers made page by page: calls `next` once, from the server's thread, when less than 256 KiB waits; never when the client is gone.
  virtual void when_drained(std::function<void()> next) { next(); }
};

/// One request's answer. Exactly one of respond/stream must be called; if an Exchange is dropped unanswered the client gets 500.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void respond(Response response) = 0;
  /// The same, drawn by the server's thread: whoever answers many at once need not draw them all first. `draw` must not block.
  virtual void respond_drawn(std::function<Response()> draw) { respond(draw()); }
  virtual std::shared_ptr<Stream> stream(Response head) = 0;  ///< chunked; head.body is the first chunk
};

using Handler = std::function<void(const Request&, std::shared_ptr<Exchange>)>;

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  ///< "host:port", "[::1]:port"; port 0 picks one
  int threads = 1;
  std::size_t header_limit = 16u << 10;
  std::size_t body_limit = 1u << 20;
  int connection_limit = 1024;
  bot::Millis header_deadline{10000};  ///< from connect or the previous answer's end to a whole header (idle keep-alive counts too)
  bot::Millis body_deadline{10000};
  bot::Millis write_deadline{20000};
  std::string tls_certificate, tls_key;
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> allowed_hosts;  ///< Host header values accepted; empty = any
  /// Told about every answer: route pattern, status, seconds. Used for metrics.
  std::function<void(const std::string& route, int status, double seconds)> observe;
};

class Server {
 public:
  virtual ~Server() = default;
  /// Patterns: "/api/v1/incidents/{}/timeline"; `{}` matches one non-empty segment; a trailing "/*" matches the rest. Literal beats `{}`.
  /// A known path with another method answers 405 with Allow; an unknown one 404.
  virtual void route(const std::string& method, const std::string& pattern, Handler handler, std::size_t body_limit = 0) = 0;
  virtual bot::Status start() = 0;
  virtual void stop() = 0;  ///< stops accepting, lets answers under way finish (bounded), closes the rest
  virtual int port() const = 0;
};

std::unique_ptr<Server> make_server(ServerOptions options);

/// application/x-www-form-urlencoded and query strings. Bad escapes answer false. Order kept.
bool parse_form(const std::string& body, Headers& out);
const std::string& form_value(const Headers& form, const std::string& name);  ///< "" when absent
std::string percent_encode(const std::string& raw);  ///< RFC 3986 unreserved kept

}  // namespace http
