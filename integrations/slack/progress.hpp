// How far a message of several calls had come when it had to wait: beginning again would spend the limits on the same calls for ever.
// Place: kept by the sender per message while it is under way. Lost with the process, which costs calls and nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace slack {

struct Progress {
  int next_name = 1;                  ///< OpenRoom: the name to try next
  std::size_t groups_done = 0;        ///< InvitePeople: user groups expanded
  std::size_t invited = 0;            ///< InvitePeople: of `people`, asked for already
  std::vector<std::string> members;   ///< Slack ids of the groups expanded so far
  std::vector<std::string> refused;   ///< who could not be added and why, in words
  std::size_t names_asked = 0;        ///< of those, whose names Slack was asked for
};

}  // namespace slack
