// Who comes and goes, invitations, rooms changed by hand, rooms that are encrypted.
#include "bot/log.hpp"
#include "integrations/matrix/conversation.hpp"
#include "integrations/matrix/trust.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

constexpr bot::Millis kBrief{5000};
constexpr const char* kEncryptedWords =
    "This room is encrypted, and Muster cannot read encrypted messages: nothing typed here is recorded. Type commands in an incident's room that "
    "Muster opened, or in a room without encryption. (Encryption of a room cannot be switched off again; make a new one.)";

}  // namespace

std::optional<Asked> Conversation::membership(const Event& event, const std::shared_ptr<Batch>& batch) {
  if (!event.state_key) return std::nullopt;
  const std::string& who = *event.state_key;
  const std::string now = event.membership(), before = event.membership_before();
  if (now == "join")
    if (const std::string name = text_at(event.content, "displayname"); !name.empty()) remember_name(who, name);
  direct_.erase(event.room);
  if (who == on_.settings.matrix.user_id) {
    if (now == "invite") invited(event.room, event.sender, batch);
    if ((now == "leave" || now == "ban") && event.sender != who) {
      on_.api.homeserver().forget_room(event.room);
      bot::log(bot::LogLevel::warning, "matrix_removed_from_room", {{"room", event.room}, {"by", event.sender}});
    }
    return std::nullopt;
  }
  const bool came = now == "join" && before != "join";
  const bool went = (now == "leave" || now == "ban") && (before.empty() || before == "join");
  const auto incident = came || went ? incident_of(event.room) : std::nullopt;
  if (!incident || !may_command(who, on_.settings.matrix, on_.people) || is_known_member(*incident, who) == came) return std::nullopt;
  if (limiter_.take("member " + who, 12, 12, on_.env.clock.now()).count() > 0) {
    ++on_.heard.flooded;
    return std::nullopt;
  }
  Asked asked;
  asked.request = request_of(event);
  asked.request.caller = caller_of(who);
  // What the room already is, is recorded however late it is heard.
  asked.request.sent.reset();
  bot::Invocation invocation;
  invocation.verb = came ? "join" : "leave";
  asked.request.body = std::move(invocation);
  return asked;
}

/// Whoever Muster itself invited is a member already; that they came in then says nothing new.
bool Conversation::is_known_member(std::int64_t incident, const std::string& user) {
  const auto row = on_.reader.incident(incident);
  unsettled_ = !row;
  if (!row || !*row) return false;
  const auto person = on_.people.by_identity(kIntegration, user);
  return (*row)->members.count(person ? person->id : "matrix:" + user) > 0;
}

std::optional<Asked> Conversation::room_change(const Event& event, const char* what, const std::string& text) {
  if (!incident_of(event.room)) return std::nullopt;
  Asked asked;
  asked.request = request_of(event);
  asked.request.body = bot::RoomChange{std::nullopt, what, text::valid_utf8(text)};
  return asked;
}

void Conversation::invited(const std::string& room, const std::string& inviter, const std::shared_ptr<Batch>& batch) {
  const bool welcome = may_command(inviter, on_.settings.matrix, on_.people);
  if (!welcome) ++on_.heard.refused;
  if (limiter_.take("invitations", 60, 60, on_.env.clock.now()).count() > 0) return;  // it stays open and harms nobody
  bot::log(bot::LogLevel::info, welcome ? "matrix_invitation_accepted" : "matrix_invitation_declined", {{"room", room}, {"by", inviter}});
  Api& api = on_.api;
  on_.chores.add({welcome ? "entering a room" : "declining an invitation", "enter " + room,
                  [&api, room, inviter, welcome](const Budget& budget) -> std::optional<Problem> {
                    std::string entered;
                    const std::string via = server_of(inviter);
                    if (welcome) return api.join(room, {via}, budget, entered);
                    return api.leave(room, "Muster takes invitations only from the people it works for.", budget);
                  },
                  batch, {}});
}

bool Conversation::is_encrypted(const std::string& room) {
  if (on_.api.homeserver().encrypted(room)) return true;
  // Asked seldom: somebody may send many such events.
  if (limiter_.take("encrypted " + room, 6, 3, on_.env.clock.now()).count() > 0) return false;
  nlohmann::json state;
  return !on_.api.get_state(room, "m.room.encryption", "", Budget(on_.env.clock, kBrief, kBrief), state);
}

void Conversation::follow_upgrade(const Event& tombstone) {
  std::vector<std::string> named = on_.settings.matrix.control_rooms;
  if (!on_.settings.matrix.announce_room.empty()) named.push_back(on_.settings.matrix.announce_room);
  for (const auto& alias : named)
    if (alias[0] == '#' && on_.api.homeserver().room_of_alias(alias) == tombstone.room) enter(alias, tombstone.room);
}

void Conversation::enter(const std::string& alias, const std::string& old_room) {
  bot::log(bot::LogLevel::info, "matrix_room_replaced", {{"alias", alias}, {"room", old_room}});
  Api& api = on_.api;
  on_.chores.add({"entering the room that replaces " + alias, "enter " + alias,
                  [&api, alias, old_room](const Budget& budget) -> std::optional<Problem> {
                    std::string room, entered;
                    if (auto problem = api.resolve_alias(alias, budget, room)) return problem;
                    // The homeserver moves the alias after it has closed the old room.
                    if (room == old_room) return Problem{Outcome::waits, "", "the alias leads to the old room still", bot::Millis{2000}, 0};
                    return api.join(room, {api.settings().server_name()}, budget, entered);
                  },
                  nullptr, {}});
}

void Conversation::found_encrypted(const std::string& room, const std::shared_ptr<Batch>& batch) {
  if (!on_.api.homeserver().note_encrypted(room)) return;
  const auto told = on_.reader.adapter_state(state_key("encrypted", room));
  if (!told || *told) return;
  bot::log(bot::LogLevel::warning, "matrix_room_encrypted", {{"room", room}});
  state_.push_back({state_key("encrypted", room), "told"});
  Api& api = on_.api;
  on_.chores.add({"the word about encryption", room,
                  [&api, room](const Budget& budget) {
                    std::string event_id;
                    const nlohmann::json content{{"msgtype", "m.notice"}, {"body", kEncryptedWords}, {"m.mentions", nlohmann::json::object()}};
                    return api.put_event(room, "m.room.message", transaction_of(room, "encrypted"), content, budget, event_id);
                  },
                  batch, {}});
}

}  // namespace matrix
