// One child process for outgoing calls, seen from Muster: started at the first call, ended when idle, started anew when it has died.
// Place: guarded_client.cpp, one per host. Threads: call() from any; one of its own starts the process, listens to it and takes it away.
// Errors: a process that dies leaves its calls "maybe done"; one that cannot be started, "not done".
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "bot/mutex.hpp"
#include "integrations/http/client.hpp"
#include "integrations/http/outbound_frames.hpp"

namespace http {

class Outbound {
 public:
  /// `name` is for the log.
  Outbound(std::string name, GuardedOptions options);
  ~Outbound();
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;
  CallResult call(const Call& call);
  /// Ends the calls under way; the destructor does it too. The callers must have returned before that one runs.
  void hang_up();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;  // a deadline of waiting, never a decision
  struct Pending {
    std::size_t cap = 0;
    SteadyTime late;  ///< when a process that works must have answered
    std::optional<CallResult> result;
    std::condition_variable done;
  };
  using Calls = std::map<std::uint64_t, std::shared_ptr<Pending>>;

  void keep();
  bool wait_until_wanted();
  /// Until the process dies, breaks the rules, is idle or not wanted any more. Says why; "" when it was not its fault.
  std::string listen(FrameSocket& socket);
  bool deliver(NumberedResult result);
  std::size_t longest_answer();
  /// Nothing to do for long: from now on no call uses this process.
  bool retire_if_idle(SteadyTime last_busy);
  void end(pid_t pid, const std::string& fault);
  std::shared_ptr<FrameSocket> wait_for_process(bot::Lock& lock, SteadyTime until, CallFailure& failure) REQUIRES_LOCK(mutex_);

  const std::string name_;
  const GuardedOptions options_;
  bot::Mutex mutex_;
  std::condition_variable wanted_, started_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  int waiting_ GUARDED_BY(mutex_) = 0;                       ///< calls that need a process
  std::shared_ptr<FrameSocket> socket_ GUARDED_BY(mutex_);   ///< null: no process; shared, so that no call writes to a closed number
  Calls calls_ GUARDED_BY(mutex_);
  std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
  int failed_starts_ GUARDED_BY(mutex_) = 0;
  std::string start_failure_ GUARDED_BY(mutex_);
  int deaths_ = 0;                                           ///< in a row; of the keeper's thread alone, like:
  SteadyTime next_start_{};
  std::thread keeper_;
};

}  // namespace http
