// bot::Reader in SQL, on read-only connections: never waits for a commit.
// Place: made by open_store. Threads: any.
#pragma once

#include "bot/store.hpp"
#include "integrations/storage/reader_pool.hpp"

namespace storage {

class SqlReader : public bot::Reader {
 public:
  explicit SqlReader(ReaderPool& pool) : pool_(pool) {}
  bot::Result<std::optional<bot::Incident>> incident(std::int64_t number) override;
  bot::Result<std::vector<bot::Incident>> incidents(const bot::IncidentFilter& filter) override;
  bot::Result<std::vector<bot::Entry>> timeline(std::int64_t incident, std::int64_t after_seq, int limit) override;
  bot::Result<std::vector<bot::Entry>> stream(std::int64_t after_position, int limit) override;
  bot::Result<std::int64_t> last_position() override;
  bot::Result<std::optional<std::int64_t>> incident_of(const bot::RoomKey& room) override;
  bot::Result<std::vector<bot::Reference>> references(std::int64_t incident, const std::string& integration) override;
  bot::Result<std::vector<bot::QueuedMessage>> troubled(int limit) override;
  /// Open and dead messages; what was sent is history and is not counted.
  bot::Result<std::vector<bot::OutboxCount>> outbox_counts() override;
  bot::Result<std::vector<bot::Entry>> public_updates(int limit) override;
  bot::Result<std::vector<bot::Person>> people() override;
  bot::Result<std::optional<std::string>> adapter_state(const std::string& key) override;

 private:
  ReaderPool& pool_;
};

}  // namespace storage
