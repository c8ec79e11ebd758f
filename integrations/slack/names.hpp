// Learns the names of people whom Muster met only as ids, slowly and in the background, so that timelines and the console name them.
// Place: made by main. Threads: owns one. What it learns is kept in the registry of people; after a restart it is learnt again, as slowly.
#pragma once

#include <map>
#include <memory>

#include "bot/lifecycle.hpp"
#include "bot/people.hpp"
#include "bot/settings.hpp"
#include "integrations/slack/api.hpp"

namespace slack {

class Names {
 public:
  Names(const bot::SlackSettings& settings, http::Client& client, bot::People& people, bot::Clock& clock, std::shared_ptr<Workspace> workspace);
  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  bot::Millis step();  ///< the loop's: at most one call

 private:
  std::optional<bot::Person> unnamed();
  bot::People& people_;
  bot::Clock& clock_;
  std::shared_ptr<Workspace> workspace_;
  Api api_;
  std::map<std::string, bot::Millis> not_before_;  ///< person id → when to ask again
  bot::Loop loop_;
};

}  // namespace slack
