// Whether what is stored is still what was recorded.
// Place: open_store at start (heads), the background check, `muster verify`, and after every backup.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bot/result.hpp"
#include "integrations/storage/sqlite_connection.hpp"

namespace storage {

struct VerifyReport {
  std::int64_t incidents = 0;
  std::int64_t entries = 0;
  std::int64_t redacted = 0;        ///< entries whose text was taken out by a redaction
  std::int64_t problem_count = 0;
  std::vector<std::string> problems;  ///< the first twenty, in words
  bool ok() const { return problem_count == 0; }
};

/// Every chain, every text against its hash, fold(timeline) == row, positions without gaps, and the engine's own check.
/// Reads in short transactions, one incident's page of entries at a time. Throws SqlError.
VerifyReport verify_all(SqliteConnection& c);

/// The newest entries of open incidents against their rows: cheap enough for every start. Throws SqlError, Damaged.
bot::Status check_heads(SqliteConnection& c);

}  // namespace storage
