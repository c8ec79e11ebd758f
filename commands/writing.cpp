// Words for the record: note for the team, update for stakeholders.
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

/// A note changes nothing about the incident, so it owes no message: it is on the timeline, and who wrote it sees that it is.
Result<Decision> decide_note(const Call& call) {
  auto text = text_argument(call, "text");
  if (!text) return text.error();
  Draft draft(call.incident().number, call.context);
  draft.record(EntryKind::note, *std::move(text));
  draft.reply({plain("Noted on the timeline of " + call.incident().name() + ".")});
  return draft.done();
}

Result<Decision> decide_update(const Call& call) {
  const Incident& incident = call.incident();
  auto text = text_argument(call, "text");
  if (!text) return text.error();
  Draft draft(incident.number, call.context);
  Card card;
  card.title = {strong(drill_words(incident, incident.name())), plain(" " + severity_name(incident.severity) + " "), plain(incident.title), plain(". Update by "), who(call.context.actor),
                plain(": " + *text)};
  draft.record(EntryKind::update, *std::move(text));
  draft.say_recorded();
  draft.send(Announce{std::move(card)});  // stakeholders read the announcement room, not the incident's
  draft.reply({plain("The update of " + incident.name() + " is recorded and told inside. To tell the public: "), code("public STATE TEXT")});
  return draft.done();
}

constexpr Verb kVerbs[] = {
    {"note", "note TEXT", "Put something on the timeline.", "note DB pool exhausted on node 3", true, true, Action::respond, nullptr, decide_note, nullptr},
    {"update", "update TEXT", "Tell stakeholders inside where things stand.", "update payments are back in the US, EU in 20 min", true, false,
     Action::respond, nullptr, decide_update, nullptr}};

}  // namespace

std::span<const Verb> writing_verbs() { return kVerbs; }

}  // namespace commands
