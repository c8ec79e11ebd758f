// The REST API: any verb as text, and reads. Also the two addresses by which a supervisor asks after us.
// Place: main.cpp adds the routes before the server starts. Everything passed by reference must outlive the server.
// Threads: handlers on the server's I/O threads; command replies come from the Coordinator's.
// Errors: JSON problems (RFC 9457), also where a command was refused: then beside the reply's card.
#pragma once

#include <functional>

#include "bot/people.hpp"
#include "bot/store.hpp"
#include "integrations/http/server.hpp"

namespace api {

/// POST /api/v1/commands {"text": …} · GET /api/v1/incidents[?open=false&before=N&limit=N] · GET /api/v1/incidents/INC-1 ·
/// GET /api/v1/incidents/INC-1/timeline[?format=md|json]
void add_routes(http::Server& server, bot::Intake& intake, bot::Reader& reader, const bot::Settings& settings, const bot::People& people,
                bot::Clock& clock);

/// GET /healthz: the process answers. GET /readyz: `ready` is asked; its error's message is the reason (503).
void add_health_routes(http::Server& server, std::function<bot::Status()> ready);

}  // namespace api
