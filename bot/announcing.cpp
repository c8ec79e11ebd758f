#include "bot/announcing.hpp"

#include <algorithm>

#include "bot/narrate.hpp"

namespace bot {
namespace {

bool is_worse(const std::string& to, const std::string& from, const Settings& settings) {
  const auto& all = settings.incidents.severities;  // worst first
  return std::find(all.begin(), all.end(), to) < std::find(all.begin(), all.end(), from);
}

/// Which entries are worth waking a channel of bystanders for.
bool is_news(const Entry& entry, const Settings& settings) {
  switch (entry.kind) {
    case EntryKind::declared:
    case EntryKind::resolved:
    case EntryKind::reopened:
    case EntryKind::update:
    case EntryKind::public_update: return true;
    case EntryKind::severity: return is_worse(fact(entry.facts, "to"), fact(entry.facts, "from"), settings);
    default: return false;
  }
}

Card card_of(const Entry& entry, const Incident& incident, const People& people) {
  Card card;
  card.title = {plain(incident.is_drill ? "DRILL " : ""), strong(incident.name()), plain(" " + severity_name(incident.severity) + " "), plain(incident.title)};
  if (!incident.is_drill) card.title.erase(card.title.begin());
  card.paragraphs.push_back(narrate(entry, people));
  return card;
}

}  // namespace

std::vector<Message> announce_elsewhere(const Entry& entry, const Incident& after, const Context& context) {
  std::vector<Message> out;
  if (context.settings.announcements.empty() || after.is_private || !is_news(entry, context.settings)) return out;
  for (const auto& hook : context.settings.announcements) {
    Message m;
    m.id = context.new_id();
    m.incident = after.number;
    m.integration = "webhook:" + hook.name;
    m.lane_class = LaneClass::room;
    m.lane = m.integration + "/announce";
    m.content = Announce{card_of(entry, after, context.people)};
    m.created = context.now;
    m.deadline = context.now + std::chrono::hours{24};
    out.push_back(std::move(m));
  }
  return out;
}

}  // namespace bot
