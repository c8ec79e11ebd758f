#include "integrations/statuspage/builtin/page.hpp"

#include <algorithm>
#include <array>

#include "integrations/http/signature.hpp"
#include "integrations/text/html.hpp"

namespace statuspage::builtin {
namespace {

constexpr std::array<const char*, kComponentStates> kStateNames{"operational", "under_maintenance", "degraded_performance", "partial_outage",
                                                                 "major_outage"};
const std::string kComponentFact = "component:";

bool names_page(const std::string& pages, const std::string& page) {
  for (std::size_t at = 0; at <= pages.size();) {
    const auto comma = std::min(pages.find(',', at), pages.size());
    auto begin = at;
    auto end = comma;
    while (begin < end && pages[begin] == ' ') ++begin;
    while (end > begin && pages[end - 1] == ' ') --end;
    if (pages.compare(begin, end - begin, page) == 0) return true;
    at = comma + 1;
  }
  return false;
}

bool is_state(const std::string& state) {
  return state == "investigating" || state == "identified" || state == "monitoring" || state == "resolved";
}

/// Moves the incident's components by what one update says; a resolved update ends all of them.
std::vector<ComponentChange> move_components(PublicIncident& incident, const bot::Entry& entry, const std::string& state,
                                             const std::vector<bot::Component>& components) {
  std::vector<ComponentChange> changes;
  for (const auto& component : components) {
    const std::string& named = bot::fact(entry.facts, kComponentFact + component.id);
    auto after = component_state(named);
    const auto held = incident.components.find(component.id);
    const ComponentState before = held == incident.components.end() ? ComponentState::operational : held->second;
    if (state == "resolved" && (after || held != incident.components.end())) after = ComponentState::operational;
    if (!after) continue;
    incident.components[component.id] = *after;
    incident.worst = std::max(incident.worst, *after);
    if (!named.empty() || before != *after) changes.push_back({component.id, before, *after});
  }
  return changes;
}

}  // namespace

const char* to_string(ComponentState state) { return kStateNames[static_cast<std::size_t>(state)]; }

std::optional<ComponentState> component_state(const std::string& name) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i)
    if (name == kStateNames[i]) return static_cast<ComponentState>(i);
  return {};
}

const char* to_string(Impact impact) {
  switch (impact) {
    case Impact::none: return "none";
    case Impact::maintenance: return "maintenance";
    case Impact::minor: return "minor";
    case Impact::major: return "major";
    case Impact::critical: return "critical";
  }
  return "none";
}

std::string public_id(const std::string& of) { return http::sha256_hex("muster-public-id:" + of).substr(0, 12); }

std::optional<bot::Time> PublicIncident::since(const std::string& wanted) const {
  for (const auto& u : updates)
    if (u.state == wanted) return u.at;
  return {};
}

Impact PublicIncident::impact() const {
  switch (worst) {
    case ComponentState::major_outage: return Impact::critical;
    case ComponentState::partial_outage: return Impact::major;
    case ComponentState::degraded_performance: return Impact::minor;
    case ComponentState::under_maintenance: return Impact::maintenance;
    case ComponentState::operational: break;
  }
  // Published, but no component was said to suffer: it is still worth an announcement, and "none" would let readers call all green.
  return Impact::minor;
}

bot::Time Page::changed() const {
  bot::Time newest = known_since;
  bool any = false;
  for (const auto& i : incidents) {
    newest = any ? std::max(newest, i.updated()) : i.updated();
    any = true;
  }
  return newest;
}

bot::Time Page::began() const {
  bot::Time t = known_since;
  for (const auto& i : incidents) t = std::min(t, i.started());
  return t;
}

ComponentState Page::state_of(const std::string& component) const {
  ComponentState worst = ComponentState::operational;
  for (const auto& i : incidents) {
    if (!i.open()) continue;
    const auto it = i.components.find(component);
    if (it != i.components.end()) worst = std::max(worst, it->second);
  }
  return worst;
}

const std::string& Page::name_of(const std::string& component) const {
  static const std::string none;
  for (const auto& c : components)
    if (c.id == component) return c.name;
  return none;
}

std::vector<const PublicIncident*> Page::open_incidents() const {
  std::vector<const PublicIncident*> out;
  for (const auto& i : incidents)
    if (i.open()) out.push_back(&i);
  return out;
}

Overall overall(const Page& page) {
  std::array<std::size_t, kComponentStates> count{};
  for (const auto& c : page.components) ++count[static_cast<std::size_t>(page.state_of(c.id))];
  const auto of = [&](ComponentState s) { return count[static_cast<std::size_t>(s)]; };
  const std::size_t all = page.components.size();
  if (all > 0) {
    if (of(ComponentState::major_outage) == all) return {"critical", "Major System Outage"};
    if (of(ComponentState::major_outage) > 0 || of(ComponentState::partial_outage) == all) return {"major", "Partial System Outage"};
    if (of(ComponentState::partial_outage) > 0) return {"minor", "Minor Service Outage"};
    if (of(ComponentState::degraded_performance) == all) return {"minor", "Degraded System Service"};
    if (of(ComponentState::degraded_performance) > 0) return {"minor", "Partially Degraded Service"};
    // Some readers know only none, minor, major and critical: "maintenance" is said only when nothing else is running.
    if (of(ComponentState::under_maintenance) == all) return {"maintenance", "Service Under Maintenance"};
    if (of(ComponentState::under_maintenance) > 0) return {"minor", "Service Under Maintenance"};
  }
  // Every component may already be said to work while an incident is watched: never call that "all operational".
  for (const auto* i : page.open_incidents())
    if (i->impact() != Impact::none) return {"minor", "Minor Service Outage"};
  return {"none", "All Systems Operational"};
}

std::vector<PublicIncident> public_incidents(const std::vector<bot::Entry>& entries, const std::string& page_name,
                                             const std::vector<bot::Component>& components) {
  std::map<std::int64_t, PublicIncident> by_number;
  std::map<std::int64_t, std::string> titles;  // an update that names none keeps the one of before, whichever page that was for
  std::vector<std::int64_t> order;  // of first publication
  for (const auto& entry : entries) {
    if (entry.kind != bot::EntryKind::public_update) continue;
    const auto words = bot::public_words(entry);
    std::string& title = titles[entry.incident];
    if (std::string given = text::clean(text::valid_utf8(words.title), true); !given.empty()) title = std::move(given);
    if (!names_page(bot::fact(entry.facts, "pages"), page_name)) continue;
    Update update;
    update.op = bot::fact(entry.facts, "op");
    update.state = bot::fact(entry.facts, "state");
    if (!is_state(update.state)) continue;
    update.id = public_id(update.op);
    update.at = entry.recorded_at;
    if (words.body) update.body = text::clean(text::valid_utf8(*words.body));
    const auto [at, fresh] = by_number.try_emplace(entry.incident);
    PublicIncident& incident = at->second;
    if (fresh) {
      order.push_back(entry.incident);
      incident.id = public_id("incident:" + update.op);
    }
    update.changes = move_components(incident, entry, update.state, components);
    incident.title = title.empty() ? "Incident" : title;
    incident.updates.push_back(std::move(update));
  }
  std::vector<PublicIncident> out;
  for (auto n = order.rbegin(); n != order.rend(); ++n) {
    out.push_back(std::move(by_number[*n]));
    std::reverse(out.back().updates.begin(), out.back().updates.end());
  }
  return out;
}

}  // namespace statuspage::builtin
