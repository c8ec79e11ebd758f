// Starts named parts in order, stops them in reverse, each within a bound. Also the threads that drive run_once() loops.
// Threads: start()/stop() from main only. Owns the loop threads.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "bot/env.hpp"
#include "bot/mutex.hpp"
#include "bot/result.hpp"

namespace bot {

class Lifecycle {
 public:
  struct Part {
    std::string name;
    std::function<Status()> start;
    std::function<void()> stop;  ///< must return within `stop_within`; longer is logged and the process ends hard
    Millis stop_within{5000};
  };
  using Log = std::function<void(const std::string&)>;
  explicit Lifecycle(Log log) : log_(std::move(log)) {}
  ~Lifecycle();
  void add(Part part) { parts_.push_back(std::move(part)); }
  /// Starts in order; on the first failure stops what was started and answers its error.
  Status start();
  /// Stops in reverse; idempotent. False when a part exceeded its bound (it is abandoned: end the process).
  bool stop();

 private:
  Log log_;
  std::vector<Part> parts_;
  std::size_t started_ = 0;
};

/// A thread that calls `step` until stopped; `step` answers how long it may sleep when it had nothing to do. wake() cuts the sleep short, but
/// not below `pause`: what many wake all the time need not run for each of them.
class Loop {
 public:
  Loop(std::string name, std::function<Millis()> step, Millis pause = Millis{0}) : name_(std::move(name)), step_(std::move(step)), pause_(pause) {}
  ~Loop() { stop(); }
  void start();
  void wake();
  void stop();

 private:
  std::string name_;
  std::function<Millis()> step_;
  Millis pause_;
  Mutex mutex_;
  std::condition_variable woken_;
  bool wake_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace bot
