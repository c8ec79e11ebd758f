// The operator's YAML file → bot::Settings, or every fault of it at once.
// Place: called by main.cpp (serve, check-config and the other verbs) once at start. load_text is pure: fuzz targets may call it.
// Errors: as Faults; nothing throws. A secret's value is never part of a fault.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bot/result.hpp"
#include "bot/settings.hpp"

namespace settings {

/// line is 1-based; 0 means the file as a whole.
struct Fault {
  int line = 0;
  std::string message;
  friend bool operator==(const Fault&, const Fault&) = default;
};

/// `settings` may only be used when `faults` is empty.
struct Loaded {
  bot::Settings settings;
  std::vector<Fault> faults;    ///< in the order of their lines
  std::vector<Fault> warnings;  ///< likewise: what can be started with and will disappoint somebody
};

/// What ${NAME} and ${file:PATH} read from.
struct Outside {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::function<bot::Result<std::string>(const std::string& path)> file;
};

/// The process's environment and files (at most 1 MiB each).
Outside process_outside();

Loaded load_file(const std::string& path, const Outside& outside);
Loaded load_text(const std::string& yaml, const Outside& outside);

/// What Muster runs on without any file: SQLite at data/muster.db, the console, one built-in status page "public" on 127.0.0.1:8081.
bot::Settings defaults();

}  // namespace settings
