#include "integrations/matrix/conversation.hpp"

#include <algorithm>

#include "integrations/http/signature.hpp"
#include "integrations/matrix/trust.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

constexpr double kPerMinute = 60, kBurst = 30;          // of one person; nobody types faster
constexpr std::size_t kNames = 5000, kRoomsKept = 2000;
constexpr bot::Millis kLookAgain{600000}, kNoIncidentFor{2000}, kResolveAgain{60000}, kBrief{5000};
constexpr std::size_t kDisplayName = 80;

bool is_incident_word(const std::string& word) { return bot::incident_number(word).has_value(); }

std::string first_word(const std::string& text, std::size_t from = 0) {
  const auto begin = text.find_first_not_of(" \t\n", from);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_first_of(" \t\n", begin) - begin);
}

/// The verb of "INC-7 note x" or "note x", lower case.
std::string verb_of(const std::string& typed) {
  std::string word = first_word(typed);
  if (is_incident_word(word)) word = first_word(typed, typed.find(word) + word.size());
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return word;
}

bot::Card words(const std::string& sentence) {
  bot::Card card;
  card.title = {bot::plain(sentence)};
  return card;
}

}  // namespace

std::string state_key(const std::string& what, const std::string& id) { return "matrix/" + what + "/" + http::sha256_hex(id).substr(0, 32); }

std::string transaction_of(const std::string& event_id, const std::string& salt) { return "muster-" + http::sha256_hex(event_id + "\n" + salt).substr(0, 32); }

std::optional<Asked> Conversation::read(const Event& event, const std::shared_ptr<Batch>& batch) {
  ++on_.heard.events;
  if (event.is("m.room.member")) return membership(event, batch);
  if (event.is("m.room.encryption") || event.is("m.room.encrypted")) {
    const bool is_state = event.is("m.room.encryption") && event.state_key && event.state_key->empty();
    if (is_state || (event.is("m.room.encrypted") && is_encrypted(event.room))) found_encrypted(event.room, batch);
    return std::nullopt;
  }
  if (event.is("m.room.tombstone") && event.state_key && event.state_key->empty()) follow_upgrade(event);
  if (event.sender == on_.settings.matrix.user_id) {
    if (event.is("m.room.message")) note_card(event);
    return std::nullopt;
  }
  if (event.state_key) {
    if (!event.state_key->empty()) return std::nullopt;
    if (event.is("m.room.topic")) return room_change(event, "topic", text_at(event.content, "topic"));
    if (event.is("m.room.name")) return room_change(event, "name", text_at(event.content, "name"));
    if (event.is("m.room.tombstone")) return room_change(event, "archived", "");
    return std::nullopt;
  }
  if (event.is("m.room.message")) return message(event, batch);
  if (event.is("m.reaction")) return reaction(event);
  if (event.is("m.room.redaction")) return redaction(event);
  return std::nullopt;
}

std::optional<Asked> Conversation::message(const Event& event, const std::shared_ptr<Batch>& batch) {
  if (event.relation() == "m.replace") return edit(event);
  const auto typed = command_in(event.content, called());
  return typed ? command(event, *typed, batch) : std::nullopt;
}

bool Conversation::may_speak(const Event& event) {
  if (!may_command(event.sender, on_.settings.matrix, on_.people)) {
    ++on_.heard.refused;
    return false;
  }
  if (limiter_.take(event.sender, kPerMinute, kBurst, on_.env.clock.now()).count() == 0) return true;
  ++on_.heard.flooded;
  return false;
}

/// Somebody who types too quickly hears it every few seconds, so that no command is lost unnoticed. A stranger hears one word an hour: a crowd
/// of them must not make the bot talk.
void Conversation::turned_away(const Event& event, const std::shared_ptr<Batch>& batch) {
  const bot::Time now = on_.env.clock.now();
  if (may_command(event.sender, on_.settings.matrix, on_.people)) {
    if (limiter_.take("told " + event.sender, 12, 6, now).count() == 0)
      post(origin_of(event), "answer", words("Not recorded: too many commands in a minute. Wait ten seconds, then type it again."), 0, batch);
    return;
  }
  if (limiter_.take("told " + event.sender, 1.0 / 60, 1, now).count() > 0 || limiter_.take("told strangers", 6, 6, now).count() > 0) return;
  if (place_of(event.room, event.sender) != Place::elsewhere)
    post(origin_of(event), "answer", words("Not recorded: this account may not give commands here. An administrator can add it to matrix.allowed_users."), 0, batch);
}

