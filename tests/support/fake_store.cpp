#include "tests/support/fake_store.hpp"

#include <algorithm>

#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"

namespace support {

using bot::Lock;
using bot::MessageState;
using bot::QueuedMessage;

namespace {

constexpr std::int64_t kPurgeStep = 1000;
constexpr bot::Millis kDeadKept{30LL * 24 * 3600 * 1000};

std::string room_key(const std::string& integration, const std::string& id) { return integration + "/" + id; }

bot::Error conflict(const std::string& what) { return bot::fail(bot::ErrorKind::conflict, what); }

}  // namespace

void FakeStore::fail_next_commit(Failure failure) {
  Lock lock(mutex_);
  failure_ = failure;
}

bot::Result<bot::Loaded> FakeStore::load(const bot::LoadQuery& query) {
  Lock lock(mutex_);
  const Tables& t = tables_;
  bot::Loaded out;
  std::set<std::int64_t> wanted(query.incidents.begin(), query.incidents.end());
  for (const auto& key : query.dedup_keys)
    if (const auto it = t.replies.find(key); it != t.replies.end()) out.replies[key] = it->second.reply;
  for (const auto& room : query.rooms)
    for (const auto& [key, id] : t.references)
      if (std::get<1>(key) == room.integration && std::get<2>(key) == "room" && id == room.id) {
        out.rooms[room_key(room.integration, room.id)] = std::get<0>(key);
        wanted.insert(std::get<0>(key));
      }
  for (const auto& identity : query.alerts)
    if (const auto it = t.alerts.find(identity); it != t.alerts.end()) {
      out.alerts[identity] = it->second;
      wanted.insert(it->second.incident);
    }
  for (const auto& group : query.alert_groups)
    if (const auto it = t.groups.find(group); it != t.groups.end()) {
      out.groups[group] = it->second;
      wanted.insert(it->second);
    }
  for (const auto number : wanted)
    if (const auto it = t.incidents.find(number); it != t.incidents.end()) out.incidents[number] = it->second;
  for (const auto& [incident, seq] : query.entries) {
    const auto it = t.timelines.find(incident);
    if (it != t.timelines.end() && seq >= 1 && seq <= static_cast<std::int64_t>(it->second.size()))
      out.entries[{incident, seq}] = t.entries[it->second[static_cast<std::size_t>(seq - 1)]];
    if (out.entries.count({incident, seq}) == 0) continue;
    auto& amendments = out.amendments[{incident, seq}];
    amendments.clear();
    for (const auto at : it->second)
      if (const auto& e = t.entries[at]; e.text && bot::repeats(e) == seq) amendments.push_back(e.seq);
  }
  for (const auto number : query.troubled)
    if (out.troubled.count(number) == 0)
      for (const auto& m : t.messages)
        if (m.message.incident == number && m.state == MessageState::held) out.troubled[number].push_back(m);
  for (const auto& asked : query.references)
    if (const auto it = t.references.find({asked.incident, asked.integration, asked.what}); it != t.references.end())
      out.references.push_back({asked.incident, asked.integration, asked.what, it->second});
  if (query.next_number && !t.incidents.empty()) out.next_number = t.incidents.rbegin()->first + 1;
  return out;
}

bot::Status FakeStore::commit(std::vector<bot::Changes>& batch) {
  Lock lock(mutex_);
  const auto failure = std::exchange(failure_, std::nullopt);
  if (failure == Failure::unavailable) {
    bot::Error error = bot::fail(bot::ErrorKind::unavailable, "Not recorded: the disk is full. Free some space, then send it again.");
    error.retry_after = bot::Millis{5000};
    return error;
  }
  if (failure == Failure::conflict) return conflict("Not recorded: somebody else wrote first.");
  bot::Error unknown = bot::fail(bot::ErrorKind::corrupt, "It may be recorded: the disk did not answer. Send it again with the same key.");
  unknown.maybe_recorded = true;
  if (failure == Failure::unknown_lost) return unknown;
  if (auto allowed = check(batch, tables_); !allowed) return allowed;  // all or nothing: nothing below can fail
  for (auto& changes : batch) apply(changes, tables_);
  if (failure == Failure::unknown_kept) return unknown;
  return bot::Done{};
}

bot::Status FakeStore::check(const std::vector<bot::Changes>& batch, const Tables& against) {
  std::set<std::string> keys;
  std::map<std::int64_t, std::int64_t> last;
  for (const auto& changes : batch) {
    for (const auto& key : std::set<std::string>(changes.dedup_keys.begin(), changes.dedup_keys.end()))
      if (against.replies.count(key) > 0 || !keys.insert(key).second) return conflict("Not recorded: this request was recorded before.");
    for (const auto& entry : changes.entries) {
      auto [seq, fresh] = last.try_emplace(entry.incident, 0);
      if (const auto it = against.timelines.find(entry.incident); fresh && it != against.timelines.end()) seq->second = static_cast<std::int64_t>(it->second.size());
      if (entry.seq != ++seq->second) return conflict("Not recorded: somebody else wrote to this incident first.");
    }
  }
  return bot::Done{};
}

void FakeStore::apply(bot::Changes& changes, Tables& to) {
  if (!changes.dedup_keys.empty()) {
    const auto stored = codec::decode_reply(codec::encode(changes.reply));  // shortened like on disk
    for (const auto& key : changes.dedup_keys) to.replies[key] = {stored.value(), changes.at, storage::made_of(changes.entries)};
  }
  for (auto& entry : changes.entries) {
    to.timelines[entry.incident].push_back(to.entries.size());
    entry.position = static_cast<std::int64_t>(to.entries.size()) + 1;
    to.entries.push_back(entry);
    to.entries.back().actor = {entry.actor.kind, entry.actor.id, {}, false};
  }
  for (const auto& row : changes.incidents) to.incidents[row.number] = row;
  for (const auto& message : changes.messages) {
    add_message(to, message);
    to.made_of[message.id] = storage::made_of(changes.entries);
  }
  for (const auto& update : changes.updates) update_message(to, update);
  for (const auto& id : changes.timers_done) to.timers.erase(id);
  for (const auto& timer : changes.timers) to.timers[timer.id] = timer;  // after the fired ones: a timer may set itself again
  for (const auto& r : changes.references) to.references[{r.incident, r.integration, r.what}] = r.id;
  for (const auto& alert : changes.alerts) {
    to.alerts[alert.identity] = alert;
    if (!alert.group.empty() && alert.incident > 0) to.groups[alert.group] = std::max(to.groups[alert.group], alert.incident);
  }
  for (const auto& person : changes.people) to.people[person.id] = person;
  for (const auto& s : changes.state) {
    if (s.value.empty()) to.adapter_state.erase(s.key);
    else to.adapter_state[s.key] = s.value;
  }
  for (const auto& [incident, seq] : changes.redactions) redact(to, incident, seq);
}

void FakeStore::update_message(Tables& to, const QueuedMessage& update) {
  QueuedMessage* m = find(to, update.message.id);
  if (m == nullptr) return;  // purged meanwhile
  m->state = update.state;
  m->attempts = update.attempts;
  m->looks = update.looks;
  m->doubts = update.doubts;
  m->deaths = update.deaths;
  m->next_at = update.next_at;
  m->problem = update.problem;
  m->boot.clear();
  to.settled = std::min(to.settled, static_cast<std::size_t>(m - to.messages.data()));
  settle(to);
}

QueuedMessage* FakeStore::find(Tables& in, const std::string& id) {
  const auto it = in.message_at.find(id);
  return it == in.message_at.end() ? nullptr : &in.messages[it->second];
}

/// Nothing before `settled` is open any more, so that leasing need not look there.
void FakeStore::settle(Tables& of) {
  while (of.settled < of.messages.size() && !bot::is_open(of.messages[of.settled].state)) ++of.settled;
}

/// As the stores do it: the newer one takes the place of the one it supersedes, when nothing of its incident waits behind that.
bool FakeStore::supersede(Tables& to, const bot::Message& by) {
  std::vector<QueuedMessage*> older;
  bool behind = false;
  for (std::size_t i = to.settled; i < to.messages.size(); ++i) {
    auto& m = to.messages[i];
    if (m.message.lane != by.lane || !bot::is_open(m.state)) continue;
    const bool replaced = m.message.supersedes == by.supersedes && m.state == MessageState::queued && m.attempts == 0;
    if (replaced) older.push_back(&m);
    else behind |= !older.empty() && m.message.incident == by.incident;
  }
  if (older.size() == 1 && !behind) {
    QueuedMessage& m = *older.front();
    if (std::holds_alternative<bot::EditSummary>(by.content) && by.deadline - m.message.deadline < std::chrono::minutes{1}) return true;
    to.message_at[by.id] = to.message_at.at(m.message.id);
    to.message_at.erase(m.message.id);
    m.message = by;
    m.looks = m.doubts = m.deaths = 0;
    return true;
  }
  for (auto* m : older) m->state = MessageState::superseded;
  return false;
}

void FakeStore::add_message(Tables& to, const bot::Message& message) {
  if (!message.supersedes.empty() && supersede(to, message)) return;
  QueuedMessage queued;
  queued.message = message;
  queued.next_at = message.created;
  to.message_at[message.id] = to.messages.size();
  to.messages.push_back(std::move(queued));
}

void FakeStore::redact(Tables& to, std::int64_t incident, std::int64_t seq) {
  const auto timeline = to.timelines.find(incident);
  if (timeline == to.timelines.end() || seq < 1 || seq > static_cast<std::int64_t>(timeline->second.size())) return;
  bot::Entry& entry = to.entries[timeline->second[static_cast<std::size_t>(seq - 1)]];
  if (!entry.text) return;
  const bot::Entry before = entry;
  entry.text.reset();
  entry.salt.clear();
  for (auto& m : to.messages)
    if (m.message.incident == incident) storage::scrub(m.message.content, before, to.made_of[m.message.id], bot::is_open(m.state) && bot::tried(m));
  for (auto& [key, stored] : to.replies) {
    if (stored.reply.incident != incident) continue;
    stored.reply.fingerprint.clear();
    if (storage::carries(stored.reply, before, stored.made_of)) stored.reply = storage::without_words(stored.reply);
  }
}

std::vector<QueuedMessage*> FakeStore::heads(Tables& of) {
  std::set<std::string_view> seen;
  std::vector<QueuedMessage*> out;
  for (std::size_t i = of.settled; i < of.messages.size(); ++i)
    if (auto& m = of.messages[i]; bot::is_open(m.state) && seen.insert(m.message.lane).second) out.push_back(&m);
  return out;
}

/// Whoever leased a message under another boot id is dead: what became of its sends is unknown.
void FakeStore::recover(Tables& of, const bot::LeaseQuery& query) {
  for (std::size_t i = of.settled; i < of.messages.size(); ++i) {
    auto& m = of.messages[i];
    if (m.state != MessageState::sending || m.boot == query.boot) continue;
    ++m.deaths;
    m.state = MessageState::unknown;
    m.problem = "Muster stopped while sending this.";
    m.next_at = query.now;
    m.boot.clear();
  }
}

bot::Result<std::vector<QueuedMessage>> FakeStore::lease(const bot::LeaseQuery& query) {
  Lock lock(mutex_);
  recover(tables_, query);
  auto due = heads(tables_);
  std::stable_sort(due.begin(), due.end(), [](const auto* a, const auto* b) { return a->message.lane_class < b->message.lane_class; });
  auto room = query.room_for;
  std::vector<QueuedMessage> out;
  for (auto* m : due) {
    const bool waits = m->state == MessageState::queued || m->state == MessageState::unknown;
    if (!waits || m->next_at > query.now || room[m->message.integration] <= 0) continue;
    --room[m->message.integration];
    out.push_back(*m);
    out.back().in_doubt = m->state == MessageState::unknown;
    m->state = MessageState::sending;
    m->boot = query.boot;
    m->last_attempt = query.now;
    out.back().state = MessageState::sending;
    out.back().boot = query.boot;
  }
  return out;
}

bot::Result<std::optional<bot::Time>> FakeStore::next_due() {
  Lock lock(mutex_);
  std::optional<bot::Time> out;
  for (const auto* m : heads(tables_))
    if ((m->state == MessageState::queued || m->state == MessageState::unknown) && (!out || m->next_at < *out)) out = m->next_at;
  return out;
}

bot::Result<std::vector<bot::Timer>> FakeStore::due_timers(bot::Time now, int limit) {
  Lock lock(mutex_);
  std::vector<bot::Timer> out;
  for (const auto& [id, timer] : tables_.timers)
    if (timer.due <= now) out.push_back(timer);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.due < b.due; });
  if (out.size() > static_cast<std::size_t>(limit)) out.resize(static_cast<std::size_t>(limit));
  return out;
}

