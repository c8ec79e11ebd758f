#include "integrations/matrix/homeserver.hpp"

#include "integrations/http/server.hpp"

namespace matrix {
namespace {

constexpr std::size_t kRooms = 1000, kAliases = 1000, kDirect = 5000, kEncrypted = 1000;

bool is_user_id(const std::string& id) {
  const auto colon = id.find(':');
  if (id.size() < 4 || id.size() > 255 || id[0] != '@' || colon == std::string::npos || colon < 2 || colon + 1 >= id.size()) return false;
  for (const char c : id)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '|') return false;
  return true;
}

}  // namespace

std::string user_id_of(const bot::People& people, const std::string& person) {
  std::string id;
  if (const auto known = people.find(person)) {
    if (const auto it = known->identities.find(kIntegration); it != known->identities.end()) id = it->second;
  } else if (person.rfind("matrix:", 0) == 0) {
    id = person.substr(7);
  }
  return is_user_id(id) ? id : "";
}

std::string server_of(const std::string& user_id) { return is_user_id(user_id) ? user_id.substr(user_id.find(':') + 1) : ""; }

std::string permalink(const std::string& room, const std::string& event_id, const std::string& via) {
  std::string out = "https://matrix.to/#/" + http::percent_encode(room);
  if (!event_id.empty()) out += "/" + http::percent_encode(event_id);
  if (!via.empty()) out += "?via=" + http::percent_encode(via);
  return out;
}

std::optional<Self> Homeserver::self() const {
  bot::Lock lock(mutex_);
  return self_;
}

void Homeserver::learn(const Self& self) {
  bot::Lock lock(mutex_);
  self_ = self;
}

std::string Homeserver::default_room_version() const {
  bot::Lock lock(mutex_);
  return default_version_;
}

void Homeserver::learn_room_versions(const std::string& by_default, std::set<std::string> available) {
  bot::Lock lock(mutex_);
  default_version_ = by_default;
  versions_ = std::move(available);
}

bool Homeserver::offers_room_version(const std::string& version) const {
  bot::Lock lock(mutex_);
  return versions_.empty() || versions_.count(version) > 0;
}

std::string Homeserver::room(std::int64_t incident) const {
  bot::Lock lock(mutex_);
  const auto it = rooms_.find(incident);
  return it == rooms_.end() ? "" : it->second;
}

std::optional<std::int64_t> Homeserver::incident(const std::string& room) const {
  bot::Lock lock(mutex_);
  const auto it = incidents_.find(room);
  return it == incidents_.end() ? std::nullopt : std::optional<std::int64_t>(it->second);
}

void Homeserver::remember_room(std::int64_t incident, const std::string& room) {
  bot::Lock lock(mutex_);
  rooms_[incident] = room;
  incidents_[room] = incident;
  if (rooms_.size() <= kRooms) return;
  incidents_.erase(rooms_.begin()->second);  // the oldest incident
  rooms_.erase(rooms_.begin());
}

void Homeserver::remember_made(const std::string& room) {
  bot::Lock lock(mutex_);
  if (made_.size() < kRooms) made_.insert(room);
}

bool Homeserver::take_made(const std::string& room) {
  bot::Lock lock(mutex_);
  return made_.erase(room) > 0;
}

bool Homeserver::closed(const std::string& room) const {
  bot::Lock lock(mutex_);
  return closed_.count(room) > 0;
}

void Homeserver::remember_closed(const std::string& room) {
  bot::Lock lock(mutex_);
  if (closed_.size() >= kRooms) closed_.clear();
  closed_.insert(room);
}

std::optional<std::set<std::string>> Homeserver::powerful(const std::string& room) const {
  bot::Lock lock(mutex_);
  const auto it = powerful_.find(room);
  return it == powerful_.end() ? std::nullopt : std::optional(it->second);
}

void Homeserver::remember_powerful(const std::string& room, std::set<std::string> users) {
  bot::Lock lock(mutex_);
  if (powerful_.size() >= kRooms) powerful_.clear();
  powerful_[room] = std::move(users);
}

std::string Homeserver::room_of_alias(const std::string& alias) const {
  bot::Lock lock(mutex_);
  const auto it = aliases_.find(alias);
  return it == aliases_.end() ? "" : it->second;
}

void Homeserver::remember_alias(const std::string& alias, const std::string& room) {
  bot::Lock lock(mutex_);
  if (aliases_.size() >= kAliases) aliases_.clear();
  aliases_[alias] = room;
}

std::string Homeserver::direct_room(const std::string& user) const {
  bot::Lock lock(mutex_);
  const auto it = direct_.find(user);
  return it == direct_.end() ? "" : it->second;
}

void Homeserver::remember_direct_room(const std::string& user, const std::string& room) {
  bot::Lock lock(mutex_);
  if (direct_.size() >= kDirect) direct_.clear();
  direct_[user] = room;
}

void Homeserver::forget_direct_room(const std::string& user) {
  bot::Lock lock(mutex_);
  direct_.erase(user);
}

bool Homeserver::makes_plain_rooms() const {
  bot::Lock lock(mutex_);
  return plain_rooms_;
}

void Homeserver::learn_plain_rooms() {
  bot::Lock lock(mutex_);
  plain_rooms_ = true;
}

bool Homeserver::encrypted(const std::string& room) const {
  bot::Lock lock(mutex_);
  return encrypted_.count(room) > 0;
}

bool Homeserver::note_encrypted(const std::string& room) {
  bot::Lock lock(mutex_);
  plain_rooms_ = false;
  return encrypted_.size() < kEncrypted && encrypted_.insert(room).second;
}

void Homeserver::forget_room(const std::string& room) {
  bot::Lock lock(mutex_);
  encrypted_.erase(room);
  std::erase_if(direct_, [&](const auto& item) { return item.second == room; });
}

std::vector<std::string> Homeserver::encrypted_rooms() const {
  bot::Lock lock(mutex_);
  return {encrypted_.begin(), encrypted_.end()};
}

}  // namespace matrix
