#include "integrations/matrix/private_rooms.hpp"

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/matrix/spaces.hpp"

namespace matrix {
namespace {

using nlohmann::json;

/// Nobody new comes in by themselves, and nobody finds the room through the space.
std::optional<Problem> invite_only(Session& session) {
  json found;
  std::string ignored;
  if (auto problem = session.api.get_state(session.room(), "m.room.join_rules", "", session.budget, found); problem && !problem->not_found()) return problem;
  if (text_at(found, "join_rule") != "invite")
    if (auto problem = session.api.put_state(session.room(), "m.room.join_rules", "", {{"join_rule", "invite"}}, session.budget, ignored)) return problem;
  std::string space;
  if (auto problem = find_space(session, space)) return problem;
  if (space.empty()) return std::nullopt;
  // A room that was private from the beginning has no parent: to take it out of the space would show it there.
  if (auto problem = session.api.get_state(session.room(), "m.space.parent", space, session.budget, found)) return problem->not_found() ? std::nullopt : problem;
  if (found.empty()) return std::nullopt;
  if (auto problem = put_in_space(session, false)) return problem;
  return session.api.put_state(session.room(), "m.space.parent", space, json::object(), session.budget, ignored);
}

}  // namespace

std::optional<Problem> close_to_others(Session& session) {
  if (!session.context.incident.is_private || session.room().empty() || session.homeserver().closed(session.room())) return std::nullopt;
  json mark;
  auto problem = session.api.get_state(session.room(), kIncidentState, "", session.budget, mark);
  const bool theirs = problem && problem->not_found();  // a room that people made stays as they keep it
  if (!problem) problem = invite_only(session);
  if (problem && problem->outcome != Outcome::refused) return problem;
  if (problem && !theirs) bot::log(bot::LogLevel::warning, "matrix private room", {{"incident", session.message.incident}, {"problem", problem->words}});
  session.homeserver().remember_closed(session.room());
  return std::nullopt;
}

}  // namespace matrix
