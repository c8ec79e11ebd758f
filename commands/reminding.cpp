// The rhythm of an incident: when somebody should command, say more, look again or end it. What is due stands on the timeline itself
// (facts "due:<what>"), so it survives restarts, is part of the row, and one timer per incident follows from it.
#include <algorithm>
#include <array>

#include "commands/draft.hpp"
#include "commands/times.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::array<const char*, 4> kWhats{"commander", "update", "status", "open"};  // the order in which they are said
constexpr std::chrono::minutes kGap{5};             // between two reminders of one incident
constexpr std::chrono::minutes kSnooze{30};
constexpr std::chrono::hours kLongestSnooze{24};
constexpr int kToldTheRoom = 2;                     // reminders without an answer before everybody is asked

using Due = std::map<std::string, Time>;

std::size_t rank(const std::string& severity, const Settings& settings) {
  const auto& all = settings.incidents.severities;
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), severity) - all.begin());
}

/// How long after the last one an update is due; zero: never.
Millis cadence(const std::string& severity, const Settings& settings) {
  const auto& given = settings.reminders.update;
  if (settings.reminders.update_given) {
    const auto it = given.find(severity);
    return it == given.end() ? Millis{0} : it->second;
  }
  const auto n = rank(severity, settings);
  return n == 0 ? Millis{30 * 60000} : n == 1 ? Millis{60 * 60000} : Millis{0};
}

/// Commanders are asked for where it is bad: the worse half of the severities.
bool wants_commander(const std::string& severity, const Settings& settings) {
  return rank(severity, settings) < (settings.incidents.severities.size() + 1) / 2;
}

/// What the entries of one decision mean for what is due, entry by entry.
class Rhythm {
 public:
  Rhythm(const Incident* before, const Context& context) : context_(context), reminders_(context.settings.reminders) {
    if (before == nullptr) return;
    severity_ = before->severity;
    commanded_ = before->roles.count("commander") > 0;
    due_ = before->due;
    snoozed_ = before->snoozed_until;
  }

  void follow(NewEntry& entry) {
    entry_ = &entry;
    switch (entry.kind) {
      case EntryKind::declared: severity_ = fact(entry.facts, "severity"); begin(); break;
      case EntryKind::reopened: begin(); break;
      case EntryKind::role: role(); break;
      case EntryKind::severity: severity(); break;
      case EntryKind::status: set("status", reminders_.status); break;
      case EntryKind::update:
      case EntryKind::public_update: if (open_) set("update", cadence(severity_, context_.settings)); break;
      case EntryKind::resolved: end(); set("open", reminders_.open); break;
      case EntryKind::closed:
      case EntryKind::cancelled: end(); none("open"); break;
      case EntryKind::snoozed: snooze(); break;
      default: break;
    }
  }
  void resolved_already() { open_ = false; }

  bool changed() const { return changed_; }
  /// When the incident's timer goes off; nothing when nothing is due any more.
  std::optional<Time> next() const {
    if (due_.empty()) return std::nullopt;
    Time first = due_.begin()->second;
    for (const auto& [what, at] : due_) first = std::min(first, at);
    return snoozed_ ? std::max(first, *snoozed_) : first;
  }

 private:
  void begin() {
    open_ = true;
    commander();
    set("update", cadence(severity_, context_.settings));
    set("status", reminders_.status);
    set("open", reminders_.open);
  }
  void end() {
    open_ = false;
    for (const char* what : {"commander", "update", "status"}) none(what);
  }
  void commander() {
    if (commanded_ || !wants_commander(severity_, context_.settings)) none("commander");
    else set("commander", reminders_.commander);
  }
  void role() {
    if (fact(entry_->facts, "role") != "commander") return;
    commanded_ = !fact(entry_->facts, "person").empty();
    if (open_) commander();
  }
  void severity() {
    severity_ = fact(entry_->facts, "to");
    if (!open_) return;
    set("update", cadence(severity_, context_.settings));
    if (due_.count("commander") == 0 || !wants_commander(severity_, context_.settings)) commander();
  }
  void snooze() {
    Time until{};
    if (parse_iso8601(fact(entry_->facts, "until"), until)) snoozed_ = until;
    changed_ = true;
  }
  void set(const char* what, Millis after) {
    if (after <= Millis{0}) return none(what);
    due_[what] = context_.now + after;
    entry_->facts.emplace_back(std::string("due:") + what, iso8601(due_[what]));
    changed_ = true;
  }
  void none(const char* what) {
    if (due_.erase(what) == 0) return;
    entry_->facts.emplace_back(std::string("due:") + what, "none");
    changed_ = true;
  }

