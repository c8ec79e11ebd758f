#include "integrations/statuspage/atlassian/wire.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "integrations/codec/codec.hpp"
#include "integrations/text/html.hpp"

namespace statuspage::atlassian {
namespace {

using nlohmann::json;

constexpr std::size_t kNameLimit = 255;
constexpr std::size_t kBodyLimit = 25000;
constexpr std::size_t kProblemLimit = 300;
constexpr std::array<std::string_view, 5> kFromBestToWorst{"operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage"};
constexpr std::string_view kComponentFact = "component:";

std::size_t badness(const std::string& state) {
  const auto at = std::find(kFromBestToWorst.begin(), kFromBestToWorst.end(), state);
  return at == kFromBestToWorst.end() ? 0 : static_cast<std::size_t>(at - kFromBestToWorst.begin());
}

/// "" is better than everything.
const std::string& worse(const std::string& a, const std::string& b) { return a.empty() || badness(b) > badness(a) ? b : a; }

bool suffers(const std::string& impact) { return !impact.empty() && impact != "none"; }

/// "public,vendor" names vendor.
bool named_in(const std::string& pages, const std::string& page) { return ("," + pages + ",").find("," + page + ",") != std::string::npos; }

std::string string_at(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

const json& object_at(const json& object, const char* name) {
  static const json none = json::object();
  if (!object.is_object()) return none;
  const auto it = object.find(name);
  return it != object.end() && it->is_object() ? *it : none;
}

std::optional<bot::Time> time_at(const json& object, const char* name) {
  bot::Time t{};
  if (!bot::parse_iso8601(string_at(object, name), t)) return {};
  return t;
}

std::optional<RemoteIncident> incident_of(const json& value) {
  RemoteIncident out;
  out.id = string_at(value, "id");
  if (out.id.empty()) return {};
  out.shortlink = string_at(value, "shortlink");
  out.status = string_at(value, "status");
  out.created = time_at(value, "created_at");
  const json& mark = object_at(object_at(value, "metadata"), "muster");
  out.mark_incident = string_at(mark, "incident");
  out.mark_op = string_at(mark, "last_op");
  const auto updates = value.find("incident_updates");
  if (updates != value.end() && updates->is_array())
    for (const json& u : *updates) out.updates.push_back({string_at(u, "status"), string_at(u, "body"), time_at(u, "created_at")});
  return out;
}

void append_problem(const json& value, std::string& out) {
  if (value.is_string()) {
    if (!out.empty()) out += "; ";
    out += value.get<std::string>();
  } else if (value.is_array()) {
    for (const json& v : value) append_problem(v, out);
  }
}

}  // namespace

std::string sent_name(const bot::PublicUpdate& update) {
  return text::shorten(text::clean(text::valid_utf8(update.title), true), kNameLimit);
}

std::string sent_body(const bot::PublicUpdate& update) {
  return text::shorten(text::clean(text::valid_utf8(update.body)), kBodyLimit);
}

std::map<std::string, std::string> held_by_others(const std::vector<bot::Entry>& entries, std::int64_t incident, const std::string& page) {
  std::map<std::int64_t, std::map<std::string, std::string>> open;  // by incident
  for (const bot::Entry& entry : entries) {
    if (entry.incident == incident || !named_in(bot::fact(entry.facts, "pages"), page)) continue;
    if (bot::fact(entry.facts, "state") == "resolved") {
      open.erase(entry.incident);
      continue;
    }
    for (const auto& [name, state] : entry.facts)
      if (name.rfind(kComponentFact, 0) == 0) open[entry.incident][name.substr(kComponentFact.size())] = state;
  }
  std::map<std::string, std::string> out;
  for (const auto& [number, states] : open)
    for (const auto& [id, state] : states) out[id] = worse(out[id], state);
  return out;
}

std::string write_body(const bot::PublicUpdate& update, const std::string& incident_name, const bot::StatusPageSettings& settings, bool create,
                       const std::map<std::string, std::string>& others) {
  json incident = {{"name", sent_name(update)},
                   {"status", update.state},
                   {"body", sent_body(update)},
                   {"deliver_notifications", true},  // the vendor's default is true as well; said, so that it never depends on it
                   {"metadata", {{"muster", {{"incident", incident_name}, {"last_op", update.op}}}}}};
  if (create ? !update.impact.empty() : suffers(update.impact)) incident["impact_override"] = update.impact;
  // Several of our components may be one of the vendor's.
  std::map<std::string, std::string> states;  // by the vendor's id
  for (const auto& [ours, state] : update.components)
    if (const auto theirs = settings.component_ids.find(ours); theirs != settings.component_ids.end()) states[theirs->second] = worse(states[theirs->second], state);
  for (const auto& [ours, state] : others)
    if (const auto theirs = settings.component_ids.find(ours); theirs != settings.component_ids.end() && states.count(theirs->second) > 0)
      states[theirs->second] = worse(states[theirs->second], state);
  // Both or none: `components` is what each is now, `component_ids` what the incident is attached to.
  if (!states.empty()) {
    json ids = json::array();
    for (const auto& [theirs, state] : states) ids.push_back(theirs);
    incident["components"] = states;
    incident["component_ids"] = std::move(ids);
  }
  return codec::dump(json{{"incident", std::move(incident)}});
}

std::optional<RemoteIncident> read_incident(const std::string& body) {
  const auto parsed = codec::parse(body);
  if (!parsed.ok() || !parsed.value().is_object()) return {};
  return incident_of(parsed.value());
}

std::optional<std::vector<RemoteIncident>> read_incidents(const std::string& body) {
  const auto parsed = codec::parse(body);
  if (!parsed.ok() || !parsed.value().is_array()) return {};
  std::vector<RemoteIncident> out;
  for (const json& value : parsed.value()) {
    if (!value.is_object()) continue;
    if (auto incident = incident_of(value)) out.push_back(std::move(*incident));
  }
  return out;
}

std::string read_problem(const std::string& body) {
  const auto parsed = codec::parse(body);
  std::string out;
  if (parsed.ok() && parsed.value().is_object()) {
    for (const char* name : {"message", "error", "errors"}) {
      const auto it = parsed.value().find(name);
      if (it != parsed.value().end()) append_problem(*it, out);
      if (!out.empty()) break;
    }
  }
  return text::shorten(text::clean(text::valid_utf8(out), true), kProblemLimit);
}

}  // namespace statuspage::atlassian
