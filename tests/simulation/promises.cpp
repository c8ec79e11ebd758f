#include "tests/simulation/promises.hpp"

#include "integrations/codec/codec.hpp"

namespace sim {

using namespace bot;

namespace {

std::string name_of(const Entry& e) { return "entry " + std::to_string(e.seq) + " of INC-" + std::to_string(e.incident) + " (" + to_string(e.kind) + ")"; }

bool redaction_names(const Record& record, const Entry& e) {
  const auto& all = record.timelines.at(e.incident);
  return std::any_of(all.begin(), all.end(), [&](const Entry* r) { return r->kind == EntryKind::redacted && fact(r->facts, "entry") == std::to_string(e.seq); });
}

}  // namespace

Record read_record(World& world) {
  Record out;
  out.entries = world.disk.stream(0, 1 << 20).value();
  for (const auto& e : out.entries) {
    out.timelines[e.incident].push_back(&e);
    ++out.recorded[fact(e.facts, kTraceFact)];
  }
  out.messages = world.disk.messages();
  return out;
}

void check_timeline(World& world, const Record& record, const Verified& verified) {
  if (record.entries.size() != verified.entries.size()) return world.broken("I2", "entries were lost");
  for (std::size_t i = 0; i < record.entries.size(); ++i) {
    const Entry& now = record.entries[i];
    const Entry& then = verified.entries[i];
    if (now.hash != then.hash || now.facts != then.facts || now.text_hash != then.text_hash) world.broken("I2", name_of(now) + " was changed");
    const bool redacted = redaction_names(record, now);
    if (!now.text && !redacted) world.broken("I2", name_of(now) + " lost its text, and no redaction names it");
    if (now.text && redacted) world.broken("redaction", name_of(now) + " was redacted and still has its text");
    if (now.text && now.text != then.text) world.broken("I2", name_of(now) + " has another text now");
  }
}

void check_rows(World& world, const Record& record) {
  for (const auto& [number, timeline] : record.timelines) {
    Incident folded;
    for (const Entry* e : timeline) apply(folded, *e);
    const auto row = world.disk.incident(number).value();
    if (!row) world.broken("fold", "INC-" + std::to_string(number) + " has a timeline and no row");
    else if (!(*row == folded)) world.broken("fold", "the row of INC-" + std::to_string(number) + " is not what its timeline folds to");
  }
}

void check_acknowledged(World& world, const Record& record) {
  const auto found = [&](const std::string& tag) {
    const auto it = record.recorded.find(tag);
    return it == record.recorded.end() ? std::size_t{0} : it->second;
  };
  std::map<std::pair<std::string, int>, int> times;  // a request whose key was purged is a new one
  for (const auto& [tag, n] : record.recorded) {
    const auto decided = world.decided.find(tag);
    if (decided == world.decided.end()) return world.broken("I1", "an entry belongs to no decision: " + tag);
    if (n != decided->second.entries) world.broken("I1", "decision " + tag + " is recorded in part: " + std::to_string(n) + " of " + std::to_string(decided->second.entries) + " entries");
    const bool outcome = tag.rfind("out:", 0) == 0;
    if (!outcome && ++times[{decided->second.request, decided->second.times_forgotten}] > 1) world.broken("I1", decided->second.request + " is recorded twice");
  }
  for (const auto& asked : world.asked) {
    const std::string& key = asked->request.dedup_keys.front();
    std::set<std::string> fine;
    for (const auto& attempt : asked->attempts)
      if (attempt.reply && attempt.reply->status == ReplyStatus::ok && !attempt.decided.empty()) fine.insert(attempt.decided);
    for (const auto& tag : fine)
      if (found(tag) != world.decided[tag].entries) world.broken("I1", key + " was acknowledged and " + tag + " is not in the timeline");
    for (const auto& attempt : asked->attempts) {
      const bool denied = attempt.reply && !attempt.reply->repeated && attempt.reply->status != ReplyStatus::ok && attempt.reply->status != ReplyStatus::maybe_recorded;
      if (denied && attempt.newest != attempt.last_before && fine.count(attempt.newest) == 0 && found(attempt.newest) > 0)
        world.broken("I1", key + " was answered \"not recorded\" and is in the timeline");
    }
  }
}

void check_redactions(World& world, const Record& record) {
  // Sent again after its key was purged, a request is a new one with the same words: those were not redacted.
  std::set<std::string> said_anew;
  for (const auto& asked : world.asked)
    if (world.forgotten.count(asked->request.dedup_keys.front()) > 0) said_anew.insert(asked->token);
  for (const auto& token : world.redacted_tokens) {
    if (said_anew.count(token) > 0) continue;
    for (const auto& e : record.entries)
      if (e.text && e.text->find(token) != std::string::npos) world.broken("redaction", token + " was redacted and stands in " + name_of(e));
    for (const auto& [number, timeline] : record.timelines)
      if (const auto row = world.disk.incident(number).value(); row && codec::encode(*row).find(token) != std::string::npos)
        world.broken("redaction", token + " was redacted and stands in the row of INC-" + std::to_string(number));
    for (const auto& m : record.messages)
      if (codec::encode(m.message.content).find(token) != std::string::npos)
        world.broken("redaction", token + " was redacted and stands in the message " + short_id(m.message.id) + " (" + kind_of(m.message.content) + ", " + to_string(m.state) + ")");
  }
}

void check_outside(World& world, const Record& record) {
  std::set<std::string> known;
  for (const auto& p : world.settings.people) known.insert(p.id);
  const auto all_p = world.disk.people().value();
  for (const auto& p : all_p) known.insert(p.id);
  for (const auto& [number, timeline] : record.timelines) {
    const auto row = world.disk.incident(number).value();
    if (!row) continue;
    for (const auto& [role, person] : row->roles)
      if (known.count(person) == 0) world.broken("people", person + " is " + role + " of " + row->name() + " and nobody remembers who that is");
    for (const auto& person : row->members)
      if (known.count(person) == 0) world.broken("people", person + " is a member of " + row->name() + " and nobody remembers who that is");
  }
  for (const auto& m : record.messages) {
    if (m.state != MessageState::sent || !std::holds_alternative<OpenRoom>(m.message.content)) continue;
    const auto all = world.disk.references(m.message.incident, m.message.integration).value();
    if (std::none_of(all.begin(), all.end(), [](const Reference& r) { return r.what == "room"; }))
      world.broken("references", "the room of INC-" + std::to_string(m.message.incident) + " was opened and its id is forgotten");
  }
}

}  // namespace sim
