// Room on the disk that is given back when the disk is full, so that the next commits still find some: a file of no content beside the database.
// Place: open_store; WriteSide spends it. Threads: all functions from any.
// Errors: none come out. Without room for it (an eighth of what is free, at least 1 MiB) there is none.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "bot/mutex.hpp"

namespace storage {

class Reserve {
 public:
  /// Bytes that may still be written beside this file; 0 when nobody knows.
  using FreeBytes = std::function<std::int64_t(const std::string& file)>;
  static std::int64_t free_bytes(const std::string& file);

  /// `most`: bytes; 0: never any. One that a former process left is taken over.
  Reserve(const std::string& database, std::int64_t most, FreeBytes look = free_bytes);
  /// Before the database is opened, which takes some room: gives the reserve back when less than 1 MiB is free.
  void before_opening();
  /// Makes one when there is none. After it was spent only when four times its size is free. May take a second where a file system knows no allocation.
  void make();
  /// Gives the room back. False: there was none to give.
  bool spend();
  std::int64_t bytes() const { return bytes_; }  ///< held now
  std::int64_t spent() const { return spent_; }  ///< given back, and not made again yet
  std::int64_t free() const { return seen_; }    ///< what make() last saw: a disk that hangs keeps nobody else waiting

 private:
  const std::string file_;
  const std::int64_t most_;
  const FreeBytes look_;
  bot::Mutex mutex_;
  std::atomic<std::int64_t> bytes_{0}, spent_{0}, seen_{0};
};

}  // namespace storage
