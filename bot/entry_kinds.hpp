// All kinds of entries, for what must go through each of them: the one list is the names' in timeline.cpp, so that a new kind cannot be left out.
// Place: tests of codecs, renderers and histories. Pure.
#pragma once

#include <vector>

#include "bot/timeline.hpp"

namespace bot {

std::vector<EntryKind> entry_kinds();

}  // namespace bot
