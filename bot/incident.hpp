// One incident as it stands: the projection of its timeline.
// Place: `apply` is the only writer; the store keeps the row beside the entries; cards and pages read it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bot/timeline.hpp"

namespace bot {

enum class Phase { open, resolved, closed, cancelled };
const char* to_string(Phase phase);

/// Words in place of a text that was redacted.
inline constexpr const char* kRedacted = "[redacted]";

/// delayed: not through for a reason that people were told; Muster goes on trying. held: a person must decide.
enum class PageState { pending, shown, held, failed, dropped, delayed };
const char* to_string(PageState state);

/// The newest public update on one status page.
struct PublicOnPage {
  std::string op;  ///< the update's mark
  PageState state = PageState::pending;  ///< while an older update is held or delayed: that one's
  std::string link;
  std::string ahead = {};        ///< mark of the older update that the newest waits behind; "" = none
  std::string problem = {};      ///< delayed: why
  std::int64_t problem_entry = 0;  ///< which entry that came from (redaction)
  friend bool operator==(const PublicOnPage&, const PublicOnPage&) = default;
};

struct Publication {
  std::string state;  ///< investigating, identified, monitoring, resolved; "" = nothing public yet
  std::string title;
  std::optional<Time> first_at;
  std::optional<Time> updated_at;
  std::map<std::string, std::string> components;  ///< component id → operational|degraded_performance|partial_outage|major_outage|under_maintenance
  std::map<std::string, PublicOnPage> pages;      ///< by status page name
  std::optional<Time> since = {};                 ///< when it became `state`
  friend bool operator==(const Publication&, const Publication&) = default;
};

/// One running of the escalation policy (or of a manual page).
struct PageRun {
  std::string id;
  int step = 0;   ///< 1-based step reached
  int round = 1;  ///< how often the whole policy began
  bool open = true;               ///< false: acknowledged, exhausted or stopped
  std::string acknowledged_by;    ///< person id, or the name of the token that answered
  std::vector<std::string> paged; ///< person ids of the current step
  std::vector<std::string> failed; ///< "<person>/<channel>" that could not be reached in this step
  Time since{};                   ///< when the run began
  friend bool operator==(const PageRun&, const PageRun&) = default;
};

struct Incident {
  std::int64_t number = 0;  ///< INC-<number>
  std::string title;
  std::string severity;
  std::string status;  ///< investigating, identified, monitoring, resolved
  Phase phase = Phase::open;
  bool is_private = false;
  bool is_drill = false;            ///< an exercise: nothing about it is ever public, and it says so everywhere
  std::string impact;
  Actor declared_by;
  Time declared{};
  std::optional<Time> started;
  std::optional<Time> detected;
  std::optional<Time> resolved;
  std::optional<Time> closed;  ///< closed or cancelled
  Time updated{};              ///< recorded_at of the newest entry
  std::map<std::string, std::string> roles;  ///< role → person id; unfilled roles are absent
  std::set<std::string> members;             ///< person ids
  int alerts_firing = 0;
  int alerts_total = 0;
  Publication publication;
  std::vector<PageRun> pages;                       ///< newest last; at most 20 kept
  std::map<std::string, std::string> rooms;         ///< integration → link or name; from room_opened
  std::set<std::string> chats;                      ///< chats it has or gets a room in; empty: all that are set up
  std::optional<Time> snoozed_until;                ///< no reminders before
  std::map<std::string, Time> due;                  ///< what ("commander", "update", "status", "open") → when somebody is reminded; from facts "due:<what>"
  std::map<std::string, Time> reminded;             ///< what → when last, since its due time was set otherwise
  std::map<std::string, int> unanswered;            ///< what → reminders since then
  std::int64_t title_entry = 0, impact_entry = 0;   ///< which entry the text came from (redaction)
  std::int64_t public_title_entry = 0;
  std::int64_t last_seq = 0;
  Hash chain_head{};
  friend bool operator==(const Incident&, const Incident&) = default;

  std::string name() const { return "INC-" + std::to_string(number); }
  bool takes_changes() const { return phase == Phase::open || phase == Phase::resolved; }
};

/// Folds one entry into the row. Total: unknown facts are ignored; a missing text reads as kRedacted.
/// REQUIRES: entry.incident is row.number (or row is empty and entry.kind is declared) and entry.seq == row.last_seq + 1.
void apply(Incident& row, const Entry& entry);

/// Removes what a redacted entry put in the row, by the same rule as `apply` with a missing text would.
void scrub(Incident& row, const Entry& redacted_entry);

/// "INC-7", "inc-7", "#7" or "7" → 7.
std::optional<std::int64_t> incident_number(const std::string& word);

}  // namespace bot
