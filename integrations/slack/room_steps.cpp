#include "integrations/slack/room_steps.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/slack/errors.hpp"
#include "integrations/slack/mrkdwn.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kNameLength = 80, kTopicLength = 245;
constexpr int kPages = 20;
constexpr const char* kTopic = "topic";    ///< the reference that says whose the topic is, and
constexpr const char* kTheirs = "theirs";  ///< what it says of a channel that had one before it was adopted

bot::Accepted room_found(const Session& session, const std::string& id, const std::string& name) {
  session.workspace.remember_room(session.message.incident, id);
  const std::string link = room_link(id);
  auto reference = [&](const char* what, const std::string& value) { return bot::Reference{session.message.incident, kIntegration, what, value}; };
  return {{reference("room", id), reference("room_name", name), reference("room_link", link)}, link};
}

bool is_ours(const json& channel, const std::string& bot_user, std::int64_t not_before, const std::vector<std::string>& names) {
  if (text_at(channel, "creator") != bot_user || text_at(channel, "id").empty()) return false;
  const auto created = channel.find("created");
  if (created == channel.end() || !created->is_number() || created->get<double>() < static_cast<double>(not_before)) return false;
  return std::find(names.begin(), names.end(), text_at(channel, "name")) != names.end();
}

std::string name_or_id(const std::string& name, const std::string& id) { return name.empty() ? id : "#" + name; }

/// Who made the channel gave it a topic: not an empty one, and not one that an earlier incident of ours left there.
bool has_their_topic(const Session& session, const json& channel) {
  const json topic = channel.is_object() ? channel.value("topic", json::object()) : json::object();
  const auto me = session.workspace.identity();
  return !text_at(topic, "value").empty() && !(me && !me->user_id.empty() && text_at(topic, "creator") == me->user_id);
}

/// A channel that people made becomes the incident's room. Its name, topic and members stay theirs.
bot::SendResult take_over(Session& session, const bot::OpenRoom& open) {
  json answer;
  if (const auto problem = session.api.call("conversations.info", {{"channel", open.existing}}, session.budget, answer)) {
    if (problem->outcome == Outcome::doubtful) return bot::NotSent{problem->words, {}, true};
    if (problem->code == "channel_not_found")
      return bot::Refused{"Slack does not know the channel, or the app cannot see it: invite the app there with /invite, then try again.", false};
    return send_result(*problem);
  }
  const json channel = answer.value("channel", json::object());
  const auto is = [&channel](const char* what) { return channel.is_object() && channel.value(what, json(false)) == json(true); };
  const std::string id = text_at(channel, "id").empty() ? open.existing : text_at(channel, "id"), name = text_at(channel, "name");
  const std::string named = name_or_id(name, id);
  if (is("is_im") || is("is_mpim")) return bot::Refused{"A direct message cannot become an incident's room; use a channel.", false};
  if (is("is_archived")) return bot::Refused{named + " is archived, so it cannot become the incident's room.", false};
  if (!open.is_private && is("is_private")) return bot::Refused{named + " is private, and the incident is not: it would tell of what is said there.", false};
  if (open.is_private && !is("is_private")) return bot::Refused{named + " is public, and the incident is private: it needs a private channel.", false};
  if (!is("is_member")) {
    json joined;
    if (const auto problem = session.api.call("conversations.join", {{"channel", id}}, session.budget, joined)) {
      if (problem->outcome == Outcome::doubtful) return bot::NotSent{problem->words, {}, true};  // entering twice changes nothing
      return send_result(*problem);
    }
  }
  bot::Accepted entered = room_found(session, id, name.empty() ? id : name);
  (void)session.api.learn_identity(session.budget);  // known nearly always; else a topic of ours is taken for theirs, and stays
  entered.references.push_back({session.message.incident, kIntegration, kTopic, has_their_topic(session, channel) ? kTheirs : ""});
  return entered;
}

}  // namespace

std::string room_link(const std::string& id) { return "https://slack.com/app_redirect?channel=" + http::percent_encode(id); }

std::string room_name_candidate(const std::string& name, int n, const std::string& message_id) {
  if (n <= 1) return name.substr(0, kNameLength);
  const std::string suffix = "-" + (n < kRoomNames ? std::to_string(n) : message_id.substr(message_id.size() - std::min<std::size_t>(8, message_id.size())));
  return name.substr(0, kNameLength - suffix.size()) + suffix;
}

