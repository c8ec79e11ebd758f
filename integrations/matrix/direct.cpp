#include "integrations/matrix/direct.hpp"

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/matrix/room_body.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr const char* kDirect = "m.direct";

Ask account_data(const Session& session, const char* method) {
  return {method, {"v3", "user", session.homeserver().self()->user_id, "account_data", kDirect}, {}, "the list of direct rooms"};
}

/// Not there: an empty list.
std::optional<Problem> read_list(Session& session, json& list) {
  const auto problem = session.api.call(account_data(session, "GET"), nullptr, session.budget, list);
  if (!problem || problem->status != 404) return problem;
  list = json::object();
  return std::nullopt;
}

std::string last_room(const json& list, const std::string& user) {
  std::string out;
  for (const auto& room : array_at(list, user.c_str()))
    if (room.is_string()) out = room.get<std::string>();
  return out;
}

enum class There { yes, invite, gone };

/// "join", "leave" …; "" when the homeserver knows nothing of the person there.
std::optional<Problem> membership(Session& session, const std::string& room, const std::string& user, std::string& out) {
  json member;
  const auto problem = session.api.get_state(room, "m.room.member", user, session.budget, member);
  out = problem ? "" : text_at(member, "membership");
  return problem && !problem->not_found() ? problem : std::nullopt;
}

/// Whether the room can still be used for the person. The bot's own place first: to those who left, a homeserver shows the room as it was.
std::optional<Problem> look_at(Session& session, const std::string& room, const std::string& user, There& there) {
  std::string own, theirs;
  auto problem = membership(session, room, session.homeserver().self()->user_id, own);
  if (!problem && own == "join") problem = membership(session, room, user, theirs);
  if (problem && problem->outcome != Outcome::refused) return problem;
  if (problem || own != "join" || theirs == "ban") there = There::gone;
  else there = theirs == "join" || theirs == "invite" ? There::yes : There::invite;  // "": the invitation was not reached when it was made
  return std::nullopt;
}

std::optional<Problem> invite(Session& session, const std::string& room, const std::string& user) {
  Ask ask{"PUT", {"v3", "rooms", room, "state", "m.room.member", user}, {}, "the invitation to the direct room", Limit::invitation};
  const json body{{"membership", "invite"}, {"is_direct", true}};  // clients file it under people
  json ignored;
  return session.api.call(ask, &body, session.budget, ignored);
}

std::optional<Problem> open(Session& session, const std::string& user, json list, std::string& room) {
  const json body = direct_room_body(session.matrix(), session.homeserver().self()->user_id, user, room_version(session));
  if (auto problem = session.api.create_room(body, session.budget, room)) return problem;
  if (!list.is_object()) list = json::object();
  if (!list.contains(user) || !list[user].is_array()) list[user] = json::array();
  list[user].push_back(room);
  json ignored;
  // Without it the next start opens another room: a page matters more.
  if (const auto problem = session.api.call(account_data(session, "PUT"), &list, session.budget, ignored))
    bot::log(bot::LogLevel::warning, "matrix direct room", {{"problem", problem->words}});
  return invite(session, room, user);
}

}  // namespace

std::optional<Problem> direct_room(Session& session, const std::string& user, std::string& room) {
  if (auto problem = session.api.learn_self(session.budget)) return problem;
  json list = json::object();
  room = session.homeserver().direct_room(user);
  const bool known = !room.empty();
  if (!known) {
    if (auto problem = read_list(session, list)) return problem;
    room = last_room(list, user);
  }
  There there = There::gone;
  if (!room.empty())
    if (auto problem = look_at(session, room, user, there)) return problem;
  std::optional<Problem> problem;
  if (there == There::invite) problem = invite(session, room, user);
  if (there == There::gone) {
    if (known)
      if (auto unread = read_list(session, list)) return unread;
    problem = open(session, user, std::move(list), room);
  }
  if (!problem) session.homeserver().remember_direct_room(user, room);
  return problem;
}

void forget_direct_room(Session& session, const std::string& user) { session.homeserver().forget_direct_room(user); }

}  // namespace matrix
