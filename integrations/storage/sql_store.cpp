#include "integrations/storage/sql_store.hpp"

#include <map>
#include <set>

#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/storage/rows.hpp"

namespace storage {
namespace {

constexpr std::size_t kCachedIncidents = 1024;
constexpr int kPurgeStep = 500;

}  // namespace

bot::Status SqlStore::open() {
  auto done = write_.read([this](SqliteConnection& c) {
    dedup_.open(c);
    read_positions(c);
    return bot::Done{};
  });
  return done ? bot::Status(bot::Done{}) : bot::Status(done.error());
}

void SqlStore::read_positions(SqliteConnection& c) {
  auto row = c.query("SELECT MAX(position) FROM entry");
  last_position_ = row.next() && !row.null(0) ? row.integer(0) : 0;
  positions_known_ = true;
}

bot::Result<bot::Loaded> SqlStore::load(const bot::LoadQuery& query) {
  return write_.read([&](SqliteConnection& c) { return load_now(c, query); });
}

bot::Loaded SqlStore::load_now(SqliteConnection& c, const bot::LoadQuery& query) {
  bot::Loaded out;
  std::set<std::int64_t> wanted(query.incidents.begin(), query.incidents.end());
  for (const auto& key : query.dedup_keys)
    if (auto reply = dedup_.find(c, key)) out.replies[key] = *std::move(reply);
  for (const auto& room : query.rooms) {
    auto row = c.query("SELECT MAX(incident) FROM outside_reference WHERE integration = ? AND what = 'room' AND id = ?", room.integration, room.id);
    if (!row.next() || row.null(0)) continue;
    out.rooms[room.integration + "/" + room.id] = row.integer(0);
    wanted.insert(row.integer(0));
  }
  for (const auto& identity : query.alerts) {
    auto row = c.query("SELECT identity, alert_group, incident, firing, since FROM alert WHERE identity = ?", identity);
    if (!row.next()) continue;
    out.alerts[identity] = {row.text(0), row.text(1), row.integer(2), row.integer(3) != 0, time_at(row.integer(4))};
    wanted.insert(row.integer(2));
  }
  for (const auto& group : query.alert_groups) {
    auto row = c.query("SELECT incident FROM alert_group WHERE name = ?", group);
    if (!row.next()) continue;
    out.groups[group] = row.integer(0);
    wanted.insert(row.integer(0));
  }
  for (const auto number : wanted)
    if (const bot::Incident* row = incident(c, number)) out.incidents.emplace(number, *row);
  for (const auto& [number, seq] : query.entries) {
    auto row = c.query("SELECT " MUSTER_ENTRY_COLUMNS "WHERE e.incident = ? AND e.seq = ?", number, seq);
    if (!row.next()) continue;
    out.entries[{number, seq}] = read_entry(row);
    auto later = c.query("SELECT " MUSTER_ENTRY_COLUMNS "WHERE e.incident = ? AND e.seq > ? AND t.position IS NOT NULL AND e.kind IN ('corrected', 'capture_edited', 'room_opened') "
                         "ORDER BY e.seq", number, seq);
    auto& amendments = out.amendments[{number, seq}];
    amendments.clear();
    while (later.next())
      if (const auto entry = read_entry(later); bot::repeats(entry) == seq) amendments.push_back(entry.seq);
  }
  for (const auto number : query.troubled)
    if (out.troubled.count(number) == 0)
      if (auto held = outbox_.held(c, number); !held.empty()) out.troubled[number] = std::move(held);
  for (const auto& asked : query.references) {
    auto row = c.query("SELECT id FROM outside_reference WHERE incident = ? AND integration = ? AND what = ?", asked.incident, asked.integration, asked.what);
    if (row.next()) out.references.push_back({asked.incident, asked.integration, asked.what, row.text(0)});
  }
  if (query.next_number) {
    auto row = c.query("SELECT MAX(number) FROM incident");
    if (row.next() && !row.null(0)) out.next_number = row.integer(0) + 1;
  }
  return out;
}

const bot::Incident* SqlStore::incident(SqliteConnection& c, std::int64_t number) {
  if (const auto it = incidents_.find(number); it != incidents_.end()) return &it->second;
  auto row = c.query("SELECT body FROM incident WHERE number = ?", number);
  if (!row.next()) return nullptr;
  if (incidents_.size() >= kCachedIncidents) incidents_.clear();
  return &incidents_.emplace(number, sound(codec::decode_incident(row.text(0)))).first->second;
}

bot::Status SqlStore::commit(std::vector<bot::Changes>& batch) {
  std::map<std::int64_t, const bot::Incident*> rows;
  auto work = [&](SqliteConnection& c) -> bot::Status {
    if (!positions_known_) read_positions(c);
    for (auto& changes : batch) {
      if (auto written = write_changes(c, changes); !written) return written;
      for (const auto& row : changes.incidents) rows[row.number] = &row;
    }
    for (const auto& [number, row] : rows) write_row(c, *row);
    if (!batch.empty()) dedup_.seal_if_due(c, batch.back().at);
    return bot::Done{};
  };
  auto committed = [&] {
    dedup_.keep();
    if (incidents_.size() + rows.size() > kCachedIncidents) incidents_.clear();
    for (const auto& [number, row] : rows) incidents_.insert_or_assign(number, *row);
    if (last_seqs_.size() > kCachedIncidents) last_seqs_.clear();
  };
  return write_.transact(work, committed, [this] { undone(); });
}

void SqlStore::undone() {
  dedup_.forget();
  outbox_.forget();
  incidents_.clear();
  last_seqs_.clear();
  positions_known_ = false;
}

bot::Status SqlStore::write_changes(SqliteConnection& c, bot::Changes& changes) {
  const MadeOf decided = made_of(changes.entries);
  if (!dedup_.add(c, changes.dedup_keys, changes.reply, changes.at, decided))
    return bot::fail(bot::ErrorKind::conflict, "Not recorded: this request was recorded before.");
  if (auto written = write_entries(c, changes.entries); !written) return written;
  for (const auto& message : changes.messages) outbox_.add(c, message, decided);
  for (const auto& update : changes.updates) outbox_.update(c, update);
  write_rest(c, changes);
  for (const auto& [number, seq] : changes.redactions) redact(c, number, seq);
  return bot::Done{};
}

std::int64_t& SqlStore::last_seq(SqliteConnection& c, std::int64_t number) {
  const auto [it, fresh] = last_seqs_.try_emplace(number, 0);
  if (fresh) {
    auto row = c.query("SELECT MAX(seq) FROM entry WHERE incident = ?", number);
    if (row.next() && !row.null(0)) it->second = row.integer(0);
  }
  return it->second;
}

bot::Status SqlStore::write_entries(SqliteConnection& c, std::vector<bot::Entry>& entries) {
  for (auto& e : entries) {
    if (e.seq != ++last_seq(c, e.incident)) return bot::fail(bot::ErrorKind::conflict, "Not recorded: somebody else wrote to this incident first.");
    e.position = ++last_position_;
    c.run("INSERT INTO entry (position, incident, seq, kind, occurred_at, recorded_at, actor_kind, actor, source, facts, text_hash, hash) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          e.position, e.incident, e.seq, bot::to_string(e.kind), ms(e.occurred_at), ms(e.recorded_at), bot::to_string(e.actor.kind), e.actor.id, e.source,
          codec::encode(e.facts), blob(e.text_hash), blob(e.hash));
    if (e.text) c.run("INSERT INTO entry_text (position, salt, text) VALUES (?, ?, ?)", e.position, Blob{e.salt}, *e.text);
  }
  return bot::Done{};
}

void SqlStore::write_row(SqliteConnection& c, const bot::Incident& row) {
  const std::string body = codec::encode(row);
  // Nearly every change leaves alone what the index of open incidents is about; so does this statement, which an upsert would not.
  c.run("UPDATE incident SET updated = ?, last_seq = ?, chain_head = ?, body = ? WHERE number = ? AND takes_changes = ? AND is_private = ?", ms(row.updated),
        row.last_seq, blob(row.chain_head), body, row.number, row.takes_changes(), row.is_private);
  if (c.changes() > 0) return;
  c.run("INSERT INTO incident (number, takes_changes, is_private, updated, last_seq, chain_head, body) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (number) DO UPDATE SET takes_changes = excluded.takes_changes, is_private = excluded.is_private, updated = excluded.updated, "
        "last_seq = excluded.last_seq, chain_head = excluded.chain_head, body = excluded.body",
        row.number, row.takes_changes(), row.is_private, ms(row.updated), row.last_seq, blob(row.chain_head), body);
}

void SqlStore::write_rest(SqliteConnection& c, const bot::Changes& changes) {
  for (const auto& id : changes.timers_done) c.run("DELETE FROM timer WHERE id = ?", id);
  for (const auto& t : changes.timers)  // after the fired ones: a timer may set itself again
    c.run("INSERT INTO timer (id, kind, incident, due, subject) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, "
          "incident = excluded.incident, due = excluded.due, subject = excluded.subject",
          t.id, t.kind, t.incident, ms(t.due), t.subject);
  for (const auto& r : changes.references)
    c.run("INSERT INTO outside_reference (incident, integration, what, id) VALUES (?, ?, ?, ?) ON CONFLICT (incident, integration, what) "
          "DO UPDATE SET id = excluded.id",
          r.incident, r.integration, r.what, r.id);
  for (const auto& a : changes.alerts) {
    c.run("INSERT INTO alert (identity, alert_group, incident, firing, since) VALUES (?, ?, ?, ?, ?) ON CONFLICT (identity) DO UPDATE SET "
          "alert_group = excluded.alert_group, incident = excluded.incident, firing = excluded.firing, since = excluded.since",
          a.identity, a.group, a.incident, a.firing, ms(a.since));
    if (!a.group.empty() && a.incident > 0)
      c.run("INSERT INTO alert_group (name, incident) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET incident = excluded.incident "
            "WHERE excluded.incident > alert_group.incident",
            a.group, a.incident);
  }
  for (const auto& p : changes.people)
    c.run("INSERT INTO person (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", p.id, codec::encode(p));
  for (const auto& s : changes.state) {
    if (s.value.empty()) c.run("DELETE FROM adapter_state WHERE key = ?", s.key);
    else c.run("INSERT INTO adapter_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", s.key, s.value);
  }
}

void SqlStore::redact(SqliteConnection& c, std::int64_t number, std::int64_t seq) {
  bot::Entry entry;
  {
    auto row = c.query("SELECT " MUSTER_ENTRY_COLUMNS "WHERE e.incident = ? AND e.seq = ?", number, seq);
    if (!row.next()) return;
    entry = read_entry(row);
  }
  if (!entry.text) return;  // gone already
  c.run("DELETE FROM entry_text WHERE position = ?", entry.position);
  outbox_.redact(c, entry);
  dedup_.redact(c, entry);
}

bot::Result<std::vector<bot::QueuedMessage>> SqlStore::lease(const bot::LeaseQuery& query) {
  std::vector<bot::QueuedMessage> out;
  {
    // Most rounds find nothing and must not cost a disk sync.
    auto waiting = write_.read([&](SqliteConnection& c) { return outbox_.needs_recovery(query.boot) || !outbox_.due(c, query).empty(); });
    if (!waiting) return waiting.error();
    if (!*waiting) return out;
  }
  auto work = [&](SqliteConnection& c) -> bot::Status {
    if (outbox_.needs_recovery(query.boot)) outbox_.recover(c, query);
    out = outbox_.take(c, outbox_.due(c, query), query);
    return bot::Done{};
  };
  auto done = write_.transact(work, [&] { outbox_.keep(query.boot); }, [this] { undone(); });
  if (!done) return done.error();
  return out;
}

bot::Result<std::optional<bot::Time>> SqlStore::next_due() {
  return write_.read([this](SqliteConnection& c) { return outbox_.next_due(c); });
}

bot::Result<std::vector<bot::Timer>> SqlStore::due_timers(bot::Time now, int limit) {
  return write_.read([&](SqliteConnection& c) {
    std::vector<bot::Timer> out;
    auto rows = c.query("SELECT id, kind, incident, due, subject FROM timer WHERE due <= ? ORDER BY due, id LIMIT ?", ms(now), limit);
    while (rows.next()) out.push_back({rows.text(0), rows.text(1), rows.integer(2), time_at(rows.integer(3)), rows.text(4)});
    return out;
  });
}

bot::Result<std::optional<bot::Time>> SqlStore::next_timer() {
  return write_.read([](SqliteConnection& c) {
    auto row = c.query("SELECT MIN(due) FROM timer");
    return row.next() && !row.null(0) ? std::optional<bot::Time>(time_at(row.integer(0))) : std::nullopt;
  });
}

bot::Status SqlStore::shift_due(bot::Millis by, const std::string& timer_kind) {
  auto work = [&](SqliteConnection& c) -> bot::Status {
    outbox_.shift(c, by);
    c.run("UPDATE timer SET due = due + ? WHERE kind = ?", by.count(), timer_kind);
    return bot::Done{};
  };
  return write_.transact(work, [] {}, [this] { undone(); });
}

bot::Result<bool> SqlStore::purge(bot::Time before) {
  std::vector<std::int64_t> finished;
  auto anything = write_.read([&](SqliteConnection& c) {
    finished = outbox_.finished(c, before, kPurgeStep + 1);
    auto row = c.query("SELECT (SELECT COUNT(*) FROM session WHERE expires < ?) + (SELECT COUNT(*) FROM invite WHERE expires < ?)", ms(before), ms(before));
    const bool expired = row.next() && row.integer(0) > 0;
    return expired || !finished.empty() || dedup_.anything_before(before);
  });
  if (!anything) return anything.error();
  if (!*anything) return false;
  bool more = finished.size() > kPurgeStep;
  if (more) finished.pop_back();
  auto work = [&](SqliteConnection& c) -> bot::Status {
    if (dedup_.anything_before(before)) dedup_.purge_step(c, before);
    outbox_.drop(c, finished);
    c.run("DELETE FROM session WHERE expires < ?", ms(before));
    c.run("DELETE FROM invite WHERE expires < ?", ms(before));
    return bot::Done{};
  };
  auto done = write_.transact(work, [this] { dedup_.keep(); }, [this] { undone(); });
  if (!done) return done.error();
  auto left = write_.read([&](SqliteConnection&) { return dedup_.anything_before(before); });
  return left ? bot::Result<bool>(more || *left) : bot::Result<bool>(left.error());
}

bot::Status SqlStore::maintain() { return write_.tidy(); }

}  // namespace storage
