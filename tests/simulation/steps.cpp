#include "tests/simulation/steps.hpp"

#include "tests/simulation/vendors.hpp"
#include "tests/simulation/world.hpp"

namespace sim {
namespace {

constexpr int kRounds = 34;
constexpr std::uint32_t kPauses[] = {20, 500, 1100, 4000, 10500, 31000, 61000, 61000, 300000};
constexpr std::uint32_t kJumps[] = {200, 1500, 15000, 600000, 7200000};
constexpr std::uint32_t kHidden[] = {1000, 5000, 12000, 30000, 90000};
constexpr std::uint32_t kMoreThanADay = 26u * 3600 * 1000;  ///< keys and what is over are kept for 25 h

Step something_happens(Draw& draw) {
  const std::uint32_t luck = draw.below(100);
  if (luck < 58) return {0, Act::say, draw.below(5), draw.below(kVerbs), draw.below(64), draw.below(64)};
  if (luck < 66) return {0, Act::repeat, draw.below(8)};
  if (luck < 76) return {0, Act::alert, draw.below(4), draw.below(3)};
  if (luck < 88) return {0, Act::vendor_fault, draw.below(kVendors), draw.below(kFaults), kHidden[draw.below(5)], 1 + draw.below(3)};
  if (luck < 91) return {0, Act::outage, draw.below(kVendors), draw.below(3), kHidden[draw.below(5)]};
  if (luck < 93) return {0, Act::commit_fails, draw.below(4), 1 + draw.below(4)};
  if (luck < 94) return {0, Act::store_fails, 1 + draw.below(4)};
  if (luck < 96) return {0, Act::jump, kJumps[draw.below(5)], draw.below(2)};
  if (luck < 97) return {0, Act::housekeeping};
  return {0, Act::arm_crash, draw.below(kCrashPoints), draw.below(4)};
}

/// Failures come together: a vendor does what it is asked, its answer is lost, and until it is well again nobody can look.
void vendor_stumbles(Draw& draw, History& out) {
  const std::uint32_t vendor = draw.below(kVendors), length = kHidden[1 + draw.below(4)];
  out.push_back({0, Act::vendor_fault, vendor, static_cast<std::uint32_t>(Fault::lost_after), length, 1 + draw.below(2)});
  out.push_back({0, Act::say, draw.below(5), 12 + draw.below(4), draw.below(64), draw.below(64)});
  for (int i = 0; i < 2; ++i) {
    out.push_back({0, Act::decide});
    out.push_back({0, Act::dispatch});
    out.push_back({0, Act::deliver, draw.below(8)});
  }
  out.push_back({0, Act::outage, vendor, 1, length});
}

void time_passes(Draw& draw, History& out) {
  const auto add = [&out](Step step) { out.push_back(step); };
  if (!draw.one_in(3)) add({0, Act::decide});
  if (!draw.one_in(3)) add({0, Act::dispatch});
  if (!draw.one_in(3))
    for (std::uint32_t i = draw.below(3) + 1; i > 0; --i) add({0, Act::deliver, draw.below(8)});
  if (draw.one_in(3)) add({0, Act::timers});
  if (draw.one_in(2)) add({0, Act::advance, kPauses[draw.below(9)]});
  if (draw.one_in(60)) add({0, Act::crash});
  if (!draw.one_in(100)) return;
  add({0, Act::advance, kMoreThanADay});
  add({0, Act::housekeeping});
}

}  // namespace

std::uint64_t Draw::bits() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

History history_for(std::uint64_t seed) {
  Draw draw(seed * 2654435761u + 17);
  History out;
  // Most histories begin with an incident, somebody in command and a monitor that fires: without them little can go wrong.
  if (!draw.one_in(4)) out.push_back({0, Act::say, draw.below(4), kDeclare, 0, draw.below(64)});
  if (!draw.one_in(3)) out.push_back({0, Act::say, draw.below(4), kClaimCommand, 0, 1});
  if (draw.one_in(3)) out.push_back({0, Act::alert, draw.below(4), 0});
  for (int i = 0; i < kRounds; ++i) {
    out.push_back(something_happens(draw));
    if (draw.one_in(3)) out.push_back(something_happens(draw));
    if (draw.one_in(40)) vendor_stumbles(draw, out);
    time_passes(draw, out);
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i].id = static_cast<int>(i) + 1;
  return out;
}

std::string told(const Step& s) {
  const auto ms = [](std::uint32_t n) { return std::to_string(n) + " ms"; };
  switch (s.act) {
    case Act::say: return "somebody types";
    case Act::repeat: return "a request is sent again";
    case Act::alert: return "a monitor posts";
    case Act::decide: return "the coordinator decides what waits";
    case Act::dispatch: return "the dispatcher leases";
    case Act::deliver: return "a running send goes on";
    case Act::timers: return "timers are looked at";
    case Act::advance: return ms(s.a) + " pass";
    case Act::jump: return "the wall clock is set " + ms(s.a) + (s.b % 2 == 1 ? " back" : " ahead");
    case Act::vendor_fault: return std::string(vendor_name(s.a)) + ": next " + std::to_string(s.d) + " sends: " + fault_name(s.b) + " (" + ms(s.c) + ")";
    case Act::outage: return std::string(vendor_name(s.a)) + ": " + outage_name(s.b) + " for " + ms(s.c);
    case Act::commit_fails: return std::string("the next ") + std::to_string(s.b) + " commits: " + commit_failure_name(s.a);
    case Act::store_fails: return "the disk does not answer the next " + std::to_string(s.a) + " calls";
    case Act::arm_crash: return std::string("the process will die ") + crash_point_name(s.a) + " (passing " + std::to_string(s.b + 1) + ")";
    case Act::crash: return "the process dies";
    case Act::housekeeping: return "old keys are purged";
  }
  return "";
}

}  // namespace sim
