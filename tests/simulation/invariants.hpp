// The promises of DESIGN §7 (I1–I8) and what goes with them, checked against what the world knows.
// Place: check_before_send while it runs, check_new_entries at checkpoints, check_everything after all has come to rest.
#pragma once

#include "tests/simulation/world.hpp"

namespace sim {

/// What has been verified of the timeline so far.
struct Verified {
  std::vector<bot::Entry> entries;  ///< in commit order
  std::map<std::int64_t, bot::Incident> rows;
};

/// Committed first, in the lane's order, never a page that was answered, never in public twice.
void check_before_send(World& world, const SimVendor& vendor, const bot::Message& message);
void remember_redaction(World& world, std::int64_t incident, std::int64_t seq);

/// When the escalations of these changes are due by the clock that never jumps. REQUIRES: they were handed to the disk just now.
void note_timers(World& world, const bot::Changes& changes);
/// I7: not early, however the wall clock was set meanwhile.
void check_timer_in_time(World& world, const bot::Timer& timer, bot::Time now);
/// I7: whoever looks for due timers finds every escalation that is due, however the wall clock was set meanwhile.
void check_due_found(World& world, const std::vector<bot::Timer>& found);

/// I2 and the chain, for what was added since the last time.
void check_new_entries(World& world, Verified& verified);
/// Every promise. REQUIRES: everything has come to rest.
void check_everything(World& world, Verified& verified);

/// I5: whoever leases takes up what dead processes left. `leased`: what this process leased so far.
void check_nothing_left_behind(World& world, const std::set<std::string>& leased);
/// Keys and messages are kept for as long as is promised, and what is owed for as long as it is owed.
void check_key_may_go(World& world, const std::string& key, bot::Time before);
void check_message_may_go(World& world, const bot::QueuedMessage& message, bot::Time before);

/// I8, the half that needs a person: the message is known to the room's timeline and to the console.
void check_held_is_visible(World& world, const bot::QueuedMessage& held);

}  // namespace sim
