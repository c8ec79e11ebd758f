// Domain values ⇄ versioned JSON, once: for storage, API and console.
// Every object carries "v":1. Decoding answers `corrupt` with what was wrong; depth is capped at 64; unknown members are ignored.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bot/incident.hpp"
#include "bot/message.hpp"
#include "bot/people.hpp"
#include "bot/request.hpp"
#include "bot/result.hpp"

namespace codec {

/// Parses outside text: UTF-8 checked, depth <= 64, never throws. `invalid_input` says where it went wrong.
bot::Result<nlohmann::json> parse(const std::string& text);
/// Never throws on bad UTF-8 (replaced by U+FFFD).
std::string dump(const nlohmann::json& value);

std::string encode(const bot::Incident& incident);
bot::Result<bot::Incident> decode_incident(const std::string& text);
std::string encode(const bot::Content& content);
bot::Result<bot::Content> decode_content(const std::string& kind, const std::string& text);
std::string encode(const bot::Reply& reply);  ///< at most 4 kB: a longer card loses its list and paragraphs from the end
bot::Result<bot::Reply> decode_reply(const std::string& text);
std::string encode(const bot::Facts& facts);
bot::Result<bot::Facts> decode_facts(const std::string& text);
std::string encode(const bot::Person& person);
bot::Result<bot::Person> decode_person(const std::string& text);

// For the API and the console: what a reader outside sees (names beside ids, times as ISO 8601).
nlohmann::json view(const bot::Incident& incident, const bot::People& people);
nlohmann::json view(const bot::Entry& entry, const bot::People& people);  ///< with "sentence" from narrate
nlohmann::json view(const bot::Card& card, const bot::People& people);
nlohmann::json view(const bot::Reply& reply, const bot::People& people);

}  // namespace codec
