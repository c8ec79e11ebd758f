#include "tests/simulation/breaks.hpp"

#include "tests/simulation/wrappers.hpp"

namespace sim {

std::vector<Break> breaks() {
  auto all = breaks_of_recording();
  for (auto& more : breaks_of_sending()) all.push_back(std::move(more));
  for (auto& more : breaks_of_rhythm()) all.push_back(std::move(more));
  return all;
}

}  // namespace sim
