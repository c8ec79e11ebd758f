#include "integrations/http/registry.hpp"

#include "integrations/http/connection.hpp"

namespace http {

void Registry::add(const std::shared_ptr<Connection>& connection) {
  bot::Lock lock(mutex_);
  connection->place_ = open_.size();
  open_.push_back(connection.get());
}

void Registry::remove(Connection* connection) {
  bot::Lock lock(mutex_);
  const std::size_t place = connection->place_;
  if (place >= open_.size() || open_[place] != connection) return;
  open_[place] = open_.back();
  open_[place]->place_ = place;
  open_.pop_back();
  if (open_.empty()) emptied_.notify_all();
}

std::size_t Registry::size() const {
  bot::Lock lock(mutex_);
  return open_.size();
}

std::vector<std::shared_ptr<Connection>> Registry::all() const {
  bot::Lock lock(mutex_);
  std::vector<std::shared_ptr<Connection>> out;
  out.reserve(open_.size());
  for (Connection* c : open_)
    if (auto held = c->weak_from_this().lock()) out.push_back(std::move(held));
  return out;
}

std::vector<std::shared_ptr<Connection>> Registry::overdue(std::int64_t now_ms) const {
  bot::Lock lock(mutex_);
  std::vector<std::shared_ptr<Connection>> out;
  for (Connection* c : open_) {
    const std::int64_t deadline = c->deadline();
    if (deadline == 0 || deadline > now_ms) continue;
    if (auto held = c->weak_from_this().lock()) out.push_back(std::move(held));
  }
  return out;
}

std::shared_ptr<Connection> Registry::longest_waiting() const {
  bot::Lock lock(mutex_);
  Connection* oldest = nullptr;
  std::int64_t since = 0;
  for (Connection* c : open_) {
    const std::int64_t waiting = c->waiting_since();
    if (waiting == 0 || (oldest && waiting >= since)) continue;
    oldest = c;
    since = waiting;
  }
  return oldest ? oldest->weak_from_this().lock() : nullptr;
}

bool Registry::wait_empty(int within_ms) {
  bot::Lock lock(mutex_);
  return emptied_.wait_for(lock.native(), std::chrono::milliseconds(within_ms), [&]() REQUIRES_LOCK(mutex_) { return open_.empty(); });
}

}  // namespace http
