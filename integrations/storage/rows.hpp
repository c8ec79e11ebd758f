// Table rows ⇄ the words of the domain. The column lists and the readers of them stand side by side.
// Place: store, outbox, reader and verify. Throws Damaged when a row cannot be understood.
#pragma once

#include "bot/store.hpp"
#include "integrations/storage/redaction.hpp"
#include "integrations/storage/sqlite_connection.hpp"

namespace storage {

inline std::int64_t ms(bot::Time t) { return t.time_since_epoch().count(); }
inline bot::Time time_at(std::int64_t ms) { return bot::Time{bot::Millis{ms}}; }
inline Blob blob(const bot::Hash& hash) { return {{reinterpret_cast<const char*>(hash.data()), hash.size()}}; }
bot::Hash hash_of(std::string_view bytes);

#define MUSTER_ENTRY_COLUMNS                                                                                                        \
  "e.position, e.incident, e.seq, e.kind, e.occurred_at, e.recorded_at, e.actor_kind, e.actor, e.source, e.facts, e.text_hash, "   \
  "e.hash, t.salt, t.text FROM entry e LEFT JOIN entry_text t ON t.position = e.position "
bot::Entry read_entry(const Rows& row);

#define MUSTER_MESSAGE_COLUMNS                                                                                                     \
  "o.id, o.incident, o.integration, o.lane_class, o.lane, o.supersedes, o.kind, o.created, o.deadline, o.state, o.attempts, "     \
  "o.looks, o.doubts, o.deaths, o.next_at, o.last_attempt, o.boot, o.problem, o.content, o.seq, o.first_entry, o.last_entry "      \
  "FROM outbox o "
bot::QueuedMessage read_message(const Rows& row);
inline constexpr int kMessageSeqColumn = 19, kMessageMadeOfColumn = 20;
/// From two columns, the first of them given; rows of an older schema have nothing there.
MadeOf made_of(const Rows& row, int column);

bot::MessageState read_state(const std::string& name);

}  // namespace storage
