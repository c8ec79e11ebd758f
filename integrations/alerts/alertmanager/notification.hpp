// One webhook body of Prometheus Alertmanager (version "4") → the alerts in it. Pure: fuzz targets may call it.
// Place: called by the receiver. Fields: Alertmanager's notify/webhook and template packages ("Data", "Alert").
// Errors: a body that is refused as a whole has a status; single members that are wrong are named in `faults`, the others are still there.
#pragma once

#include <string>
#include <vector>

#include "bot/request.hpp"
#include "bot/settings.hpp"

namespace alertmanager {

/// One alert of the body, not one per body: members of a group are told apart by their fingerprint.
struct Delivery {
  std::size_t index = 0;   ///< in the body's list, for messages about it
  bot::Alert alert;
  std::string dedup_key;   ///< "<source>:<fingerprint>:<status>:<start or end>": firing, resolved and firing again are three deliveries
};

struct Notification {
  int refused = 0;         ///< 0, or the HTTP status of a refusal of the whole body
  std::string problem;     ///< with `refused`: what is wrong, in words
  std::vector<Delivery> alerts;
  std::vector<std::string> faults;  ///< "alerts[3].startsAt is missing"
  std::uint64_t truncated = 0;      ///< alerts that Alertmanager left out (its max_alerts)
};

Notification parse_notification(const std::string& body, const bot::AlertSource& source, const bot::IncidentSettings& incidents);

}  // namespace alertmanager
