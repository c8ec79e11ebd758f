// The steps that say something: the pinned card and its edits, posts, announcements, pages; and the look for a post whose outcome is unknown.
#pragma once

#include "integrations/slack/session.hpp"

namespace slack {

bot::SendResult post_summary(Session& session);
bot::SendResult pin_summary(Session& session);
bot::SendResult edit_summary(Session& session);
bot::SendResult say(Session& session, const bot::Say& said);
bot::SendResult announce(Session& session, const bot::Announce& announcement);
bot::SendResult page_person(Session& session, const bot::PagePerson& page);

/// Searches the channel's history for this message's id in the metadata every post carries.
bot::FindResult find_post(Session& session, const bot::Content& content);

}  // namespace slack
