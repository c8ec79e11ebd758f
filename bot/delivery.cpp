#include "bot/delivery.hpp"

#include <algorithm>

namespace bot {
namespace {

Millis backoff_for(const QueuedMessage& m, std::uint64_t chance, const DeliveryRules& rules) {
  const Millis longest = m.message.lane_class == LaneClass::page ? rules.longest_page_backoff : rules.longest_backoff;
  return backoff(m.attempts, rules.first_backoff, longest, chance);
}

/// Past its deadline a message is given up; a public one is never given up silently: a person decides.
QueuedMessage give_up(QueuedMessage m, RepeatPolicy policy) {
  m.state = policy == RepeatPolicy::never_twice ? MessageState::held : MessageState::dead;
  return m;
}

QueuedMessage wait_until(QueuedMessage m, MessageState state, Time at, RepeatPolicy policy, Time now) {
  if (now >= m.message.deadline) return give_up(std::move(m), policy);
  m.state = state;
  m.next_at = at;
  return m;
}

QueuedMessage doubt(QueuedMessage m, const std::string& reason, RepeatPolicy policy, Time now, std::uint64_t chance, const DeliveryRules& rules) {
  ++m.attempts;
  m.problem = reason;
  if (policy == RepeatPolicy::free) return wait_until(std::move(m), MessageState::queued, now + backoff_for(m, chance, rules), policy, now);
  ++m.doubts;
  m.looks = 0;
  m.state = MessageState::unknown;  // whatever the deadline says: first find out
  m.next_at = now + (policy == RepeatPolicy::never_twice ? rules.public_look_after : rules.look_after);
  return m;
}

}  // namespace

Millis backoff(int attempts, Millis first, Millis longest, std::uint64_t chance) {
  const int doublings = std::clamp(attempts - 1, 0, 20);
  const auto ceiling = std::min<std::int64_t>(longest.count(), first.count() << doublings);
  const auto floor = first.count() / 4;  // full jitter, but never a busy loop
  return Millis{floor + static_cast<std::int64_t>(chance % static_cast<std::uint64_t>(std::max<std::int64_t>(1, ceiling)))};
}

QueuedMessage after_send(const QueuedMessage& before, const SendResult& result, RepeatPolicy policy, Time now, std::uint64_t chance,
                         const DeliveryRules& rules) {
  QueuedMessage m = before;
  m.boot.clear();
  m.in_doubt = false;
  if (std::holds_alternative<Accepted>(result)) {
    m.state = MessageState::sent;
    m.problem.clear();
    ++m.attempts;
    return m;
  }
  if (const auto* no = std::get_if<NotSent>(&result)) {
    m.problem = no->reason;
    if (no->counts) ++m.attempts;
    const Millis wait = no->after ? *no->after : backoff_for(m, chance, rules);
    return wait_until(std::move(m), MessageState::queued, now + wait, policy, now);
  }
  if (const auto* unsure = std::get_if<Doubtful>(&result)) return doubt(std::move(m), unsure->reason, policy, now, chance, rules);
  const auto& refused = std::get<Refused>(result);
  m.problem = refused.reason;
  if (refused.credentials) {
    // Whatever the deadline says: the token is at fault, not the message, and only a person can mend that.
    m.state = MessageState::queued;
    m.next_at = now + rules.credentials_wait;
    return m;
  }
  ++m.attempts;
  m.state = MessageState::dead;
  return m;
}

QueuedMessage after_find(const QueuedMessage& before, const FindResult& result, RepeatPolicy policy, Time now, std::uint64_t chance,
                         const DeliveryRules& rules) {
  QueuedMessage m = before;
  m.boot.clear();
  m.in_doubt = false;
  if (std::holds_alternative<Accepted>(result)) {
    m.state = MessageState::sent;
    m.problem.clear();
    return m;
  }
  if (const auto* blind = std::get_if<CannotLook>(&result)) {
    m.problem = blind->reason;
    if (blind->after && policy != RepeatPolicy::harmless) return wait_until(std::move(m), MessageState::unknown, now + *blind->after, policy, now);
    ++m.attempts;  // so that looks at a dead vendor back off
    if (policy == RepeatPolicy::harmless) return wait_until(std::move(m), MessageState::queued, now, policy, now);
    return wait_until(std::move(m), MessageState::unknown, now + backoff_for(m, chance, rules), policy, now);
  }
  ++m.looks;
  if (policy != RepeatPolicy::never_twice) return wait_until(std::move(m), MessageState::queued, now, policy, now);
  if (m.looks < 2) {
    m.state = MessageState::unknown;
    m.next_at = now + rules.second_look_after;
    return m;
  }
  if (m.doubts + m.deaths > 1) {
    m.state = MessageState::held;
    return m;
  }
  m.looks = 0;
  return wait_until(std::move(m), MessageState::queued, now, policy, now);
}

bool must_look(const QueuedMessage& leased, RepeatPolicy policy) { return leased.in_doubt && policy != RepeatPolicy::free; }

}  // namespace bot
