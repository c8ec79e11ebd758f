#include "integrations/statuspage/builtin/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"

namespace statuspage::builtin {
namespace {

using nlohmann::json;

constexpr std::size_t kIncidents = 50;

json time_or_null(const std::optional<bot::Time>& t) { return t ? json(bot::iso8601(*t)) : json(); }

json page_json(const Page& page) {
  return {{"id", page.id}, {"name", page.title}, {"url", page.url}, {"time_zone", "Etc/UTC"}, {"updated_at", bot::iso8601(page.changed())}};
}

json status_json(const Page& page) {
  const Overall o = overall(page);
  return {{"indicator", o.indicator}, {"description", o.description}};
}

bot::Time component_changed(const Page& page, const std::string& id) {
  bot::Time t = page.began();
  for (const auto& i : page.incidents)
    for (const auto& u : i.updates)
      for (const auto& c : u.changes)
        if (c.id == id) t = std::max(t, u.at);
  return t;
}

json component_json(const Page& page, std::size_t index) {
  const auto& c = page.components[index];
  return {{"id", c.id},
          {"name", c.name},
          {"status", to_string(page.state_of(c.id))},
          {"created_at", bot::iso8601(page.began())},
          {"updated_at", bot::iso8601(component_changed(page, c.id))},
          {"position", index + 1},
          {"description", c.description.empty() ? json() : json(c.description)},
          {"showcase", false},
          {"start_date", nullptr},
          {"group_id", nullptr},
          {"page_id", page.id},
          {"group", false},
          {"only_show_if_degraded", false}};
}

json components_json(const Page& page) {
  json out = json::array();
  for (std::size_t i = 0; i < page.components.size(); ++i) out.push_back(component_json(page, i));
  return out;
}

json update_json(const Page& page, const PublicIncident& incident, const Update& u) {
  json affected;
  for (const auto& c : u.changes)
    affected.push_back({{"code", c.id}, {"name", page.name_of(c.id)}, {"old_status", to_string(c.before)}, {"new_status", to_string(c.after)}});
  const std::string at = bot::iso8601(u.at);
  return {{"id", u.id},
          {"status", u.state},
          {"body", u.body ? *u.body : "This update was removed."},
          {"incident_id", incident.id},
          {"created_at", at},
          {"updated_at", at},
          {"display_at", at},
          {"affected_components", affected},
          {"deliver_notifications", true},
          {"custom_tweet", nullptr},
          {"tweet_id", nullptr}};
}

json incident_json(const Page& page, const PublicIncident& incident, const json& components) {
  json updates = json::array();
  for (const auto& u : incident.updates) updates.push_back(update_json(page, incident, u));
  json touched = json::array();
  for (std::size_t i = 0; i < page.components.size(); ++i)
    if (incident.components.count(page.components[i].id)) touched.push_back(components[i]);
  return {{"id", incident.id},
          {"name", incident.title},
          {"status", incident.state()},
          {"created_at", bot::iso8601(incident.started())},
          {"updated_at", bot::iso8601(incident.updated())},
          {"monitoring_at", time_or_null(incident.since("monitoring"))},
          {"resolved_at", incident.open() ? json() : time_or_null(incident.since("resolved"))},
          {"impact", to_string(incident.impact())},
          {"shortlink", page.url + "/i/" + incident.id},
          {"started_at", bot::iso8601(incident.started())},
          {"page_id", page.id},
          {"incident_updates", updates},
          {"components", touched}};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> api_documents(const Page& page) {
  const json head = page_json(page);
  const json components = components_json(page);
  json recent = json::array();
  json unresolved = json::array();
  for (const auto& i : page.incidents) {
    if (!i.open() && recent.size() >= kIncidents) continue;
    json one = incident_json(page, i, components);
    if (i.open()) unresolved.push_back(one);
    if (recent.size() < kIncidents) recent.push_back(std::move(one));
  }
  // Muster publishes incidents, not planned work: the lists are there for readers that ask, and empty.
  const json none = json::array();
  const auto with = [&](json rest) {
    rest["page"] = head;
    return codec::dump(rest);
  };
  return {{"/api/v2/summary.json",
           with({{"status", status_json(page)}, {"components", components}, {"incidents", unresolved}, {"scheduled_maintenances", none}})},
          {"/api/v2/status.json", with({{"status", status_json(page)}})},
          {"/api/v2/components.json", with({{"components", components}})},
          {"/api/v2/incidents.json", with({{"incidents", recent}})},
          {"/api/v2/incidents/unresolved.json", with({{"incidents", unresolved}})},
          {"/api/v2/scheduled-maintenances.json", with({{"scheduled_maintenances", none}})},
          {"/api/v2/scheduled-maintenances/upcoming.json", with({{"scheduled_maintenances", none}})},
          {"/api/v2/scheduled-maintenances/active.json", with({{"scheduled_maintenances", none}})}};
}

}  // namespace statuspage::builtin
