#include "integrations/matrix/room_steps.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/matrix/powers.hpp"
#include "integrations/matrix/room_body.hpp"
#include "integrations/matrix/spaces.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr std::size_t kAliasLength = 80, kTopicLength = 500, kMark = 8;
constexpr std::size_t kMostNamed = 20;     // of those who could not be invited
constexpr std::size_t kMostInvited = 500;  // more is no team, and Synapse lets an account invite one person in three seconds
constexpr bot::Millis kStillMaking{30000};  // a homeserver writes a new room's state one event after another

constexpr const char* kTopic = "topic";    // the reference that says whose the topic is, and
constexpr const char* kTheirs = "theirs";  // what it says of a room that had one before it was adopted

std::string mark_of(const std::string& message_id) { return message_id.substr(message_id.size() - std::min(kMark, message_id.size())); }

bot::Accepted room_found(const Session& session, const std::string& room, const std::string& alias) {
  session.homeserver().remember_room(session.message.incident, room);
  const std::string link = permalink(room, "", session.matrix().server_name());
  auto reference = [&](const char* what, const std::string& value) { return bot::Reference{session.message.incident, kIntegration, what, value}; };
  bot::Accepted out{{reference("room", room), reference("room_link", link)}, link};
  if (!alias.empty()) out.references.push_back(reference("room_name", alias));
  return out;
}

enum class Whose { free, ours, half_made, somebodys, unknown };

/// Whose room an alias leads to. `in_doubt`: an attempt of this message may have made it.
Whose whose(Session& session, const std::string& alias, bool in_doubt, Progress& progress, std::string& room, Problem& problem) {
  if (const auto unresolved = session.api.resolve_alias(alias, session.budget, room)) {
    if (unresolved->not_found()) return Whose::free;
    problem = *unresolved;
    return Whose::unknown;
  }
  json mark;
  const auto unread = session.api.get_state(room, kIncidentState, "", session.budget, mark);
  if (!unread) return text_at(mark, "op") == session.message.id ? Whose::ours : Whose::somebodys;
  const bool no_mark = unread->outcome == Outcome::refused && (unread->not_found() || unread->is("M_FORBIDDEN"));
  if (!no_mark) {
    problem = *unread;
    return Whose::unknown;
  }
  if (!in_doubt) return Whose::somebodys;
  const bot::Millis now = session.clock.monotonic();
  if (!progress.half_made_since) progress.half_made_since = now;
  if (now - *progress.half_made_since >= kStillMaking) return Whose::somebodys;
  problem = {Outcome::waits, "", "the homeserver may still be making the room", bot::Millis{2000}, 0};
  return Whose::half_made;
}

/// A room the bot cannot read is given back: its name must be free for the next attempt of an operator who changed the setting.
bot::Refused give_back_encrypted(Session& session, const std::string& room, const std::string& alias) {
  json ignored;
  session.api.call({"DELETE", {"v3", "directory", "room", alias}, {}, "the room's name"}, nullptr, session.budget, ignored);
  session.api.leave(room, "Muster cannot work in an encrypted room", session.budget);
  session.homeserver().forget_room(room);
  return {"The homeserver encrypts every new room, and Muster cannot read or write encrypted rooms. Set Synapse's "
          "encryption_enabled_by_default_for_room_type to \"off\" (Element: also its .well-known \"io.element.e2ee\"), then declare or mirror again. The "
          "console works meanwhile.",
          false};
}

/// The room is there and ours: it is only used when it is not encrypted.
bot::SendResult check_encryption(Session& session, const std::string& room, const std::string& alias) {
  json ignored;
  const auto problem = session.api.get_state(room, "m.room.encryption", "", session.budget, ignored);
  if (!problem) return give_back_encrypted(session, room, alias);
  if (!problem->not_found()) return repeatable(*problem);
  session.homeserver().learn_plain_rooms();
  return room_found(session, room, alias);
}

/// Members of the space and readers of the announcements may come in by themselves, as into a public channel.
std::vector<std::string> doors(Session& session, const std::string& space) {
  std::vector<std::string> out;
  if (!space.empty()) out.push_back(space);
  std::string announcements;
  if (!session.matrix().announce_room.empty() && !room_of_settings(session, session.matrix().announce_room, announcements)) out.push_back(announcements);
  return out;
}

