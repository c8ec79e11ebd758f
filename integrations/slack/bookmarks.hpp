// The links on top of a room: timeline, status page.
// Place: one step of the sender, in a lane of its own so that it delays nothing. Slack does not refuse a bookmark twice, so what is there is read first.
#pragma once

#include "integrations/slack/session.hpp"

namespace slack {

struct Bookmark {
  std::string title, link, emoji;
};
/// What belongs on top of the incident's room. Private incidents and drills have no status page.
std::vector<Bookmark> bookmarks_of(const bot::Settings& settings, const bot::Incident& incident);

bot::SendResult add_bookmarks(Session& session);

}  // namespace slack
