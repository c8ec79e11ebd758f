// What every part of the inbound side works with: the core's ports, Slack's Web API, private answers, and threads that may wait for Slack.
// Place: owned by the inbox; its parts keep a reference. Threads: any.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "bot/card.hpp"
#include "bot/workers.hpp"
#include "integrations/slack/answer_in_time.hpp"
#include "integrations/slack/api.hpp"
#include "integrations/slack/identity_lookup.hpp"
#include "integrations/slack/inbox.hpp"
#include "integrations/slack/render.hpp"
#include "integrations/slack/response_url.hpp"

namespace slack {

/// Who did it and where, as a payload says it. `room` may be "" (a global shortcut, the Home tab).
struct Sender { std::string user, name, room; };

class Reception : public std::enable_shared_from_this<Reception> {
 public:
  explicit Reception(const InboxPlaces& places);

  bot::Request request_of(const Sender& sender, bot::RequestBody body, std::optional<bot::Time> sent) const;
  View view(std::int64_t incident) const;
  /// An ephemeral message. `more`: further members of ours, as JSON text.
  std::string answer_json(const bot::Card& card, std::int64_t incident, const std::string& more = "") const;
  std::string answer_json(const bot::Reply& reply, const std::string& more = "") const;
  /// Posts it to the payload's response URL, beside the message it came from.
  void tell(const std::string& response_url, const bot::Reply& reply);
  void tell(const std::string& response_url, const bot::Card& card);

  /// Runs `job` on a thread of its own that may wait for Slack. False: too much waits already.
  bool later(const char* pool, std::function<void()> job);
  void stop();

  const InboxPlaces at;
  Api api;
  Deadlines deadlines;

 private:
  ResponseUrls response_urls_;
  bot::Workers workers_;
  IdentityLookup lookup_;
  std::shared_ptr<std::atomic<int>> waiting_ = std::make_shared<std::atomic<int>>(0);
};

bot::Card words(const std::string& sentence);
/// The reply's card; people must never read one that sounds like "done" when nothing was recorded.
bot::Card card_of(const bot::Reply& reply);
/// The reply in words alone, for places that hold no markup.
std::string sentence_of(const bot::Card& card, const View& view);

}  // namespace slack
