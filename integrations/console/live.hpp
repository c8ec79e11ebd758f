// The live stream: server-sent events to every open console page, resumed by the position of the last entry seen.
// Place: routes.cpp opens listeners; wake() after every commit; run_once() sends what is new.
// Threads: open/close_session/wake from any thread; run_once() from the loop's thread or a test, one at a time.
// Owns: the listeners. A slow, gone or signed-out listener is closed; it comes back with its last position and misses nothing.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <unordered_map>

#include "integrations/console/desk.hpp"

namespace console {

struct LiveLimits {
  std::size_t streams = 200;            ///< in all
  std::size_t streams_per_session = 4;  ///< browsers allow six connections per host; the oldest page is parked
  int page = 200;                       ///< entries per read
  int pages_per_round = 5;
  std::int64_t farthest = 5000;  ///< entries behind; further and the page is better loaded anew
  bot::Millis heartbeat{15000};
  bot::Millis pause{100};  ///< between two rounds while much is being committed
};

class Live {
 public:
  explicit Live(Desk& desk, Door& door, LiveLimits limits = {}) : desk_(desk), door_(door), limits_(limits) {}

  /// Answers the exchange with a stream that begins after `position`; `incident` 0: everything the visitor may see.
  void open(std::shared_ptr<http::Exchange> exchange, Visitor visitor, std::int64_t incident, std::int64_t position);
  void close_session(const std::string& session_hash);
  void close_person(const std::string& person);
  void close_all();  ///< and refuses new ones until reopen()
  void reopen();
  /// Sends what is new to everybody; true when a listener still has more to catch up with.
  bool run_once();
  /// One step of a loop: run_once() at most every `pause`; answers how long to sleep.
  bot::Millis step();
  std::size_t listening() const { return count_.load(); }

 private:
  struct Listener;
  struct Round;
  bool serve(Listener& listener, Round& round);
  bool send_entries(Listener& listener, Round& round, bool& more);
  bool send_entry(Listener& listener, Round& round, const bot::Entry& entry);
  bool send_fragments(Listener& listener, Round& round);
  bool send_banner(Listener& listener, Round& round);
  void say_bye(const std::function<bool(const Visitor&)>& to);
  std::vector<std::shared_ptr<Listener>> snapshot();
  void drop_gone() REQUIRES_LOCK(mutex_);

  Desk& desk_;
  Door& door_;
  const LiveLimits limits_;
  std::atomic<std::size_t> count_{0};
  bot::Millis next_round_{0};  // the loop's thread only
  bot::Mutex round_mutex_;     // one round at a time
  bot::Mutex mutex_;
  std::vector<std::shared_ptr<Listener>> listeners_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace console
