// A plain blocking socket for saying exactly what a test wants to say, and a scripted server that misbehaves on purpose.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tests {

class RawSocket {
 public:
  RawSocket() = default;
  explicit RawSocket(int fd) : fd_(fd) {}
  RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), left_(std::move(other.left_)) {}
  RawSocket& operator=(RawSocket&& other) noexcept {
    shut();
    fd_ = std::exchange(other.fd_, -1);
    left_ = std::move(other.left_);
    return *this;
  }
  ~RawSocket() { shut(); }

  static RawSocket to(int port) {
    RawSocket out(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (out.fd_ < 0 || ::connect(out.fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) out.shut();
    return out;
  }

  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void shut() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  /// Bytes that went out before the other side stopped taking them.
  std::size_t say(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    return sent;
  }

  /// More bytes into `left_`; false at the end of the stream, on an error or after `ms`.
  bool hear(int ms = 15000) {
    pollfd waiting{fd_, POLLIN, 0};
    if (fd_ < 0 || ::poll(&waiting, 1, ms) <= 0) return false;
    char bytes[65536];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) return false;
    left_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  std::string until(const std::string& mark, int ms = 15000) {
    std::size_t at;
    while ((at = left_.find(mark)) == std::string::npos)
      if (!hear(ms)) return std::exchange(left_, {});
    std::string out = left_.substr(0, at + mark.size());
    left_.erase(0, out.size());
    return out;
  }
  std::string exactly(std::size_t n, int ms = 15000) {
    while (left_.size() < n)
      if (!hear(ms)) break;
    std::string out = left_.substr(0, n);
    left_.erase(0, out.size());
    return out;
  }
  std::string rest(int ms = 15000) {
    while (hear(ms)) {
    }
    return std::exchange(left_, {});
  }
  /// True when the other side has ended the connection (and nothing more was said).
  bool ended(int ms = 15000) {
    if (!left_.empty()) return false;
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, ms) <= 0) return false;
    char byte;
    return ::recv(fd_, &byte, 1, MSG_PEEK) <= 0;
  }

  struct Reply { int status = 0; std::string head, body; };
  /// One answer with Content-Length.
  Reply reply(bool has_body = true, int ms = 15000) {
    Reply out;
    out.head = until("\r\n\r\n", ms);
    if (out.head.size() > 12) out.status = std::atoi(out.head.c_str() + 9);
    const std::size_t at = out.head.find("Content-Length: ");
    if (has_body && at != std::string::npos) out.body = exactly(static_cast<std::size_t>(std::atoll(out.head.c_str() + at + 16)), ms);
    return out;
  }
  Reply ask(const std::string& bytes) {
    say(bytes);
    return reply();
  }

 private:
  int fd_ = -1;
  std::string left_;
};

/// Listens on a free loopback port and runs the script once per connection, each on its own thread.
class ScriptedServer {
 public:
  using Script = std::function<void(RawSocket&)>;
  explicit ScriptedServer(Script script) : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 64);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] {
      for (;;) {
        const int fd = ::accept(listener_, nullptr, nullptr);
        if (fd < 0) return;
        ++connections;
        workers_.emplace_back([this, fd] {
          RawSocket socket(fd);
          script_(socket);
        });
      }
    });
  }
  ~ScriptedServer() {
    stopping = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& worker : workers_) worker.join();
    ::close(listener_);
  }
  int port() const { return port_; }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  std::atomic<int> connections{0};
  std::atomic<bool> stopping{false};

 private:
  Script script_;
  int listener_;
  int port_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> workers_;
};

}  // namespace tests
