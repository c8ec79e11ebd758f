// What Slack posts to Muster: slash commands, pressed buttons, events. HTTP mode.
// Place: main registers the routes once, before the server starts; every request becomes a bot::Request.
// Threads: handlers run on the server's threads and never wait; replies come from the Coordinator's.
// Errors: a bad signature is 401 and counted; a signed request is always answered 200, since Slack hides other answers from people.
#pragma once

#include <functional>
#include <memory>

#include "bot/people.hpp"
#include "bot/request.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"
#include "integrations/http/server.hpp"
#include "integrations/slack/workspace.hpp"

namespace slack {

/// Everything named must outlive the server. `client` posts the private answers to buttons, to hooks.slack.com alone, and asks
/// Slack which workspace and app are ours.
void add_routes(http::Server& server, bot::Intake& intake, const bot::Settings& settings, bot::People& people, bot::Clock& clock, http::Client& client,
                std::shared_ptr<Workspace> workspace, std::function<void()> on_signature_failure);

}  // namespace slack
