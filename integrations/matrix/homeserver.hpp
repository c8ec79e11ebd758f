// What is known of the one homeserver this integration speaks to: who the bot is there, its rooms, which of them are encrypted.
// Place: made by main; the api, the sender and the inbound side share it. A cache: all of it can be learnt again.
// Threads: any; one mutex inside.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bot/mutex.hpp"
#include "bot/people.hpp"

namespace matrix {

inline constexpr const char* kIntegration = "matrix";

/// From /account/whoami. Without a device the homeserver forgets transaction ids when it restarts: a repeat is then a second message, and a
/// message in doubt must be looked for by its "dev.muster.op" before it is sent again.
struct Self {
  std::string user_id, device_id;
};

/// The person's Matrix id, or "". A person met a moment ago is named by it: "matrix:@dana:example.org".
std::string user_id_of(const bot::People& people, const std::string& person);
/// "@dana:example.org" → "example.org"; "" when it is no user id.
std::string server_of(const std::string& user_id);
/// "https://matrix.to/#/!room/$event", each part percent-encoded; `via` lets other servers find the room.
std::string permalink(const std::string& room, const std::string& event_id, const std::string& via);

class Homeserver {
 public:
  std::optional<Self> self() const;
  void learn(const Self& self);

  /// From /capabilities; "" until learnt.
  std::string default_room_version() const;
  void learn_room_versions(const std::string& by_default, std::set<std::string> available);
  /// True while nothing is known.
  bool offers_room_version(const std::string& version) const;

  std::string room(std::int64_t incident) const;          ///< room id, or "" when not met since the start
  std::optional<std::int64_t> incident(const std::string& room) const;
  void remember_room(std::int64_t incident, const std::string& room);

  /// A room that this process made: nobody but the bot can have pinned anything in it. True once.
  void remember_made(const std::string& room);
  bool take_made(const std::string& room);

  /// Rooms of private incidents that let nobody in by themselves.
  bool closed(const std::string& room) const;
  void remember_closed(const std::string& room);

  /// Held while a room's power levels are read and written back: two who change them at once would undo each other.
  bot::Mutex changing_levels;
  /// Whom a room gave power last, as this process knows: nothing needs to be asked while it is the same. Null: not known.
  std::optional<std::set<std::string>> powerful(const std::string& room) const;
  void remember_powerful(const std::string& room, std::set<std::string> users);

  std::string room_of_alias(const std::string& alias) const;  ///< "" when not resolved since the start
  void remember_alias(const std::string& alias, const std::string& room);

  /// Direct rooms the bot opened to page or answer somebody: user id → room id.
  std::string direct_room(const std::string& user) const;
  void remember_direct_room(const std::string& user, const std::string& room);
  void forget_direct_room(const std::string& user);

  /// A room made by this process was looked at and is not encrypted, and none has been met since that is: then new ones are not either, since
  /// forcing it is a setting of the whole homeserver. Should that change, the room's own encryption event tells.
  bool makes_plain_rooms() const;
  void learn_plain_rooms();

  bool encrypted(const std::string& room) const;
  /// True when that is news.
  bool note_encrypted(const std::string& room);
  void forget_room(const std::string& room);              ///< left or kicked
  std::vector<std::string> encrypted_rooms() const;

 private:
  mutable bot::Mutex mutex_;
  std::optional<Self> self_ GUARDED_BY(mutex_);
  std::string default_version_ GUARDED_BY(mutex_);
  std::set<std::string> versions_ GUARDED_BY(mutex_);
  std::map<std::int64_t, std::string> rooms_ GUARDED_BY(mutex_);
  std::map<std::string, std::int64_t> incidents_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> aliases_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> direct_ GUARDED_BY(mutex_);
  std::set<std::string> encrypted_ GUARDED_BY(mutex_);
  std::set<std::string> made_ GUARDED_BY(mutex_);
  std::set<std::string> closed_ GUARDED_BY(mutex_);
  std::map<std::string, std::set<std::string>> powerful_ GUARDED_BY(mutex_);
  bool plain_rooms_ GUARDED_BY(mutex_) = false;
};

}  // namespace matrix
