// Answers that must not be late: Slack shows people an error of its own when a command is not answered within 3 seconds.
// Place: used by the inbound routes. Threads: watch() and give() from any; owns one thread that answers what is overdue.
#pragma once

#include <atomic>
#include <deque>
#include <memory>

#include "bot/lifecycle.hpp"
#include "integrations/http/server.hpp"

namespace slack {

/// An exchange that several may want to answer; the first one does.
class Answer {
 public:
  explicit Answer(std::shared_ptr<http::Exchange> exchange) : exchange_(std::move(exchange)) {}
  void give(http::Response response);
  bool given() const { return given_; }

 private:
  std::shared_ptr<http::Exchange> exchange_;
  std::atomic<bool> given_{false};
};

class Deadlines {
 public:
  /// `late` is the answer given after `limit`.
  Deadlines(const bot::Clock& clock, bot::Millis limit, http::Response late);
  ~Deadlines() { loop_.stop(); }
  std::shared_ptr<Answer> watch(std::shared_ptr<http::Exchange> exchange);

 private:
  struct Watched { std::shared_ptr<Answer> answer; bot::Millis due; };
  bot::Millis answer_overdue();
  const bot::Clock& clock_;
  bot::Millis limit_;
  http::Response late_;
  bot::Mutex mutex_;
  std::deque<Watched> watched_ GUARDED_BY(mutex_);  ///< by due time, since the limit is one
  bot::Loop loop_;
};

}  // namespace slack
