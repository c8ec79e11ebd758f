#include "integrations/storage/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace storage {
namespace {

std::string holder(int fd) {
  char pid[24] = {};
  const auto n = ::pread(fd, pid, sizeof pid - 1, 0);
  const std::string digits = n > 0 ? std::string(pid, std::strspn(pid, "0123456789")) : "";
  return digits.empty() ? "another process" : "process " + digits;
}

}  // namespace

bot::Result<std::unique_ptr<FileLock>> FileLock::take(const std::string& database) {
  const std::string file = database + ".lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return bot::fail(bot::ErrorKind::unavailable, "Muster cannot write " + file + " (" + std::strerror(errno) + "). Make the folder of store.url writable for this user.");
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const std::string who = holder(fd);
    ::close(fd);
    return bot::fail(bot::ErrorKind::conflict, "Another Muster (" + who + ") already uses " + database + ". Stop it first, or name another file in store.url.");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    // Only the words of the next refusal suffer; the lock itself holds.
  }
  return std::unique_ptr<FileLock>(new FileLock(fd));
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace storage
