#include "integrations/storage/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace storage {
namespace {

constexpr std::size_t kLength = 95;

std::string content(int fd) {
  char text[kLength] = {};
  const auto n = ::pread(fd, text, sizeof text, 0);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : "";
}

std::string holder(int fd) {
  const std::string text = content(fd);
  const std::string digits = text.substr(0, text.find_first_not_of("0123456789"));
  return digits.empty() ? "another process" : "process " + digits;
}

constexpr const char* kInUse = " in use ";
constexpr const char* kClosed = " closed ";

/// Which file this is, so that a database put in its place later is not taken for it. "": there is none, or it holds nothing yet.
std::string identity(const std::string& database) {
  struct stat info{};
  return ::stat(database.c_str(), &info) == 0 && info.st_size > 0 ? std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) : "";
}

bool is_empty(const std::string& database) {
  struct stat info{};
  return ::stat(database.c_str(), &info) == 0 && info.st_size == 0;
}

bool knew_one(const std::string& before) { return before.find(kInUse) != std::string::npos || before.find(kClosed) != std::string::npos; }

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
  const std::string before = content(fd);
  if (is_empty(database) && knew_one(before)) {
    ::close(fd);
    return bot::fail(bot::ErrorKind::corrupt, database + " is empty, but Muster has recorded into a database there before. Put that file back, or restore a backup. To begin anew, remove " + database +
                                                  " and " + file + ".");
  }
  const std::string who = identity(database);
  const bool unclean = !who.empty() && before.find(kInUse + who + "\n") != std::string::npos;
  std::unique_ptr<FileLock> lock(new FileLock(fd, database, unclean));
  lock->write(unclean);  // when it fails only the words of somebody else's refusal suffer
  return lock;
}

bool FileLock::is_taken(const std::string& database) {
  const int fd = ::open((database + ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool taken = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return taken;
}

bool FileLock::write(bool in_use) {
  const std::string who = identity(database_);
  std::string text = std::to_string(::getpid()) + (who.empty() ? "" : (in_use ? kInUse : kClosed) + who) + "\n";
  text.resize(kLength, '\n');  // always as long, so that one write replaces all and needs no new space
  return ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace storage
