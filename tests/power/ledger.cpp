#include "tests/power/ledger.hpp"

#include <sqlite3.h>

#include <cstring>
#include <functional>
#include <stdexcept>

#include "bot/incident.hpp"
#include "integrations/codec/codec.hpp"

namespace power {

using bot::MessageState;

namespace {

std::int64_t ms(bot::Time t) { return t.time_since_epoch().count(); }
constexpr bot::Time kNever{bot::Millis{9000000000000}};

std::string words(std::initializer_list<std::string> all) {
  std::string out;
  for (const auto& w : all) out += w + "|";
  return out;
}
std::string kept(const bot::Reply& reply) { return codec::encode(*codec::decode_reply(codec::encode(reply))); }
bool same_words(const std::string& said, const std::string& disk, bool redacted) {
  // A public update that was redacted before it went out keeps no words at all.
  return said == disk || (redacted && (disk.find(bot::kRedacted) != std::string::npos || disk.find("\"body\":\"\"") != std::string::npos));
}
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

MessageKept as_added(const bot::Message& m) {
  return {m.lane, m.supersedes, "", codec::encode(m.content), m.incident, MessageState::queued, 0, 0, m.created, m.deadline, false, false};
}

}  // namespace

void State::add(const bot::Changes& c) {
  for (const auto& e : c.entries) entries[{e.incident, e.seq}] = {e.hash, e.text.has_value()};
  for (const auto& m : c.messages) {
    if (!m.supersedes.empty() && supersede(m)) continue;
    messages[m.id] = as_added(m);
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
  for (const auto& k : c.dedup_keys) keys[k] = {kept(c.reply), c.reply.incident, c.at, false, false};
  for (const auto& t : c.timers_done) timers.erase(t);
  for (const auto& t : c.timers) timers[t.id] = words({t.kind, std::to_string(t.incident), std::to_string(ms(t.due)), t.subject});
  for (const auto& a : c.alerts) {
    alerts[a.identity] = words({a.group, std::to_string(a.incident), std::to_string(a.firing), std::to_string(ms(a.since))});
    if (!a.group.empty() && a.incident > 0) groups[a.group] = std::max(groups[a.group], a.incident);
  }
  for (const auto& r : c.references) references[std::to_string(r.incident) + "/" + r.integration + "/" + r.what] = r.id;
  for (const auto& p : c.people) people[p.id] = codec::encode(p);
  for (const auto& s : c.state) {
    if (s.value.empty()) adapters.erase(s.key);
    else adapters[s.key] = s.value;
  }
  for (const auto& r : c.redactions) redact(r);
}

/// True: it took the place of an older one, or the older one will do for both.
bool State::supersede(const bot::Message& by) {
  std::vector<std::string*> older;
  bool behind = false;
  for (auto& id : order) {
    const auto it = messages.find(id);
    if (it == messages.end()) continue;  // purged
    const auto& m = it->second;
    if (m.lane != by.lane || !bot::is_open(m.state)) continue;
    if (m.supersedes == by.supersedes && m.state == MessageState::queued && m.attempts == 0) older.push_back(&id);
    else behind |= !older.empty() && m.incident == by.incident;
  }
  if (older.size() != 1 || behind) {
    for (const auto* id : older) messages.at(*id).state = MessageState::superseded;
    return false;
  }
  std::string& place = *older.front();
  if (std::holds_alternative<bot::EditSummary>(by.content) && by.deadline - messages.at(place).deadline < std::chrono::minutes{1}) return true;
  messages.erase(place);
  messages[by.id] = as_added(by);
  place = by.id;
  return true;
}

void State::redact(const std::pair<std::int64_t, std::int64_t>& entry) {
  entries[entry].has_text = false;
  for (auto& [id, m] : messages) m.redacted |= m.incident == entry.first;
  for (auto& [key, k] : keys) k.redacted |= k.incident == entry.first;
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

namespace {

void read_rows(const std::string& file, State& out) {
  each(file, "SELECT e.incident, e.seq, e.hash, t.position IS NOT NULL FROM entry e LEFT JOIN entry_text t ON t.position = e.position ORDER BY e.position", [&](auto* s) {
    EntryKept entry;
    const std::string hash = text(s, 2);
    std::memcpy(entry.hash.data(), hash.data(), std::min(hash.size(), entry.hash.size()));
    entry.has_text = sqlite3_column_int(s, 3) != 0;
    out.entries[{sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1)}] = entry;
  });
  each(file, "SELECT o.id, o.lane, o.supersedes, o.boot, o.state, o.attempts, o.deaths, o.created, o.content, o.incident, o.deadline FROM outbox o ORDER BY o.seq",
       [&](auto* s) {
         out.order.push_back(text(s, 0));
         out.messages[text(s, 0)] = {text(s, 1), text(s, 2), text(s, 3), text(s, 8), sqlite3_column_int64(s, 9), *bot::message_state(text(s, 4)), sqlite3_column_int(s, 5),
                                     sqlite3_column_int(s, 6), bot::Time{bot::Millis{sqlite3_column_int64(s, 7)}}, bot::Time{bot::Millis{sqlite3_column_int64(s, 10)}}, false,
                                     false};
       });
  each(file, "SELECT id, kind, incident, due, subject FROM timer", [&](auto* s) { out.timers[text(s, 0)] = words({text(s, 1), text(s, 2), text(s, 3), text(s, 4)}); });
  each(file, "SELECT identity, alert_group, incident, firing, since FROM alert", [&](auto* s) { out.alerts[text(s, 0)] = words({text(s, 1), text(s, 2), text(s, 3), text(s, 4)}); });
  each(file, "SELECT name, incident FROM alert_group", [&](auto* s) { out.groups[text(s, 0)] = sqlite3_column_int64(s, 1); });
  each(file, "SELECT incident, integration, what, id FROM outside_reference", [&](auto* s) { out.references[text(s, 0) + "/" + text(s, 1) + "/" + text(s, 2)] = text(s, 3); });
  each(file, "SELECT id, body FROM person", [&](auto* s) { out.people[text(s, 0)] = text(s, 1); });
  each(file, "SELECT key, value FROM adapter_state", [&](auto* s) { out.adapters[text(s, 0)] = text(s, 1); });
}

}  // namespace

State read_disk(const std::string& file, bot::Store& store, bot::Credentials& credentials, const Asked& asked) {
  State out;
  read_rows(file, out);
  bot::LoadQuery query;
  query.dedup_keys.assign(asked.keys.begin(), asked.keys.end());
  auto loaded = store.load(query);
  if (!loaded) throw std::runtime_error("keys could not be asked: " + loaded.error().message);
  for (const auto& [key, reply] : loaded->replies) out.keys[key] = {codec::encode(reply), reply.incident, {}, false, false};
  auto person = [](const bot::Result<std::optional<std::string>>& found) {
    if (!found) throw std::runtime_error("credentials could not be asked: " + found.error().message);
    return *found;
  };
  for (const auto& token : asked.invites)
    if (const auto p = person(credentials.peek_invite(token, {}))) out.invites[token] = *p;
  for (const auto& token : asked.sessions)
    if (const auto p = person(credentials.session_person(token, {}))) out.sessions[token] = *p;
  std::int64_t rows = 0;
  each(file, "SELECT (SELECT COUNT(*) FROM invite) + (SELECT COUNT(*) FROM session)", [&](auto* s) { rows = sqlite3_column_int64(s, 0); });
  if (rows != static_cast<std::int64_t>(out.invites.size() + out.sessions.size())) throw std::runtime_error("there are credentials on the disk that nobody asked for");
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
  none("SELECT id FROM outbox WHERE content = ''", "a message without content");
  none("SELECT l.lane FROM lane l WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.lane = l.lane AND o.is_open = 1)", "a lane without open messages");
  none("SELECT o.lane FROM outbox o LEFT JOIN lane l ON l.lane = o.lane WHERE o.is_open = 1 AND l.lane IS NULL", "open messages without a lane");
  none("SELECT l.lane FROM lane l WHERE l.head <> (SELECT MIN(o.seq) FROM outbox o WHERE o.lane = l.lane AND o.is_open = 1)", "a lane whose head is not its oldest message");
  none("SELECT l.lane FROM lane l JOIN outbox o ON o.seq = l.head WHERE (o.state IN ('queued', 'unknown')) <> (l.next_at IS NOT NULL) OR l.next_at <> o.next_at",
       "a lane that is due at another time than its head");
  none("SELECT o.id FROM outbox o WHERE o.is_open <> (o.state IN ('queued', 'sending', 'unknown', 'held')) OR o.in_trouble < (o.state IN ('held', 'dead')) OR o.in_trouble > "
       "(o.state IN ('held', 'dead') OR (o.kind = 'public_update' AND o.is_open = 1 AND o.problem <> ''))",
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
  auto told = [](const MessageKept& m) { return std::string(bot::to_string(m.state)) + ", " + std::to_string(m.attempts) + " attempts, " + std::to_string(m.deaths) + " deaths, by \"" + m.boot + "\""; };
  compare(out, "message", messages, disk.messages, [&](const MessageKept& a, const MessageKept& b) {
    if (a.lane != b.lane || a.supersedes != b.supersedes || a.incident != b.incident || !same_words(a.content, b.content, a.redacted)) return false;
    if (same_state(a, b, lease)) return true;
    out.push_back("recorded: " + told(a) + "; on the disk: " + told(b));
    return false;
  });
  auto keys = said.keys;
  std::erase_if(keys, [&](const auto& k) { return k.second.may_be_gone && disk.keys.count(k.first) == 0; });
  compare(out, "request key", keys, disk.keys, [](const KeyKept& a, const KeyKept& b) { return a.incident == b.incident && same_words(a.reply, b.reply, a.redacted); });
  compare(out, "timer", said.timers, disk.timers, equal);
  compare(out, "alert", said.alerts, disk.alerts, equal);
  compare(out, "reference", said.references, disk.references, equal);
  compare(out, "alert group", said.groups, disk.groups, equal);
  compare(out, "person", said.people, disk.people, equal);
  compare(out, "adapter's state", said.adapters, disk.adapters, equal);
  compare(out, "invitation", said.invites, disk.invites, equal);
  compare(out, "session", said.sessions, disk.sessions, equal);
  std::vector<std::string> order;
  for (const auto& id : said.order)
    if (disk.messages.count(id) > 0) order.push_back(id);
  if (out.empty() && order != disk.order) out.push_back("messages are in another order than they were recorded");
  return out;
}

bot::Status SpyStore::commit(std::vector<bot::Changes>& batch) {
  State after = said_;
  for (const auto& changes : batch) after.add(changes);
  auto done = real_.commit(batch);
  return note(std::move(after), std::move(done));
}

bot::Status SpyStore::note(State after, bot::Status done) {
  if (unanswered_.open()) {
    if (done) throw std::runtime_error("the store took a commit after one whose outcome is unknown");
    return done;
  }
  unanswered_ = {};
  if (done) {
    said_ = std::move(after);
    ++commits;
  } else {
    unanswered_.after_commit = std::move(after);
    unanswered_.certainly_not = !done.error().maybe_recorded;
  }
  return done;
}

bot::Status SpyStore::add_invite(bot::Credentials& real, const std::string& token, const std::string& person) {
  State after = said_;
  after.invites[token] = person;
  return note(std::move(after), real.add_invite(token, person, kNever));
}

bot::Status SpyStore::redeem_invite(bot::Credentials& real, const std::string& token, const std::string& session) {
  State after = said_;
  after.sessions[session] = after.invites[token];
  after.invites.erase(token);
  const auto done = real.redeem_invite(token, session, {}, kNever);
  return note(std::move(after), done ? bot::Status(bot::Done{}) : bot::Status(done.error()));
}

bot::Status SpyStore::end_session(bot::Credentials& real, const std::string& session) {
  State after = said_;
  after.sessions.erase(session);
  return note(std::move(after), real.end_session(session));
}

bot::Status SpyStore::put_person(bot::Credentials& real, const bot::Person& person) {
  State after = said_;
  after.people[person.id] = codec::encode(person);
  return note(std::move(after), real.put_person(person));
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
