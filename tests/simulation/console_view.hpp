// What the console's first page says of messages that are held or were given up, drawn by the console itself.
// Place: I6 and I8. The same store rows, the same drawing that people see.
#pragma once

#include "tests/simulation/process.hpp"

namespace sim {

/// Every message that waits for a person, and every one that was given up while its incident goes on, stands on the console's first page.
void check_console_shows_troubles(World& world, Process& process);

}  // namespace sim
