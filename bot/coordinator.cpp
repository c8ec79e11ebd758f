#include "bot/coordinator.hpp"

#include <algorithm>
#include <unordered_set>

#include "bot/coordinator_work.hpp"
#include "bot/log.hpp"

namespace bot {

namespace {

constexpr std::size_t kLeastPerClass = 8;  // so that a flood of one class never starves the next
constexpr std::size_t kTellsPace = 32;     // a smaller batch costs about what a larger one does, and says nothing about a flood
constexpr double kNewestCounts = 0.2;

std::size_t size_of(const Request& r) {
  if (const auto* typed = std::get_if<Typed>(&r.body)) return 256 + typed->text.size();
  if (const auto* capture = std::get_if<Capture>(&r.body)) return 512 + capture->text.size();
  if (const auto* alert = std::get_if<Alert>(&r.body)) return 256 + alert->summary.size() + alert->identity.size() + alert->group.size();
  return 512;
}

/// Outcomes and due timers are bounded by their own makers and must not be lost: only outside traffic is shed.
bool sheddable(const Request& r) {
  return !std::holds_alternative<SendOutcome>(r.body) && !std::holds_alternative<TimerDue>(r.body) && !std::holds_alternative<Checkpoint>(r.body);
}

/// What a later request of the batch replaces is never owed: of a hundred changes at once, one edit of the card is written down and sent, and
/// one setting of a timer.
void leave_out_replaced(std::vector<Changes>& batch) {
  std::unordered_set<std::string> newer, moved;
  for (auto changes = batch.rbegin(); changes != batch.rend(); ++changes) {
    auto& messages = changes->messages;
    for (auto m = messages.rbegin(); m != messages.rend();) {
      if (m->supersedes.empty() || newer.insert(m->lane + '\n' + m->supersedes).second) ++m;
      else m = std::make_reverse_iterator(messages.erase(std::next(m).base()));
    }
    std::erase_if(changes->timers, [&moved](const Timer& timer) { return moved.count(timer.id) > 0; });
    for (const auto& timer : changes->timers) moved.insert(timer.id);
    moved.insert(changes->timers_done.begin(), changes->timers_done.end());
  }
}

Committed summary(const std::vector<Changes>& batch) {
  Committed out;
  out.requests = batch.size();
  for (const auto& c : batch) {
    out.entries |= !c.entries.empty();
    out.messages |= !c.messages.empty() || !c.updates.empty();  // an update may free its lane
    out.timers |= !c.timers.empty();
    out.redactions |= !c.redactions.empty();
  }
  return out;
}

}  // namespace

Coordinator::Coordinator(Store& store, Reader& reader, const Commands& commands, const Settings& settings, People& people, Env env,
                         CoordinatorLimits limits)
    : store_(store), reader_(reader), commands_(commands), settings_(settings), people_(people), env_(env), limits_(limits) {}

Coordinator::~Coordinator() = default;

Actor Coordinator::actor_of(const Caller& caller) {
  Actor actor{caller.kind, caller.external_id, caller.scopes, false};
  if (caller.kind != ActorKind::person) {
    actor.admin = caller.kind == ActorKind::token && caller.scopes.admin;
    return actor;
  }
  auto person = people_.by_identity(caller.integration, caller.external_id);
  if (!person) {
    Person fresh;
    fresh.id = caller.integration + ":" + caller.external_id;
    fresh.name = caller.display_name.empty() ? caller.external_id : caller.display_name;
    fresh.identities[caller.integration] = caller.external_id;
    meet(fresh);
    person = std::move(fresh);
  }
  actor.id = person->id;
  const auto& admins = settings_.incidents.admins;
  actor.admin = person->admin || std::find(admins.begin(), admins.end(), person->id) != admins.end();
  return actor;
}

void Coordinator::meet(const Person& person) {
  people_.put(person);
  Lock lock(mutex_);
  not_kept_[person.id] = person;
}

std::vector<Person> Coordinator::not_kept() const {
  Lock lock(mutex_);
  std::vector<Person> out;
  for (const auto& [id, person] : not_kept_) out.push_back(person);
  return out;
}

void Coordinator::kept(const std::vector<Person>& people) {
  Lock lock(mutex_);
  for (const auto& person : people)
    if (const auto it = not_kept_.find(person.id); it != not_kept_.end() && it->second == person) not_kept_.erase(it);
}

void Coordinator::answer_query(Request& request, const Invocation& asked, const Completion& done) {
  Invocation invocation = asked;
  if (!invocation.incident && request.room) {
    if (auto found = reader_.incident_of(*request.room); found && *found) {
      invocation.incident = **found;
      invocation.by_room = true;
    }
  }
  const Context context{env_.clock.now(), actor_of(request.caller), request.caller.integration, settings_, people_, [this] { return env_.ids.next(); }, request.room};
  auto reply = commands_.query(invocation, reader_, context);
  done(reply ? *std::move(reply) : reply_of(reply.error()));
}

Result<Form> Coordinator::form(const Request& request) {
  Invocation invocation;
  if (const auto* typed = std::get_if<Typed>(&request.body)) {
    auto parsed = commands_.parse(typed->text, settings_, people_);
    if (!parsed) return parsed.error();
    invocation = *std::move(parsed);
  } else if (const auto* given = std::get_if<Invocation>(&request.body)) {
    invocation = *given;
  } else {
    return fail(ErrorKind::invalid_input, "Only commands have forms.");
  }
  if (!invocation.incident && request.room) {
    if (auto found = reader_.incident_of(*request.room); found && *found) {
      invocation.incident = **found;
      invocation.by_room = true;
    }
  }
  std::optional<Incident> row;
  if (invocation.incident) {
    auto found = reader_.incident(*invocation.incident);
    if (!found) return found.error();
    row = *std::move(found);
  }
  const Context context{env_.clock.now(), actor_of(request.caller), request.caller.integration, settings_, people_, [this] { return env_.ids.next(); }, request.room};
  return commands_.form(invocation, row ? &*row : nullptr, context);
}

void Coordinator::submit(Request request, Completion done) {
  Pending pending{std::move(request), std::nullopt, std::move(done), 0, Millis{0}};
  if (const auto* typed = std::get_if<Typed>(&pending.request.body)) {
    auto parsed = commands_.parse(typed->text, settings_, people_);
    if (!parsed) return pending.done(reply_of(parsed.error()));
    pending.invocation = *std::move(parsed);
  } else if (const auto* invocation = std::get_if<Invocation>(&pending.request.body)) {
    pending.invocation = *invocation;
  }
  if (pending.invocation && commands_.is_query(*pending.invocation)) return answer_query(pending.request, *pending.invocation, pending.done);

  pending.bytes = size_of(pending.request);
  if (watch_ != nullptr) pending.moved = watch_->moved();
  const char* refusal = nullptr;
  {
    Lock lock(mutex_);
    if (sheddable(pending.request)) {
      if (draining_) refusal = "Not recorded: Muster is stopping. Send it again in a moment.";
      else if (!has_room(pending.request.cls, pending.bytes))
        refusal = "Not recorded: too much is waiting right now. Send it again in a second.";
    }
    if (refusal == nullptr) {
      ++queued_;
      queued_bytes_ += pending.bytes;
      queues_[static_cast<std::size_t>(pending.request.cls)].push_back(std::move(pending));
    }
  }
  if (refusal == nullptr) return arrived_.notify_one();
  ++counts_.shed;
  Error error = fail(ErrorKind::unavailable, refusal);
  error.retry_after = Millis{1000};
  pending.done(reply_of(error));
}

/// A quarter of the queue is people's alone, so that a flood of alerts turns no person away. What would be answered late is refused at once:
/// its sender then knows, and tries again, while something can still be done.
bool Coordinator::has_room(RequestClass cls, std::size_t bytes) const {
  const auto share = [&](std::size_t limit) { return cls == RequestClass::human ? limit : limit - limit / 4; };
  std::size_t most = limits_.queued_requests;
  if (seconds_each_ > 0) {
    const double in_time = std::chrono::duration<double>(limits_.queued_for).count() / seconds_each_;
    if (in_time < static_cast<double>(most)) most = std::min(most, std::max(limits_.batch_requests, static_cast<std::size_t>(in_time)));
  }
  const std::size_t before = cls == RequestClass::human ? queues_[static_cast<std::size_t>(cls)].size() : queued_;  // people wait for people alone
  return before < share(most) && queued_ < share(limits_.queued_requests) && queued_bytes_ + bytes <= share(limits_.queued_bytes);
}

bool Coordinator::turns_away(RequestClass cls) {
  {
    Lock lock(mutex_);
    if (has_room(cls, 0)) return false;
  }
  ++counts_.shed;
  return true;
}

void Coordinator::note_pace(std::size_t requests, std::chrono::microseconds took) {
  if (requests < kTellsPace) return;
  const double each = std::chrono::duration<double>(took).count() / static_cast<double>(requests);
  Lock lock(mutex_);
  seconds_each_ = seconds_each_ > 0 ? seconds_each_ + kNewestCounts * (each - seconds_each_) : each;
}

/// One commit answers a whole batch, so what is taken along with people makes them wait: no more than there are of them, or a few. And whoever
/// comes while a batch without people is under way waits for all of it, so that is kept short: an alert that opens an incident writes a lot.
std::vector<Coordinator::Pending> Coordinator::take() {
  std::vector<Pending> out;
  Lock lock(mutex_);
  auto pull = [&](std::deque<Pending>& from, std::size_t most) REQUIRES_LOCK(mutex_) {
    for (; most > 0 && !from.empty(); --most) {
      queued_bytes_ -= from.front().bytes;
      --queued_;
      out.push_back(std::move(from.front()));
      from.pop_front();
    }
  };
  std::size_t along = limits_.batch_along;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    std::size_t later = 0;
    for (std::size_t j = i + 1; j < queues_.size(); ++j) later += std::min(kLeastPerClass, queues_[j].size());
    const std::size_t room = limits_.batch_requests - std::min(limits_.batch_requests, out.size() + later);
    pull(queues_[i], std::min(along, std::max(room, std::min(kLeastPerClass, queues_[i].size()))));
    if (i == 0 && !out.empty()) along = std::max(kLeastPerClass, out.size());
  }
  return out;
}