json body_of(Session& session, const bot::OpenRoom& open) {
  RoomPlan plan;
  plan.title = open.title;
  plan.version = room_version(session);
  plan.is_private = open.is_private;
  plan.incident = session.message.incident;
  plan.op = session.message.id;
  if (!open.is_private) {
    if (const auto problem = find_space(session, plan.space))
      bot::log(bot::LogLevel::warning, "matrix space", {{"incident", session.message.incident}, {"problem", problem->words}});
    plan.doors = doors(session, plan.space);
  }
  return room_body(session.matrix(), session.homeserver().self()->user_id, plan);
}

/// Who still goes to the room of before (the incident was closed and reopened) is led here.
void lead_here(Session& session, const std::string& new_room) {
  if (session.room().empty() || session.room() == new_room) return;
  std::string ignored;
  const auto problem = session.api.put_state(session.room(), "m.room.tombstone", "",
                                             {{"body", session.incident_name() + " goes on in a new room."}, {"replacement_room", new_room}}, session.budget, ignored);
  if (problem) bot::log(bot::LogLevel::info, "matrix old room", {{"incident", session.message.incident}, {"problem", problem->words}});
}

/// Muster's own topics begin with an incident's name; one that an earlier incident left there is nobody's.
bool has_their_topic(const std::string& topic) { return !topic.empty() && !bot::incident_number(topic.substr(0, topic.find(' '))); }

/// A room that people made becomes the incident's: the bot enters it and changes nothing about it.
bot::SendResult take_over(Session& session, const bot::OpenRoom& open) {
  std::string room;
  if (const auto problem = session.api.join(open.existing, {session.matrix().server_name()}, session.budget, room)) return repeatable(*problem);
  if (room.empty()) room = open.existing;
  json found;
  const auto encrypted = session.api.get_state(room, "m.room.encryption", "", session.budget, found);
  if (!encrypted) {
    session.homeserver().note_encrypted(room);
    return bot::Refused{"The room " + open.existing + " is encrypted, and Muster cannot read or write encrypted rooms. Use an unencrypted room.", false};
  }
  if (!encrypted->not_found()) return repeatable(*encrypted);
  std::string alias;
  if (!session.api.get_state(room, "m.room.canonical_alias", "", session.budget, found)) alias = text_at(found, "alias");
  const auto unread = session.api.get_state(room, "m.room.topic", "", session.budget, found);
  if (unread && !unread->not_found()) return repeatable(*unread);
  bot::Accepted entered = room_found(session, room, alias);
  entered.references.push_back({session.message.incident, kIntegration, kTopic, !unread && has_their_topic(text_at(found, "topic")) ? kTheirs : ""});
  return entered;
}

struct Invitee { std::string person, user; };  ///< person: "" when the settings do not know them

std::vector<Invitee> invitees(const Session& session, const bot::InvitePeople& invite) {
  std::vector<Invitee> out;
  for (const auto& person : invite.people)
    if (const std::string user = user_id_of(session.people, person); !user.empty()) out.push_back({person, user});  // others follow in their own chat or the console
  return out;
}

/// Those who are in the rooms and spaces that are named as groups. A group that cannot be read is told with the others who could not come.
std::optional<Problem> add_groups(Session& session, const bot::InvitePeople& invite, std::vector<Invitee>& all, Progress& progress) {
  for (const auto& group : invite.groups) {
    std::string room;
    json members;
    auto problem = room_of_settings(session, group, room);
    if (!problem) problem = session.api.joined_members(room, session.budget, members);
    if (problem && problem->outcome != Outcome::refused) return problem;
    if (problem && progress.groups_refused.insert(group).second)
      progress.refused.push_back("the people of " + group + " (" + problem->words + "; is " + session.matrix().user_id + " in there?)");
    for (const auto& [user, profile] : members.items()) {
      const bool known = std::any_of(all.begin(), all.end(), [&user = user](const Invitee& one) { return one.user == user; });
      if (known || all.size() >= kMostInvited) continue;
      const auto person = session.people.by_identity(kIntegration, user);
      all.push_back({person ? person->id : "", user});
    }
  }
  return std::nullopt;
}

std::string membership(Session& session, const std::string& user) {
  json member;
  if (session.api.get_state(session.room(), "m.room.member", user, session.budget, member)) return "";
  return text_at(member, "membership");
}

bool is_in(const std::string& membership) { return membership == "join" || membership == "invite"; }

/// Why it would be in vain, or "". Synapse "invites" accounts of its own that do not exist.
std::string in_vain(Session& session, const std::string& user) {
  const bool own = server_of(user) == session.matrix().server_name();
  if (!own) return session.matrix().federate ? "" : "the account is on another server, and incident rooms are not federated; see matrix.federate";
  json ignored;
  const auto problem = session.api.profile(user, session.budget, ignored);
  return problem && problem->status == 404 && !problem->code.empty() ? "there is no such account" : "";
}

