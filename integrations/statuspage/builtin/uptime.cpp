#include "integrations/statuspage/builtin/uptime.hpp"

#include <algorithm>

namespace statuspage::builtin {
namespace {

struct Edge { bot::Time at; ComponentState state; int step; };

constexpr auto kDay = std::chrono::duration_cast<bot::Millis>(std::chrono::hours{24});

/// One incident's word on the component as a chain of states, each lasting until the next update about it; the last until it is resolved, or now.
void edges_of(const PublicIncident& incident, const std::string& component, bot::Time now, std::vector<Edge>& out) {
  ComponentState state = ComponentState::operational;
  bot::Time since{};
  const auto close = [&](bot::Time until) {
    if (state != ComponentState::operational && until > since) out.insert(out.end(), {{since, state, 1}, {until, state, -1}});
  };
  for (auto u = incident.updates.rbegin(); u != incident.updates.rend(); ++u)
    for (const auto& change : u->changes) {
      if (change.id != component || change.after == state) continue;
      close(u->at);
      state = change.after;
      since = u->at;
    }
  close(now);
}

/// Adds [from, until) in `state` to the days it touches.
void add(std::vector<Day>& days, bot::Time from, bot::Time until, ComponentState state) {
  from = std::max(from, days.front().begin);
  for (auto index = static_cast<std::size_t>(std::max<std::int64_t>(0, (from - days.front().begin) / kDay)); index < days.size() && from < until; ++index) {
    const bot::Time end = std::min(until, days[index].begin + kDay);
    if (end > from) days[index].ms[static_cast<std::size_t>(state)] += (end - from).count();
    from = std::max(from, end);
  }
}

}  // namespace

ComponentState Day::worst() const {
  for (int s = kComponentStates - 1; s > 0; --s)
    if (ms[static_cast<std::size_t>(s)] > 0) return static_cast<ComponentState>(s);
  return ComponentState::operational;
}

std::int64_t Day::troubled_ms() const {
  std::int64_t sum = 0;
  for (std::size_t s = 1; s < ms.size(); ++s) sum += ms[s];
  return sum;
}

std::string Uptime::percent() const {
  if (basis_points >= 10000) return "100 %";
  const std::string rest = std::to_string(basis_points % 100);
  return std::to_string(basis_points / 100) + "." + (rest.size() < 2 ? "0" + rest : rest) + " %";
}

int Uptime::troubled_days() const {
  return static_cast<int>(std::count_if(days.begin(), days.end(), [](const Day& d) { return d.worst() != ComponentState::operational; }));
}

Uptime uptime(const Page& page, const std::string& component) {
  Uptime out;
  const bot::Time today = std::chrono::floor<std::chrono::days>(page.generated);
  out.since = std::min(page.began(), page.generated);
  for (int i = kDaysShown - 1; i >= 0; --i) out.days.push_back({today - i * kDay, {}, today - (i - 1) * kDay > out.since});
  out.since = std::max(out.since, out.days.front().begin);

  std::vector<Edge> edges;
  for (const auto& incident : page.incidents) edges_of(incident, component, page.generated, edges);
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.at < b.at; });
  std::array<int, kComponentStates> active{};
  for (std::size_t i = 0; i < edges.size(); ++i) {
    active[static_cast<std::size_t>(edges[i].state)] += edges[i].step;
    if (i + 1 == edges.size() || edges[i + 1].at == edges[i].at) continue;
    for (int s = kComponentStates - 1; s > 0; --s)
      if (active[static_cast<std::size_t>(s)] > 0) {
        add(out.days, edges[i].at, std::min(edges[i + 1].at, page.generated), static_cast<ComponentState>(s));
        break;
      }
  }

  const std::int64_t window = (page.generated - out.since).count();
  std::int64_t tenths = 0;  // of a millisecond of full outage: integers, so that 99.999 % never reads 100
  for (const auto& d : out.days)
    tenths += 10 * d.ms[static_cast<std::size_t>(ComponentState::major_outage)] + 3 * d.ms[static_cast<std::size_t>(ComponentState::partial_outage)];
  if (window > 0) out.basis_points = std::max<std::int64_t>(0, (10000 * (10 * window - tenths)) / (10 * window));
  return out;
}

}  // namespace statuspage::builtin
