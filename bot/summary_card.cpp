// The pinned card and the room's topic: an incident at a glance.
#include <algorithm>

#include "bot/narrate.hpp"
#include "bot/plain.hpp"

namespace bot {
namespace {

constexpr std::size_t kTopicLength = 250;
constexpr std::size_t kProblemLength = 200;

bool ended(const Incident& incident) { return incident.phase == Phase::closed || incident.phase == Phase::cancelled; }

/// What the card calls the moment: the status while it lasts, then how it ended.
std::string state_of(const Incident& incident) { return ended(incident) ? state_name(to_string(incident.phase)) : state_name(incident.status); }

std::string lasted(const Incident& incident, Time now) {
  const Time from = incident.started.value_or(incident.declared);
  const Time to = incident.resolved ? *incident.resolved : incident.closed.value_or(now);
  return duration_text(std::chrono::duration_cast<Millis>(to - from));
}

Tone tone_of(const Incident& incident) {
  if (ended(incident)) return Tone::neutral;
  return incident.phase == Phase::resolved ? Tone::good : incident.status == "monitoring" ? Tone::warning : Tone::bad;
}

/// "Commander  @bob", with a claim button while nobody is.
void add_role(Card& card, const Incident& incident, const std::string& role) {
  const auto it = incident.roles.find(role);
  const bool filled = it != incident.roles.end();
  if (!filled && ended(incident)) return;
  card.facts.push_back({state_name(role), filled ? Text{name_of(it->second)} : Text{strong("nobody yet")}});
  if (!filled) card.buttons.push_back({"Claim " + role, "role " + role, role == "commander"});
}

void add_times(Card& card, const Incident& incident) {
  Text text{when(iso8601(incident.started.value_or(incident.declared)))};
  if (incident.started) {
    text.push_back(plain(" ("));
    if (incident.detected) text.insert(text.end(), {plain("detected "), when(iso8601(*incident.detected)), plain(", ")});
    text.insert(text.end(), {plain("declared "), when(iso8601(incident.declared)), plain(")")});
  }
  card.facts.push_back({"Started", std::move(text)});
  if (incident.resolved) card.facts.push_back({"Resolved", {when(iso8601(*incident.resolved))}});
  if (incident.closed) card.facts.push_back({incident.phase == Phase::cancelled ? "Cancelled" : "Closed", {when(iso8601(*incident.closed))}});
}

/// How a page stands with the newest update, and whether that stands out.
Span page_state(const PublicOnPage& on) {
  switch (on.state) {
    case PageState::pending: return plain(" being sent");
    case PageState::shown: return plain(" shown");
    case PageState::held: return strong(on.ahead.empty() ? " held" : " held (an earlier update; the newest waits behind it)");
    case PageState::failed: return strong(" failed");
    case PageState::dropped: return plain(" dropped");
    case PageState::delayed: return strong(" waiting: " + shorten(on.problem, kProblemLength));
  }
  std::abort();
}

void add_public(Card& card, const Incident& incident) {
  const Publication& p = incident.publication;
  if (p.state.empty()) return;
  Text text{plain("\"" + state_name(p.state) + "\" since "), when(iso8601(p.since.value_or(incident.updated)))};
  for (const auto& [page, on] : p.pages) {
    text.push_back(plain(", "));
    if (on.link.empty()) text.push_back(plain(page));
    else text.push_back(link(on.link, page));
    text.push_back(page_state(on));
  }
  card.facts.push_back({"Public", std::move(text)});
}

/// A moment near to now as people say it: to the minute, and with its date only when that is not today's.
Span soon(Time at, Time now) {
  const std::string date = date_text(at) == date_text(now) ? "" : date_text(at) + " ";
  return when(iso8601(at), date + clock_text(at).substr(0, 5) + " UTC");
}

/// When stakeholders hear more; overdue stands out.
void add_rhythm(Card& card, const Incident& incident, Time now) {
  const auto due = incident.due.find("update");
  if (incident.phase != Phase::open || due == incident.due.end()) return;
  // A reminder moves its own due time on; the promise to stakeholders was the first.
  const auto reminded = incident.reminded.find("update");
  const bool overdue = reminded != incident.reminded.end() || due->second <= now;
  const Time promised = reminded != incident.reminded.end() ? reminded->second : due->second;
  Text text;
  if (overdue) text.insert(text.end(), {strong("overdue"), plain(", was due ")});
  text.push_back(soon(promised, now));
  if (incident.snoozed_until && *incident.snoozed_until > now) text.insert(text.end(), {plain(", reminders off until "), soon(*incident.snoozed_until, now)});
  card.facts.push_back({"Next update", std::move(text)});
}

/// Who is being called while nobody has answered; answering stands first.
void add_paging(Card& card, const Incident& incident) {
  const auto run = std::find_if(incident.pages.rbegin(), incident.pages.rend(), [](const PageRun& r) { return r.open; });
  if (run == incident.pages.rend()) return;
  Text text{strong("not answered")};
  const char* before = ": ";
  for (const auto& person : run->paged) {
    text.push_back(plain(before));
    text.push_back(name_of(person));
    before = ", ";
  }
  text.push_back(plain(", since "));
  text.push_back(when(iso8601(run->since)));
  card.facts.push_back({"Paging", std::move(text)});
  card.buttons.insert(card.buttons.begin(), {"Acknowledge", "ack", true});
}

void add_buttons(Card& card, const Incident& incident) {
  const auto add = [&card](const char* label, const char* command, bool form = false) { card.buttons.push_back({label, command, false, form}); };
  if (incident.phase == Phase::open) {
    add("Update", "update", true);
    add("Status", "status", true);
    add("Severity", "severity", true);
    add("Roles", "role", true);
    add("Page", "page", true);
  } else if (incident.phase == Phase::resolved) {
    add("Close", "close");
    add("Reopen", "reopen");
  } else if (incident.phase == Phase::closed) {
    add("Reopen", "reopen");
  }
  add("Timeline", "timeline");
}

}  // namespace

Card summary_card(const Incident& incident, Time now) {
  Card card;
  card.tone = tone_of(incident);
  if (incident.is_drill) card.title.insert(card.title.end(), {strong("DRILL"), plain("  ")});
  card.title.insert(card.title.end(), {strong(incident.name()), plain("  "), strong(severity_name(incident.severity)), plain("  " + state_of(incident)),
                plain("  " + lasted(incident, now))});
  if (incident.is_private) card.title.push_back(plain("  Private"));
  card.paragraphs.push_back({plain(incident.title)});
  add_role(card, incident, "commander");
  add_role(card, incident, "comms");
  for (const auto& [role, person] : incident.roles)
    if (role != "commander" && role != "comms") card.facts.push_back({state_name(role), {name_of(person)}});
  if (!incident.impact.empty()) card.facts.push_back({"Impact", {plain(incident.impact)}});
  add_times(card, incident);
  if (incident.alerts_total > 0)
    card.facts.push_back({"Alerts", {plain(std::to_string(incident.alerts_firing) + " firing of " + std::to_string(incident.alerts_total))}});
  add_paging(card, incident);
  add_public(card, incident);
  add_rhythm(card, incident, now);
  add_buttons(card, incident);
  return card;
}

std::string topic(const Incident& incident, const People& people) {
  std::string out = (incident.is_drill ? "DRILL " : "") + incident.name() + " " + severity_name(incident.severity) + " " + state_of(incident);
  const auto it = incident.roles.find("commander");
  if (it != incident.roles.end()) out += " | commander " + people.name_of(it->second);
  else if (!ended(incident)) out += " | no commander yet";
  return shorten(clean(out + " | " + incident.title, true), kTopicLength);
}

}  // namespace bot
