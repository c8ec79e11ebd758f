// Reading what Slack posts: every member may be missing or of another type, and none of that may throw.
// Place: used by the inbound side, and where Slack's answers about people and rooms are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bot/env.hpp"

namespace slack {

/// The string member `name`, or "".
std::string text_of(const nlohmann::json& object, const char* name);
/// The object or array member `name`, or an empty one that lives for ever.
const nlohmann::json& object_of(const nlohmann::json& object, const char* name);
const nlohmann::json& list_of(const nlohmann::json& object, const char* name);
bool is_true(const nlohmann::json& object, const char* name);
std::int64_t number_of(const nlohmann::json& object, const char* name);

/// Ids as Slack makes them: letters A–Z and digits ("U02", "W1", "C07", "T0TEST").
bool is_id(const std::string& word);
/// "1503435956.000247". Never turned into a floating number: it is the message's name within its channel.
bool is_ts(const std::string& word);
/// The moment a ts names, to the millisecond.
std::optional<bot::Time> time_of(const std::string& ts);

/// A person's or bot's name as received, safe to show: one line, at most 80 code points.
std::string display_name(const std::string& received);
/// What people call the user of users.info: the display name, else the real one, else the account's; "" when Slack says none.
std::string shown_name(const nlohmann::json& user);

}  // namespace slack
