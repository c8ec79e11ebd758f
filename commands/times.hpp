// Times as people type them: "14:02", "25 min ago", "2026-11-23 14:02", RFC 3339. Everything without a zone is UTC.
#pragma once

#include <optional>
#include <string_view>

#include "bot/env.hpp"

namespace commands {

/// "30m", "2 h", "90 min", "1h30m"; nothing when the text is anything else.
std::optional<bot::Millis> duration(std::string_view text);

/// The moment meant, also "1402", "14.02", "yesterday 14:02" and "10m" (ago); a bare clock time is the latest such moment not after `now`. Nothing when the text is anything else.
std::optional<bot::Time> moment(std::string_view text, bot::Time now);

}  // namespace commands
