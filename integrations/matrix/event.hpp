// One event of a room's timeline as the homeserver sent it, with the few members Muster reads. `content` stays raw: nothing in it is believed.
// Place: both event sources make these; conversation reads them. Pure.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "bot/env.hpp"

namespace matrix {

struct Event {
  std::string id, room, type;
  std::string sender;                    ///< as the homeserver vouches for it; nothing in `content` can change it
  bot::Time at{};                        ///< origin_server_ts, never later than now: the sender's own server chooses it
  std::optional<std::string> state_key;  ///< set: a state event
  std::string redacts;                   ///< m.room.redaction: top-level before room version 11, in content since
  nlohmann::json content;                ///< an object
  nlohmann::json about;                  ///< "unsigned", an object

  bool is(const char* wanted) const { return type == wanted; }
  /// "m.thread", "m.replace", "m.annotation", or "".
  std::string relation() const;
  std::string related() const;           ///< the event it relates to
  /// Of m.room.member: what it was before, or "" when the homeserver did not say.
  std::string membership() const;
  std::string membership_before() const;
};

/// A reaction as read_event() takes it, without what its content holds beside.
nlohmann::json small_json(const Event& reaction);

/// nullopt: unreadable, or redacted meanwhile. `room`: where it was found; "" = the event says so itself.
std::optional<Event> read_event(const nlohmann::json& raw, const std::string& room, bot::Time now);

}  // namespace matrix
