#include "bot/policy.hpp"

#include <algorithm>
#include <cstdlib>

namespace bot {
namespace {

Error forbidden(std::string message) { return fail(ErrorKind::forbidden, std::move(message)); }

bool holds(const Incident* incident, const char* role, const Actor& actor) {
  if (incident == nullptr || actor.kind != ActorKind::person) return false;
  const auto it = incident->roles.find(role);
  return it != incident->roles.end() && it->second == actor.id;
}

bool declared(const Incident* incident, const Actor& actor) { return incident != nullptr && incident->declared_by == actor; }

bool is_admin(const Actor& actor) {
  return actor.kind == ActorKind::muster || (actor.kind == ActorKind::token ? actor.scopes.admin : actor.kind == ActorKind::person && actor.admin);
}

/// A private incident is there for its people alone.
bool sees(const Incident* incident, const Actor& actor) {
  if (incident == nullptr || !incident->is_private || is_admin(actor) || declared(incident, actor)) return true;
  if (actor.kind != ActorKind::person) return false;
  // Whoever is being called must be able to answer.
  const bool paged = std::any_of(incident->pages.begin(), incident->pages.end(), [&](const PageRun& run) {
    return run.open && std::find(run.paged.begin(), run.paged.end(), actor.id) != run.paged.end();
  });
  return paged || incident->members.count(actor.id) > 0 || holds(incident, "commander", actor);
}

std::string of(const Incident* incident) { return incident == nullptr ? "" : " of " + incident->name(); }

Status may_read(const Actor& actor) {
  if (actor.kind == ActorKind::token && !actor.scopes.read) return forbidden("This token may not read. Use one with the scope read.");
  return Done{};
}

Status may_respond(const Actor& actor) {
  if (actor.kind == ActorKind::monitor) return forbidden("A monitor may only post alerts. Use a token with the scope respond.");
  if (actor.kind == ActorKind::token && !actor.scopes.respond) return forbidden("This token may not change incidents. Use one with the scope respond.");
  return Done{};
}

Status may_publish(const Actor& actor, const Incident* incident) {
  if (actor.kind == ActorKind::muster) return Done{};
  if (actor.kind == ActorKind::token) {
    if (actor.scopes.publish) return Done{};
    return forbidden("This token may not publish. Use one with the scope publish.");
  }
  if (holds(incident, "commander", actor) || holds(incident, "comms", actor)) return Done{};
  return forbidden("Only the commander or comms" + of(incident) + " may publish. Take a role first: role comms");
}

}  // namespace

Status allowed(Action action, const Actor& actor, const Incident* incident, const Settings&) {
  if (!sees(incident, actor)) return fail(ErrorKind::not_found, "There is no " + incident->name() + ", or it is private and you are not in it.");
  switch (action) {
    case Action::read: return may_read(actor);
    case Action::respond: return may_respond(actor);
    case Action::publish: return may_publish(actor, incident);
    case Action::cancel:
      if (is_admin(actor) || holds(incident, "commander", actor) || (declared(incident, actor) && may_respond(actor))) return Done{};
      return forbidden("Only the commander" + of(incident) + ", who declared it, or an admin may cancel. Ask one of them, or type resolve");
    case Action::redact:
      if (is_admin(actor) || holds(incident, "commander", actor)) return Done{};
      return forbidden("Only the commander" + of(incident) + " or an admin may redact. Ask one of them, or take the role: role commander");
    case Action::conceal:
      if (is_admin(actor) || holds(incident, "commander", actor)) return Done{};
      return forbidden("Only the commander" + of(incident) + " or an admin may make it private. Ask one of them, or take the role: role commander");
    case Action::administer:
      if (is_admin(actor)) return Done{};
      return forbidden("Only an admin may do that. Admins are named in the settings under incidents.admins.");
  }
  std::abort();
}

Status may_hold(const std::string& role, const std::string& person, const Settings& settings) {
  const auto* list = role == "commander" ? &settings.permissions.command : role == "comms" ? &settings.permissions.publish : nullptr;
  if (list == nullptr || list->empty() || std::find(list->begin(), list->end(), person) != list->end()) return Done{};
  std::string names;
  for (const auto& id : *list) {
    const auto named = std::find_if(settings.people.begin(), settings.people.end(), [&id](const Person& p) { return p.id == id; });
    names += (names.empty() ? "" : ", ") + (named == settings.people.end() ? id : named->name);
  }
  return forbidden("The settings let only these people be " + role + ": " + names);
}

}  // namespace bot
