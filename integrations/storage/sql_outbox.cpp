#include "integrations/storage/sql_outbox.hpp"

#include <algorithm>

#include "integrations/codec/codec.hpp"
#include "integrations/storage/failures.hpp"
#include "integrations/storage/rows.hpp"

namespace storage {
namespace {

using bot::MessageState;

constexpr int kManyLanes = 256;
constexpr std::size_t kKnown = 1024;
constexpr int kLookedBehind = 32;
constexpr bot::Millis kDeadlineKept{60000};
constexpr const char* kPublicUpdate = "public_update";
constexpr std::int64_t kDeadKept = 30LL * 24 * 3600 * 1000;

bool in_trouble(MessageState s) { return s == MessageState::held || s == MessageState::dead; }

/// A public update with a problem is in trouble while it waits, too: people outside see nothing of it.
bool in_trouble(const bot::QueuedMessage& u, bool is_public) { return in_trouble(u.state) || (is_public && bot::is_open(u.state) && !u.problem.empty()); }

std::string place_of(const bot::Message& m) { return m.lane + '\n' + m.supersedes; }

void set_state(SqliteConnection& c, std::int64_t seq, MessageState state) {
  c.run("UPDATE outbox SET state = ?, is_open = ?, in_trouble = ? WHERE seq = ?", bot::to_string(state), bot::is_open(state), in_trouble(state), seq);
}

}  // namespace

std::int64_t SqlOutbox::next_seq(SqliteConnection& c) {
  if (!seq_known_) {
    auto row = c.query("SELECT MAX(seq) FROM outbox");
    last_seq_ = row.next() && !row.null(0) ? row.integer(0) : 0;
    seq_known_ = true;
  }
  return ++last_seq_;
}

void SqlOutbox::forget() {
  seq_known_ = false;
  lanes_.clear();
  waiting_.clear();
}

void SqlOutbox::add(SqliteConnection& c, const bot::Message& m, MadeOf made_of) {
  if (!m.supersedes.empty() && supersede(c, m, made_of)) return;
  const std::int64_t seq = next_seq(c);
  c.run("INSERT INTO outbox (seq, id, incident, integration, lane_class, lane, supersedes, kind, created, deadline, state, is_open, "
        "in_trouble, attempts, looks, doubts, deaths, next_at, last_attempt, boot, problem, first_entry, last_entry, content) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 1, 0, 0, 0, 0, 0, ?, NULL, '', '', ?, ?, ?)",
        seq, m.id, m.incident, m.integration, static_cast<int>(m.lane_class), m.lane, m.supersedes, bot::kind_of(m.content), ms(m.created), ms(m.deadline),
        ms(m.created), made_of.first, made_of.last, codec::encode(m.content));
  const bool there = lanes_.count(m.lane) > 0;
  if (lanes_.size() >= kKnown && !there) lanes_.clear();
  lanes_[m.lane] = seq;
  if (!m.supersedes.empty()) keep_waiting(m, {seq, m.deadline});
  if (there) return;  // it has an older head
  c.run("INSERT INTO lane (lane, integration, lane_class, head, next_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (lane) DO NOTHING", m.lane, m.integration,
        static_cast<int>(m.lane_class), seq, ms(m.created));
}

/// A card is drawn when its edit is sent, so the edit that waits will show this, too; only its time must not run out much earlier.
bool SqlOutbox::shown_by(const Waiting& older, const bot::Message& by) {
  return std::holds_alternative<bot::EditSummary>(by.content) && by.deadline - older.deadline < kDeadlineKept;
}

/// True: it took the place of the one it supersedes, so that of what changes all the time one row is written and none is left behind.
bool SqlOutbox::supersede(SqliteConnection& c, const bot::Message& by, MadeOf made_of) {
  std::vector<Waiting> older;
  if (const auto known = waiting_.find(place_of(by)); known != waiting_.end()) older.push_back(known->second);
  else {
    auto rows = c.query("SELECT seq, deadline FROM outbox WHERE lane = ? AND supersedes = ? AND supersedes <> '' AND is_open = 1 AND state = 'queued' AND attempts = 0",
                        by.lane, by.supersedes);
    while (rows.next()) older.push_back({rows.integer(0), time_at(rows.integer(1))});
  }
  if (older.size() == 1 && !anything_behind(c, older.front().seq, by)) {
    if (!shown_by(older.front(), by)) {
      take_place(c, older.front().seq, by, made_of);
      older.front().deadline = by.deadline;
    }
    keep_waiting(by, older.front());
    return true;
  }
  for (const auto& one : older) set_state(c, one.seq, MessageState::superseded);
  if (!older.empty()) refresh_lane(c, by.lane);
  return false;
}

void SqlOutbox::keep_waiting(const bot::Message& m, Waiting waiting) {
  if (waiting_.size() >= kKnown) waiting_.clear();
  waiting_[place_of(m)] = waiting;
}

/// Whether a newer message would overtake one of its own incident. A long lane is not looked through to its end.
bool SqlOutbox::anything_behind(SqliteConnection& c, std::int64_t seq, const bot::Message& by) const {
  if (const auto newest = lanes_.find(by.lane); newest != lanes_.end() && newest->second == seq) return false;
  auto rows = c.query("SELECT incident FROM outbox WHERE lane = ? AND is_open = 1 AND seq > ? ORDER BY seq LIMIT ?", by.lane, seq, kLookedBehind);
  for (int i = 1; rows.next(); ++i)
    if (rows.integer(0) == by.incident || i == kLookedBehind) return true;
  return false;
}

/// What the vendor asked to wait for, the newer one waits for, too.
void SqlOutbox::take_place(SqliteConnection& c, std::int64_t seq, const bot::Message& m, MadeOf made_of) {
  c.run("UPDATE outbox SET id = ?, kind = ?, created = ?, deadline = ?, looks = 0, doubts = 0, deaths = 0, first_entry = ?, last_entry = ?, content = ? "
        "WHERE seq = ?",
        m.id, bot::kind_of(m.content), ms(m.created), ms(m.deadline), made_of.first, made_of.last, codec::encode(m.content), seq);
}

void SqlOutbox::refresh_lane(SqliteConnection& c, const std::string& lane) {
  auto head = c.query("SELECT seq, state, next_at FROM outbox WHERE lane = ? AND is_open = 1 ORDER BY seq LIMIT 1", lane);
  if (!head.next()) {
    lanes_.erase(lane);
    return c.run("DELETE FROM lane WHERE lane = ?", lane);
  }
  const auto state = head.view(1);
  const bool waits = state == "queued" || state == "unknown";
  const auto next_at = waits ? std::optional<std::int64_t>(head.integer(2)) : std::nullopt;
  c.run("UPDATE lane SET head = ?, next_at = ? WHERE lane = ?", head.integer(0), next_at, lane);
}

void SqlOutbox::update(SqliteConnection& c, const bot::QueuedMessage& u) {
  waiting_.erase(place_of(u.message));
  std::int64_t seq = 0;
  std::string lane;
  bool is_public = false;
  {
    auto row = c.query("SELECT seq, lane, kind FROM outbox WHERE id = ?", u.message.id);
    if (!row.next()) return;  // purged meanwhile
    seq = row.integer(0);
    lane = row.text(1);
    is_public = row.view(2) == kPublicUpdate;
  }
  c.run("UPDATE outbox SET state = ?, is_open = ?, in_trouble = ?, attempts = ?, looks = ?, doubts = ?, deaths = ?, next_at = ?, problem = ?, boot = '' "
        "WHERE seq = ?",
        bot::to_string(u.state), bot::is_open(u.state), in_trouble(u, is_public), u.attempts, u.looks, u.doubts, u.deaths, ms(u.next_at), u.problem, seq);
  {
    auto row = c.query("SELECT 1 FROM lane WHERE lane = ?", lane);
    if (!row.next() && !bot::is_open(u.state)) return;
  }
  // A dropped or dead message may come back to life by a person's choice after its lane had emptied.
  c.run("INSERT INTO lane (lane, integration, lane_class, head, next_at) SELECT lane, integration, lane_class, seq, NULL FROM outbox WHERE seq = ? "
        "ON CONFLICT (lane) DO NOTHING",
        seq);
  refresh_lane(c, lane);
}

std::vector<std::int64_t> SqlOutbox::due(SqliteConnection& c, const bot::LeaseQuery& query) const {
  struct Head { std::int64_t lane_class, seq; };
  std::vector<Head> heads;
  for (const auto& [integration, room] : query.room_for) {
    if (room <= 0) continue;
    // Few due lanes are found by their time and sorted. Of very many, the first are found by their place: sorting them all again and again
    // while commits wait would stop everything. Then lanes that are not yet due are passed over one by one.
    auto many = c.query("SELECT COUNT(*) FROM (SELECT 1 FROM lane INDEXED BY lane_due WHERE integration = ? AND next_at <= ? LIMIT ?)", integration, ms(query.now), kManyLanes);
    const bool in_order = many.next() && many.integer(0) >= kManyLanes;
    auto rows = c.query(in_order ? "SELECT lane_class, head FROM lane INDEXED BY lane_ready WHERE integration = ? AND next_at IS NOT NULL AND next_at <= ? "
                                   "ORDER BY lane_class, head LIMIT ?"
                                 : "SELECT lane_class, head FROM lane INDEXED BY lane_due WHERE integration = ? AND next_at <= ? ORDER BY lane_class, head LIMIT ?",
                        integration, ms(query.now), room);
    while (rows.next()) heads.push_back({rows.integer(0), rows.integer(1)});
  }
  std::sort(heads.begin(), heads.end(), [](const Head& a, const Head& b) { return a.lane_class != b.lane_class ? a.lane_class < b.lane_class : a.seq < b.seq; });
  std::vector<std::int64_t> out;
  for (const auto& head : heads) out.push_back(head.seq);
  return out;
}

std::vector<bot::QueuedMessage> SqlOutbox::take(SqliteConnection& c, const std::vector<std::int64_t>& heads, const bot::LeaseQuery& query) {
  std::vector<bot::QueuedMessage> out;
  for (const auto seq : heads) {
    {
      auto row = c.query("SELECT " MUSTER_MESSAGE_COLUMNS "WHERE o.seq = ?", seq);
      if (!row.next()) damaged("a lane names a message that is not there");
      out.push_back(read_message(row));
    }
    bot::QueuedMessage& m = out.back();
    waiting_.erase(place_of(m.message));
    m.in_doubt = m.state == MessageState::unknown;
    m.state = MessageState::sending;
    m.boot = query.boot;
    c.run("UPDATE outbox SET state = 'sending', boot = ?, last_attempt = ? WHERE seq = ?", query.boot, ms(query.now), seq);
    c.run("UPDATE lane SET next_at = NULL WHERE lane = ?", m.message.lane);
  }
  return out;
}

/// Whoever leased a message under another boot id is dead: what became of its sends is unknown.
void SqlOutbox::recover(SqliteConnection& c, const bot::LeaseQuery& query) {
  struct Left { std::int64_t seq; std::string lane; int deaths; };
  std::vector<Left> left;
  {
    auto rows = c.query("SELECT seq, lane, deaths FROM outbox WHERE is_open = 1 AND state = 'sending' AND boot <> ?", query.boot);
    while (rows.next()) left.push_back({rows.integer(0), rows.text(1), static_cast<int>(rows.integer(2)) + 1});
  }
  for (const auto& m : left) {
    set_state(c, m.seq, MessageState::unknown);
    c.run("UPDATE outbox SET deaths = ?, next_at = ?, boot = '', problem = ?, in_trouble = (kind = ?) WHERE seq = ?", m.deaths, ms(query.now),
          "Muster stopped while sending this.", kPublicUpdate, m.seq);
    refresh_lane(c, m.lane);
  }
}

void SqlOutbox::shift(SqliteConnection& c, bot::Millis by) {
  waiting_.clear();  // their deadlines move
  const std::int64_t n = by.count();
  c.run("UPDATE outbox SET next_at = next_at + ?, deadline = deadline + ?, last_attempt = last_attempt + ? WHERE is_open = 1", n, n, n);
  c.run("UPDATE lane SET next_at = next_at + ? WHERE next_at IS NOT NULL", n);
}

std::optional<bot::Time> SqlOutbox::next_due(SqliteConnection& c) const {
  auto row = c.query("SELECT MIN(next_at) FROM lane WHERE next_at IS NOT NULL");
  if (!row.next() || row.null(0)) return std::nullopt;
  return time_at(row.integer(0));
}

std::vector<bot::QueuedMessage> SqlOutbox::held(SqliteConnection& c, std::int64_t incident) const {
  std::vector<bot::QueuedMessage> out;
  auto rows = c.query("SELECT " MUSTER_MESSAGE_COLUMNS "WHERE o.in_trouble = 1 AND o.state = 'held' AND o.incident = ? ORDER BY o.seq", incident);
  while (rows.next()) out.push_back(read_message(rows));
  return out;
}

std::vector<std::int64_t> SqlOutbox::finished(SqliteConnection& c, bot::Time before, int limit) const {
  std::vector<std::int64_t> out;
  auto rows = c.query("SELECT seq FROM outbox WHERE is_open = 0 AND created < ? AND (state <> 'dead' OR created < ?) ORDER BY created LIMIT ?", ms(before),
                      ms(before) - kDeadKept, limit);
  while (rows.next()) out.push_back(rows.integer(0));
  return out;
}

void SqlOutbox::drop(SqliteConnection& c, const std::vector<std::int64_t>& seqs) {
  for (const auto seq : seqs) c.run("DELETE FROM outbox WHERE seq = ?", seq);
}

void SqlOutbox::redact(SqliteConnection& c, const bot::Entry& entry) {
  std::vector<std::pair<std::int64_t, std::string>> changed;
  {
    auto rows = c.query("SELECT " MUSTER_MESSAGE_COLUMNS "WHERE o.incident = ?", entry.incident);
    while (rows.next()) {
      auto message = read_message(rows);
      auto& content = message.message.content;
      const bool looked_for = bot::is_open(message.state) && bot::tried(message);
      if (scrub(content, entry, made_of(rows, kMessageMadeOfColumn), looked_for)) changed.emplace_back(rows.integer(kMessageSeqColumn), codec::encode(content));
    }
  }
  for (const auto& [seq, content] : changed) c.run("UPDATE outbox SET content = ? WHERE seq = ?", content, seq);
}

}  // namespace storage
