// An Intake and a Reader that know nothing but adapters' state: what a commit keeps and a new process finds. Threads: any.
#pragma once

#include <map>
#include <mutex>

#include "bot/request.hpp"
#include "bot/store.hpp"

namespace slack_tests {

class StateStore : public bot::Intake, public bot::Reader {
 public:
  std::map<std::string, std::string> state;
  std::vector<bot::Request> requests;
  bool refuses = false;
  /// Takes `n` more, then refuses.
  void refuse_after(int n) { takes_ = n; }

  void submit(bot::Request request, bot::Completion done) override {
    bot::Reply reply;
    {
      std::lock_guard lock(mutex_);
      if (takes_ && (*takes_)-- == 0) refuses = true, takes_.reset();
      if (refuses) reply.status = bot::ReplyStatus::unavailable;
      else
        for (const auto& one : request.state) state[one.key] = one.value;
      requests.push_back(std::move(request));
    }
    done(reply);
  }

  bot::Result<std::optional<std::string>> adapter_state(const std::string& key) override {
    std::lock_guard lock(mutex_);
    const auto it = state.find(key);
    return it == state.end() || it->second.empty() ? std::optional<std::string>() : std::optional<std::string>(it->second);
  }
  bot::Result<std::optional<bot::Incident>> incident(std::int64_t number) override {
    for (const auto& one : all)
      if (one.number == number) return std::optional<bot::Incident>(one);
    return std::optional<bot::Incident>();
  }
  bot::Result<std::vector<bot::Incident>> incidents(const bot::IncidentFilter& filter) override {
    std::vector<bot::Incident> out;
    for (const auto& one : all)
      if ((filter.before == 0 || one.number < filter.before) && (!filter.open_only || one.takes_changes())) out.push_back(one);
    return out;
  }
  bot::Result<std::vector<bot::Entry>> timeline(std::int64_t, std::int64_t, int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::vector<bot::Entry>> stream(std::int64_t, int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::int64_t> last_position() override { return std::int64_t{0}; }
  bot::Result<std::optional<std::int64_t>> incident_of(const bot::RoomKey&) override { return std::optional<std::int64_t>(); }
  bot::Result<std::vector<bot::Reference>> references(std::int64_t incident, const std::string&) override {
    std::vector<bot::Reference> out;
    for (const auto& one : known)
      if (one.incident == incident) out.push_back(one);
    return out;
  }
  bot::Result<std::vector<bot::QueuedMessage>> troubled(int) override { return std::vector<bot::QueuedMessage>{}; }
  bot::Result<std::vector<bot::OutboxCount>> outbox_counts() override { return std::vector<bot::OutboxCount>{}; }
  bot::Result<std::vector<bot::Entry>> public_updates(int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::vector<bot::Person>> people() override { return std::vector<bot::Person>{}; }

  std::vector<bot::Incident> all;
  std::vector<bot::Reference> known;

 private:
  std::mutex mutex_;
  std::optional<int> takes_;
};

}  // namespace slack_tests