bot::Result<std::optional<bot::Time>> FakeStore::next_timer() {
  Lock lock(mutex_);
  std::optional<bot::Time> out;
  for (const auto& [id, timer] : tables_.timers)
    if (!out || timer.due < *out) out = timer.due;
  return out;
}

bot::Status FakeStore::shift_due(bot::Millis by, const std::string& timer_kind) {
  Lock lock(mutex_);
  for (auto& m : tables_.messages) {
    if (!bot::is_open(m.state)) continue;
    m.next_at += by;
    m.message.deadline += by;
    if (m.last_attempt) *m.last_attempt += by;
  }
  for (auto& [id, timer] : tables_.timers)
    if (timer.kind == timer_kind) timer.due += by;
  return bot::Done{};
}

bot::Result<bool> FakeStore::purge(bot::Time before) {
  Lock lock(mutex_);
  std::int64_t left = kPurgeStep;
  bool more = false;
  auto drop = [&](bool old) {
    if (!old) return false;
    more |= left == 0;
    return left > 0 && left-- > 0;
  };
  std::erase_if(tables_.replies, [&](const auto& r) { return drop(r.second.at < before); });
  std::erase_if(tables_.messages, [&](const auto& m) {
    return drop(!bot::is_open(m.state) && m.message.created < (m.state == MessageState::dead ? before - kDeadKept : before));
  });
  tables_.message_at.clear();
  for (std::size_t i = 0; i < tables_.messages.size(); ++i) tables_.message_at[tables_.messages[i].message.id] = i;
  tables_.settled = 0;
  settle(tables_);
  return more;
}

