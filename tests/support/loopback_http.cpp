#include "tests/support/loopback_http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace support {
namespace {

bool send_all(int fd, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

bool receive_more(int fd, std::string& buffer) {
  char bytes[16384];
  const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
  if (n <= 0) return false;
  buffer.append(bytes, static_cast<std::size_t>(n));
  return true;
}

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return s;
}

WireRequest parse_head(const std::string& head) {
  WireRequest out;
  const auto line_end = head.find("\r\n");
  const std::string first = head.substr(0, line_end);
  const auto a = first.find(' ');
  const auto b = first.find(' ', a + 1);
  out.method = first.substr(0, a);
  out.target = a == std::string::npos ? "" : first.substr(a + 1, b - a - 1);
  for (std::size_t at = line_end + 2; at < head.size();) {
    const auto end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    const auto colon = line.find(':');
    if (colon != std::string::npos) {
      const auto begin = line.find_first_not_of(" \t", colon + 1);
      out.headers[lower(line.substr(0, colon))] = begin == std::string::npos ? "" : line.substr(begin);
    }
    if (end == std::string::npos) break;
    at = end + 2;
  }
  return out;
}

bool receive(int fd, std::string& buffer, WireRequest& out) {
  std::size_t head_end;
  while ((head_end = buffer.find("\r\n\r\n")) == std::string::npos)
    if (buffer.size() > (1u << 16) || !receive_more(fd, buffer)) return false;
  out = parse_head(buffer.substr(0, head_end));
  const auto length = out.headers.find("content-length");
  const std::size_t n = length == out.headers.end() ? 0 : std::strtoul(length->second.c_str(), nullptr, 10);
  while (buffer.size() < head_end + 4 + n)
    if (!receive_more(fd, buffer)) return false;
  out.body = buffer.substr(head_end + 4, n);
  buffer.erase(0, head_end + 4 + n);
  return true;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Connections of an earlier listener that are still winding down must not keep the port.
void reuse(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

}  // namespace

LoopbackHttp::LoopbackHttp(Handler handler, int port) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  reuse(listener_);
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("cannot listen on loopback");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

LoopbackHttp::~LoopbackHttp() { stop(); }

void LoopbackHttp::stop() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  stopped_.notify_all();
  acceptor_.join();  // from here on nobody adds a thread
  ::close(listener_);
  {
    std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  for (auto& t : threads) t.join();
}

void LoopbackHttp::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex_);
    if (stopping_ || fd < 0) {
      if (fd >= 0) ::close(fd);
      return;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] {
      serve(fd);
      forget(fd);
    });
  }
}

void LoopbackHttp::forget(int fd) {
  std::lock_guard lock(mutex_);
  open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end());
  ::close(fd);
}

void LoopbackHttp::serve(int fd) {
  std::string buffer;
  WireRequest request;
  while (receive(fd, buffer, request))
    if (!answer(fd, handler_(request))) return;
}

bool LoopbackHttp::answer(int fd, const WireAnswer& reply) {
  if (reply.hang || reply.delay.count() > 0) {
    std::unique_lock lock(mutex_);
    const auto over = [this] { return stopping_; };
    if (reply.hang) stopped_.wait(lock, over);
    else stopped_.wait_for(lock, reply.delay, over);
    if (stopping_) return false;
  }
  if (reply.close_before) return false;
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Answer\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  head += "\r\n";
  if (reply.close_midway) {
    send_all(fd, head + reply.body.substr(0, reply.body.size() / 2));
    return false;
  }
  return send_all(fd, head + reply.body);
}

HeldPort::HeldPort(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  reuse(fd_);
  const sockaddr_in address = loopback(port);
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("cannot hold the port");
}

HeldPort::~HeldPort() { ::close(fd_); }

BlackHole::BlackHole(int port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  reuse(listener_);
  sockaddr_in address = loopback(port);
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 0) != 0)
    throw std::runtime_error("cannot take the port");
  // The kernel drops further attempts without a word once the queue of a listener that never accepts is full.
  for (int i = 0; i < 4; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    filling_.push_back(fd);
  }
}

BlackHole::~BlackHole() {
  for (int fd : filling_) ::close(fd);
  ::close(listener_);
}

}  // namespace support
