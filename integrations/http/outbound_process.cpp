#include "integrations/http/outbound_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

extern char** environ;

namespace http {
namespace {

/// The release build's allocator gives what was freed back to the kernel at once in these processes, which may have little (outbound_child.cpp).
char kFreedIsGivenBack[] = "TCMALLOC_AGGRESSIVE_DECOMMIT=1", kLittleIsKept[] = "TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES=1048576";

std::vector<char*> plain_environment() {
  std::vector<char*> out{kFreedIsGivenBack, kLittleIsKept};
  for (char** each = environ; each != nullptr && *each != nullptr; ++each)
    for (const std::string_view name : {"SSL_CERT_FILE=", "SSL_CERT_DIR=", "RES_OPTIONS=", "LOCALDOMAIN=", "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
                                        "TSAN_OPTIONS=", "LSAN_OPTIONS="})
      if (std::string_view(*each).substr(0, name.size()) == name) out.push_back(*each);
  out.push_back(nullptr);
  return out;
}

/// What differs between the child and us at its start.
class Wishes {
 public:
  explicit Wishes(int socket) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, socket, kOutboundSocket);
    posix_spawn_file_actions_addopen(&files_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, kOutboundSocket + 1);
    posix_spawnattr_init(&attributes_);
    // A signal that stops Muster reaches the whole group. The child must go on until Muster has drained, and then ends with its socket.
    sigset_t blocked, all;
    sigemptyset(&blocked);
    for (const int one : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) sigaddset(&blocked, one);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &blocked);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Wishes() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Wishes(const Wishes&) = delete;
  Wishes& operator=(const Wishes&) = delete;

  int spawn(pid_t& pid, const std::vector<std::string>& command) {
    std::string name = "muster";
    std::vector<std::string> rest(command.begin() + 1, command.end());
    std::vector<char*> arguments{name.data()};
    for (auto& one : rest) arguments.push_back(one.data());
    arguments.push_back(nullptr);
    return posix_spawn(&pid, command.front().c_str(), &files_, &attributes_, arguments.data(), plain_environment().data());
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

}  // namespace

bot::Result<OutboundProcess> start_outbound(const std::vector<std::string>& command) {
  const auto failed = [](int why) {
    return bot::fail(bot::ErrorKind::unavailable, std::string("The process for outgoing calls could not be started: ") + std::strerror(why) + ".");
  };
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return failed(errno);
  OutboundProcess out;
  out.socket = ends[0];
  const int error = Wishes(ends[1]).spawn(out.pid, command);
  ::close(ends[1]);
  if (error == 0) return out;
  ::close(ends[0]);
  return failed(error);
}

std::string end_outbound(pid_t pid) {
  ::kill(pid, SIGKILL);  // does not change how one that has already ended did so
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return "unknown";
  if (WIFEXITED(status)) return "exit " + std::to_string(WEXITSTATUS(status));
  return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
}

}  // namespace http
