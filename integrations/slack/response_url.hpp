// Private answers to pressed buttons: Slack takes them only as a POST to the address that came with the press.
// Place: used by the inbound routes. Threads: post() from any; owns one thread that calls out, so that no listener thread waits for Slack.
// Errors: an address that does not take the answer (used up, unreachable, not Slack's) has `otherwise` called, for another way to the person.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "bot/lifecycle.hpp"
#include "integrations/http/client.hpp"

namespace slack {

/// The address is a bearer secret and outside text: only Slack's own hosts are ever called (that of GovSlack is another one).
bool is_response_url(const std::string& url);

class ResponseUrls {
 public:
  explicit ResponseUrls(http::Client& client);
  ~ResponseUrls() { loop_.stop(); }
  /// `otherwise` runs at once when 200 wait already or the address is none, else on this object's thread when it was not taken.
  void post(const std::string& url, std::string body, std::function<void()> otherwise);

 private:
  struct Waiting { std::string url, body; std::function<void()> otherwise; };
  bot::Millis post_next();
  http::Client& client_;
  bot::Mutex mutex_;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
  bot::Loop loop_;
};

}  // namespace slack
