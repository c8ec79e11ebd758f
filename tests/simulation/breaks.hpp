// Deliberate breaks: each makes the program wrong in one way by a wrapper around one of its ports. The simulation must notice every one, by the promise it breaks.
// Place: the mutation checks; nothing in the product knows of them.
#pragma once

#include "tests/simulation/world.hpp"

namespace sim {

struct Break {
  const char* name = "";
  const char* promise = "";  ///< the one that must be found broken; something else that breaks along with it does not count
  std::function<std::unique_ptr<bot::Store>(bot::Store& next, World& world)> store{};
  std::function<std::unique_ptr<bot::Reader>(bot::Reader& next, World& world)> reader{};
  std::function<std::unique_ptr<bot::Sender>(bot::Sender& next, World& world)> sender{};
  std::function<std::unique_ptr<bot::Commands>(const bot::Commands& next, World& world)> commands{};
  std::function<std::unique_ptr<bot::Intake>(bot::Intake& next, World& world)> intake{};  ///< from dispatcher and timers to the coordinator
  bool unwatched = false;  ///< nobody notices that the clock was set
};

std::vector<Break> breaks();

}  // namespace sim
