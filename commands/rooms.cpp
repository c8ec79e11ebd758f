// Where an incident is talked about and who may see it: adopt, mirror, private.
#include <algorithm>

#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

bool is_announcement_room(const RoomKey& room, const Settings& settings) {
  return (room.integration == "slack" && room.id == settings.slack.announce_channel) || (room.integration == "matrix" && room.id == settings.matrix.announce_room);
}

/// What must be so before a room is made an incident's.
Status can_be_adopted(const Call& call) {
  const Context& context = call.context;
  const auto chats = context.settings.chats();
  if (!context.room || std::find(chats.begin(), chats.end(), context.room->integration) == chats.end())
    return refused(ErrorKind::invalid_input, "adopt makes the chat room it is typed in the incident's room, and this is none. To open an incident with a room of its own, type " +
                                                 typed(context, "declare TITLE"));
  if (context.room->nature == RoomNature::direct)
    return refused(ErrorKind::invalid_input, "a direct message cannot become an incident's room. Type it in the room it is about, or open one: " + typed(context, "declare TITLE"));
  if (is_announcement_room(*context.room, context.settings))
    return refused(ErrorKind::conflict, "this is the announcement room, which hears of all incidents. Type it in another room, or open one: " + typed(context, "declare TITLE"));
  const Incident* here = call.snapshot.incident;
  if (here != nullptr && here->takes_changes())
    return refused(ErrorKind::conflict, "this room belongs to " + here->name() + ", which is not closed. To open another incident, type " + typed(context, "declare TITLE"));
  return Done{};
}

/// What is said in a closed room is not for everybody's ears, so the incident is private as well; and a room of which nothing is known may be closed.
Result<std::string> kind_here(const Call& call) {
  if (const Status known = known_kind(call); !known) return known.error();
  std::string kind = call.arg("kind");
  const bool asked = kind.find("private") != std::string::npos, open = call.context.room->nature == RoomNature::open;
  if (asked && open)
    return at_field(refused(ErrorKind::conflict, "everybody can come into this room, and a private incident needs a private one. Make the room private first, or open one: " +
                                                     typed(call.context, "declare private TITLE")),
                    "kind");
  if (!asked && !open) kind += kind.empty() ? "private" : " private";
  return kind;
}

void say_private(Draft& draft, const Incident& row, RoomNature nature) {
  const char* why = nature == RoomNature::closed ? "This room is private, so its incident is too: " : "It could not be told whether everybody may read this room, so the incident is private: ";
  draft.add(Text{plain(std::string(why) + "only those in it and admins see it, and nothing is announced. If everybody may know of it, type "), code(row.name() + " cancel"),
                 plain(" and "), code("declare TITLE")});
}

Result<Decision> decide_adopt(const Call& call) {
  if (const Status can = can_be_adopted(call); !can) return can.error();
  const Context& context = call.context;
  auto title = text_argument(call, "title", kTitleLength, true);
  if (!title) return title.error();
  auto severity = severity_argument(call, call.arg("severity"));
  if (!severity) return severity.error();
  auto kind = kind_here(call);
  if (!kind) return kind.error();
  const RoomKey& room = *context.room;
  Draft draft(call.snapshot.next_number, context);
  const Incident row = declare(draft, *title, *severity, *kind, chats_for(context));
  // Known at once, so that what is typed here next is about this incident, and nobody adopts the room twice.
  draft.decision().references.push_back({row.number, room.integration, "room", room.id});
  draft.decision().references.push_back({row.number, "muster", "adopted", room.integration});  // it was there before and is not archived
  open_room(draft, row, room.integration, room.id);
  const std::string what = std::string(row.is_private ? ", private" : "") + (row.is_drill ? ", a drill" : "");
  draft.reply({plain("Declared "), strong(row.name()), plain(", " + *severity + what + ". This room becomes its room in a moment.")});
  if (row.is_private) say_private(draft, row, room.nature);
  draft.add(Text{plain("Next, take command: "), code(with_names("role {role}", context.settings))});
  return draft.done();
}

void parse_chat(Line& line, const Settings&, const People&, Args& args) {
  if (!line.empty()) args.emplace_back("chat", line.rest());
}

/// The card of the room that was is no card any more, and the next room is Muster's own.
void forget_room(Draft& draft, const Call& call, const std::string& chat) {
  draft.decision().references.push_back({call.incident().number, chat, "summary", ""});
  const auto adopted = call.snapshot.references.find("muster/adopted");
  if (adopted != call.snapshot.references.end() && adopted->second == chat) draft.decision().references.push_back({call.incident().number, "muster", "adopted", ""});
}

