#include "integrations/storage/verify.hpp"

#include <set>

#include "bot/incident.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/storage/failures.hpp"
#include "integrations/storage/rows.hpp"

namespace storage {
namespace {

constexpr std::size_t kProblemsTold = 20;
constexpr int kPage = 1000;
constexpr int kRecomputed = 1000;  // chain heads whose hash is recomputed at start

std::string name(std::int64_t incident) { return "INC-" + std::to_string(incident); }
std::string name(const bot::Entry& e) { return "Entry " + std::to_string(e.seq) + " of " + name(e.incident); }

void tell(VerifyReport& report, std::string problem) {
  if (++report.problem_count <= static_cast<std::int64_t>(kProblemsTold)) report.problems.push_back(std::move(problem));
}

/// The number at the end of a redaction's fact: "3" or "INC-7/3".
std::int64_t redacted_seq(const bot::Entry& e) {
  const std::string& word = bot::fact(e.facts, "entry");
  const std::size_t digits = word.size() - (word.find_last_not_of("0123456789") + 1);
  return digits == 0 || digits > 15 ? 0 : std::stoll(word.substr(word.size() - digits));
}

/// One incident's walk from its first entry: chain, texts and fold at once.
class Walk {
 public:
  Walk(std::int64_t incident, VerifyReport& report) : incident_(incident), report_(report) {}

  void take(const bot::Entry& e) {
    ++report_.entries;
    if (e.seq != row_.last_seq + 1) tell(report_, name(e) + " follows entry " + std::to_string(row_.last_seq) + ": entries are missing.");
    if (bot::chain_hash(row_.chain_head, e) != e.hash) tell(report_, name(e) + " does not fit the chain: it, or one before it, was changed.");
    if (e.text && bot::text_hash(e.salt, *e.text) != e.text_hash) tell(report_, "The text of entry " + std::to_string(e.seq) + " of " + name(incident_) + " was changed.");
    if (!e.text) textless_.insert(e.seq);
    if (e.kind == bot::EntryKind::redacted) named_.insert(redacted_seq(e));
    bot::apply(row_, e);
  }

  const bot::Incident& finish(const std::string& body) {
    for (const auto seq : textless_) {
      if (named_.count(seq) > 0) ++report_.redacted;
      else tell(report_, "The text of entry " + std::to_string(seq) + " of " + name(incident_) + " is missing, and no redaction names it.");
    }
    const auto stored = codec::decode_incident(body);
    if (!stored) {
      tell(report_, name(incident_) + ": " + stored.error().message);
      return row_;
    }
    // Through the codec, so that both sides lost what JSON cannot hold (bytes that are not UTF-8).
    if (codec::encode(row_) != codec::encode(*stored)) tell(report_, "The row of " + name(incident_) + " is not what its timeline says.");
    return row_;
  }
  std::int64_t last_seq() const { return row_.last_seq; }