Origin Conversation::origin_of(const Event& event) {
  Origin origin;
  origin.way = Origin::Way::command;
  origin.room = event.room;
  origin.event = origin.cause = event.id;
  if (event.relation() == "m.thread") origin.thread = event.related();
  return origin;
}

std::optional<Asked> Conversation::command(const Event& event, const std::string& typed, const std::shared_ptr<Batch>& batch) {
  if (!may_speak(event)) {
    turned_away(event, batch);
    return std::nullopt;
  }
  const Place place = place_of(event.room, event.sender);
  if (place == Place::elsewhere) {
    if (verb_of(typed) != "adopt") {
      not_here(event, batch);
      return std::nullopt;
    }
    // Any room the bot is in can become an incident's, except one it could not go on reading.
    if (is_encrypted(event.room)) {
      found_encrypted(event.room, batch);
      return std::nullopt;
    }
  }
  ++on_.heard.commands;
  Asked asked;
  asked.request = request_of(event);
  if (verb_of(typed) == "adopt") asked.request.room->nature = nature_of(event.room);
  asked.request.body = bot::Typed{typed.empty() ? "help" : typed};
  asked.origin = origin_of(event);
  asked.origin.name = name_of(event.sender);
  asked.origin.in_incident_room = place == Place::incident && !is_incident_word(first_word(typed));
  asked.origin.query = typed.empty() || on_.queries.count(verb_of(typed)) > 0;
  return asked;
}

void Conversation::not_here(const Event& event, const std::shared_ptr<Batch>& batch) {
  ++on_.heard.refused;
  // Everybody hears it once, so that nobody takes silence for "recorded"; a crowd does not make the bot talk without end.
  const bot::Time now = on_.env.clock.now();
  if (limiter_.take("elsewhere " + event.room + " " + event.sender, 1, 1, now).count() > 0 || limiter_.take("elsewhere " + event.room, 6, 6, now).count() > 0) return;
  const auto& matrix = on_.settings.matrix;
  const std::string where = !matrix.announce_room.empty() ? matrix.announce_room : !matrix.control_rooms.empty() ? matrix.control_rooms.front() : "";
  post(origin_of(event), "answer", words("Not recorded: commands are not taken in this room. Type them in an incident's room" + (where.empty() ? "" : " or in " + where) + ". To make this room an incident's, type \"" +
                                          matrix.prefixes.front() + " adopt TITLE\"."), 0, batch);
}

// ---- where and who ----

/// A room that one comes into by invitation alone is closed. A restricted one is open to those of other rooms, as Muster's own are to whoever
/// hears the announcements.
bot::RoomNature Conversation::nature_of(const std::string& room) {
  nlohmann::json rules;
  if (const auto problem = on_.api.get_state(room, "m.room.join_rules", "", Budget(on_.env.clock, kBrief, kBrief), rules))
    return problem->not_found() ? bot::RoomNature::closed : bot::RoomNature::unknown;
  const std::string rule = text_at(rules, "join_rule");
  return rule == "public" || rule == "restricted" || rule == "knock_restricted" ? bot::RoomNature::open : bot::RoomNature::closed;
}

std::optional<std::int64_t> Conversation::incident_of(const std::string& room) {
  if (const auto known = on_.api.homeserver().incident(room)) return known;
  const bot::Millis now = on_.env.clock.monotonic();
  // Talk in rooms that belong to no incident must not cost a read each; a new room is known within two seconds.
  if (const auto it = no_incident_.find(room); it != no_incident_.end() && now - it->second < kNoIncidentFor) return std::nullopt;
  const auto found = on_.reader.incident_of({kIntegration, room});
  if (!found) return std::nullopt;
  if (*found) {
    on_.api.homeserver().remember_room(**found, room);
    no_incident_.erase(room);
    return **found;
  }
  if (no_incident_.size() > kRoomsKept) no_incident_.clear();
  no_incident_[room] = now;
  return std::nullopt;
}

