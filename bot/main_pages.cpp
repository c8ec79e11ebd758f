#include "bot/main_pages.hpp"

#include "bot/log.hpp"

namespace bot {

StatusPages::StatusPages(const Settings& settings, Reader& reader, Env env) {
  for (const auto& page : settings.status_pages)
    if (page.kind == "builtin") pages_.push_back(std::make_unique<statuspage::builtin::BuiltinPage>(page, reader, env));
}

void StatusPages::wire(const std::function<void(const AdapterState&)>& keep, metrics::Metrics& metrics) {
  for (auto& page : pages_) {
    page->remember = keep;
    page->on_trouble = [name = page->integration()](const std::string& trouble) {
      if (trouble.empty()) log(LogLevel::info, "status_page_follows_again", {{"page", name}});
      else log(LogLevel::error, "status_page_stale", {{"page", name}, {"what", trouble}});
    };
  }
  if (pages_.empty()) return;
  metrics.gauge("muster_status_page_ok", "0 while a built-in status page cannot read what is published, so that customers see an old page.", [this] {
    std::vector<metrics::Sample> out;
    for (const auto& page : pages_) out.push_back({{{"integration", page->integration()}}, page->trouble().empty() ? 1.0 : 0.0});
    return out;
  });
}

std::vector<statuspage::builtin::BuiltinPage*> StatusPages::all() const {
  std::vector<statuspage::builtin::BuiltinPage*> out;
  for (const auto& page : pages_) out.push_back(page.get());
  return out;
}

void StatusPages::refresh() {
  for (auto& page : pages_) page->refresh();
}

std::vector<std::string> StatusPages::troubles() const {
  std::vector<std::string> out;
  for (const auto& page : pages_)
    if (auto trouble = page->trouble(); !trouble.empty()) out.push_back(std::move(trouble));
  return out;
}

}  // namespace bot
