// Bounded threads per integration, so that a hanging vendor holds up nobody else.
// Threads: run() from any thread. Owns its threads; started on first use, joined by stop().
#pragma once

#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "bot/dispatcher.hpp"

namespace bot {

class Workers : public Executor {
 public:
  explicit Workers(std::map<std::string, int> threads_per_integration) : sizes_(std::move(threads_per_integration)) {}
  ~Workers() override { stop(); }
  void run(const std::string& integration, std::function<void()> job) override;
  /// Jobs not begun are dropped (their messages stay leased and are taken up after the restart); waits for those under way.
  void stop();

 private:
  struct Pool {
    std::condition_variable arrived;
    std::deque<std::function<void()>> jobs;
    std::vector<std::thread> threads;
    int idle = 0;
  };
  void work(Pool& pool);
  std::map<std::string, int> sizes_;
  Mutex mutex_;
  std::map<std::string, Pool> pools_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace bot
