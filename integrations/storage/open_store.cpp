#include "integrations/storage/open_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "integrations/storage/backup.hpp"
#include "integrations/storage/file_lock.hpp"
#include "integrations/storage/reader_pool.hpp"
#include "integrations/storage/reserve.hpp"
#include "integrations/storage/sql_credentials.hpp"
#include "integrations/storage/sql_reader.hpp"
#include "integrations/storage/sql_store.hpp"
#include "integrations/storage/sqlite_file.hpp"
#include "integrations/storage/wal_check.hpp"
#include "integrations/storage/write_side.hpp"

namespace storage {
namespace {

constexpr std::int64_t kWalAlarm = 64LL << 20;

bool sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::fsync(fd) == 0;
  ::close(fd);
  return done;
}

bot::Result<std::string> file_of(const std::string& url) {
  if (url.rfind("sqlite:", 0) != 0)
    return bot::fail(bot::ErrorKind::invalid_input, "store.url must be \"sqlite:PATH\", e.g. \"sqlite:data/muster.db\".");
  std::string file = url.substr(7);
  if (file.rfind("//", 0) == 0) file.erase(0, 2);
  if (file.empty() || file.find('\0') != std::string::npos) return bot::fail(bot::ErrorKind::invalid_input, "store.url names no file. Write \"sqlite:data/muster.db\".");
  return file;
}

bot::Result<VerifyReport> verify_file_at(const std::string& file) {
  auto c = open_for_reading_only(file, false);
  if (!c) return c.error();
  return guarded([&] { return verify_all(**c); });
}

class OpenedFile : public Opened {
 public:
  OpenedFile(std::string file, std::unique_ptr<FileLock> lock, std::unique_ptr<Reserve> reserve, std::unique_ptr<SqliteConnection> writer, bot::Env env)
      : file_(std::move(file)), lock_(std::move(lock)), reserve_(std::move(reserve)), write_(std::move(writer), [this] { return reserve_->spend(); }),
        pool_(file_, env.clock), store_(write_), reader_(pool_), credentials_(write_, pool_) {
    reserve_->make();
  }

  // Before the log is emptied and removed: a process that dies in between leaves a log, and nothing that asks for one.
  ~OpenedFile() override {
    if (!lock_->mark_closed()) write_.keep_log();
  }
  bot::Status begin() { return store_.open(); }
  /// Once the log has its name in the folder for good, its absence means loss.
  void mark_in_use() {
    if (sync_folder(std::filesystem::absolute(file_).parent_path()) && has_log(file_)) lock_->mark_in_use();
  }
  bot::Store& store() override { return store_; }
  bot::Reader& reader() override { return reader_; }
  bot::Credentials& credentials() override { return credentials_; }

  Health health() const override {
    Health out;
    out.wal_bytes = write_.wal_bytes();
    out.problem = write_.problem();
    out.must_restart = write_.lost();
    out.free_bytes = reserve_->free();
    out.reserve_bytes = reserve_->bytes();
    if (write_.full() && out.reserve_bytes == 0) out.warning = "The disk is full: nothing new is recorded until some space is free. What was recorded can be read.";
    else if (const auto spent = reserve_->spent(); spent > 0)
      out.warning = "The disk was full, so Muster gave back the " + std::to_string(spent >> 20) + " MB it keeps aside. Free some space before they are used up.";
    bot::Lock lock(mutex_);
    out.verified = verified_;
    if (out.problem.empty()) out.problem = damage_;
    if (out.problem.empty() && out.wal_bytes > kWalAlarm)
      out.problem = "The write-ahead log has grown to " + std::to_string(out.wal_bytes >> 20) + " MB: a long read keeps it from being emptied.";
    out.ok = out.problem.empty();
    return out;
  }

  bot::Result<VerifyReport> verify() override {
    auto report = verify_file_at(file_);
    bot::Lock lock(mutex_);
    if (report) {
      verified_ = true;
      damage_ = report->ok() ? "" : "The check of the database found " + std::to_string(report->problem_count) + " problem(s), the first: " + report->problems.front();
    } else if (report.error().kind == bot::ErrorKind::corrupt) {
      damage_ = report.error().message;
    }
    return report;
  }

