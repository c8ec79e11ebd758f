// Announcements to any Slack-compatible incoming webhook: Slack, Mattermost, Rocket.Chat, Discord (with /slack behind its address), where no bot
// is installed. Plain text that notifies nobody, since each of them reads markup in its own way.
// Place: one per place in `announcements` of the settings, integration "webhook:<name>". Threads: several at a time. Owns nothing.
// Errors: as every sender's. Nothing can be looked up there: an announcement of unknown outcome is sent once more.
#pragma once

#include <memory>

#include "bot/people.hpp"
#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"

namespace slack {

/// `hook`, `settings`, `client`, `people` and `clock` must outlive the sender.
std::unique_ptr<bot::Sender> make_hook_sender(const bot::AnnouncementHook& hook, const bot::Settings& settings, http::Client& client, const bot::People& people,
                                              const bot::Clock& clock);

/// The card in words, with the incident's page below. No live form of Slack's, no "@channel" of anybody's, no picture of a stranger's.
std::string hook_text(const bot::Card& card, std::int64_t incident, const bot::Settings& settings, const bot::People& people);

}  // namespace slack
