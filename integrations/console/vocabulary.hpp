// What the command line completes: verbs, roles, severities, states, people, components, incidents; as JSON for the script. Pure but for
// one read.
#pragma once

#include "integrations/console/desk.hpp"

namespace console {

bot::Result<std::string> vocabulary(Desk& desk, const Visitor& visitor);

}  // namespace console