bot::Status FakeStore::maintain() { return bot::Done{}; }

bot::Result<std::optional<bot::Incident>> FakeStore::incident(std::int64_t number) {
  Lock lock(mutex_);
  const auto it = tables_.incidents.find(number);
  return it == tables_.incidents.end() ? std::optional<bot::Incident>() : it->second;
}

bot::Result<std::vector<bot::Incident>> FakeStore::incidents(const bot::IncidentFilter& filter) {
  Lock lock(mutex_);
  std::vector<bot::Incident> out;
  for (auto it = tables_.incidents.rbegin(); it != tables_.incidents.rend() && static_cast<int>(out.size()) < filter.limit; ++it) {
    const bot::Incident& row = it->second;
    if (filter.before > 0 && row.number >= filter.before) continue;
    if ((filter.open_only && !row.takes_changes()) || (row.is_private && !filter.include_private)) continue;
    out.push_back(row);
  }
  return out;
}

bot::Result<std::vector<bot::Entry>> FakeStore::timeline(std::int64_t incident, std::int64_t after_seq, int limit) {
  Lock lock(mutex_);
  std::vector<bot::Entry> out;
  const auto it = tables_.timelines.find(incident);
  if (it == tables_.timelines.end()) return out;
  for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(0, after_seq)); i < it->second.size() && static_cast<int>(out.size()) < limit; ++i)
    out.push_back(tables_.entries[it->second[i]]);
  return out;
}

