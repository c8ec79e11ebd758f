// The power goes at random moments under the real store: nothing acknowledged is lost, nothing is torn.
// MUSTER_POWER_CUTS: how many cuts (500). MUSTER_POWER_SEED: the first seed.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "tests/power/history.hpp"
#include "tests/power/scratch.hpp"

using power::Counts;
using power::History;
using power::Syncs;

namespace {

std::int64_t number(const char* name, std::int64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::atoll(given);
}

void add(Counts& to, const Counts& c) {
  to.cuts += c.cuts;
  to.kills += c.kills;
  to.commits += c.commits;
  to.in_doubt += c.in_doubt;
  to.in_doubt_kept += c.in_doubt_kept;
  to.while_opening += c.while_opening;
  to.checkpoints += c.checkpoints;
  to.sends += c.sends;
}

/// Histories of up to eight rounds until `cuts` cuts were made or a promise broke; answers the faults.
std::vector<std::string> histories(std::uint64_t& seed, std::int64_t cuts, Syncs syncs, Counts& total) {
  const power::Scratch folder;
  while (total.cuts < cuts) {
    History history(seed, folder.path(), syncs);
    for (int i = 0; i < 8 && history.round(); ++i) {
    }
    add(total, history.counts());
    if (!history.faults().empty()) return history.faults();
    ++seed;
  }
  return {};
}

}  // namespace

TEST_CASE("power cuts: no acknowledged commit is lost and nothing is torn") {
  const auto cuts = number("MUSTER_POWER_CUTS", 500);
  auto seed = static_cast<std::uint64_t>(number("MUSTER_POWER_SEED", 1));
  Counts total;
  const auto faults = histories(seed, cuts, Syncs::honest, total);
  std::cout << "power cuts: " << total.cuts << " cuts (" << total.while_opening << " while opening), " << total.kills << " kills, " << total.commits << " commits, "
            << total.sends << " sends; " << total.in_doubt << " commits under way, of which " << total.in_doubt_kept << " had reached the disk\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(faults.size(), 12); ++i) UNSCOPED_INFO(faults[i]);
  INFO("MUSTER_POWER_SEED=" << seed << " repeats it");
  CHECK(faults.empty());
  if (cuts >= 500) {
    // The run must have been worth something.
    CHECK(total.commits > cuts * 5);
    CHECK(total.in_doubt_kept > 0);
    CHECK(total.in_doubt > total.in_doubt_kept);
    CHECK(total.while_opening > 0);
  }
}

TEST_CASE("power cuts: a disk that forgets what it promised is noticed") {
  for (const auto syncs : {Syncs::log_ignored, Syncs::all_ignored}) {
    std::uint64_t seed = 1;
    Counts total;
    const auto faults = histories(seed, 200, syncs, total);
    CHECK_FALSE(faults.empty());
    CHECK(total.cuts < 50);
  }
}
