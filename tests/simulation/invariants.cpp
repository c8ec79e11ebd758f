#include "tests/simulation/invariants.hpp"

#include "bot/clock_watch.hpp"
#include "tests/simulation/promises.hpp"

namespace sim {

using namespace bot;

namespace {

constexpr Millis kUnnoticed = 2 * kClockTolerance;  ///< between a little back and a little ahead

bool answered(const World& world, const PagePerson& page, const Incident& row) {
  (void)world;
  for (const auto& run : row.pages)
    if (run.id == page.page) return !run.open && (!run.acknowledged_by.empty() || row.phase != Phase::open);
  return false;
}

void check_not_twice(World& world, const SimVendor& vendor, const Message& message, const Truth& truth) {
  const RepeatPolicy policy = vendor.repeat_policy(message.content);
  if (world.resend_chosen.count(message.id) > 0) return;  // a person knows best
  if (policy == RepeatPolicy::never_twice) {
    const auto& looks = truth.blind_looks;
    const bool apart = looks.size() >= 2 && (world.moved_unknown.count(message.id) > 0 || looks.back() - looks.front() >= Millis{10000});
    if (!apart) world.broken("I4 in public", short_id(message.id) + " goes out in public again although it is there and was not looked for twice, ten seconds apart");
  } else if (policy == RepeatPolicy::prefer_once && truth.blind_looks.empty()) {
    world.broken("I4 in chat", short_id(message.id) + " (" + kind_of(message.content) + ") goes out again although a look would have found it");
  }
}

}  // namespace

void check_before_send(World& world, const SimVendor& vendor, const Message& message) {
  const auto state = world.disk.state_of(message.id);
  if (state != MessageState::sending)
    return world.broken("commit first", short_id(message.id) + " (" + kind_of(message.content) + ") is sent, and the store " +
                                            (state ? std::string("calls it ") + to_string(*state) : std::string("does not know it")));
  if (world.disk.message(message.id)->deaths >= 2) world.broken("a third time", short_id(message.id) + " is sent although two processes died over it");
  const auto known = world.committed.find(message.id);
  if (known == world.committed.end()) return world.broken("commit first", "a message is sent that was never committed");
  const auto& lane = world.lanes[known->second.lane];
  for (std::size_t i = 0; i < known->second.place; ++i)
    if (const auto older = world.disk.state_of(lane[i]); older && bot::is_open(*older))
      return world.broken("I3", short_id(message.id) + " is sent while the older " + short_id(lane[i]) + " of lane " + known->second.lane + " is " + to_string(*older));
  if (const auto* page = std::get_if<PagePerson>(&message.content))
    if (const auto row = world.disk.incident(message.incident).value(); row && answered(world, *page, *row))
      return world.broken("page after ack", "the page " + short_id(message.id) + " to " + page->person + " goes out after it was answered");
  if (const Truth* truth = vendor.truth(message.id); truth != nullptr && !truth->shows_from.empty()) check_not_twice(world, vendor, message, *truth);
}

void note_timers(World& world, const Changes& changes) {
  if (changes.timers.empty()) return;
  for (const auto& timer : world.disk.timers())
    for (const auto& set : changes.timers)
      if (set.id == timer.id && set.due == timer.due) world.timer_due[timer.id] = world.env.clock.monotonic() + (timer.due - world.env.clock.now());
}

void check_timer_in_time(World& world, const Timer& timer, Time now) {
  // A reminder is an appointment by the wall clock; what was due before the clock was set back may be decided after it.
  const bool early = timer.kind == "escalate" ? world.env.clock.monotonic() + kUnnoticed < world.timer_due[timer.id] : !world.jumped && now < timer.due;
  if (early) world.broken("I7", "timer " + timer.id + " goes off early");
}

void check_due_found(World& world, const std::vector<Timer>& found) {
  for (const auto& timer : world.disk.timers()) {
    if (timer.kind != "escalate" || world.env.clock.monotonic() < world.timer_due[timer.id] + kUnnoticed) continue;
    if (std::any_of(found.begin(), found.end(), [&](const Timer& f) { return f.id == timer.id; })) continue;
    world.broken("I7 in time", "timer " + timer.id + " is due since " + std::to_string((world.env.clock.monotonic() - world.timer_due[timer.id]).count()) + " ms and does not go off");
  }
}

void check_nothing_left_behind(World& world, const std::set<std::string>& leased) {
  world.disk.each_message([&](const QueuedMessage& m) {
    if (m.state == MessageState::sending && leased.count(m.message.id) == 0)
      world.broken("I5", short_id(m.message.id) + " (" + kind_of(m.message.content) + ") was left \"sending\" by a dead process, and the next one does not take it up");
  });
}

void check_key_may_go(World& world, const std::string& key, Time before) {
  const auto decided = world.decided.find(world.newest_decision[key]);
  if (decided != world.decided.end() && decided->second.at >= before)
    world.broken("keys", "the key " + key + " is forgotten although it is from " + iso8601(decided->second.at) + ", not from before " + iso8601(before));
}

void check_message_may_go(World& world, const QueuedMessage& m, Time before) {
  if (bot::is_open(m.state)) world.broken("outbox", short_id(m.message.id) + " is purged although it is " + to_string(m.state));
  if (m.message.created >= before) world.broken("outbox", short_id(m.message.id) + " is purged although it is from " + iso8601(m.message.created));
}

void remember_redaction(World& world, std::int64_t incident, std::int64_t seq) {
  const auto found = world.disk.timeline(incident, seq - 1, 1).value();
  if (found.empty()) return;
  const std::string& tag = fact(found.front().facts, kTraceFact);
  const std::string request = tag.substr(0, tag.find('#'));
  for (const auto& asked : world.asked)
    if (asked->request.dedup_keys.front() == request && !asked->token.empty()) world.redacted_tokens.insert(asked->token);
}

void check_new_entries(World& world, Verified& verified) {
  const auto fresh = world.disk.stream(static_cast<std::int64_t>(verified.entries.size()), 1 << 20).value();
  for (const auto& e : fresh) {
    Incident& row = verified.rows[e.incident];
    const std::string name = "entry " + std::to_string(e.seq) + " of INC-" + std::to_string(e.incident);
    if (e.position != static_cast<std::int64_t>(verified.entries.size()) + 1) world.broken("I2", name + " has position " + std::to_string(e.position));
    if (e.seq != row.last_seq + 1) world.broken("I2", name + " comes after " + std::to_string(row.last_seq));
    if (chain_hash(row.chain_head, e) != e.hash) world.broken("chain", name + " does not continue the chain");
    if (e.text && text_hash(e.salt, *e.text) != e.text_hash) world.broken("chain", name + " does not match its text's hash");
    row.last_seq = e.seq;
    row.chain_head = e.hash;
    verified.entries.push_back(e);
  }
}

void check_held_is_visible(World& world, const QueuedMessage& held) {
  const auto troubled = world.disk.troubled(1 << 20).value();
  const bool in_console = std::any_of(troubled.begin(), troubled.end(), [&](const QueuedMessage& m) { return m.message.id == held.message.id; });
  if (!in_console) return world.broken("I8", short_id(held.message.id) + " is held and the console does not show it");
  const auto all_e = world.disk.timeline(held.message.incident, 0, 1 << 20).value();
  for (const auto& e : all_e)
    if (e.kind == EntryKind::public_held && fact(e.facts, "message") == held.message.id) return;
  if (!std::holds_alternative<PublicUpdate>(held.message.content)) return world.broken("I8", short_id(held.message.id) + " (" + kind_of(held.message.content) + ") is held: only public updates may be");
  world.broken("I8", short_id(held.message.id) + " (" + kind_of(held.message.content) + ") is held and the timeline does not say so");
}

void check_everything(World& world, Verified& verified) {
  const Record record = read_record(world);
  check_timeline(world, record, verified);
  check_rows(world, record);
  check_acknowledged(world, record);
  check_messages(world, record);
  check_pages(world, record);
  check_reminders(world, record);
  check_redactions(world, record);
  check_outside(world, record);
}

}  // namespace sim