bot::Result<std::vector<bot::Entry>> FakeStore::stream(std::int64_t after_position, int limit) {
  Lock lock(mutex_);
  std::vector<bot::Entry> out;
  for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(0, after_position)); i < tables_.entries.size() && static_cast<int>(out.size()) < limit; ++i)
    out.push_back(tables_.entries[i]);
  return out;
}

bot::Result<std::int64_t> FakeStore::last_position() {
  Lock lock(mutex_);
  return static_cast<std::int64_t>(tables_.entries.size());
}

bot::Result<std::optional<std::int64_t>> FakeStore::incident_of(const bot::RoomKey& room) {
  Lock lock(mutex_);
  std::optional<std::int64_t> out;
  for (const auto& [key, id] : tables_.references)
    if (std::get<1>(key) == room.integration && std::get<2>(key) == "room" && id == room.id) out = std::get<0>(key);
  return out;
}

bot::Result<std::vector<bot::Reference>> FakeStore::references(std::int64_t incident, const std::string& integration) {
  Lock lock(mutex_);
  std::vector<bot::Reference> out;
  for (const auto& [key, id] : tables_.references)
    if (std::get<0>(key) == incident && std::get<1>(key) == integration) out.push_back({incident, integration, std::get<2>(key), id});
  return out;
}

