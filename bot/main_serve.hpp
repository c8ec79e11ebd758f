// `muster serve`: every part made, wired, started in order and stopped in reverse. And what it shares with the short verbs.
// Place: called by main.cpp. Threads: serve() is the main thread; it returns when a signal asked to stop or the store can no longer be trusted.
#pragma once

#include <string>

#include "bot/settings.hpp"

namespace bot {

/// The process's exit code (cli::ExitCode). Signals SIGTERM and SIGINT end it with 0.
int serve(const Settings& settings);

/// "sqlite:data/muster.db" → "data/muster.db".
std::string database_file(const std::string& store_url);

}  // namespace bot
