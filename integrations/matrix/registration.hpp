// The file that tells a homeserver of Muster's application service. Pure.
// Place: `muster matrix register`. Source: application service specification, "Registration".
#pragma once

#include <string>

#include "bot/settings.hpp"

namespace matrix {

/// YAML. REQUIRES: settings.matrix.app_service is there and good. Holds both tokens: write it with mode 0600.
std::string registration(const bot::Settings& settings);
/// What to do with it, for the terminal.
std::string registration_steps(const bot::Settings& settings, const std::string& file);

}  // namespace matrix
