#include "integrations/slack/workspace.hpp"

#include "bot/log.hpp"

namespace slack {
namespace {
constexpr std::size_t kRooms = 1000;
}  // namespace

bool is_user_id(const std::string& id) {
  if (id.size() < 2 || id.size() > 32) return false;
  for (char c : id)
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return false;
  return true;
}

std::string user_id_of(const bot::People& people, const std::string& person) {
  std::string id;
  if (const auto known = people.find(person)) {
    if (const auto it = known->identities.find("slack"); it != known->identities.end()) id = it->second;
  } else if (person.rfind("slack:", 0) == 0) {
    id = person.substr(6);
  }
  return is_user_id(id) ? id : "";
}

std::optional<Identity> Workspace::identity() const {
  bot::Lock lock(mutex_);
  return identity_;
}

void Workspace::learn(const Identity& identity) {
  bot::Lock lock(mutex_);
  identity_ = identity;
}

void Workspace::believe(const Identity& identity) {
  bot::Lock lock(mutex_);
  believed_ = identity;
}

std::optional<Identity> Workspace::believed() const {
  bot::Lock lock(mutex_);
  return identity_ ? identity_ : believed_;
}

bool Workspace::is_ours(const std::string& team_id, const std::string& enterprise_id, const std::string& app_id) const {
  const auto us = believed();
  if (!us) return true;
  const bool app_differs = !app_id.empty() && !us->app_id.empty() && app_id != us->app_id;
  const bool same_team = !team_id.empty() && team_id == us->team_id;
  const bool same_enterprise = us->whole_enterprise && !enterprise_id.empty() && enterprise_id == us->enterprise_id;
  return !app_differs && (same_team || same_enterprise);
}

bot::Secret Workspace::bot_token(const bot::Secret& of_settings) const {
  bot::Lock lock(mutex_);
  return token_ ? *token_ : of_settings;
}

void Workspace::rotate(bot::Secret token) {
  bot::Lock lock(mutex_);
  token_ = std::move(token);
}

bool Workspace::renew_token(const bot::Secret& used) {
  std::function<bool(const bot::Secret&)> renew;
  {
    bot::Lock lock(mutex_);
    renew = renew_;
  }
  return renew && renew(used);  // it calls Slack and the store: never with the lock held
}

void Workspace::on_expired(std::function<bool(const bot::Secret&)> renew) {
  bot::Lock lock(mutex_);
  renew_ = std::move(renew);
}

std::string Workspace::trouble() const {
  bot::Lock lock(mutex_);
  return troubles_.empty() ? "" : troubles_.begin()->second;
}

void Workspace::set_trouble(const std::string& kind, const std::string& words) {
  bot::Lock lock(mutex_);
  if (words.empty()) {
    troubles_.erase(kind);
    return;
  }
  std::string& have = troubles_[kind];
  if (have != words) bot::log(bot::LogLevel::error, "slack_trouble", {{"what", words}});
  have = words;
}

void Workspace::heard(bot::Time now) {
  bot::Lock lock(mutex_);
  heard_ = now;
}

std::optional<bot::Time> Workspace::last_heard() const {
  bot::Lock lock(mutex_);
  return heard_;
}

void Workspace::on_named(std::function<void(const std::string&)> tell) {
  bot::Lock lock(mutex_);
  tell_named_ = std::move(tell);
}

void Workspace::named(const std::string& person) {
  std::function<void(const std::string&)> tell;
  {
    bot::Lock lock(mutex_);
    tell = tell_named_;
  }
  if (tell) tell(person);
}

void Workspace::on_room_refused(std::function<void(std::int64_t, const std::string&)> tell) {
  bot::Lock lock(mutex_);
  tell_refused_ = std::move(tell);
}

void Workspace::room_refused(std::int64_t incident, const std::string& why) {
  std::function<void(std::int64_t, const std::string&)> tell;
  {
    bot::Lock lock(mutex_);
    tell = tell_refused_;
  }
  if (tell) tell(incident, why);
}

std::string Workspace::room(std::int64_t incident) const {
  bot::Lock lock(mutex_);
  const auto it = rooms_.find(incident);
  return it == rooms_.end() ? "" : it->second;
}

void Workspace::remember_room(std::int64_t incident, const std::string& channel) {
  bot::Lock lock(mutex_);
  rooms_[incident] = channel;
  if (rooms_.size() > kRooms) rooms_.erase(rooms_.begin());  // the oldest incident
}

bool Workspace::announcement_differs(std::int64_t incident, const std::string& drawn) const {
  bot::Lock lock(mutex_);
  const auto it = announcements_.find(incident);
  return it == announcements_.end() || it->second != drawn;
}

void Workspace::announced(std::int64_t incident, const std::string& drawn) {
  bot::Lock lock(mutex_);
  announcements_[incident] = drawn;
  if (announcements_.size() > kRooms) announcements_.erase(announcements_.begin());
}

}  // namespace slack
