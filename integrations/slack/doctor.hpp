// Looks at everything that must be right before Slack and Muster understand each other, and says what to do about what is not.
// Place: `muster slack doctor`. Changes nothing in Slack: no message, no channel. Threads: one. Errors: as findings.
#pragma once

#include <string>
#include <vector>

#include "bot/env.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"

namespace slack {

struct Finding {
  enum class Kind { good, note, fault };
  Kind kind = Kind::good;
  std::string what;    ///< one sentence
  std::string remedy;  ///< what to do; "" when good
};

std::vector<Finding> examine(const bot::Settings& settings, http::Client& client, const bot::Clock& clock);

/// One line or two each, and how many faults at the end.
std::string report(const std::vector<Finding>& findings);
bool has_fault(const std::vector<Finding>& findings);

}  // namespace slack
