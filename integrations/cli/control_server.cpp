#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <cstring>

#include <nlohmann/json.hpp>

#include "integrations/cli/control_socket.hpp"
#include "integrations/cli/line_io.hpp"
#include "integrations/cli/unix_address.hpp"
#include "integrations/codec/codec.hpp"

namespace cli {
namespace {

constexpr int kSilence = 2000;  // ms

std::string error_answer(const std::string& words) { return codec::dump(nlohmann::json{{"error", words}}); }

bot::Error trouble(const std::string& path, const std::string& why) {
  return bot::fail(bot::ErrorKind::unavailable, "The control socket " + path + " cannot be opened: " + why + ".");
}

bool same_user(int caller) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(caller, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

/// Removes what a dead process left behind.
bot::Status make_room(const std::string& path, const UnixAddress& address) {
  struct stat there {};
  if (lstat(path.c_str(), &there) != 0) return bot::Done{};
  if (!S_ISSOCK(there.st_mode)) return trouble(path, "a file of that name is in the way");
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return trouble(path, std::strerror(errno));
  // EAGAIN: somebody listens and is busy.
  const bool alive = connect(probe, address.get(), address.size()) == 0 || errno == EAGAIN;
  close(probe);
  if (alive) return bot::fail(bot::ErrorKind::conflict, "Another Muster is running on this database: it answers at " + path + ".");
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return trouble(path, std::strerror(errno));
  return bot::Done{};
}

}  // namespace

bot::Status ControlServer::start() {
  const UnixAddress address(path_);
  if (!address.usable()) return trouble(path_, "its folder does not exist or its name is too long");
  if (auto room = make_room(path_, address); !room) return room;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return trouble(path_, std::strerror(errno));
  // The mode set before bind is the one the file is born with, so there is no moment in which others may connect.
  if (fchmod(fd, 0600) != 0 || bind(fd, address.get(), address.size()) != 0 || chmod(path_.c_str(), 0600) != 0 || listen(fd, 16) != 0) {
    const std::string why = std::strerror(errno);
    close(fd);
    return trouble(path_, why);
  }
  wake_ = eventfd(0, EFD_CLOEXEC);
  if (wake_ < 0) {
    const std::string why = std::strerror(errno);
    close(fd);
    return trouble(path_, why);
  }
  listener_ = fd;
  thread_ = std::thread([this] { serve(); });
  return bot::Done{};
}

void ControlServer::stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_, &one, sizeof one);  // cannot fill up: written once
  thread_.join();
  close(listener_);
  close(wake_);
  listener_ = wake_ = -1;
  unlink(path_.c_str());
}

void ControlServer::serve() {
  for (;;) {
    pollfd fds[2] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) return;
    if (fds[0].revents == 0) continue;
    const int caller = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (caller >= 0) {
      handle(caller);
      close(caller);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      poll(&fds[1], 1, 100);  // out of descriptors: the caller stays in the queue, and this must not spin
    }
  }
}

void ControlServer::handle(int caller) {
  std::string line;
  if (!same_user(caller) || !read_line(caller, kMaxRequest, kSilence, wake_, line)) return;
  write_all(caller, answer(line) + "\n", kSilence, wake_);
}

std::string ControlServer::answer(const std::string& line) const {
  auto request = codec::parse(line);
  if (!request) return error_answer(request.error().message);
  if (!request->is_object()) return error_answer("The request must be a JSON object.");
  std::string out;
  try {
    out = handler_(line);
  } catch (const std::exception&) {
    return error_answer("The request could not be handled.");
  }
  const auto reply = codec::parse(out);
  if (!reply || !reply->is_object()) return error_answer("The answer was not readable.");
  out = codec::dump(*reply);  // one line, whatever it was
  return out.size() <= kMaxAnswer ? out : error_answer("The answer is longer than 1 MiB.");
}

}  // namespace cli
