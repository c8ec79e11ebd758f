// The outbox tables: messages, their lanes and what is due. A lane's row names its oldest open message, so that finding what is due
// costs as much as there are due lanes, however many messages wait or were sent.
// Place: SqlStore, under the write side's lock, inside its transactions. Errors: throws SqlError, Damaged.
#pragma once

#include <unordered_map>

#include "bot/store.hpp"
#include "integrations/storage/redaction.hpp"
#include "integrations/storage/sqlite_connection.hpp"

namespace storage {

class SqlOutbox {
 public:
  void add(SqliteConnection& c, const bot::Message& message, MadeOf made_of);
  void update(SqliteConnection& c, const bot::QueuedMessage& update);
  /// Heads of lanes that are due and fit in `query.room_for`, by class then age; nothing is changed.
  std::vector<std::int64_t> due(SqliteConnection& c, const bot::LeaseQuery& query) const;
  /// Marks them as being sent.
  std::vector<bot::QueuedMessage> take(SqliteConnection& c, const std::vector<std::int64_t>& heads, const bot::LeaseQuery& query);
  /// True when another process may have left messages it was sending.
  bool needs_recovery(const std::string& boot) const { return boot != boot_; }
  void recover(SqliteConnection& c, const bot::LeaseQuery& query);
  void shift(SqliteConnection& c, bot::Millis by);
  std::optional<bot::Time> next_due(SqliteConnection& c) const;
  std::vector<bot::QueuedMessage> held(SqliteConnection& c, std::int64_t incident) const;
  /// Finished messages older than `before`: at most `limit`.
  std::vector<std::int64_t> finished(SqliteConnection& c, bot::Time before, int limit) const;
  void drop(SqliteConnection& c, const std::vector<std::int64_t>& seqs);
  /// Takes the entry's words out of the messages that were made of them. `entry` still has them.
  void redact(SqliteConnection& c, const bot::Entry& entry);

  void keep(const std::string& boot) { boot_ = boot; }  ///< recovery for this boot is durable
  void forget();                                        ///< the transaction was rolled back

 private:
  /// A message that a newer one of its lane and key may take the place of.
  struct Waiting { std::int64_t seq; bot::Time deadline; };
  static bool shown_by(const Waiting& older, const bot::Message& by);
  void refresh_lane(SqliteConnection& c, const std::string& lane);
  bool supersede(SqliteConnection& c, const bot::Message& by, MadeOf made_of);
  bool anything_behind(SqliteConnection& c, std::int64_t seq, const bot::Message& by) const;
  void keep_waiting(const bot::Message& message, Waiting waiting);
  void take_place(SqliteConnection& c, std::int64_t seq, const bot::Message& message, MadeOf made_of);
  std::int64_t next_seq(SqliteConnection& c);
  std::int64_t last_seq_ = 0;
  bool seq_known_ = false;
  std::unordered_map<std::string, std::int64_t> lanes_;  ///< some of those that have a row, with the newest message they got
  std::unordered_map<std::string, Waiting> waiting_;  ///< by lane and key: some of them
  std::string boot_;
};

}  // namespace storage
