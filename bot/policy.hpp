// Who may do what. Pure.
#pragma once

#include "bot/incident.hpp"
#include "bot/settings.hpp"
#include "bot/result.hpp"

namespace bot {

enum class Action {
  read,      ///< lists, cards, timelines
  respond,   ///< everything in an incident below publishing
  publish,   ///< public updates
  cancel,    ///< commander, declarer, admin
  redact,    ///< commander, admin
  conceal,   ///< making it private: commander, admin
  administer ///< people, invites
};

/// ok, or `forbidden` with a sentence that says who may. `incident` may be null for actions outside one.
/// `not_found`: a private incident of others. Whoever asks is told what they would be told of one that does not exist, so that nobody learns which.
Status allowed(Action action, const Actor& actor, const Incident* incident, const Settings& settings);

/// Whether `person` may hold `role` under the settings' permissions.
Status may_hold(const std::string& role, const std::string& person, const Settings& settings);

}  // namespace bot
