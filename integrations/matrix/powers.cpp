#include "integrations/matrix/powers.hpp"

#include <nlohmann/json.hpp>

#include "integrations/matrix/room_body.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr int kNobodyTalks = 100;  // a room that was archived stays as it was left

/// Who has another level than responders has it from somebody who knew why.
json without_ours(const json& levels, const std::set<std::string>& but) {
  json named = object_at(levels, "users");
  for (auto it = named.begin(); it != named.end();) {
    const bool goes = number_at(named, it.key().c_str()) == kResponderPower && but.count(it.key()) == 0;
    it = goes ? named.erase(it) : std::next(it);
  }
  return named.is_object() ? named : json::object();
}

/// The levels as they shall be; nothing when they are so.
std::optional<json> changed(const json& levels, const std::set<std::string>& users) {
  json named = without_ours(levels, users);
  for (const auto& user : users)
    if (number_at(named, user.c_str()).value_or(0) < kResponderPower) named[user] = kResponderPower;
  if (named == object_at(levels, "users")) return std::nullopt;
  json out = levels;
  out["users"] = std::move(named);
  return out;
}

std::optional<Problem> give(Api& api, const std::string& room, const std::set<std::string>& users, const Budget& budget) {
  json found;
  if (auto problem = api.get_state(room, kIncidentState, "", budget, found)) return problem->not_found() ? std::nullopt : problem;  // people made it: theirs to give
  const bot::Lock alone(api.homeserver().changing_levels);
  if (auto problem = api.get_state(room, "m.room.power_levels", "", budget, found)) return problem;
  if (number_at(found, "events_default").value_or(0) >= kNobodyTalks) return std::nullopt;
  const auto levels = changed(found, users);
  std::string ignored;
  return levels ? api.put_state(room, "m.room.power_levels", "", *levels, budget, ignored) : std::nullopt;
}

}  // namespace

std::set<std::string> powerful_of(const Session& session) {
  std::set<std::string> out;
  const auto add = [&](const std::string& person) {
    if (const std::string user = user_id_of(session.people, person); !user.empty() && user != session.matrix().user_id) out.insert(user);
  };
  for (const auto& [role, person] : session.context.incident.roles) add(person);
  for (const auto& person : session.settings.incidents.admins) add(person);
  return out;
}

void take_powers(json& levels) { levels["users"] = without_ours(levels, {}); }

void tend_powers(const Session& session, Chores& chores) {
  if (session.room().empty() || !session.context.incident.takes_changes()) return;
  auto users = powerful_of(session);
  if (session.homeserver().powerful(session.room()) == users) return;
  chores.add({"power in the room", "power " + session.room(),
              [&api = session.api, room = session.room(), users](const Budget& budget) -> std::optional<Problem> {
                if (api.homeserver().powerful(room) == users) return std::nullopt;
                const auto problem = give(api, room, users, budget);
                // What is refused would be refused again; it is in the log, and the next change of a role tries anew.
                if (!problem || problem->outcome == Outcome::refused) api.homeserver().remember_powerful(room, users);
                return problem;
              },
              nullptr});
}

}  // namespace matrix
