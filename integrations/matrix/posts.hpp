// The steps that say something: the pinned card and its edits, posts, announcements, pages; and the look for a post whose outcome is unknown.
// A post's transaction id is the message's id: sent again it is the same event, for as long as the homeserver remembers (Synapse: 24 h, per
// device). Its mark in the content is what it is found by after that.
#pragma once

#include "integrations/matrix/session.hpp"

namespace matrix {

bot::SendResult post_summary(Session& session);
/// Also puts the room into the space and the card's buttons under it: what can be repeated and is not needed for a usable room.
bot::SendResult pin_summary(Session& session);
bot::SendResult edit_summary(Session& session);
bot::SendResult say(Session& session, const bot::Say& said);
bot::SendResult announce(Session& session, const bot::Announce& announcement);
bot::SendResult add_bookmarks(Session& session);
bot::SendResult page_person(Session& session, const bot::PagePerson& page);

/// Searches the room's history for this message's mark.
bot::FindResult find_post(Session& session, const bot::Content& content);

}  // namespace matrix
