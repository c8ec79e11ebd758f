// The only connection that writes and checkpoints, and the rules for when it may no longer be trusted.
// Place: SqlStore and SqlCredentials. Threads: every function takes the one mutex inside.
// Errors: after a write of unknown outcome every later write is refused until the process is restarted.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "bot/mutex.hpp"
#include "bot/result.hpp"
#include "integrations/storage/failures.hpp"

namespace storage {

class WriteSide {
 public:
  /// `make_room`: asked when the disk is full; true when there may be some room now. What failed is then tried once more.
  explicit WriteSide(std::unique_ptr<SqliteConnection> connection, std::function<bool()> make_room = {})
      : connection_(std::move(connection)), make_room_(std::move(make_room)) {}

  /// One transaction around `work`; what `work` answers as an error, or throws, rolls it back. `work` may run twice, `undone` in between.
  /// `committed` runs under the same lock after the commit is durable; `undone` after a rollback.
  bot::Status transact(const std::function<bot::Status(SqliteConnection&)>& work, const std::function<void()>& committed = {},
                       const std::function<void()>& undone = {});
  /// Reads through the writing connection: sees everything committed so far, in one transaction, since each would lock the file anew.
  template <class Work>
  auto read(Work work) -> bot::Result<decltype(work(std::declval<SqliteConnection&>()))> {
    bot::Lock lock(mutex_);
    if (distrusted_) return *distrusted_;
    return guarded([&] {
      const ReadTransaction whole(*connection_);
      return work(*connection_);
    });
  }
  /// Copies the whole log into the file and empties it, when something was written since the last time.
  bot::Status tidy();
  /// The log is not emptied and removed when this is closed: the next start will ask for it.
  void keep_log() {
    bot::Lock lock(mutex_);
    connection_->keep_log();
  }
  // The next two never wait for a commit under way: they are asked when a disk hangs.
  std::int64_t wal_bytes() const { return wal_bytes_; }
  /// The first reason why this store must not be used further; empty: none.
  std::string problem() const;
  /// A write's outcome is unknown: nothing more is written, and the process must be restarted.
  bool lost() const { return lost_; }
  /// The last write found no room on the disk.
  bool full() const { return full_; }

 private:
  bot::Status attempt(const std::function<bot::Status(SqliteConnection&)>& work, const std::function<void()>& committed, const std::function<void()>& undone)
      REQUIRES_LOCK(mutex_);
  void after_commit() REQUIRES_LOCK(mutex_);
  bot::Status fail(const SqlError& error) REQUIRES_LOCK(mutex_);

  mutable bot::Mutex mutex_;
  std::unique_ptr<SqliteConnection> connection_;
  const std::function<bool()> make_room_;
  std::optional<bot::Error> distrusted_ GUARDED_BY(mutex_);
  int checkpointed_ GUARDED_BY(mutex_) = 0;
  bool untidy_ GUARDED_BY(mutex_) = true;

  std::atomic<std::int64_t> wal_bytes_{0};
  std::atomic<bool> lost_{false}, full_{false};
  mutable bot::Mutex words_mutex_;
  std::string problem_ GUARDED_BY(words_mutex_);
};

}  // namespace storage
