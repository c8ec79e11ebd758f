#include <algorithm>

#include "bot/addressing.hpp"
#include "bot/announcing.hpp"
#include "bot/coordinator_work.hpp"
#include "bot/narrate.hpp"

namespace bot {
namespace {

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

void told_by_room(std::optional<Invocation>& invocation, std::optional<std::int64_t>& incident, std::int64_t number) {
  incident = number;
  if (invocation) invocation->by_room = true;
}

/// The same key with another command under it: neither carried out nor answered as if it had been.
bool is_another(const Request& request, const Reply& stored) {
  return !request.fingerprint.empty() && !stored.fingerprint.empty() && request.fingerprint != stored.fingerprint;
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
    if (const auto it = loaded.rooms.find(room_key(*r.room)); it != loaded.rooms.end()) told_by_room(w.pending.invocation, *incident, it->second);
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

void Coordinator::decide_one(Work& work, Loaded& loaded, Refused& refused, std::vector<Changes>& batch, Time now) {
  Request& request = work.pending.request;
  for (const auto& key : request.dedup_keys) {
    if (const auto it = loaded.replies.find(key); it != loaded.replies.end()) {
      work.reply = it->second;
      work.builds_on_batch = std::any_of(batch.begin(), batch.end(), [&key](const Changes& c) {
        return std::find(c.dedup_keys.begin(), c.dedup_keys.end(), key) != c.dedup_keys.end();
      });
    } else if (const auto twin = refused.find(key); twin != refused.end()) {  // recording this one would make "not recorded" a lie
      work.reply = twin->second->reply;
      work.builds_on_batch = twin->second->builds_on_batch;
    } else {
      continue;
    }
    if (is_another(request, *work.reply)) {
      work.reply = reply_of(fail(ErrorKind::invalid_input, "Not recorded: this key was used for another command. Send each command with a key of its own."));
      ++counts_.refused;
    } else {
      work.reply->repeated = true;
      ++counts_.repeated;
    }
    if (request.state.empty()) return;
    Changes moved;  // a repeat changes nothing but where its adapter stands
    moved.state = request.state;
    moved.at = now;
    work.change = static_cast<std::ptrdiff_t>(batch.size());
    batch.push_back(std::move(moved));
    return;
  }
  work.builds_on_batch = !batch.empty();
  if (auto* incident = left_to_the_room(request, work.pending.invocation))  // an earlier request of the batch may have given the room to an incident
    if (const auto it = loaded.rooms.find(room_key(*request.room)); it != loaded.rooms.end()) {
      told_by_room(work.pending.invocation, *incident, it->second);
      work.reads = commands_.reads(request, work.pending.invocation ? &*work.pending.invocation : nullptr);
    }
  const Invocation* invocation = work.pending.invocation ? &*work.pending.invocation : nullptr;
  const Context context{now, work.actor, request.caller.integration, settings_, people_, [this] { return env_.ids.next(); }, request.room};
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
    if (const auto it = loaded.entries.find(work.reads.entries.front()); it != loaded.entries.end()) {
      snapshot.entry = &it->second;
      snapshot.amendments = loaded.amendments[it->first];
    }
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
    if (watch_ != nullptr) changes.updates.back().next_at += watch_->moved() - work.pending.moved;  // the clock was set meanwhile
    changes.references = outcome->references;
  }
  if (const auto* due = std::get_if<TimerDue>(&request.body)) changes.timers_done.push_back(due->timer.id);
  if (!decided) {
    work.reply = reply_of(decided.error());
    work.reply->fingerprint = request.fingerprint;
    ++counts_.refused;
    for (const auto& key : request.dedup_keys) refused[key] = &work;
    if (!anything(changes)) return;
  } else {
    record(*decided, snapshot, context, loaded, changes);
    work.reply = std::move(decided->reply);
    if (!work.reply->incident && decided->incident > 0) work.reply->incident = decided->incident;
    work.reply->fingerprint = request.fingerprint;
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
      if (const auto of = repeats(changes.entries.back()))
        loaded.amendments[{decision.incident, *of}].push_back(changes.entries.back().seq);
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

}  // namespace bot
