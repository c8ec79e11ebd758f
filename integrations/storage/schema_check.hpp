// The tables, and how they came to be: the migrations, and whether a file has what they make.
// Place: sqlite_file, before anything is read or written. Errors: sentences that name what is missing; throws SqlError.
#pragma once

#include <string>

#include "bot/result.hpp"
#include "integrations/storage/sqlite_connection.hpp"

namespace storage {

/// The newest schema this program knows.
int schema_version();
/// Brings a database from that version (0: empty) to `to`, each step in a transaction of its own.
void migrate(SqliteConnection& c, int from, int to);
/// Whether every table, index and trigger of that version is there as the migrations make it, and none besides.
bot::Status check_schema(SqliteConnection& c, int version, const std::string& file);

}  // namespace storage