  const Context& context_;
  const ReminderSettings& reminders_;
  NewEntry* entry_ = nullptr;
  std::string severity_;
  bool commanded_ = false, open_ = true, changed_ = false;
  Due due_;
  std::optional<Time> snoozed_;
};

Timer reminder(std::int64_t incident, Time due) { return Timer{"remind:" + std::to_string(incident), "remind", incident, due, ""}; }

// ---- saying it ----

const std::string* holder(const Incident& incident, const std::string& role) {
  const auto it = incident.roles.find(role);
  return it == incident.roles.end() ? nullptr : &it->second;
}

/// The deputy's role, else whoever else holds one; null when the commander is alone.
const std::string* deputy(const Incident& incident, const Settings& settings) {
  const std::string* commander = holder(incident, "commander");
  const auto other = [&](const std::string* person) { return person != nullptr && (commander == nullptr || *person != *commander); };
  if (const auto* person = holder(incident, settings.reminders.deputy); other(person)) return person;
  for (const auto& role : settings.incidents.roles)
    if (const auto* person = holder(incident, role); role != "commander" && other(person)) return person;
  return nullptr;
}

/// First the commander, then the deputy, then everybody; who is missing is skipped.
const std::string* whom(const Incident& incident, const Settings& settings, int unanswered) {
  const std::string* commander = holder(incident, "commander");
  if (unanswered == 0 && commander != nullptr) return commander;
  return unanswered < kToldTheRoom ? deputy(incident, settings) : nullptr;
}

std::string since_words(const Incident& incident, Time now) { return duration_text(now - incident.started.value_or(incident.declared)); }

Text words_for(const std::string& what, const Incident& incident, Time now) {
  if (what == "commander") return {plain("Nobody is commander of " + incident.name() + " yet. Claim it with the button or "), code("role commander")};
  if (what == "update")
    return {plain("An update for stakeholders is due, also when there is nothing new: "), code("update TEXT")};
  if (what == "status") return {plain("The status is still " + state_name(incident.status) + ". Does it hold? To change it, type "), code("status STATE")};
  if (incident.phase == Phase::resolved) return {plain(incident.name() + " is resolved and not closed. When everything is tidied up, type "), code("close")};
  return {plain(incident.name() + " is open since " + since_words(incident, now) + ". If it is over, type "), code("resolve")};
}

std::vector<Button> buttons_for(const std::string& what, const Incident& incident) {
  std::vector<Button> out;
  if (what == "commander") out.push_back({"Claim commander", "role commander", true});
  if (what == "update") out.push_back({"Update", "update", true, true});
  if (what == "status") out.push_back({"Status", "status", true, true});
  if (what == "open") out.push_back(incident.phase == Phase::resolved ? Button{"Close", "close", true} : Button{"Resolve", "resolve", true, true});
  out.push_back({"Snooze 30 min", "snooze 30m", false});
  return out;
}

Millis first_wait(const std::string& what, const Incident& incident, const Settings& settings) {
  if (what == "commander") return settings.reminders.commander;
  if (what == "update") return cadence(incident.severity, settings);
  return what == "status" ? settings.reminders.status : settings.reminders.open;
}

/// Sooner for the deputy than for the commander, and rarely once everybody was asked.
Millis wait_again(const std::string& what, const Incident& incident, const Settings& settings, int unanswered) {
  const Millis first = std::max<Millis>(first_wait(what, incident, settings), kGap);
  if (what == "open") return first;
  return unanswered < kToldTheRoom ? std::max<Millis>(first / 2, kGap) : first * 4;
}