bool Coordinator::run_once() {
  const auto begin = env_.clock.fine();
  auto pending = take();
  if (pending.empty()) return false;
  std::vector<Work> works;
  works.reserve(pending.size());
  for (auto& p : pending) {
    Work w;
    w.actor = actor_of(p.request.caller);
    w.pending = std::move(p);
    works.push_back(std::move(w));
  }
  handle(works);
  note_pace(works.size(), env_.clock.fine() - begin);
  return true;
}

void Coordinator::handle(std::vector<Work>& works) {
  constexpr int kTries = 3;
  for (int attempt = 1;; ++attempt) {
    Batch done;
    const auto work = [&](Time now) { return decide_and_commit(works, done, now); };
    const Status ready = watch_ != nullptr ? watch_->with_time(work) : work(env_.clock.now());
    if (ready) {
      const auto& batch = done.changes;
      if (batch.empty()) return answer(works, nullptr);
      kept(done.met);
      const bool redacted = std::any_of(batch.begin(), batch.end(), [](const Changes& c) { return !c.redactions.empty(); });
      if (redacted) reread_repeats(works);
      answer(works, nullptr);
      if (on_commit) {
        Committed told = summary(batch);
        told.seconds = std::chrono::duration<double>(done.took).count();
        on_commit(told);
      }
      return;
    }
    ++counts_.commit_failures;
    const Error& error = ready.error();
    const bool again = error.kind == ErrorKind::conflict && attempt < kTries;
    if (!again)
      if (const auto times = commit_trouble_.count(env_.clock.monotonic()))
        log(LogLevel::warning, "commit_refused", {{"why", error.message}, {"requests", static_cast<std::int64_t>(works.size())}, {"times", *times}});
    // Damage that one request met must not sink the others; a commit of unknown outcome concerns all.
    const bool alone = error.kind != ErrorKind::unavailable && !error.maybe_recorded && !again && works.size() > 1;
    if (alone) return handle_one_by_one(works);
    if (!again) {
      answer(works, &error);
      if (error.maybe_recorded && on_fatal) on_fatal(error.message);
      return;
    }
    for (auto& w : works) {  // somebody else wrote in between; decide is pure, so decide again
      w.reply.reset();
      w.change = -1;
      w.builds_on_batch = false;
    }
  }
}

