// The end and what undoes it: resolve, reopen, close, cancel. None of them publishes anything by itself.
#include "commands/pages.hpp"

namespace commands {

using namespace bot;

std::string adopted_in(const Call& call) {
  const auto it = call.snapshot.references.find("muster/adopted");
  return it == call.snapshot.references.end() ? std::string() : it->second;
}

namespace {

Time began(const Incident& incident) { return incident.started.value_or(incident.declared); }

Error ended_already(const Call& call, const char* what) {
  const Incident& incident = call.incident();
  const bool closed = incident.phase == Phase::closed;
  return refused(ErrorKind::conflict, incident.name() + (closed ? " is closed" : " was cancelled and stays so") + ", so it cannot be " + what + ". " +
                                          (closed ? "Open it again first: " + typed(call, "reopen")
                                                  : "For a new problem: " + typed(call.context, "declare TITLE")));
}

void append_words(Text& text, const std::string& words) { text.push_back(plain(words.empty() ? "." : ". " + words)); }

Result<Decision> decide_resolve(const Call& call) {
  const Incident& incident = call.incident();
  if (incident.phase == Phase::resolved) return already(incident, {plain(incident.name() + " is already resolved. Nothing recorded.")});
  if (!incident.takes_changes()) return ended_already(call, "resolved");
  auto words = optional_text(call, "text");
  if (!words) return words.error();
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::resolved, *words);
  stop_pages(draft, incident);
  const std::string after = duration_text(call.context.now - began(incident));
  Text told{plain(incident.name() + " resolved by "), who(call.context.actor), plain(" after " + after)};
  append_words(told, *words);
  draft.reply({plain(incident.name() + " is resolved after " + after + ".")});
  offer_public_end(draft, incident);
  const Publication& p = incident.publication;
  const bool still_public = !p.state.empty() && p.state != "resolved";
  if (still_public) told.push_back(plain(" The public incident is still \"" + state_name(p.state) + "\"."));
  if (incident.alerts_firing > 0) told.push_back(plain(" Alerts still firing: " + std::to_string(incident.alerts_firing) + "."));
  draft.say(std::move(told), Tone::good, draft.decision().reply.card.buttons);
  Incident next = outline(incident);
  next.phase = Phase::resolved;
  next.status = "resolved";
  draft.retopic(next);
  draft.redraw();
  Text outside{plain(" is resolved after " + after + ", by "), who(call.context.actor)};
  append_words(outside, *words);
  tell_bystanders(draft, next, std::move(outside), Tone::good);
  draft.add(Text{plain("When everything is tidied up, archive the room with "), code("close")});
  return draft.done();
}

Result<Decision> decide_reopen(const Call& call) {
  const Incident& incident = call.incident();
  if (incident.phase == Phase::open) return already(incident, {plain(incident.name() + " is open. Nothing recorded.")});
  if (incident.phase == Phase::cancelled) return ended_already(call, "reopened");
  auto words = optional_text(call, "text");
  if (!words) return words.error();
  const bool was_closed = incident.phase == Phase::closed;
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::reopened, *words);
  Incident next = outline(incident);
  next.phase = Phase::open;
  next.status = "investigating";
  if (was_closed) {
    for (const auto& chat : call.context.settings.chats()) {
      set_roomless(draft, chat, "reopened");
      draft.decision().references.push_back({incident.number, chat, "summary", ""});  // the card of the room that was is no card any more
    }
    if (!adopted_in(call).empty()) draft.decision().references.push_back({incident.number, "muster", "adopted", ""});  // the new one is Muster's own
    open_room(draft, next);
  }
  Text told{plain(incident.name() + " reopened by "), who(call.context.actor)};
  append_words(told, *words);
  draft.say(std::move(told), Tone::bad);
  if (!was_closed) {
    draft.retopic(next);
    draft.redraw();
    Text outside{plain(" is open again, by "), who(call.context.actor)};
    append_words(outside, *words);
    tell_bystanders(draft, next, std::move(outside), Tone::bad);  // of a closed one its new room's opening tells
  }
  draft.reply({plain(incident.name() + " is open again.")});
  if (was_closed && !call.context.settings.chats().empty())
    draft.add(Text{plain(adopted_in(call).empty() ? "The old room stays archived, since an archived room cannot be used again. A new one is being opened."
                                                  : "The room it had stays as it is. A new one is being opened.")});
  if (incident.publication.state == "resolved")
    draft.add(Text{plain("The status pages still say \"Resolved\". To tell the public, type "), code("public investigating TEXT")});
  return draft.done();
}