bool Conversation::is_command_room(const std::string& room) {
  const auto& matrix = on_.settings.matrix;
  std::vector<std::string> named = matrix.control_rooms;
  if (!matrix.announce_room.empty()) named.push_back(matrix.announce_room);
  bool found = false;
  for (const auto& one : named) {
    std::string id = one[0] == '!' ? one : on_.api.homeserver().room_of_alias(one);
    const bot::Millis now = on_.env.clock.monotonic();
    const auto asked = resolved_.find(one);
    // What an alias leads to changes when its room is upgraded or somebody moves it; what it led to stands while the homeserver does not answer.
    if (one[0] != '!' && (asked == resolved_.end() || now - asked->second > (id.empty() ? kResolveAgain : kLookAgain))) {
      resolved_[one] = now;
      std::string newest;
      if (!on_.api.resolve_alias(one, Budget(on_.env.clock, kBrief, kBrief), newest) && newest != id) {
        if (!id.empty()) enter(one, id);
        id = newest;
      }
    }
    found = found || id == room;
  }
  return found;
}

bool Conversation::is_direct(const std::string& room, const std::string& sender) {
  if (on_.api.homeserver().direct_room(sender) == room) return true;
  const bot::Millis now = on_.env.clock.monotonic();
  if (const auto it = direct_.find(room); it != direct_.end() && now - it->second < kLookAgain) return true;
  nlohmann::json joined;
  if (on_.api.joined_members(room, Budget(on_.env.clock, kBrief, kBrief), joined)) return false;
  if (joined.size() > 2 || !joined.contains(sender)) return false;
  if (direct_.size() > kRoomsKept) direct_.clear();
  direct_[room] = now;
  return true;
}

Conversation::Place Conversation::place_of(const std::string& room, const std::string& sender) {
  if (incident_of(room)) return Place::incident;
  if (is_command_room(room)) return Place::commands;
  // Asking the homeserver who is in a room is bounded: strangers' talk elsewhere must not become calls.
  if (limiter_.take("look " + room, 6, 3, on_.env.clock.now()).count() > 0 && direct_.count(room) == 0) return Place::elsewhere;
  return is_direct(room, sender) ? Place::direct : Place::elsewhere;
}

Called Conversation::called() {
  const std::string& self = on_.settings.matrix.user_id;
  return {self, name_of(self), on_.settings.matrix.prefixes};
}

void Conversation::remember_name(const std::string& user, const std::string& name) {
  if (names_.size() > kNames) names_.clear();
  std::string shown = text::shorten(text::clean(text::valid_utf8(name), true), kDisplayName);
  // A stranger who calls themselves like somebody known is told apart by their id.
  if (!shown.empty() && user != on_.settings.matrix.user_id) {
    const auto known = on_.people.by_word(shown);
    const auto it = known ? known->identities.find(kIntegration) : std::map<std::string, std::string>::const_iterator{};
    if (known && (it == known->identities.end() || it->second != user)) shown += " (" + user + ")";
  }
  names_[user] = shown;
}

std::string Conversation::name_of(const std::string& user) {
  if (const auto known = on_.people.by_identity(kIntegration, user); known && !known->name.empty()) return known->name;
  if (const auto it = names_.find(user); it != names_.end()) return it->second;
  nlohmann::json profile;
  const auto problem = on_.api.profile(user, Budget(on_.env.clock, kBrief, kBrief), profile);
  if (problem && problem->outcome != Outcome::refused) return user.substr(1, user.find(':') - 1);  // asked again next time
  std::string name = problem ? "" : text_at(profile, "displayname");
  remember_name(user, name.empty() ? user.substr(1, user.find(':') - 1) : name);
  return names_[user];
}

bot::Caller Conversation::caller_of(const std::string& user) { return {bot::ActorKind::person, kIntegration, user, name_of(user), {}}; }

bot::Request Conversation::request_of(const Event& event) {
  bot::Request request;
  request.cls = bot::RequestClass::human;
  request.caller = caller_of(event.sender);
  // The commands know the announcement room as the settings name it, which is an alias mostly.
  const std::string& announcements = on_.settings.matrix.announce_room;
  const bool announced = !announcements.empty() && on_.api.homeserver().room_of_alias(announcements) == event.room;
  request.room = bot::RoomKey{kIntegration, announced ? announcements : event.room};
  request.dedup_keys = {"matrix:" + event.id};
  request.received = on_.env.clock.now();
  request.sent = event.at;
  return request;
}

std::vector<bot::AdapterState> Conversation::take_state() { return std::exchange(state_, {}); }

}  // namespace matrix
