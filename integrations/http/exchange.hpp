// The two ends of an answer that handlers hold: one request's Exchange, and the Stream of a long answer.
// Threads: any.
#pragma once

#include <atomic>

#include "bot/mutex.hpp"
#include "integrations/http/server.hpp"

namespace http {

class Connection;

/// Bytes a stream has accepted and the socket has not yet taken. Shared by the handler's Stream and the connection.
class StreamState {
 public:
  static constexpr std::size_t kMost = 1u << 20;      ///< more than this unread: the client is too slow, the stream ends
  static constexpr std::size_t kDrained = 256u << 10; ///< when_drained() answers below this

  explicit StreamState(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  bool write(std::string bytes);
  void close();
  bool alive() const { return alive_.load(std::memory_order_relaxed); }
  std::size_t backlog() const { return backlog_.load(std::memory_order_relaxed); }
  void when_drained(std::function<void()> next);

  // For the connection, on its thread.
  /// Moves at most `most` bytes out; `last` when the stream was closed and nothing is left behind.
  std::string take(std::size_t most, bool& last);
  void written(std::size_t bytes);  ///< the socket took them; may call the drained callback
  void end();                       ///< the connection is gone

 private:
  const std::shared_ptr<Connection> connection_;
  std::atomic<bool> alive_{true};
  std::atomic<std::size_t> backlog_{0};
  bot::Mutex mutex_;
  std::string waiting_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;
  bool told_ GUARDED_BY(mutex_) = false;  ///< the connection already knows that something waits
  std::function<void()> drained_ GUARDED_BY(mutex_);
};

std::shared_ptr<Exchange> make_exchange(std::shared_ptr<Connection> connection, std::uint64_t turn);

}  // namespace http
