#include "bot/message.hpp"

#include <cstdlib>

namespace bot {

const char* to_string(LaneClass cls) {
  switch (cls) {
    case LaneClass::page: return "page";
    case LaneClass::public_update: return "public_update";
    case LaneClass::room: return "room";
    case LaneClass::cosmetic: return "cosmetic";
  }
  std::abort();
}

const char* kind_of(const Content& content) {
  struct Names {
    const char* operator()(const OpenRoom&) const { return "open_room"; }
    const char* operator()(const SetTopic&) const { return "set_topic"; }
    const char* operator()(const InvitePeople&) const { return "invite"; }
    const char* operator()(const PostSummary&) const { return "post_summary"; }
    const char* operator()(const PinSummary&) const { return "pin_summary"; }
    const char* operator()(const EditSummary&) const { return "edit_summary"; }
    const char* operator()(const Say&) const { return "say"; }
    const char* operator()(const Announce&) const { return "announce"; }
    const char* operator()(const ArchiveRoom&) const { return "archive_room"; }
    const char* operator()(const AddBookmarks&) const { return "add_bookmarks"; }
    const char* operator()(const PublicUpdate&) const { return "public_update"; }
    const char* operator()(const PagePerson&) const { return "page"; }
  };
  return std::visit(Names{}, content);
}

const char* to_string(MessageState state) {
  switch (state) {
    case MessageState::queued: return "queued";
    case MessageState::sending: return "sending";
    case MessageState::unknown: return "unknown";
    case MessageState::held: return "held";
    case MessageState::sent: return "sent";
    case MessageState::superseded: return "superseded";
    case MessageState::dead: return "dead";
    case MessageState::dropped: return "dropped";
  }
  std::abort();
}

std::optional<MessageState> message_state(const std::string& name) {
  for (MessageState s : {MessageState::queued, MessageState::sending, MessageState::unknown, MessageState::held, MessageState::sent,
                         MessageState::superseded, MessageState::dead, MessageState::dropped})
    if (name == to_string(s)) return s;
  return std::nullopt;
}

}  // namespace bot
