// Matrix as a place messages go to: rooms, topics, invitations, the pinned card, posts and pages.
// Place: made by main, called by the Dispatcher's workers for every message with integration "matrix".
// Threads: several at a time. Owns nothing outside; what it must remember is a reference in the store or the homeserver's own record.
// Errors: every answer becomes Accepted, NotSent, Doubtful or Refused; a doubtful post is looked up by its mark and then repeated under its
// own transaction id.
#pragma once

#include <memory>

#include "bot/env.hpp"
#include "bot/people.hpp"
#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/matrix/chores.hpp"

namespace matrix {

struct SenderLimits {
  bot::Millis whole{14000};  ///< for one message, however many calls it takes
  bot::Millis each{8000};    ///< for one call
};

/// `settings`, `people`, `env` and `chores` must outlive the sender. Chores: what may follow a message and nothing waits for; null: none of it is done.
std::unique_ptr<bot::Sender> make_sender(const bot::Settings& settings, std::shared_ptr<Api> api, const bot::People& people, bot::Env env, SenderLimits limits = {}, Chores* chores = nullptr);

}  // namespace matrix
