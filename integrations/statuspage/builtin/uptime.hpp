// Days and percentages of one component, from what was published about it. Pure.
// The field's formula: 1 − (major seconds + 0.3 · partial seconds) / window; degraded and maintenance cost nothing; rounded down, never up.
// The window begins with the page: days nobody watched are neither good nor bad.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "integrations/statuspage/builtin/page.hpp"

namespace statuspage::builtin {

inline constexpr int kDaysShown = 90;

struct Day {
  bot::Time begin{};                                ///< 00:00 UTC
  std::array<std::int64_t, kComponentStates> ms{};  ///< time in each state; operational is not counted
  bool known = true;                                ///< false: all of it lies before the page was there
  ComponentState worst() const;
  std::int64_t troubled_ms() const;                 ///< not operational
};

struct Uptime {
  std::vector<Day> days;         ///< kDaysShown, oldest first; the last is today until now
  bot::Time since{};             ///< begin of the time that is known: the window's, or later
  std::int64_t basis_points = 10000;  ///< hundredths of a percent, rounded down
  std::string percent() const;   ///< "99.98 %", "100 %"
  int troubled_days() const;
};

/// Incidents that overlap count once, with the worst state of each moment.
Uptime uptime(const Page& page, const std::string& component);

}  // namespace statuspage::builtin
