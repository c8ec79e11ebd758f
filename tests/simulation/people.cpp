// What the people and monitors of the simulation type and post.
#include "tests/simulation/world.hpp"

namespace sim {

using namespace bot;

namespace {

Caller caller_of(std::uint32_t who, std::uint32_t place) {
  switch (who % 5) {
    case 0: return {ActorKind::person, "slack", "U01", "Alice", {}};
    case 1: return {ActorKind::person, "slack", "U02", "Bob", {}};
    case 2: return {ActorKind::person, "console", "carol", "Carol", {}};
    case 3: return {ActorKind::person, "slack", place % 2 == 0 ? "U09" : "U10", place % 2 == 0 ? "Dan" : "Eve", {}};
    default: return {ActorKind::token, "api", "ci", "ci", Scopes{true, true, true, false}};
  }
}

struct Wording { std::string text; bool free_text = false; };

/// The command of one verb. `w`: this request's own word, `n`: a number to choose by, `last`: entries the incident has.
Wording wording(std::uint32_t verb, const std::string& w, std::uint32_t n, std::int64_t last) {
  const auto one = [n](std::initializer_list<const char*> of) { return std::string(*(of.begin() + n % of.size())); };
  const std::string who = one({"@bob", "alice", "me", "<@slack:U10|eve>", "carol"});
  const std::string entry = std::to_string(1 + n % std::max<std::int64_t>(1, last));
  switch (verb) {
    case kDeclare: return {"declare " + one({"sev1 ", "", "sev2 "}) + w + " checkout returns 500 in region four", true};
    case kClaimCommand: return {"role commander" + one({"", " me"})};
    case 2: return {"role comms " + who};
    case 3: return {"role " + one({"commander", "comms", "scribe"}) + " none"};
    case 4: return {"role " + one({"operations ", "commander "}) + who};
    case 5: return {"severity " + one({"sev1", "sev2", "sev3", "sev4"})};
    case 6: return {"status " + one({"identified", "monitoring", "investigating", "resolved"})};
    case 7: case 8: return {"note " + w + " node 4 is out of disk", true};
    case 9: return {"update " + w + " we drain region four", true};
    case 10: return {"impact " + w + " a fifth of all payments fail", true};
    case 11: return {"rename " + w + " payments fail in region four", true};
    case 12: case 13: case 14: case 15:
      return {"public " + one({"investigating", "identified", "monitoring"}) + " api=" + one({"partial_outage", "major_outage"}) + " " + w + " We are looking into it.", true};
    case 16: return {"public resolved " + w + " It is over.", true};
    case 17: return {"resolve " + w + " rolled back", true};
    case 18: return {"resolve"};
    case 19: return {"reopen " + w, true};
    case 20: return {"close"};
    case 21: return {n % 4 == 0 ? "cancel " + w : "note " + w, true};
    case 22: case 23: return {"page"};
    case 24: case 25: return {"page " + who + " " + w + " please look", true};
    case 26: case 27: return {"ack"};
    case 28: case 29: return {"redact " + entry};
    case 30: return {"correct " + entry + " " + w + " it was node 5", true};
    case 31: return {"public check"};
    case 32: return {"public send"};
    case 33: return {"public drop"};
    case 34: return {"join"};
    case 35: return {"leave"};
    case 36: return {"started " + one({"15:00", "14:30"})};
    case 37: return {one({"show", "timeline", "list", "help"})};
    case 38: return {"severity sev9"};
    case 40: return {"snooze " + one({"", "5m", "2h"})};
    case 41: return {n % 8 == 0 ? "private" : "join " + who};
    case kMirror: return {"mirror slack"};
    default: return {"update " + w, true};
  }
}

}  // namespace

bool any_capture(World& world, std::int64_t incident) {
  const auto all = world.disk.timeline(incident, 0, 1000).value();
  return std::any_of(all.begin(), all.end(), [](const Entry& e) { return e.kind == EntryKind::captured; });
}

/// A message of the incident's room that is put on the timeline, edited, deleted or taken off; the room's topic; or that the chat was not heard for a
/// while. One message each, so that they meet.
RequestBody by_hand(World& world, std::uint32_t verb, const std::string& word, std::uint32_t n, std::int64_t number) {
  if (verb == kAway) return Away{number, world.env.clock.now() - Millis{60000 * (1 + n)}, world.env.clock.now(), static_cast<int>(n % 5)};
  if (verb == 45) return RoomChange{number, n % 4 == 0 ? "name" : "topic", word + " all is lost"};
  Capture c;
  using What = Capture::What;
  c.what = verb == 42 || (verb == 43 && !any_capture(world, number)) ? What::put : verb == 43 ? What::edited : n % 4 < 2 ? What::deleted : What::taken_off;
  c.incident = number;
  c.message = "C/" + std::to_string(number);
  c.author = {ActorKind::person, "slack", n % 3 == 0 ? "U02" : "U10", "Eve", {}};
  c.text = word + " the pool is exhausted";
  return c;
}

/// The pinned message that was edited since; 0 when there is none. Redacting it must take the edits along.
std::int64_t edited_capture(World& world, std::int64_t incident) {
  const auto all = world.disk.timeline(incident, 0, 1000).value();
  for (const auto& e : all)
    if (e.kind == EntryKind::capture_edited)
      if (const auto seq = incident_number("#" + fact(e.facts, "entry"))) return *seq;
  return 0;
}

Request request_of(const Step& step, World& world, std::string& token) {
  const auto rows = world.disk.incidents({false, 0, 100, true}).value();
  const std::int64_t count = static_cast<std::int64_t>(rows.size());
  std::uint32_t verb = step.b % kVerbs;
  if (verb == kDeclare && count >= 4) verb = 7;
  const std::int64_t number = count == 0 ? 1 : 1 + step.c % count;
  const auto row = world.disk.incident(number).value();
  const std::string word = "W" + std::to_string(step.id) + "X";  // capitals: a room's name is made of small letters
  if (verb >= kFirstByHand && verb <= kAway) {
    Request request;
    request.caller = verb == kAway ? Caller{ActorKind::muster, "slack", "muster", "Muster", {}} : caller_of(step.a % 2, step.d);
    request.received = world.env.clock.now();
    request.dedup_keys = {"ask:" + std::to_string(step.id)};
    request.body = by_hand(world, verb, word, step.d, number);
    token = verb <= 43 || verb == 45 ? word : "";
    return request;
  }
  Wording words = wording(verb, word, step.d, row ? row->last_seq : 0);
  if (const std::int64_t edited = verb == 28 || verb == 29 ? edited_capture(world, number) : 0; edited > 0) words.text = "redact " + std::to_string(edited);
  token = words.free_text ? word : "";
  Request request;
  request.cls = RequestClass::human;
  request.caller = caller_of(step.a, step.d);
  request.received = world.env.clock.now();
  request.dedup_keys = {"ask:" + std::to_string(step.id)};
  if (step.d % 3 == 0) request.dedup_keys.push_back("channel:" + std::to_string(step.id));
  const auto room = world.rooms.find(number);
  if (words.text.rfind("redact ", 0) == 0 && step.d % 2 == 1) request.caller = caller_of(2, 0);  // an admin, so that it happens
  const bool inside = verb != kDeclare && step.d % 2 == 0 && request.caller.integration == "slack" && room != world.rooms.end();
  if (inside) request.room = RoomKey{"slack", room->second};
  request.body = Typed{inside || verb == kDeclare ? words.text : "INC-" + std::to_string(number) + " " + words.text};
  return request;
}

Request alert_of(const Step& step, World& world) {
  const std::string which = std::to_string(step.a % 4);
  const bool firing = step.b % 3 != 1;
  Alert alert;
  alert.integration = "alertmanager";
  alert.identity = "alertmanager/" + which;
  alert.group = "alertmanager/group" + std::to_string(step.a % 2);
  alert.name = "HighErrorRate" + which;
  alert.summary = "errors above 5 percent";
  alert.severity = step.a % 2 == 0 ? "sev1" : "sev3";
  alert.firing = firing;
  Request request;
  request.cls = RequestClass::alert;
  request.caller = {ActorKind::monitor, "alertmanager", "alertmanager", "alertmanager", {}};
  request.received = world.env.clock.now();
  request.dedup_keys = {"alert:" + std::to_string(step.id)};  // identity, status and time of this delivery
  request.body = std::move(alert);
  return request;
}

}  // namespace sim
