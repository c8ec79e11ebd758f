#include "integrations/http/websocket.hpp"

#include <sys/types.h>

#include <thread>

#include "bot/log.hpp"
#include "bot/mutex.hpp"
#include "integrations/http/outbound_frames.hpp"
#include "integrations/http/outbound_process.hpp"
#include "integrations/http/websocket_frames.hpp"

namespace http {
namespace {

constexpr std::size_t kFrameMore = 64;
constexpr std::size_t kReason = 200;

class GuardedSocket final : public WebSocket {
 public:
  GuardedSocket(std::string url, SocketEvents events, WebSocketOptions options)
      : url_(std::move(url)), events_(std::move(events)), options_(std::move(options)), keeper_([this] { keep(); }) {}
  ~GuardedSocket() override {
    {
      bot::Lock lock(mutex_);
      stopping_ = true;
      if (socket_) socket_->shut();
    }
    keeper_.join();
  }
  void send(std::string text) override { put(frame_of(socket_frame::send, text)); }
  void ping() override { put(frame_of(socket_frame::ping, "")); }
  void close() override { put(frame_of(socket_frame::close, "")); }

 private:
  void put(const std::string& frame) {
    std::shared_ptr<FrameSocket> socket;
    {
      bot::Lock lock(mutex_);
      if (!socket_) return early_.push_back(frame);
      socket = socket_;
    }
    (void)socket->send(frame);
  }

  /// This thread lives as long as the child may: Linux ends the child with the thread that started it.
  void keep() {
    auto process = start_outbound(options_.command);
    if (!process) return end("the process for the websocket did not start: " + process.error().message);
    const auto socket = std::make_shared<FrameSocket>(process->socket);
    {
      // Before anything else is put: the lock is held until the early frames are out.
      bot::Lock lock(mutex_);
      (void)socket->send(frame_of(socket_frame::connect, std::to_string(options_.message_cap) + "\n" + url_));
      for (const auto& frame : early_) (void)socket->send(frame);
      early_.clear();
      socket_ = socket;
      if (stopping_) socket->shut();
    }
    std::string reason = listen(*socket);
    socket->shut();
    const std::string how = end_outbound(process->pid);
    if (reason.empty()) reason = "the process for the websocket ended: " + how;
    end(std::move(reason));
  }

  /// Until the child says that it is over ("" = it did not say so, or broke the rules).
  std::string listen(FrameSocket& socket) {
    std::string frame;
    while (socket.receive(frame, [this] { return options_.message_cap + kFrameMore; }, bot::Millis{-1}) == FrameSocket::Heard::frame) {
      if (frame.empty() || stopping()) return "";
      const char kind = frame.front();
      frame.erase(0, 1);
      if (kind == socket_frame::closed) return frame.empty() ? "closed" : frame.substr(0, kReason);
      if (!tell(kind, std::move(frame))) return "the process for the websocket said something unknown";
      frame.clear();
    }
    return "";
  }

  bool tell(char kind, std::string text) {
    const auto call = [](const std::function<void()>& event) {
      if (event) event();
      return true;
    };
    switch (kind) {
      case socket_frame::opened: return call(events_.on_open);
      case socket_frame::pinged: return call(events_.on_ping);
      case socket_frame::ponged: return call(events_.on_pong);
      case socket_frame::text:
        if (events_.on_text) events_.on_text(std::move(text));
        return true;
      default: return false;
    }
  }

  void end(std::string reason) {
    if (!stopping() && events_.on_closed) events_.on_closed(std::move(reason));
  }
  bool stopping() {
    bot::Lock lock(mutex_);
    return stopping_;
  }

  const std::string url_;
  const SocketEvents events_;
  const WebSocketOptions options_;
  bot::Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::shared_ptr<FrameSocket> socket_ GUARDED_BY(mutex_);
  std::vector<std::string> early_ GUARDED_BY(mutex_);
  std::thread keeper_;
};

}  // namespace

std::unique_ptr<WebSocket> open_websocket(std::string url, SocketEvents events, WebSocketOptions options) {
  return std::make_unique<GuardedSocket>(std::move(url), std::move(events), std::move(options));
}

}  // namespace http
