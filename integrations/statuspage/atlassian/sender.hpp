// The relay to Atlassian Statuspage (REST v1): one public incident per publication, created once and patched afterwards.
// Place: made by main for each `status_pages` entry of kind "statuspage"; called by the Dispatcher.
// Threads: any; the token bucket locks inside. Owns nothing but its settings; `client`, `env` and what `updates` reads must outlive it.
// Errors: as SendResult says. Statuspage has no idempotency key, so every write carries metadata.muster.{incident,last_op} and a doubt
// is settled by reading that mark back.
#pragma once

#include <functional>
#include <memory>

#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"

namespace statuspage::atlassian {

/// The public updates of every incident in commit order, as the record has them now: what else holds a component is read when a message is
/// drawn, not when it was written, since it may have waited long.
using PublicUpdates = std::function<bot::Result<std::vector<bot::Entry>>()>;

/// integration() is "statuspage:<name>"; it takes bot::PublicUpdate and refuses anything else.
std::unique_ptr<bot::Sender> make_sender(const bot::StatusPageSettings& settings, http::Client& client, bot::Env env, PublicUpdates updates);

}  // namespace statuspage::atlassian
