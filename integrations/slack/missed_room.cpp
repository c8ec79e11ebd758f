#include "integrations/slack/missed_room.hpp"

#include <algorithm>

#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr bot::Millis kCall{10000};
constexpr bot::Millis kEarlier{1800000};                ///< a message may have been pinned long after it was written
constexpr bot::Millis kBefore{60000};                   ///< what happened just before the silence may have been missed as well
constexpr bot::Millis kAnswerable{24 * 3600000};        ///< an older command is not even refused any more
constexpr bot::Millis kKeptBySlack{30LL * 86400000};    ///< an older message may be gone because Slack keeps none for long
constexpr int kPages = 10;
constexpr std::size_t kThreads = 30, kCaptured = 100;

std::string seconds_text(bot::Time t) {
  const auto ms = t.time_since_epoch().count();
  return std::to_string(ms / 1000) + "." + std::to_string(1000000 + ms % 1000 * 1000).substr(1);
}

bot::Time when(const std::string& ts) { return is_ts(ts) ? time_of(ts).value_or(bot::Time{}) : bot::Time{}; }

/// Deleted, with answers below it: Slack leaves a stone.
bool is_tombstone(const json& message) { return text_of(message, "subtype") == "tombstone"; }

}  // namespace

bool took_off(const std::string& pinned_by) { return !pinned_by.empty() && pinned_by[0] == '-'; }

