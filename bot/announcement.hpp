// What bystanders read of an incident in the announcement room: one message that follows it, and short ones for what they must not miss. Pure.
// Place: commands announce with it; a chat's sender draws it again when the incident has changed, where the chat can edit what it said.
#pragma once

#include <string>

#include "bot/card.hpp"
#include "bot/incident.hpp"

namespace bot {

/// Whom and where, and how it stands once that is another thing than declared. `no_room`: why there is none in the chat that hears it, or "".
Card announcement_card(const Incident& incident, const std::string& no_room = "");
/// It is the incident's announcement, not a word about it: it leads into the room.
bool leads_into_room(const Card& card);

}  // namespace bot
