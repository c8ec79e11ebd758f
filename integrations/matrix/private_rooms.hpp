// Rooms of incidents that became private.
#pragma once

#include "integrations/matrix/session.hpp"

namespace matrix {

/// A private incident's room lets nobody new in by themselves and stands in no space, also when the incident became private later. Whoever is in
/// it stays. A room that people made stays as they keep it; what the homeserver refuses is logged.
std::optional<Problem> close_to_others(Session& session);

}  // namespace matrix
