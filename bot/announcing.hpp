// What places without a bot hear of an incident: declared, worse, resolved or open again, updates inside and public. Pure.
// Place: called by the Coordinator with each new entry; what it answers is committed with the entry. Private incidents are never told.
#pragma once

#include "bot/command.hpp"

namespace bot {

/// One message per place in `announcements` of the settings; empty when the entry is not for them. `before`: the severity until now.
std::vector<Message> announce_elsewhere(const Entry& entry, const Incident& after, const Context& context);

}  // namespace bot
