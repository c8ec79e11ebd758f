// One history of the simulation as plain values: what people, monitors, vendors, the clock and bad luck do, in order.
// Place: drawn from a seed, run by Run, made shorter by shrink(). A step means something whatever came before it, so any of them can be left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim {

enum class Act {
  say,           // a: person, b: verb, c: incident, d: place and wording
  repeat,        // a: which earlier request (its answer was lost, or its sender is nervous)
  alert,         // a: which alert, b: firing or resolved
  decide,        // the coordinator handles what waits
  dispatch,      // the dispatcher leases
  deliver,       // a: which of the running sends goes on
  timers,        // due timers become requests
  advance,       // a: milliseconds pass
  jump,          // a: the wall clock is set; b: odd = backwards
  vendor_fault,  // a: vendor, b: fault, c: milliseconds, d: how many sends
  outage,        // a: vendor, b: what is broken, c: milliseconds
  commit_fails,  // a: how, b: how often in a row
  store_fails,   // a: how many reads, leases and moves in a row
  arm_crash,     // a: where, b: at which passing
  crash,         // now, between two steps
  housekeeping,  // old keys are purged
};

struct Step {
  int id = 0;  ///< position in the whole history; survives shrinking, so words made from it do too
  Act act = Act::decide;
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
};
using History = std::vector<Step>;

/// splitmix64, apart from the one the program under test draws from.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits();
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(bits() % n); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

History history_for(std::uint64_t seed);
/// The step in words, without what came of it.
std::string told(const Step& step);

}  // namespace sim
