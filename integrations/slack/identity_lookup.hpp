// Finds out in the background which workspace and app are ours, so that requests of others can be refused.
// Place: kept by the inbound routes. Threads: owns one, which asks auth.test until it is answered.
#pragma once

#include "bot/lifecycle.hpp"
#include "integrations/slack/api.hpp"

namespace slack {

class IdentityLookup {
 public:
  IdentityLookup(const bot::SlackSettings& settings, http::Client& client, bot::Clock& clock, Workspace& workspace);
  ~IdentityLookup() { loop_.stop(); }

 private:
  bot::Millis look();
  bot::Clock& clock_;
  Workspace& workspace_;
  Api api_;
  bot::Loop loop_;
};

}  // namespace slack
