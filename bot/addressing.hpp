// From "say this in the incident's room" to one message per chat, status page or person. Pure.
// Place: called by the Coordinator after decide. Lanes and supersede keys are made here and nowhere else.
#pragma once

#include "bot/command.hpp"

namespace bot {

/// The messages one Outgoing becomes; empty when no integration takes it (the console reads the timeline itself).
/// PublicUpdate goes to every status page named in the settings; PagePerson to each chat the person is known in and their webhook.
std::vector<Message> address(const Outgoing& outgoing, const Incident& incident, const Context& context);

/// Where a page can reach the person: chats they are known in, "webhook"; empty when nowhere.
std::vector<std::string> page_channels(const std::string& person, const People& people, const Settings& settings);

/// True when everybody whom the policy names was called in vain, round after round, and nobody has answered since.
bool page_ran_out(const PageRun& run, const PagingSettings& paging);

/// "INC-7" room name from the settings' template and the title: lower case, [a-z0-9-_], at most 80 characters.
std::string room_name(const std::string& pattern, std::int64_t number, const std::string& title);

}  // namespace bot
