#include "integrations/storage/rows.hpp"

#include <algorithm>

#include "integrations/codec/codec.hpp"
#include "integrations/storage/failures.hpp"

namespace storage {

bot::Hash hash_of(std::string_view bytes) {
  bot::Hash out{};
  if (bytes.size() != out.size()) damaged("a hash has the wrong length");
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(out.data()));
  return out;
}

bot::Entry read_entry(const Rows& row) {
  bot::Entry e;
  e.position = row.integer(0);
  e.incident = row.integer(1);
  e.seq = row.integer(2);
  const auto kind = bot::entry_kind(row.text(3));
  if (!kind) damaged("entry " + std::to_string(e.seq) + " of INC-" + std::to_string(e.incident) + " has an unknown kind");
  e.kind = *kind;
  e.occurred_at = time_at(row.integer(4));
  e.recorded_at = time_at(row.integer(5));
  const auto actor = bot::actor_kind(row.text(6));
  if (!actor) damaged("entry " + std::to_string(e.seq) + " of INC-" + std::to_string(e.incident) + " has an unknown actor");
  e.actor.kind = *actor;
  e.actor.id = row.text(7);
  e.source = row.text(8);
  if (row.view(9) != R"({"v":1})") e.facts = sound(codec::decode_facts(row.text(9)));
  e.text_hash = hash_of(row.view(10));
  e.hash = hash_of(row.view(11));
  if (!row.null(12)) {
    e.salt = row.text(12);
    e.text = row.text(13);
  }
  return e;
}

MadeOf made_of(const Rows& row, int column) { return {row.maybe_integer(column).value_or(0), row.maybe_integer(column + 1).value_or(0)}; }

bot::MessageState read_state(const std::string& name) {
  const auto state = bot::message_state(name);
  if (!state) damaged("a message has an unknown state");
  return *state;
}

bot::QueuedMessage read_message(const Rows& row) {
  bot::QueuedMessage q;
  bot::Message& m = q.message;
  m.id = row.text(0);
  m.incident = row.integer(1);
  m.integration = row.text(2);
  const auto lane_class = row.integer(3);
  if (lane_class < 0 || lane_class > static_cast<int>(bot::LaneClass::cosmetic)) damaged("a message has an unknown class");
  m.lane_class = static_cast<bot::LaneClass>(lane_class);
  m.lane = row.text(4);
  m.supersedes = row.text(5);
  m.content = sound(codec::decode_content(row.text(6), row.text(18)));
  m.created = time_at(row.integer(7));
  m.deadline = time_at(row.integer(8));
  q.state = read_state(row.text(9));
  q.attempts = static_cast<int>(row.integer(10));
  q.looks = static_cast<int>(row.integer(11));
  q.doubts = static_cast<int>(row.integer(12));
  q.deaths = static_cast<int>(row.integer(13));
  q.next_at = time_at(row.integer(14));
  if (const auto last = row.maybe_integer(15)) q.last_attempt = time_at(*last);
  q.boot = row.text(16);
  q.problem = row.text(17);
  return q;
}

}  // namespace storage
