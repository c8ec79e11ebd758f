// How the page talks: states, times and the one sentence on top. Pure; English.
#pragma once

#include <string>
#include <vector>

#include "integrations/statuspage/builtin/page.hpp"

namespace statuspage::builtin {

const char* words_of(ComponentState state);           ///< "Partial outage"
std::string words_of_state(const std::string& state); ///< "Investigating"

std::string day_text(bot::Time t);             ///< "23 Nov 2026"
std::string month_text(bot::Time t);           ///< "November 2026"
std::string month_key(bot::Time t);            ///< "2026-11"
/// "14:02 UTC" on the same UTC day as `today`, else "22 Nov, 14:02 UTC", with the year when it differs.
std::string moment_text(bot::Time t, bot::Time today);
std::string full_text(bot::Time t);            ///< "23 Nov 2026, 14:02 UTC"
std::string join_names(const std::vector<std::string>& names);  ///< "API, Website and 3 more"

/// The sentence a customer came for, split where a time must be drawn: before ‖ <time> ‖ after. `since` is absent when all is well.
struct Headline {
  std::string before;
  std::optional<bot::Time> since;
  std::string after;
  ComponentState worst = ComponentState::operational;  ///< colours the banner
};
Headline headline(const Page& page);

}  // namespace statuspage::builtin
