// Calling people and being answered: page, ack, and the timer between steps.
#include <algorithm>

#include "bot/addressing.hpp"
#include "bot/plain.hpp"
#include "commands/pages.hpp"

namespace commands {
namespace {

using namespace bot;

/// A slip for that name; stricter than for verbs, since most texts begin with an ordinary word ("the" is not Theo).
bool near_to(std::string_view word, std::string_view name) {
  if (word.size() < 4) return word.size() == name.size() && distance(word, name) == 1;
  if (name.size() >= word.size() && same(word, name.substr(0, word.size()))) return true;
  return distance(word, name) <= (word.size() < 7 ? 1u : 2u);
}

/// A lone word, and a first word that is nearly somebody's name: taken for a text it would wake whoever the policy names instead.
bool meant_for_somebody(const Line& line, const People& people) {
  if (line.quoted()) return false;
  Line ahead = line;
  const std::string word = ahead.word();
  if (ahead.empty()) return true;
  const auto known = people.all();
  return std::any_of(known.begin(), known.end(), [&word](const Person& person) {
    return near_to(word, Line(person.name).word()) || (person.id.find(':') == std::string::npos && near_to(word, person.id));
  });
}

/// Nobody of that name: it is asked, not guessed, whether a person or a text was meant.
Error nobody_known(const Call& call, Error error) {
  const std::string& who = call.arg("person");
  const bool marked = who.rfind('@', 0) == 0 || who.rfind("<@", 0) == 0;  // that can only be a person
  if (marked || call.context.settings.paging.policy.empty()) return error;
  const std::string& text = call.arg("text");
  const std::string words = who + (text.empty() ? "" : " " + text);
  error.message += " To page whoever the escalation policy names, put the words in quotes: " + typed(call, "page \"" + shorten(keepable(words, call.context.people, true), 60) + "\"");
  return error;
}

void parse_page(Line& line, const Settings&, const People& people, Args& args) {
  if (line.empty()) return;
  const std::string word(unquoted(line.peek()));
  const bool named = word.rfind('@', 0) == 0 || word.rfind("<@", 0) == 0 || same(word, "me") || people.by_word(word);
  if (named || meant_for_somebody(line, people)) args.emplace_back("person", line.word());
  if (!line.empty()) args.emplace_back("text", line.rest());
}

Result<Decision> page_by_policy(const Call& call, const std::string& text) {
  const Incident& incident = call.incident();
  const auto& policy = call.context.settings.paging.policy;
  if (policy.empty())
    return at_field(refused(ErrorKind::invalid_input, "no escalation policy is set. Name a person: " + typed(call, with_names("page @{person}", call.context.settings)) +
                                                         ". A policy is set in the settings under paging."),
                    "person");
  const auto running = std::find_if(incident.pages.rbegin(), incident.pages.rend(), [](const PageRun& run) { return run.open && run.step > 0; });
  if (running != incident.pages.rend()) {
    Text reply{plain("The escalation policy of " + incident.name() + " is already running (step " + std::to_string(running->step) + ", ")};
    for (auto& span : people_named(running->paged)) reply.push_back(std::move(span));
    reply.push_back(plain("). Name a person to page somebody else: "));
    reply.push_back(code("page PERSON"));
    return already(incident, std::move(reply));
  }
  Draft draft(incident.number, call.context);
  start_policy(draft, incident, text);
  Text reply{plain("Paging ")};
  for (auto& span : people_named(policy.front().notify)) reply.push_back(std::move(span));
  reply.push_back(plain(", step 1 of the escalation policy."));
  draft.reply(std::move(reply));
  return draft.done();
}

Result<Decision> decide_page(const Call& call) {
  const Incident& incident = call.incident();
  if (incident.phase == Phase::resolved)
    return refused(ErrorKind::conflict, incident.name() + " is resolved. If it is not over, open it again first: " + typed(call, "reopen"));
  auto text = optional_text(call, "text");
  if (!text) return text.error();
  if (call.arg("person").empty()) return page_by_policy(call, *text);
  auto person = person_named(call, call.arg("person"));
  if (!person) return nobody_known(call, person.error());
  if (page_channels(person->id, call.context.people, call.context.settings).empty())
    return at_field(refused(ErrorKind::conflict, "@" + person->name + " has no chat and no webhook in the settings, so a page would reach nobody. Page somebody else: " +
                                                     typed(call, "page PERSON")),
                    "person");
  Draft draft(incident.number, call.context);
  draft.meet(*person);
  make_room_for_run(draft, incident);
  const bool outsider = incident.members.count(person->id) == 0;
  if (outsider && incident.is_private) draft.record(EntryKind::joined, "", {{"person", person->id}});  // whoever is called sees what it is about
  if (outsider) draft.send(InvitePeople{{person->id}, {}});
  take_step(draft, incident, PageStep{call.context.new_id(), 0, 1, {person->id}, PageStep{}.wait, *text});
  draft.reply({plain("Paging @" + person->name + ". It is repeated every 5 min until acknowledged, " +
                     std::to_string(1 + call.context.settings.paging.repeat) + " times at most.")});
  return draft.done();
}

void parse_ack(Line& line, const Settings&, const People&, Args& args) {
  if (!line.empty()) args.emplace_back("text", line.rest());
}

/// A person by name; a token answers under its own name, which nobody must take for a person's.
Span acknowledger(const PageRun& run, const Call& call) {
  const std::string& id = run.acknowledged_by;
  const bool person = call.context.people.find(id) || id.find(':') != std::string::npos || call.incident().members.count(id) > 0;
  return person ? name_of(id) : plain("token " + id);
}

Result<Decision> decide_ack(const Call& call) {
  const Incident& incident = call.incident();
  const Actor& actor = call.context.actor;
  Draft draft(incident.number, call.context);
  Time since = call.context.now;
  const std::string& only = call.arg("page");  // a page's own link answers that page and no later one
  for (const PageRun& run : incident.pages) {
    if (!run.open || (!only.empty() && run.id != only)) continue;
    Facts facts{{"page", run.id}};
    if (actor.kind == ActorKind::person) facts.emplace_back("person", actor.id);
    draft.record(EntryKind::acknowledged, "", std::move(facts));
    draft.timer(Timer{page_timer(run), "escalate", incident.number, {}, run.id}, true);
    since = std::min(since, run.since);
  }
  if (draft.decision().entries.empty()) {
    const PageRun* last = incident.pages.empty() ? nullptr : &incident.pages.back();
    if (last != nullptr && incident.phase == Phase::open && page_ran_out(*last, call.context.settings.paging))
      return already(incident, {plain("Nobody answered the page of " + incident.name() + ", and paging has stopped. If you are on it, take command: "), code("role commander")});
    if (last == nullptr || last->acknowledged_by.empty()) return already(incident, {plain("No page of " + incident.name() + " is waiting for an answer.")});
    return already(incident, {plain("The page of " + incident.name() + " is already acknowledged by "), acknowledger(*last, call), plain(".")});
  }
  draft.say({who(actor), plain(" acknowledged the page after " + duration_text(call.context.now - since) + ".")}, Tone::good);
  if (!incident.rooms.empty()) draft.redraw();
  const bool outsider = actor.kind == ActorKind::person && incident.members.count(actor.id) == 0;
  if (outsider && incident.is_private) draft.record(EntryKind::joined, "", {{"person", actor.id}});
  if (outsider) draft.send(InvitePeople{{actor.id}, {}});
  Text reply{plain("Acknowledged. " + incident.name() + " " + severity_name(incident.severity) + " "), plain(incident.title)};
  if (incident.rooms.count(call.context.source) > 0) reply.insert(reply.end(), {plain(": "), room_of(incident.number)});
  else reply.push_back(plain("."));  // no room to go to: a link to the incident itself would only repeat its number
  draft.reply(std::move(reply));
  return draft.done();
}

constexpr Verb kVerbs[] = {
    {"page", "page [PERSON] [TEXT]", "Page a person, or whoever the escalation policy names.", "page @{person} please look at the database", true, false,
     Action::respond, parse_page, decide_page, nullptr},
    {"ack", "ack", "Answer a page: you are on it, and nobody else is paged.", "ack", true, true, Action::respond, parse_ack, decide_ack, nullptr}};

}  // namespace

std::span<const Verb> paging_verbs() { return kVerbs; }

Result<Decision> decide_timer(const Timer& timer, const Snapshot& snapshot, const Context& context) {
  if (timer.kind == "remind") return decide_reminder(timer, snapshot, context);
  if (timer.kind != "escalate" || snapshot.incident == nullptr) return Decision{};
  const Incident& incident = *snapshot.incident;
  if (incident.phase != Phase::open) return Decision{};
  for (const PageRun& run : incident.pages) {
    if (run.id != timer.subject || !run.open || page_timer(run) != timer.id) continue;  // answered, stopped, or a step already left
    Draft draft(incident.number, context);
    escalate(draft, incident, run);
    return draft.done();
  }
  return Decision{};
}

}  // namespace commands
