// What follows from events and is no message of an incident: answers to commands, rooms to enter or leave, a word in an encrypted room.
// Place: conversation adds; one thread carries them out, those of one line in order. Each is repeatable (a transaction id made from the event's id), so after a
// crash the events are read again and the same chores come to the same end: nothing is said twice.
// A line is a room's, or a room's that is to be entered: where one room fails, only what belongs to it waits.
// Threads: add() from any. Errors: waits and doubts are tried again until `kGiveUp` has passed; what is refused is logged and left.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bot/lifecycle.hpp"
#include "integrations/matrix/api.hpp"

namespace matrix {

/// The chores of one batch of events; the place in the event stream may be kept for good when none is open.
struct Batch { std::atomic<int> open{0}; };

struct Chore {
  std::string what;  ///< for the log: "answer"
  std::string line;  ///< those of one line follow one another
  std::function<std::optional<Problem>(const Budget&)> run;
  std::shared_ptr<Batch> batch;  ///< may be null
  bot::Millis added{0};          ///< set by add()
};

class Chores {
 public:
  explicit Chores(bot::Clock& clock);
  ~Chores() { stop(); }
  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  void add(Chore chore);
  std::size_t waiting() const;
  /// Tells whoever waits that a batch may be finished.
  std::function<void()> on_done;
  /// One step; answers how long to sleep. For the loop, and for tests.
  bot::Millis work();

 private:
  struct Line { std::deque<Chore> chores; bot::Millis next{0}; int failures = 0; };  ///< `next`: when its front is tried (again)
  /// The chore that has been due for longest; none: `until` says how long to sleep.
  std::optional<Chore> due(bot::Millis& until);
  void finish_front(const std::string& line);
  void put_off(const std::string& line, const Problem& problem);
  bot::Clock& clock_;
  mutable bot::Mutex mutex_;
  std::map<std::string, Line> lines_ GUARDED_BY(mutex_);
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
  bot::Loop loop_;
};

}  // namespace matrix
