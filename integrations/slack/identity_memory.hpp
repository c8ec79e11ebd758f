// Who we are in Slack, kept over restarts: with Slack down at the start, other workspaces and apps are still told from ours.
// Place: written by CatchUp with the time it keeps, read once when the way in is set up.
#pragma once

#include "bot/store.hpp"
#include "integrations/slack/workspace.hpp"

namespace slack {

bot::AdapterState identity_state(const Identity& identity);
/// nullopt: nothing is kept, or it cannot be read.
std::optional<Identity> kept_identity(bot::Reader& reader);

}  // namespace slack
