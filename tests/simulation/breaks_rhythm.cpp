// Breaks in reminders and in what is put on the timeline from a room.
#include "tests/simulation/wrappers.hpp"

namespace sim {

using namespace bot;

namespace {

/// Decides on a row that was changed first.
template <void (*change)(Incident& row)>
struct SeesAnotherRow : PassingCommands {
  using PassingCommands::PassingCommands;
  Result<Decision> decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const override {
    if (snapshot.incident == nullptr || !std::holds_alternative<TimerDue>(request.body)) return next_.decide(request, invocation, snapshot, context);
    Incident row = *snapshot.incident;
    change(row);
    Snapshot other = snapshot;
    other.incident = &row;
    return next_.decide(request, invocation, other, context);
  }
};

/// Spoils what was decided.
template <void (*change)(Decision& decision)>
struct Spoils : PassingCommands {
  using PassingCommands::PassingCommands;
  Result<Decision> decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const override {
    auto decision = next_.decide(request, invocation, snapshot, context);
    if (decision) change(*decision);
    return decision;
  }
};

void no_snooze(Incident& row) { row.snoozed_until.reset(); }
void nothing_said_before(Incident& row) { row.reminded.clear(); }

void due_stays(Decision& d) {
  for (auto& e : d.entries)
    if (e.kind == EntryKind::reminded) std::erase_if(e.facts, [](const auto& f) { return f.first.rfind("due:", 0) == 0; });
}

void no_timer(Decision& d) {
  std::erase_if(d.timers, [](const TimerChange& t) { return t.timer.kind == "remind" && !t.cancel; });
}

void late_timer(Decision& d) {
  for (auto& t : d.timers)
    if (t.timer.kind == "remind") t.timer.due += std::chrono::hours{100};
}

void only_the_first(Decision& d) {
  if (d.redact.size() > 1) d.redact.resize(1);
}

}  // namespace

std::vector<Break> breaks_of_rhythm() {
  return {in_commands<SeesAnotherRow<no_snooze>>("reminders come although they were put off", "I9"),
          in_commands<SeesAnotherRow<nothing_said_before>>("reminders come one upon the other", "I9"),
          in_commands<Spoils<due_stays>>("a reminder does not move its due time on", "I9"),
          in_commands<Spoils<no_timer>>("the reminders' timer is not set", "I9"),
          in_commands<Spoils<late_timer>>("the reminders' timer is set late", "I9"),
          in_commands<Spoils<only_the_first>>("a redaction keeps the later edits of a message", "redaction")};
}

}  // namespace sim
