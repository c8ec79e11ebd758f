#include "tests/power/ledger.hpp"

#include <sqlite3.h>

#include <cstring>
#include <functional>
#include <stdexcept>

namespace power {

using bot::MessageState;

namespace {

std::int64_t ms(bot::Time t) { return t.time_since_epoch().count(); }
std::string name(const std::pair<std::int64_t, std::int64_t>& entry) { return "entry " + std::to_string(entry.second) + " of INC-" + std::to_string(entry.first); }

/// Rows of a plain read-only connection; the text is the test's own.
void each(const std::string& file, const std::string& sql, const std::function<void(sqlite3_stmt*)>& use) {
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code == SQLITE_OK) sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (code == SQLITE_OK) code = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) use(statement);
  }
  const std::string problem = sqlite3_errmsg(db);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  if (code != SQLITE_DONE) throw std::runtime_error("the disk could not be read past the store: " + problem);
}

std::string text(sqlite3_stmt* s, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(s, column));
  return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(s, column)));
}

template <class Map, class Same>
void compare(std::vector<std::string>& out, const std::string& what, const Map& said, const Map& disk, Same same, bool extra_allowed = false) {
  for (const auto& [key, value] : said) {
    const auto it = disk.find(key);
    if (it == disk.end()) out.push_back(what + " " + key + " is lost");
    else if (!same(value, it->second)) out.push_back(what + " " + key + " is not what was recorded");
  }
  if (extra_allowed) return;
  for (const auto& [key, value] : disk)
    if (said.count(key) == 0) out.push_back(what + " " + key + " was never recorded");
}

bool same_state(const MessageKept& said, const MessageKept& disk, const std::optional<bot::LeaseQuery>& lease) {
  if (said.state == disk.state && said.attempts == disk.attempts && said.boot == disk.boot && said.deaths == disk.deaths) return true;
  if (!lease) return false;
  // A lease under way may have reached the disk: due messages are being sent, those of a dead boot are doubts.
  const bool taken = bot::is_open(said.state) && disk.state == MessageState::sending && disk.boot == lease->boot;
  const bool recovered = said.state == MessageState::sending && said.boot != lease->boot && disk.deaths == said.deaths + 1 &&
                         disk.state == MessageState::unknown;
  return taken || recovered;
}

}  // namespace

void State::add(const bot::Changes& c) {
  for (const auto& e : c.entries) entries[{e.incident, e.seq}] = {e.hash, e.text.has_value()};
  for (const auto& r : c.redactions) entries[r].has_text = false;
  for (const auto& m : c.messages) {
    if (!m.supersedes.empty())
      for (auto& [id, old] : messages)
        if (old.lane == m.lane && old.supersedes == m.supersedes && old.state == MessageState::queued && old.attempts == 0) old.state = MessageState::superseded;
    messages[m.id] = {m.lane, m.supersedes, "", MessageState::queued, 0, 0, m.created, false};
    order.push_back(m.id);
  }
  for (const auto& u : c.updates) {
    const auto it = messages.find(u.message.id);
    if (it == messages.end()) continue;
    it->second.state = u.state;
    it->second.attempts = u.attempts;
    it->second.deaths = u.deaths;
    it->second.boot.clear();
  }
  for (const auto& k : c.dedup_keys) keys[k] = {c.reply.status, c.reply.incident, c.at, false};
  for (const auto& t : c.timers_done) timers.erase(t);
  for (const auto& t : c.timers) timers[t.id] = ms(t.due);
  for (const auto& a : c.alerts) alerts[a.identity] = {a.incident, a.firing};
  for (const auto& r : c.references) references[std::to_string(r.incident) + "/" + r.integration + "/" + r.what] = r.id;
  for (const auto& p : c.people) people[p.id] = p.name;
}

