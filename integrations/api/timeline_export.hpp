// One timeline as a streamed answer, page by page: memory and the I/O thread's time stay bounded however long it is.
// Lives: held by its own stream's callback until the last page, or until the client goes away.
// Threads: the server's I/O thread of this connection.
#pragma once

#include <memory>

#include "bot/people.hpp"
#include "bot/store.hpp"
#include "integrations/http/server.hpp"

namespace api {

enum class ExportFormat { json, markdown };

/// REQUIRES: reader and people outlive the server.
void export_timeline(bot::Reader& reader, const bot::People& people, bot::Incident incident, ExportFormat format, http::Exchange& exchange);

}  // namespace api
