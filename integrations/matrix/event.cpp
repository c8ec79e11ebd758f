#include "integrations/matrix/event.hpp"

#include <algorithm>

#include "integrations/matrix/homeserver.hpp"
#include "integrations/matrix/json.hpp"

namespace matrix {
namespace {

constexpr std::size_t kLongestId = 255;

bool is_id(const std::string& id, char sigil) { return id.size() >= 2 && id.size() <= kLongestId && id[0] == sigil; }

}  // namespace

std::string Event::relation() const { return text_at(object_at(content, "m.relates_to"), "rel_type"); }
std::string Event::related() const { return text_at(object_at(content, "m.relates_to"), "event_id"); }
std::string Event::membership() const { return text_at(content, "membership"); }
std::string Event::membership_before() const { return text_at(object_at(about, "prev_content"), "membership"); }

std::optional<Event> read_event(const nlohmann::json& raw, const std::string& room, bot::Time now) {
  Event out;
  out.id = text_at(raw, "event_id");
  out.room = room.empty() ? text_at(raw, "room_id") : room;
  out.type = text_at(raw, "type");
  out.sender = text_at(raw, "sender");
  if (!is_id(out.id, '$') || !is_id(out.room, '!') || out.type.empty() || out.type.size() > kLongestId || server_of(out.sender).empty()) return std::nullopt;
  out.content = object_at(raw, "content");
  out.about = object_at(raw, "unsigned");
  if (out.about.contains("redacted_because")) return std::nullopt;
  const auto ts = number_at(raw, "origin_server_ts");
  out.at = ts && *ts > 0 ? std::min(now, bot::Time{bot::Millis{*ts}}) : now;
  if (const auto& key = value_at(raw, "state_key"); key.is_string()) out.state_key = key.get<std::string>();
  out.redacts = text_at(raw, "redacts");
  if (out.redacts.empty()) out.redacts = text_at(out.content, "redacts");
  // Some servers still put it at the top (the place before the specification's 1.0).
  if (out.membership_before().empty())
    if (const auto& before = object_at(raw, "prev_content"); !before.empty()) out.about["prev_content"] = before;
  return out;
}

nlohmann::json small_json(const Event& reaction) {
  const nlohmann::json relates{{"rel_type", reaction.relation()}, {"event_id", reaction.related()}, {"key", text_at(object_at(reaction.content, "m.relates_to"), "key")}};
  return {{"event_id", reaction.id},
          {"room_id", reaction.room},
          {"type", reaction.type},
          {"sender", reaction.sender},
          {"origin_server_ts", reaction.at.time_since_epoch().count()},
          {"content", {{"m.relates_to", relates}}}};
}

}  // namespace matrix
