// What the targets share: a property that ends the process when it does not hold, and an input taken apart byte by byte.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace fuzz {

inline void must(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d does not hold\n", file, line);
  std::abort();
}

/// Bytes that choose, then text. Past the end there are zeros and nothing.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(reinterpret_cast<const char*>(data), size) {}
  std::uint8_t byte() { return at_ < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at_++]) : std::uint8_t{0}; }
  /// Up to the next NUL.
  std::string piece() {
    const std::size_t end = std::min(bytes_.find('\0', at_), bytes_.size());
    std::string out = bytes_.substr(at_, end - at_);
    at_ = std::min(end + 1, bytes_.size());
    return out;
  }
  std::string rest() {
    std::string out = bytes_.substr(at_);
    at_ = bytes_.size();
    return out;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace fuzz
