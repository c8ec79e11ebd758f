// Lists of incidents as one person or token may see them.
// Place: the verb `list` and the API. The permission comes before the limit: what others keep private takes up no place in a list.
// Threads: the caller's; as many reads as it takes, each of one page, so memory stays bounded.
#pragma once

#include <functional>

#include "bot/store.hpp"

namespace bot {

/// Hands over every incident of the filter that the actor may read, newest first, until `take` answers false. The filter's limit is a page's size.
Status each_visible(Reader& reader, IncidentFilter filter, const Actor& actor, const Settings& settings, const std::function<bool(Incident&&)>& take);

}  // namespace bot
