// What the command line and the forms have in common: keys that make a repeat a repeat, the way back, status codes.
// Place: command_line.cpp and forms.cpp. Pure.
#pragma once

#include "bot/request.hpp"
#include "integrations/console/door.hpp"

namespace console {

/// A page's key is one per rendering, and a page may be sent twice with other words in it (Back, then edit): the words belong to the key.
std::string dedup_key(const Visitor& visitor, const std::string& key, const std::string& words);
bool is_key(const std::string& key);
/// A path of ours to return to: never another host, never out of the header line; the incident's page when none is asked for.
std::string way_back(const std::string& asked, std::int64_t incident);
int status_of(bot::ReplyStatus status);
bool wants_json(const http::Request& request);
/// Nothing but its title: a change that shows in the stream by itself.
bool says_only_its_title(const bot::Card& card);

}  // namespace console
