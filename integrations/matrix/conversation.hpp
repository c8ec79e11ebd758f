// What an event means for Muster: a command, a pressed button, a message for the timeline, somebody coming or going, an invitation, or nothing.
// Place: one per event source's thread; what it finds goes to the recorder, what must be said to the chores.
// Trust: requests are made only for senders and rooms that may (trust.hpp). What an event's content claims about who sent it is never read.
// Threads: the source's one thread. Errors: an event that cannot be read or understood is nothing; no event can end or hold up the others.
#pragma once

#include <atomic>
#include <map>
#include <set>
#include <utility>

#include "bot/store.hpp"
#include "integrations/http/rate_limiter.hpp"
#include "integrations/matrix/chores.hpp"
#include "integrations/matrix/event.hpp"
#include "integrations/matrix/recorder.hpp"
#include "integrations/matrix/typed.hpp"

namespace matrix {

/// Counted for the metrics.
struct Heard {
  std::atomic<std::uint64_t> events{0}, commands{0}, presses{0}, pins{0}, refused{0}, flooded{0}, gaps{0}, failures{0};
};

/// What a conversation stands on. All of it must outlive it.
struct Grounds {
  const bot::Settings& settings;
  const bot::People& people;
  bot::Reader& reader;
  bot::Env env;
  Api& api;
  Chores& chores;
  std::set<std::string> queries;  ///< verbs that change nothing: their answers are always words
  Heard& heard;
};

class Conversation {
 public:
  explicit Conversation(Grounds grounds) : on_(std::move(grounds)) {}

  /// At most one request. Chores that come of it count into `batch`.
  std::optional<Asked> read(const Event& event, const std::shared_ptr<Batch>& batch);
  /// Somebody invited the bot. Accepted or declined by a chore.
  void invited(const std::string& room, const std::string& inviter, const std::shared_ptr<Batch>& batch);
  /// Notes that the room is encrypted; says so there, once.
  void found_encrypted(const std::string& room, const std::shared_ptr<Batch>& batch);
  /// Shows a reply to whoever waits for it.
  void answer(const Origin& origin, const bot::Reply& reply, const std::shared_ptr<Batch>& batch);
  void delayed(const Origin& origin, const std::shared_ptr<Batch>& batch);
  /// True when the last event could not be understood for want of an answer from the homeserver or the store: read it again in a moment.
  bool take_unsettled() { return std::exchange(unsettled_, false); }
  /// What must be committed with the next checkpoint; taken away.
  std::vector<bot::AdapterState> take_state();
  std::optional<std::int64_t> incident_of(const std::string& room);
  /// A name the room shows, from an m.room.member event.
  void remember_name(const std::string& user, const std::string& name);

 private:
  enum class Place { incident, commands, direct, elsewhere };
  struct Button { std::string command; std::int64_t incident = 0; };
  struct CardSeen { bool ours = false, from_stream = false; std::map<std::string, std::string> buttons; std::int64_t incident = 0; std::string thread; };

  Place place_of(const std::string& room, const std::string& sender);
  bool is_command_room(const std::string& room);
  bot::RoomNature nature_of(const std::string& room);
  /// Whether the room's state says so: anybody can send an event that looks encrypted.
  bool is_encrypted(const std::string& room);
  /// A room of the settings was replaced by another: the bot goes where its alias leads now.
  void follow_upgrade(const Event& tombstone);
  void enter(const std::string& alias, const std::string& old_room);
  bool is_direct(const std::string& room, const std::string& sender);
  Called called();
  bot::Caller caller_of(const std::string& user);
  std::string name_of(const std::string& user);
  bot::Request request_of(const Event& event);
  bool may_speak(const Event& event);

  std::optional<Asked> message(const Event& event, const std::shared_ptr<Batch>& batch);
  std::optional<Asked> command(const Event& event, const std::string& typed, const std::shared_ptr<Batch>& batch);
  std::optional<Asked> edit(const Event& event);
  std::optional<Asked> reaction(const Event& event);
  std::optional<Asked> press(const Event& event, const std::string& key, Place place);
  std::optional<Asked> pin(const Event& event);
  std::optional<Asked> redaction(const Event& event);
  std::optional<Asked> membership(const Event& event, const std::shared_ptr<Batch>& batch);
  bool is_known_member(std::int64_t incident, const std::string& user);
  std::optional<Asked> room_change(const Event& event, const char* what, const std::string& text);
  /// The bot's own messages come back in the stream: what their buttons are need not be asked for when one is pressed.
  void note_card(const Event& event);
  void remember_card(const std::string& room, const std::string& event_id, CardSeen card);
  std::optional<CardSeen> card_of(const std::string& room, const std::string& event_id);
  void turned_away(const Event& event, const std::shared_ptr<Batch>& batch);
  static Origin origin_of(const Event& event);
  void not_here(const Event& event, const std::shared_ptr<Batch>& batch);
  void post(const Origin& origin, const std::string& salt, bot::Card card, std::int64_t incident, const std::shared_ptr<Batch>& batch);
  void react(const Origin& origin, const std::string& key, const std::shared_ptr<Batch>& batch);

  Grounds on_;
  http::RateLimiter limiter_;
  std::map<std::string, std::string> names_;                 ///< user id → display name
  std::map<std::string, CardSeen> cards_;                    ///< room/event id → its buttons
  std::map<std::string, bot::Millis> direct_;                ///< rooms with one other member → looked at when
  std::map<std::string, bot::Millis> resolved_;              ///< aliases → the homeserver was asked when
  std::map<std::string, bot::Millis> no_incident_;           ///< rooms that belong to none → looked at when
  std::vector<bot::AdapterState> state_;
  bool unsettled_ = false;
};

/// "<what>/<hash of the id>": a key of AdapterState for one event or room.
std::string state_key(const std::string& what, const std::string& id);
/// The transaction id of what follows from an event.
std::string transaction_of(const std::string& event_id, const std::string& salt);

}  // namespace matrix
