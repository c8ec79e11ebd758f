#include "integrations/storage/write_side.hpp"

#include <sqlite3.h>

namespace storage {
namespace {

constexpr int kCheckpointPages = 2800;  // 11 MB of log between two copies into the file
constexpr std::int64_t kPageBytes = 4096;

}  // namespace

bot::Status WriteSide::transact(const std::function<bot::Status(SqliteConnection&)>& work, const std::function<void()>& committed,
                                const std::function<void()>& undone) {
  bot::Lock lock(mutex_);
  if (distrusted_) return *distrusted_;
  auto result = attempt(work, committed, undone);
  if (full_ && make_room_ && make_room_()) result = attempt(work, committed, undone);
  return result;
}

bot::Status WriteSide::attempt(const std::function<bot::Status(SqliteConnection&)>& work, const std::function<void()>& committed,
                               const std::function<void()>& undone) {
  bot::Status result = bot::Done{};
  bool committing = false;
  full_ = false;
  try {
    connection_->begin();
    result = work(*connection_);
    committing = result.ok();
    if (result) connection_->commit();
  } catch (const SqlError& error) {
    full_ = error.code == SQLITE_FULL;
    result = fail(error);
  } catch (const Damaged& damage) {
    result = damage.error;
    bot::Lock words(words_mutex_);
    if (problem_.empty()) problem_ = damage.error.message;
  } catch (const std::exception& fault) {
    result = committing ? fail(SqlError{SQLITE_IOERR, SQLITE_IOERR, fault.what(), true}) : write_fault(fault);
    bot::Lock words(words_mutex_);
    if (problem_.empty() && result.error().kind == bot::ErrorKind::corrupt) problem_ = result.error().message;
  }
  if (!result) {
    connection_->rollback();
    if (connection_->in_transaction()) (void)fail(SqlError{SQLITE_IOERR, SQLITE_IOERR, "a transaction could not be undone", false});
    if (undone) undone();
    return result;
  }
  if (committed) committed();
  after_commit();
  return result;
}

bot::Status WriteSide::fail(const SqlError& error) {
  bot::Error out = write_failure(error);
  if (out.kind != bot::ErrorKind::corrupt) return out;
  if (out.maybe_recorded && !distrusted_) {
    // This answers repeats of the failed request too, so it must not say "not recorded".
    distrusted_ = bot::fail(bot::ErrorKind::corrupt, "It may be recorded: an earlier write failed (" + error.message + "), so Muster restarts. Send it again with the same key.");
    distrusted_->maybe_recorded = true;
    lost_ = true;
  }
  bot::Lock lock(words_mutex_);
  if (problem_.empty() || lost_) problem_ = distrusted_ ? "A write failed (" + error.message + "): Muster restarts." : out.message;
  return out;
}

void WriteSide::after_commit() {
  untidy_ = true;
  if (connection_->wal_pages() < checkpointed_) checkpointed_ = 0;  // the log began anew
  wal_bytes_ = connection_->wal_pages() * kPageBytes;
  if (connection_->wal_pages() - checkpointed_ < kCheckpointPages) return;
  try {
    connection_->checkpoint(false);
    checkpointed_ = connection_->wal_pages();
  } catch (const SqlError& error) {
    // What was committed is safe in the log. A full disk is told by the next commit; after any other error the copy cannot be trusted.
    checkpointed_ = connection_->wal_pages();
    if (error.code != SQLITE_FULL) (void)fail(error);
  }
}

bot::Status WriteSide::tidy() {
  bot::Lock lock(mutex_);
  if (distrusted_) return *distrusted_;
  if (!untidy_) return bot::Done{};
  try {
    if (connection_->checkpoint(true)) {
      untidy_ = false;
      checkpointed_ = 0;
      wal_bytes_ = 0;
    }
    return bot::Done{};
  } catch (const SqlError& error) {
    return fail(error);
  }
}

std::string WriteSide::problem() const {
  bot::Lock lock(words_mutex_);
  return problem_;
}

}  // namespace storage
