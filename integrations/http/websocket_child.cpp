// The process of one websocket: connects with the library, passes on what comes, and ends with the connection.
// Here the library may run out of memory or abort: Muster reads the end of the socket pair and opens another connection.
// Threads: the main one reads from Muster; the library's own deliver.
#include <cpprest/ws_client.h>
#include <unistd.h>

#include <cstdlib>

#include "bot/mutex.hpp"
#include "integrations/http/cpprest_threads.hpp"
#include "integrations/http/outbound_frames.hpp"
#include "integrations/http/outbound_process.hpp"
#include "integrations/http/websocket.hpp"
#include "integrations/http/websocket_frames.hpp"

namespace http {
namespace {

namespace ws = web::websockets::client;
constexpr std::size_t kLongestFrame = 16u << 20;

class SocketProcess {
 public:
  SocketProcess() : parent_(kOutboundSocket), client_(config()) {}

  void run() {
    std::string frame;
    if (!hear(frame) || frame.front() != socket_frame::connect) return;
    const auto line = frame.find('\n');
    if (line == std::string::npos) return;
    cap_ = std::strtoull(frame.substr(1, line - 1).c_str(), nullptr, 10);
    connect(frame.substr(line + 1));
    while (hear(frame)) obey(frame);
  }

 private:
  static ws::websocket_client_config config() {
    ws::websocket_client_config out;
    out.set_validate_certificates(true);
    out.set_user_agent("Muster/" MUSTER_VERSION);
    return out;
  }
  bool hear(std::string& frame) {
    return parent_.receive(frame, [] { return kLongestFrame; }, bot::Millis{-1}) == FrameSocket::Heard::frame && !frame.empty();
  }
  void say(char kind, const std::string& text = "") {
    if (!parent_.send(frame_of(kind, text))) ::_exit(1);
  }
  /// The last word. Threads of the library still run: there is nothing to tidy up that the end of the process does not.
  [[noreturn]] void over(const std::string& reason) {
    (void)parent_.send(frame_of(socket_frame::closed, reason));
    ::_exit(0);
  }

  void connect(const std::string& url) {
    client_.set_message_handler([this](const ws::websocket_incoming_message& message) { heard(message); });
    client_.set_close_handler([this](ws::websocket_close_status status, const utility::string_t&, const std::error_code& error) {
      over(error ? "the connection broke: " + error.message() : "closed by the other side (" + std::to_string(static_cast<int>(status)) + ")");
    });
    try {
      client_.connect(web::uri(url)).then([this](pplx::task<void> done) {
        try {
          done.get();
          say(socket_frame::opened);
        } catch (const std::exception& e) {
          over(std::string("it could not be opened: ") + e.what());
        }
      });
    } catch (const std::exception&) {
      over("its address is not one of a websocket");  // the library's words would repeat the address
    }
  }

  void heard(const ws::websocket_incoming_message& message) {
    if (message.length() > cap_) over("a message was longer than " + std::to_string(cap_ >> 10) + " KiB");
    switch (message.message_type()) {
      case ws::websocket_message_type::ping: return say(socket_frame::pinged);
      case ws::websocket_message_type::pong: return say(socket_frame::ponged);
      case ws::websocket_message_type::text_message: return say(socket_frame::text, message.extract_string().get());
      default: return;  // nobody here understands binary ones
    }
  }

  void obey(const std::string& frame) {
    ws::websocket_outgoing_message message;
    switch (frame.front()) {
      case socket_frame::send: message.set_utf8_message(frame.substr(1)); break;
      case socket_frame::ping: message.set_ping_message("muster"); break;
      case socket_frame::close: return close_when_sent();
      default: ::_exit(9);
    }
    {
      bot::Lock lock(mutex_);
      if (closing_) return;  // Muster has said goodbye
      ++under_way_;
    }
    try {
      client_.send(message).then([this](pplx::task<void> done) { sent(std::move(done)); });
    } catch (const std::exception& e) {
      over(std::string("sending failed: ") + e.what());
    }
  }

  void sent(pplx::task<void> done) {
    try {
      done.get();
    } catch (const std::exception& e) {
      over(std::string("sending failed: ") + e.what());
    }
    bool last = false;
    {
      bot::Lock lock(mutex_);
      last = --under_way_ == 0 && closing_;
    }
    if (last) close();
  }

  /// The library fails what still waits when it closes, and the last acknowledgement may be among it.
  void close_when_sent() {
    {
      bot::Lock lock(mutex_);
      if (closing_) return;
      closing_ = true;
      if (under_way_ > 0) return;
    }
    close();
  }

  /// The end comes with the close handler: when the other side's close frame is there, or the connection broke.
  void close() {
    try {
      client_.close().then([this](pplx::task<void> done) {
        try {
          done.get();
        } catch (const std::exception& e) {
          over(std::string("closing failed: ") + e.what());
        }
      });
    } catch (const std::exception& e) {
      over(std::string("closing failed: ") + e.what());
    }
  }

  FrameSocket parent_;
  std::size_t cap_ = 0;
  bot::Mutex mutex_;
  int under_way_ GUARDED_BY(mutex_) = 0;  ///< given to the library and not out yet
  bool closing_ GUARDED_BY(mutex_) = false;
  ws::websocket_callback_client client_;
};

}  // namespace

int serve_outbound_socket() {
  if (!begin_outbound()) return 2;
  start_cpprest_threads();
  auto* process = new SocketProcess;  // never destroyed: the library's threads use it until the process ends
  process->run();
  ::_exit(0);
}

}  // namespace http
