// Ports that pass everything on; a deliberate break overrides the one call it spoils.
#pragma once

#include "tests/simulation/breaks.hpp"

namespace sim {

class PassingStore : public bot::Store {
 public:
  PassingStore(bot::Store& next, World& world) : next_(next), world_(world) {}
  bot::Result<bot::Loaded> load(const bot::LoadQuery& query) override { return next_.load(query); }
  bot::Status commit(std::vector<bot::Changes>& batch) override { return next_.commit(batch); }
  bot::Result<std::vector<bot::QueuedMessage>> lease(const bot::LeaseQuery& query) override { return next_.lease(query); }
  bot::Result<std::optional<bot::Time>> next_due() override { return next_.next_due(); }
  bot::Result<std::vector<bot::Timer>> due_timers(bot::Time now, int limit) override { return next_.due_timers(now, limit); }
  bot::Result<std::optional<bot::Time>> next_timer() override { return next_.next_timer(); }
  bot::Status shift_due(bot::Millis by, const std::string& timer_kind) override { return next_.shift_due(by, timer_kind); }
  bot::Result<bool> purge(bot::Time before) override { return next_.purge(before); }
  bot::Status maintain() override { return next_.maintain(); }

 protected:
  bot::Store& next_;
  World& world_;
};

class PassingSender : public bot::Sender {
 public:
  PassingSender(bot::Sender& next, World& world) : next_(next), world_(world) {}
  const std::string& integration() const override { return next_.integration(); }
  int parallel() const override { return next_.parallel(); }
  bot::RepeatPolicy repeat_policy(const bot::Content& content) const override { return next_.repeat_policy(content); }
  bot::SendResult send(const bot::Message& message, const bot::SendContext& context) override { return next_.send(message, context); }
  bot::FindResult find(const bot::Message& message, const bot::SendContext& context) override { return next_.find(message, context); }

 protected:
  bot::Sender& next_;
  World& world_;
};

class PassingCommands : public bot::Commands {
 public:
  PassingCommands(const bot::Commands& next, World& world) : next_(next), world_(world) {}
  bot::Result<bot::Invocation> parse(const std::string& text, const bot::Settings& settings, const bot::People& people) const override {
    return next_.parse(text, settings, people);
  }
  bool is_query(const bot::Invocation& invocation) const override { return next_.is_query(invocation); }
  bot::Reads reads(const bot::Request& request, const bot::Invocation* invocation) const override { return next_.reads(request, invocation); }
  bot::Result<bot::Decision> decide(const bot::Request& request, const bot::Invocation* invocation, const bot::Snapshot& snapshot,
                                    const bot::Context& context) const override {
    return next_.decide(request, invocation, snapshot, context);
  }
  bot::Result<bot::Form> form(const bot::Invocation& invocation, const bot::Incident* incident, const bot::Context& context) const override {
    return next_.form(invocation, incident, context);
  }
  bot::Result<bot::Reply> query(const bot::Invocation& invocation, bot::Reader& reader, const bot::Context& context) const override {
    return next_.query(invocation, reader, context);
  }

 protected:
  const bot::Commands& next_;
  World& world_;
};

/// Reads of one incident's row, as the Dispatcher needs them; the rest goes straight to the disk.
class PassingReader : public bot::Reader {
 public:
  PassingReader(bot::Reader& next, World& world) : next_(next), world_(world) {}
  bot::Result<std::optional<bot::Incident>> incident(std::int64_t number) override { return next_.incident(number); }
  bot::Result<std::vector<bot::Incident>> incidents(const bot::IncidentFilter& filter) override { return next_.incidents(filter); }
  bot::Result<std::vector<bot::Entry>> timeline(std::int64_t n, std::int64_t after, int limit) override { return next_.timeline(n, after, limit); }
  bot::Result<std::vector<bot::Entry>> stream(std::int64_t after, int limit) override { return next_.stream(after, limit); }
  bot::Result<std::int64_t> last_position() override { return next_.last_position(); }
  bot::Result<std::optional<std::int64_t>> incident_of(const bot::RoomKey& room) override { return next_.incident_of(room); }
  bot::Result<std::vector<bot::Reference>> references(std::int64_t n, const std::string& integration) override { return next_.references(n, integration); }
  bot::Result<std::vector<bot::QueuedMessage>> troubled(int limit) override { return next_.troubled(limit); }
  bot::Result<std::vector<bot::OutboxCount>> outbox_counts() override { return next_.outbox_counts(); }
  bot::Result<std::vector<bot::Entry>> public_updates(int limit) override { return next_.public_updates(limit); }
  bot::Result<std::vector<bot::Person>> people() override { return next_.people(); }
  bot::Result<std::optional<std::string>> adapter_state(const std::string& key) override { return next_.adapter_state(key); }

 protected:
  bot::Reader& next_;
  World& world_;
};

class PassingIntake : public bot::Intake {
 public:
  PassingIntake(bot::Intake& next, World& world) : next_(next), world_(world) {}
  void submit(bot::Request request, bot::Completion done) override { next_.submit(std::move(request), std::move(done)); }

 protected:
  bot::Intake& next_;
  World& world_;
};

// ---- one line per break ----

template <class T>
Break in_store(const char* name, const char* promise) {
  Break b{name, promise};
  b.store = [](bot::Store& next, World& world) { return std::make_unique<T>(next, world); };
  return b;
}
template <class T>
Break in_sender(const char* name, const char* promise) {
  Break b{name, promise};
  b.sender = [](bot::Sender& next, World& world) { return std::make_unique<T>(next, world); };
  return b;
}
template <class T>
Break in_commands(const char* name, const char* promise) {
  Break b{name, promise};
  b.commands = [](const bot::Commands& next, World& world) { return std::make_unique<T>(next, world); };
  return b;
}
template <class T>
Break in_reader(const char* name, const char* promise) {
  Break b{name, promise};
  b.reader = [](bot::Reader& next, World& world) { return std::make_unique<T>(next, world); };
  return b;
}
template <class T>
Break in_intake(const char* name, const char* promise) {
  Break b{name, promise};
  b.intake = [](bot::Intake& next, World& world) { return std::make_unique<T>(next, world); };
  return b;
}

// The families, each in its own source file.
std::vector<Break> breaks_of_recording();  ///< breaks_store.cpp
std::vector<Break> breaks_of_sending();    ///< breaks_send.cpp
std::vector<Break> breaks_of_rhythm();     ///< breaks_rhythm.cpp

}  // namespace sim
