// POST /hooks/alertmanager/{key}: Prometheus Alertmanager's webhook.
// Place: main.cpp adds the route to the public listener; each alert becomes one bot::Request.
// Threads: the handler runs on the server's threads and never waits for the disk.
#pragma once

#include "bot/request.hpp"
#include "bot/settings.hpp"
#include "integrations/http/server.hpp"

namespace alertmanager {

/// Adds nothing when no alert source of kind "alertmanager" is configured. REQUIRES: all arguments outlive the server.
/// Answers: 200 when every alert is durable · 400 naming what was unreadable (the rest is recorded) · 401 unknown key ·
/// 413 over 4 MiB · 422 another version · 503 with Retry-After when anything could not be recorded.
void add_routes(http::Server& server, bot::Intake& intake, const bot::Settings& settings, bot::Clock& clock);

}  // namespace alertmanager
