// Takes a redacted text out of the copies that were made of it: queued and finished messages, stored replies. Pure.
// Place: every store, while it commits a redaction.
#pragma once

#include <string>

#include "bot/message.hpp"
#include "bot/request.hpp"

namespace storage {

/// Replaces the text wherever it appears in the message; a string that only holds its beginning (a shortened copy) is replaced whole.
/// True when something changed.
bool scrub(bot::Content& content, const std::string& text);
/// True when the reply's card repeats the text or a shortened copy of it.
bool carries(const bot::Reply& reply, const std::string& text);
/// The reply that takes its place: same status and incident, no words of it.
bot::Reply without_words(const bot::Reply& reply);

}  // namespace storage
