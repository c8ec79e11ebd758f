#include "bot/coordinator.hpp"

#include <algorithm>
#include <unordered_set>

#include "bot/addressing.hpp"
#include "bot/announcing.hpp"

namespace bot {

struct Coordinator::Pending {
  Request request;
  std::optional<Invocation> invocation;
  Completion done;
  std::size_t bytes = 0;
};

/// One request of a batch on its way from load to reply.
struct Coordinator::Work {
  Pending pending;
  Actor actor;
  Reads reads;
  std::optional<Reply> reply;   ///< set: answered already (repeat or error), nothing to commit
  std::ptrdiff_t change = -1;   ///< index in the batch's Changes
  bool builds_on_batch = false; ///< decided on what earlier requests of the batch change, so it stands or falls with them
};

namespace {

constexpr std::size_t kLeastPerClass = 8;  // so that a flood of one class never starves the next

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

std::string room_key(const RoomKey& room) { return room.integration + "/" + room.id; }

bool anything(const Changes& c) {
  return !c.entries.empty() || !c.messages.empty() || !c.updates.empty() || !c.timers.empty() || !c.timers_done.empty() || !c.references.empty() ||
         !c.alerts.empty() || !c.redactions.empty() || !c.state.empty();
}

/// The incident of a request that may leave it to the room; null for requests that know theirs.
std::optional<std::int64_t>* left_to_the_room(Request& request, std::optional<Invocation>& invocation) {
  if (!request.room) return nullptr;
  std::optional<std::int64_t>* incident = nullptr;
  if (invocation) incident = &invocation->incident;
  else if (auto* capture = std::get_if<Capture>(&request.body)) incident = &capture->incident;
  else if (auto* change = std::get_if<RoomChange>(&request.body)) incident = &change->incident;
  return incident != nullptr && !*incident ? incident : nullptr;
}

/// What a later request of the batch replaces is never owed: of a hundred changes at once, one edit of the card is written down and sent.
void leave_out_replaced(std::vector<Changes>& batch) {
  std::unordered_set<std::string> newer;
  for (auto changes = batch.rbegin(); changes != batch.rend(); ++changes) {
    auto& messages = changes->messages;
    for (auto m = messages.rbegin(); m != messages.rend();) {
      if (m->supersedes.empty() || newer.insert(m->lane + '\n' + m->supersedes).second) ++m;
      else m = std::make_reverse_iterator(messages.erase(std::next(m).base()));
    }
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

Entry make_entry(const NewEntry& proposed, const Incident& row, const Context& context, Random& random) {
  Entry e;
  e.incident = row.number;
  e.seq = row.last_seq + 1;
  e.kind = proposed.kind;
  e.recorded_at = context.now;
  e.occurred_at = proposed.occurred_at.value_or(context.now);
  e.actor = context.actor;
  e.source = context.source;
  e.facts = proposed.facts;
  e.salt = random.bytes(16);
  e.text_hash = text_hash(e.salt, proposed.text);
  e.text = proposed.text;
  e.hash = chain_hash(row.chain_head, e);
  return e;
}

/// What a person chose becomes the message's next state; two doubts make a fruitless look end in "held", never in a silent resend.
QueuedMessage chosen(QueuedMessage held, HeldChoice choice, Time now) {
  held.next_at = now;
  held.looks = 0;
  switch (choice) {
    case HeldChoice::look_again: held.state = MessageState::unknown; held.doubts = std::max(2, held.doubts); held.deaths = 0; break;
    case HeldChoice::send_again: held.state = MessageState::queued; held.doubts = 1; held.deaths = 0; break;
    case HeldChoice::drop: held.state = MessageState::dropped; break;
  }
  return held;
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
    if (auto found = reader_.incident_of(*request.room); found && *found) invocation.incident = **found;
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
    if (auto found = reader_.incident_of(*request.room); found && *found) invocation.incident = **found;
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
  Pending pending{std::move(request), std::nullopt, std::move(done), 0};
  if (const auto* typed = std::get_if<Typed>(&pending.request.body)) {
    auto parsed = commands_.parse(typed->text, settings_, people_);
    if (!parsed) return pending.done(reply_of(parsed.error()));
    pending.invocation = *std::move(parsed);
  } else if (const auto* invocation = std::get_if<Invocation>(&pending.request.body)) {
    pending.invocation = *invocation;
  }
  if (pending.invocation && commands_.is_query(*pending.invocation)) return answer_query(pending.request, *pending.invocation, pending.done);

  pending.bytes = size_of(pending.request);
  const char* refusal = nullptr;
  {
    Lock lock(mutex_);
    if (sheddable(pending.request)) {
      if (draining_) refusal = "Not recorded: Muster is stopping. Send it again in a moment.";
      else if (!has_room(pending))
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

/// A quarter of the queue is people's alone, so that a flood of alerts turns no person away.
bool Coordinator::has_room(const Pending& pending) const {
  const auto share = [&](std::size_t limit) { return pending.request.cls == RequestClass::human ? limit : limit - limit / 4; };
  return queued_ < share(limits_.queued_requests) && queued_bytes_ + pending.bytes <= share(limits_.queued_bytes);
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
  return true;
}

/// Which requests are repeats, and which incident a room stands for.
Status Coordinator::recognise(std::vector<Work>& works, Loaded& loaded) {
  LoadQuery query;
  for (auto& w : works) {
    const Request& r = w.pending.request;
    query.dedup_keys.insert(query.dedup_keys.end(), r.dedup_keys.begin(), r.dedup_keys.end());
    if (left_to_the_room(w.pending.request, w.pending.invocation) != nullptr) query.rooms.push_back(*r.room);
  }
  if (query.dedup_keys.empty() && query.rooms.empty()) return Done{};
  auto first = store_.load(query);
  if (!first) return first.error();
  loaded = *std::move(first);
  for (auto& w : works) {
    Request& r = w.pending.request;
    std::optional<std::int64_t>* incident = left_to_the_room(r, w.pending.invocation);
    if (incident == nullptr) continue;
    if (const auto it = loaded.rooms.find(room_key(*r.room)); it != loaded.rooms.end()) *incident = it->second;
  }
  return Done{};
}

Status Coordinator::load_reads(std::vector<Work>& works, Loaded& loaded) {
  LoadQuery query;
  for (auto& w : works) {
    const Request& r = w.pending.request;
    const bool repeat = std::any_of(r.dedup_keys.begin(), r.dedup_keys.end(), [&](const auto& k) { return loaded.replies.count(k) > 0; });
    if (repeat) continue;  // decide_one answers it from the stored reply
    w.reads = commands_.reads(r, w.pending.invocation ? &*w.pending.invocation : nullptr);
    query.incidents.insert(query.incidents.end(), w.reads.incidents.begin(), w.reads.incidents.end());
    query.next_number |= w.reads.next_number;
    if (!w.reads.alert.empty()) query.alerts.push_back(w.reads.alert);
    if (!w.reads.alert_group.empty()) query.alert_groups.push_back(w.reads.alert_group);
    query.entries.insert(query.entries.end(), w.reads.entries.begin(), w.reads.entries.end());
    if (!w.reads.incidents.empty())
      for (const auto& [integration, what] : w.reads.references) query.references.push_back({w.reads.incidents.front(), integration, what, ""});
    if (w.reads.troubled) query.troubled.insert(query.troubled.end(), w.reads.incidents.begin(), w.reads.incidents.end());
  }
  auto more = store_.load(query);
  if (!more) return more.error();
  auto replies = std::move(loaded.replies);
  loaded = *std::move(more);
  loaded.replies = std::move(replies);
  return Done{};
}

void Coordinator::handle(std::vector<Work>& works) {
  constexpr int kTries = 3;
  for (int attempt = 1;; ++attempt) {
    Loaded loaded;
    std::vector<Changes> batch;
    std::vector<Person> met;
    std::chrono::microseconds took{0};
    Status ready = recognise(works, loaded);
    if (ready) ready = load_reads(works, loaded);
    if (ready) {
      for (auto& w : works) decide_one(w, loaded, batch);
      if (batch.empty()) return answer(works, nullptr);
      leave_out_replaced(batch);
      met = not_kept();
      batch.front().people.insert(batch.front().people.end(), met.begin(), met.end());
      const auto begin = env_.clock.fine();
      ready = store_.commit(batch);
      took = env_.clock.fine() - begin;
      ++counts_.batches;
    }
    if (ready) {
      kept(met);
      const bool redacted = std::any_of(batch.begin(), batch.end(), [](const Changes& c) { return !c.redactions.empty(); });
      if (redacted) reread_repeats(works);
      answer(works, nullptr);
      if (on_commit) {
        Committed told = summary(batch);
        told.seconds = std::chrono::duration<double>(took).count();
        on_commit(told);
      }
      return;
    }
    ++counts_.commit_failures;
    const Error& error = ready.error();
    const bool again = error.kind == ErrorKind::conflict && attempt < kTries;
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

void Coordinator::decide_one(Work& work, Loaded& loaded, std::vector<Changes>& batch) {
  Request& request = work.pending.request;
  for (const auto& key : request.dedup_keys) {
    const auto it = loaded.replies.find(key);
    if (it == loaded.replies.end()) continue;
    work.reply = it->second;
    work.reply->repeated = true;
    work.builds_on_batch = std::any_of(batch.begin(), batch.end(), [&key](const Changes& c) {
      return std::find(c.dedup_keys.begin(), c.dedup_keys.end(), key) != c.dedup_keys.end();
    });
    ++counts_.repeated;
    if (request.state.empty()) return;
    Changes moved;  // a repeat changes nothing but where its adapter stands
    moved.state = request.state;
    moved.at = env_.clock.now();
    work.change = static_cast<std::ptrdiff_t>(batch.size());
    batch.push_back(std::move(moved));
    return;
  }
  work.builds_on_batch = !batch.empty();
  if (auto* incident = left_to_the_room(request, work.pending.invocation))  // an earlier request of the batch may have given the room to an incident
    if (const auto it = loaded.rooms.find(room_key(*request.room)); it != loaded.rooms.end()) {
      *incident = it->second;
      work.reads = commands_.reads(request, work.pending.invocation ? &*work.pending.invocation : nullptr);
    }
  const Invocation* invocation = work.pending.invocation ? &*work.pending.invocation : nullptr;
  const Context context{env_.clock.now(), work.actor, request.caller.integration, settings_, people_, [this] { return env_.ids.next(); }, request.room};
  Snapshot snapshot;
  snapshot.next_number = loaded.next_number;
  auto incident = [&loaded](std::int64_t n) {
    const auto it = loaded.incidents.find(n);
    return it == loaded.incidents.end() ? nullptr : &it->second;
  };
  if (!work.reads.incidents.empty()) snapshot.incident = incident(work.reads.incidents.front());
  if (const auto it = loaded.alerts.find(work.reads.alert); it != loaded.alerts.end()) {
    snapshot.alert = &it->second;
    if (snapshot.incident == nullptr) snapshot.incident = incident(it->second.incident);
  }
  if (const auto it = loaded.groups.find(work.reads.alert_group); it != loaded.groups.end()) snapshot.group_incident = incident(it->second);
  if (!work.reads.entries.empty())
    if (const auto it = loaded.entries.find(work.reads.entries.front()); it != loaded.entries.end()) snapshot.entry = &it->second;
  if (work.reads.troubled && snapshot.incident != nullptr) snapshot.troubled = loaded.troubled[snapshot.incident->number];

  for (const auto& [integration, what] : work.reads.references)
    for (const auto& r : loaded.references)
      if (!work.reads.incidents.empty() && r.incident == work.reads.incidents.front() && r.integration == integration && r.what == what)
        snapshot.references[integration + "/" + what] = r.id;

  auto decided = commands_.decide(request, invocation, snapshot, context);
  Changes changes;
  changes.state = request.state;
  if (const auto* outcome = std::get_if<SendOutcome>(&request.body)) {  // recorded with the message whatever it means to people
    changes.updates.push_back(outcome->after);
    changes.references = outcome->references;
  }
  if (const auto* due = std::get_if<TimerDue>(&request.body)) changes.timers_done.push_back(due->timer.id);
  if (!decided) {
    work.reply = reply_of(decided.error());
    ++counts_.refused;
    if (!anything(changes)) return;
  } else {
    record(*decided, snapshot, context, loaded, changes);
    work.reply = std::move(decided->reply);
    if (!work.reply->incident && decided->incident > 0) work.reply->incident = decided->incident;
  }
  if (!anything(changes)) return;
  changes.dedup_keys = request.dedup_keys;
  changes.reply = *work.reply;
  changes.at = context.now;
  for (const auto& key : request.dedup_keys) loaded.replies[key] = *work.reply;
  work.change = static_cast<std::ptrdiff_t>(batch.size());
  batch.push_back(std::move(changes));
  ++counts_.decided;
}

/// Numbers and chains the entries, folds them into the row, addresses the messages. `loaded` becomes what the next request of the batch sees.
void Coordinator::record(const Decision& decision, const Snapshot& snapshot, const Context& context, Loaded& loaded, Changes& changes) {
  if (decision.incident > 0) {
    Incident& row = loaded.incidents[decision.incident];
    if (row.number == 0) {
      row.number = decision.incident;
      loaded.next_number = std::max(loaded.next_number, decision.incident + 1);
    }
    for (const auto& proposed : decision.entries) {
      changes.entries.push_back(make_entry(proposed, row, context, env_.random));
      apply(row, changes.entries.back());
      for (auto& message : announce_elsewhere(changes.entries.back(), row, context)) changes.messages.push_back(std::move(message));
    }
    if (!decision.redact.empty() && snapshot.entry != nullptr) {
      scrub(row, *snapshot.entry);
      for (const auto seq : decision.redact) changes.redactions.emplace_back(decision.incident, seq);
    }
    if (!decision.entries.empty()) changes.incidents.push_back(row);
    for (const auto& outgoing : decision.messages) {
      auto messages = address(outgoing, row, context);
      changes.messages.insert(changes.messages.end(), std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
    }
  }
  for (const auto& reference : decision.references) {
    if (reference.what == "room") loaded.rooms[reference.integration + "/" + reference.id] = reference.incident;
    std::erase_if(loaded.references, [&](const Reference& r) { return r.incident == reference.incident && r.integration == reference.integration && r.what == reference.what; });
    loaded.references.push_back(reference);
    changes.references.push_back(reference);
  }
  for (const auto& change : decision.timers) {
    if (change.cancel) changes.timers_done.push_back(change.timer.id);
    else changes.timers.push_back(change.timer);
  }
  for (const auto& alert : decision.alerts) {
    loaded.alerts[alert.identity] = alert;
    if (!alert.group.empty()) loaded.groups[alert.group] = alert.incident;
    changes.alerts.push_back(alert);
  }
  for (const auto& held : decision.held)
    for (const auto& message : snapshot.troubled)
      if (message.message.id == held.message) changes.updates.push_back(chosen(message, held.choice, context.now));
  for (const auto& person : decision.people) meet(person);
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