/// All of it in one time: what is worked out from `now` is committed before anything may be moved.
Status Coordinator::decide_and_commit(std::vector<Work>& works, Batch& batch, Time now) {
  Loaded loaded;
  if (auto known = recognise(works, loaded); !known) return known;
  if (auto read = load_reads(works, loaded); !read) return read;
  Refused refused;
  for (auto& w : works) decide_one(w, loaded, refused, batch.changes, now);
  if (batch.changes.empty()) return Done{};
  leave_out_replaced(batch.changes);
  batch.met = not_kept();
  auto& people = batch.changes.front().people;
  people.insert(people.end(), batch.met.begin(), batch.met.end());
  const auto begin = env_.clock.fine();
  auto committed = store_.commit(batch.changes);
  batch.took = env_.clock.fine() - begin;
  ++counts_.batches;
  return committed;
}

/// A repeat's answer was read before the batch took words away; what is stored now no longer has them.
void Coordinator::reread_repeats(std::vector<Work>& works) {
  LoadQuery query;
  const auto repeat = [](const Work& w) { return w.reply && w.reply->repeated; };
  for (const auto& w : works)
    if (repeat(w)) query.dedup_keys.insert(query.dedup_keys.end(), w.pending.request.dedup_keys.begin(), w.pending.request.dedup_keys.end());
  if (query.dedup_keys.empty()) return;
  const auto stored = store_.load(query);
  for (auto& w : works) {
    if (!repeat(w)) continue;
    if (!stored) {
      w.reply = reply_of(stored.error());
      continue;
    }
    for (const auto& key : w.pending.request.dedup_keys)
      if (const auto it = stored->replies.find(key); it != stored->replies.end()) w.reply = it->second;
    w.reply->repeated = true;
  }
}

/// One bad row must not sink its batch.
void Coordinator::handle_one_by_one(std::vector<Work>& works) {
  for (auto& w : works) {
    std::vector<Work> one;
    w.reply.reset();
    w.change = -1;
    w.builds_on_batch = false;
    one.push_back(std::move(w));
    handle(one);
  }
}

void Coordinator::answer(std::vector<Work>& works, const Error* error) {
  for (auto& w : works) {
    // A repeat or refusal needed no commit, but it fails with what it was decided on: "already acknowledged" by whom, if that is not recorded?
    const bool depends = w.change >= 0 || w.builds_on_batch;
    Reply reply = error != nullptr && (depends || !w.reply) ? reply_of(*error) : std::move(*w.reply);
    w.pending.done(std::move(reply));
  }
}

bool Coordinator::wait(Millis timeout) {
  Lock lock(mutex_);
  return arrived_.wait_for(lock.native(), timeout, [this]() REQUIRES_LOCK(mutex_) { return queued_ > 0; });
}

void Coordinator::drain() {
  Lock lock(mutex_);
  draining_ = true;
}

std::size_t Coordinator::queued() const {
  Lock lock(mutex_);
  return queued_;
}

}  // namespace bot
