// The open connections of one server: how many, which is overdue, which may give way to a newcomer.
// Threads: any; one mutex inside, taken on open and close, by the sweep, and for every connection beyond the cap; never per request.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bot/mutex.hpp"

namespace http {

class Connection;

class Registry {
 public:
  void add(const std::shared_ptr<Connection>& connection);
  void remove(Connection* connection);
  std::size_t size() const;
  std::vector<std::shared_ptr<Connection>> all() const;
  /// Those whose deadline passed.
  std::vector<std::shared_ptr<Connection>> overdue(std::int64_t now_ms) const;
  /// The one that has been waiting longest for its client, or null when every client waits for us.
  std::shared_ptr<Connection> longest_waiting() const;
  /// Waits until none is left; false when `within_ms` passed.
  bool wait_empty(int within_ms);

 private:
  mutable bot::Mutex mutex_;
  std::condition_variable emptied_;
  std::vector<Connection*> open_ GUARDED_BY(mutex_);
};

}  // namespace http