  void keep_reserve() override { reserve_->make(); }
  bot::Status backup(const std::string& target) override { return storage::backup(file_, target); }

 private:
  const std::string file_;
  std::unique_ptr<FileLock> lock_;  // first taken, last given back
  std::unique_ptr<Reserve> reserve_;
  WriteSide write_;
  ReaderPool pool_;
  SqlStore store_;
  SqlReader reader_;
  SqlCredentials credentials_;
  mutable bot::Mutex mutex_;
  std::string damage_ GUARDED_BY(mutex_);
  bool verified_ GUARDED_BY(mutex_) = false;
};

class ReadOnlyFile : public OpenedForReading {
 public:
  ReadOnlyFile(std::string file, bot::Env env) : file_(std::move(file)), pool_(file_, env.clock), reader_(pool_) {}
  bot::Reader& reader() override { return reader_; }
  bot::Result<VerifyReport> verify() override { return verify_file_at(file_); }
  bot::Status backup(const std::string& target) override { return storage::backup(file_, target); }

 private:
  const std::string file_;
  ReaderPool pool_;
  SqlReader reader_;
};

bot::Status log_is_there(const std::string& file, const FileLock& lock) {
  if (!lock.left_in_use() || has_log(file)) return bot::Done{};
  return bot::fail(bot::ErrorKind::corrupt, "Muster did not stop cleanly last time, and what it recorded last is in " + file + "-wal, which is not there. Put it back, or restore a backup. " +
                                                "If nothing can bring it back, or " + file + " is a restored backup, remove " + file + ".lock and start again.");
}

bot::Status make_folder_of(const std::string& file) {
  std::error_code error;
  const auto folder = std::filesystem::path(file).parent_path();
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return bot::Done{};
  std::filesystem::create_directories(folder, error);
  if (error)
    return bot::fail(bot::ErrorKind::unavailable, "Muster cannot make the folder " + folder.string() + " (" + error.message() + "). Make it, or name another place in store.url.");
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  // SQLite makes its files' names in this folder last; the folder's own name is ours to see to.
  for (auto above = std::filesystem::absolute(folder).parent_path(); above.has_relative_path(); above = above.parent_path()) sync_folder(above);
  return bot::Done{};
}

}  // namespace

bot::Result<std::unique_ptr<Opened>> open_store(const std::string& url, bot::Env env, StoreLimits limits) {
  auto file = file_of(url);
  if (!file) return file.error();
  if (auto made = make_folder_of(*file); !made) return made.error();
  auto lock = FileLock::take(*file);
  if (!lock) return lock.error();
  if (auto whole = log_is_there(*file, **lock); !whole) return whole.error();
  if (auto whole = check_log(*file); !whole) return whole.error();
  // Opening and giving up may properly empty and remove the log.
  if (!(*lock)->mark_closed())
    return bot::fail(bot::ErrorKind::unavailable, "Muster cannot write to " + *file + ".lock. See whether the disk is full or failing, then start it again; nothing has been changed.");
  auto reserve = std::make_unique<Reserve>(*file, limits.reserve);
  reserve->before_opening();
  auto writer = open_for_writing(*file, limits.max_pages);
  if (!writer) return writer.error();
  auto heads = guarded([&] { return check_heads(**writer); });
  if (!heads) return heads.error();
  if (!*heads) return heads->error();
  auto opened = std::make_unique<OpenedFile>(*file, *std::move(lock), std::move(reserve), *std::move(writer), env);
  if (auto begun = opened->begin(); !begun) return begun.error();
  opened->mark_in_use();
  return std::unique_ptr<Opened>(std::move(opened));
}

bot::Result<std::unique_ptr<OpenedForReading>> open_for_reading(const std::string& url, bot::Env env) {
  auto file = file_of(url);
  if (!file) return file.error();
  // A running server looked at the log when it started, and is writing to it now.
  if (!FileLock::is_taken(*file))
    if (auto whole = check_log(*file); !whole && !FileLock::is_taken(*file)) return whole.error();
  if (auto once = open_for_reading_only(*file, false); !once) return once.error();
  return std::unique_ptr<OpenedForReading>(std::make_unique<ReadOnlyFile>(*file, env));
}

}  // namespace storage