/// Nothing: done with, whether invited or not.
std::optional<Problem> invite_one(Session& session, const Invitee& invitee, Progress& progress) {
  const auto refuse = [&](const std::string& why) { progress.refused.push_back((invitee.person.empty() ? invitee.user : session.people.name_of(invitee.person)) + " (" + why + ")"); };
  if (const auto self = session.homeserver().self(); self && self->user_id == invitee.user) return std::nullopt;
  // Inviting again would count against the person's limit, which is low.
  if (session.may_be_there() && is_in(membership(session, invitee.user))) return std::nullopt;
  if (const std::string why = in_vain(session, invitee.user); !why.empty()) {
    refuse(why);
    return std::nullopt;
  }
  auto problem = session.api.invite(session.room(), invitee.user, session.budget);
  if (!problem || problem->outcome != Outcome::refused) return problem;
  const std::string now = membership(session, invitee.user);  // somebody who is in the room is refused like somebody who may not come
  if (is_in(now)) return std::nullopt;
  refuse(now == "ban" ? "banned from the room" : problem->words);
  return std::nullopt;
}

}  // namespace

std::string room_alias_candidate(const bot::OpenRoom& open, int n, const std::string& message_id) {
  std::string suffix;
  if (open.is_private || n >= kRoomAliases) suffix = "-" + mark_of(message_id);
  if (n > 1 && n < kRoomAliases) suffix += "-" + std::to_string(n);
  return open.name.substr(0, kAliasLength - suffix.size()) + suffix;
}

bot::SendResult open_room(Session& session, const bot::OpenRoom& open, Progress& progress) {
  if (!open.existing.empty()) return take_over(session, open);
  if (const auto problem = session.api.learn_self(session.budget)) return repeatable(*problem);
  const json base = body_of(session, open);
  for (; progress.next_alias <= kRoomAliases; ++progress.next_alias) {
    const std::string localpart = room_alias_candidate(open, progress.next_alias, session.message.id), alias = alias_on_own_server(session, localpart);
    json body = base;
    body["room_alias_name"] = localpart;
    std::string room;
    const auto refused = session.api.create_room(body, session.budget, room);
    if (!refused) {
      session.homeserver().remember_made(room);
      if (open.is_private) session.homeserver().remember_closed(room);
      lead_here(session, room);
      return session.homeserver().makes_plain_rooms() ? room_found(session, room, alias) : check_encryption(session, room, alias);
    }
    if (!refused->is("M_ROOM_IN_USE")) return send_result(*refused);
    Problem problem;
    switch (whose(session, alias, session.may_be_there(), progress, room, problem)) {
      case Whose::ours: return check_encryption(session, room, alias);
      case Whose::half_made:
      case Whose::unknown: return repeatable(problem);
      case Whose::free: return bot::NotSent{"the room's name was taken and is free again", bot::Millis{1000}, true};
      case Whose::somebodys: break;
    }
  }
  return bot::Refused{"The homeserver has no free alias for the room " + open.name + ": remove those that hold it.", false};
}

bot::FindResult find_room(Session& session, const bot::OpenRoom& open, Progress& progress) {
  if (!open.existing.empty()) return bot::Missing{};  // entering again changes nothing
  if (!open.before.empty()) {
    bot::OpenRoom earlier = open;
    earlier.name = std::exchange(earlier.before, "");
    if (auto found = find_room(session, earlier, progress); !std::holds_alternative<bot::Missing>(found)) return found;
  }
  for (int n = 1; n <= kRoomAliases; ++n) {
    const std::string alias = alias_on_own_server(session, room_alias_candidate(open, n, session.message.id));
    std::string room;
    Problem problem;
    const Whose found = whose(session, alias, true, progress, room, problem);
    if (found == Whose::free) return bot::Missing{};  // they are tried in this order
    if (found == Whose::half_made || found == Whose::unknown) return cannot_look(problem);
    if (found != Whose::ours) continue;
    const auto checked = check_encryption(session, room, alias);
    if (const auto* accepted = std::get_if<bot::Accepted>(&checked)) return *accepted;
    if (std::holds_alternative<bot::Refused>(checked)) return bot::Missing{};  // given back; the next attempt meets the same and says so
    return bot::CannotLook{"the homeserver did not say whether the room is encrypted"};
  }
  return bot::Missing{};
}

