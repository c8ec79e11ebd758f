// Inviting people and user groups to a room, up to a hundred per call, and telling who could not be added.
// Place: one step of the sender.
#pragma once

#include "integrations/slack/progress.hpp"
#include "integrations/slack/session.hpp"

namespace slack {

bot::SendResult invite_people(Session& session, const bot::InvitePeople& invite, Progress& progress);

}  // namespace slack
