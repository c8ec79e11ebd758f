// What a monitor's alert does: opens an incident, joins the open one of its group, or is marked resolved. Repeats change nothing.
#include "bot/plain.hpp"
#include "commands/pages.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::chrono::days kOldestStart{31};
constexpr int kEachTold = 5;  // in a storm the room hears the first few alerts and then round numbers; the timeline has all

std::string words_of(const Alert& alert) {
  const std::string name = clean(alert.name, true), summary = clean(alert.summary, true);
  std::string out = name.empty() ? summary : summary.empty() || same(name, summary) ? name : name + ": " + summary;
  if (out.empty()) out = "Unnamed alert";
  return shorten(std::move(out), kTextLength);
}

const std::string& severity_for(const Alert& alert, const Settings& settings) {
  const std::string* known = severity_of(alert.severity, settings, false);
  return known == nullptr ? settings.incidents.severity_when_unnamed() : *known;
}

/// When the monitor says it began, if that can be.
std::optional<Time> plausible(const std::optional<Time>& at, Time now) {
  return at && *at <= now && *at > now - kOldestStart ? at : std::nullopt;
}

void record_firing(Draft& draft, const Alert& alert) {
  Facts facts{{"alert", alert.identity}};
  if (alert.link.rfind("https://", 0) == 0 || alert.link.rfind("http://", 0) == 0) facts.emplace_back("link", alert.link);
  draft.record(EntryKind::alert_firing, words_of(alert), std::move(facts));
  draft.decision().entries.back().occurred_at = plausible(alert.starts, draft.context().now);
}

void remember(Draft& draft, const Alert& alert, bool firing) {
  draft.decision().alerts.push_back(AlertRecord{alert.identity, alert.group, draft.decision().incident, firing, draft.context().now});
}

bool told_of(int count) {
  if (count <= kEachTold) return true;
  for (int step = 10; step <= count; step *= 10)
    if (count == step || count == step * 2 || count == step * 5) return true;
  return false;
}

/// Position among the severities, worst first; past the end when unknown.
std::size_t rank(const std::string& severity, const Settings& settings) {
  const auto& all = settings.incidents.severities;
  std::size_t i = 0;
  while (i < all.size() && all[i] != severity) ++i;
  return i;
}

Decision join(const Alert& alert, const Incident& incident, const Context& context) {
  Draft draft(incident.number, context);
  record_firing(draft, alert);
  remember(draft, alert, true);
  const std::string& severity = severity_for(alert, context.settings);
  const bool worse = rank(severity, context.settings) < rank(incident.severity, context.settings);
  const int count = incident.alerts_total + 1;
  if (worse || told_of(count)) {
    Text text{plain("Alert firing: " + words_of(alert) + ".")};
    if (count > kEachTold) text.push_back(plain(" Alerts so far: " + std::to_string(count) + "."));
    std::vector<Button> buttons;
    if (worse) {
      text.push_back(plain(" It is " + severity + ", worse than this incident's " + incident.severity + "."));
      buttons.push_back({"Raise to " + severity, "severity " + severity, true});
    }
    draft.say(std::move(text), Tone::warning, std::move(buttons));
  }
  draft.redraw();
  draft.reply({plain("Joined " + incident.name() + ".")});
  return draft.done();
}

Decision open(const Alert& alert, std::int64_t number, const Context& context) {
  Incident row;
  row.number = number;
  row.title = shorten(words_of(alert), kTitleLength);
  row.severity = severity_for(alert, context.settings);
  row.status = "investigating";
  Draft draft(number, context);
  record_firing(draft, alert);
  Facts facts{{"severity", row.severity}};
  if (const auto starts = plausible(alert.starts, context.now)) {
    facts.emplace_back("started", iso8601(*starts));
    facts.emplace_back("detected", iso8601(context.now));
  }
  draft.record(EntryKind::declared, row.title, std::move(facts));
  remember(draft, alert, true);
  open_room(draft, row);
  if (!context.settings.paging.policy.empty()) start_policy(draft, row, "");
  draft.reply({plain("Declared " + row.name() + ".")});
  return draft.done();
}

Decision nothing_new() {
  Decision d;
  d.reply.card.title = {plain("Nothing new.")};
  return d;
}

Decision resolve(const Alert& alert, const Snapshot& snapshot, const Context& context) {
  const AlertRecord& known = *snapshot.alert;
  Draft draft(known.incident, context);
  remember(draft, alert, false);
  draft.decision().alerts.back().group = known.group;
  const Incident* incident = snapshot.incident;
  if (incident == nullptr || !incident->takes_changes()) {  // the incident is over; only the alert's own state changes
    draft.decision().incident = 0;
    draft.decision().reply.card.title = {plain("Marked as resolved.")};
    return draft.done();
  }
  draft.record(EntryKind::alert_resolved, words_of(alert), {{"alert", alert.identity}});
  draft.decision().entries.back().occurred_at = plausible(alert.ends, context.now);
  const bool last = incident->alerts_firing <= 1;
  if (last && incident->phase == Phase::open)
    draft.say({plain("All alerts of " + incident->name() + " are resolved. If it is over, type "), code("resolve")}, Tone::good, {{"Resolve", "resolve", true}});
  draft.redraw();
  draft.reply({plain("Marked as resolved in " + incident->name() + ".")});
  return draft.done();
}

}  // namespace

Result<Decision> decide_alert(const Alert& alert, const Snapshot& snapshot, const Context& context) {
  if (context.actor.kind == ActorKind::token && !context.actor.scopes.respond)
    return refused(ErrorKind::forbidden, "this token may not post alerts. Use one with the scope respond.");
  const bool was_firing = snapshot.alert != nullptr && snapshot.alert->firing;
  if (alert.firing == was_firing) return nothing_new();
  if (!alert.firing) return resolve(alert, snapshot, context);
  // A resolved incident is finished business: what fires after it opens a new one, so that somebody is paged.
  const Incident* group = snapshot.group_incident;
  if (group != nullptr && group->phase == Phase::open) return join(alert, *group, context);
  if (snapshot.incident != nullptr && snapshot.incident->phase == Phase::open) return join(alert, *snapshot.incident, context);
  return open(alert, snapshot.next_number, context);
}

}  // namespace commands
