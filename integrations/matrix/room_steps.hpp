// The steps that make and end a room: create, topic, invitations, closing.
// Creating is neither atomic nor repeatable in Matrix: the room gets a name of ours and a mark in its first state, nobody is invited by the
// creation itself, and after an unknown outcome a room is only taken when both name and mark are ours.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "integrations/matrix/session.hpp"

namespace matrix {

/// The nth alias to try (1-based): "inc-7-x", "inc-7-x-2" … "-9", then one with part of the message's id, which is free. A private room's has
/// that part always: aliases can be guessed and looked up by anybody.
std::string room_alias_candidate(const bot::OpenRoom& open, int n, const std::string& message_id);
inline constexpr int kRoomAliases = 10;

/// What is kept of a message between its attempts, while the process lives; without it the attempts only take longer.
struct Progress {
  int next_alias = 1;
  std::optional<bot::Millis> half_made_since = {};  ///< when an alias of ours was first seen to lead to a room without a mark
  std::set<std::string> invited = {};               ///< Matrix ids that are done with
  std::vector<std::string> refused = {};            ///< "Dana (reason)"
  std::set<std::string> groups_refused = {};        ///< told among `refused` already
};

bot::SendResult open_room(Session& session, const bot::OpenRoom& open, Progress& progress);
bot::FindResult find_room(Session& session, const bot::OpenRoom& open, Progress& progress);
bot::SendResult set_topic(Session& session, const bot::SetTopic& topic);
/// One by one; whoever cannot be invited is named in the end and keeps nobody else out.
bot::SendResult invite_people(Session& session, const bot::InvitePeople& invite, Progress& progress);
/// Nobody but the bot may write any more. No tombstone: that means "go on in another room", and there is none.
bot::SendResult archive_room(Session& session);

}  // namespace matrix
