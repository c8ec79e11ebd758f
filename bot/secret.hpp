// A string that must never reach a log, a reply, an error message or a metric.
// It has no operator<<, no conversion and no formatter: printing one does not compile; `reveal()` is easy to search for.
#pragma once

#include <string>
#include <utility>

namespace bot {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  bool empty() const { return value_.empty(); }
  std::size_t size() const { return value_.size(); }
  /// The bytes themselves: only for a MAC, an Authorization header or a constant-time comparison.
  const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

}  // namespace bot
