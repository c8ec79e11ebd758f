// What every part of the inbound side works with: the core's ports, Slack's Web API, private answers, and threads that may wait for Slack.
// Place: owned by the inbox; its parts keep a reference. Threads: any.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
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
/// `nature`: who can read the room, where it was asked.
struct From {
  std::string user, name, room;
  bot::RoomNature nature = bot::RoomNature::unknown;
};

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
  /// Posts it to the payload's response URL, beside the message it came from; where that does not work, to the person in another way.
  void tell(const From& from, const std::string& response_url, const bot::Reply& reply);
  void tell(const From& from, const std::string& response_url, const bot::Card& card, std::int64_t incident = 0);
  /// Privately, wherever that is possible: at the response URL, in the room for that person's eyes alone, else directly. Waits for Slack.
  void tell_person(const From& from, const std::string& response_url, const bot::Card& card, std::int64_t incident, const std::string& thread = "");

  /// Fills in the name of somebody Muster has not met, so that they are not known by their id for ever. Waits for Slack.
  void learn_name(From& person, const Budget& budget);
  /// Why this person may not give commands (a guest, a bot, somebody of another organisation), or "". Who is named in the settings always may.
  /// While Slack does not say, people may: an incident is no time to be shut out. Waits for Slack when it is not known yet.
  std::string refusal(const From& person, const std::string& team, const Budget& budget);
  /// The same for a thread that must not wait: `then` runs at once when it is known and nothing of theirs is waiting, else in their turn on a
  /// thread that may wait. `waits`: `then` itself calls Slack, so it never runs at once.
  void admit(const From& person, const std::string& team, bool waits, std::function<void(const std::string& refusal)> then);
  /// Somebody of another organisation in a shared channel. Within an enterprise that is ours as a whole, teams differ and say nothing.
  bool is_foreign(const std::string& team) const;

  /// Who can read the room and whether the bot may enter it, for a verb that makes it an incident's. "" or why it cannot. Waits for Slack.
  std::string learn_room(From& from, const std::string& channel_name, const Budget& budget);
  /// This person waits for the incident's room: when Slack refuses to make it, they hear why. Kept in memory alone.
  void awaits_room(std::int64_t incident, const From& from, const std::string& response_url);
  void room_refused(std::int64_t incident, const std::string& why);

  /// A person has a name who was an id until now: the cards that show them are drawn again.
  void person_named(const std::string& person);

  /// Runs `job` on a thread of its own that may wait for Slack. False: too much waits already.
  bool later(const char* pool, std::function<void()> job);
  /// The same, after all that was handed in for this person: what somebody says first is done first. False: too much waits already.
  bool in_turn(const std::string& user, std::function<void()> job);
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
  /// What Slack told of a user, and until when it counts.
  struct Met { std::string name, refusal; bot::Millis until{}; };
  struct Waiting { From from; std::string response_url; };
  std::optional<Met> met(const std::string& user);
  std::optional<Met> look_up(const std::string& user, const Budget& budget);
  Met remember(const std::string& user, Met found);
  std::optional<std::string> known_refusal(const From& person, const std::string& team);
  bool has_turn(const std::string& user);
  void take_turns(const std::string& user);
  std::map<std::string, Met> met_ GUARDED_BY(names_mutex_);
  std::map<std::string, std::deque<std::function<void()>>> turns_ GUARDED_BY(names_mutex_);  ///< user → what waits or is being done, the oldest first
  std::map<std::int64_t, Waiting> rooms_ GUARDED_BY(names_mutex_);  ///< incident → who waits for its room
  bot::Millis silent_until_ GUARDED_BY(names_mutex_){};             ///< Slack did not answer: till then nobody is made to wait for it
};

bot::Card words(const std::string& sentence);
/// The verb of a typed line, in small letters: "INC-7 Adopt x" → "adopt".
std::string typed_verb(const std::string& typed);
/// Whether a person who uses it waits for a room.
bool opens_a_room(const std::string& verb);
/// The reply's card; people must never read one that sounds like "done" when nothing was recorded.
bot::Card card_of(const bot::Reply& reply);

}  // namespace slack
