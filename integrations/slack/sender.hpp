// Slack as a place messages go to: rooms, topics, invitations, the pinned card, posts and pages.
// Place: made by main, called by the Dispatcher's workers for every message with integration "slack".
// Threads: several at a time. Owns nothing outside; what it must remember is a reference in the store or Slack's own record.
// Errors: every Slack answer becomes Accepted, NotSent, Doubtful or Refused; a doubtful post is looked up by its metadata.
#pragma once

#include <memory>

#include "bot/env.hpp"
#include "bot/people.hpp"
#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"
#include "integrations/slack/workspace.hpp"

namespace slack {

struct SenderLimits {
  bot::Millis whole{14000};  ///< for one message, however many calls it takes
  bot::Millis each{8000};    ///< for one call
};

/// `settings`, `client`, `people` and `env` must outlive the sender.
std::unique_ptr<bot::Sender> make_sender(const bot::Settings& settings, http::Client& client, const bot::People& people, bot::Env env,
                                         std::shared_ptr<Workspace> workspace, SenderLimits limits = {});

}  // namespace slack
