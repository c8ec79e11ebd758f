// The steps that make and end a room: create or take over, topic, archive.
#pragma once

#include "integrations/slack/progress.hpp"
#include "integrations/slack/session.hpp"

namespace slack {

/// The nth name to try (1-based): "inc-7-x", "inc-7-x-2" … "-9", then one with part of the message's id, which is free.
std::string room_name_candidate(const std::string& name, int n, const std::string& message_id);
inline constexpr int kRoomNames = 10;

/// Opens the channel in Slack, wherever the reader is.
std::string room_link(const std::string& id);
/// Creates the room, or takes over the channel that `open.existing` names: enters it and remembers it, changes nothing about it.
bot::SendResult open_room(Session& session, const bot::OpenRoom& open, Progress& progress);
/// A room that an attempt of ours made: our bot is its creator, its name is one we would have taken, and it is not older than the message.
bot::FindResult find_room(Session& session, const bot::OpenRoom& open);
bot::SendResult set_topic(Session& session, const bot::SetTopic& topic);
bot::SendResult archive_room(Session& session);

}  // namespace slack