Result<Decision> decide_mirror(const Call& call) {
  const Incident& incident = call.incident();
  const auto chats = call.context.settings.chats();
  const std::string& word = call.arg("chat");
  if (word.empty()) return missing(call, "the chat", "chat");
  const std::string* chat = one_of(word, chats);
  if (chat == nullptr)
    return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not a chat that is set up here. " +
                                                         (chats.empty() ? "None is; the settings name them." : "Set up: " + listed(chats, "and") + ".")),
                    "chat");
  const std::string name = integration_name(*chat);
  const std::string& lost = how_roomless(call.snapshot, *chat);
  const bool again = lost == "failed" || lost == "gone";
  if (!again && (incident.chats.empty() || incident.chats.count(*chat) > 0)) {
    const auto room = incident.rooms.find(*chat);
    return already(incident, {plain(room == incident.rooms.end() ? incident.name() + " gets its room in " + name + " as soon as " + name + " takes it."
                                                                 : incident.name() + " has a room in " + name + " already.")});
  }
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::mirrored, "", {{"integration", *chat}});
  Incident next = outline(incident);
  next.chats = incident.chats;
  if (!incident.chats.empty()) next.chats.insert(*chat);
  for (const auto& other : chats)
    if (other != *chat && (incident.chats.empty() || incident.chats.count(other) > 0)) draft.say_recorded({}, other);
  if (again) forget_room(draft, call, *chat);
  open_room(draft, next, *chat);
  draft.reply({plain("A room for " + incident.name() + " is being opened in " + name + ". Commands work in either, and what is said by Muster appears in both.")});
  return draft.done();
}

Result<Decision> decide_private(const Call& call) {
  const Incident& incident = call.incident();
  if (incident.is_private) return already(incident, {plain(incident.name() + " is private already. To let somebody in, type "), code("join PERSON")});
  const std::string& state = incident.publication.state;
  if (!state.empty() && state != "resolved")
    return refused(ErrorKind::conflict, "the public reads about " + incident.name() + " (\"" + state_name(state) + "\"). End that first: " +
                                            typed(call, "public resolved TEXT") + ". Then: " + typed(call, "private"));
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::made_private);
  draft.decision().references.push_back({incident.number, "muster", "rooms_open", "yes"});  // whoever reads them need not be in it
  if (call.context.actor.kind == ActorKind::person && incident.members.count(call.context.actor.id) == 0)
    draft.record(EntryKind::joined, "", {{"person", call.context.actor.id}});
  draft.say({who(call.context.actor), plain(" made " + incident.name() + " private: lists, console and API show it to those in it and to admins alone, and nothing "
                                                                         "more is announced. Who can read this room is decided by the chat; where it is open to others, make it private there.")},
            Tone::warning);
  draft.redraw();
  draft.reply({plain(incident.name() + " is private now. To let somebody in, type "), code("join PERSON")});
  draft.add(Text{plain("What was announced before stays there; delete it there. A room that Muster cannot close itself stays open until somebody makes it private in the chat.")});
  return draft.done();
}

constexpr Verb kVerbs[] = {
    {"adopt", "adopt [SEVERITY] [private] [drill] TITLE", "Make the chat room you are in the room of a new incident; in a private room it is private.",
     "adopt {severity} checkout is slow", false, true, Action::respond, parse_declare, decide_adopt, nullptr, false, true},
    {"mirror", "mirror CHAT", "Open a room in another chat too; both stay in step.", "mirror matrix", true, false, Action::respond, parse_chat, decide_mirror, nullptr, false, false, true},
    {"private", "private", "Make it private, as commander or admin: only those in it see it, nothing is announced or published.", "private", true, false, Action::conceal,
     nullptr, decide_private, nullptr}};

}  // namespace

std::span<const Verb> rooms_verbs() { return kVerbs; }

void read_room(const Request& request, Reads& out) {
  if (!request.room) return;
  out.references.emplace_back(request.room->integration, "room");
  out.references.emplace_back("muster", "rooms_open");
}

Status may(Action action, const Incident& incident, const Snapshot& snapshot, const Context& context) {
  if (!incident.is_private || !context.room || snapshot.references.count("muster/rooms_open") > 0) return allowed(action, context.actor, &incident, context.settings);
  const auto room = snapshot.references.find(context.room->integration + "/room");
  if (room == snapshot.references.end() || room->second != context.room->id) return allowed(action, context.actor, &incident, context.settings);
  Incident seen = incident;
  seen.is_private = false;
  return allowed(action, context.actor, &seen, context.settings);
}

}  // namespace commands
