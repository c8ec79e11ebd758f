#include "integrations/matrix/spaces.hpp"

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/matrix/room_body.hpp"

namespace matrix {
namespace {

using nlohmann::json;

/// "#ops:example.org" → "ops" when it is of the bot's own server, else "".
std::string own_localpart(const Session& session, const std::string& alias) {
  const auto colon = alias.find(':');
  if (alias.empty() || alias[0] != '#' || colon == std::string::npos || alias.substr(colon + 1) != session.matrix().server_name()) return "";
  return alias.substr(1, colon - 1);
}

std::optional<Problem> make_space(Session& session, const std::string& localpart, std::string& space) {
  if (auto problem = session.api.learn_self(session.budget)) return problem;
  // Whoever reads the announcements may look into the space, and through it come into the rooms.
  std::string announcements;
  std::vector<std::string> doors;
  if (!session.matrix().announce_room.empty() && !room_of_settings(session, session.matrix().announce_room, announcements)) doors.push_back(announcements);
  auto problem = session.api.create_room(space_body(session.matrix(), session.homeserver().self()->user_id, localpart, room_version(session), doors), session.budget, space);
  // Two messages at a time may want it: the alias decides which one made it.
  if (problem && problem->is("M_ROOM_IN_USE")) return session.api.resolve_alias(session.matrix().space, session.budget, space);
  if (problem && problem->outcome == Outcome::doubtful) problem->outcome = Outcome::not_sent;
  if (!problem) session.homeserver().remember_alias(session.matrix().space, space);
  return problem;
}

}  // namespace

std::optional<Problem> find_space(Session& session, std::string& space) {
  const std::string& named = session.matrix().space;
  if (named.empty()) return std::nullopt;
  auto problem = room_of_settings(session, named, space);
  if (!problem || !problem->not_found()) return problem;
  const std::string localpart = own_localpart(session, named);
  return localpart.empty() ? problem : make_space(session, localpart, space);
}

std::optional<Problem> list_in_space(Session& session, bool listed) {
  if (session.context.incident.is_private) return std::nullopt;  // it was never listed, or was taken out when it became private
  return put_in_space(session, listed);
}

std::optional<Problem> put_in_space(Session& session, bool listed) {
  if (session.matrix().space.empty() || session.room().empty()) return std::nullopt;
  std::string space, ignored;
  auto problem = find_space(session, space);
  json child = json::object();
  if (listed) child = {{"via", json::array({session.matrix().server_name()})}, {"suggested", false}};
  if (!problem) problem = session.api.put_state(space, "m.space.child", session.room(), child, session.budget, ignored);
  if (!problem || problem->outcome != Outcome::refused) return problem;
  bot::log(bot::LogLevel::warning, "matrix space", {{"incident", session.message.incident}, {"problem", problem->words}});
  return std::nullopt;
}

}  // namespace matrix
