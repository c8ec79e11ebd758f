#include "integrations/storage/backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "integrations/storage/failures.hpp"
#include "integrations/storage/sqlite_file.hpp"
#include "integrations/storage/verify.hpp"

namespace storage {
namespace {

bot::Error failed(const std::string& why) { return bot::fail(bot::ErrorKind::unavailable, "The backup was not made: " + why); }

bool flush(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::fsync(fd) == 0;
  ::close(fd);
  return done;
}

bot::Status check_copy(const std::string& file) {
  auto copy = open_for_reading_only(file, true);
  if (!copy) return copy.error();
  const std::string said = (*copy)->pragma_text("integrity_check(1)");
  if (said != "ok") return failed("the copy is damaged (" + said + "). Look at the disk.");
  return check_heads(**copy);
}

bot::Status copy_and_check(const std::string& database, const std::string& partial) {
  const int fd = ::open(partial.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed(partial + " cannot be written (" + std::strerror(errno) + "). Choose another place.");
  ::close(fd);
  try {
    auto source = open_for_reading_only(database, false);
    if (!source) return source.error();
    (*source)->copy_to(partial);
    return check_copy(partial);
  } catch (const SqlError& error) {
    return failed(error.message + ". Look at the free space of both disks.");
  } catch (const Damaged& damage) {
    return damage.error;
  }
}

}  // namespace

bot::Status backup(const std::string& database, const std::string& target) {
  std::error_code error;
  if (std::filesystem::exists(target, error)) return bot::fail(bot::ErrorKind::conflict, "The backup was not made: " + target + " exists already. Choose another name.");
  const std::string partial = target + ".partial";
  std::filesystem::remove(partial, error);
  if (auto made = copy_and_check(database, partial); !made) {
    std::filesystem::remove(partial, error);
    return made;
  }
  const auto folder = std::filesystem::absolute(target, error).parent_path().string();
  if (!flush(partial) || ::rename(partial.c_str(), target.c_str()) != 0 || !flush(folder)) return failed(std::string("the copy could not be written to disk (") + std::strerror(errno) + ").");
  return bot::Done{};
}

}  // namespace storage
