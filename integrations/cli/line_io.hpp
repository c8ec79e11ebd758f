// Reading and writing one line on a socket, within limits of size and silence.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace cli {

inline constexpr std::size_t kMaxRequest = 64u << 10;
inline constexpr std::size_t kMaxAnswer = 1u << 20;

/// Waits until `fd` is ready or `silence` ms passed; a byte at `wake` (>= 0) ends it too.
inline bool ready(int fd, short what, int silence, int wake) {
  pollfd fds[2] = {{fd, what, 0}, {wake, POLLIN, 0}};
  for (;;) {
    const int n = poll(fds, wake >= 0 ? 2 : 1, silence);
    if (n < 0 && errno == EINTR) continue;
    return n > 0 && fds[0].revents != 0 && fds[1].revents == 0;
  }
}

/// The bytes before the first line break. False: closed, silent, stopped or longer than `most`; also when it comes in more than 4096 pieces.
inline bool read_line(int fd, std::size_t most, int silence, int wake, std::string& out) {
  char block[4096];
  for (int pieces = 0; pieces < 4096 && ready(fd, POLLIN, silence, wake); ++pieces) {
    const ssize_t n = recv(fd, block, sizeof block, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return false;
    const std::size_t before = out.size();
    out.append(block, static_cast<std::size_t>(n));
    if (const auto end = out.find('\n', before); end != std::string::npos) {
      out.resize(end);
      return out.size() <= most;
    }
    if (out.size() > most) return false;
  }
  return false;
}

inline bool write_all(int fd, const std::string& bytes, int silence, int wake) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    if (!ready(fd, POLLOUT, silence, wake)) return false;
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace cli
