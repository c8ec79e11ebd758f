// One writer per database file: an advisory lock on a file beside it, held as long as this object lives (the kernel frees it when the process dies).
// Place: open_store. Errors: conflict when another process holds it, with words that name it.
#pragma once

#include <memory>
#include <string>

#include "bot/result.hpp"

namespace storage {

class FileLock {
 public:
  static bot::Result<std::unique_ptr<FileLock>> take(const std::string& database);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace storage
