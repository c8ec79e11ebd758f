#include "integrations/storage/sql_reader.hpp"

#include <algorithm>
#include <limits>

#include "integrations/codec/codec.hpp"
#include "integrations/storage/rows.hpp"

namespace storage {
namespace {

constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();

std::vector<bot::Entry> entries(Rows rows) {
  std::vector<bot::Entry> out;
  while (rows.next()) out.push_back(read_entry(rows));
  return out;
}

}  // namespace

bot::Result<std::optional<bot::Incident>> SqlReader::incident(std::int64_t number) {
  return pool_.read([&](SqliteConnection& c) {
    std::optional<bot::Incident> out;
    auto row = c.query("SELECT body FROM incident WHERE number = ?", number);
    if (row.next()) out = sound(codec::decode_incident(row.text(0)));
    return out;
  });
}

bot::Result<std::vector<bot::Incident>> SqlReader::incidents(const bot::IncidentFilter& filter) {
  return pool_.read([&](SqliteConnection& c) {
    std::vector<bot::Incident> out;
    const std::int64_t before = filter.before > 0 ? filter.before : kNewest;
    // Two texts, so that the open ones are found by their own index however many are closed.
    auto rows = filter.open_only
                    ? c.query("SELECT body FROM incident WHERE takes_changes = 1 AND number < ? AND is_private <= ? ORDER BY number DESC LIMIT ?", before,
                              filter.include_private, filter.limit)
                    : c.query("SELECT body FROM incident WHERE number < ? AND is_private <= ? ORDER BY number DESC LIMIT ?", before, filter.include_private,
                              filter.limit);
    while (rows.next()) out.push_back(sound(codec::decode_incident(rows.text(0))));
    return out;
  });
}

bot::Result<std::vector<bot::Entry>> SqlReader::timeline(std::int64_t incident, std::int64_t after_seq, int limit) {
  return pool_.read([&](SqliteConnection& c) {
    return entries(c.query("SELECT " MUSTER_ENTRY_COLUMNS "WHERE e.incident = ? AND e.seq > ? ORDER BY e.seq LIMIT ?", incident, after_seq, limit));
  });
}

bot::Result<std::vector<bot::Entry>> SqlReader::stream(std::int64_t after_position, int limit) {
  return pool_.read([&](SqliteConnection& c) {
    return entries(c.query("SELECT " MUSTER_ENTRY_COLUMNS "WHERE e.position > ? ORDER BY e.position LIMIT ?", after_position, limit));
  });
}

bot::Result<std::int64_t> SqlReader::last_position() {
  return pool_.read([](SqliteConnection& c) -> std::int64_t {
    auto row = c.query("SELECT MAX(position) FROM entry");
    return row.next() && !row.null(0) ? row.integer(0) : 0;
  });
}

bot::Result<std::optional<std::int64_t>> SqlReader::incident_of(const bot::RoomKey& room) {
  return pool_.read([&](SqliteConnection& c) {
    auto row = c.query("SELECT MAX(incident) FROM outside_reference WHERE integration = ? AND what = 'room' AND id = ?", room.integration, room.id);
    return row.next() ? row.maybe_integer(0) : std::nullopt;
  });
}

bot::Result<std::vector<bot::Reference>> SqlReader::references(std::int64_t incident, const std::string& integration) {
  return pool_.read([&](SqliteConnection& c) {
    std::vector<bot::Reference> out;
    auto rows = c.query("SELECT what, id FROM outside_reference WHERE incident = ? AND integration = ? ORDER BY what", incident, integration);
    while (rows.next()) out.push_back({incident, integration, rows.text(0), rows.text(1)});
    return out;
  });
}

bot::Result<std::vector<bot::QueuedMessage>> SqlReader::troubled(int limit) {
  return pool_.read([&](SqliteConnection& c) {
    std::vector<bot::QueuedMessage> out;
    const auto add = [&out](Rows rows) {
      while (rows.next()) out.push_back(read_message(rows));
    };
    // What waits for somebody must not be hidden behind what is lost: that is kept for a month.
    add(c.query("SELECT " MUSTER_MESSAGE_COLUMNS "WHERE o.in_trouble = 1 AND o.is_open = 1 ORDER BY o.seq LIMIT ?", limit));
    add(c.query("SELECT " MUSTER_MESSAGE_COLUMNS "WHERE o.in_trouble = 1 AND o.is_open = 0 ORDER BY o.seq DESC LIMIT ?", limit - static_cast<int>(out.size())));
    return out;
  });
}

bot::Result<std::vector<bot::OutboxCount>> SqlReader::outbox_counts() {
  return pool_.read([](SqliteConnection& c) {
    std::vector<bot::OutboxCount> out;
    auto add = [&out](Rows rows) {
      while (rows.next()) out.push_back({rows.text(0), read_state(rows.text(1)), rows.integer(2), time_at(rows.integer(3))});
    };
    add(c.query("SELECT integration, state, COUNT(*), MIN(created) FROM outbox WHERE is_open = 1 GROUP BY integration, state"));
    add(c.query("SELECT integration, state, COUNT(*), MIN(created) FROM outbox WHERE in_trouble = 1 AND state = 'dead' GROUP BY integration, state"));
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.integration != b.integration ? a.integration < b.integration : a.state < b.state; });
    return out;
  });
}

bot::Result<std::vector<bot::Entry>> SqlReader::public_updates(int limit) {
  return pool_.read([&](SqliteConnection& c) {
    return entries(c.query("SELECT " MUSTER_ENTRY_COLUMNS
                           "WHERE e.kind = 'public_update' AND e.incident IN "
                           "(SELECT DISTINCT incident FROM entry WHERE kind = 'public_update' ORDER BY incident DESC LIMIT ?) ORDER BY e.position",
                           limit));
  });
}

bot::Result<std::vector<bot::Person>> SqlReader::people() {
  return pool_.read([](SqliteConnection& c) {
    std::vector<bot::Person> out;
    auto rows = c.query("SELECT body FROM person ORDER BY id");
    while (rows.next()) out.push_back(sound(codec::decode_person(rows.text(0))));
    return out;
  });
}

bot::Result<std::optional<std::string>> SqlReader::adapter_state(const std::string& key) {
  return pool_.read([&](SqliteConnection& c) {
    auto row = c.query("SELECT value FROM adapter_state WHERE key = ?", key);
    return row.next() ? std::optional<std::string>(row.text(0)) : std::nullopt;
  });
}

}  // namespace storage
