// Which requests were seen in the last day and what they were answered, at a cost that does not grow with how many there were.
// Rows are appended, never inserted in the middle. The newest keys are found through a hash table in memory; every few thousand of them
// become a run: a sorted directory of key hashes on disk, with a small filter in memory that says "not here" for almost every other key.
// Place: SqlStore, under the write side's lock. Errors: throws SqlError.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "bot/store.hpp"
#include "integrations/storage/redaction.hpp"
#include "integrations/storage/sqlite_connection.hpp"

namespace storage {

class Dedup {
 public:
  /// Reads the directories and the newest keys.
  void open(SqliteConnection& c);
  std::optional<bot::Reply> find(SqliteConnection& c, const std::string& key) const;
  bool knows(SqliteConnection& c, const std::string& key) const;
  /// Records the keys of one request; false when one is known already.
  bool add(SqliteConnection& c, const std::vector<std::string>& keys, const bot::Reply& reply, bot::Time at, MadeOf made_of);
  /// The transaction's fate: what add() and seal() did becomes visible, or is forgotten.
  void keep();
  void forget();
  /// Turns the newest keys into a run when there are enough of them, or they are old. Inside a transaction.
  void seal_if_due(SqliteConnection& c, bot::Time now);
  /// True when something is older than `before`.
  bool anything_before(bot::Time before) const;
  /// Drops one run, or what is old of the newest keys. Inside a transaction.
  void purge_step(SqliteConnection& c, bot::Time before);
  /// Replaces the stored replies that repeat the entry's words, which it still has. Inside a transaction.
  void redact(SqliteConnection& c, const bot::Entry& entry);

 private:
  static constexpr std::size_t kRunKeys = 4096;
  static constexpr std::size_t kGroupRuns = 64;
  /// Bits that say "never added" for certain, or "maybe".
  class Filter {
   public:
    explicit Filter(std::size_t bits) : bits_(bits), words_(bits / 64) {}
    bool maybe(std::uint64_t hash) const;
    void add(std::uint64_t hash);

   private:
    std::size_t bits_;
    std::vector<std::uint64_t> words_;
  };
  struct Run {
    std::int64_t first_id = 0, last_id = 0, newest_at = 0;
    Filter filter{1u << 17};  // 32 per key: one wrong "maybe" in 40,000
  };
  /// Some consecutive runs behind one filter, so that asking for a new key looks at few places in memory.
  struct Group {
    std::vector<Run> runs;
    std::size_t started = 0;  // runs ever put in; purged ones leave their bits behind
    Filter filter{kGroupRuns * kRunKeys * 16};
  };
  struct Fresh { std::int64_t id = 0; std::uint64_t hash = 0; std::int64_t at = 0; };
  std::optional<std::int64_t> id_of(SqliteConnection& c, const std::string& key) const;
  bool is_key(SqliteConnection& c, std::int64_t id, const std::string& key) const;
  static std::string directory(const std::vector<Fresh>& keys, std::int64_t first_id);
  std::optional<std::int64_t> id_in(SqliteConnection& c, const Run& run, std::uint64_t hash, const std::string& key) const;
  Group& group_for_next_run();
  const Run* oldest() const;
  void rebuild_fresh();

  std::vector<std::unique_ptr<Group>> groups_;              // oldest first, none without runs
  std::vector<Fresh> fresh_;                                // by id
  std::unordered_multimap<std::uint64_t, std::int64_t> newest_;  // hash → id, for fresh_
  std::int64_t last_id_ = 0;
  std::size_t kept_ = 0;                                    // fresh_ beyond this belongs to the running transaction
  std::optional<Run> sealing_;                              // made of what is fresh by the running transaction
  std::int64_t last_sealed_ = 0;
  std::int64_t purging_through_ = 0;                        // rows up to here go with the running transaction
};

}  // namespace storage
