// One writer per database file: an advisory lock on a file beside it, held as long as this object lives (the kernel frees it when the process dies).
// It also remembers which database it stood beside, and whether that was left in use: then the log beside it holds what was recorded last, and must
// be there. A file that is empty now was emptied by somebody.
// Place: open_store. Errors: conflict when another process holds it, with words that name it; corrupt for an emptied database.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "bot/result.hpp"

namespace storage {

class FileLock {
 public:
  static bot::Result<std::unique_ptr<FileLock>> take(const std::string& database);
  /// Somebody holds it at this moment. A lock file that cannot be read counts as free.
  static bool is_taken(const std::string& database);
  ~FileLock();
  /// Nobody closed this very file properly after it was last marked as in use.
  bool left_in_use() const { return left_in_use_; }
  /// Fails silently: a missing log is then not noticed later.
  void mark_in_use() { write(true); }
  /// False: the disk did not take it, so whoever opens the database next will ask for the log.
  [[nodiscard]] bool mark_closed() { return write(false); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  FileLock(int fd, std::string database, bool left_in_use) : fd_(fd), database_(std::move(database)), left_in_use_(left_in_use) {}
  bool write(bool in_use);
  int fd_;
  std::string database_;
  bool left_in_use_;
};

}  // namespace storage
