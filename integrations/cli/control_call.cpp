#include <sys/time.h>

#include <cstring>

#include "integrations/cli/control_socket.hpp"
#include "integrations/cli/line_io.hpp"
#include "integrations/cli/unix_address.hpp"

namespace cli {
namespace {

bot::Error no_connection(const std::string& path, int why) {
  if (why == ENOENT || why == ECONNREFUSED || why == ENOTDIR || why == ENOTSOCK)
    return bot::fail(bot::ErrorKind::not_found, "No running Muster answers at " + path + ".");
  if (why == EACCES || why == EPERM)
    return bot::fail(bot::ErrorKind::forbidden, "The running Muster belongs to another user: run this command as that user.");
  return bot::fail(bot::ErrorKind::unavailable, "The running Muster cannot be reached at " + path + ": " + std::strerror(why) + ".");
}

}  // namespace

std::string control_path(const std::string& database_file) { return database_file + ".control"; }

bot::Result<std::string> control_call(const std::string& path, const std::string& request, bot::Millis patience) {
  if (request.size() > kMaxRequest || request.find('\n') != std::string::npos)
    return bot::fail(bot::ErrorKind::invalid_input, "The request must be one line of at most 64 KiB.");
  const UnixAddress address(path);
  if (!address.usable()) return no_connection(path, ENOENT);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return no_connection(path, errno);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval limit{seconds.count(), std::chrono::duration_cast<std::chrono::microseconds>(patience - seconds).count()};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // also bounds connect() when the queue is full
  if (connect(fd, address.get(), address.size()) != 0) {
    const int why = errno;
    close(fd);
    return no_connection(path, why);
  }
  std::string answer;
  const int silence = static_cast<int>(patience.count());
  const bool whole = write_all(fd, request + "\n", silence, -1) && read_line(fd, kMaxAnswer, silence, -1, answer);
  close(fd);
  if (whole) return answer;
  bot::Error error = bot::fail(bot::ErrorKind::unavailable, "The running Muster gave no whole answer; it may have done what was asked.");
  error.maybe_recorded = true;
  return error;
}

}  // namespace cli
