#include "integrations/statuspage/builtin/words.hpp"

#include <algorithm>
#include <array>

namespace statuspage::builtin {
namespace {

constexpr std::array<const char*, 12> kMonths{"January", "February", "March",     "April",   "May",      "June",
                                              "July",    "August",   "September", "October", "November", "December"};

std::chrono::year_month_day date_of(bot::Time t) { return std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(t)}; }
const char* month_name(const std::chrono::year_month_day& d) { return kMonths[static_cast<unsigned>(d.month()) - 1]; }
std::string hour_minute(bot::Time t) { return bot::clock_text(t).substr(0, 5); }
std::string day_month(const std::chrono::year_month_day& d) {
  return std::to_string(static_cast<unsigned>(d.day())) + " " + std::string(month_name(d)).substr(0, 3);
}
std::string year_of(const std::chrono::year_month_day& d) { return std::to_string(static_cast<int>(d.year())); }

/// " has been down", for a sentence that goes on with since when.
std::string predicate(ComponentState worst, std::size_t components) {
  const std::string been = components == 1 ? " has been " : " have been ";
  switch (worst) {
    case ComponentState::major_outage: return been + "down";
    case ComponentState::partial_outage: return been + "partly down";
    case ComponentState::degraded_performance: return been + "working worse than usual";
    case ComponentState::under_maintenance: return been + "under maintenance";
    case ComponentState::operational: break;
  }
  return been + "working";
}

}  // namespace

const char* words_of(ComponentState state) {
  switch (state) {
    case ComponentState::operational: return "Working";
    case ComponentState::under_maintenance: return "Maintenance";
    case ComponentState::degraded_performance: return "Degraded";
    case ComponentState::partial_outage: return "Partial outage";
    case ComponentState::major_outage: return "Major outage";
  }
  return "Working";
}

std::string words_of_state(const std::string& state) {
  if (state == "investigating") return "Investigating";
  if (state == "identified") return "Identified";
  if (state == "monitoring") return "Monitoring";
  return "Resolved";
}

std::string day_text(bot::Time t) {
  const auto d = date_of(t);
  return day_month(d) + " " + year_of(d);
}

std::string month_text(bot::Time t) {
  const auto d = date_of(t);
  return std::string(month_name(d)) + " " + year_of(d);
}

std::string month_key(bot::Time t) { return bot::date_text(t).substr(0, 7); }

std::string moment_text(bot::Time t, bot::Time today) {
  const auto d = date_of(t);
  const auto now = date_of(today);
  if (d == now) return hour_minute(t) + " UTC";
  if (d.year() != now.year()) return full_text(t);
  return day_month(d) + ", " + hour_minute(t) + " UTC";
}

std::string full_text(bot::Time t) { return day_text(t) + ", " + hour_minute(t) + " UTC"; }

std::string join_names(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 3;
  if (names.empty()) return {};
  std::string out = names.front();
  const std::size_t named = names.size() <= kNamed ? names.size() : kNamed - 1;
  for (std::size_t i = 1; i < named; ++i) out += (i + 1 == names.size() ? " and " : ", ") + names[i];
  if (named < names.size()) out += " and " + std::to_string(names.size() - named) + " more";
  return out;
}

Headline headline(const Page& page) {
  const auto open = page.open_incidents();
  if (open.empty()) return {"All systems are working.", {}, {}, ComponentState::operational};

  // Only the worst-hit components are named: "API is down" must not be watered down by a slow Website.
  ComponentState worst = ComponentState::operational;
  for (const auto& c : page.components) worst = std::max(worst, page.state_of(c.id));
  std::vector<std::string> names;
  bot::Time since = bot::Time::max();
  std::vector<std::string> others;
  for (const auto& c : page.components) {
    const ComponentState state = page.state_of(c.id);
    if (state == ComponentState::operational) continue;
    if (state == worst) names.push_back(c.name);
    else others.push_back(c.name);
  }
  for (const auto* i : open) {
    const bool concerned = std::any_of(i->components.begin(), i->components.end(), [&](const auto& c) { return c.second == worst; });
    if (worst == ComponentState::operational || concerned) since = std::min(since, i->started());
  }
  const bool watching = std::all_of(open.begin(), open.end(), [](const PublicIncident* i) { return i->state() == "monitoring"; });
  if (names.empty()) {
    if (watching) return {"Working again, and we are watching it. The problem began at ", since, ".", ComponentState::operational};
    return {"It is not you: we have been working on a problem since ", since, ".", ComponentState::degraded_performance};
  }
  const std::string also = others.empty() ? "." : "; " + join_names(others) + (others.size() == 1 ? " is affected too." : " are affected too.");
  const std::string lead = worst == ComponentState::under_maintenance ? "" : "It is not you: ";
  return {lead + join_names(names) + predicate(worst, names.size()) + " since ", since, also, worst};
}

}  // namespace statuspage::builtin
