// The outside: chat, pager and status pages that are late, forgetful, picky or gone, as the history tells them to be.
// Place: given to the Dispatcher as Senders. What they did is the truth the invariants are checked against.
#pragma once

#include <deque>
#include <map>

#include "bot/sender.hpp"

namespace sim {

class World;

constexpr std::uint32_t kVendors = 4;  // slack, webhook, statuspage:a, statuspage:b
const char* vendor_name(std::uint32_t which);

enum class Fault {
  not_sent,       ///< certainly not done, try again
  rate_limited,   ///< with the vendor's own wait
  lost_before,    ///< the connection ended, and nothing was done
  lost_after,     ///< the connection ended after it was done
  late,           ///< the connection ended; it is done, but does not show for a while
  forgets,        ///< accepted, but does not show for a while
  refused,        ///< never
  slow,           ///< answers after other things have happened
  slow_and_lost,  ///< the same, and then no answer
};
constexpr std::uint32_t kFaults = 9;
const char* fault_name(std::uint32_t which);
const char* outage_name(std::uint32_t which);  ///< 0: refuses our token, 1: cannot be read, 2: down

/// What really became of one message at its vendor. Times are monotonic.
struct Truth {
  int sends = 0;
  int unknown = 0;                     ///< attempts whose outcome Muster cannot know
  bool unresolved = false;             ///< an attempt's outcome is not committed yet
  std::vector<bot::Millis> shows_from; ///< one per time it was done
  std::vector<bot::Millis> blind_looks;///< read-backs since then that did not see it
};

class SimVendor : public bot::Sender {
 public:
  SimVendor(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  const std::string& integration() const override { return name_; }
  bot::RepeatPolicy repeat_policy(const bot::Content& content) const override;
  bot::SendResult send(const bot::Message& message, const bot::SendContext& context) override;
  bot::FindResult find(const bot::Message& message, const bot::SendContext& context) override;

  void trouble(Fault fault, bot::Millis length, std::uint32_t times);
  void outage(std::uint32_t kind, bot::Millis length);
  void heal();
  const Truth* truth(const std::string& message) const;
  /// The outcome of the newest attempt is recorded.
  void resolved(const std::string& message);
  /// Outcomes that were not recorded are unknown for good.
  void process_died();

 private:
  bot::SendResult answer(const bot::Message& message, const bot::SendContext& context, Truth& truth);
  bot::SendResult done(const bot::Message& message, Truth& truth, bot::Millis hidden);
  bot::Accepted accepted(const bot::Message& message) const;
  struct Trouble { Fault fault; bot::Millis length; };

  World& world_;
  std::string name_;
  std::deque<Trouble> troubles_;
  bot::Millis refuses_token_until_{0}, blind_until_{0}, down_until_{0};
  std::map<std::string, Truth> truths_;
};

}  // namespace sim
