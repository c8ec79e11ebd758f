#include "integrations/console/vocabulary.hpp"

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"

namespace console {

using nlohmann::json;

bot::Result<std::string> vocabulary(Desk& desk, const Visitor& visitor) {
  json verbs = json::array(), people = json::array(), components = json::array(), incidents = json::array();
  for (const auto& hint : desk.verbs()) {
    verbs.push_back({{"verb", hint.verb}, {"form", hint.form}, {"help", hint.help}, {"query", hint.query}});
  }
  for (const auto& person : desk.people().all()) people.push_back({{"id", person.id}, {"name", person.name}});
  for (const auto& component : desk.settings().components()) components.push_back({{"id", component.id}, {"name", component.name}});
  bot::IncidentFilter filter;
  filter.limit = 50;
  const auto open = desk.reader().incidents(filter);
  if (!open) return open.error();
  for (const auto& incident : *open) {
    if (desk.sees(visitor, incident)) incidents.push_back({{"id", incident.name()}, {"name", text::shorten(incident.title, 60)}});
  }
  return codec::dump(
      {{"verbs", verbs},
       {"people", people},
       {"components", components},
       {"incidents", incidents},
       {"roles", desk.settings().incidents.roles},
       {"severities", desk.settings().incidents.severities},
       {"statuses", {"investigating", "identified", "monitoring", "resolved"}},
       {"component_states", {"operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"}}});
}

}  // namespace console
