// Token rotation: the bot token lives 12 hours, and each renewal makes the refresh token before it worthless.
// So a new pair is durable before it is used, one renewal runs at a time, and where the disk cannot take a pair none is asked for.
// Place: made by main when the settings have a refresh token. The current token goes to the Workspace, from where every call takes it.
// Threads: owns one, which renews two hours early; renew() also from senders whose token turned out expired. Errors: words in Workspace::trouble.
#pragma once

#include <memory>
#include <string>

#include "bot/lifecycle.hpp"
#include "bot/request.hpp"
#include "bot/settings.hpp"
#include "bot/store.hpp"
#include "integrations/http/client.hpp"
#include "integrations/slack/workspace.hpp"

namespace slack {

class Rotation {
 public:
  /// Takes up what the last process kept, unless the settings hold a refresh token it did not begin with.
  Rotation(const bot::SlackSettings& settings, http::Client& client, bot::Intake& intake, bot::Reader& reader, bot::Clock& clock,
           std::shared_ptr<Workspace> workspace);
  ~Rotation();
  Rotation(const Rotation&) = delete;
  Rotation& operator=(const Rotation&) = delete;

  void start() { loop_.start(); }
  void stop();
  /// Renews unless somebody else just did; true when the workspace's token is another one than `used`.
  bool renew(const bot::Secret& used);
  /// Renews when it is time; how long until it is again. The loop's step.
  bot::Millis step();

 private:
  struct Pair { bot::Secret bot, refresh; bot::Time expires{}; };
  void take_up(bot::Reader& reader);
  bool ask(const bot::Secret& used) REQUIRES_LOCK(renewing_);
  bool keep(const Pair& pair);
  bool commit(std::vector<bot::AdapterState> state);

  const bot::SlackSettings& settings_;
  http::Client& client_;
  bot::Intake& intake_;
  bot::Clock& clock_;
  std::shared_ptr<Workspace> workspace_;
  bot::Mutex renewing_;                      ///< held over the calls: a second renewal would spend the same refresh token
  Pair current_ GUARDED_BY(renewing_);
  bool unkept_ GUARDED_BY(renewing_) = false;  ///< the pair is newer than the store's
  bot::Loop loop_;
};

}  // namespace slack