std::vector<std::string> pinned_by_users(const std::string& pinned_by) {
  std::vector<std::string> out;
  for (std::size_t at = 0; !took_off(pinned_by) && at < pinned_by.size();) {
    const auto end = std::min(pinned_by.find(' ', at), pinned_by.size());
    if (end > at) out.push_back(pinned_by.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string pinned_by_key(const std::string& message) { return "slack/pinned_by:" + message; }

MissedRoom::MissedRoom(const Places& places, Room room, Gap gap) : at_(places), room_(std::move(room)), gap_(gap) {}

bool MissedRoom::read() {
  if (!channel_read_ && !read_channel()) return false;
  if (!read_threads()) return false;
  if (!told_) tell();
  return look_at_captured();
}

/// Calls are few and wait for everybody else.
MissedRoom::Got MissedRoom::ask(const char* method, Arguments arguments, json& answer) {
  const Budget budget(at_.clock, kCall, kCall, Urgency::cosmetic);
  arguments.insert(arguments.begin(), {"channel", room_.channel});
  const auto problem = at_.api.call(method, arguments, budget, answer);
  if (!problem) return Got::yes;
  return problem->outcome == Outcome::refused ? Got::nothing : Got::later;
}

bool MissedRoom::read_channel() {
  while (pages_ < kPages) {
    Arguments arguments{{"oldest", seconds_text(gap_.from - kEarlier)}, {"limit", "200"}};
    if (!cursor_.empty()) arguments.emplace_back("cursor", cursor_);
    json answer;
    const Got got = ask("conversations.history", std::move(arguments), answer);
    if (got == Got::later) return false;
    if (got == Got::nothing) {  // archived, gone, not a member: there is nothing to be had
      limited_ = true;
      break;
    }
    ++pages_;
    limited_ = limited_ || is_true(answer, "is_limited");
    take(list_of(answer, "messages"), "");
    cursor_ = text_of(object_of(answer, "response_metadata"), "next_cursor");
    if (cursor_.empty()) break;
  }
  channel_read_ = true;
  return true;
}

/// An answer in a thread does not show in the channel; only that there is one.
bool MissedRoom::read_threads() {
  while (!threads_.empty()) {
    json answer;
    const std::string parent = threads_.back();
    const Got got = ask("conversations.replies", {{"ts", parent}, {"oldest", seconds_text(gap_.from - kEarlier)}, {"limit", "200"}}, answer);
    if (got == Got::later) return false;
    threads_.pop_back();
    if (got == Got::yes) take(list_of(answer, "messages"), parent);
  }
  return true;
}

void MissedRoom::take(const json& messages, const std::string& parent) {
  for (const auto& message : messages) {
    const std::string ts = text_of(message, "ts");
    if (!is_ts(ts) || ts == parent) continue;
    const bool of_people = !text_of(message, "user").empty() && text_of(message, "bot_id").empty() && text_of(message, "subtype").empty();
    if (of_people && when(ts) >= gap_.from) ++missed_;
    if (parent.empty() && when(text_of(message, "latest_reply")) >= gap_.from - kEarlier && threads_.size() < kThreads) threads_.push_back(ts);
    messages_.push_back(message);
  }
}

/// In the order they happened: who joined and left again has left.
void MissedRoom::tell() {
  told_ = true;
  std::stable_sort(messages_.begin(), messages_.end(), [](const json& a, const json& b) { return when(text_of(a, "ts")) < when(text_of(b, "ts")); });
  for (const auto& message : messages_) tell(message);
}

void MissedRoom::tell(const json& message) {
  const std::string ts = text_of(message, "ts"), user = text_of(message, "user"), subtype = text_of(message, "subtype");
  pinned(ts, message);
  if (when(ts) < gap_.from) return;
  const std::string team = text_of(message, "user_team").empty() ? text_of(message, "team") : text_of(message, "user_team");
  if (subtype == "channel_join" || subtype == "group_join" || subtype == "channel_leave" || subtype == "group_leave")
    return hand({{"type", subtype.find("join") != std::string::npos ? "member_joined_channel" : "member_left_channel"}, {"user", user}, {"team", team}, {"channel", room_.channel}, {"event_ts", ts}});
  if (subtype == "channel_archive" || subtype == "channel_unarchive" || subtype == "group_archive" || subtype == "group_unarchive")
    return hand({{"type", subtype}, {"user", user}, {"channel", room_.channel}, {"event_ts", ts}});
  json event = message;
  event["channel"] = room_.channel;
  event["event_ts"] = ts;
  if (subtype == "channel_topic" || subtype == "group_topic" || subtype == "channel_name" || subtype == "group_name") {
    event["type"] = "message";
    return hand(std::move(event));
  }
  const auto me = at_.workspace.identity();
  const bool asked = subtype.empty() && me && text_of(message, "text").find("<@" + me->user_id + ">") != std::string::npos;
  if (!asked || at_.clock.now() - when(ts) > kAnswerable) return;
  event["type"] = "app_mention";  // its own time goes along: what is too late to be carried out is refused with words
  hand(std::move(event));
}

/// A reaction that is on the message now may have been missed, unless it is what the timeline stands on already.
void MissedRoom::pinned(const std::string& ts, const json& message) {
  const auto me = at_.workspace.identity();
  for (const auto& reaction : list_of(message, "reactions")) {
    if (text_of(reaction, "name") != at_.settings.pin_emoji) continue;
    const auto known = at_.reader.adapter_state(pinned_by_key(room_.channel + "/" + ts));
    const std::string by = known && *known ? **known : "";
    if (!known || (!by.empty() && !took_off(by))) continue;
    for (const auto& user : list_of(reaction, "users")) {
      if (!user.is_string() || (me && user == me->user_id)) continue;
      if (took_off(by) && "-" + user.get<std::string>() != by) continue;  // it was there when the message was taken off
      hand({{"type", "reaction_added"}, {"user", user}, {"reaction", at_.settings.pin_emoji}, {"item", {{"type", "message"}, {"channel", room_.channel}, {"ts", ts}}},
            {"item_user", text_of(message, "user")}, {"event_ts", seconds_text(gap_.until)}});
      break;
    }
  }
}

/// The newest of the messages that were put on the timeline, by their ts.
std::vector<std::string> MissedRoom::captured() {
  static const std::string prefix = "captured:";
  std::vector<std::string> out;
  const auto references = at_.reader.references(room_.incident, "slack");
  if (!references) return out;
  for (const auto& reference : *references) {
    const std::string start = prefix + room_.channel + "/";
    if (reference.what.rfind(start, 0) == 0 && is_ts(reference.what.substr(start.size()))) out.push_back(reference.what.substr(start.size()));
  }
  std::sort(out.begin(), out.end(), [](const std::string& a, const std::string& b) { return when(a) > when(b); });
  if (out.size() > kCaptured) out.resize(kCaptured);
  return out;
}

bool MissedRoom::look_at_captured() {
  for (const auto& ts : captured()) {
    if (looked_at_.count(ts) != 0) continue;
    const auto seen = std::find_if(messages_.begin(), messages_.end(), [&ts](const json& m) { return text_of(m, "ts") == ts; });
    json message = seen == messages_.end() ? json() : *seen;
    bool certain = !limited_;
    if (message.is_null() && one(ts, message, certain) == Got::later) return false;
    looked_at_.insert(ts);
    if (!message.is_null() && !is_tombstone(message)) compare(ts, message);
    else if (certain && at_.clock.now() - when(ts) < kKeptBySlack)
      hand({{"type", "message"}, {"subtype", "message_deleted"}, {"channel", room_.channel}, {"deleted_ts", ts}, {"event_ts", seconds_text(gap_.until)}});
  }
  return true;
}

/// The message as it reads now, wherever it stands. `certain`: that none was found means that there is none.
MissedRoom::Got MissedRoom::one(const std::string& ts, json& message, bool& certain) {
  for (const char* method : {"conversations.history", "conversations.replies"}) {
    Arguments arguments{{"oldest", ts}, {"latest", ts}, {"inclusive", "true"}, {"limit", "10"}};
    if (method == std::string("conversations.replies")) arguments.emplace_back("ts", ts);
    const Budget budget(at_.clock, kCall, kCall, Urgency::cosmetic);
    arguments.insert(arguments.begin(), {"channel", room_.channel});
    json answer;
    if (const auto problem = at_.api.call(method, arguments, budget, answer)) {
      if (problem->outcome != Outcome::refused) return Got::later;
      certain = certain && (problem->code == "thread_not_found" || problem->code == "message_not_found");
      continue;
    }
    certain = certain && !is_true(answer, "is_limited");
    for (const auto& found : list_of(answer, "messages"))
      if (text_of(found, "ts") == ts) message = found;
    if (!message.is_null()) return Got::yes;
  }
  return Got::nothing;
}

void MissedRoom::compare(const std::string& ts, const json& message) {
  const std::string edited = text_of(object_of(message, "edited"), "ts");
  if (is_ts(edited) && when(edited) >= gap_.from - kBefore)
    hand({{"type", "message"}, {"subtype", "message_changed"}, {"channel", room_.channel}, {"message", message}, {"event_ts", edited}});
  const auto kept = at_.reader.adapter_state(pinned_by_key(room_.channel + "/" + ts));
  if (!kept || !*kept || (*kept)->empty() || took_off(**kept)) return;
  auto gone = pinned_by_users(**kept);
  for (const auto& reaction : list_of(message, "reactions")) {
    if (text_of(reaction, "name") != at_.settings.pin_emoji) continue;
    const json& users = list_of(reaction, "users");
    if (number_of(reaction, "count") > static_cast<std::int64_t>(users.size())) return;  // of many people Slack names only some; then nobody can be said to be missing
    std::erase_if(gone, [&users](const std::string& user) { return std::find(users.begin(), users.end(), user) != users.end(); });
  }
  for (const auto& user : gone)
    hand({{"type", "reaction_removed"}, {"user", user}, {"reaction", at_.settings.pin_emoji}, {"item", {{"type", "message"}, {"channel", room_.channel}, {"ts", ts}}},
          {"event_ts", seconds_text(gap_.until)}});
}

/// Without an event id: what happened tells repeats apart.
void MissedRoom::hand(json event) {
  json envelope{{"type", "event_callback"}, {"event", std::move(event)}, {"event_time", at_.clock.now().time_since_epoch().count() / 1000}};
  if (const auto me = at_.workspace.identity()) {
    envelope["team_id"] = me->team_id;
    envelope["enterprise_id"] = me->enterprise_id;
    envelope["api_app_id"] = me->app_id;
  }
  at_.hand(std::move(envelope));
}

}  // namespace slack
