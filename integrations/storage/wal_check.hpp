// Whether the write-ahead log still holds every commit that was safe in it. SQLite stops reading at the first frame that is not what was
// written and drops all that follows, without a word; this reads the log before SQLite does.
// Place: open_store, before the database is opened. Errors: corrupt, with words that say how much is lost and what can be done; nothing is changed.
#pragma once

#include <string>

#include "bot/result.hpp"

namespace storage {

/// REQUIRES: no process writes to the database, and this one has no connection to it (the engine's locks on its index would go).
bot::Status check_log(const std::string& database);

}  // namespace storage
