// What is known of the one Slack workspace this integration serves: who the bot is there, and where incidents have their rooms.
// Place: made by main; the sender writes it, the inbound routes read it. A cache: all of it can be learnt again.
// Threads: any; one mutex inside.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "bot/env.hpp"
#include "bot/mutex.hpp"
#include "bot/people.hpp"
#include "bot/secret.hpp"

namespace slack {

/// From auth.test.
struct Identity {
  std::string team_id, enterprise_id, user_id, bot_id, app_id;
  bool whole_enterprise = false;
};

/// What a member's id looks like: "U01ABC", "W01ABC".
bool is_user_id(const std::string& id);
/// The person's Slack user id, or "". A person met a moment ago is named by it: "slack:U02".
std::string user_id_of(const bot::People& people, const std::string& person);

class Workspace {
 public:
  std::optional<Identity> identity() const;
  void learn(const Identity& identity);
  /// What the process before had learnt: it tells others from us until Slack has answered.
  void believe(const Identity& identity);
  std::optional<Identity> believed() const;
  /// Whether a signed request comes from our workspace and app. True while no process ever learnt which that is: the signature is what protects.
  bool is_ours(const std::string& team_id, const std::string& enterprise_id, const std::string& app_id) const;

  // ---- the token: the settings', until a rotation hands in another ----
  bot::Secret bot_token(const bot::Secret& of_settings) const;
  void rotate(bot::Secret token);
  /// Called when `used` was answered with token_expired; true: bot_token() answers another one now. At most one renewal at a time.
  bool renew_token(const bot::Secret& used);
  void on_expired(std::function<bool(const bot::Secret& used)> renew);

  // ---- how Slack is ----
  /// Why nothing can be sent until a person helps ("Slack does not accept the bot token …"), or "".
  std::string trouble() const;
  /// `kind` tells troubles apart ("token", "socket" …), so that the end of one does not hide another. "" = it is over.
  void set_trouble(const std::string& kind, const std::string& words);
  /// Slack took a call or delivered something: it is there.
  void heard(bot::Time now);
  std::optional<bot::Time> last_heard() const;

  // ---- people ----
  /// Called with the person's id when a name was learnt of somebody who was an id until now, on the thread that learnt it.
  void on_named(std::function<void(const std::string& person)> tell);
  void named(const std::string& person);

  // ---- rooms ----
  /// Called with the reason when Slack refused an incident's room, on the sender's thread.
  void on_room_refused(std::function<void(std::int64_t incident, const std::string& why)> tell);
  void room_refused(std::int64_t incident, const std::string& why);
  std::string room(std::int64_t incident) const;  ///< channel id, or "" when not met since the start
  void remember_room(std::int64_t incident, const std::string& channel);
  /// How an incident's announcement looks now, so that it is edited only when it would look otherwise. True when that is not known.
  bool announcement_differs(std::int64_t incident, const std::string& drawn) const;
  void announced(std::int64_t incident, const std::string& drawn);

 private:
  mutable bot::Mutex mutex_;
  std::optional<Identity> identity_ GUARDED_BY(mutex_), believed_ GUARDED_BY(mutex_);
  std::map<std::int64_t, std::string> rooms_ GUARDED_BY(mutex_), announcements_ GUARDED_BY(mutex_);
  std::optional<bot::Secret> token_ GUARDED_BY(mutex_);
  std::function<bool(const bot::Secret&)> renew_ GUARDED_BY(mutex_);
  std::function<void(std::int64_t, const std::string&)> tell_refused_ GUARDED_BY(mutex_);
  std::function<void(const std::string&)> tell_named_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> troubles_ GUARDED_BY(mutex_);
  std::optional<bot::Time> heard_ GUARDED_BY(mutex_);
};

}  // namespace slack
