#include "integrations/slack/events.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/payload.hpp"
#include "integrations/slack/room_steps.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr bot::Millis kNameTime{1200};

bot::Caller muster() { return {bot::ActorKind::muster, "slack", "muster", "Muster", {}}; }

/// The command in "<@UMUSTER> declare sev1 …": what stands around the first mention of the bot.
std::string without_mention(const std::string& text, const std::string& me) {
  const auto open = text.find(me.empty() ? "<@" : "<@" + me);
  const auto close = open == std::string::npos ? open : text.find('>', open);
  std::string rest = close == std::string::npos ? text : text.substr(0, open) + " " + text.substr(close + 1);
  const auto from = rest.find_first_not_of(" \t\n\r,:");
  rest = from == std::string::npos ? "" : rest.substr(from);
  while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\n' || rest.back() == '\t' || rest.back() == '\r')) rest.pop_back();
  return rest;
}

}  // namespace

/// One delivery: the event, what tells its repeats apart, and its answer.
struct Events::Event {
  const json& body;
  std::string id;  ///< "Ev…", or ""
  Answer answer;

  std::string type() const { return text_of(body, "type"); }
  /// An event id is new for each workspace of a shared channel; what happened is not. Both count.
  std::vector<std::string> keys(const std::string& what) const {
    std::vector<std::string> out;
    if (!id.empty()) out.push_back("slack:event:" + id);
    out.push_back("slack:seen:" + what);
    return out;
  }
};

bool Events::is_ours(const json& envelope) const {
  const std::string app = text_of(envelope, "api_app_id");
  std::vector<std::pair<std::string, std::string>> places{{text_of(envelope, "team_id"), text_of(envelope, "enterprise_id")},
                                                          {text_of(envelope, "context_team_id"), text_of(envelope, "context_enterprise_id")}};
  for (const auto& authorization : list_of(envelope, "authorizations"))
    places.emplace_back(text_of(authorization, "team_id"), text_of(authorization, "enterprise_id"));
  return std::any_of(places.begin(), places.end(), [&](const auto& place) { return reception_.at.workspace->is_ours(place.first, place.second, app); });
}

bool Events::is_me(const std::string& user, const std::string& bot) const {
  const auto me = reception_.at.workspace->identity();
  return me && ((!user.empty() && user == me->user_id) || (!bot.empty() && bot == me->bot_id));
}

std::optional<std::int64_t> Events::incident_in(const std::string& channel, Event& event) {
  if (!is_id(channel)) return event.answer(""), std::nullopt;
  const auto found = reception_.at.reader.incident_of(bot::RoomKey{"slack", channel});
  if (!found) return std::nullopt;  // not acknowledged
  if (!*found) event.answer("");
  return *found;
}

void Events::submit(Event& event, bot::Request request) {
  reception_.at.intake.submit(std::move(request), [answer = std::move(event.answer)](const bot::Reply& reply) {
    if (reply.status != bot::ReplyStatus::unavailable && reply.status != bot::ReplyStatus::maybe_recorded) answer("");
  });
}

void Events::take(const json& envelope, Answer answer) {
  if (text_of(envelope, "type") == "app_rate_limited") bot::log(bot::LogLevel::warning, "slack_events_limited");
  if (text_of(envelope, "type") != "event_callback" || !is_ours(envelope)) return answer("");
  const std::string id = text_of(envelope, "event_id");
  Event event{object_of(envelope, "event"), is_id(id.size() > 2 ? "EV" + id.substr(2) : "") ? id : "", std::move(answer)};
  const std::string type = event.type();
  if (type == "message") return message(event);
  if (type == "reaction_added" || type == "reaction_removed") return reaction(event, type == "reaction_added");
  if (type == "member_joined_channel" || type == "member_left_channel") return membership(event, type == "member_joined_channel");
  if (type == "app_mention") return mention(event);
  if (type == "channel_archive" || type == "group_archive") return room(event, text_of(event.body, "channel"), "archived", "");
  if (type == "channel_unarchive" || type == "group_unarchive") return room(event, text_of(event.body, "channel"), "unarchived", "");
  if (type == "channel_id_changed") return moved(event);
  if (type == "app_uninstalled") return over(event, "The app was uninstalled from the Slack workspace");
  if (type == "tokens_revoked" && tokens_are_ours(object_of(event.body, "tokens"))) return over(event, "The bot's token was revoked in Slack");
  if (type == "app_home_opened" && text_of(event.body, "tab") != "messages" && is_id(text_of(event.body, "user")))
    home_.publish(text_of(event.body, "user"), text_of(object_of(event.body, "view"), "hash"));
  event.answer("");
}

