// The single checks behind check_everything, one per promise.
#pragma once

#include "tests/simulation/invariants.hpp"

namespace sim {

/// What the disk holds in the end, read once.
struct Record {
  std::vector<bot::Entry> entries;                                ///< in commit order
  std::map<std::int64_t, std::vector<const bot::Entry*>> timelines;
  std::map<std::string, std::size_t> recorded;                    ///< decision tag → entries found
  std::vector<bot::QueuedMessage> messages;
};

Record read_record(World& world);
void check_timeline(World& world, const Record& record, const Verified& verified);  ///< I2
void check_rows(World& world, const Record& record);                                ///< fold(timeline) == row
void check_acknowledged(World& world, const Record& record);                        ///< I1, and nothing twice, and no half decision
void check_messages(World& world, const Record& record);                            ///< I4, I5, I6, and sent means done
void check_pages(World& world, const Record& record);                               ///< I7
void check_reminders(World& world, const Record& record);                           ///< I9: none early, twice or lost
void check_redactions(World& world, const Record& record);
void check_outside(World& world, const Record& record);                             ///< references and people are remembered

}  // namespace sim
