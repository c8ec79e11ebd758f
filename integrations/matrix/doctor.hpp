// Looks whether Matrix is set up so that Muster works, and says what to do about each thing that is not.
// Place: `muster matrix doctor`. Calls the homeserver, changes nothing but what a start of Muster would: the application service's account and
// device, and that the bot enters the rooms of the settings.
#pragma once

#include <string>
#include <vector>

#include "integrations/matrix/api.hpp"

namespace matrix {

struct Finding {
  enum class Grade { good, advice, fault };
  Grade grade = Grade::good;
  std::string words;  ///< one or more sentences; never a secret
};

std::vector<Finding> examine(const bot::Settings& settings, Api& api, bot::Env env);

}  // namespace matrix
