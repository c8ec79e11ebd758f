// Runs one history from a seed, lets everything come to rest, and gives the verdict; makes a failing history short.
#pragma once

#include "tests/simulation/breaks.hpp"

namespace sim {

struct Outcome {
  std::optional<Violation> violation;
  std::vector<std::string> story;  ///< only when asked for
  std::size_t sends = 0, entries = 0, boots = 0;
};

/// What one run came by: kinds of entries, states of messages, answers; to know that histories reach what they are to test.
std::set<std::string> reached(std::uint64_t seed);

Outcome run(std::uint64_t seed, const History& history, const Break* broken = nullptr, bool telling = false);
inline Outcome run(std::uint64_t seed, const Break* broken = nullptr) { return run(seed, history_for(seed), broken); }

/// Steps that can go without the same promise holding again are taken out.
History shortened(std::uint64_t seed, History failing, const std::string& promise, const Break* broken = nullptr);

/// Seed, promise and the shortest failing history, for a person to read.
std::string report(std::uint64_t seed, const Violation& violation, const Break* broken = nullptr);

}  // namespace sim
