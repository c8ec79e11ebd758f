// A client for calls that wait long for their answer and must be ended from outside: one child process of its own, for one host.
// Threads: call() from any; hang_up() from any, once, when nobody will call any more.
#pragma once

#include "integrations/http/client.hpp"

namespace http {

class LongPoll final : public Client {
 public:
  explicit LongPoll(GuardedOptions options = {});
  ~LongPoll() override;
  CallResult call(const Call& call) override;
  /// Ends the call under way, which fails; every later one fails at once.
  void hang_up();

 private:
  std::unique_ptr<class Outbound> process_;
};

}  // namespace http
