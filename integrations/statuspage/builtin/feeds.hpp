// The feeds: one entry per incident as Statuspage has it, and one item per update for chats. Pure.
#pragma once

#include <string>

#include "integrations/statuspage/builtin/page.hpp"

namespace statuspage::builtin {

std::string history_atom(const Page& page);
std::string history_rss(const Page& page);
/// Newest first; ids never change; dates strictly fall (two updates of one second are told apart by one second), since Slack's feed reader
/// drops items that share a date.
std::string updates_rss(const Page& page);

/// RFC 822 with a four-digit year: "Mon, 23 Nov 2026 14:02:11 +0000".
std::string rfc822(bot::Time t);

}  // namespace statuspage::builtin
