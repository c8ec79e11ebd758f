#include "integrations/storage/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace storage {
namespace {

constexpr std::int64_t kLeast = 1 << 20, kShare = 8, kPlenty = 4;

/// The whole file or nothing.
bool allocate(const std::string& file, std::int64_t bytes) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool done = ::posix_fallocate(fd, 0, bytes) == 0;
  ::close(fd);
  if (!done) ::unlink(file.c_str());
  return done;
}

}  // namespace

std::int64_t Reserve::free_bytes(const std::string& file) {
  struct statvfs found{};
  if (::statvfs(std::filesystem::absolute(file).parent_path().c_str(), &found) != 0) return 0;
  return static_cast<std::int64_t>(found.f_bavail) * static_cast<std::int64_t>(found.f_frsize);
}

Reserve::Reserve(const std::string& database, std::int64_t most, FreeBytes look) : file_(database + ".reserve"), most_(most), look_(std::move(look)) {
  struct stat left{};
  if (most_ > 0 && ::stat(file_.c_str(), &left) == 0) bytes_ = left.st_size;
}

void Reserve::before_opening() {
  if (bytes_ > 0 && look_(file_) < kLeast) (void)spend();
}

void Reserve::make() {
  if (most_ == 0) return;
  const std::int64_t free = look_(file_), bytes = std::min(most_, free / kShare);
  seen_ = free;
  if (bytes_ > 0 || bytes < kLeast || free < spent_ * kPlenty) return;
  const std::string made = file_ + ".new";
  if (!allocate(made, bytes)) return;
  bot::Lock lock(mutex_);
  if (::rename(made.c_str(), file_.c_str()) != 0) return void(::unlink(made.c_str()));
  bytes_ = bytes;
  spent_ = 0;
}

bool Reserve::spend() {
  bot::Lock lock(mutex_);
  if (bytes_ == 0 || ::unlink(file_.c_str()) != 0) return false;
  spent_ = bytes_.exchange(0);
  return true;
}

}  // namespace storage