void Events::reaction(Event& event, bool added) {
  const json& item = object_of(event.body, "item");
  std::string emoji = text_of(event.body, "reaction");
  emoji = emoji.substr(0, emoji.find("::"));  // "thumbsup::skin-tone-2"
  const std::string user = text_of(event.body, "user");
  Work work;
  work.kind = added ? "put" : "taken_off";
  work.from = {user, "", text_of(item, "channel")};
  work.message.channel = text_of(item, "channel");
  work.message.ts = text_of(item, "ts");
  const bool meant = emoji == reception_.at.settings.slack.pin_emoji && is_id(user) && !is_me(user) && is_ts(work.message.ts);
  if (!meant) return event.answer("");
  const auto incident = incident_in(work.from.room, event);
  if (!incident) return;
  work.key = "reaction:" + work.kind + ":" + message_key(work.message) + ":" + user + ":" + text_of(event.body, "event_ts");
  auto keys = event.keys(work.key);
  captures_.take(std::move(work), std::move(keys), std::move(event.answer));
}

void Events::message(Event& event) {
  const std::string subtype = text_of(event.body, "subtype"), channel = text_of(event.body, "channel");
  if (subtype == "message_changed") return edited(event);
  if (subtype == "message_deleted") return deleted(event);
  if (subtype == "channel_topic" || subtype == "group_topic") return room(event, channel, "topic", unescape(text_of(event.body, "topic")));
  if (subtype == "channel_name" || subtype == "group_name") return room(event, channel, "name", unescape(text_of(event.body, "name")));
  event.answer("");  // what people say to each other is theirs
}

void Events::edited(Event& event) {
  const json& now = object_of(event.body, "message");
  const json& before = object_of(event.body, "previous_message");
  Origin origin;
  origin.channel = text_of(event.body, "channel");
  origin.ts = text_of(now, "ts");
  read_author(now, origin);
  bot::Capture capture;
  capture.what = bot::Capture::What::edited;
  capture.message = message_key(origin);
  capture.text = words_of(now);
  capture.files = files_of(now);
  // Slack also tells of links unfolded and threads grown. And whoever wrote a captured message is known since.
  const bool same = before.contains("text") && words_of(before) == capture.text && files_of(before) == capture.files;
  const bool known = is_ts(origin.ts) && reception_.at.people.by_identity("slack", origin.author).has_value();
  if (same || !known || is_me(text_of(now, "user"), text_of(now, "bot_id"))) return event.answer("");
  const auto incident = incident_in(origin.channel, event);
  if (!incident) return;
  capture.incident = *incident;
  const std::string editor = text_of(object_of(now, "edited"), "user");
  const bool editor_known = is_id(editor) && reception_.at.people.by_identity("slack", editor).has_value();
  bot::Request request = reception_.request_of({editor_known ? editor : origin.author, "", origin.channel}, std::move(capture), {});
  request.dedup_keys = event.keys("edited:" + message_key(origin) + ":" + text_of(event.body, "event_ts"));
  submit(event, std::move(request));
}

void Events::deleted(Event& event) {
  Origin origin;
  origin.channel = text_of(event.body, "channel");
  origin.ts = text_of(event.body, "deleted_ts");
  const json& before = object_of(event.body, "previous_message");
  if (!is_ts(origin.ts) || is_me(text_of(before, "user"), text_of(before, "bot_id"))) return event.answer("");
  const auto incident = incident_in(origin.channel, event);
  if (!incident) return;
  bot::Capture capture;
  capture.what = bot::Capture::What::deleted;
  capture.incident = *incident;
  capture.message = message_key(origin);
  bot::Request request = reception_.request_of({"", "", origin.channel}, std::move(capture), {});
  request.caller = muster();  // Slack does not tell who deleted it
  request.dedup_keys = event.keys("deleted:" + message_key(origin));
  submit(event, std::move(request));
}

void Events::membership(Event& event, bool joined) {
  const std::string user = text_of(event.body, "user"), channel = text_of(event.body, "channel");
  if (is_me(user)) return own_place(event, joined);
  if (!is_id(user) || reception_.is_foreign(text_of(event.body, "team"))) return event.answer("");
  const auto incident = incident_in(channel, event);
  if (!incident) return;
  const auto row = reception_.at.reader.incident(*incident);
  if (!row) return;  // not acknowledged
  const auto person = reception_.at.people.by_identity("slack", user);
  const bool member = *row && person && (*row)->members.count(person->id) > 0;
  if (!*row || member == joined) return event.answer("");  // most joins are invitations of Muster's own
  Work work;
  work.kind = joined ? "joined" : "left";
  work.from = {user, "", channel};
  work.incident = *incident;
  work.key = work.kind + ":" + channel + ":" + user + ":" + text_of(event.body, "event_ts");
  auto keys = event.keys(work.key);
  captures_.take(std::move(work), std::move(keys), std::move(event.answer));
}

