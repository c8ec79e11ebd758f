#include "bot/visible.hpp"

#include "bot/policy.hpp"

namespace bot {

Status each_visible(Reader& reader, IncidentFilter filter, const Actor& actor, const Settings& settings, const std::function<bool(Incident&&)>& take) {
  for (;;) {
    auto page = reader.incidents(filter);
    if (!page) return page.error();
    const bool last = static_cast<int>(page->size()) < filter.limit;
    if (!page->empty()) filter.before = page->back().number;
    for (auto& incident : *page)
      if (allowed(Action::read, actor, &incident, settings) && !take(std::move(incident))) return Done{};
    if (last || page->empty()) return Done{};
  }
}

}  // namespace bot
