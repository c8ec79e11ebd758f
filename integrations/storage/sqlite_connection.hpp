// One SQLite connection with its prepared statements. Knows the engine, nothing of incidents.
// Place: everything in this folder; the SQL text is given by the callers and is portable.
// Threads: one at a time (opened without SQLite's own mutex). Statements live as long as the connection.
// Errors: SqlError, which never leaves this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace SQLite {
class Database;
}

namespace storage {

struct SqlError {
  int code = 0;      ///< primary result code
  int extended = 0;  ///< extended result code
  std::string message;
  bool committing = false;  ///< raised by COMMIT: the outcome may be unknown
};

struct Blob { std::string_view bytes; };

/// A running statement; ends (is reset) when it goes out of scope. At most one per SQL text at a time.
class Rows {
 public:
  explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
  Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();
  bool next();
  std::int64_t integer(int column) const;
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::string text(int column) const;
  std::string_view view(int column) const;  ///< text or blob, valid until next()
  bool null(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class SqliteConnection {
 public:
  /// alone: reads while no other process may have the file open; the only way to read what is in the log on a disk without any room.
  enum class Mode { write, read, immutable, alone };
  SqliteConnection(const std::string& file, Mode mode);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  /// Runs a statement to its end. `sql` must be a literal: statements are kept by its address.
  template <class... Values>
  void run(const char* sql, const Values&... values) {
    sqlite3_stmt* const statement = prepared(sql);
    Rows rows(statement);
    bind_all(statement, false, values...);
    rows.next();
  }
  template <class... Values>
  Rows query(const char* sql, const Values&... values) {
    sqlite3_stmt* const statement = prepared(sql);
    Rows rows(statement);
    bind_all(statement, true, values...);
    return rows;
  }
  /// Several statements at once, not prepared (schema, pragmas).
  void execute(const std::string& sql);
  std::int64_t pragma(const std::string& name);
  std::string pragma_text(const std::string& name);

  void begin();  ///< BEGIN IMMEDIATE: never upgraded from a read
  void commit();
  void rollback() noexcept;
  bool in_transaction() const;
  int changes() const;

  /// Bytes SQLite leaves free at the end of each page, before this call; `wanted` >= 0 sets them for a database not yet made.
  int reserve_bytes(int wanted = -1);
  /// Called every thousand steps or so; true interrupts the statement.
  void set_interrupt(std::function<bool()> due);
  /// Copies the write-ahead log into the file. REQUIRES: no transaction. False when readers kept part of it back.
  bool checkpoint(bool truncate);
  /// The log stays beside the file when this connection is closed.
  void keep_log();
  /// Pages in the write-ahead log after the latest commit or checkpoint.
  int wal_pages() const { return wal_pages_; }
  /// Copies the whole database, as one consistent moment, into `file`.
  void copy_to(const std::string& file);

 private:
  sqlite3_stmt* prepared(const char* sql);
  template <class... Values>
  static void bind_all([[maybe_unused]] sqlite3_stmt* statement, [[maybe_unused]] bool copy, const Values&... values) {
    [[maybe_unused]] int at = 0;
    (bind(statement, ++at, copy, values), ...);
  }
  static void bind(sqlite3_stmt* s, int at, bool copy, std::int64_t value);
  static void bind(sqlite3_stmt* s, int at, bool copy, int value) { bind(s, at, copy, static_cast<std::int64_t>(value)); }
  static void bind(sqlite3_stmt* s, int at, bool copy, bool value) { bind(s, at, copy, static_cast<std::int64_t>(value)); }
  static void bind(sqlite3_stmt* s, int at, bool copy, const std::optional<std::int64_t>& value);
  static void bind(sqlite3_stmt* s, int at, bool copy, std::string_view value);
  static void bind(sqlite3_stmt* s, int at, bool copy, const std::string& value) { bind(s, at, copy, std::string_view(value)); }
  static void bind(sqlite3_stmt* s, int at, bool copy, const char* value) { bind(s, at, copy, std::string_view(value)); }
  static void bind(sqlite3_stmt* s, int at, bool copy, std::nullptr_t);
  static void bind(sqlite3_stmt* s, int at, bool copy, Blob value);
  [[noreturn]] void raise(int extended, bool committing = false) const;
  static int on_progress(void* self);
  static int on_wal(void* self, sqlite3*, const char*, int pages);

  std::unique_ptr<SQLite::Database> database_;  ///< owns the handle below
  sqlite3* db_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::function<bool()> interrupt_;
  int wal_pages_ = 0;
};

/// All reads of its life see one moment. REQUIRES: no transaction under way, and no Rows that outlive it.
class ReadTransaction {
 public:
  explicit ReadTransaction(SqliteConnection& c) : c_(c) { c.begin(); }  // on the writing connection: like every other one, never upgraded
  ~ReadTransaction() { c_.rollback(); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  SqliteConnection& c_;
};

}  // namespace storage
