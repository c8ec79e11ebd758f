// A hand-written http::Client: answers from a queue or a function, and remembers what was asked.
// Threads: any. Owns nothing outside.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "bot/mutex.hpp"
#include "integrations/http/client.hpp"

namespace tests {

class FakeClient final : public http::Client {
 public:
  using Script = std::function<http::CallResult(const http::Call&)>;

  /// Answered in order; when none is left the script answers, and without one a refused connection.
  void push(http::CallResult result) {
    bot::Lock lock(mutex_);
    queued_.push_back(std::move(result));
  }
  void push(int status, std::string body, http::Headers headers = {}) { push(http::Answer{status, std::move(headers), std::move(body)}); }
  void fail(bool maybe_done, std::string reason) { push(http::CallFailure{maybe_done, std::move(reason)}); }
  void script(Script script) {
    bot::Lock lock(mutex_);
    script_ = std::move(script);
  }

  http::CallResult call(const http::Call& call) override {
    Script script;
    {
      bot::Lock lock(mutex_);
      calls_.push_back(call);
      if (!queued_.empty()) {
        auto result = std::move(queued_.front());
        queued_.pop_front();
        return result;
      }
      script = script_;
    }
    if (script) return script(call);
    return http::CallFailure{false, "connection refused"};
  }

  std::vector<http::Call> calls() const {
    bot::Lock lock(mutex_);
    return calls_;
  }
  void forget() {
    bot::Lock lock(mutex_);
    calls_.clear();
  }

 private:
  mutable bot::Mutex mutex_;
  std::deque<http::CallResult> queued_ GUARDED_BY(mutex_);
  Script script_ GUARDED_BY(mutex_);
  std::vector<http::Call> calls_ GUARDED_BY(mutex_);
};

}  // namespace tests
