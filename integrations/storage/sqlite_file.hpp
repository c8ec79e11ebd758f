// Opening a database file by the rules: is it ours, is it the right schema, is the disk promise kept.
// Place: open_store and backup. Errors: sentences that say what to do instead.
#pragma once

#include <memory>
#include <string>

#include "bot/result.hpp"
#include "integrations/storage/schema_check.hpp"
#include "integrations/storage/sqlite_connection.hpp"

namespace storage {

inline constexpr std::int64_t kApplicationId = 0x4d555354;  ///< "MUST"

/// Whether the database's write-ahead log is there.
bool has_log(const std::string& file);
/// Creates or opens for writing, brings the schema up to date. `max_pages` > 0 caps the file.
bot::Result<std::unique_ptr<SqliteConnection>> open_for_writing(const std::string& file, std::int64_t max_pages);
/// Opens an existing database read-only, on a full disk too when no other process has it open. `immutable`: nobody else has it open (a
/// finished backup).
bot::Result<std::unique_ptr<SqliteConnection>> open_for_reading_only(const std::string& file, bool immutable);

}  // namespace storage
