// What is known about the incident: severity, status, rename, impact, started.
#include <algorithm>

#include "commands/draft.hpp"
#include "commands/times.hpp"

namespace commands {
namespace {

using namespace bot;

std::vector<Button> one_button_each(const char* verb, const std::vector<std::string>& words, const std::string& but) {
  std::vector<Button> out;
  for (const auto& word : words)
    if (word != but) out.push_back({state_name(word), std::string(verb) + " " + word, false});
  return out;
}

void parse_severity(Line& line, const Settings&, const People&, Args& args) {
  if (!line.empty()) args.emplace_back("severity", line.rest());
}

Result<Decision> decide_severity(const Call& call) {
  const Incident& incident = call.incident();
  const auto& all = call.context.settings.incidents.severities;
  const std::string& word = call.arg("severity");
  if (word.empty()) return choices(call, missing(call, "the severity", "severity"), one_button_each("severity", all, incident.severity));
  const std::string* to = severity_of(word, call.context.settings, true);
  if (to == nullptr)
    return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not a severity. Use " + listed(all) + ", for example: " +
                                                         typed(call, example_of(call.verb, call.context.settings))),
                    "severity");
  if (*to == incident.severity) return already(incident, {plain(incident.name() + " is already " + *to + ". Nothing recorded.")});
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::severity, "", {{"from", incident.severity}, {"to", *to}});
  Incident next = outline(incident);
  next.severity = *to;
  draft.say_recorded();
  draft.retopic(next);
  draft.redraw();
  const bool worse = std::find(all.begin(), all.end(), *to) < std::find(all.begin(), all.end(), incident.severity);  // worst first
  if (worse) tell_bystanders(draft, next, {plain(" is worse now, it was " + severity_name(incident.severity) + ". By "), who(call.context.actor), plain(".")}, Tone::bad);
  draft.reply({plain(incident.name() + " is " + *to + " now (was " + incident.severity + ").")});
  return draft.done();
}

void parse_status(Line& line, const Settings&, const People&, Args& args) {
  if (line.empty()) return;
  args.emplace_back("state", line.word());
  args.emplace_back("text", line.rest());
}

/// `status resolved` is `resolve`, the same decision.
Result<Decision> decide_resolve_instead(const Call& call) {
  for (const Verb& verb : ending_verbs())
    if (verb.name == std::string_view("resolve")) return verb.decide(Call{verb, call.invocation, call.snapshot, call.context});
  std::abort();
}

Result<Decision> decide_status(const Call& call) {
  const Incident& incident = call.incident();
  const std::string& word = call.arg("state");
  if (word.empty()) return choices(call, missing(call, "the status", "state"), one_button_each("status", status_words(), incident.status));
  const std::string* to = one_of(word, status_words());
  if (to == nullptr)
    return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not a status. Use " + listed(status_words()) + ", for example: " +
                                                         typed(call, "status identified")),
                    "state");
  if (*to == "resolved") return decide_resolve_instead(call);
  if (incident.phase == Phase::resolved)
    return refused(ErrorKind::conflict, incident.name() + " is resolved. If it is not over, open it again first: " + typed(call, "reopen"));
  auto text = optional_text(call, "text");
  if (!text) return text.error();
  if (*to == incident.status && text->empty())
    return already(incident, {plain("The status of " + incident.name() + " is already " + *to + ". Nothing recorded.")});
  if (*to == incident.status)
    return at_field(refused(ErrorKind::conflict, "the status is already " + *to + ". To add words, type " + typed(call, "note TEXT")), "state");
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::status, *std::move(text), {{"from", incident.status}, {"to", *to}});
  Incident next = outline(incident);
  next.status = *to;
  draft.say_recorded();
  draft.retopic(next);
  draft.redraw();
  draft.reply({plain("The status of " + incident.name() + " is " + *to + " now.")});
  return draft.done();
}

void parse_title(Line& line, const Settings&, const People&, Args& args) { args.emplace_back("title", line.rest()); }

Result<Decision> decide_rename(const Call& call) {
  const Incident& incident = call.incident();
  auto title = text_argument(call, "title", kTitleLength, true);
  if (!title) return title.error();
  if (*title == incident.title) return already(incident, {plain(incident.name() + " already has that title. Nothing recorded.")});
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::renamed, *title);
  Incident next = outline(incident);
  next.title = *title;
  draft.say_recorded();
  draft.retopic(next);
  draft.redraw();
  draft.reply({plain(incident.name() + " is renamed. Its room keeps its address.")});
  return draft.done();
}

Result<Decision> decide_impact(const Call& call) {
  const Incident& incident = call.incident();
  auto text = text_argument(call, "text");
  if (!text) return text.error();
  const bool clears = same(*text, "none") || *text == "-";
  if (clears && incident.impact.empty()) return already(incident, {plain(incident.name() + " has no impact recorded. Nothing to clear.")});
  if (clears) text->clear();
  if (*text == incident.impact) return already(incident, {plain(incident.name() + " already has that impact. Nothing recorded.")});
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::impact, *std::move(text));
  draft.say_recorded();
  draft.redraw();
  draft.reply({plain("The impact of " + incident.name() + (clears ? " is cleared." : " is recorded."))});
  return draft.done();
}

void parse_started(Line& line, const Settings&, const People&, Args& args) { args.emplace_back("time", line.rest()); }

Result<Decision> decide_started(const Call& call) {
  const Incident& incident = call.incident();
  const std::string& word = call.arg("time");
  if (word.empty()) return missing(call, "the time", "time");
  const auto at = moment(word, call.context.now);
  if (!at)
    return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not a time. Use UTC, for example: " + typed(call, "started 14:02") + " or " +
                                                         typed(call, "started 25 min ago") + " or " + typed(call, "started 2026-11-23T14:02:00Z")),
                    "time");
  if (*at > call.context.now)
    return at_field(refused(ErrorKind::invalid_input, date_text(*at) + " " + clock_text(*at) + " UTC has not come yet. Times are UTC; now it is " +
                                                         clock_text(call.context.now) + "."),
                    "time");
  if (*at < call.context.now - std::chrono::days{366})
    return at_field(refused(ErrorKind::invalid_input, date_text(*at) + " is more than a year ago. Give a date within the last year."), "time");
  if (incident.started == *at) return already(incident, {plain("That start is already recorded for " + incident.name() + ".")});
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::started, "", {{"at", iso8601(*at)}});
  draft.say_recorded();
  draft.redraw();
  draft.reply({plain(incident.name() + " started "), when(iso8601(*at)), plain(".")});
  return draft.done();
}

constexpr Verb kVerbs[] = {
    {"severity", "severity SEVERITY", "Say how bad it is.", "severity {severity}", true, false, Action::respond, parse_severity, decide_severity, nullptr},
    {"status", "status STATE [TEXT]", "Say how far it is: investigating, identified, monitoring or resolved.", "status identified bad deploy of 4.2.1", true,
     false, Action::respond, parse_status, decide_status, nullptr},
    {"rename", "rename TITLE", "Give it a better title.", "rename card payments fail in Europe", true, false, Action::respond, parse_title, decide_rename,
     nullptr},
    {"impact", "impact TEXT", "Say who is affected and how; none clears it.", "impact EU card payments, about 40 % failing", true, false, Action::respond, nullptr,
     decide_impact, nullptr},
    {"started", "started TIME", "Say when it began, in UTC.", "started 14:02", true, false, Action::respond, parse_started, decide_started, nullptr}};

}  // namespace

std::span<const Verb> describing_verbs() { return kVerbs; }

}  // namespace commands
