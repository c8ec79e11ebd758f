// The app as Slack must know it: what `muster slack manifest` prints, and the scopes without which something does not work.
// Place: the command line and the doctor. Pure. Least rights: each scope stands beside what it is for; nothing is asked "for later".
#pragma once

#include <string>
#include <vector>

#include "bot/settings.hpp"

namespace slack {

struct Scope {
  const char* name;
  const char* why;  ///< "to …", for people who review the app
};
/// Of the bot token.
const std::vector<Scope>& needed_scopes();
/// Events Muster acts on.
const std::vector<const char*>& needed_events();

/// JSON for "Create an app from a manifest", indented. `socket`: no addresses; Slack is reached through a websocket that Muster opens.
std::string manifest(const bot::Settings& settings, bool socket);

}  // namespace slack