namespace {

bool is_troubled(const QueuedMessage& m) {
  const bool waits = bot::is_open(m.state) && !m.problem.empty() && std::holds_alternative<bot::PublicUpdate>(m.message.content);
  return m.state == MessageState::held || m.state == MessageState::dead || waits;
}

}  // namespace

bot::Result<std::vector<QueuedMessage>> FakeStore::troubled(int limit) {
  Lock lock(mutex_);
  std::vector<QueuedMessage> out;
  const auto add = [&](const QueuedMessage& m, bool open) {
    if (is_troubled(m) && bot::is_open(m.state) == open && static_cast<int>(out.size()) < limit) out.push_back(m);
  };
  for (const auto& m : tables_.messages) add(m, true);
  for (auto m = tables_.messages.rbegin(); m != tables_.messages.rend(); ++m) add(*m, false);
  return out;
}

bot::Result<std::vector<bot::OutboxCount>> FakeStore::outbox_counts() {
  Lock lock(mutex_);
  std::map<std::pair<std::string, MessageState>, bot::OutboxCount> counts;
  for (const auto& m : tables_.messages) {
    if (!bot::is_open(m.state) && m.state != MessageState::dead) continue;
    auto& c = counts[{m.message.integration, m.state}];
    if (c.count++ == 0 || m.message.created < c.oldest) c.oldest = m.message.created;
    c.integration = m.message.integration;
    c.state = m.state;
  }
  std::vector<bot::OutboxCount> out;
  for (const auto& [key, c] : counts) out.push_back(c);
  return out;
}

bot::Result<std::vector<bot::Entry>> FakeStore::public_updates(int limit) {
  Lock lock(mutex_);
  std::set<std::int64_t, std::greater<>> with;
  for (const auto& e : tables_.entries)
    if (e.kind == bot::EntryKind::public_update) with.insert(e.incident);
  while (static_cast<int>(with.size()) > limit) with.erase(std::prev(with.end()));
  std::vector<bot::Entry> out;
  for (const auto& e : tables_.entries)
    if (e.kind == bot::EntryKind::public_update && with.count(e.incident) > 0) out.push_back(e);
  return out;
}

