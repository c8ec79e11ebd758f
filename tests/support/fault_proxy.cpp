#include "tests/support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>

namespace support {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

/// Where "Content-Length: N" has its N, any case.
std::size_t length_at(const std::string& head) {
  static const std::string name = "content-length:";
  const auto it = std::search(head.begin(), head.end(), name.begin(), name.end(), [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  return it == head.end() ? std::string::npos : static_cast<std::size_t>(it - head.begin()) + name.size();
}

/// Bytes of the first whole message in `bytes`, 0 when more must come.
std::size_t message_size(const std::string& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  const auto at = length_at(bytes.substr(0, end));
  const std::size_t whole = end + 4 + (at == std::string::npos ? 0 : std::strtoul(bytes.c_str() + at, nullptr, 10));
  return bytes.size() >= whole ? whole : 0;
}

std::string with_shifted_length(std::string answer, int shift) {
  const auto at = length_at(answer);
  if (at == std::string::npos) return answer;
  const auto end = answer.find("\r\n", at);
  const long length = std::strtol(answer.c_str() + at, nullptr, 10) + shift;
  return answer.replace(at, end - at, " " + std::to_string(length < 0 ? 0 : length));
}

}  // namespace

/// One connection of the client, with or without TLS.
class FaultProxy::Wire {
 public:
  Wire(int fd, void* context) : fd_(fd) {
    if (context == nullptr) return;
    ssl_ = SSL_new(static_cast<SSL_CTX*>(context));
    SSL_set_fd(ssl_, fd);
    good_ = SSL_accept(ssl_) == 1;
  }
  ~Wire() { SSL_free(ssl_); }
  Wire(const Wire&) = delete;
  bool good() const { return good_; }
  int fd() const { return fd_; }
  bool send(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const std::size_t left = std::min<std::size_t>(bytes.size() - sent, 1u << 20);
      const long n = ssl_ ? SSL_write(ssl_, bytes.data() + sent, static_cast<int>(left)) : ::send(fd_, bytes.data() + sent, left, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }
  bool receive(std::string& into) {
    char bytes[16384];
    const long n = ssl_ ? SSL_read(ssl_, bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
    if (n > 0) into.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }
  void half_close() {
    if (ssl_) SSL_shutdown(ssl_);
    ::shutdown(fd_, SHUT_WR);
  }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  int fd_;
  SSL* ssl_ = nullptr;
  bool good_ = true;
};

FaultProxy::FaultProxy(int vendor_port, ProxyTls tls) : tls_(std::move(tls)), vendor_(vendor_port) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  if (!tls_.certificate.empty()) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, tls_.certificate.c_str()) != 1 || SSL_CTX_use_PrivateKey_file(context, tls_.key.c_str(), SSL_FILETYPE_PEM) != 1)
      throw std::runtime_error("cannot read the proxy's certificate");
    context_ = context;
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("cannot listen on loopback");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FaultProxy::~FaultProxy() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    ++era_;
    ::shutdown(listener_, SHUT_RDWR);
    for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  changed_.notify_all();
  acceptor_.join();
  for (auto& t : threads_) t.join();
  ::close(listener_);
  SSL_CTX_free(static_cast<SSL_CTX*>(context_));
}

std::string FaultProxy::url(const std::string& path) const {
  return (context_ ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port_) + path;
}

void FaultProxy::fault(Fault fault) {
  {
    std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
    ++era_;
    requests_ = 0;
    met_ = 0;
    for (int fd : open_) ::shutdown(fd, SHUT_RDWR);  // what an older fault holds on to is let go
  }
  changed_.notify_all();
}

Fault FaultProxy::next_fault(const std::string* request) {
  const bool at_connect = request == nullptr;
  Fault out;
  {
    std::lock_guard lock(mutex_);
    if (!at_connect) ++requests_;
    if (fault_.times == 0 || fault_.kind == Fault::Kind::none || at_connect != (fault_.kind == Fault::Kind::drop)) return out;
    if (request != nullptr && request->substr(0, request->find('\r')).find(fault_.only) == std::string::npos) return out;
    if (fault_.times > 0) --fault_.times;
    ++met_;
    out = fault_;
  }
  changed_.notify_all();
  return out;
}

bool FaultProxy::wait_until_met(int n, double seconds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return met_ >= n; });
}

bool FaultProxy::pause(bot::Millis time) {
  std::unique_lock lock(mutex_);
  const int era = era_;
  return !changed_.wait_for(lock, time, [&] { return era_ != era; });
}

void FaultProxy::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex_);
    if (stopping_ || fd < 0) {
      if (fd >= 0) ::close(fd);
      return;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++connections_;
    open_.push_back(fd);
    threads_.emplace_back([this, fd] {
      serve(fd);
      std::lock_guard again(mutex_);
      open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end());
      ::close(fd);
    });
  }
}

void FaultProxy::serve(int fd) {
  if (next_fault(nullptr).kind == Fault::Kind::drop) return;
  Wire wire(fd, context_);
  if (!wire.good()) return;
  if (context_) ++handshakes_;
  std::string bytes;
  while (true) {
    std::size_t size;
    while ((size = message_size(bytes)) == 0)
      if (!wire.receive(bytes)) return;
    const std::string request = bytes.substr(0, size);
    bytes.erase(0, size);
    const Fault fault = next_fault(&request);
    if (!answer(wire, request, fault)) return;
  }
}

bool FaultProxy::answer(Wire& wire, const std::string& request, const Fault& fault) {
  using Kind = Fault::Kind;
  const bool passes = fault.kind == Kind::none || fault.kind == Kind::delay || fault.kind == Kind::reset_after || fault.kind == Kind::drip ||
                      fault.kind == Kind::wrong_length || fault.kind == Kind::before;
  const std::string truth = passes || fault.works ? ask_vendor(request) : "";
  std::string ignored;
  switch (fault.kind) {
    case Kind::none: return !truth.empty() && wire.send(truth);
    case Kind::delay: return pause(fault.delay) && wire.send(truth);
    case Kind::drop:
    case Kind::close_after: return false;
    case Kind::reset_after:
      wire.send(truth.substr(0, fault.n));
      wire.reset();
      return false;
    case Kind::half_close: wire.half_close(); [[fallthrough]];
    case Kind::black_hole:
      while (wire.receive(ignored)) ignored.clear();
      return false;
    case Kind::drip: return drip(wire, truth, fault);
    case Kind::wrong_length: return wire.send(with_shifted_length(truth, fault.shift)) && pause(bot::Millis{30000});
    case Kind::before: return wire.send(fault.head + truth);
    case Kind::say: return flood(wire, fault);
  }
  return false;
}

bool FaultProxy::flood(Wire& wire, const Fault& fault) {
  if (!wire.send(fault.head)) return false;
  for (std::size_t i = 0; i < fault.n; ++i)
    if (!wire.send(fault.piece)) return false;
  std::string ignored;
  while (wire.receive(ignored)) ignored.clear();  // until the client has had enough
  return false;
}

bool FaultProxy::drip(Wire& wire, const std::string& bytes, const Fault& fault) {
  for (const char c : bytes)
    if (!wire.send(std::string(1, c)) || !pause(fault.delay)) return false;
  return true;
}

std::string FaultProxy::ask_vendor(const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = loopback(vendor_);
  std::string answer;
  if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    Wire vendor(fd, nullptr);
    if (vendor.send(request))
      while (message_size(answer) == 0)
        if (!vendor.receive(answer)) break;
  }
  if (fd >= 0) ::close(fd);
  return answer;
}

}  // namespace support
