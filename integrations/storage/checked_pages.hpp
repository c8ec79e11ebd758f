// A check on every page of the database file, so that a flipped bit on the disk is an error and never a wrong word or a lost page to somebody.
// SQLite leaves eight bytes at the end of each page (set when the database is made); they hold a hash of the page and of its place.
// It is written when a page reaches the file and compared whenever one is read from it. The log has checksums of its own.
// Place: SqliteConnection opens its files through this, on top of whatever file system SQLite has as its default.
// Threads: any. Errors: a page that is not what was written reads as SQLITE_IOERR_DATA.
#pragma once

namespace storage {

inline constexpr int kPageCheckBytes = 8;

/// The name to open a database by; registers it with SQLite on first use.
const char* checked_pages();

}  // namespace storage