namespace {

/// The room's name follows the incident's title. A room that people made has no mark of ours and keeps theirs.
std::optional<Problem> follow_title(Session& session) {
  const std::string wanted = room_title(session.message.incident, session.context.incident.title);
  json found;
  if (auto problem = session.api.get_state(session.room(), "m.room.name", "", session.budget, found); problem && !problem->not_found()) return problem;
  if (text_at(found, "name") == wanted) return std::nullopt;
  if (auto problem = session.api.get_state(session.room(), kIncidentState, "", session.budget, found)) return problem->not_found() ? std::nullopt : problem;
  std::string ignored;
  return session.api.put_state(session.room(), "m.room.name", "", {{"name", wanted}}, session.budget, ignored);
}

/// The room's address was made of a title that was redacted, so it is given up: the room is found by its link.
std::optional<Problem> give_up_alias(Session& session) {
  const std::string alias = session.context.reference("room_name");
  if (alias.empty() || alias[0] != '#') return std::nullopt;
  json ignored;
  if (auto problem = session.api.get_state(session.room(), kIncidentState, "", session.budget, ignored)) return problem->not_found() ? std::nullopt : problem;
  std::string event;
  if (auto problem = session.api.put_state(session.room(), "m.room.canonical_alias", "", json::object(), session.budget, event)) return problem;
  auto problem = session.api.call({"DELETE", {"v3", "directory", "room", alias}, {}, "the room's name"}, nullptr, session.budget, ignored);
  return problem && problem->not_found() ? std::nullopt : problem;
}

}  // namespace

bot::SendResult set_topic(Session& session, const bot::SetTopic& topic) {
  if (session.room().empty()) return no_room(session);
  const std::string words = text::shorten(text::clean(text::valid_utf8(topic.topic), true), kTopicLength);
  std::string ignored;
  const json content{{"topic", words}, {"m.topic", {{"m.text", json::array({{{"mimetype", "text/plain"}, {"body", words}}})}}}};
  if (session.context.reference(kTopic) != kTheirs)
    if (const auto problem = session.api.put_state(session.room(), "m.room.topic", "", content, session.budget, ignored)) return repeatable(*problem);
  if (const auto unnamed = follow_title(session)) return repeatable(*unnamed);
  if (topic.name.empty()) return bot::Accepted{};
  if (const auto kept = give_up_alias(session)) return repeatable(*kept);
  return bot::Accepted{{bot::Reference{session.message.incident, kIntegration, "room_name", session.room()}}, ""};
}

bot::SendResult invite_people(Session& session, const bot::InvitePeople& invite, Progress& progress) {
  auto all = invitees(session, invite);
  if (all.empty() && invite.groups.empty()) return bot::Accepted{};
  if (session.room().empty()) return no_room(session);
  if (const auto problem = add_groups(session, invite, all, progress)) return repeatable(*problem);
  for (const auto& invitee : all) {
    if (progress.invited.count(invitee.user) > 0) continue;
    if (const auto problem = invite_one(session, invitee, progress)) return repeatable(*problem);
    progress.invited.insert(invitee.user);
  }
  if (progress.refused.empty()) return bot::Accepted{};
  std::string names;
  for (std::size_t i = 0; i < progress.refused.size() && i < kMostNamed; ++i) names += (names.empty() ? "" : ", ") + progress.refused[i];
  if (progress.refused.size() > kMostNamed) names += " and " + std::to_string(progress.refused.size() - kMostNamed) + " more";
  return bot::Refused{"Not invited to the Matrix room: " + names + ".", false};
}

bot::SendResult archive_room(Session& session) {
  if (session.room().empty()) return bot::Accepted{};  // nothing was opened, nothing is left open
  json mark, levels;
  if (const auto problem = session.api.get_state(session.room(), kIncidentState, "", session.budget, mark)) {
    if (problem->not_found()) return bot::Accepted{};  // a room that people made stays theirs
    return repeatable(*problem);
  }
  const bot::Lock alone(session.homeserver().changing_levels);
  if (const auto problem = session.api.get_state(session.room(), "m.room.power_levels", "", session.budget, levels)) return repeatable(*problem);
  levels["events_default"] = 100;
  levels["invite"] = 100;
  take_powers(levels);
  std::string ignored;
  if (const auto problem = session.api.put_state(session.room(), "m.room.power_levels", "", levels, session.budget, ignored)) return repeatable(*problem);
  if (const auto problem = list_in_space(session, false)) return repeatable(*problem);
  return bot::Accepted{};
}

}  // namespace matrix
