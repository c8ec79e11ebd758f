// What people do to a room by hand: putting its messages on the timeline, changing its topic, archiving it; and what was missed while it could not be heard.
#include <algorithm>

#include "bot/plain.hpp"
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::size_t kMessageKey = 300;
constexpr std::size_t kFiles = 20;

std::string entry_reference(const Capture& capture) { return "captured:" + capture.message; }
std::string state_reference(const Capture& capture) { return "capture:" + capture.message; }

/// Sixteen hex characters of a text (FNV-1a): enough to see whether an edit changed it, without keeping it a second time.
std::string mark_of(const std::string& text) {
  std::uint64_t h = 14695981039346656037ull;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) out[i] = digits[(h >> (60 - 4 * i)) & 15];
  return out;
}

/// How a captured message stands, as kept in its reference: "standing", mark of its words, who put it (all whose pin stands, the first one
/// first, by blanks apart), who wrote it.
struct Standing {
  std::string state, mark, put_by, author;
  bool known() const { return !state.empty(); }
  bool stands() const { return state == "standing"; }
  bool redacted() const { return state == "redacted"; }
  bool put(const std::string& person) const { return (" " + put_by + " ").find(" " + person + " ") != std::string::npos; }
  std::string first() const { return put_by.substr(0, put_by.find(' ')); }
  /// Without this person's pin; "" when it was the only one.
  std::string without(const std::string& person) const {
    std::string out;
    for (std::size_t at = 0; at < put_by.size();) {
      const auto end = std::min(put_by.find(' ', at), put_by.size());
      if (const std::string one = put_by.substr(at, end - at); one != person) out += (out.empty() ? "" : " ") + one;
      at = end + 1;
    }
    return out;
  }
  std::string kept() const { return state + "\n" + mark + "\n" + put_by + "\n" + author; }
};

Standing standing_of(const std::string& kept) {
  Standing out;
  std::string* const parts[] = {&out.state, &out.mark, &out.put_by, &out.author};
  std::size_t at = 0;
  for (auto* part : parts) {
    const auto end = std::min(kept.find('\n', at), kept.size());
    *part = kept.substr(at, end - at);
    at = std::min(end + 1, kept.size());
  }
  return out;
}

/// One captured message and what is known of it.
struct Pin {
  const Capture& capture;
  const Incident& incident;
  const Context& context;
  std::string seq;      ///< its entry; "" = never put
  Standing standing;
  std::string words;    ///< of the message as it reads now
  std::string name() const { return "Entry " + seq + " of " + incident.name(); }
};

Decision nothing(const Pin& pin, const std::string& words) { return already(pin.incident, {plain(words)}); }

bool fine_link(const std::string& link) {
  return link.size() <= 2000 && (link.rfind("https://", 0) == 0 || link.rfind("http://", 0) == 0) && link.find_first_of(" \n\r\t\"<>") == std::string::npos;
}

std::string with_files(const Pin& pin) {
  std::string out = pin.words;
  std::size_t listed_files = 0;
  for (const auto& [name, link] : pin.capture.files) {
    if (++listed_files > kFiles) break;
    std::string line = shorten(clean(name, true), 200);
    if (line.empty()) line = "file";
    if (fine_link(link)) line += " " + link;
    out += (out.empty() ? "" : "\n") + line;
  }
  if (pin.capture.files.size() > kFiles) out += "\nand " + std::to_string(pin.capture.files.size() - kFiles) + " more files";
  return shorten(std::move(out), kTextLength);
}

Person person_of(const Caller& caller, const People& people) {
  if (auto known = people.by_identity(caller.integration, caller.external_id)) return *known;
  Person fresh;
  fresh.id = caller.integration + ":" + caller.external_id;
  fresh.name = clean(caller.display_name, true);
  if (fresh.name.empty()) fresh.name = caller.external_id;
  fresh.identities[caller.integration] = caller.external_id;
  return fresh;
}

void keep(Draft& draft, const Pin& pin, const Standing& standing) {
  draft.decision().references.push_back({pin.incident.number, pin.context.source, state_reference(pin.capture), standing.kept()});
}

/// A second pin adds nothing to the record, but it keeps the entry when the first one is taken off.
Decision put_as_well(const Pin& pin) {
  const std::string words = "That message is on the timeline already, as entry " + pin.seq + " of " + pin.incident.name() + ".";
  if (pin.standing.put(pin.context.actor.id)) return nothing(pin, words);
  Draft draft(pin.incident.number, pin.context);
  Standing now = pin.standing;
  now.put_by += " " + pin.context.actor.id;
  keep(draft, pin, now);
  draft.reply({plain(words)});
  return draft.done();
}

