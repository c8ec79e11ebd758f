// Statuspage's own words: what a write looks like and how an incident, a list and an error read. Pure.
// Source: the vendor's OpenAPI document (developer.statuspage.io), incidents.
// Place: used by sender.cpp alone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bot/incident.hpp"
#include "bot/message.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"

namespace statuspage::atlassian {

struct RemoteUpdate {
  std::string status, body;
  std::optional<bot::Time> created;
};

/// What matters of one incident on the vendor's side.
struct RemoteIncident {
  std::string id, shortlink, status;
  std::string mark_incident, mark_op;  ///< metadata.muster; "" when there is none
  std::optional<bot::Time> created;
  std::vector<RemoteUpdate> updates;   ///< newest first, as the vendor lists them
};

/// The text as it is sent (valid UTF-8, no control or direction marks, within the vendor's limits), so that a read-back compares equal.
std::string sent_name(const bot::PublicUpdate& update);
std::string sent_body(const bot::PublicUpdate& update);

/// What the open publications but that of `incident` say of components on this page: our component id → the worst state. `entries`: public
/// updates in commit order, as the record has them. A publication holds what it said last until it is resolved.
std::map<std::string, std::string> held_by_others(const std::vector<bot::Entry>& entries, std::int64_t incident, const std::string& page);

/// {"incident":{…}}. Each component this update names is sent as the worst of what the update and `others` say of it: the vendor keeps one
/// state per component, and whoever writes last is believed, so that one publication's end would turn another's outage green.
/// impact_override is what this publication suffers now, so that it may worsen; when nothing suffers any more, the vendor keeps what it was.
std::string write_body(const bot::PublicUpdate& update, const std::string& incident_name, const bot::StatusPageSettings& settings, bool create,
                       const std::map<std::string, std::string>& others = {});

std::optional<RemoteIncident> read_incident(const std::string& body);
std::optional<std::vector<RemoteIncident>> read_incidents(const std::string& body);

/// The vendor's `message` or `error` (string or array) in one clean line of at most 300 characters; "" when it said nothing.
std::string read_problem(const std::string& body);

}  // namespace statuspage::atlassian
