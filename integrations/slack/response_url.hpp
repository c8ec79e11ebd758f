// Private answers to pressed buttons: Slack takes them only as a POST to the address that came with the press.
// Place: used by the inbound routes. Threads: post() from any; owns one thread that calls out, so that no listener thread waits for Slack.
// Errors: none are reported. The change is recorded and shown in the room; only the private word may be lost.
#pragma once

#include <deque>
#include <string>

#include "bot/lifecycle.hpp"
#include "integrations/http/client.hpp"

namespace slack {

/// The address is a bearer secret and outside text: only Slack's own host is ever called.
bool is_response_url(const std::string& url);

class ResponseUrls {
 public:
  explicit ResponseUrls(http::Client& client);
  ~ResponseUrls() { loop_.stop(); }
  /// Drops the answer when 200 wait already.
  void post(const std::string& url, std::string body);

 private:
  struct Waiting { std::string url, body; };
  bot::Millis post_next();
  http::Client& client_;
  bot::Mutex mutex_;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
  bot::Loop loop_;
};

}  // namespace slack