Result<Decision> put(const Pin& pin) {
  if (pin.standing.redacted()) return refused(ErrorKind::conflict, "the words of that message were redacted. To add something, type " + typed(pin.context, "note TEXT"));
  if (pin.standing.stands()) return put_as_well(pin);
  std::string text = with_files(pin);
  if (text.empty()) return refused(ErrorKind::invalid_input, "that message has no words and no files. To add something, type " + typed(pin.context, "note TEXT"));
  Draft draft(pin.incident.number, pin.context);
  Facts facts{{"message", pin.capture.message}};
  Standing now{"standing", mark_of(pin.words), pin.context.actor.id, ""};
  if (!pin.capture.author.external_id.empty()) {
    const Person author = person_of(pin.capture.author, pin.context.people);
    draft.meet(author);
    now.author = author.id;
    facts.emplace_back("author", author.id);
  }
  if (pin.capture.written && *pin.capture.written <= pin.context.now + std::chrono::minutes{5}) facts.emplace_back("written", iso8601(*pin.capture.written));
  if (fine_link(pin.capture.link)) facts.emplace_back("link", pin.capture.link);
  draft.record(EntryKind::captured, std::move(text), std::move(facts));
  const std::string seq = std::to_string(pin.incident.last_seq + 1);
  draft.decision().references.push_back({pin.incident.number, pin.context.source, entry_reference(pin.capture), seq});
  keep(draft, pin, now);
  draft.reply({plain("On the timeline of " + pin.incident.name() + " as entry " + seq + ".")});
  return draft.done();
}

Result<Decision> edited(const Pin& pin) {
  const std::string mark = mark_of(pin.words);
  if (!pin.standing.stands() || mark == pin.standing.mark) return nothing(pin, "Nothing recorded: the message is not on the timeline, or reads as before.");
  Draft draft(pin.incident.number, pin.context);
  std::string text = with_files(pin);
  draft.record(EntryKind::capture_edited, text.empty() ? "(nothing is left of it)" : std::move(text), {{"entry", pin.seq}, {"message", pin.capture.message}});
  Standing now = pin.standing;
  now.mark = mark;
  keep(draft, pin, now);
  draft.reply({plain(pin.name() + " shows what the message says now; the old words stay, struck through.")});
  return draft.done();
}

Decision withdraw(const Pin& pin, const char* why) {
  Draft draft(pin.incident.number, pin.context);
  draft.record(EntryKind::withdrawn, "", {{"entry", pin.seq}, {"message", pin.capture.message}, {"why", why}});
  Standing now = pin.standing;
  now.state = "withdrawn";
  keep(draft, pin, now);
  // Who deletes a message may want its words gone, and struck through they can still be read.
  if (now.state == "withdrawn" && std::string_view(why) == "deleted" && pin.incident.takes_changes())
    draft.say({plain("A message of the timeline was deleted here: " + pin.name() + " is struck through. Its words stay in the record; to remove them for good, commander or admin types "),
               code("redact " + pin.seq)},
              Tone::neutral, {}, pin.context.source);
  draft.reply({plain(pin.name() + " is struck through.")});
  return draft.done();
}

Result<Decision> taken_off(const Pin& pin) {
  if (!pin.standing.stands()) return nothing(pin, "That message is not on the timeline of " + pin.incident.name() + ".");
  const Actor& actor = pin.context.actor;
  const auto commander = pin.incident.roles.find("commander");
  const std::string others = pin.standing.without(actor.id);
  if (pin.standing.put(actor.id) && !others.empty()) {
    Draft draft(pin.incident.number, pin.context);
    Standing now = pin.standing;
    now.put_by = others;
    keep(draft, pin, now);
    draft.reply({plain(pin.name() + " stays: @" + pin.context.people.name_of(now.first()) + " put it there as well.")});
    return draft.done();
  }
  const bool may = actor.admin || pin.standing.put(actor.id) || (!pin.standing.author.empty() && actor.id == pin.standing.author) ||
                   (commander != pin.incident.roles.end() && commander->second == actor.id);
  if (!may) return nothing(pin, pin.name() + " stays: @" + pin.context.people.name_of(pin.standing.first()) + " put it there.");
  return withdraw(pin, "taken_off");
}

// ---- the room itself ----

