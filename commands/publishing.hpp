// The two halves of `public`: publishing.cpp makes updates, held.cpp decides about one whose fate is unknown.
#pragma once

#include "commands/verb.hpp"

namespace commands {

/// public check|send|drop [PAGE]
bot::Result<bot::Decision> decide_held(const Call& call);

}  // namespace commands
