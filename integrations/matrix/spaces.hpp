// The space that collects the incidents' rooms.
#pragma once

#include "integrations/matrix/session.hpp"

namespace matrix {

/// The space's room id; "" when none is set. One that is named by an alias of the bot's own server and not there yet is made.
std::optional<Problem> find_space(Session& session, std::string& space);
/// Puts the room into the space, or takes it out. Nothing also when the homeserver refuses: the incident's room matters more; it is logged.
/// A private incident's room is never in it.
std::optional<Problem> list_in_space(Session& session, bool listed);
/// The same, whoever may know of the incident.
std::optional<Problem> put_in_space(Session& session, bool listed);

}  // namespace matrix
