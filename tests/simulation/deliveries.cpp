// What was owed to the outside: duplicates, dead letters, pages.
#include "commands/pages.hpp"
#include "tests/simulation/promises.hpp"

namespace sim {

using namespace bot;

namespace {

/// The entry by which people learn that this message was given up.
bool told_of_death(const QueuedMessage& m, const std::vector<const Entry*>& timeline) {
  const Message& message = m.message;
  const auto any = [&](auto&& is) { return std::any_of(timeline.begin(), timeline.end(), [&](const Entry* e) { return is(*e); }); };
  if (std::holds_alternative<EditSummary>(message.content)) return true;  // a card's edit is never an entry (DESIGN §1)
  if (const auto* update = std::get_if<PublicUpdate>(&message.content)) {
    const std::string page = message.integration.substr(message.integration.find(':') + 1);
    return any([&](const Entry& e) { return e.kind == EntryKind::public_failed && fact(e.facts, "op") == update->op && fact(e.facts, "page") == page; });
  }
  if (const auto* page = std::get_if<PagePerson>(&message.content))
    return any([&](const Entry& e) {
      return e.kind == EntryKind::page_failed && fact(e.facts, "page") == page->page && fact(e.facts, "person") == page->person &&
             fact(e.facts, "channel") == message.integration;
    });
  const bool roomless = any([&](const Entry& e) {
    return (e.kind == EntryKind::room_failed || e.kind == EntryKind::room_archived) && fact(e.facts, "integration") == message.integration;
  });
  if (std::holds_alternative<OpenRoom>(message.content)) return roomless;
  return roomless || any([&](const Entry& e) { return e.kind == EntryKind::message_failed && fact(e.facts, "message") == message.id; });
}

void check_message(World& world, const QueuedMessage& m, const std::vector<const Entry*>& timeline) {
  const std::string name = short_id(m.message.id) + " (" + kind_of(m.message.content) + " to " + m.message.integration + ")";
  const Truth* truth = world.vendor(m.message.integration).truth(m.message.id);
  const int done = truth == nullptr ? 0 : static_cast<int>(truth->shows_from.size());
  const bool free = world.vendor(m.message.integration).repeat_policy(m.message.content) == RepeatPolicy::free;
  const int unknown = truth == nullptr ? 0 : truth->unknown + (truth->unresolved ? 1 : 0);
  if (!free && done > 1 + unknown) world.broken("I4", name + " was done " + std::to_string(done) + " times with " + std::to_string(unknown) + " unknown outcomes");
  if (m.state == MessageState::sending) world.broken("I5", name + " is still \"sending\"");
  if (m.state == MessageState::sent && done == 0) world.broken("sent means done", name + " counts as sent and never arrived");
  if (m.state == MessageState::dead && !told_of_death(m, timeline)) world.broken("I6", name + " was given up and the timeline does not say so");
}

struct Running { int step = 0, round = 1; bool ended = false; };

std::string decided_by(const Entry& e) { return fact(e.facts, kTraceFact); }

void check_paged(World& world, const Entry& e, std::map<std::string, Running>& runs) {
  const std::string& id = fact(e.facts, "page");
  const int step = std::stoi(fact(e.facts, "step")), round = std::stoi(fact(e.facts, "round"));
  const std::string where = "page " + short_id(id) + ", round " + std::to_string(round) + ", step " + std::to_string(step) + ": ";
  const auto it = runs.find(id);
  if (it == runs.end()) {
    if (step > 1 || round != 1) world.broken("I7", where + "the run does not begin at its beginning");
    runs[id] = Running{step, round, false};
    return;
  }
  Running& run = it->second;
  if (run.ended) world.broken("I7", where + "decided after the run had ended");
  const bool wraps = run.step == 0 || run.step == static_cast<int>(world.settings.paging.policy.size());
  const Running due = wraps ? Running{run.step == 0 ? 0 : 1, run.round + 1, false} : Running{run.step + 1, run.round, false};
  if (step != due.step || round != due.round) world.broken("I7", where + "comes after round " + std::to_string(run.round) + ", step " + std::to_string(run.step));
  const std::string timer = "timer:" + commands::page_timer(id, run.round, run.step) + ":";
  if (decided_by(e).rfind(timer, 0) != 0) world.broken("I7", where + "not decided by the timer of the step before, but by " + decided_by(e));
  run = due;
}

/// That an update does not get through is told once per update and page, until it was held or a person had it sent again.
void check_delays(World& world, const Record& record) {
  std::map<std::string, int> updates, told;
  for (const auto& e : record.entries) {
    const std::string &op = fact(e.facts, "op"), which = fact(e.facts, "page") + " " + op;
    // A request repeated after its key was purged is another update with the same words, and its mark is the same here: ids begin with zeros.
    if (e.kind == EntryKind::public_update) ++updates[op];
    if (e.kind == EntryKind::public_resent || e.kind == EntryKind::public_held) told.erase(which);
    if (e.kind == EntryKind::public_delayed && ++told[which] > updates[op])
      world.broken("delay once", "that update " + short_id(op) + " does not get through to " + fact(e.facts, "page") + " is told twice");
  }
}

}  // namespace

void check_messages(World& world, const Record& record) {
  static const std::vector<const Entry*> none;
  const auto troubled = world.disk.troubled(1 << 20).value();
  std::set<std::string> shown;
  for (const auto& m : troubled) shown.insert(m.message.id);
  for (const auto& m : record.messages) {
    const auto it = record.timelines.find(m.message.incident);
    check_message(world, m, it == record.timelines.end() ? none : it->second);
    if (m.state == MessageState::dead && shown.count(m.message.id) == 0) world.broken("I6", short_id(m.message.id) + " was given up and the console does not show it");
  }
  for (const auto& id : world.owed)
    if (world.purged.count(id) == 0 && !world.disk.state_of(id)) world.broken("outbox", short_id(id) + " was committed and is not in the outbox");
  check_delays(world, record);
  std::map<std::string, int> times;
  for (const auto& e : record.entries) {
    const bool once = e.kind == EntryKind::page_sent || e.kind == EntryKind::public_shown || e.kind == EntryKind::room_opened || e.kind == EntryKind::room_archived;
    const std::string tag = decided_by(e);
    if (once && ++times[tag.substr(0, tag.find('#'))] > 1) world.broken("outcome once", "the outcome of " + tag + " is recorded twice");
  }
}

void check_pages(World& world, const Record& record) {
  const int rounds = 1 + world.settings.paging.repeat;
  const int steps = static_cast<int>(world.settings.paging.policy.size());
  for (const auto& [number, timeline] : record.timelines) {
    std::map<std::string, Running> runs;
    for (const Entry* e : timeline) {
      if (e->kind == EntryKind::paged) {
        check_paged(world, *e, runs);
        continue;
      }
      if (e->kind != EntryKind::acknowledged && e->kind != EntryKind::page_stopped && e->kind != EntryKind::page_exhausted) continue;
      Running& run = runs[fact(e->facts, "page")];
      if (run.ended) world.broken("I7", "page " + short_id(fact(e->facts, "page")) + " ends twice");
      const bool at_end = run.round == rounds && (run.step == 0 || run.step == steps);
      if (e->kind == EntryKind::page_exhausted && !at_end)
        world.broken("I7", "page " + short_id(fact(e->facts, "page")) + " is given up at round " + std::to_string(run.round) + ", step " + std::to_string(run.step));
      run.ended = true;
    }
    for (const auto& [id, run] : runs)
      if (!run.ended) world.broken("I7", "page " + short_id(id) + " of INC-" + std::to_string(number) + " stops at round " + std::to_string(run.round) + ", step " +
                                             std::to_string(run.step) + ", unanswered");
  }
}

}  // namespace sim
