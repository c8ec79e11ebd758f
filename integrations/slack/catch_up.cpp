#include "integrations/slack/catch_up.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/log.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr const char* kHeard = "slack/heard";
constexpr bot::Millis kAway{60000};           ///< a shorter silence is none
constexpr bot::Millis kLook{10000}, kAskEvery{30000}, kKeepEvery{60000};
constexpr bot::Millis kEarlier{1800000};      ///< a message may have been pinned long after it was written
constexpr bot::Millis kLongest{7 * 86400000LL};
constexpr int kPages = 5, kRooms = 200;

std::string seconds_text(bot::Time t) {
  const auto ms = t.time_since_epoch().count();
  return std::to_string(ms / 1000) + "." + std::to_string(1000000 + ms % 1000 * 1000).substr(1);
}

/// "1503435956.000247" → its time; the epoch for anything else.
bot::Time time_of(const std::string& ts) {
  std::int64_t seconds = 0;
  for (const char c : ts.substr(0, std::min<std::size_t>(ts.find('.'), 12))) {
    if (c < '0' || c > '9') return bot::Time{};
    seconds = seconds * 10 + (c - '0');
  }
  return bot::Time{bot::Millis{seconds * 1000}};
}

}  // namespace

CatchUp::CatchUp(const bot::SlackSettings& settings, http::Client& client, bot::Intake& intake, bot::Reader& reader, bot::Clock& clock,
                 std::shared_ptr<Workspace> workspace, std::shared_ptr<Inbox> inbox)
    : settings_(settings), intake_(intake), reader_(reader), clock_(clock), workspace_(std::move(workspace)), inbox_(std::move(inbox)),
      api_(settings, client, clock, *workspace_), loop_("slack-catch-up", [this] { return step(); }) {}

bot::Millis CatchUp::step() {
  if (!begun_) begin();
  const bot::Millis wait = notice();
  if (gap_ && !silent_since_ && fill(*gap_)) {
    gap_.reset();
    done_.clear();
  }
  return wait;
}

/// The last process's last word with Slack began the silence that ends now.
void CatchUp::begin() {
  begun_ = true;
  const auto stored = reader_.adapter_state(kHeard);
  bot::Time heard{};
  if (stored && *stored && bot::parse_iso8601(**stored, heard)) silent_since_ = std::max(heard, clock_.now() - kLongest);
  else silent_since_ = clock_.now();
  unsure_ = kKeepEvery;
}

/// Whether Slack is there is known from every call and every delivery; only when nothing happened for a while is it asked.
bot::Millis CatchUp::notice() {
  const bot::Time now = clock_.now();
  const auto heard = workspace_->last_heard();
  const bool lately = heard && now - *heard < kAskEvery && (!silent_since_ || *heard > *silent_since_);
  if (!lately && !slack_answers()) {
    if (!silent_since_) silent_since_ = heard.value_or(now);
    return kLook;
  }
  if (silent_since_) {
    const Gap gap{gap_ ? std::min(gap_->from, *silent_since_) : *silent_since_, now};
    if (gap.until - gap.from > kAway + unsure_) {
      gap_ = gap;
      done_.clear();
    }
    silent_since_.reset();
    unsure_ = bot::Millis{0};
  }
  if (!gap_ && (!kept_ || now - *kept_ >= kKeepEvery)) remember(now);
  return kLook;
}

bool CatchUp::slack_answers() {
  const Budget budget(clock_, bot::Millis{8000}, bot::Millis{8000}, Urgency::cosmetic);
  json answer;
  return !api_.call("auth.test", {}, budget, answer);
}

bool CatchUp::fill(const Gap& gap) {
  const auto all = rooms();
  if (!all) return false;
  for (const auto& room : *all) {
    if (std::find(done_.begin(), done_.end(), room.incident) != done_.end()) continue;
    const auto missed = read(room, gap);
    if (!missed) return false;  // the next round goes on here
    say_away(room, gap, *missed);
    done_.push_back(room.incident);
  }
  return true;
}

std::optional<std::vector<CatchUp::Room>> CatchUp::rooms() {
  std::vector<Room> out;
  bot::IncidentFilter filter;
  filter.limit = kRooms;
  const auto incidents = reader_.incidents(filter);
  if (!incidents) return std::nullopt;
  for (const auto& incident : *incidents) {
    const auto references = reader_.references(incident.number, "slack");
    if (!references) return std::nullopt;
    for (const auto& reference : *references)
      if (reference.what == "room" && !reference.id.empty()) out.push_back({incident.number, reference.id, incident.declared});
  }
  return out;
}

