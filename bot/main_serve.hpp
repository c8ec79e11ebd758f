// `muster serve`: every part made, wired, started in order and stopped in reverse. And what it shares with the short verbs.
// Place: called by main.cpp. Threads: serve() is the main thread; it returns when a signal asked to stop or the store can no longer be trusted.
#pragma once

#include <string>

#include "bot/people.hpp"
#include "bot/settings.hpp"
#include "bot/store.hpp"

namespace bot {

/// The process's exit code (cli::ExitCode). Signals SIGTERM and SIGINT end it with 0.
int serve(const Settings& settings);

/// "sqlite:data/muster.db" → "data/muster.db".
std::string database_file(const std::string& store_url);

struct Inviting {
  Credentials& credentials;
  People& people;
  Env env;
  const std::string& public_url;
};
/// A one-time console link for somebody by id or name; a name nobody has yet becomes a new person (a responder unless `admin`).
Result<std::string> invite_person(const Inviting& in, const std::string& name, bool admin, int minutes);

}  // namespace bot