bot::Result<std::optional<std::string>> FakeStore::adapter_state(const std::string& key) {
  Lock lock(mutex_);
  const auto it = tables_.adapter_state.find(key);
  return it == tables_.adapter_state.end() ? std::nullopt : std::optional<std::string>(it->second);
}

bot::Result<std::vector<bot::Person>> FakeStore::people() {
  Lock lock(mutex_);
  std::vector<bot::Person> out;
  for (const auto& [id, person] : tables_.people) out.push_back(person);
  return out;
}

bot::Status FakeStore::add_invite(const std::string& token, const std::string& person, bot::Time expires) {
  Lock lock(mutex_);
  tables_.invites[token] = {person, expires};
  return bot::Done{};
}

bot::Result<std::optional<std::string>> FakeStore::peek_invite(const std::string& token, bot::Time now) {
  Lock lock(mutex_);
  const auto it = tables_.invites.find(token);
  if (it == tables_.invites.end() || it->second.expires <= now) return std::optional<std::string>();
  return std::optional<std::string>(it->second.person);
}

bot::Result<std::optional<std::string>> FakeStore::redeem_invite(const std::string& token, const std::string& session, bot::Time now, bot::Time session_expires) {
  Lock lock(mutex_);
  const auto it = tables_.invites.find(token);
  if (it == tables_.invites.end() || it->second.expires <= now) return std::optional<std::string>();
  const std::string person = it->second.person;
  tables_.invites.erase(it);
  tables_.sessions[session] = {person, session_expires};
  return std::optional<std::string>(person);
}

bot::Result<std::optional<std::string>> FakeStore::session_person(const std::string& session, bot::Time now) {
  Lock lock(mutex_);
  const auto it = tables_.sessions.find(session);
  if (it == tables_.sessions.end() || it->second.expires <= now) return std::optional<std::string>();
  return std::optional<std::string>(it->second.person);
}

bot::Status FakeStore::end_session(const std::string& session) {
  Lock lock(mutex_);
  tables_.sessions.erase(session);
  return bot::Done{};
}

bot::Result<bot::SignedOut> FakeStore::sign_out(const std::string& person, bot::Time now) {
  Lock lock(mutex_);
  const auto drop = [&](std::map<std::string, Invite>& all) {
    int good = 0;
    for (auto it = all.begin(); it != all.end();) {
      const bool theirs = it->second.person == person;
      good += theirs && it->second.expires > now;
      it = theirs ? all.erase(it) : std::next(it);
    }
    return good;
  };
  const int sessions = drop(tables_.sessions);
  return bot::SignedOut{sessions, drop(tables_.invites)};
}

bot::Status FakeStore::put_person(const bot::Person& person) {
  Lock lock(mutex_);
  tables_.people[person.id] = person;
  return bot::Done{};
}

std::vector<QueuedMessage> FakeStore::messages() const {
  Lock lock(mutex_);
  return tables_.messages;
}

std::optional<QueuedMessage> FakeStore::message(const std::string& id) const {
  Lock lock(mutex_);
  const auto it = tables_.message_at.find(id);
  return it == tables_.message_at.end() ? std::nullopt : std::optional<QueuedMessage>(tables_.messages[it->second]);
}

std::optional<MessageState> FakeStore::state_of(const std::string& id) const {
  Lock lock(mutex_);
  const auto it = tables_.message_at.find(id);
  return it == tables_.message_at.end() ? std::nullopt : std::optional<MessageState>(tables_.messages[it->second].state);
}

void FakeStore::each_message(const std::function<void(const QueuedMessage&)>& use) const {
  Lock lock(mutex_);
  for (const auto& m : tables_.messages) use(m);
}

std::vector<bot::Timer> FakeStore::timers() const {
  Lock lock(mutex_);
  std::vector<bot::Timer> out;
  for (const auto& [id, timer] : tables_.timers) out.push_back(timer);
  return out;
}

std::size_t FakeStore::dedup_keys() const {
  Lock lock(mutex_);
  return tables_.replies.size();
}

}  // namespace support
