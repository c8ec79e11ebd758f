#include "integrations/storage/wal_file.hpp"

#include <algorithm>
#include <cstring>

namespace storage {
namespace {

constexpr std::uint32_t kMagic = 0x377f0682;  // its last bit: the checksums are of big-endian words
constexpr std::size_t kWindow = 64;           // frames read at once
// A mark is the database's size in pages. That a higher bit of it changed cannot be told from a change of the same bit elsewhere in the frame:
// these checksums are sums, in which such bits soon carry over the end.
constexpr unsigned kMarkBits = 22;

std::uint32_t big(const unsigned char* p) {
  return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 | static_cast<std::uint32_t>(p[2]) << 8 | p[3];
}

std::uint32_t little(const unsigned char* p) {
  return static_cast<std::uint32_t>(p[3]) << 24 | static_cast<std::uint32_t>(p[2]) << 16 | static_cast<std::uint32_t>(p[1]) << 8 | p[0];
}

template <std::uint32_t (*Word)(const unsigned char*)>
Sum add(Sum sum, const unsigned char* bytes, std::size_t n) {
  for (std::size_t i = 0; i + 8 <= n; i += 8) {
    sum[0] += Word(bytes + i) + sum[1];
    sum[1] += Word(bytes + i + 4) + sum[0];
  }
  return sum;
}

}  // namespace

Sum checksum(Sum sum, const unsigned char* bytes, std::size_t n, bool big_endian) { return big_endian ? add<big>(sum, bytes, n) : add<little>(sum, bytes, n); }

std::optional<LogHeader> log_header(const unsigned char* bytes) {
  LogHeader out;
  out.big_endian = (big(bytes) & 1) != 0;
  out.page = big(bytes + 8);
  out.sum = {big(bytes + 24), big(bytes + 28)};
  std::memcpy(out.salts.data(), bytes + 16, out.salts.size());
  const bool is_log = (big(bytes) & ~1u) == kMagic && out.page >= 512 && out.page <= 65536 && (out.page & (out.page - 1)) == 0;
  if (!is_log || checksum({}, bytes, 24, out.big_endian) != out.sum) return std::nullopt;
  return out;
}

std::uint32_t Frame::mark() const { return big(bytes_ + 4); }

bool Frame::has_page() const { return big(bytes_) != 0; }

Salts Frame::salts() const {
  Salts out;
  std::memcpy(out.data(), bytes_ + 8, out.size());
  return out;
}

Sum Frame::stored() const { return {big(bytes_ + 16), big(bytes_ + 20)}; }

Sum Frame::expected(Sum before, bool big_endian) const {
  return checksum(checksum(before, bytes_, 8, big_endian), bytes_ + kFrameHeaderBytes, page_, big_endian);
}

Sum Frame::expected_with(std::uint32_t mark, Sum before, bool big_endian) const {
  std::array<unsigned char, 8> head;
  std::memcpy(head.data(), bytes_, 4);
  for (unsigned i = 0; i < 4; ++i) head[4 + i] = static_cast<unsigned char>(mark >> (24 - 8 * i));
  return checksum(checksum(before, head.data(), head.size(), big_endian), bytes_ + kFrameHeaderBytes, page_, big_endian);
}

bool Frame::was_commit(Sum before, bool big_endian, std::uint64_t least, std::uint64_t most) const {
  // A changed bit of the page can give the sum that a changed mark would. Then a mark that can be right counts.
  if (is_commit()) return (mark() >= least && mark() <= most) || expected_with(0, before, big_endian) != stored();
  for (unsigned bit = 0; bit < kMarkBits; ++bit)
    if (1u << bit >= least && 1u << bit <= most && expected_with(1u << bit, before, big_endian) == stored()) return true;
  return false;
}

LogFile::LogFile(const std::string& file) {
  sqlite3_initialize();
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  memory_ = std::make_unique<unsigned char[]>(static_cast<std::size_t>(vfs->szOsFile));
  file_ = reinterpret_cast<sqlite3_file*>(memory_.get());
  // Opened as the kind of file that the file system neither locks nor looks for the database of.
  if (vfs->xOpen(vfs, file.c_str(), file_, SQLITE_OPEN_READONLY | SQLITE_OPEN_SUPER_JOURNAL, nullptr) != SQLITE_OK || !is_open()) return;
  sqlite3_int64 size = 0;
  failed_ = file_->pMethods->xFileSize(file_, &size) != SQLITE_OK;
  size_ = static_cast<std::size_t>(size);
}

LogFile::~LogFile() {
  if (is_open()) file_->pMethods->xClose(file_);
}

void LogFile::read(unsigned char* to, std::size_t n, std::size_t at) {
  const int code = file_->pMethods->xRead(file_, to, static_cast<int>(n), static_cast<sqlite3_int64>(at));
  if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) failed_ = true;
}

std::array<unsigned char, kLogHeaderBytes> LogFile::head() {
  std::array<unsigned char, kLogHeaderBytes> out{};
  read(out.data(), out.size(), 0);
  return out;
}

std::size_t LogFile::frames(std::size_t page) const { return size_ < kLogHeaderBytes ? 0 : (size_ - kLogHeaderBytes) / (page + kFrameHeaderBytes); }

Frame LogFile::frame(std::size_t index, std::size_t page) {
  const std::size_t length = page + kFrameHeaderBytes;
  if (window_.empty() || index < first_ || index >= first_ + window_.size() / length) {
    first_ = index;
    window_.assign(std::min(kWindow, frames(page) - index) * length, 0);
    read(window_.data(), window_.size(), kLogHeaderBytes + index * length);
  }
  return Frame(window_.data() + (index - first_) * length, page);
}

}  // namespace storage
