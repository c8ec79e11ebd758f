// What lies behind the inbox, by hand: an intake that keeps what it was asked, forms that are given, a reader of a few incidents.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <vector>

#include "bot/store.hpp"

namespace slack_tests {

/// Keeps what was asked; answers at once with `reply`, or not at all. A dedup key it knows answers with what it said first.
class FakeIntake : public bot::Intake {
 public:
  void submit(bot::Request request, bot::Completion done) override {
    bot::Reply given;
    {
      std::lock_guard lock(mutex_);
      for (const auto& state : request.state) state_[state.key] = state.value;
      requests_.push_back(request);
      if (silent) {
        waiting_.push_back(std::move(done));
        return;
      }
      given = reply_to ? reply_to(request) : reply;
      for (const auto& key : request.dedup_keys) {
        if (const auto known = known_.find(key); known != known_.end()) {
          given = known->second;
          given.repeated = true;
        }
      }
      const bool recorded = given.status == bot::ReplyStatus::ok && !given.repeated;
      for (const auto& key : request.dedup_keys)
        if (recorded) known_[key] = given;
    }
    done(given);
  }
  std::vector<bot::Request> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  template <class Body>
  std::vector<bot::Request> of() const {
    std::vector<bot::Request> out;
    for (const auto& request : requests())
      if (std::holds_alternative<Body>(request.body)) out.push_back(request);
    return out;
  }
  std::string state(const std::string& key) const {
    std::lock_guard lock(mutex_);
    const auto it = state_.find(key);
    return it == state_.end() ? "" : it->second;
  }
  void answer_late() {
    std::vector<bot::Completion> waiting;
    {
      std::lock_guard lock(mutex_);
      waiting.swap(waiting_);
    }
    for (auto& done : waiting) done(reply);
  }
  std::atomic<bool> silent{false};
  bot::Reply reply;
  std::function<bot::Reply(const bot::Request&)> reply_to;

 private:
  mutable std::mutex mutex_;
  std::vector<bot::Request> requests_;
  std::vector<bot::Completion> waiting_;
  std::map<std::string, bot::Reply> known_;
  std::map<std::string, std::string> state_;
};

/// Answers with `answer`, which starts as "there is no form".
class FakeForms : public bot::FormSource {
 public:
  bot::Result<bot::Form> form(const bot::Request& request) override {
    std::lock_guard lock(mutex_);
    asked_.push_back(request);
    return answer(request);
  }
  std::vector<bot::Request> asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  std::function<bot::Result<bot::Form>(const bot::Request&)> answer = [](const bot::Request&) -> bot::Result<bot::Form> {
    return bot::fail(bot::ErrorKind::invalid_input, "There is no form for this.");
  };

 private:
  mutable std::mutex mutex_;
  std::vector<bot::Request> asked_;
};

class FakeReader : public bot::Reader {
 public:
  bot::Result<std::optional<bot::Incident>> incident(std::int64_t number) override {
    std::lock_guard lock(mutex_);
    if (broken) return bot::fail(bot::ErrorKind::unavailable, "The store does not answer.");
    const auto it = incidents_.find(number);
    return it == incidents_.end() ? std::optional<bot::Incident>() : it->second;
  }
  bot::Result<std::vector<bot::Incident>> incidents(const bot::IncidentFilter& filter) override {
    std::lock_guard lock(mutex_);
    if (broken) return bot::fail(bot::ErrorKind::unavailable, "The store does not answer.");
    std::vector<bot::Incident> out;
    for (auto it = incidents_.rbegin(); it != incidents_.rend() && static_cast<int>(out.size()) < filter.limit; ++it)
      if (!filter.open_only || it->second.takes_changes()) out.push_back(it->second);
    return out;
  }
  bot::Result<std::optional<std::int64_t>> incident_of(const bot::RoomKey& room) override {
    std::lock_guard lock(mutex_);
    if (broken) return bot::fail(bot::ErrorKind::unavailable, "The store does not answer.");
    const auto it = rooms_.find(room.id);
    return it == rooms_.end() ? std::optional<std::int64_t>() : it->second;
  }
  bot::Result<std::optional<std::string>> adapter_state(const std::string& key) override {
    std::lock_guard lock(mutex_);
    if (committed != nullptr) {
      const std::string value = committed->state(key);
      return value.empty() ? std::optional<std::string>() : value;
    }
    const auto it = states.find(key);
    return it == states.end() ? std::optional<std::string>() : it->second;
  }
  bot::Result<std::vector<bot::Entry>> timeline(std::int64_t, std::int64_t, int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::vector<bot::Entry>> stream(std::int64_t, int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::int64_t> last_position() override { return std::int64_t{0}; }
  bot::Result<std::vector<bot::Reference>> references(std::int64_t incident, const std::string&) override {
    std::lock_guard lock(mutex_);
    std::vector<bot::Reference> out;
    for (const auto& one : known)
      if (one.incident == incident) out.push_back(one);
    return out;
  }
  bot::Result<std::vector<bot::QueuedMessage>> troubled(int) override { return std::vector<bot::QueuedMessage>{}; }
  bot::Result<std::vector<bot::OutboxCount>> outbox_counts() override { return std::vector<bot::OutboxCount>{}; }
  bot::Result<std::vector<bot::Entry>> public_updates(int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::vector<bot::Person>> people() override { return std::vector<bot::Person>{}; }

  void put(bot::Incident incident, const std::string& room = "") {
    std::lock_guard lock(mutex_);
    if (!room.empty()) rooms_[room] = incident.number;
    incidents_[incident.number] = std::move(incident);
  }
  std::map<std::string, std::string> states;
  std::vector<bot::Reference> known;
  FakeIntake* committed = nullptr;  ///< where adapters' state is, instead of in `states`
  std::atomic<bool> broken{false};

 private:
  std::mutex mutex_;
  std::map<std::int64_t, bot::Incident> incidents_;
  std::map<std::string, std::int64_t> rooms_;
};

inline bot::Incident incident(std::int64_t number, const std::string& title, const std::string& severity = "sev2") {
  bot::Incident row;
  row.number = number;
  row.title = title;
  row.severity = severity;
  row.status = "investigating";
  row.declared_by = bot::Actor{bot::ActorKind::person, "alice", {}, false};
  return row;
}

}  // namespace slack_tests