Decision remind(const std::string& what, const Incident& incident, const Context& context) {
  const auto counted = incident.unanswered.find(what);
  const int unanswered = counted == incident.unanswered.end() ? 0 : counted->second;
  const std::string* person = whom(incident, context.settings, unanswered);
  Draft draft(incident.number, context);
  const Time next = context.now + wait_again(what, incident, context.settings, unanswered);
  Facts facts{{"what", what}};
  if (person != nullptr) facts.emplace_back("person", *person);
  facts.emplace_back("due:" + what, iso8601(next));
  draft.record(EntryKind::reminded, "", std::move(facts));
  Text text;
  if (person != nullptr) text.insert(text.end(), {mention(*person), plain(" ")});
  for (auto& span : words_for(what, incident, context.now)) text.push_back(std::move(span));
  draft.say(std::move(text), Tone::warning, buttons_for(what, incident));
  draft.redraw();  // an overdue update stands out on the card
  Time first = next;
  for (const auto& [other, at] : incident.due)
    if (other != what) first = std::min(first, at);
  draft.timer(reminder(incident.number, std::max<Time>(first, context.now + kGap)));
  return draft.done();
}

Decision wait_until(const Incident& incident, Time due) {
  Decision d;
  d.incident = incident.number;
  d.timers.push_back({reminder(incident.number, due), false});
  return d;
}

// ---- snooze ----

void parse_snooze(Line& line, const Settings&, const People&, Args& args) {
  if (!line.empty()) args.emplace_back("time", line.rest());
}

Result<Decision> decide_snooze(const Call& call) {
  const Incident& incident = call.incident();
  const Time now = call.context.now;
  if (!call.context.settings.reminders.enabled) return already(incident, {plain("Reminders are off in the settings, so there is nothing to put off.")});
  const std::string& word = call.arg("time");
  const auto span = word.empty() ? std::optional<Millis>(kSnooze) : duration(word);
  if (!span)
    return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not a duration. For example: " + typed(call, "snooze 30m") + " or " + typed(call, "snooze 2h")),
                    "time");
  if (*span < std::chrono::minutes{1} || *span > kLongestSnooze)
    return at_field(refused(ErrorKind::invalid_input, "reminders can be put off for 1 min to 24 h. For example: " + typed(call, "snooze 2h")), "time");
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::snoozed, "", {{"until", iso8601(now + *span)}});
  draft.say_recorded();
  draft.redraw();
  draft.reply({plain("No reminders for " + incident.name() + " before " + clock_text(now + *span) + " UTC.")});
  return draft.done();
}

constexpr Verb kVerbs[] = {{"snooze", "snooze [DURATION]", "Put reminders off, for 30 minutes or as long as you say.", "snooze 1h", true, false, Action::respond, parse_snooze,
                            decide_snooze, nullptr}};

}  // namespace

std::span<const Verb> reminding_verbs() { return kVerbs; }

void keep_rhythm(Decision& decision, const Snapshot& snapshot, const Context& context) {
  if (!context.settings.reminders.enabled || decision.incident == 0 || decision.entries.empty()) return;
  const Incident* before = nullptr;
  for (const Incident* row : {snapshot.incident, snapshot.group_incident})
    if (row != nullptr && row->number == decision.incident) before = row;
  Rhythm rhythm(before, context);
  if (before != nullptr && before->phase != Phase::open) rhythm.resolved_already();
  for (auto& entry : decision.entries) rhythm.follow(entry);
  if (!rhythm.changed()) return;
  auto next = rhythm.next();
  // Never a moment that has been: a timer of that moment may have rung already, and the same one again would be taken for its repeat.
  if (next) next = std::max<Time>(*next, context.now + Millis{1});
  decision.timers.push_back({reminder(decision.incident, next.value_or(Time{})), !next});
}

Result<Decision> decide_reminder(const Timer&, const Snapshot& snapshot, const Context& context) {
  const Incident* incident = snapshot.incident;
  if (incident == nullptr || !incident->takes_changes() || incident->due.empty() || !context.settings.reminders.enabled) return Decision{};
  if (incident->snoozed_until && *incident->snoozed_until > context.now) return wait_until(*incident, *incident->snoozed_until);
  for (const auto& [what, at] : incident->reminded)  // one at a time, also after a change in between set the timer anew
    if (at <= context.now && context.now < at + kGap) return wait_until(*incident, at + kGap);
  for (const char* what : kWhats)
    if (const auto it = incident->due.find(what); it != incident->due.end() && it->second <= context.now) return remind(what, *incident, context);
  Time next = incident->due.begin()->second;
  for (const auto& [what, at] : incident->due) next = std::min(next, at);
  return wait_until(*incident, std::max(next, context.now + Millis{1}));  // early, or of a due time that was moved
}

}  // namespace commands
