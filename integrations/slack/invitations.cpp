#include "integrations/slack/invitations.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "integrations/slack/errors.hpp"
#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kInvitesPerCall = 100;
constexpr std::size_t kNamedRefusals = 20;  ///< a report of a thousand names is read by nobody
constexpr std::size_t kNamesAsked = 5;      ///< of them, those whom Slack is asked about: the room does not wait for more

bool is_there_already(const std::string& code) { return code == "already_in_channel" || code == "cant_invite_self"; }

/// The name people know. The report stands on the timeline and in other chats too, where an id says nothing, so Slack is asked about a few whom
/// Muster has not met, and the rest stay unnamed.
std::string name_of(Session& session, const std::string& user, std::size_t& asked) {
  if (const auto known = session.people.by_identity(kIntegration, user); known && !known->name.empty() && known->name != user) return session.people.name_of(known->id);
  json answer;
  if (asked < kNamesAsked && is_user_id(user)) {
    ++asked;
    if (!session.api.call("users.info", {{"user", user}}, session.budget, answer))
      if (std::string name = shown_name(object_of(answer, "user")); !name.empty()) return name;
  }
  return "somebody Muster has not met";
}

/// "@sre": a group as people know it; its id, which the settings name, where Slack does not know it.
std::string group_name(Session& session, const std::string& group) {
  json answer;
  if (!session.api.call("usergroups.list", session.in_team({{"include_disabled", "true"}}), session.budget, answer))
    for (const auto& one : list_of(answer, "usergroups"))
      if (text_at(one, "id") == group && !text_at(one, "handle").empty()) return "@" + display_name(text_at(one, "handle"));
  return group + " of the settings";
}

/// Adds "Dana (Slack does not know the person)" for each that Slack named as not invited.
void collect_refused(const json& answer, Session& session, Progress& progress) {
  const auto errors = answer.find("errors");
  if (errors == answer.end() || !errors->is_array()) return;
  for (const auto& error : *errors) {
    const std::string code = error_word(text_at(error, "error")), user = text_at(error, "user");
    if (is_there_already(code) || (error.is_object() && error.value("ok", json(false)) == json(true))) continue;
    // Past those that are named, only their number counts.
    if (progress.refused.size() >= kNamedRefusals) progress.refused.emplace_back();
    else progress.refused.push_back(name_of(session, user, progress.names_asked) + " (" + reason_words(code) + ")");
  }
}

/// The members of the groups not expanded yet. A group that cannot be expanded goes into the report; the others still come.
std::optional<Problem> expand(Session& session, const bot::InvitePeople& invite, Progress& progress) {
  for (; progress.groups_done < invite.groups.size(); ++progress.groups_done) {
    const std::string& group = invite.groups[progress.groups_done];
    json answer;
    if (const auto problem = session.api.call("usergroups.users.list", session.in_team({{"usergroup", group}}), session.budget, answer)) {
      if (problem->outcome != Outcome::refused) return problem->outcome == Outcome::doubtful ? Problem{Outcome::not_sent, "", problem->words, {}} : *problem;
      progress.refused.push_back("the user group " + group_name(session, group) + " (" + reason_words(problem->code) + ")");
      continue;
    }
    const json users = answer.value("users", json::array());
    if (!users.is_array()) continue;
    for (const auto& user : users)
      if (user.is_string() && is_user_id(user.get<std::string>())) progress.members.push_back(user.get<std::string>());
  }
  return std::nullopt;
}

/// People first, in their order; each once. Who has no Slack account follows in their own chat or the console.
std::vector<std::string> everybody(const Session& session, const bot::InvitePeople& invite, const Progress& progress) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  const auto add = [&](const std::string& user) {
    if (!user.empty() && seen.insert(user).second) out.push_back(user);
  };
  for (const auto& person : invite.people) add(user_id_of(session.people, person));
  for (const auto& user : progress.members) add(user);
  return out;
}

bot::SendResult told(const std::vector<std::string>& refused) {
  if (refused.empty()) return bot::Accepted{};
  std::string names;
  for (std::size_t i = 0; i < refused.size() && i < kNamedRefusals; ++i) names += (i == 0 ? "" : ", ") + refused[i];
  if (refused.size() > kNamedRefusals) names += " and " + std::to_string(refused.size() - kNamedRefusals) + " more";
  return bot::Refused{"Not invited to the Slack room: " + names + ".", false};
}

}  // namespace

bot::SendResult invite_people(Session& session, const bot::InvitePeople& invite, Progress& progress) {
  if (invite.groups.empty() && everybody(session, invite, progress).empty()) return bot::Accepted{};
  if (session.room().empty()) return no_room(session);
  if (const auto problem = expand(session, invite, progress)) return send_result(*problem);
  const auto all = everybody(session, invite, progress);
  while (progress.invited < all.size()) {
    const std::size_t end = std::min(all.size(), progress.invited + kInvitesPerCall);
    std::string users;
    for (std::size_t i = progress.invited; i < end; ++i) users += (users.empty() ? "" : ",") + all[i];
    json answer;
    // force: one person who cannot be added must not keep the others out.
    const auto problem = session.api.call_in(session.room(), "conversations.invite",
                                             {{"channel", session.room()}, {"users", users}, {"force", "true"}}, session.budget, answer);
    if (problem && problem->code == "is_archived") return bot::Accepted{};  // nobody needs to come any more
    const bool explained = problem && problem->outcome == Outcome::refused && answer.contains("errors");
    if (problem && !is_there_already(problem->code) && !explained) return in_room(*problem);
    collect_refused(answer, session, progress);
    progress.invited = end;
  }
  return told(progress.refused);
}

}  // namespace slack
