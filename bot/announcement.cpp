#include "bot/announcement.hpp"

#include <algorithm>

#include "bot/narrate.hpp"

namespace bot {
namespace {

/// How it stands, in the words of the pinned card; nothing while it is as declared, so that an announcement nobody needs anew stays untouched.
Text standing(const Incident& incident) {
  switch (incident.phase) {
    case Phase::open: return incident.status == "investigating" ? Text{} : Text{plain("Status: "), strong(state_name(incident.status))};
    case Phase::resolved: {
      Text text{strong("Resolved")};
      if (incident.resolved) {
        const Time from = incident.started.value_or(incident.declared);
        text.push_back(plain(" after " + duration_text(std::chrono::duration_cast<Millis>(*incident.resolved - from)) + ", "));
        text.push_back(when(iso8601(*incident.resolved)));
      }
      return text;
    }
    case Phase::closed: return {strong("Closed")};
    case Phase::cancelled: return {strong("Cancelled"), plain(": it was no incident")};
  }
  return {};
}

Tone tone_of(const Incident& incident) {
  if (!incident.takes_changes()) return Tone::neutral;
  return incident.phase == Phase::resolved ? Tone::good : Tone::bad;
}

}  // namespace

Card announcement_card(const Incident& incident, const std::string& no_room) {
  Card card;
  card.tone = tone_of(incident);
  card.title = {strong((incident.is_drill ? "DRILL: " : "") + incident.name()), plain(" " + severity_name(incident.severity) + " "), plain(incident.title), plain(". Declared by "),
                who(incident.declared_by), plain(", "), when(iso8601(incident.declared))};
  if (Text how = standing(incident); !how.empty()) card.paragraphs.push_back(std::move(how));
  if (!no_room.empty()) {  // a button to come in would lead nowhere
    card.title.push_back(plain(". " + no_room + "."));
    return card;
  }
  card.title.insert(card.title.end(), {plain(". Room "), room_of(incident.number)});
  if (incident.takes_changes()) card.buttons.push_back({"Join", "join", true, false});
  return card;
}

bool leads_into_room(const Card& card) {
  return std::any_of(card.buttons.begin(), card.buttons.end(), [](const Button& button) { return button.command == "join"; });
}

}  // namespace bot