void State::leased(const std::vector<bot::QueuedMessage>& taken, const bot::LeaseQuery& query) {
  for (auto& [id, m] : messages) {
    if (m.state != MessageState::sending || m.boot == query.boot) continue;
    ++m.deaths;
    m.state = MessageState::unknown;
    m.boot.clear();
  }
  for (const auto& t : taken) {
    messages[t.message.id].state = MessageState::sending;
    messages[t.message.id].boot = query.boot;
  }
}

void State::purged(bot::Time before) {
  for (auto& [id, m] : messages)
    if (!bot::is_open(m.state) && m.created < before) m.may_be_gone = true;
  for (auto& [key, k] : keys)
    if (k.at < before) k.may_be_gone = true;
}

State read_disk(const std::string& file, bot::Store& store, const std::set<std::string>& keys) {
  State out;
  each(file, "SELECT e.incident, e.seq, e.hash, t.position IS NOT NULL FROM entry e LEFT JOIN entry_text t ON t.position = e.position ORDER BY e.position", [&](auto* s) {
    EntryKept kept;
    const std::string hash = text(s, 2);
    std::memcpy(kept.hash.data(), hash.data(), std::min(hash.size(), kept.hash.size()));
    kept.has_text = sqlite3_column_int(s, 3) != 0;
    out.entries[{sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1)}] = kept;
  });
  each(file, "SELECT id, lane, supersedes, boot, state, attempts, deaths, created FROM outbox ORDER BY seq", [&](auto* s) {
    MessageKept m{text(s, 1), text(s, 2), text(s, 3), *bot::message_state(text(s, 4)), sqlite3_column_int(s, 5), sqlite3_column_int(s, 6), bot::Time{bot::Millis{sqlite3_column_int64(s, 7)}}, false};
    out.order.push_back(text(s, 0));
    out.messages[text(s, 0)] = m;
  });
  each(file, "SELECT id, due FROM timer", [&](auto* s) { out.timers[text(s, 0)] = sqlite3_column_int64(s, 1); });
  each(file, "SELECT identity, incident, firing FROM alert", [&](auto* s) { out.alerts[text(s, 0)] = {sqlite3_column_int64(s, 1), sqlite3_column_int(s, 2) != 0}; });
  each(file, "SELECT incident, integration, what, id FROM outside_reference",
       [&](auto* s) { out.references[std::to_string(sqlite3_column_int64(s, 0)) + "/" + text(s, 1) + "/" + text(s, 2)] = text(s, 3); });
  each(file, "SELECT id FROM person", [&](auto* s) { out.people[text(s, 0)] = ""; });
  bot::LoadQuery query;
  query.dedup_keys.assign(keys.begin(), keys.end());
  auto loaded = store.load(query);
  if (!loaded) throw std::runtime_error("keys could not be asked: " + loaded.error().message);
  for (const auto& [key, reply] : loaded->replies) out.keys[key] = {reply.status, reply.incident, {}, false};
  return out;
}

std::vector<std::string> inconsistencies(const std::string& file) {
  std::vector<std::string> out;
  auto none = [&](const std::string& sql, const std::string& words) {
    each(file, sql, [&](auto* s) { out.push_back(words + ": " + text(s, 0)); });
  };
  each(file, "PRAGMA integrity_check(5)", [&](auto* s) {
    if (text(s, 0) != "ok") out.push_back("SQLite says: " + text(s, 0));
  });
  none("PRAGMA foreign_key_check", "a row without the row it belongs to");
  none("SELECT o.id FROM outbox o LEFT JOIN outbox_content c ON c.seq = o.seq WHERE c.seq IS NULL", "a message without content");
  none("SELECT l.lane FROM lane l WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.lane = l.lane AND o.is_open = 1)", "a lane without open messages");
  none("SELECT o.lane FROM outbox o LEFT JOIN lane l ON l.lane = o.lane WHERE o.is_open = 1 AND l.lane IS NULL", "open messages without a lane");
  none("SELECT l.lane FROM lane l WHERE l.head <> (SELECT MIN(o.seq) FROM outbox o WHERE o.lane = l.lane AND o.is_open = 1)", "a lane whose head is not its oldest message");
  none("SELECT l.lane FROM lane l JOIN outbox o ON o.seq = l.head WHERE (o.state IN ('queued', 'unknown')) <> (l.next_at IS NOT NULL) OR l.next_at <> o.next_at",
       "a lane that is due at another time than its head");
  none("SELECT o.id FROM outbox o WHERE o.is_open <> (o.state IN ('queued', 'sending', 'unknown', 'held')) OR o.in_trouble <> (o.state IN ('held', 'dead'))",
       "a message whose state contradicts itself");
  none("SELECT a.identity FROM alert a WHERE a.incident > 0 AND NOT EXISTS (SELECT 1 FROM incident i WHERE i.number = a.incident)", "an alert of no incident");
  return out;
}

