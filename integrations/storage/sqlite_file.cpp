#include "integrations/storage/sqlite_file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "integrations/storage/checked_pages.hpp"
#include "integrations/storage/failures.hpp"
#include "integrations/storage/schema_check.hpp"

namespace storage {
namespace {

constexpr std::uint64_t kNoRoom = 64 * 1024;  // SQLite needs half of it to begin at all

bot::Error refuse(const std::string& words) { return bot::fail(bot::ErrorKind::corrupt, words); }

bool disk_is_full(const std::string& file) {
  struct statvfs info{};
  if (::statvfs(file.c_str(), &info) != 0) return false;
  const std::uint64_t blocks = ::geteuid() == 0 ? info.f_bfree : info.f_bavail;
  return blocks * info.f_frsize < kNoRoom || (info.f_files > 0 && info.f_ffree == 0);
}

/// What a full disk answers when SQLite begins: often a mere "I/O error", about a file of its own that it cannot make.
bool for_want_of_room(const SqlError& error, const std::string& file) {
  if (error.code == SQLITE_FULL || error.extended == SQLITE_IOERR_SHMSIZE) return true;
  return (error.code == SQLITE_IOERR || error.code == SQLITE_CANTOPEN) && disk_is_full(file);
}

bot::Error unopened(const std::string& file, const SqlError& error) {
  if (for_want_of_room(error, file))
    return bot::fail(bot::ErrorKind::unavailable, "Muster cannot open " + file + ": its disk is full. Free some space and start it again; nothing is damaged.");
  switch (error.code) {
    case SQLITE_NOTADB: return refuse(file + " is not a Muster database. Name another file in store.url, or move this one away.");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return bot::fail(bot::ErrorKind::unavailable, "Muster cannot open " + file + " (" + error.message + "). Check the owner and permissions of the file and its folder.");
    default: return refuse(file + " cannot be used (" + words_of(error) + "). Look at the disk, then restore a backup if the file is damaged.");
  }
}

/// ok when the file is absent, empty or begins like SQLite; the engine itself would take a stranger's text file for damage.
bot::Status check_header(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return bot::Done{};
  if (fd < 0) return bot::fail(bot::ErrorKind::unavailable, "Muster cannot read " + file + " (" + std::strerror(errno) + "). Check its owner and permissions.");
  char head[16] = {};
  const auto n = ::read(fd, head, sizeof head);
  ::close(fd);
  if (n < 0) return bot::fail(bot::ErrorKind::unavailable, "Muster cannot read " + file + ": it is not a file. Name a file in store.url.");
  if (n == 0 || (n == sizeof head && std::memcmp(head, "SQLite format 3", 16) == 0)) return bot::Done{};
  return refuse(file + " is not a Muster database. Name another file in store.url, or move this one away.");
}

/// Made here, so that it belongs to this user alone; the engine gives its log the same permissions.
bot::Status make_file(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return bot::fail(bot::ErrorKind::unavailable, "Muster cannot write " + file + " (" + std::strerror(errno) + "). Make the file and its folder writable for this user.");
  ::close(fd);
  return bot::Done{};
}

/// Version 0: empty. Anything that is neither empty nor ours is refused.
bot::Result<int> version_of(SqliteConnection& c, const std::string& file) {
  const auto id = c.pragma("application_id");
  const auto version = c.pragma("user_version");
  if (id == 0 && version == 0) {
    auto tables = c.query("SELECT COUNT(*) FROM sqlite_master");
    if (tables.next() && tables.integer(0) == 0) return 0;
  }
  if (id != kApplicationId) return refuse(file + " is the database of another program. Name another file in store.url.");
  if (version <= 0)
    return refuse(file + " does not say which schema it has: its user_version is " + std::to_string(version) + ". Somebody or another program changed it. Restore a backup.");
  if (version > schema_version())
    return refuse(file + " was written by a newer Muster (schema " + std::to_string(version) + ", this one knows " + std::to_string(schema_version()) +
                  "). Start the newer version, or restore a backup from before the upgrade.");
  if (c.reserve_bytes() != kPageCheckBytes)
    return refuse(file + " is damaged, or was made by a trial version of Muster: its pages carry no check. Restore a backup.");
  if (auto fits = check_schema(c, static_cast<int>(version), file); !fits) return fits.error();
  return static_cast<int>(version);
}

void set_rules(SqliteConnection& c) {
  c.execute("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;");
}

bot::Status set_durability(SqliteConnection& c, const std::string& file) {
  if (c.pragma_text("journal_mode = WAL") != "wal")
    return refuse(file + " cannot use a write-ahead log here. Put the database on a local disk (not a network file system).");
  // secure_delete: what a redaction deletes is overwritten, not only unlinked. cache_size in KiB.
  c.execute("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16000;");
  // No "PRAGMA wal_autocheckpoint = 0": the connection's own hook takes that place, and the pragma would remove it.
  if (c.pragma("wal_autocheckpoint") != 0) return refuse("SQLite would empty the write-ahead log by itself and hide its errors. This is a fault of this build of Muster.");
  if (c.pragma("synchronous") != 2) return refuse("SQLite did not accept synchronous=FULL, so nothing would be safe after a power cut. Use the distribution's SQLite.");
  return bot::Done{};
}

/// Throws SqlError.
bot::Result<std::unique_ptr<SqliteConnection>> opened_for_reading(const std::string& file, SqliteConnection::Mode mode) {
  auto c = std::make_unique<SqliteConnection>(file, mode);
  auto version = version_of(*c, file);
  if (!version) return version.error();
  if (*version == 0) return refuse(file + " is empty: nothing was ever recorded there, or somebody emptied it. Check store.url in the settings, or restore a backup.");
  if (*version != schema_version())
    return refuse(file + " has schema " + std::to_string(*version) + ", this Muster needs " + std::to_string(schema_version()) + ". Start `muster serve` once to bring it up to date.");
  set_rules(*c);
  c->execute("PRAGMA cache_size = -2000;");
  return c;
}

/// A process that died may have written what is read back now without being safe from a power cut. It is made safe before anything
/// is answered from it: a repeat of its request gets "ok" without another commit.
void make_safe(SqliteConnection& c) {
  try {
    c.checkpoint(true);
  } catch (const SqlError& error) {
    if (error.code != SQLITE_FULL) throw;  // the log itself was synced first; a full disk must not keep reads away
  }
}

}  // namespace

bool has_log(const std::string& file) {
  sqlite3_initialize();
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  int there = 0;
  // Not ACCESS_EXISTS: that takes an empty file for none, and an emptied log is as good as any.
  return vfs->xAccess(vfs, (file + "-wal").c_str(), SQLITE_ACCESS_READWRITE, &there) == SQLITE_OK && there != 0;
}

bot::Result<std::unique_ptr<SqliteConnection>> open_for_writing(const std::string& file, std::int64_t max_pages) {
  if (auto ours = check_header(file); !ours) return ours.error();
  if (auto made = make_file(file); !made) return made.error();
  try {
    auto c = std::make_unique<SqliteConnection>(file, SqliteConnection::Mode::write);
    auto version = version_of(*c, file);
    if (!version) return version.error();
    if (*version == 0) c->reserve_bytes(kPageCheckBytes);
    set_rules(*c);
    if (auto durable = set_durability(*c, file); !durable) return durable.error();
    if (*version < schema_version()) make_safe(*c);  // a commit may follow only one that was synced: check_log goes by that
    migrate(*c, *version, schema_version());
    make_safe(*c);
    if (max_pages > 0) c->pragma("max_page_count = " + std::to_string(max_pages));
    return c;
  } catch (const SqlError& error) {
    return unopened(file, error);
  }
}

bot::Result<std::unique_ptr<SqliteConnection>> open_for_reading_only(const std::string& file, bool immutable) {
  if (::access(file.c_str(), F_OK) != 0)
    return bot::fail(bot::ErrorKind::not_found, "There is no database at " + file + ". Check store.url in the settings, or start `muster serve` once.");
  if (auto ours = check_header(file); !ours) return ours.error();
  using Mode = SqliteConnection::Mode;
  try {
    return opened_for_reading(file, immutable ? Mode::immutable : Mode::read);
  } catch (const SqlError& error) {
    if (immutable || !for_want_of_room(error, file)) return unopened(file, error);
  }
  try {
    // Beside nobody else SQLite needs no file for what it shares with others, and reads the log all the same.
    return opened_for_reading(file, Mode::alone);
  } catch (const SqlError&) {
    return unopened(file, SqlError{SQLITE_FULL, SQLITE_FULL, "", false});
  }
}

}  // namespace storage
