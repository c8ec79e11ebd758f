// HTTP through the real listener: whatever bytes come, the answer is HTTP or a closed connection, and the next one is served.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "integrations/http/server.hpp"

namespace {

std::unique_ptr<http::Server> listener() {
  http::ServerOptions options;
  options.header_deadline = options.body_deadline = bot::Millis{2000};
  auto server = http::make_server(options);
  server->route("POST", "/take", [](const http::Request& r, std::shared_ptr<http::Exchange> exchange) {
    http::Headers form;
    (void)http::parse_form(r.body, form);
    for (const auto& [name, value] : r.headers)
      if (name.find_first_of(std::string("\r\n\0", 3)) != std::string::npos || value.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) std::abort();
    exchange->respond(http::Response::text(200, std::to_string(r.body.size())));
  });
  server->route("GET", "/items/{}/*", [](const http::Request& r, std::shared_ptr<http::Exchange> exchange) {
    if (r.segments.empty() || r.path.find('\0') != std::string::npos || ("/" + r.path + "/").find("/../") != std::string::npos) std::abort();
    http::Headers query;
    (void)http::parse_form(r.query, query);
    if (auto stream = exchange->stream(http::Response::text(200, "begin"))) stream->close();
  });
  if (!server->start()) std::abort();
  return server;
}

/// The fuzzer's own alarm clock may end any call: a connection that it hit is made anew.
int connected(int port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (;;) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) std::abort();
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
    if (errno != EINTR) {
      std::perror("connect");
      std::abort();
    }
    ::close(fd);
  }
}

/// Sends all, ends its own side, and reads to the end. Silence of five seconds, six times over, is a hang: once may be a machine that stood still.
std::string converse(int port, const char* bytes, std::size_t size) {
  const int fd = connected(port);
  const timeval patience{5, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  for (std::size_t sent = 0; sent < size;) {
    const auto n = ::send(fd, bytes + sent, size - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;  // closed on us: its right
    sent += static_cast<std::size_t>(n);
  }
  ::shutdown(fd, SHUT_WR);
  std::string answer;
  char buffer[8192];
  for (int silent = 0;;) {
    const auto n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (++silent == 6) std::abort();
      continue;
    }
    if (n <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  // Reset at once, or a long run would use up every local port.
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto server = listener();
  static int count = 0;
  const std::string answer = converse(server->port(), reinterpret_cast<const char*>(data), size);
  if (!answer.empty() && answer.compare(0, 7, "HTTP/1.") != 0) std::abort();
  static const std::string good = "POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  if (++count % 16 != 0) return 0;
  for (int tries = 0; converse(server->port(), good.data(), good.size()).find("200") == std::string::npos;)
    if (++tries == 3) std::abort();  // once may be the listener's deadline on a machine that is busy elsewhere
  return 0;
}
