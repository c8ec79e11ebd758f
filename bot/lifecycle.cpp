#include "bot/lifecycle.hpp"

#include <pthread.h>

#include <future>
#include <memory>

namespace bot {

Lifecycle::~Lifecycle() { stop(); }

Status Lifecycle::start() {
  for (; started_ < parts_.size(); ++started_) {
    Status status = parts_[started_].start ? parts_[started_].start() : Status(Done{});
    if (!status) {
      Error error = status.error();
      stop();
      return error;
    }
  }
  return Done{};
}

bool Lifecycle::stop() {
  bool clean = true;
  while (started_ > 0) {
    Part& part = parts_[--started_];
    if (!part.stop) continue;
    auto done = std::make_shared<std::promise<void>>();
    auto waited = done->get_future();
    std::thread runner([stop = part.stop, done] {
      stop();
      done->set_value();
    });
    if (waited.wait_for(part.stop_within) == std::future_status::ready) {
      runner.join();
      continue;
    }
    log_("stopping \"" + part.name + "\" took longer than " + duration_text(part.stop_within) + "; going on without it");
    runner.detach();
    clean = false;
  }
  return clean;
}

void Loop::start() {
  {
    Lock lock(mutex_);
    stopping_ = false;
  }
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    while (true) {
      const Millis nap = step_();
      Lock lock(mutex_);
      if (nap.count() > 0 && pause_.count() > 0) woken_.wait_for(lock.native(), std::min(nap, pause_), [this]() REQUIRES_LOCK(mutex_) { return stopping_; });
      if (nap > pause_) woken_.wait_for(lock.native(), nap - pause_, [this]() REQUIRES_LOCK(mutex_) { return wake_ || stopping_; });
      wake_ = false;
      if (stopping_) return;
    }
  });
}

void Loop::wake() {
  {
    Lock lock(mutex_);
    if (wake_) return;
    wake_ = true;
  }
  woken_.notify_one();
}

void Loop::stop() {
  {
    Lock lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
}

}  // namespace bot
