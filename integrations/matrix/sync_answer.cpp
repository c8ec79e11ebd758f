#include "integrations/matrix/sync_answer.hpp"

#include "integrations/codec/codec.hpp"
#include "integrations/matrix/json.hpp"

namespace matrix {
namespace {

using nlohmann::json;

const json& timeline_types() {
  static const json types{"m.room.message", "m.reaction",         "m.room.redaction", "m.room.member", "m.room.encrypted",
                          "m.room.topic",   "m.room.encryption",  "m.room.tombstone", "m.room.name"};
  return types;
}

RoomNews read_room(const std::string& room, const json& raw, bot::Time now) {
  RoomNews out;
  out.room = room;
  const json& timeline = object_at(raw, "timeline");
  out.limited = flag_at(timeline, "limited");
  out.prev_batch = text_at(timeline, "prev_batch");
  for (const auto& one : array_at(timeline, "events"))
    if (auto event = read_event(one, room, now)) out.events.push_back(std::move(*event));
  for (const auto& one : array_at(object_at(raw, "state"), "events")) {
    if (text_at(one, "type") == "m.room.encryption" && text_at(one, "state_key").empty()) out.encrypted = true;
    if (text_at(one, "type") != "m.room.member") continue;
    const json& content = object_at(one, "content");
    if (const std::string name = text_at(content, "displayname"); !name.empty() && text_at(content, "membership") == "join")
      out.names.emplace_back(text_at(one, "state_key"), name);
  }
  return out;
}

/// Who invited the bot: the sender of its own membership in the stripped state.
std::string inviter_in(const json& raw, const std::string& self) {
  for (const auto& one : array_at(object_at(raw, "invite_state"), "events"))
    if (text_at(one, "type") == "m.room.member" && text_at(one, "state_key") == self && text_at(object_at(one, "content"), "membership") == "invite")
      return text_at(one, "sender");
  return "";
}

}  // namespace

SyncAnswer read_sync(const json& answer, const std::string& self, bot::Time now) {
  SyncAnswer out;
  out.next_batch = text_at(answer, "next_batch");
  const json& rooms = object_at(answer, "rooms");
  for (const auto& [room, raw] : object_at(rooms, "join").items()) out.joined.push_back(read_room(room, raw, now));
  for (const auto& [room, raw] : object_at(rooms, "invite").items())
    if (const std::string inviter = inviter_in(raw, self); !inviter.empty()) out.invited.emplace_back(room, inviter);
  for (const auto& [room, raw] : object_at(rooms, "leave").items()) out.left.push_back(room);
  return out;
}

std::string sync_filter(int limit) {
  const json none{{"not_types", {"*"}}};
  return codec::dump({{"presence", none},
                      {"account_data", none},
                      {"room",
                       {{"ephemeral", none},
                        {"account_data", none},
                        {"state", {{"lazy_load_members", true}, {"types", {"m.room.member", "m.room.encryption"}}}},
                        {"timeline", {{"limit", limit}, {"types", timeline_types()}}}}}});
}

std::string history_filter() { return codec::dump({{"types", timeline_types()}}); }

std::size_t own_entrance(const std::vector<Event>& events, const std::string& self) {
  for (std::size_t i = events.size(); i > 0; --i) {
    const Event& e = events[i - 1];
    if (e.is("m.room.member") && e.state_key == self && e.membership() == "join" && e.membership_before() != "join") return i - 1;
  }
  return 0;
}

}  // namespace matrix
