// What Slack posts to Muster over HTTP: checked, answered in Slack's way, and handed to the inbox.
// Place: main registers the routes once, before the server starts. Threads: handlers run on the server's threads and never wait.
// Errors: a bad signature is 401 and counted; a signed request is answered 200, since Slack hides other answers from people, but for an event
// that could not be recorded: 503, so that Slack sends it again.
#pragma once

#include <functional>
#include <memory>

#include "integrations/http/server.hpp"
#include "integrations/slack/inbox.hpp"

namespace slack {

/// `settings` and `clock` must outlive the server.
void add_routes(http::Server& server, std::shared_ptr<Inbox> inbox, const bot::Settings& settings, const bot::Clock& clock,
                std::function<void()> on_signature_failure);

}  // namespace slack
