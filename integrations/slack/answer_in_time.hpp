// Answers that must not be late: Slack shows people an error of its own when a command is not answered within 3 seconds.
// Place: used by the inbox. Threads: watch() and give() from any; owns one thread that answers what is overdue.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>

#include "bot/lifecycle.hpp"
#include "integrations/slack/inbox.hpp"

namespace slack {

/// An answer that several may want to give; the first one does.
class Acknowledgement {
 public:
  explicit Acknowledgement(Answer answer) : answer_(std::move(answer)) {}
  /// False when somebody was first.
  bool give(Body body);
  bool given() const { return given_; }

 private:
  Answer answer_;
  std::atomic<bool> given_{false};
};

class Deadlines {
 public:
  Deadlines(const bot::Clock& clock, bot::Millis limit);
  ~Deadlines() { loop_.stop(); }
  /// `late` is the answer given after the limit.
  std::shared_ptr<Acknowledgement> watch(Answer answer, Body late);
  void stop() { loop_.stop(); }

 private:
  struct Watched { std::shared_ptr<Acknowledgement> answer; Body late; bot::Millis due; };
  bot::Millis answer_overdue();
  const bot::Clock& clock_;
  bot::Millis limit_;
  bot::Mutex mutex_;
  std::deque<Watched> watched_ GUARDED_BY(mutex_);  ///< by due time, since the limit is one
  bot::Loop loop_;
};

}  // namespace slack