/// Muster's topic comes back; the first time the room hears why. In a channel that had a topic before it was adopted people's own stays,
/// until they leave it empty.
void keep_topic(Draft& draft, const Incident& incident, const Snapshot& snapshot, const std::string& theirs_now) {
  const std::string& chat = draft.context().source;
  const auto whose = snapshot.references.find(chat + "/" + kTopicReference);
  if (whose != snapshot.references.end() && whose->second == kTheirTopic) {
    if (!theirs_now.empty()) return;
    draft.decision().references.push_back({incident.number, chat, kTopicReference, ""});
    return draft.send(SetTopic{topic(incident, draft.context().people)}, chat);
  }
  draft.send(SetTopic{topic(incident, draft.context().people)}, chat);
  if (snapshot.references.count(chat + "/topic_told") > 0) return;
  draft.decision().references.push_back({incident.number, chat, "topic_told", "yes"});
  draft.say({plain("The topic shows severity, status, commander and title, and Muster keeps it so. To change it, type "), code("severity SEVERITY"), plain(", "),
             code("status STATE"), plain(" or "), code("rename TITLE"), plain(". What was typed there is on the timeline.")},
            Tone::neutral, {}, chat);
}

void tell_other_rooms(Draft& draft, const Incident& incident, const Text& text) {
  for (const auto& [chat, link] : incident.rooms)
    if (chat != draft.context().source) draft.say(text, Tone::warning, {}, chat);
}

/// Told in the other chats: the room itself cannot hear it. No update of the incident's state, so no clock moves.
Decision removed(const Incident& incident, const Context& context) {
  Draft draft(incident.number, context);
  draft.record(EntryKind::room_changed, "", {{"integration", context.source}, {"what", "removed"}});
  set_roomless(draft, context.source, "gone");
  if (!incident.takes_changes()) return draft.done();
  const std::string room = integration_name(context.source) + " room";
  tell_other_rooms(draft, incident, {plain("Muster was removed from the " + room + " of " + incident.name() + ": what is said here no longer reaches it. Invite Muster there again, or open another room: "),
                                     code("mirror " + context.source)});
  return draft.done();
}

/// Of a room that was never lost, Muster's own coming in says nothing new.
Decision returned(const Incident& incident, const Snapshot& snapshot, const Context& context) {
  if (how_roomless(snapshot, context.source) != "gone") return Decision{};
  Draft draft(incident.number, context);
  draft.record(EntryKind::room_changed, "", {{"integration", context.source}, {"what", "returned"}});
  set_roomless(draft, context.source, "");
  if (!incident.takes_changes()) return draft.done();
  tell_other_rooms(draft, incident, {plain("Muster is in the " + integration_name(context.source) + " room of " + incident.name() + " again.")});
  draft.say({plain("Muster is here again. What was decided meanwhile is on the timeline: "), code("timeline")}, Tone::neutral, {}, context.source);
  draft.send(SetTopic{topic(incident, context.people)}, context.source);
  draft.send(EditSummary{}, context.source);
  return draft.done();
}

/// What is owed to the room follows it: senders look up its id when they send.
Decision moved(const RoomChange& change, const Incident& incident, const Snapshot& snapshot, const Context& context) {
  Draft draft(incident.number, context);
  draft.record(EntryKind::room_changed, "", {{"integration", context.source}, {"what", change.what}, {"link", change.link}});
  for (const auto& [what, id] : {std::pair{"room", change.text}, std::pair{"room_link", change.link}})
    draft.decision().references.push_back({incident.number, context.source, what, id});
  if (how_roomless(snapshot, context.source) == "gone") set_roomless(draft, context.source, "");
  return draft.done();
}

/// Somebody known by an id until now has a name, which the chat has told: what shows people is drawn again. Nothing happened to the incident.
Decision named(const std::string& person, const Incident& incident, const Context& context) {
  if (!incident.takes_changes()) return Decision{};
  Draft draft(incident.number, context);
  draft.redraw();
  const auto commander = incident.roles.find("commander");
  if (commander != incident.roles.end() && commander->second == person) draft.retopic(incident);
  return draft.done();
}

}  // namespace

void read_for_capture(const Capture& capture, const std::string& integration, Reads& out) {
  if (!capture.incident) return;
  out.incidents.push_back(*capture.incident);
  out.references.emplace_back(integration, entry_reference(capture));
  out.references.emplace_back(integration, state_reference(capture));
}

void read_for_room_change(const RoomChange& change, const std::string& integration, Reads& out) {
  if (!change.incident) return;
  out.incidents.push_back(*change.incident);
  out.references.emplace_back(integration, "topic_told");
  out.references.emplace_back(integration, kTopicReference);
  out.references.emplace_back("muster", roomless_reference(integration));
}

