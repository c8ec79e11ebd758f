// Bodies as Alertmanager's webhook sends them.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "bot/settings.hpp"

inline nlohmann::json alert_json(const std::string& fingerprint, const std::string& status = "firing") {
  return {{"status", status},
          {"labels", {{"alertname", "HighErrorRate"}, {"severity", "critical"}, {"service", "checkout"}}},
          {"annotations", {{"summary", "Errors above 5 %\nsecond line"}, {"description", "long"}}},
          {"startsAt", "2026-11-23T14:02:11.123456789Z"},
          {"endsAt", status == "firing" ? "0001-01-01T00:00:00Z" : "2026-11-23T15:02:11+01:00"},
          {"generatorURL", "http://prometheus.example.org/graph?g0.expr=x"},
          {"fingerprint", fingerprint}};
}

inline nlohmann::json body_json(nlohmann::json alerts) {
  return {{"version", "4"},
          {"groupKey", "{}:{alertname=\"HighErrorRate\"}"},
          {"truncatedAlerts", 0},
          {"receiver", "muster"},
          {"status", "firing"},
          {"alerts", std::move(alerts)},
          {"groupLabels", {{"alertname", "HighErrorRate"}}},
          {"commonLabels", nlohmann::json::object()},
          {"commonAnnotations", nlohmann::json::object()},
          {"externalURL", "http://alertmanager.example.org"},
          {"notification_reason", "first notification"},
          {"routeLabels", nlohmann::json::object()}};
}

inline bot::AlertSource source_named(const std::string& name = "prod", const std::string& key = "prod-key-0123456789") {
  bot::AlertSource source;
  source.kind = "alertmanager";
  source.name = name;
  source.key = bot::Secret(key);
  source.severity_map = {{"critical", "sev1"}, {"warning", "sev3"}};
  return source;
}
