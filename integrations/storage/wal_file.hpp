// The bytes of a write-ahead log: its header, its frames, and how their checksums follow from one another
// (https://www.sqlite.org/fileformat2.html#walformat).
// Place: wal_check. Errors: an unreadable log is told by `failed`.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace storage {

constexpr std::size_t kLogHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;

using Salts = std::array<unsigned char, 8>;  ///< drawn anew each time the log begins anew; every frame carries them
using Sum = std::array<std::uint32_t, 2>;

/// Goes on with a checksum over `n` bytes (a multiple of 8), in the byte order the log was written in.
Sum checksum(Sum sum, const unsigned char* bytes, std::size_t n, bool big_endian);

struct LogHeader { bool big_endian = false; std::size_t page = 0; Salts salts{}; Sum sum{}; };

/// nullopt: not one that SQLite would go by.
std::optional<LogHeader> log_header(const unsigned char* bytes);

/// One frame, as long as its bytes are there.
class Frame {
 public:
  Frame(const unsigned char* bytes, std::size_t page) : bytes_(bytes), page_(page) {}
  bool is_commit() const { return mark() != 0; }
  /// The database's size in pages after the commit that this frame ends; 0: it ends none.
  std::uint32_t mark() const;
  bool has_page() const;
  Salts salts() const;
  Sum stored() const;
  /// The checksum it should carry when `before` is that of the frame before it.
  Sum expected(Sum before, bool big_endian) const;
  /// Whether it ended a commit when it was written, for a frame that is not what was written: its mark may be what changed. What a lost mark can
  /// have been lies between `least` and `most`.
  bool was_commit(Sum before, bool big_endian, std::uint64_t least, std::uint64_t most) const;

 private:
  Sum expected_with(std::uint32_t mark, Sum before, bool big_endian) const;
  const unsigned char* bytes_;
  std::size_t page_;
};

/// A log on the disk, read through SQLite's file system and nothing else of SQLite.
class LogFile {
 public:
  explicit LogFile(const std::string& file);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  bool is_open() const { return file_->pMethods != nullptr; }
  bool failed() const { return failed_; }
  std::size_t size() const { return size_; }
  std::array<unsigned char, kLogHeaderBytes> head();
  /// How many whole frames there are when pages have this size.
  std::size_t frames(std::size_t page) const;
  /// REQUIRES: index < frames(page). Valid until the next call.
  Frame frame(std::size_t index, std::size_t page);

 private:
  void read(unsigned char* to, std::size_t n, std::size_t at);
  std::unique_ptr<unsigned char[]> memory_;
  sqlite3_file* file_;
  std::size_t size_ = 0;
  bool failed_ = false;
  std::vector<unsigned char> window_;
  std::size_t first_ = 0;  ///< the frame the window begins with
};

}  // namespace storage
