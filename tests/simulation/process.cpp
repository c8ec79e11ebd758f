#include "tests/simulation/process.hpp"

#include "tests/simulation/invariants.hpp"

namespace sim {

using namespace bot;

namespace {

constexpr Millis kOverdueWait{30000};

std::string request_key(const Request& request) {
  if (!request.dedup_keys.empty()) return request.dedup_keys.front();
  if (const auto* outcome = std::get_if<SendOutcome>(&request.body)) return "out:" + outcome->before.message.id;
  return "nameless";
}

template <class Port, class Make>
Port& with(std::unique_ptr<Port>& owner, const Make& make, Port& next, World& world) {
  if (!make) return next;
  owner = make(next, world);
  return *owner;
}

/// The same for a port that is only read.
const Commands& with(std::unique_ptr<Commands>& owner, const Break* broken, const Commands& next, World& world) {
  if (broken == nullptr || !broken->commands) return next;
  owner = broken->commands(next, world);
  return *owner;
}

}  // namespace

Result<Decision> Recorder::decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const {
  if (const auto* due = std::get_if<TimerDue>(&request.body)) check_timer_in_time(world_, due->timer, context.now);
  auto decision = real_.decide(request, invocation, snapshot, context);
  if (!decision) return decision;
  const std::string key = request_key(request);
  const std::string tag = key + "#" + std::to_string(++world_.decisions[key]);
  for (auto& entry : decision->entries) entry.facts.emplace_back(kTraceFact, tag);
  decision->reply.card.facts.push_back({kTraceFact, {plain(tag)}});  // so that an answer tells what it answers
  world_.decided[tag] = Decided{key, decision->incident, decision->entries.size(), world_.forgotten.count(key) > 0 ? world_.forgotten[key] : 0, context.now};
  world_.newest_decision[key] = tag;
  return decision;
}

void SpyStore::note(const Changes& changes) {
  for (const auto& message : changes.messages) {
    auto& lane = world_.lanes[message.lane];
    if (world_.committed.count(message.id) > 0) continue;
    world_.committed[message.id] = Committed{message.lane, lane.size()};
    lane.push_back(message.id);
  }
  for (const auto& update : changes.updates) {
    const auto before = world_.disk.message(update.message.id);
    if (before && before->state == MessageState::held && update.state == MessageState::queued) world_.resend_chosen.insert(update.message.id);
  }
}

/// What waits untried, or does once this batch says so: a newer one of its lane and key may stand for it.
std::vector<QueuedMessage> SpyStore::replaceable(const std::vector<Changes>& batch) const {
  std::set<std::pair<std::string, std::string>> wanted;
  for (const auto& changes : batch)
    for (const auto& m : changes.messages)
      if (!m.supersedes.empty()) wanted.emplace(m.lane, m.supersedes);
  std::vector<QueuedMessage> out;
  if (wanted.empty()) return out;
  const auto untried = [](const QueuedMessage& m) { return m.state == MessageState::queued && m.attempts == 0; };
  std::set<std::string> put_back;
  for (const auto& changes : batch)
    for (const auto& update : changes.updates)
      if (untried(update)) put_back.insert(update.message.id);
  world_.disk.each_message([&](const QueuedMessage& m) {
    if ((untried(m) || put_back.count(m.message.id) > 0) && wanted.count({m.message.lane, m.message.supersedes}) > 0) out.push_back(m);
  });
  return out;
}

/// Whether one that waited stands for it, or it for that one. Anything else that is not in the outbox afterwards is lost.
bool SpyStore::stands_for(const Message& newer, const Message& older) {
  if (older.lane != newer.lane || older.supersedes != newer.supersedes) return false;
  const bool has_newer = world_.disk.state_of(newer.id).has_value(), has_older = world_.disk.state_of(older.id).has_value();
  if (has_older) return !has_newer && std::holds_alternative<EditSummary>(newer.content) && newer.deadline - older.deadline < std::chrono::minutes{1};
  if (!has_newer) return false;
  const std::size_t place = world_.committed[older.id].place;
  world_.committed[newer.id].place = place;
  world_.lanes[newer.lane][place] = newer.id;
  world_.owed.erase(older.id);
  return false;
}

Status SpyStore::commit(std::vector<Changes>& batch) {
  world_.point(CrashPoint::before_commit);
  world_.before_commit();
  const auto waiting = replaceable(batch);
  for (const auto& changes : batch) note(changes);
  auto done = next_.commit(batch);
  for (const auto& changes : batch) note_timers(world_, changes);
  for (const auto& changes : batch)
    for (const auto& message : changes.messages) {
      bool shown = false;
      for (const auto& older : waiting) shown |= stands_for(message, older.message);
      if (done && !shown) world_.owed.insert(message.id);
    }
  if (done) {
    for (const auto& changes : batch) {
      for (const auto& update : changes.updates) world_.vendor(update.message.integration).resolved(update.message.id);
      for (const auto& [incident, seq] : changes.redactions) remember_redaction(world_, incident, seq);
    }
  }
  if (world_.telling) {
    for (const auto& changes : batch) {
      for (const auto& e : changes.entries) world_.tell("  " + std::string(done ? "recorded" : "not recorded") + ": INC-" + std::to_string(e.incident) + " " + std::to_string(e.seq) + " " +
                                                        to_string(e.kind) + (e.text && !e.text->empty() ? " \"" + *e.text + "\"" : "") + " [" + fact(e.facts, kTraceFact) + "]");
      for (const auto& u : changes.updates) world_.tell("  " + short_id(u.message.id) + " is now " + to_string(u.state) + (done ? "" : " (not recorded)"));
    }
  }
  world_.point(CrashPoint::after_commit);
  return done;
}

Result<Loaded> SpyStore::load(const LoadQuery& query) {
  if (world_.store_fails()) return fail(ErrorKind::unavailable, "the disk does not answer");
  return next_.load(query);
}

Result<std::vector<Timer>> SpyStore::due_timers(Time now, int limit) {
  if (world_.store_fails()) return fail(ErrorKind::unavailable, "the disk does not answer");
  auto due = next_.due_timers(now, limit);
  if (due) check_due_found(world_, *due);
  if (due && world_.resting) std::erase_if(*due, [](const Timer& timer) { return timer.kind == "remind"; });
  return due;
}

Status SpyStore::shift_due(Millis by, const std::string& timer_kind) {
  if (world_.store_fails()) return fail(ErrorKind::unavailable, "the disk does not answer");
  world_.tell("  what is owed is moved by " + std::to_string(by.count()) + " ms");
  return next_.shift_due(by, timer_kind);
}

Result<std::vector<QueuedMessage>> SpyStore::lease(const LeaseQuery& query) {
  if (world_.store_fails()) return fail(ErrorKind::unavailable, "the disk does not answer");
  auto leased = next_.lease(query);
  if (leased) {
    for (const auto& m : *leased) leased_.insert(m.message.id);
    check_nothing_left_behind(world_, leased_);
  }
  if (leased && !leased->empty()) {
    if (world_.telling)
      for (const auto& m : *leased) world_.tell("  leased: " + short_id(m.message.id) + " " + kind_of(m.message.content) + " in " + m.message.lane + (m.in_doubt ? ", in doubt" : ""));
    world_.point(CrashPoint::after_lease);
  }
  return leased;
}

std::set<std::string> SpyStore::known_keys() {
  LoadQuery query;
  for (const auto& [key, tag] : world_.newest_decision) query.dedup_keys.push_back(key);
  std::set<std::string> out;
  const auto loaded = world_.disk.load(query).value();
  for (const auto& [key, reply] : loaded.replies) out.insert(key);
  return out;
}

Result<bool> SpyStore::purge(Time before) {
  const auto keys = known_keys();
  const auto messages = world_.disk.messages();
  auto done = next_.purge(before);
  const auto kept = known_keys();
  for (const auto& key : keys)
    if (kept.count(key) == 0) {
      check_key_may_go(world_, key, before);
      ++world_.forgotten[key];
    }
  for (const auto& m : messages)
    if (!world_.disk.state_of(m.message.id)) {
      check_message_may_go(world_, m, before);
      world_.purged.insert(m.message.id);
    }
  return done;
}

bool Jobs::go_on(std::uint32_t which) {
  if (waiting_.empty()) return false;
  const auto at = waiting_.begin() + static_cast<std::ptrdiff_t>(which % waiting_.size());
  auto job = std::move(*at);
  waiting_.erase(at);
  job();
  return true;
}

Process::Process(World& world, const Commands& table, const Break* broken)
    : world_(world),
      store(with(broken_store_, broken != nullptr ? broken->store : nullptr, static_cast<Store&>(world.disk), world), world),
      reader(with(broken_reader_, broken != nullptr ? broken->reader : nullptr, static_cast<Reader&>(world.disk), world)),
      commands_(with(broken_commands_, broken, table, world), world),
      watch(store, world.env.clock),
      coordinator(store, world.disk, commands_, world.settings, people, world.env.env()),
      dispatcher(store, reader,
                 with(broken_intake_, broken != nullptr ? broken->intake : nullptr, static_cast<Intake&>(coordinator), world),
                 [&] {
                   std::vector<Sender*> out;
                   for (auto& vendor : world.vendors) {
                     if (broken != nullptr && broken->sender) {
                       broken_senders_.push_back(broken->sender(*vendor, world));
                       out.push_back(broken_senders_.back().get());
                     } else {
                       out.push_back(vendor.get());
                     }
                   }
                   return out;
                 }(),
                 jobs, world.env.env(), "boot" + std::to_string(++world.boots)),
      timers(store, broken_intake_ ? *broken_intake_ : static_cast<Intake&>(coordinator), world.env.env(), world.env.clock.now() + kOverdueWait) {
  const auto all_person = world.disk.people().value();
  for (const auto& person : all_person) people.put(person);
  for (const auto& person : world.settings.people) people.put(person);
  if (broken == nullptr || !broken->unwatched) {
    coordinator.watch(watch);
    dispatcher.watch(watch);
    timers.watch(watch);
  }
  coordinator.on_fatal = [&world](const std::string&) { world.fatal = true; };
}

}  // namespace sim
