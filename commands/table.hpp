// Everything Muster can be asked, as one table behind the Coordinator's port.
// Place: main.cpp makes it and hands it to the Coordinator; tests and fuzzers make their own. Stateless, so any thread may use it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bot/command.hpp"

namespace commands {

std::unique_ptr<bot::Commands> make_table();

/// One verb as help shows it.
struct VerbLine {
  std::string name;
  std::string form;     ///< "severity SEVERITY"
  std::string summary;
  bool query = false;   ///< asks and records nothing
};
/// All verbs, in help's order.
std::vector<VerbLine> verb_lines();

}  // namespace commands
