// An outgoing websocket. cpprestsdk's client stays behind this header, in a process of its own (adr/0009): one process per connection, never used
// again, so that whatever a server sends ends that process and nothing else.
// Place: Slack's Socket Mode. Threads: its functions from any; events come one after the other from a thread of the connection's own.
// Lifetime: destroying it ends the connection at once, without a close frame, and waits for an event under way: never from within an event.
// Errors: every failure is on_closed, once and last, with words that never hold the address: it may be a secret.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace http {

struct SocketEvents {
  std::function<void()> on_open;
  std::function<void(std::string text)> on_text;
  std::function<void()> on_ping;  ///< the server's; answered already
  std::function<void()> on_pong;  ///< to a ping of ours
  std::function<void(std::string reason)> on_closed;
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// Lost without a word when the connection is gone: on_closed tells.
  virtual void send(std::string text) = 0;
  virtual void ping() = 0;
  /// Sends a close frame and waits for the peer's, at most some seconds; then on_closed.
  virtual void close() = 0;
};

struct WebSocketOptions {
  std::vector<std::string> command{"/proc/self/exe", "outbound-socket"};  ///< what runs serve_outbound_socket(); by default this binary
  std::size_t message_cap = 4u << 20;                                     ///< a longer message ends the connection
};
/// "wss://…" or "ws://…". Connects at once; certificates are verified, redirects not followed.
std::unique_ptr<WebSocket> open_websocket(std::string url, SocketEvents events, WebSocketOptions options = {});
/// The child's whole life, called first thing in main. 2, with words, when it was not started by open_websocket().
int serve_outbound_socket();

}  // namespace http
