// What somebody typed, as a command in Muster's neutral form: mentions are person tokens, the prefix is gone.
// Place: conversation. Pure. Source: client-server specification "Rich replies", "User and room mentions", "m.room.message".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace matrix {

/// How people call the bot.
struct Called {
  std::string user_id, display_name;
  std::vector<std::string> prefixes;  ///< "!incident"; "/incident" is understood beside it
};

/// The message's words: a quoted reply's fallback dropped, pills and literal ids as person tokens. `content` is that of an m.room.message, or
/// an edit's m.new_content.
std::string neutral_text(const nlohmann::json& content);

/// The command in a message of anybody, "" for the bare prefix; nullopt: not for Muster (another bot's prefix, an edit, a notice, small talk).
std::optional<std::string> command_in(const nlohmann::json& content, const Called& called);

}  // namespace matrix
