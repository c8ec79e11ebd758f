// One answer of /sync taken apart, as far as Muster needs it. Pure; tolerant: every key may be absent or of another type.
// Source: client-server specification, GET /_matrix/client/v3/sync.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "integrations/matrix/event.hpp"

namespace matrix {

struct RoomNews {
  std::string room;
  std::vector<Event> events;      ///< oldest first
  bool limited = false;           ///< something before `events` was left out …
  std::string prev_batch;         ///< … and is found from here backwards
  bool encrypted = false;         ///< says its state
  std::vector<std::pair<std::string, std::string>> names;  ///< members: id, display name
};

struct SyncAnswer {
  std::string next_batch;         ///< "": the answer is not one of /sync
  std::vector<RoomNews> joined;
  std::vector<std::pair<std::string, std::string>> invited;  ///< room, inviter
  std::vector<std::string> left;
};

SyncAnswer read_sync(const nlohmann::json& answer, const std::string& self, bot::Time now);

/// The filter for /sync as JSON text: messages, reactions, redactions, members and what changes a room; `limit` events a room.
std::string sync_filter(int limit);
/// The same for /messages.
std::string history_filter();
/// Index of the bot's own entering, before which nothing concerns it; 0 when it was there all the time.
std::size_t own_entrance(const std::vector<Event>& events, const std::string& self);

}  // namespace matrix
