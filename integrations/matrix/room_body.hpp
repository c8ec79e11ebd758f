// What a room of Muster's is made of, for every room version. Pure.
// Place: the room steps. Source of the rules: client-server specification "createRoom" and "m.room.power_levels"; room version 12: creators stand
// above all power levels and must not be listed; up to version 11 the creator must be.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bot/settings.hpp"

namespace matrix {

/// Version 12 and later.
bool creators_stand_above(const std::string& room_version);
/// Members of another room may be let in (version 8 and later).
bool knows_restricted_rooms(const std::string& room_version);

/// The whole map: what is left out would get the homeserver's own defaults, and in Synapse a part replaces whole members.
nlohmann::json power_levels(const std::string& room_version, const std::string& bot_user);

/// "INC-7 checkout is slow": one short line, whatever the title holds.
std::string room_title(std::int64_t incident, const std::string& title);

struct RoomPlan {
  std::string alias;                   ///< localpart
  std::string title, topic;
  std::string version;                 ///< "" = whatever the homeserver takes
  bool is_private = false;
  std::vector<std::string> doors;      ///< rooms whose members may come in by themselves; none for a private incident
  std::string space;                   ///< room id of the space it shows, or ""
  std::int64_t incident = 0;
  std::string op;                      ///< the mark it is found by
};
nlohmann::json room_body(const bot::MatrixSettings& settings, const std::string& bot_user, const RoomPlan& plan);

/// A room with one person, for pages.
nlohmann::json direct_room_body(const bot::MatrixSettings& settings, const std::string& bot_user, const std::string& user, const std::string& version);

/// The space that collects the incidents' rooms. Members of `doors` may come in by themselves.
nlohmann::json space_body(const bot::MatrixSettings& settings, const std::string& bot_user, const std::string& alias, const std::string& version,
                          const std::vector<std::string>& doors);

}  // namespace matrix
