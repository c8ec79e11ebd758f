#include "commands/pages.hpp"

#include "bot/addressing.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::size_t kRunsKept = 20;  // as many as the row keeps (bot/incident.cpp)

void set_timer(Draft& draft, const PageStep& step, Time due) {
  draft.timer(Timer{page_timer(step.page, step.round, step.step), "escalate", draft.decision().incident, due, step.page});
}

std::string joined(const std::vector<std::string>& ids) {
  std::string out;
  for (const auto& id : ids) out += (out.empty() ? "" : ",") + id;
  return out;
}

void tell(Draft& draft, const PageStep& step, const std::vector<std::string>& unreachable) {
  const auto& policy = draft.context().settings.paging.policy;
  Text text{plain("Paging ")};
  for (auto& span : people_named(step.people, true)) text.push_back(std::move(span));
  std::string more = step.step > 0 ? " (escalation policy, step " + std::to_string(step.step) + " of " + std::to_string(policy.size()) : "";
  if (step.round > 1) more += (step.step > 0 ? ", round " : " (round ") + std::to_string(step.round);
  text.push_back(plain(more.empty() ? "." : more + ")."));
  if (!step.text.empty()) text.push_back(plain(" " + step.text));
  if (!unreachable.empty()) {
    text.push_back(plain(" Cannot be reached: "));
    for (auto& span : people_named(unreachable)) text.push_back(std::move(span));
    text.push_back(plain(" (no chat and no webhook in the settings)."));
  }
  draft.say(std::move(text), Tone::warning, {{"Acknowledge", "ack", true, false}});
}

}  // namespace

std::string page_timer(const std::string& page, int round, int step) {
  return "escalate:" + page + ":" + std::to_string(round) + "." + std::to_string(step);
}

bool has_next_step(int step, const PagingSettings& paging) { return step > 0 && static_cast<std::size_t>(step) < paging.policy.size(); }

void take_step(Draft& draft, const Incident& row, const PageStep& step) {
  const Context& context = draft.context();
  draft.record(EntryKind::paged, step.text,
               {{"page", step.page}, {"step", std::to_string(step.step)}, {"round", std::to_string(step.round)}, {"person", joined(step.people)}});
  std::vector<std::string> unreachable;
  for (const auto& person : step.people) {
    if (page_channels(person, context.people, context.settings).empty()) {
      unreachable.push_back(person);
      continue;
    }
    PagePerson page;
    page.page = step.page;
    page.person = person;
    page.step = std::max(1, step.step);
    page.title = drill_words(row, row.title);
    page.severity = row.severity;
    page.text = drill_words(row, step.text);
    draft.send(std::move(page));
  }
  for (const auto& person : unreachable)
    draft.record(EntryKind::page_failed, "no chat and no webhook in the settings", {{"page", step.page}, {"person", person}, {"channel", "none"}});
  // Nobody can be reached: the next step need not wait. The next round must, or all of them would be over within a second.
  const bool hurries = unreachable.size() == step.people.size() && has_next_step(step.step, context.settings.paging);
  set_timer(draft, step, hurries ? context.now : context.now + step.wait);
  tell(draft, step, unreachable);
  if (!row.rooms.empty()) draft.redraw();  // a card that is still to be posted shows it anyway
}

void make_room_for_run(Draft& draft, const Incident& row) {
  if (row.pages.size() < kRunsKept || !row.pages.front().open) return;
  draft.record(EntryKind::page_stopped, "", {{"page", row.pages.front().id}});
  draft.timer(Timer{page_timer(row.pages.front()), "escalate", row.number, {}, row.pages.front().id}, true);
}

void start_policy(Draft& draft, const Incident& row, const std::string& text) {
  const PolicyStep& first = draft.context().settings.paging.policy.front();
  make_room_for_run(draft, row);
  take_step(draft, row, PageStep{draft.context().new_id(), 1, 1, first.notify, first.wait, text});
}

void escalate(Draft& draft, const Incident& row, const PageRun& run) {
  const PagingSettings& paging = draft.context().settings.paging;
  const bool by_hand = run.step == 0;
  const bool next_round = by_hand || static_cast<std::size_t>(run.step) >= paging.policy.size();
  const int round = next_round ? run.round + 1 : run.round;
  const bool over = round > 1 + paging.repeat || (!by_hand && paging.policy.empty());
  if (over) {
    draft.record(EntryKind::page_exhausted, "", {{"page", run.id}});
    draft.say({plain("Nobody answered the page after " + duration_text(draft.context().now - run.since) + ". Paging has stopped. Page somebody by name: "),
               code("page PERSON")},
              Tone::bad, {{"Page again", "page", true}});
    if (!row.rooms.empty()) draft.redraw();
    return;
  }
  if (by_hand) return take_step(draft, row, PageStep{run.id, 0, round, run.paged, PageStep{}.wait, ""});
  const int step = next_round ? 1 : run.step + 1;
  const PolicyStep& next = paging.policy[static_cast<std::size_t>(step - 1)];
  take_step(draft, row, PageStep{run.id, step, round, next.notify, next.wait, ""});
}

void stop_pages(Draft& draft, const Incident& row) {
  for (const PageRun& run : row.pages) {
    if (!run.open) continue;
    draft.record(EntryKind::page_stopped, "", {{"page", run.id}});
    draft.timer(Timer{page_timer(run), "escalate", row.number, {}, run.id}, true);
  }
}

}  // namespace commands