/// Muster itself was let in or sent away. The timeline, the console and the other chats hear of it: the room itself cannot, of the latter.
void Events::own_place(Event& event, bool inside) {
  const std::string channel = text_of(event.body, "channel");
  const auto incident = incident_in(channel, event);
  if (!incident) return;
  if (!inside) bot::log(bot::LogLevel::warning, "slack_removed_from_room", {{"incident", *incident}});
  bot::Request request = reception_.request_of({"", "", channel}, bot::RoomChange{*incident, inside ? "returned" : "removed", ""}, {});
  request.caller = muster();
  request.dedup_keys = event.keys((inside ? "let_in:" : "sent_away:") + channel + ":" + text_of(event.body, "event_ts"));
  submit(event, std::move(request));
}

void Events::room(Event& event, const std::string& channel, const std::string& what, const std::string& text) {
  const std::string user = text_of(event.body, "user");
  if (!is_id(user) || is_me(user, text_of(event.body, "bot_id"))) return event.answer("");
  const auto incident = incident_in(channel, event);
  if (!incident) return;
  Work work;
  work.kind = what;
  work.from = {user, "", channel};
  work.message.text = text;
  std::string ts = text_of(event.body, "event_ts");
  if (ts.empty()) ts = text_of(event.body, "ts");
  work.key = "room:" + what + ":" + channel + ":" + ts;
  auto keys = event.keys(work.key);
  captures_.take(std::move(work), std::move(keys), std::move(event.answer));
}

/// Sharing a channel between workspaces of a grid can give it another id; the old one means nothing from then on.
void Events::moved(Event& event) {
  const std::string before = text_of(event.body, "old_channel_id"), now = text_of(event.body, "new_channel_id");
  if (!is_id(now)) return event.answer("");
  const auto incident = incident_in(before, event);
  if (!incident) return;
  const auto taken = reception_.at.reader.incident_of(bot::RoomKey{"slack", now});
  if (!taken) return;  // not acknowledged
  if (*taken) {
    bot::log(bot::LogLevel::warning, "slack_room_moved_onto_another", {{"incident", *incident}, {"other", **taken}});
    return event.answer("");
  }
  bot::Request request = reception_.request_of({"", "", before}, bot::RoomChange{*incident, "moved", now, room_link(now)}, {});
  request.caller = muster();
  request.dedup_keys = event.keys("moved:" + before + ":" + now);
  submit(event, std::move(request));
}

/// "@muster declare …": a typed command. Its answer is private, in the thread where it was asked.
void Events::mention(Event& event) {
  const auto me = reception_.at.workspace->identity();
  From from{text_of(event.body, "user"), "", text_of(event.body, "channel")};
  const std::string ts = text_of(event.body, "ts"), thread = text_of(event.body, "thread_ts");
  const bool by_bot = !text_of(event.body, "bot_id").empty();
  std::string team = text_of(event.body, "user_team");
  if (team.empty()) team = text_of(event.body, "team");
  if (!is_id(from.user) || !is_id(from.room) || !is_ts(ts) || by_bot || is_me(from.user)) return event.answer("");
  std::string typed = neutral_text(without_mention(text_of(event.body, "text"), me ? me->user_id : ""));
  if (typed.empty()) typed = "help";
  auto keys = event.keys("said:" + from.room + "/" + ts);
  reception_.in_turn(from.user, [this, from = From(from), typed, keys, ts, team, thread = is_ts(thread) ? thread : "", answer = std::move(event.answer)]() mutable {
    const Budget budget(reception_.at.clock, kNameTime, kNameTime);
    std::string refusal = reception_.refusal(from, team, budget);
    if (refusal.empty()) reception_.learn_name(from, budget);
    if (refusal.empty() && typed_verb(typed) == "adopt") refusal = reception_.learn_room(from, "", budget);
    if (!refusal.empty()) {
      answer("");
      return reception_.tell_person(from, "", words(refusal), 0, thread);
    }
    bot::Request request = reception_.request_of(from, bot::Typed{typed}, time_of(ts));
    request.dedup_keys = keys;
    reception_.at.intake.submit(std::move(request), [this, from, thread, answer, opens = opens_a_room(typed_verb(typed)), here = reception_.whole()](const bot::Reply& reply) {
      answer("");
      const auto alive = here.lock();
      if (!alive || reply.repeated) return;
      if (reply.status == bot::ReplyStatus::ok && reply.incident && opens) reception_.awaits_room(*reply.incident, from, "");
      reception_.later("events", [this, from, thread, reply] { reception_.tell_person(from, "", card_of(reply), reply.incident.value_or(0), thread); });
    });
  });
}

bool Events::tokens_are_ours(const json& tokens) const {
  const auto me = reception_.at.workspace->identity();
  const json& bots = list_of(tokens, "bot");
  return !bots.empty() && (!me || std::find(bots.begin(), bots.end(), me->user_id) != bots.end());
}

void Events::over(Event& event, const std::string& why) {
  reception_.at.workspace->set_trouble("app", why + ": nothing reaches Slack any more. Install the app again, put the new token in slack.bot_token and restart Muster.");
  event.answer("");
}

}  // namespace slack
