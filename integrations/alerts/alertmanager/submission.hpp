// Hands the alerts of one webhook call to the Coordinator, a bounded number at a time, and answers when all are durable.
// Place: made by the receiver per call; keeps itself alive through its completions.
// Threads: begin() on the server's thread, completions on any; one mutex inside, never held while submitting or answering.
#pragma once

#include <functional>
#include <memory>

#include "bot/mutex.hpp"
#include "integrations/alerts/alertmanager/notification.hpp"
#include "integrations/http/server.hpp"

namespace alertmanager {

class Submission : public std::enable_shared_from_this<Submission> {
 public:
  /// REQUIRES: intake outlives every completion; !notification.refused.
  Submission(bot::Intake& intake, bot::Caller caller, Notification notification, bot::Time received, std::function<void(http::Response)> answer);
  /// Returns without waiting for the disk.
  void begin() { pump(); }

 private:
  void pump();
  bot::Request request_for(std::size_t index);
  void finished(std::size_t index, const bot::Reply& reply);
  http::Response answer_locked() REQUIRES_LOCK(mutex_);

  bot::Intake& intake_;
  const bot::Caller caller_;
  const bot::Time received_;
  const std::function<void(http::Response)> answer_;

  bot::Mutex mutex_;
  Notification notification_ GUARDED_BY(mutex_);
  std::size_t next_ GUARDED_BY(mutex_) = 0;
  std::size_t under_way_ GUARDED_BY(mutex_) = 0;
  std::size_t recorded_ GUARDED_BY(mutex_) = 0;
  std::size_t repeated_ GUARDED_BY(mutex_) = 0;
  std::size_t unavailable_ GUARDED_BY(mutex_) = 0;
  bool maybe_recorded_ GUARDED_BY(mutex_) = false;
  bot::Millis retry_after_ GUARDED_BY(mutex_){1000};
  bool pumping_ GUARDED_BY(mutex_) = false;
  bool answered_ GUARDED_BY(mutex_) = false;
};

}  // namespace alertmanager
