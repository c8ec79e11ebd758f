// Makes a failing history short (greedy delta debugging over its steps) and tells it.
#include "tests/simulation/run.hpp"

namespace sim {

History shortened(std::uint64_t seed, History failing, const std::string& promise, const Break* broken) {
  int runs = 4000;
  const auto still_fails = [&](const History& h) {
    --runs;
    const auto outcome = run(seed, h, broken);
    return outcome.violation && outcome.violation->promise == promise;
  };
  for (std::size_t chunk = failing.size() / 2; chunk > 0 && runs > 0;) {
    bool shorter = false;
    for (std::size_t at = 0; at < failing.size() && runs > 0;) {
      History candidate = failing;
      const auto from = candidate.begin() + static_cast<std::ptrdiff_t>(at);
      candidate.erase(from, from + static_cast<std::ptrdiff_t>(std::min(chunk, candidate.size() - at)));
      if (still_fails(candidate)) {
        failing = std::move(candidate);
        shorter = true;
      } else {
        at += chunk;
      }
    }
    if (chunk > 1) chunk /= 2;
    else if (!shorter) break;
  }
  return failing;
}

std::string report(std::uint64_t seed, const Violation& violation, const Break* broken) {
  const History shortest = shortened(seed, history_for(seed), violation.promise, broken);
  const Outcome outcome = run(seed, shortest, broken, true);
  std::string out = "seed " + std::to_string(seed) + " breaks " + violation.promise + ": " + violation.words + "\nshortest history (" + std::to_string(shortest.size()) +
                    " steps):\n";
  for (const auto& line : outcome.story) out += line + "\n";
  return out;
}

}  // namespace sim
