// Everything Muster can be asked, as one table behind the Coordinator's port.
// Place: main.cpp makes it and hands it to the Coordinator; tests and fuzzers make their own. Stateless, so any thread may use it.
#pragma once

#include <memory>

#include "bot/command.hpp"

namespace commands {

std::unique_ptr<bot::Commands> make_table();

}  // namespace commands
