#include "bot/settings.hpp"

namespace bot {

const std::string& IncidentSettings::severity_when_unnamed() const {
  static const std::string none;
  if (!default_severity.empty()) return default_severity;
  return severities.empty() ? none : severities[severities.size() / 2];
}

std::vector<std::string> Settings::chats() const {
  std::vector<std::string> out;
  if (slack.enabled) out.push_back("slack");
  if (matrix.enabled) out.push_back("matrix");
  return out;
}

std::vector<Component> Settings::components() const {
  std::vector<Component> out;
  auto add = [&out](const Component& c) {
    for (const auto& have : out)
      if (have.id == c.id) return;
    out.push_back(c);
  };
  for (const auto& page : status_pages)
    for (const auto& c : page.components) add(c);
  for (const auto& page : status_pages)
    for (const auto& [ours, theirs] : page.component_ids) add({ours, ours, ""});
  return out;
}

}  // namespace bot
