// Alertmanager's webhook: any body is refused with words, or gives alerts that can be told apart.
#include <cstdlib>

#include "integrations/alerts/alertmanager/notification.hpp"
#include "integrations/text/html.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bot::AlertSource source = [] {
    bot::AlertSource s;
    s.kind = "alertmanager";
    s.group_by = {"service"};
    return s;
  }();
  static const bot::IncidentSettings incidents;
  const auto parsed = alertmanager::parse_notification(std::string(reinterpret_cast<const char*>(data), size), source, incidents);
  if (parsed.refused != 0 && parsed.problem.empty()) std::abort();
  for (const auto& words : parsed.faults)
    if (words.empty()) std::abort();
  for (const auto& delivery : parsed.alerts) {
    const bot::Alert& alert = delivery.alert;
    if (alert.identity.empty() || delivery.dedup_key.empty() || delivery.dedup_key.find(alert.identity) == std::string::npos) std::abort();
    if (!alert.link.empty() && alert.link.rfind("http", 0) != 0) std::abort();
    for (const auto* words : {&alert.name, &alert.summary})
      if (!text::is_valid_utf8(*words)) std::abort();
  }
  return 0;
}
