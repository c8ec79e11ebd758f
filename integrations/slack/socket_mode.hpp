// Slack's Socket Mode: Muster opens websockets to Slack and needs no public address. Everything that comes goes to the same inbox as over HTTP.
// Two connections at a time, so that one that dies unseen is not all; one that Slack wants to close is replaced before it goes.
// Place: made by main when the settings say so. Threads: owns one for opening and watching; each socket has its own.
// Errors: words in Workspace::trouble where only a person can help; everything else is tried again in ever longer steps.
#pragma once

#include <vector>

#include "bot/lifecycle.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"
#include "integrations/slack/socket_link.hpp"
#include "integrations/slack/workspace.hpp"

namespace slack {

struct SocketModeLimits {
  int connections = 2;
  bot::Millis first_wait{1000}, longest_wait{60000};
  bot::Millis hopeless_wait{300000};  ///< after an answer that only a person's doing changes
  bot::Millis stop_within{2000};
  SocketWatch watch;
};

class SocketMode {
 public:
  SocketMode(const bot::SlackSettings& settings, http::Client& client, bot::Env env, std::shared_ptr<Workspace> workspace, std::shared_ptr<Inbox> inbox,
             OpenSocket open_socket, SocketModeLimits limits = {});
  ~SocketMode();
  void start() { loop_.start(); }
  /// Every connection ends with a close frame, so that Slack keeps no dead one in its books.
  void stop();

  bot::Millis step();  ///< the loop's
  int ready() const;   ///< connections that said hello
  const SocketCounts& counts() const { return counts_; }

 private:
  using Links = std::vector<std::shared_ptr<SocketLink>>;
  void look_after(Links& links);
  void refresh(const Links& links);
  void count_connections(const Links& links);
  void open_one();
  void failed(const std::string& why, std::optional<bot::Millis> wait = {});

  const bot::SlackSettings& settings_;
  http::Client& client_;
  bot::Env env_;
  std::shared_ptr<Workspace> workspace_;
  std::shared_ptr<Inbox> inbox_;
  OpenSocket open_socket_;
  const SocketModeLimits limits_;
  SocketCounts counts_;
  mutable bot::Mutex mutex_;
  Links links_ GUARDED_BY(mutex_);
  bot::Millis next_open_{};   ///< of the loop's thread alone, like:
  int failures_ = 0;
  std::vector<bot::Millis> gone_;  ///< when connections of ours ended lately: Slack may still count them
  bot::Loop loop_;
};

}  // namespace slack
