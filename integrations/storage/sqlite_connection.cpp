#include "integrations/storage/sqlite_connection.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include "integrations/storage/checked_pages.hpp"

namespace storage {
namespace {

constexpr int kBusyMillis = 5000;  // a seat belt: with one writer, busy is a fault elsewhere

std::string as_uri(const std::string& file) {
  std::string out = file.front() == '/' ? "file://" : "file:";  // so that no part of an absolute path is taken for a host
  static constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : file) {
    if (c == '%' || c == '?' || c == '#') {
      out += '%';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out;
}

void check_bind(sqlite3_stmt* s, int code) {
  if (code != SQLITE_OK) throw SqlError{code & 0xff, code, sqlite3_errmsg(sqlite3_db_handle(s)), false};
}

SqlError from(const SQLite::Exception& e) { return SqlError{e.getErrorCode() & 0xff, e.getExtendedErrorCode(), e.what(), false}; }

std::unique_ptr<SQLite::Database> opened(const std::string& file, int flags, int busy_millis) {
  try {
    return std::make_unique<SQLite::Database>(file.c_str(), flags, busy_millis, checked_pages());
  } catch (const SQLite::Exception& e) {
    throw from(e);
  }
}

}  // namespace

Rows::~Rows() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

bool Rows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* db = sqlite3_db_handle(statement_);
  throw SqlError{sqlite3_extended_errcode(db) & 0xff, sqlite3_extended_errcode(db), sqlite3_errmsg(db), false};
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<std::int64_t> Rows::maybe_integer(int column) const {
  return null(column) ? std::nullopt : std::optional<std::int64_t>(integer(column));
}

std::string_view Rows::view(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const auto n = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(bytes), n);
}

std::string Rows::text(int column) const { return std::string(view(column)); }

bool Rows::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

SqliteConnection::SqliteConnection(const std::string& file, Mode mode) {
  const bool write = mode == Mode::write;
  const bool alone = mode == Mode::alone;  // shutting others out takes a file opened for writing
  const int flags = (write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : alone ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
  const std::string uri = as_uri(file) + (mode == Mode::immutable ? "?immutable=1" : "");
  database_ = opened(uri, flags, alone ? 0 : kBusyMillis);
  db_ = database_->getHandle();
  sqlite3_extended_result_codes(db_, 1);
  // Only the writing connection ever checkpoints: two at once can corrupt the log in SQLite before 3.51.3.
  if (!write) keep_log();
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (alone) execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON;");
  if (write) sqlite3_wal_hook(db_, &SqliteConnection::on_wal, this);  // in place of automatic checkpoints, which hide their errors
}

void SqliteConnection::keep_log() { sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

SqliteConnection::~SqliteConnection() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);  // before their database closes
}

void SqliteConnection::raise(int extended, bool committing) const { throw SqlError{extended & 0xff, extended, sqlite3_errmsg(db_), committing}; }

sqlite3_stmt* SqliteConnection::prepared(const char* sql) {
  auto [it, fresh] = statements_.try_emplace(sql, nullptr);
  if (it->second == nullptr) {
    const int code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &it->second, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(it);
      raise(code);
    }
  }
  return it->second;
}

void SqliteConnection::bind(sqlite3_stmt* s, int at, bool, std::int64_t value) { check_bind(s, sqlite3_bind_int64(s, at, value)); }

void SqliteConnection::bind(sqlite3_stmt* s, int at, bool copy, const std::optional<std::int64_t>& value) {
  if (value) bind(s, at, copy, *value);
  else bind(s, at, copy, nullptr);
}

void SqliteConnection::bind(sqlite3_stmt* s, int at, bool copy, std::string_view value) {
  // An empty view may have no address, which would bind NULL.
  const char* bytes = value.data() == nullptr ? "" : value.data();
  check_bind(s, sqlite3_bind_text(s, at, bytes, static_cast<int>(value.size()), copy ? SQLITE_TRANSIENT : SQLITE_STATIC));
}

void SqliteConnection::bind(sqlite3_stmt* s, int at, bool, std::nullptr_t) { check_bind(s, sqlite3_bind_null(s, at)); }

void SqliteConnection::bind(sqlite3_stmt* s, int at, bool copy, Blob value) {
  const char* bytes = value.bytes.data() == nullptr ? "" : value.bytes.data();
  check_bind(s, sqlite3_bind_blob(s, at, bytes, static_cast<int>(value.bytes.size()), copy ? SQLITE_TRANSIENT : SQLITE_STATIC));
}

void SqliteConnection::execute(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) raise(sqlite3_extended_errcode(db_));
}

std::string SqliteConnection::pragma_text(const std::string& name) {
  sqlite3_stmt* statement = nullptr;
  if (const int code = sqlite3_prepare_v2(db_, ("PRAGMA " + name).c_str(), -1, &statement, nullptr); code != SQLITE_OK) raise(code);
  const int step = sqlite3_step(statement);
  std::string out;
  if (step == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr) out = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  const int code = sqlite3_finalize(statement);
  if (code != SQLITE_OK) raise(code);
  return out;
}

std::int64_t SqliteConnection::pragma(const std::string& name) {
  const std::string text = pragma_text(name);
  return text.empty() ? 0 : std::strtoll(text.c_str(), nullptr, 10);
}

void SqliteConnection::begin() { run("BEGIN IMMEDIATE"); }

void SqliteConnection::commit() {
  try {
    run("COMMIT");
  } catch (SqlError& error) {
    error.committing = true;
    throw;
  }
}

void SqliteConnection::rollback() noexcept {
  if (!in_transaction()) return;
  try {
    run("ROLLBACK");
  } catch (const SqlError&) {  // in_transaction() tells
  }
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

int SqliteConnection::changes() const { return sqlite3_changes(db_); }

void SqliteConnection::set_interrupt(std::function<bool()> due) {
  interrupt_ = std::move(due);
  if (interrupt_) sqlite3_progress_handler(db_, 1000, &SqliteConnection::on_progress, this);
  else sqlite3_progress_handler(db_, 0, nullptr, nullptr);
}

int SqliteConnection::on_progress(void* self) { return static_cast<SqliteConnection*>(self)->interrupt_() ? 1 : 0; }

int SqliteConnection::on_wal(void* self, sqlite3*, const char*, int pages) {
  static_cast<SqliteConnection*>(self)->wal_pages_ = pages;
  return SQLITE_OK;
}

int SqliteConnection::reserve_bytes(int wanted) {
  int bytes = wanted;
  if (const int code = sqlite3_file_control(db_, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes); code != SQLITE_OK) raise(code);
  return bytes;
}

bool SqliteConnection::checkpoint(bool truncate) {
  int in_log = 0;
  int copied = 0;
  sqlite3_busy_timeout(db_, 0);  // a slow reader must not hold up the writer
  const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
  sqlite3_busy_timeout(db_, kBusyMillis);
  if ((code & 0xff) == SQLITE_BUSY) return false;
  if (code != SQLITE_OK) raise(code);
  wal_pages_ = truncate ? 0 : in_log;
  return in_log == copied;
}

void SqliteConnection::copy_to(const std::string& file) {
  const auto target = opened(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, 0);
  try {
    SQLite::Backup backup(*target, *database_);
    // One step over all pages: one read snapshot, so writers go on and never restart the copy.
    const int code = backup.executeStep(-1);
    if (code != SQLITE_DONE) throw SqlError{code & 0xff, code, target->getErrorMsg(), false};
  } catch (const SQLite::Exception& e) {
    throw from(e);
  }
}

}  // namespace storage
