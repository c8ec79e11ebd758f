// A request and its way through a batch, for the Coordinator's own sources alone: coordinator.cpp (queue, commit, answers) and
// coordinator_decide.cpp (what a batch reads, decides and records).
#pragma once

#include <optional>

#include "bot/coordinator.hpp"

namespace bot {

struct Coordinator::Pending {
  Request request;
  std::optional<Invocation> invocation;
  Completion done;
  std::size_t bytes = 0;
  Millis moved{0};  ///< by how much everything had been moved when it came; an outcome's times are of then
};

/// One request of a batch on its way from load to reply.
struct Coordinator::Work {
  Pending pending;
  Actor actor;
  Reads reads;
  std::optional<Reply> reply;   ///< set: answered already (repeat or error), nothing to commit
  std::ptrdiff_t change = -1;   ///< index in the batch's Changes
  bool builds_on_batch = false; ///< decided on what earlier requests of the batch change, so it stands or falls with them
};

struct Coordinator::Batch {
  std::vector<Changes> changes;
  std::vector<Person> met;
  std::chrono::microseconds took{0};  ///< the commit alone
};

}  // namespace bot
