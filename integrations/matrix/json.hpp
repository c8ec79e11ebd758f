// Reading JSON that others wrote: no type is assumed, nothing throws, and one bad value never spoils the rest.
// Place: everything that reads the homeserver's answers and events. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace matrix {

/// The string member `name`, or "" when `object` is no object or has none.
std::string text_at(const nlohmann::json& object, const char* name);
/// The member itself, or null.
const nlohmann::json& value_at(const nlohmann::json& object, const char* name);
/// The member when it is an object or an array, else an empty one.
const nlohmann::json& object_at(const nlohmann::json& object, const char* name);
const nlohmann::json& array_at(const nlohmann::json& object, const char* name);
/// A whole number within ±(2^53−1), the only numbers Matrix has.
std::optional<std::int64_t> number_at(const nlohmann::json& object, const char* name);
bool flag_at(const nlohmann::json& object, const char* name);

/// Parses whatever a server sends: lone surrogates and bad UTF-8 become U+FFFD, numbers no machine can hold become 0, values nested deeper
/// than 60 levels become null. Null when it is not JSON at all. (One such value in one event must not stop a whole /sync.)
nlohmann::json parse_tolerant(const std::string& text);

}  // namespace matrix
