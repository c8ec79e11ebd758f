// What is known of the one Slack workspace this integration serves: who the bot is there, and where incidents have their rooms.
// Place: made by main; the sender writes it, the inbound routes read it. A cache: all of it can be learnt again.
// Threads: any; one mutex inside.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "bot/mutex.hpp"
#include "bot/people.hpp"

namespace slack {

/// From auth.test.
struct Identity {
  std::string team_id, enterprise_id, user_id, bot_id, app_id;
  bool whole_enterprise = false;
};

/// The person's Slack user id, or "". A person met a moment ago is named by it: "slack:U02".
std::string user_id_of(const bot::People& people, const std::string& person);

class Workspace {
 public:
  std::optional<Identity> identity() const;
  void learn(const Identity& identity);
  /// Whether a signed request comes from our workspace and app. True while the identity is not known yet: the signature is what protects.
  bool is_ours(const std::string& team_id, const std::string& enterprise_id, const std::string& app_id) const;

  std::string room(std::int64_t incident) const;  ///< channel id, or "" when not met since the start
  void remember_room(std::int64_t incident, const std::string& channel);

 private:
  mutable bot::Mutex mutex_;
  std::optional<Identity> identity_ GUARDED_BY(mutex_);
  std::map<std::int64_t, std::string> rooms_ GUARDED_BY(mutex_);
};

}  // namespace slack
