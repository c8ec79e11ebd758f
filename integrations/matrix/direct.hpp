// The room with one person that pages go to. Muster opens it itself, unencrypted: a direct chat that a person opens is encrypted by most clients.
// Which room is whose is kept where every client keeps it, in the bot's account data (m.direct), so that it survives restarts.
#pragma once

#include "integrations/matrix/session.hpp"

namespace matrix {

/// Finds or opens it and sees that the person is in it or invited. Repeatable; at worst there is a second room.
std::optional<Problem> direct_room(Session& session, const std::string& user, std::string& room);
/// The bot is no longer in it.
void forget_direct_room(Session& session, const std::string& user);

}  // namespace matrix
