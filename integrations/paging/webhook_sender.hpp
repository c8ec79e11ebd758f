// The sender "webhook": pages to a person's own address, signed.
// Place: made by main.cpp, called by the Dispatcher. Body: {id, type:"page", incident, title, severity, text, step, page, person, ack_url, sent_at},
// with "repeat": true when an earlier attempt may have arrived. Headers: Muster-Signature (http::webhook_signature over the body),
// Muster-Delivery and Idempotency-Key (the message's id, the same for every attempt).
// Threads: any; no state of its own.
#pragma once

#include <memory>

#include "bot/people.hpp"
#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"

namespace paging {

/// REQUIRES: all arguments outlive the sender. Only a 2xx counts as sent; without paging.secret every page is refused.
std::unique_ptr<bot::Sender> make_webhook_sender(http::Client& client, const bot::Settings& settings, const bot::People& people, bot::Clock& clock);

}  // namespace paging