std::vector<std::string> differences(const State& said, const State& disk, const std::optional<bot::LeaseQuery>& lease) {
  std::vector<std::string> out;
  auto equal = [](const auto& a, const auto& b) { return a == b; };
  std::map<std::string, EntryKept> said_entries, disk_entries;
  for (const auto& [key, e] : said.entries) said_entries[name(key)] = e;
  for (const auto& [key, e] : disk.entries) disk_entries[name(key)] = e;
  compare(out, "timeline:", said_entries, disk_entries, equal);
  auto messages = said.messages;
  std::erase_if(messages, [&](const auto& m) { return m.second.may_be_gone && disk.messages.count(m.first) == 0; });
  auto words = [](const MessageKept& m) { return std::string(bot::to_string(m.state)) + ", " + std::to_string(m.attempts) + " attempts, " + std::to_string(m.deaths) + " deaths, by \"" + m.boot + "\""; };
  compare(out, "message", messages, disk.messages, [&](const MessageKept& a, const MessageKept& b) {
    if (same_state(a, b, lease)) return true;
    out.push_back("recorded: " + words(a) + "; on the disk: " + words(b));
    return false;
  });
  auto keys = said.keys;
  std::erase_if(keys, [&](const auto& k) { return k.second.may_be_gone && disk.keys.count(k.first) == 0; });
  compare(out, "request key", keys, disk.keys, [](const KeyKept& a, const KeyKept& b) { return a.status == b.status && a.incident == b.incident; });
  compare(out, "timer", said.timers, disk.timers, equal);
  compare(out, "alert", said.alerts, disk.alerts, equal);
  compare(out, "reference", said.references, disk.references, equal);
  compare(out, "person", said.people, disk.people, [](const auto&, const auto&) { return true; });
  std::vector<std::string> order;
  for (const auto& id : said.order)
    if (disk.messages.count(id) > 0) order.push_back(id);
  if (out.empty() && order != disk.order) out.push_back("messages are in another order than they were recorded");
  return out;
}

bot::Status SpyStore::commit(std::vector<bot::Changes>& batch) {
  State after = said_;
  auto done = real_.commit(batch);
  if (unanswered_.open()) {
    if (done) throw std::runtime_error("the store took a commit after one whose outcome is unknown");
    return done;
  }
  unanswered_ = {};
  for (const auto& changes : batch) after.add(changes);
  if (done) {
    said_ = std::move(after);
    ++commits;
  } else {
    unanswered_.after_commit = std::move(after);
    unanswered_.certainly_not = !done.error().maybe_recorded;
  }
  return done;
}

bot::Result<std::vector<bot::QueuedMessage>> SpyStore::lease(const bot::LeaseQuery& query) {
  auto leased = real_.lease(query);
  if (leased) said_.leased(*leased, query);
  else if (!unanswered_.open()) unanswered_ = {{}, query, !leased.error().maybe_recorded};
  return leased;
}

bot::Result<bool> SpyStore::purge(bot::Time before) {
  said_.purged(before);
  return real_.purge(before);
}

}  // namespace power
