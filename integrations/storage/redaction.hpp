// Takes a redacted entry's words out of what was made of them: queued and finished messages, stored replies. Pure.
// Only what was made of that entry loses words; what somebody else wrote is never touched, however alike it reads.
// Place: every store, while it commits a redaction.
#pragma once

#include <string>

#include "bot/message.hpp"
#include "bot/request.hpp"

namespace storage {

/// The entries decided by one request: its messages and its reply are made of them. first > last: of none. Both 0: written before this was kept.
struct MadeOf {
  std::int64_t first = 0, last = 0;
};
MadeOf made_of(const std::vector<bot::Entry>& decided);

/// `redacted` still has its words. Of a title also what other requests made of it goes (a room's name and topic, announcements, pages); of a
/// public update the update itself, which is then sent nowhere any more. `tried`: it may be at the vendor already, where it is looked for, and is
/// not done with: only then the name it had is still needed.
/// True when something changed.
bool scrub(bot::Content& content, const bot::Entry& redacted, MadeOf from, bool tried);
/// True when the reply's card repeats the words.
bool carries(const bot::Reply& reply, const bot::Entry& redacted, MadeOf from);
/// The reply that takes its place: same status and incident, no words of it.
bot::Reply without_words(const bot::Reply& reply);

}  // namespace storage
