// A write-ahead log made by hand, for what a real one shows too seldom.
// Place: the power tests and the fuzzer of the log's check.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "integrations/storage/wal_file.hpp"

namespace support {

constexpr std::size_t kPage = 4096, kFrame = storage::kFrameHeaderBytes + kPage;

inline void put_big(std::string& to, std::size_t at, std::uint32_t n) {
  for (unsigned i = 0; i < 4; ++i) to[at + i] = static_cast<char>(n >> (24 - 8 * i));
}

inline const unsigned char* unsigned_of(const std::string& s) { return reinterpret_cast<const unsigned char*>(s.data()); }

/// A log as SQLite writes it: a header, then frames, each with the sum of all before it.
struct BuiltLog {
  std::string bytes = std::string(storage::kLogHeaderBytes, '\0');
  storage::Sum sum{};
  std::vector<std::size_t> ends;  ///< frames that end a commit
  const bool big_endian;          ///< whose words the checksums are of
  explicit BuiltLog(std::uint32_t salt, bool big = true) : big_endian(big) {
    put_big(bytes, 0, 0x377f0682 + big_endian);
    put_big(bytes, 4, 3007000);
    put_big(bytes, 8, kPage);
    put_big(bytes, 16, salt);
    put_big(bytes, 20, ~salt);
    sum = storage::checksum({}, unsigned_of(bytes), 24, big_endian);
    put_big(bytes, 24, sum[0]);
    put_big(bytes, 28, sum[1]);
  }
  std::size_t frames() const { return (bytes.size() - storage::kLogHeaderBytes) / kFrame; }
  void add(std::uint32_t page, std::uint32_t mark, const std::string& content) {
    std::string frame(kFrame, '\0');
    put_big(frame, 0, page);
    put_big(frame, 4, mark);
    std::memcpy(frame.data() + 8, bytes.data() + 16, 8);
    std::memcpy(frame.data() + storage::kFrameHeaderBytes, content.data(), std::min(content.size(), kPage));
    sum = storage::checksum(storage::checksum(sum, unsigned_of(frame), 8, big_endian), unsigned_of(frame) + storage::kFrameHeaderBytes, kPage, big_endian);
    put_big(frame, 16, sum[0]);
    put_big(frame, 20, sum[1]);
    if (mark != 0) ends.push_back(frames());
    bytes += frame;
  }
};

}  // namespace support
