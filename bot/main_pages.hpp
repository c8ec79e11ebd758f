// The built-in status pages inside the server: made from the settings, kept in step with what is published, and watched.
// Place: main_serve.cpp alone. Threads: start(), stop() from main; the rest from any. `reader` and `env` must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bot/settings.hpp"
#include "integrations/metrics/metrics.hpp"
#include "integrations/statuspage/builtin/builtin.hpp"

namespace bot {

class StatusPages {
 public:
  StatusPages(const Settings& settings, Reader& reader, Env env);
  /// Once, before any page starts. `keep` commits what a page must find again after a restart.
  void wire(const std::function<void(const AdapterState&)>& keep, metrics::Metrics& metrics);
  std::vector<statuspage::builtin::BuiltinPage*> all() const;
  /// Something public may have changed.
  void refresh();
  /// One sentence or more for each page that no longer follows what is published.
  std::vector<std::string> troubles() const;

 private:
  std::vector<std::unique_ptr<statuspage::builtin::BuiltinPage>> pages_;
};

}  // namespace bot
