#include "integrations/http/long_poll.hpp"

#include "integrations/http/outbound.hpp"

namespace http {

LongPoll::LongPoll(GuardedOptions options) : process_(std::make_unique<Outbound>("long poll", std::move(options))) {}

LongPoll::~LongPoll() = default;

CallResult LongPoll::call(const Call& call) {
  try {
    return process_->call(call);
  } catch (const std::exception& e) {  // no memory, no thread
    return CallFailure{true, e.what()};
  }
}

void LongPoll::hang_up() { process_->hang_up(); }

}  // namespace http