bot::SendResult open_room(Session& session, const bot::OpenRoom& open, Progress& progress) {
  if (!open.existing.empty()) return take_over(session, open);
  bool looked = false;
  for (int& next = progress.next_name; next <= kRoomNames; ++next) {
    const std::string name = room_name_candidate(open.name, next, session.message.id);
    json answer;
    const auto problem = session.api.call(
        "conversations.create", session.in_team({{"name", name}, {"is_private", open.is_private ? "true" : "false"}}), session.budget, answer);
    if (!problem) {
      const json channel = answer.value("channel", json::object());
      if (text_at(channel, "id").empty()) return bot::Doubtful{"Slack created a channel but did not say which"};
      const std::string given = text_at(channel, "name");
      bot::Accepted made = room_found(session, text_at(channel, "id"), given.empty() ? name : given);
      if (!session.context.reference(kTopic).empty()) made.references.push_back({session.message.incident, kIntegration, kTopic, ""});  // of the room it had before
      return made;
    }
    if (problem->code != "name_taken") return send_result(*problem);
    if (!session.context.first_attempt || looked) continue;
    looked = true;  // the name may be taken by an earlier attempt of this very message; one look covers all names
    const auto found = find_room(session, open);
    if (const auto* mine = std::get_if<bot::Accepted>(&found)) return *mine;
    if (const auto* blind = std::get_if<bot::CannotLook>(&found)) return bot::NotSent{blind->reason, {}, true};
  }
  return bot::Refused{"Slack has no free name for the room " + open.name + ": rename or delete the channels that hold it.", false};
}

bot::FindResult find_room(Session& session, const bot::OpenRoom& open) {
  if (!open.existing.empty()) return bot::Missing{};  // taking over again changes nothing
  if (const auto problem = session.api.learn_identity(session.budget)) return cannot_look(*problem);
  const std::string bot_user = session.workspace.identity()->user_id;
  const bot::Time since = session.context.first_attempt.value_or(session.message.created);
  const auto not_before = std::chrono::floor<std::chrono::seconds>(since).time_since_epoch().count();
  std::vector<std::string> names;
  for (int n = 1; n <= kRoomNames; ++n) {
    names.push_back(room_name_candidate(open.name, n, session.message.id));
    if (!open.before.empty()) names.push_back(room_name_candidate(open.before, n, session.message.id));
  }
  std::string cursor;
  for (int page = 0; page < kPages; ++page) {
    json answer;
    Arguments arguments = session.in_team({{"types", "public_channel,private_channel"}, {"exclude_archived", "true"}, {"limit", "200"}});
    if (!cursor.empty()) arguments.emplace_back("cursor", cursor);
    if (const auto problem = session.api.call("users.conversations", arguments, session.budget, answer)) return cannot_look(*problem);
    for (const auto& channel : answer.value("channels", json::array()))
      if (is_ours(channel, bot_user, not_before, names)) return room_found(session, text_at(channel, "id"), text_at(channel, "name"));
    cursor = text_at(answer.value("response_metadata", json::object()), "next_cursor");
    if (cursor.empty()) return bot::Missing{};
  }
  return bot::CannotLook{"the bot is in too many Slack channels to look for the room"};
}

namespace {

/// The channel is called otherwise from now on.
bot::SendResult rename(Session& session, const std::string& wanted) {
  json answer;
  if (const auto problem = session.api.call("conversations.info", {{"channel", session.room()}}, session.budget, answer)) return send_result(*problem);
  const std::string now = text_at(answer.value("channel", json::object()), "name");
  for (int n = 1; n <= kRoomNames; ++n) {
    const std::string name = room_name_candidate(wanted, n, session.message.id);
    const bot::Accepted done{{bot::Reference{session.message.incident, kIntegration, "room_name", name}}, ""};
    if (name == now) return done;  // by an earlier attempt
    const auto problem = session.api.call_in(session.room(), "conversations.rename", {{"channel", session.room()}, {"name", name}}, session.budget, answer);
    if (!problem) return done;
    if (problem->code == "is_archived") return bot::Accepted{};
    if (problem->code != "name_taken") return send_result(*problem);
  }
  return bot::Refused{"Slack has no free name for the room " + wanted + ": rename or delete the channels that hold it.", false};
}

}  // namespace

bot::SendResult set_topic(Session& session, const bot::SetTopic& topic) {
  if (session.room().empty()) return no_room(session);
  if (session.context.reference(kTopic) == kTheirs) return bot::Accepted{};
  json answer;
  const auto problem =
      session.api.call_in(session.room(), "conversations.setTopic", {{"channel", session.room()}, {"topic", cut(escape(topic.topic), kTopicLength)}},
                          session.budget, answer);
  if (problem && problem->code == "is_archived") return bot::Accepted{};  // nobody reads the topic of an archived room
  if (problem) return in_room(*problem);
  return topic.name.empty() ? bot::SendResult(bot::Accepted{}) : rename(session, topic.name);
}

bot::SendResult archive_room(Session& session) {
  if (session.room().empty()) return bot::Accepted{};  // nothing was opened, nothing is left open
  json answer;
  const auto problem = session.api.call_in(session.room(), "conversations.archive", {{"channel", session.room()}}, session.budget, answer);
  if (!problem || problem->code == "already_archived") return bot::Accepted{};
  return send_result(*problem);
}

}  // namespace slack
