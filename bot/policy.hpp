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
Status allowed(Action action, const Actor& actor, const Incident* incident, const Settings& settings);

/// Whether `person` may hold `role` under the settings' permissions.
Status may_hold(const std::string& role, const std::string& person, const Settings& settings);

}  // namespace bot
