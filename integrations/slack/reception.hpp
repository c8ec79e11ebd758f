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
struct From { std::string user, name, room; };

class Reception {
 public:
  explicit Reception(const InboxPlaces& places);
  /// What a reply that comes from the core's threads must hold before it touches any part of the inbox.
  void belongs_to(std::weak_ptr<void> whole) { whole_ = std::move(whole); }
  std::weak_ptr<void> whole() const { return whole_; }

  bot::Request request_of(const From& from, bot::RequestBody body, std::optional<bot::Time> sent) const;
  View view(std::int64_t incident) const;
  /// An ephemeral message. `more`: further members of ours, as JSON text.
  std::string answer_json(const bot::Card& card, std::int64_t incident, const std::string& more = "") const;
  std::string answer_json(const bot::Reply& reply, const std::string& more = "") const;
  /// Posts it to the payload's response URL, beside the message it came from.
  void tell(const std::string& response_url, const bot::Reply& reply);
  void tell(const std::string& response_url, const bot::Card& card);
  /// Privately, wherever that is possible: at the response URL, in the room for that person's eyes alone, else directly. Waits for Slack.
  void tell_person(const From& from, const std::string& response_url, const bot::Card& card, std::int64_t incident, const std::string& thread = "");

  /// Fills in the name of somebody Muster has not met, so that they are not known by their id for ever. Waits for Slack.
  void learn_name(From& person, const Budget& budget);

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
  std::atomic<int> waiting_{0};
  std::weak_ptr<void> whole_;
  bot::Mutex names_mutex_;
  std::map<std::string, std::string> names_ GUARDED_BY(names_mutex_);  ///< user id → name, as Slack told
};

bot::Card words(const std::string& sentence);
/// The reply's card; people must never read one that sounds like "done" when nothing was recorded.
bot::Card card_of(const bot::Reply& reply);

}  // namespace slack
