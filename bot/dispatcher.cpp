#include "bot/dispatcher.hpp"

#include <algorithm>

#include "bot/log.hpp"

namespace bot {
namespace {
constexpr Millis kLongestIdle{1000};
/// Looking for what is due keeps commits waiting, so it may take no more than a third of the time however much is due and however often it is woken.
constexpr Millis kLongestRest{50};
constexpr int kDeathsUntilEnd = 2;

/// Somebody answered, or the incident ended, while the page waited for its turn. A run that merely ran out of steps still pages: nobody was reached.
bool answered(const Message& message, const Incident& incident) {
  const auto* page = std::get_if<PagePerson>(&message.content);
  if (page == nullptr) return false;
  for (const auto& run : incident.pages)
    if (run.id == page->page) return !run.open && (!run.acknowledged_by.empty() || incident.phase != Phase::open);
  return false;
}

QueuedMessage not_sent(QueuedMessage m, const char* why) {
  m.state = MessageState::dropped;
  m.problem = why;
  m.boot.clear();
  m.in_doubt = false;
  return m;
}

/// Whatever it does to this process, it shall not do it a third time by itself. Only a public update waits for a person: held, a page
/// would keep every later page from the same person, and a room's message all that the room is to hear (ADR 0006).
QueuedMessage not_again(QueuedMessage m, RepeatPolicy policy) {
  m.state = policy == RepeatPolicy::never_twice ? MessageState::held : MessageState::dead;
  m.problem = "Muster stopped twice while sending this";
  m.boot.clear();
  m.in_doubt = false;
  return m;
}
}  // namespace

Dispatcher::Dispatcher(Store& store, Reader& reader, Intake& intake, std::vector<Sender*> senders, Executor& executor, Env env, std::string boot,
                       DeliveryRules rules)
    : store_(store), reader_(reader), intake_(intake), executor_(executor), env_(env), boot_(std::move(boot)), rules_(rules) {
  for (Sender* s : senders) {
    senders_[s->integration()] = s;
    counts_[s->integration()] = std::make_unique<DispatcherCounts>();
  }
}

std::vector<std::string> Dispatcher::integrations() const {
  std::vector<std::string> out;
  for (const auto& [name, sender] : senders_) out.push_back(name);
  return out;
}

int Dispatcher::run_once() {
  if (env_.clock.fine() < rest_until_) return 0;
  resubmit();
  LeaseQuery query{boot_, {}, {}};
  {
    Lock lock(mutex_);
    for (const auto& [name, sender] : senders_) {
      const int free = sender->parallel() - busy_[name];
      if (free > 0 && paused_until_[name] <= env_.clock.monotonic()) query.room_for[name] = free;
    }
  }
  if (query.room_for.empty()) return 0;
  const auto begin = env_.clock.fine();
  Leased when;
  auto leased = lease(query, when);
  const auto end = env_.clock.fine();
  rest_until_ = end + std::min(std::chrono::microseconds(kLongestRest), 2 * (end - begin));
  if (!leased) return 0;  // disk trouble: the next round tries again
  for (auto& message : *leased) {
    Sender& sender = *senders_.at(message.message.integration);
    {
      Lock lock(mutex_);
      ++busy_[message.message.integration];
    }
    const std::string integration = message.message.integration;
    executor_.run(integration, [this, message = std::move(message), when, &sender] { deliver(message, when, sender); });
  }
  return static_cast<int>(leased->size());
}

Result<std::vector<QueuedMessage>> Dispatcher::lease(LeaseQuery& query, Leased& when) {
  Result<std::vector<QueuedMessage>> leased = std::vector<QueuedMessage>{};
  const auto take = [&](Time now) -> Status {
    query.now = now;
    when = {{now, env_.clock.monotonic()}, watch_ != nullptr ? watch_->moved() : Millis{0}};
    leased = store_.lease(query);
    return leased ? Status(Done{}) : Status(leased.error());
  };
  if (auto taken = watch_ != nullptr ? watch_->with_time(take) : take(env_.clock.now()); !taken) return taken.error();
  return leased;
}

SendOutcome Dispatcher::attempt(const QueuedMessage& leased, const Leased& when, Sender& sender) {
  const Message& message = leased.message;
  SendOutcome outcome{leased, leased, {}, "", false};
  const auto now = [&] { return when.at.wall + (env_.clock.monotonic() - when.at.monotonic); };
  auto take = [&outcome](const Accepted& accepted) {
    outcome.references = accepted.references;
    outcome.link = accepted.link;
  };
  const RepeatPolicy policy = sender.repeat_policy(message.content);
  auto incident = reader_.incident(message.incident);
  auto references = reader_.references(message.incident, message.integration);
  if (!incident || !*incident || !references) {
    const SendResult unread = NotSent{"the incident could not be read", Millis{1000}, false};
    outcome.after = after_send(leased, unread, policy, now(), env_.random.next(), rules_);
    return outcome;
  }
  if (answered(message, **incident)) {
    outcome.after = not_sent(leased, "answered before it was sent");
    return outcome;
  }
  if (withdrawn(message.content) && !must_look(leased, policy)) {
    outcome.after = not_sent(leased, "its words were redacted");
    return outcome;
  }
  if (leased.deaths >= kDeathsUntilEnd) {
    outcome.after = not_again(leased, policy);
    return outcome;
  }
  const bool maybe_there = leased.attempts > 0 || leased.deaths > 0 || leased.in_doubt;
  const SendContext context{**incident, *references, leased.attempts + 1, maybe_there ? std::optional<Time>(message.created) : std::nullopt};
  if (must_look(leased, policy)) {
    const FindResult found = sender.find(message, context);
    if (const auto* accepted = std::get_if<Accepted>(&found)) take(*accepted);
    if (const auto* blind = std::get_if<CannotLook>(&found)) outcome.credentials = blind->credentials;
    outcome.after = after_find(leased, found, policy, now(), env_.random.next(), rules_);
    return outcome;
  }
  const SendResult sent = sender.send(message, context);
  if (const auto* accepted = std::get_if<Accepted>(&sent)) take(*accepted);
  if (const auto* refused = std::get_if<Refused>(&sent)) {
    outcome.references = refused->references;
    outcome.credentials = refused->credentials;
    outcome.room_gone = refused->room_gone;
    if (refused->credentials) {
      Lock lock(mutex_);
      paused_until_[message.integration] = env_.clock.monotonic() + rules_.credentials_wait;
    }
  }
  outcome.after = after_send(leased, sent, policy, now(), env_.random.next(), rules_);
  return outcome;
}

void Dispatcher::count(const SendOutcome& outcome) {
  DispatcherCounts& c = *counts_.at(outcome.before.message.integration);
  if (outcome.after.state != MessageState::sent)
    log(outcome.after.state == MessageState::dead || outcome.after.state == MessageState::held ? LogLevel::warning : LogLevel::info, "send",
        {{"integration", outcome.before.message.integration}, {"kind", kind_of(outcome.before.message.content)},
         {"incident", outcome.before.message.incident}, {"state", to_string(outcome.after.state)}, {"attempts", outcome.after.attempts},
         {"problem", outcome.after.problem}});
  switch (outcome.after.state) {
    case MessageState::sent: ++c.sent; break;
    case MessageState::queued: ++c.retried; break;
    case MessageState::unknown: ++c.doubted; break;
    case MessageState::held: ++c.held; break;
    case MessageState::dead: ++c.dead; break;
    case MessageState::sending:
    case MessageState::superseded:
    case MessageState::dropped: break;
  }
}

void Dispatcher::deliver(const QueuedMessage& leased, const Leased& when, Sender& sender) {
  SendOutcome outcome = attempt(leased, when, sender);
  count(outcome);
  {
    Lock lock(mutex_);
    --busy_[leased.message.integration];
  }
  report(std::move(outcome), when.moved);
  if (on_idle_slot) on_idle_slot();
}

void Dispatcher::report(SendOutcome outcome, Millis moved) {
  if (watch_ == nullptr) return submit(std::move(outcome));
  watch_->meanwhile_still([&] {  // from here on the Coordinator knows when it was
    outcome.after.next_at += watch_->moved() - moved;
    submit(std::move(outcome));
  });
}

void Dispatcher::submit(SendOutcome outcome) {
  Request request;
  request.cls = outcome.before.message.lane_class == LaneClass::page ? RequestClass::paging : RequestClass::housekeeping;
  request.caller = Caller{ActorKind::muster, "muster", "muster", "Muster", {}};
  request.received = env_.clock.now();
  request.body = outcome;
  const Millis moved = watch_ != nullptr ? watch_->moved() : Millis{0};
  intake_.submit(std::move(request), [this, moved, outcome = std::move(outcome)](const Reply& reply) mutable {
    // conflict: somebody else kept writing first; no decision about an outcome refuses it.
    if (reply.status != ReplyStatus::unavailable && reply.status != ReplyStatus::conflict) return;
    Lock lock(mutex_);
    unrecorded_.push_back({std::move(outcome), moved});
  });
}

void Dispatcher::resubmit() {
  std::vector<Unrecorded> again;
  {
    Lock lock(mutex_);
    again.swap(unrecorded_);
  }
  for (auto& one : again) report(std::move(one.outcome), one.moved);
}

Millis Dispatcher::idle_time() {
  if (const auto rest = rest_until_ - env_.clock.fine(); rest.count() > 0) return std::chrono::ceil<Millis>(rest);
  auto due = store_.next_due();
  if (!due || !*due) return kLongestIdle;
  const Millis wait = **due - env_.clock.now();
  return std::clamp(wait, Millis{1}, kLongestIdle);
}

}  // namespace bot
