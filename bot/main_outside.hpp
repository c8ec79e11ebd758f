// Everything outside that Muster sends to, made from the settings and owned together: chats, webhooks, status pages, and the client they share.
// Place: main_serve.cpp alone. Threads: made and ended on main; the senders as they say. What the constructor is given must outlive it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bot/main_matrix.hpp"
#include "bot/main_pages.hpp"
#include "bot/main_slack.hpp"

namespace bot {

struct Outside {
  Outside(const Settings& settings, Reader& reader, const People& people, Env env);
  std::vector<Sender*> all() const;
  /// How many threads each integration's messages get.
  std::map<std::string, int> threads() const;

  std::unique_ptr<http::Client> client;
  std::unique_ptr<SlackPart> slack;    ///< null: not set up
  std::unique_ptr<MatrixPart> matrix;  ///< null: not set up
  std::vector<std::unique_ptr<Sender>> senders;
  StatusPages pages;
};

}  // namespace bot
