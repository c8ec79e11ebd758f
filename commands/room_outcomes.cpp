// A room that was opened, could not be, or can no longer be reached: what the record, the room and those outside it hear of that.
#include "bot/addressing.hpp"
#include "commands/outcomes.hpp"

namespace commands {

using namespace bot;

namespace {

/// A room that came later than the incident: this chat has heard of the incident before.
Card room_here_now(const Incident& incident) {
  Card card;
  card.title = {strong(drill_words(incident, incident.name())), plain(" " + severity_name(incident.severity) + " "), plain(incident.title), plain(" has a room here now: "),
                room_of(incident.number)};
  card.buttons.push_back({"Join", "join", true, false});
  return card;
}

/// A closed incident is open again, and those who heard of its beginning hear of that: where the new room is, or why there is none.
Card reopened_here(const Incident& incident, const std::string& no_room) {
  Card card;
  card.tone = Tone::bad;
  card.title = {strong(drill_words(incident, incident.name())), plain(" " + severity_name(incident.severity) + " "), plain(incident.title), plain(" is open again. ")};
  if (!no_room.empty()) {
    card.title.push_back(plain(no_room + "."));
    return card;
  }
  card.title.insert(card.title.end(), {plain("Its new room is "), room_of(incident.number)});
  card.buttons.push_back({"Join", "join", true, false});
  return card;
}

std::string room_name_told(const Event& event) {
  for (const auto& reference : event.outcome.references)
    if (reference.what == "room_name" && !reference.id.empty()) return reference.id;
  return std::get<OpenRoom>(event.message().content).name;
}

/// Once the room is there: people who come along always, and bookmarks. Nothing waits for either.
void add_extras(Draft& draft, const Incident& incident, const std::string& chat) {
  const auto& wanted = draft.context().settings.incidents;
  const auto groups = wanted.invite_groups.find(chat);
  const bool any_group = groups != wanted.invite_groups.end();
  if (!incident.is_private && (!wanted.invite_people.empty() || any_group))
    draft.send_extra(InvitePeople{wanted.invite_people, any_group ? groups->second : std::vector<std::string>{}}, chat);
  draft.send_extra(AddBookmarks{}, chat);
}

/// The title may have been redacted while the room was being made under it.
std::string name_since(const Event& event) {
  const auto& open = std::get<OpenRoom>(event.message().content);
  if (!open.existing.empty() || open.title.empty() || (open.title == event.incident.title && open.before.empty())) return "";
  return room_name(event.context.settings.incidents.room_name, event.incident.number, event.incident.title == kRedacted ? "" : event.incident.title);
}

/// How the room is called, where a redaction of the title finds it: no word of a title stands among the facts.
void add_name(const Event& event, Facts& facts, std::string& text) {
  const auto& open = std::get<OpenRoom>(event.message().content);
  const std::string& pattern = event.context.settings.incidents.room_name;
  const bool by_title = open.existing.empty() && room_name(pattern, event.incident.number, open.title) != room_name(pattern, event.incident.number, "");
  if (!by_title) {
    facts.emplace_back("name", room_name_told(event));
  } else if (open.title == event.incident.title && open.before.empty() && open.title != kRedacted) {
    facts.emplace_back("title", std::to_string(event.incident.title_entry));
    text = room_name_told(event);
  }  // else the title is another by now, and the room is called by one that may be gone
}

/// An adopted room had a topic before the incident: people look for what it says there, so it stays.
bool has_their_topic(const Event& event) {
  for (const auto& reference : event.outcome.references)
    if (reference.what == kTopicReference) return reference.id == kTheirTopic;
  return false;
}

/// What a room that is there now gets at once, all beside one another.
void furnish(Draft& draft, const Event& event) {
  if (has_their_topic(event))
    draft.say({plain("The topic of this channel stays as it is. Where " + event.incident.name() + " stands is on the pinned card.")}, Tone::neutral, {}, event.integration());
  else draft.send(SetTopic{topic(event.incident, event.context.people), name_since(event)}, event.integration());
  std::set<std::string> people = event.incident.members;
  if (event.incident.declared_by.kind == ActorKind::monitor)
    for (const auto& person : first_responders(event.context.settings)) people.insert(person);
  if (!people.empty()) draft.send(InvitePeople{{people.begin(), people.end()}, {}}, event.integration());
}

/// Nothing came of it: a room that was to be taken over is nobody's again, and `mirror` may try once more.
void release_room(Draft& draft, const Event& event) {
  const std::string& chat = event.integration();
  draft.record(EntryKind::room_failed, event.reason(), {{"integration", chat}});
  set_roomless(draft, chat, "failed");
  if (std::get<OpenRoom>(event.message().content).existing.empty()) return;
  draft.decision().references.push_back({event.incident.number, chat, "room", ""});
  draft.decision().references.push_back({event.incident.number, "muster", "adopted", ""});
}

/// What the announcement room of this chat hears, once: people must hear of it also when there is no room. Empty: it has heard of the incident.
std::optional<Card> told_outside(const Event& event) {
  const bool opened = event.state() == MessageState::sent;
  const std::string no_room = opened ? "" : "There is no " + integration_name(event.integration()) + " room: " + event.reason();
  const std::string& before = event.roomless();
  if (before == "reopened") return reopened_here(event.incident, no_room);
  const bool mirrored = !event.incident.chats.empty() && event.message().created > event.incident.declared;
  const bool later = mirrored || !before.empty();
  if (!later) return announcement(event.incident, no_room);
  return opened ? std::optional<Card>(room_here_now(event.incident)) : std::nullopt;
}

}  // namespace

Decision room_outcome(const Event& event) {
  Draft draft = event.draft();
  const std::string& chat = event.integration();
  if (event.state() == MessageState::sent) {
    Facts facts{{"integration", chat}};
    if (!event.outcome.link.empty()) facts.emplace_back("link", event.outcome.link);
    std::string name;
    add_name(event, facts, name);
    draft.record(EntryKind::room_opened, std::move(name), std::move(facts));
    if (!event.roomless().empty()) set_roomless(draft, chat, "");
    if (event.room_lives()) furnish(draft, event);
    if (event.room_lives() && event.incident.roles.count("commander") == 0)
      draft.say({plain("No commander yet. Claim it with the button or "), code("role commander")}, Tone::warning, {{"Claim commander", "role commander", true}}, chat);
    if (event.room_lives()) add_extras(draft, event.incident, chat);
  } else {
    release_room(draft, event);
  }
  if (event.room_lives())
    if (auto card = told_outside(event)) draft.send(Announce{*std::move(card)}, chat);
  return draft.done();
}

Decision room_gone(const Event& event) {
  if (event.roomless() == "gone") return Decision{};
  Draft draft = event.draft();
  const std::string& chat = event.integration();
  const std::string name = integration_name(chat), another = "mirror " + chat;
  set_roomless(draft, chat, "gone");
  draft.record(EntryKind::message_failed,
               "the " + name + " room can no longer be reached: " + event.reason() + ". What follows does not reach it either. To open another one, type " + another,
               {{"integration", chat}, {"what", kind_of(event.message().content)}, {"message", event.message().id}});
  if (!event.room_lives()) return draft.done();
  for (const auto& [other, link] : event.incident.rooms)
    if (other != chat)
      draft.say({plain("The " + name + " room of " + event.incident.name() + " can no longer be reached: " + event.reason() + ". To open another one, type "), code(another)},
                Tone::warning, {}, other);
  return draft.done();
}

}  // namespace commands
