// An online copy of the database, proven readable before it gets its name.
#pragma once

#include <string>

#include "bot/result.hpp"

namespace storage {

/// Copies `database` into `target` while others read and write it. The copy is opened, checked by SQLite and its chain heads recomputed;
/// only then does it take its name. An existing `target` is never overwritten.
bot::Status backup(const std::string& database, const std::string& target);

}  // namespace storage
