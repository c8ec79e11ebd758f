// Who may invite, remove, redact and name things in an incident's room: whoever holds a role in the incident, for as long as they do, and Muster's
// admins. Only in rooms of Muster's own making; there nobody but the bot may change power levels, so what is found there is Muster's.
// Place: the sender, after the card was drawn. A chore of its own: no message of the incident waits for it, and a homeserver that refuses it is only logged.
#pragma once

#include <set>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "integrations/matrix/chores.hpp"
#include "integrations/matrix/session.hpp"

namespace matrix {

inline constexpr int kResponderPower = 50;

/// Matrix ids of those the room must give power to.
std::set<std::string> powerful_of(const Session& session);
/// Takes it from all who have it, in levels that are about to be written.
void take_powers(nlohmann::json& levels);
/// Sees to it soon, unless the room is known to have it so.
void tend_powers(const Session& session, Chores& chores);

}  // namespace matrix
