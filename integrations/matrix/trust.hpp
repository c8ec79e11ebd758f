// Whom the bot obeys. Pure.
// Place: conversation, the doctor. What a person says about themselves (display name, anything in an event's content) never counts; only the
// user id the homeserver vouches for does.
#pragma once

#include <string>

#include "bot/people.hpp"
#include "bot/settings.hpp"

namespace matrix {

/// May type commands and invite the bot: the people of the settings, matrix.allowed_users, accounts of matrix.allowed_servers (by default the
/// bot's own server). Guests of such a server may not.
bool may_command(const std::string& user_id, const bot::MatrixSettings& settings, const bot::People& people);

/// Homeservers give guests numbers for names.
bool looks_like_guest(const std::string& user_id);

}  // namespace matrix