Result<Decision> decide_capture(const Capture& capture, const Snapshot& snapshot, const Context& context) {
  if (snapshot.incident == nullptr && capture.incident) return refused(ErrorKind::not_found, no_such_incident(context, *capture.incident));
  if (snapshot.incident == nullptr) {  // some other room's talk: none of our business
    Decision d;
    d.reply.card.title = {plain("This room belongs to no incident. Nothing recorded.")};
    return d;
  }
  if (capture.message.empty() || capture.message.size() > kMessageKey) return refused(ErrorKind::invalid_input, "the message has no usable id.");
  const auto reference = [&](const std::string& what) {
    const auto it = snapshot.references.find(context.source + "/" + what);
    return it == snapshot.references.end() ? std::string() : it->second;
  };
  const Pin pin{capture, *snapshot.incident, context, reference(entry_reference(capture)), standing_of(reference(state_reference(capture))),
                shorten(keepable(capture.text, context.people, false), kTextLength)};
  using What = Capture::What;
  if (capture.what == What::edited) return edited(pin);
  if (capture.what == What::deleted) return pin.standing.stands() ? withdraw(pin, "deleted") : nothing(pin, "That message is not on the timeline.");
  if (const Status seen = may(Action::respond, pin.incident, snapshot, context); !seen)
    return seen.error().kind == ErrorKind::not_found ? refused(ErrorKind::not_found, no_such_incident(context, pin.incident.number)) : refused(seen);
  return capture.what == What::put ? put(pin) : taken_off(pin);
}

void forget_capture(Draft& draft, const Entry& entry) {
  Capture capture;
  capture.message = fact(entry.facts, "message");
  draft.decision().references.push_back({entry.incident, entry.source, state_reference(capture), "redacted"});
}

Result<Decision> decide_room_change(const RoomChange& change, const Snapshot& snapshot, const Context& context) {
  if (snapshot.incident == nullptr) return Decision{};
  if (change.what == "moved") return moved(change, *snapshot.incident, snapshot, context);
  if (change.what == "removed") return removed(*snapshot.incident, context);
  if (change.what == "returned") return returned(*snapshot.incident, snapshot, context);
  if (change.what == "named") return named(change.text, *snapshot.incident, context);
  if (context.actor.kind == ActorKind::muster) return Decision{};
  const Incident& incident = *snapshot.incident;
  const bool topic_or_name = change.what == "topic" || change.what == "name";
  if (!topic_or_name && change.what != "archived" && change.what != "unarchived")
    return refused(ErrorKind::invalid_input, shown(change.what) + " is no change of a room that I know.");
  const std::string text = topic_or_name ? shorten(keepable(change.text, context.people, true), kTitleLength) : std::string();
  if (change.what == "topic" && text == shorten(topic(incident, context.people), kTitleLength)) return already(incident, {plain("That is the topic already.")});
  Draft draft(incident.number, context);
  draft.record(EntryKind::room_changed, text, {{"integration", context.source}, {"what", change.what}});
  if (incident.takes_changes()) {
    if (change.what == "topic") keep_topic(draft, incident, snapshot, text);
    if (change.what == "archived")
      tell_other_rooms(draft, incident, {plain("The " + integration_name(context.source) + " room was archived by "), who(context.actor),
                                         plain(". What is said here no longer reaches it until somebody opens it again.")});
    if (change.what == "unarchived") {
      if (how_roomless(snapshot, context.source) == "gone") set_roomless(draft, context.source, "");
      draft.send(SetTopic{topic(incident, context.people)}, context.source);
      draft.send(EditSummary{}, context.source);
    }
  }
  draft.reply({plain("Recorded on the timeline of " + incident.name() + ".")});
  return draft.done();
}

Result<Decision> decide_away(const Away& away, const Snapshot& snapshot, const Context& context) {
  if (snapshot.incident == nullptr || !snapshot.incident->takes_changes()) return Decision{};
  if (away.until < away.from) return refused(ErrorKind::invalid_input, "an absence cannot end before it begins.");
  Draft draft(snapshot.incident->number, context);
  draft.record(EntryKind::away, "",
               {{"integration", context.source}, {"from", iso8601(away.from)}, {"until", iso8601(away.until)}, {"missed", std::to_string(std::max(0, away.missed))}});
  draft.say_recorded({}, context.source);
  return draft.done();
}

}  // namespace commands
