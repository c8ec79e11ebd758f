#include "tests/simulation/vendors.hpp"

#include "tests/simulation/invariants.hpp"
#include "tests/simulation/world.hpp"

namespace sim {

using namespace bot;

namespace {

bool needs_room(const Content& content) {
  return !std::holds_alternative<OpenRoom>(content) && !std::holds_alternative<Announce>(content) && !std::holds_alternative<PagePerson>(content) &&
         !std::holds_alternative<PublicUpdate>(content) && !std::holds_alternative<ArchiveRoom>(content);
}

}  // namespace

const char* vendor_name(std::uint32_t which) {
  static constexpr const char* names[] = {"slack", "webhook", "statuspage:a", "statuspage:b"};
  return names[which % kVendors];
}

const char* fault_name(std::uint32_t which) {
  static constexpr const char* names[] = {"not done, try again", "too many requests",  "no answer, not done",     "no answer, but done", "no answer, done, shows late",
                                          "accepted, shows late", "refused for good", "answers late", "answers never, done late"};
  return names[which % kFaults];
}

const char* outage_name(std::uint32_t which) {
  static constexpr const char* names[] = {"refuses our token", "cannot be read", "is down"};
  return names[which % 3];
}

RepeatPolicy SimVendor::repeat_policy(const Content& content) const {
  if (std::holds_alternative<PublicUpdate>(content)) return RepeatPolicy::never_twice;
  if (std::holds_alternative<PagePerson>(content)) return RepeatPolicy::harmless;
  const bool trace = std::holds_alternative<OpenRoom>(content) || std::holds_alternative<PostSummary>(content) || std::holds_alternative<Say>(content) ||
                     std::holds_alternative<Announce>(content);
  return trace ? RepeatPolicy::prefer_once : RepeatPolicy::free;
}

void SimVendor::trouble(Fault fault, Millis length, std::uint32_t times) {
  for (; times > 0; --times) troubles_.push_back({fault, length});
}

void SimVendor::outage(std::uint32_t kind, Millis length) {
  const Millis until = world_.env.clock.monotonic() + length;
  (kind % 3 == 0 ? refuses_token_until_ : kind % 3 == 1 ? blind_until_ : down_until_) = until;
}

void SimVendor::heal() {
  troubles_.clear();
  refuses_token_until_ = blind_until_ = down_until_ = Millis{0};
}

const Truth* SimVendor::truth(const std::string& message) const {
  const auto it = truths_.find(message);
  return it == truths_.end() ? nullptr : &it->second;
}

void SimVendor::resolved(const std::string& message) {
  if (const auto it = truths_.find(message); it != truths_.end()) it->second.unresolved = false;
}

void SimVendor::process_died() {
  for (auto& [id, truth] : truths_) {
    if (truth.unresolved) ++truth.unknown;
    truth.unresolved = false;
  }
}

Accepted SimVendor::accepted(const Message& message) const {
  Accepted out;
  if (std::holds_alternative<OpenRoom>(message.content)) {
    out.references.push_back({message.incident, name_, "room", "C" + message.id.substr(24)});
    out.link = "https://chat.example.org/C" + message.id.substr(24);
  }
  if (std::holds_alternative<PostSummary>(message.content)) out.references.push_back({message.incident, name_, "summary", "T" + message.id.substr(24)});
  if (std::holds_alternative<PublicUpdate>(message.content)) out.link = "https://status.example.org/" + message.id.substr(24);
  return out;
}

SendResult SimVendor::done(const Message& message, Truth& truth, Millis hidden) {
  truth.shows_from.push_back(world_.env.clock.monotonic() + hidden);
  truth.blind_looks.clear();
  if (std::holds_alternative<OpenRoom>(message.content)) world_.rooms[message.incident] = "C" + message.id.substr(24);
  return accepted(message);
}

SendResult SimVendor::send(const Message& message, const SendContext& context) {
  check_before_send(world_, *this, message);
  world_.point(CrashPoint::before_send);
  Truth& truth = truths_[message.id];
  if (truth.unresolved) ++truth.unknown;
  ++truth.sends;
  truth.unresolved = true;
  world_.sent(name_, message);
  const SendResult result = answer(message, context, truth);
  const auto* refused = std::get_if<Refused>(&result);
  const bool certainly_not = std::holds_alternative<NotSent>(result) || (refused != nullptr && refused->credentials);
  if (!certainly_not) world_.resend_chosen.erase(message.id);  // what a person chose is used up
  if (std::holds_alternative<Doubtful>(result)) {
    ++truth.unknown;
    truth.unresolved = false;
  }
  if (world_.telling) {
    static constexpr const char* words[] = {"accepted", "not done", "no answer", "refused"};
    world_.tell("  " + name_ + " gets " + kind_of(message.content) + " of INC-" + std::to_string(message.incident) + " (" + short_id(message.id) + "): " + words[result.index()] +
                ", done " + std::to_string(truth.shows_from.size()) + "x");
  }
  world_.point(CrashPoint::after_send);
  return result;
}

SendResult SimVendor::answer(const Message& message, const SendContext& context, Truth& truth) {
  const Millis now = world_.env.clock.monotonic();
  if (now < refuses_token_until_) return Refused{"the token is not accepted", true};
  if (now < down_until_) return Doubtful{"timed out"};
  if (name_ == "slack" && needs_room(message.content) && context.reference("room").empty()) {
    if (std::holds_alternative<EditSummary>(message.content)) return NotSent{"there is no card yet", Millis{600000}, false};
    return Refused{"there is no room", false};
  }
  if (troubles_.empty()) return done(message, truth, Millis{0});
  const Trouble trouble = troubles_.front();
  troubles_.pop_front();
  switch (trouble.fault) {
    case Fault::not_sent: return NotSent{"connection refused", {}, true};
    case Fault::rate_limited: return NotSent{"too many requests", trouble.length, false};
    case Fault::lost_before: return Doubtful{"timed out"};
    case Fault::lost_after: done(message, truth, Millis{0}); return Doubtful{"timed out"};
    case Fault::late: done(message, truth, trouble.length); return Doubtful{"timed out"};
    case Fault::forgets: return done(message, truth, trouble.length);
    case Fault::refused: return Refused{"not in this shape", false};
    case Fault::slow: world_.meanwhile(Millis{9000}); return done(message, truth, Millis{0});
    case Fault::slow_and_lost: world_.meanwhile(Millis{14000}); done(message, truth, Millis{0}); return Doubtful{"timed out"};
  }
  return Doubtful{"timed out"};
}

FindResult SimVendor::find(const Message& message, const SendContext&) {
  world_.point(CrashPoint::during_look);
  const Millis now = world_.env.clock.monotonic();
  const auto told = [&](const char* what) {
    if (world_.telling) world_.tell("  " + name_ + " is asked about " + kind_of(message.content) + " (" + short_id(message.id) + "): " + what);
  };
  if (now < blind_until_ || now < down_until_ || now < refuses_token_until_) {
    told("cannot look");
    return CannotLook{"timed out"};
  }
  Truth& truth = truths_[message.id];
  for (const Millis from : truth.shows_from)
    if (from <= now && name_ != "webhook") {  // a pager has nothing to look at
      told("it is there");
      return accepted(message);
    }
  if (!truth.shows_from.empty()) truth.blind_looks.push_back(now);
  told(truth.shows_from.empty() ? "it is not there" : "it does not show yet");
  return Missing{};
}

}  // namespace sim