/// Last words, last look of the card, then the room is archived: one lane, in this order.
void leave_room(Draft& draft, const Call& call, Phase phase, const Text& told) {
  Incident next = outline(call.incident());
  next.phase = phase;
  const std::string theirs = adopted_in(call);
  Text archived = told;
  archived.push_back(plain(" This room is archived now."));
  if (theirs.empty()) draft.say(archived);
  else
    for (const auto& chat : call.context.settings.chats()) draft.say(chat == theirs ? told : archived, Tone::neutral, {}, chat);
  draft.retopic(next);
  draft.redraw();
  if (theirs.empty()) return draft.send(ArchiveRoom{});
  for (const auto& chat : call.context.settings.chats())
    if (chat != theirs) draft.send(ArchiveRoom{}, chat);
}

Result<Decision> decide_close(const Call& call) {
  const Incident& incident = call.incident();
  if (incident.phase == Phase::closed) return already(incident, {plain(incident.name() + " is already closed. Nothing recorded.")});
  if (incident.phase == Phase::cancelled) return ended_already(call, "closed");
  if (incident.phase == Phase::open)
    return refused(ErrorKind::conflict, incident.name() + " is not resolved. Resolve it first: " + typed(call, "resolve") + ". If it was no incident: " +
                                            typed(call, "cancel"));
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::closed);
  stop_pages(draft, incident);
  leave_room(draft, call, Phase::closed, {plain(incident.name() + " closed by "), who(call.context.actor), plain(".")});
  draft.reply({plain(incident.name() + " is closed. Its timeline stays: "), code(incident.name() + " timeline")});
  offer_public_end(draft, incident);
  return draft.done();
}

Result<Decision> decide_cancel(const Call& call) {
  const Incident& incident = call.incident();
  if (incident.phase == Phase::cancelled) return already(incident, {plain(incident.name() + " is already cancelled. Nothing recorded.")});
  if (incident.phase == Phase::closed) return ended_already(call, "cancelled");
  auto words = optional_text(call, "text");
  if (!words) return words.error();
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::cancelled, *words);
  stop_pages(draft, incident);
  Text told{plain(incident.name() + " cancelled by "), who(call.context.actor)};
  append_words(told, *words);
  leave_room(draft, call, Phase::cancelled, told);
  draft.reply({plain(incident.name() + " is cancelled.")});
  offer_public_end(draft, incident);
  return draft.done();
}

constexpr Verb kVerbs[] = {
    {"resolve", "resolve [TEXT]", "Say that it is over.", "resolve rolled back 4.2.1, payments normal since 14:51", true, true, Action::respond, nullptr,
     decide_resolve, nullptr},
    {"reopen", "reopen [TEXT]", "It is not over after all.", "reopen errors are back", true, true, Action::respond, nullptr, decide_reopen, nullptr, true},
    {"close", "close", "Put a resolved incident away; its room is archived.", "close", true, true, Action::respond, nullptr, decide_close, nullptr, true},
    {"cancel", "cancel [TEXT]", "It was no incident.", "cancel false alarm, load test", true, true, Action::cancel, nullptr, decide_cancel, nullptr, true}};

}  // namespace

std::span<const Verb> ending_verbs() { return kVerbs; }

}  // namespace commands
