// What the damage tests share: a database worth damaging, everything that is in it, and how the real server refuses.
// Place: damage_test, damaged_start_test, damaged_log_test.
#pragma once

#include <set>
#include <string>

#include "tests/support/muster_process.hpp"

namespace power {

/// A number from the environment.
std::int64_t number(const char* name, std::int64_t otherwise);

struct Filled { std::string bytes; std::set<std::string> keys; };
/// A database with everything in it: incidents, words, redactions, messages, timers, alerts, keys. Small: a few hundred steps.
Filled filled();

/// Every row of every table, as text; "" when it cannot be read.
std::string rows_of(const std::string& file);
/// Somebody's hand in a stopped database, with the pages' checks made to fit.
void by_hand(const std::string& file, const std::string& sql);
/// The same by somebody who takes the trigger that forbids it away meanwhile.
void by_hand_past(const std::string& file, const std::string& trigger, const std::string& sql);

bool says(const std::string& text, const std::string& words);
/// What the server says when it refuses to start; it must end with 1.
std::string refusal(support::MusterProcess& muster);

}  // namespace power
