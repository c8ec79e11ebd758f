// bot::Store in SQL. The text is portable: no functions of the engine for time or ids, one transaction per call.
// Place: made by open_store. Threads: any; one writer at a time inside WriteSide.
// Owns: the cache of decoded incidents and what is known of the newest request keys; both are dropped when a commit fails.
#pragma once

#include "bot/store.hpp"
#include "integrations/storage/dedup.hpp"
#include "integrations/storage/sql_outbox.hpp"
#include "integrations/storage/write_side.hpp"

namespace storage {

class SqlStore : public bot::Store {
 public:
  explicit SqlStore(WriteSide& write) : write_(write) {}
  /// Reads what is kept in memory. Call once, before anything else.
  bot::Status open();

  bot::Result<bot::Loaded> load(const bot::LoadQuery& query) override;
  bot::Status commit(std::vector<bot::Changes>& batch) override;
  bot::Result<std::vector<bot::QueuedMessage>> lease(const bot::LeaseQuery& query) override;
  bot::Result<std::optional<bot::Time>> next_due() override;
  bot::Result<std::vector<bot::Timer>> due_timers(bot::Time now, int limit) override;
  bot::Result<std::optional<bot::Time>> next_timer() override;
  bot::Status shift_due(bot::Millis by, const std::string& timer_kind) override;
  bot::Result<bool> purge(bot::Time before) override;
  bot::Status maintain() override;

 private:
  bot::Loaded load_now(SqliteConnection& c, const bot::LoadQuery& query);
  const bot::Incident* incident(SqliteConnection& c, std::int64_t number);
  bot::Status write_changes(SqliteConnection& c, bot::Changes& changes);
  bot::Status write_entries(SqliteConnection& c, std::vector<bot::Entry>& entries);
  std::int64_t& last_seq(SqliteConnection& c, std::int64_t incident);
  void write_row(SqliteConnection& c, const bot::Incident& row);
  void write_rest(SqliteConnection& c, const bot::Changes& changes);
  void redact(SqliteConnection& c, std::int64_t incident, std::int64_t seq);
  void read_positions(SqliteConnection& c);
  void undone();

  // Everything below is touched under the write side's lock only.
  WriteSide& write_;
  Dedup dedup_;
  SqlOutbox outbox_;
  std::unordered_map<std::int64_t, bot::Incident> incidents_;
  std::unordered_map<std::int64_t, std::int64_t> last_seqs_;
  std::int64_t last_position_ = 0;
  bool positions_known_ = false;
};

}  // namespace storage
