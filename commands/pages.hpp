// Paging as decisions: a step of the escalation policy, the timer behind it, and how a run ends.
// Place: used by page, ack, alerts, timers, outcomes and whatever ends an incident. Pure.
#pragma once

#include "commands/draft.hpp"

namespace commands {

/// One step of one run.
struct PageStep {
  std::string page;                 ///< run id
  int step = 1;                     ///< 1-based; 0: paged by hand
  int round = 1;
  std::vector<std::string> people;  ///< person ids
  bot::Millis wait{300000};         ///< until the next step
  std::string text;                 ///< said with the page; may be empty
};

/// The timer that follows this step of the run; a timer of another step is stale.
std::string page_timer(const std::string& page, int round, int step);
inline std::string page_timer(const bot::PageRun& run) { return page_timer(run.id, run.round, run.step); }

/// True when the policy calls somebody else before it begins another round. A page by hand (step 0) has rounds alone.
bool has_next_step(int step, const bot::PagingSettings& paging);

/// Records the step, pages everybody in it, sets the timer and tells the room. `row` has number, title and severity.
void take_step(Draft& draft, const bot::Incident& row, const PageStep& step);
/// Step 1 of the policy as a new run. REQUIRES: the settings have a policy.
void start_policy(Draft& draft, const bot::Incident& row, const std::string& text);
/// Makes sure that the row can keep one more run: the oldest ends when it is still open.
void make_room_for_run(Draft& draft, const bot::Incident& row);
/// Everybody was tried in vain: the next step, the next round, or the end.
void escalate(Draft& draft, const bot::Incident& row, const bot::PageRun& run);
/// Ends every open run: resolved, closed or cancelled came first.
void stop_pages(Draft& draft, const bot::Incident& row);

}  // namespace commands