 private:
  std::int64_t incident_;
  VerifyReport& report_;
  bot::Incident row_;
  std::set<std::int64_t> textless_, named_;
};

/// A read transaction that ends with its scope, so that the log is not held back for longer than one incident.
class Snapshot {
 public:
  explicit Snapshot(SqliteConnection& c) : c_(c) { c.execute("BEGIN"); }
  ~Snapshot() { c_.rollback(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  SqliteConnection& c_;
};

/// The first incident after `number` that has a row or an entry; 0 when there is none.
std::int64_t next_incident(SqliteConnection& c, std::int64_t number) {
  auto row = c.query("SELECT MIN(n) FROM (SELECT MIN(number) AS n FROM incident WHERE number > ? UNION ALL SELECT MIN(incident) FROM entry WHERE incident > ?) AS both",
                     number, number);
  return row.next() && !row.null(0) ? row.integer(0) : 0;
}

void verify_incident(SqliteConnection& c, std::int64_t number, VerifyReport& report) {
  const Snapshot snapshot(c);
  ++report.incidents;
  Walk walk(number, report);
  for (std::int64_t after = 0, read = kPage; read == kPage;) {
    read = 0;
    auto rows = c.query("SELECT " MUSTER_ENTRY_COLUMNS "WHERE e.incident = ? AND e.seq > ? ORDER BY e.seq LIMIT ?", number, after, kPage);
    for (; rows.next(); ++read) {
      const auto entry = read_entry(rows);
      walk.take(entry);
      after = entry.seq;
    }
  }
  auto row = c.query("SELECT body, takes_changes, is_private, updated, last_seq, chain_head FROM incident WHERE number = ?", number);
  if (!row.next()) return tell(report, name(number) + " has entries but no row.");
  const auto& folded = walk.finish(row.text(0));
  if (row.integer(1) != (folded.takes_changes() ? 1 : 0) || row.integer(2) != (folded.is_private ? 1 : 0) || row.integer(3) != ms(folded.updated) ||
      row.integer(4) != folded.last_seq || row.view(5) != blob(folded.chain_head).bytes)
    tell(report, "What " + name(number) + " is found by is not what its timeline says.");
}

void verify_positions(SqliteConnection& c, VerifyReport& report) {
  auto row = c.query("SELECT COUNT(*), MAX(position) FROM entry");
  if (row.next() && !row.null(1) && row.integer(0) != row.integer(1))
    tell(report, std::to_string(row.integer(1) - row.integer(0)) + " entries are missing from the record: its numbers have gaps.");
}

void verify_file(SqliteConnection& c, VerifyReport& report) {
  const std::string said = c.pragma_text("integrity_check(1)");  // the quick one does not compare indexes with their tables
  if (said != "ok") tell(report, "SQLite finds the file damaged: " + said);
}

/// Recomputes the hash of an incident's last entry from the one before.
bool last_fits(SqliteConnection& c, std::int64_t number, std::int64_t last_seq) {
  try {
    bot::Hash previous{};
    auto rows = c.query("SELECT " MUSTER_ENTRY_COLUMNS "WHERE e.incident = ? AND e.seq >= ? ORDER BY e.seq", number, last_seq - 1);
    while (rows.next()) {
      const auto entry = read_entry(rows);
      if (entry.seq == last_seq) return bot::chain_hash(previous, entry) == entry.hash;
      previous = entry.hash;
    }
    return false;
  } catch (const Damaged&) {
    return false;
  }
}

}  // namespace

VerifyReport verify_all(SqliteConnection& c) {
  VerifyReport report;
  try {
    verify_file(c, report);
    verify_positions(c, report);
  } catch (const SqlError& error) {
    tell(report, "The file is damaged: " + words_of(error) + ".");
  }
  auto next = [&](std::int64_t number) {
    try {
      return next_incident(c, number);
    } catch (const SqlError& error) {
      tell(report, "The list of incidents ends at " + name(number) + ", which cannot be all: " + words_of(error) + ".");
      return std::int64_t{0};
    }
  };
  for (std::int64_t number = 0; (number = next(number)) > 0;) {
    try {
      verify_incident(c, number, report);
    } catch (const Damaged& damage) {
      tell(report, name(number) + ": " + damage.error.message);
    } catch (const SqlError& error) {
      tell(report, name(number) + " cannot be read: " + words_of(error) + ".");
    }
  }
  return report;
}

bot::Status check_heads(SqliteConnection& c) {
  auto broken = [](std::int64_t number) {
    return bot::fail(bot::ErrorKind::corrupt, "The timeline of " + name(number) + " does not end where its row says: the database is damaged or was changed by hand. "
                                              "Run `muster verify` to see how much, then restore a backup.");
  };
  int left = kRecomputed;
  auto heads = c.query(
      "SELECT i.number, i.last_seq, i.chain_head, e.seq, e.hash FROM incident i LEFT JOIN entry e ON e.incident = i.number AND "
      "e.seq = (SELECT MAX(l.seq) FROM entry l WHERE l.incident = i.number) WHERE i.takes_changes = 1 ORDER BY i.number DESC");
  while (heads.next()) {
    const std::int64_t number = heads.integer(0);
    if (heads.null(3) || heads.integer(1) != heads.integer(3) || heads.view(2) != heads.view(4)) return broken(number);
    if (left-- <= 0) continue;
    if (!last_fits(c, number, heads.integer(1))) return broken(number);
  }
  return bot::Done{};
}

}  // namespace storage
