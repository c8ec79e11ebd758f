// The relay to Atlassian Statuspage (REST v1): one public incident per publication, created once and patched afterwards.
// Place: made by main for each `status_pages` entry of kind "statuspage"; called by the Dispatcher.
// Threads: any; the token bucket locks inside. Owns nothing but its settings; `client` and `env` must outlive it.
// Errors: as SendResult says. Statuspage has no idempotency key, so every write carries metadata.muster.{incident,last_op} and a doubt
// is settled by reading that mark back.
#pragma once

#include <memory>

#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"

namespace statuspage::atlassian {

/// integration() is "statuspage:<name>"; it takes bot::PublicUpdate and refuses anything else.
std::unique_ptr<bot::Sender> make_sender(const bot::StatusPageSettings& settings, http::Client& client, bot::Env env);

}  // namespace statuspage::atlassian
