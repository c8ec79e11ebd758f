#include "integrations/slack/room_steps.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/slack/errors.hpp"
#include "integrations/slack/mrkdwn.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kNameLength = 80, kTopicLength = 245, kInvitesPerCall = 100;
constexpr int kPages = 20;

bot::Accepted room_found(const Session& session, const std::string& id, const std::string& name) {
  session.workspace.remember_room(session.message.incident, id);
  const std::string link = "https://slack.com/app_redirect?channel=" + http::percent_encode(id);
  auto reference = [&](const char* what, const std::string& value) { return bot::Reference{session.message.incident, kIntegration, what, value}; };
  return {{reference("room", id), reference("room_name", name), reference("room_link", link)}, link};
}

bool is_ours(const json& channel, const std::string& bot_user, std::int64_t not_before, const std::vector<std::string>& names) {
  if (text_at(channel, "creator") != bot_user || text_at(channel, "id").empty()) return false;
  const auto created = channel.find("created");
  if (created == channel.end() || !created->is_number() || created->get<double>() < static_cast<double>(not_before)) return false;
  return std::find(names.begin(), names.end(), text_at(channel, "name")) != names.end();
}

/// One person id and Slack id for each that can be invited.
std::vector<std::pair<std::string, std::string>> invitees(const Session& session, const bot::InvitePeople& invite) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& id : invite.people)
    if (const std::string user = user_id_of(session.people, id); !user.empty()) out.emplace_back(id, user);  // others follow in their own chat or the console
  return out;
}

bool is_there_already(const std::string& code) { return code == "already_in_channel" || code == "cant_invite_self"; }

/// Adds "Dana (Slack does not know the person)" for each that Slack named as not invited.
void collect_refused(const json& answer, const std::vector<std::pair<std::string, std::string>>& asked, const Session& session,
                     std::vector<std::string>& refused) {
  const auto errors = answer.find("errors");
  if (errors == answer.end() || !errors->is_array()) return;
  for (const auto& error : *errors) {
    const std::string code = error_word(text_at(error, "error")), user = text_at(error, "user");
    if (is_there_already(code) || (error.is_object() && error.value("ok", json(false)) == true)) continue;
    const auto who = std::find_if(asked.begin(), asked.end(), [&user](const auto& pair) { return pair.second == user; });
    refused.push_back((who == asked.end() ? "somebody" : session.people.name_of(who->first)) + " (" + reason_words(code) + ")");
  }
}

}  // namespace

std::string room_name_candidate(const std::string& name, int n, const std::string& message_id) {
  if (n <= 1) return name.substr(0, kNameLength);
  const std::string suffix = "-" + (n < kRoomNames ? std::to_string(n) : message_id.substr(message_id.size() - std::min<std::size_t>(8, message_id.size())));
  return name.substr(0, kNameLength - suffix.size()) + suffix;
}

bot::SendResult open_room(Session& session, const bot::OpenRoom& open, int& next_name) {
  bool looked = false;
  for (; next_name <= kRoomNames; ++next_name) {
    const std::string name = room_name_candidate(open.name, next_name, session.message.id);
    json answer;
    const auto problem = session.api.call("conversations.create", {{"name", name}, {"is_private", open.is_private ? "true" : "false"}}, session.budget, answer);
    if (!problem) {
      const json channel = answer.value("channel", json::object());
      if (text_at(channel, "id").empty()) return bot::Doubtful{"Slack created a channel but did not say which"};
      const std::string given = text_at(channel, "name");
      return room_found(session, text_at(channel, "id"), given.empty() ? name : given);
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
  if (const auto problem = session.api.learn_identity(session.budget)) return cannot_look(*problem);
  const std::string bot_user = session.workspace.identity()->user_id;
  const bot::Time since = session.context.first_attempt.value_or(session.message.created);
  const auto not_before = std::chrono::floor<std::chrono::seconds>(since).time_since_epoch().count();
  std::vector<std::string> names;
  for (int n = 1; n <= kRoomNames; ++n) names.push_back(room_name_candidate(open.name, n, session.message.id));
  std::string cursor;
  for (int page = 0; page < kPages; ++page) {
    json answer;
    Arguments arguments{{"types", "public_channel,private_channel"}, {"exclude_archived", "true"}, {"limit", "200"}};
    if (!cursor.empty()) arguments.emplace_back("cursor", cursor);
    if (const auto problem = session.api.call("users.conversations", arguments, session.budget, answer)) return cannot_look(*problem);
    for (const auto& channel : answer.value("channels", json::array()))
      if (is_ours(channel, bot_user, not_before, names)) return room_found(session, text_at(channel, "id"), text_at(channel, "name"));
    cursor = text_at(answer.value("response_metadata", json::object()), "next_cursor");
    if (cursor.empty()) return bot::Missing{};
  }
  return bot::CannotLook{"the bot is in too many Slack channels to look for the room"};
}

bot::SendResult set_topic(Session& session, const bot::SetTopic& topic) {
  if (session.room().empty()) return no_room(session);
  json answer;
  const auto problem =
      session.api.call_in(session.room(), "conversations.setTopic", {{"channel", session.room()}, {"topic", cut(escape(topic.topic), kTopicLength)}},
                          session.budget, answer);
  if (!problem || problem->code == "is_archived") return bot::Accepted{};  // nobody reads the topic of an archived room
  return send_result(*problem);
}

bot::SendResult invite_people(Session& session, const bot::InvitePeople& invite) {
  const auto all = invitees(session, invite);
  if (all.empty()) return bot::Accepted{};
  if (session.room().empty()) return no_room(session);
  std::vector<std::string> refused;
  for (std::size_t at = 0; at < all.size(); at += kInvitesPerCall) {
    const std::vector<std::pair<std::string, std::string>> part(all.begin() + static_cast<std::ptrdiff_t>(at),
                                                                all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + kInvitesPerCall)));
    std::string users;
    for (const auto& [id, slack_id] : part) users += (users.empty() ? "" : ",") + slack_id;
    json answer;
    // force: one person who cannot be added must not keep the others out.
    const auto problem = session.api.call_in(session.room(), "conversations.invite",
                                             {{"channel", session.room()}, {"users", users}, {"force", "true"}}, session.budget, answer);
    const auto before = refused.size();
    collect_refused(answer, part, session, refused);
    if (!problem || is_there_already(problem->code)) continue;
    const bool explained = problem->outcome == Outcome::refused && answer.contains("errors");
    if (explained) continue;
    refused.resize(before);
    return send_result(*problem);
  }
  if (refused.empty()) return bot::Accepted{};
  std::string names;
  for (const auto& one : refused) names += (names.empty() ? "" : ", ") + one;
  return bot::Refused{"Not invited to the Slack room: " + names + ".", false};
}

bot::SendResult archive_room(Session& session) {
  if (session.room().empty()) return bot::Accepted{};  // nothing was opened, nothing is left open
  json answer;
  const auto problem = session.api.call_in(session.room(), "conversations.archive", {{"channel", session.room()}}, session.budget, answer);
  if (!problem || problem->code == "already_archived") return bot::Accepted{};
  return send_result(*problem);
}

}  // namespace slack