/// How many messages of people came meanwhile; nothing when Slack must be asked again. Calls are few and wait for everybody else.
std::optional<int> CatchUp::read(const Room& room, const Gap& gap) {
  int missed = 0;
  std::string cursor;
  for (int page = 0; page < kPages; ++page) {
    const Budget budget(clock_, bot::Millis{10000}, bot::Millis{10000}, Urgency::cosmetic);
    Arguments arguments{{"channel", room.channel}, {"oldest", seconds_text(gap.from - kEarlier)}, {"limit", "200"}};
    if (!cursor.empty()) arguments.emplace_back("cursor", cursor);
    json answer;
    if (const auto problem = api_.call("conversations.history", arguments, budget, answer)) {
      if (problem->outcome == Outcome::refused) return missed;  // archived, gone, not a member: nothing to be had there
      return std::nullopt;
    }
    const json messages = answer.value("messages", json::array());
    if (!messages.is_array()) return missed;
    for (const auto& message : messages) {
      const bool of_people = !text_at(message, "user").empty() && text_at(message, "bot_id").empty() && text_at(message, "subtype").empty();
      if (of_people && time_of(text_at(message, "ts")) >= gap.from) ++missed;
      hand_over(room, message);
    }
    cursor = text_at(answer.value("response_metadata", json::object()), "next_cursor");
    if (cursor.empty()) break;
  }
  return missed;
}

/// A reaction that is on the message now is one that may have been missed; which of them means the timeline, the inbox knows. What is on the
/// timeline already stays as it is.
void CatchUp::hand_over(const Room& room, const json& message) {
  const std::string ts = text_at(message, "ts"), author = text_at(message, "user");
  const json reactions = message.is_object() ? message.value("reactions", json::array()) : json::array();
  if (ts.empty() || !reactions.is_array()) return;
  for (const auto& reaction : reactions) {
    if (!reaction.is_object()) continue;
    const std::string name = text_at(reaction, "name");
    const json users = reaction.value("users", json::array());
    if (name.empty() || !users.is_array() || users.empty() || !users.front().is_string()) continue;
    hand_event(room, name + ":" + room.channel + ":" + ts,
               {{"type", "reaction_added"}, {"user", users.front()}, {"reaction", name}, {"item", {{"type", "message"}, {"channel", room.channel}, {"ts", ts}}},
                {"item_user", author}, {"event_ts", ts}});
  }
}

void CatchUp::hand_event(const Room&, const std::string& id, json event) {
  const auto identity = workspace_->identity();
  json envelope{{"type", "event_callback"}, {"event_id", "muster-caught-up:" + id}, {"event", std::move(event)},
                {"event_time", clock_.now().time_since_epoch().count() / 1000}};
  if (identity) {
    envelope["team_id"] = identity->team_id;
    envelope["enterprise_id"] = identity->enterprise_id;
    envelope["api_app_id"] = identity->app_id;
  }
  inbox_->event(envelope, [](const std::string&) {});
}

/// An incident that began in the middle of the silence was not away from before it.
void CatchUp::say_away(const Room& room, const Gap& gap, int missed) {
  const bot::Time from = std::max(gap.from, room.declared);
  if (gap.until - from <= kAway) return;
  bot::Request request;
  request.cls = bot::RequestClass::housekeeping;
  request.caller = bot::Caller{bot::ActorKind::muster, "slack", "muster", "Muster", {}};
  request.dedup_keys = {"slack:away:" + std::to_string(room.incident) + ":" + bot::iso8601(from)};
  request.received = clock_.now();
  request.body = bot::Away{room.incident, from, gap.until, missed};
  intake_.submit(std::move(request), [](const bot::Reply&) {});
}

void CatchUp::remember(bot::Time heard) {
  kept_ = heard;
  bot::Request request;
  request.cls = bot::RequestClass::housekeeping;
  request.caller = bot::Caller{bot::ActorKind::muster, "slack", "muster", "Muster", {}};
  request.received = heard;
  request.body = bot::Checkpoint{};
  request.state = {{kHeard, bot::iso8601(heard)}};
  intake_.submit(std::move(request), [](const bot::Reply&) {});
}

}  // namespace slack
