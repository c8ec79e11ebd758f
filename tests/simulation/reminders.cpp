// I9: a reminder is said when it is due, once for each due time, one at a time, never of what is over or snoozed; and none is lost.
#include "tests/simulation/promises.hpp"

namespace sim {

using namespace bot;

namespace {

constexpr Millis kGap{300000};

/// `row`: as it stood before the reminder.
std::string what_is_wrong(const Incident& row, const Entry& e, bool jumped) {
  const std::string& what = fact(e.facts, "what");
  const auto due = row.due.find(what);
  if (!row.takes_changes()) return "the incident is over";
  if (due == row.due.end()) return "nothing of the kind is due";
  if (due->second > e.recorded_at) return "it is due only at " + iso8601(due->second);
  if (row.snoozed_until && *row.snoozed_until > e.recorded_at) return "it was put off";
  for (const auto& [other, at] : row.reminded)
    if (!jumped && at + kGap > e.recorded_at) return "another one was said just before";
  return "";
}

/// The latest moment by which the incident's timer must go off.
Time latest(const Incident& row) {
  Time first = row.due.begin()->second;
  for (const auto& [what, at] : row.due) first = std::min(first, at);
  if (row.snoozed_until) first = std::max(first, *row.snoozed_until);
  for (const auto& [what, at] : row.reminded) first = std::max(first, at + kGap);
  return first;
}

void check_timer(World& world, const Incident& row) {
  const auto timers = world.disk.timers();
  const auto timer = std::find_if(timers.begin(), timers.end(), [&](const Timer& t) { return t.kind == "remind" && t.incident == row.number; });
  const bool wanted = row.takes_changes() && !row.due.empty();
  if (!wanted) return;  // a timer that is left rings in vain
  if (timer == timers.end()) return world.broken("I9", row.name() + " has reminders due and no timer");
  // A timer that waited for an answer may have been set late by what it waited for, never later than the next due time asks for.
  if (timer->due > std::max(latest(row), world.env.clock.now()) + Millis{1} && !world.jumped)
    world.broken("I9", "the timer of " + row.name() + " goes off at " + iso8601(timer->due) + ", and a reminder is due at " + iso8601(latest(row)));
}

}  // namespace

void check_reminders(World& world, const Record& record) {
  for (const auto& [number, timeline] : record.timelines) {
    Incident row;
    for (const Entry* e : timeline) {
      const std::string wrong = e->kind == EntryKind::reminded ? what_is_wrong(row, *e, world.jumped) : "";
      if (!wrong.empty()) world.broken("I9", "INC-" + std::to_string(number) + " is reminded of (" + fact(e->facts, "what") + ") although " + wrong);
      apply(row, *e);
      if (e->kind == EntryKind::reminded && row.due[fact(e->facts, "what")] <= e->recorded_at)
        world.broken("I9", "INC-" + std::to_string(number) + " would be reminded of the same due time again");
    }
    check_timer(world, row);
  }
}

}  // namespace sim
