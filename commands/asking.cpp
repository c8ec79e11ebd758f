// Questions: help, list, show, timeline. They go to the read side and leave no row.
#include <algorithm>

#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr int kListed = 30;
constexpr int kLines = 20;
constexpr int kAllLines = 100;

Error not_answered(ErrorKind kind, const std::string& reason) { return fail(kind, reason); }

// ---- help ----

Reply help_for(const Verb& verb) {
  Reply reply;
  reply.card.title = {code(verb.form)};
  reply.card.paragraphs.push_back({plain(verb.summary)});
  reply.card.paragraphs.push_back({plain("For example: "), code(verb.example)});
  if (verb.on_incident) reply.card.paragraphs.push_back({plain("Outside the incident's room, name the incident first: "), code(std::string("INC-7 ") + verb.example)});
  return reply;
}

Result<Reply> query_help(const Question& question) {
  const std::string& word = question.arg("text");
  std::vector<std::string> names;
  for (const Verb* verb : question.verbs) {
    if (same(verb->name, word)) return help_for(*verb);
    names.push_back(verb->name);
  }
  if (!word.empty())
    return not_answered(ErrorKind::not_found, shown(word) + " is not a command. Did you mean " + listed(nearest(word, names, 2)) + "? For all of them: " +
                                                  typed(question.context, "help"));
  Reply reply;
  reply.card.title = {strong("What you can type")};
  for (const Verb* verb : question.verbs) reply.card.list.push_back({code(verb->form), plain(std::string("  ") + verb->summary)});
  reply.card.paragraphs.push_back({plain("In an incident's room the incident is implied; elsewhere it comes first: "), code("INC-7 note TEXT")});
  reply.card.paragraphs.push_back({plain("More about one: "), code("help severity")});
  return reply;
}

// ---- which incident ----

/// For a private incident: what is known of the room it was asked in.
Snapshot in_its_room(const Question& question, const Incident& incident) {
  Snapshot out;
  if (!incident.is_private || !question.context.room) return out;
  for (const auto& integration : {question.context.room->integration, std::string("muster")})
    if (auto known = question.reader.references(incident.number, integration))
      for (const auto& reference : *known) out.references[integration + "/" + reference.what] = reference.id;
  return out;
}

/// "INC-8" or "8" among the words wins over the room's incident.
Result<Incident> asked_incident(const Question& question, std::optional<std::int64_t> named) {
  const auto number = named ? named : question.invocation.incident;
  if (!number)
    return not_answered(ErrorKind::invalid_input, "Which incident? Type it in the incident's room, or name it: " +
                                                      typed(question.context, "INC-7 " + question.invocation.verb) + ". To see the open ones: " +
                                                      typed(question.context, "list"));
  auto found = question.reader.incident(*number);
  if (!found) return found.error();
  if (!*found)
    return not_answered(ErrorKind::not_found, "There is no INC-" + std::to_string(*number) + ". To see the open ones: " + typed(question.context, "list"));
  const Status seen = may(Action::read, **found, in_its_room(question, **found), question.context);
  if (!seen) return seen.error();
  return **std::move(found);
}

Result<Reply> query_show(const Question& question) {
  const std::string& word = question.arg("text");
  const auto named = incident_number(word);
  if (!word.empty() && !named) return not_answered(ErrorKind::invalid_input, shown(word) + " is not an incident. For example: " + typed(question.context, "show INC-7"));
  auto incident = asked_incident(question, named);
  if (!incident) return incident.error();
  Reply reply;
  reply.incident = incident->number;
  reply.card = summary_card(*incident, question.context.now);
  if (!incident->rooms.empty()) reply.card.facts.push_back({"Room", {room_of(incident->number)}});
  return reply;
}

// ---- list ----

Text list_line(const Incident& incident, Time now) {
  Text line{strong(drill_words(incident, incident.name())), plain("  " + severity_name(incident.severity) + "  "),
            plain(incident.takes_changes() ? state_name(incident.status) : state_name(to_string(incident.phase))), plain("  " + incident.title + "  ")};
  const auto commander = incident.roles.find("commander");
  if (commander != incident.roles.end()) line.push_back(name_of(commander->second));
  else if (incident.takes_changes()) line.push_back(plain("no commander yet"));
  const Time until = incident.closed.value_or(now);
  line.push_back(plain("  " + duration_text(until - incident.started.value_or(incident.declared))));
  if (incident.is_private) line.push_back(plain("  private"));
  if (!incident.rooms.empty()) line.insert(line.end(), {plain("  "), room_of(incident.number)});
  return line;
}

Result<Reply> query_list(const Question& question) {
  const bool all = same(question.arg("text"), "all");
  IncidentFilter filter;
  filter.open_only = !all;
  filter.limit = kListed + 1;
  auto found = question.reader.incidents(filter);
  if (!found) return found.error();
  Reply reply;
  for (const auto& incident : *found) {
    if (reply.card.list.size() == kListed) break;
    if (allowed(Action::read, question.context.actor, &incident, question.context.settings)) reply.card.list.push_back(list_line(incident, question.context.now));
  }
  if (reply.card.list.empty()) {
    reply.card.buttons.push_back({"Declare", "declare", true, true});
    reply.card.title = {plain(all ? "No incidents yet. Declare one: " : "No open incidents. Declare one: "), code("declare sev2 checkout returns 500")};
    return reply;
  }
  reply.card.title = {strong(all ? "Incidents" : "Open incidents")};
  if (found->size() > static_cast<std::size_t>(kListed)) reply.card.paragraphs.push_back({plain("Only the newest " + std::to_string(kListed) + " are shown.")});
  if (!all) reply.card.paragraphs.push_back({plain("Closed ones too: "), code("list all")});
  reply.card.buttons.push_back({"Declare", "declare", false, true});
  return reply;
}

// ---- timeline ----

struct Range { std::optional<std::int64_t> incident; std::optional<std::int64_t> from; bool all = false; };

/// "", "all", "41", "INC-8", "INC-8 all" …; nothing when a word fits none.
std::optional<Range> range_of(const std::string& text) {
  Range out;
  for (Line line(text); !line.empty();) {
    const std::string word = line.word();
    const bool digits = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
    const auto number = incident_number(word);
    if (same(word, "all")) out.all = true;
    else if (digits && number) out.from = number;
    else if (number) out.incident = number;
    else return std::nullopt;
  }
  return out;
}

Text timeline_line(const Entry& entry, const std::map<std::int64_t, Entry>& corrections, const People& people) {
  std::string kind = kind_word(entry.kind);
  kind.resize(std::max<std::size_t>(kind.size(), 9), ' ');
  Text line{plain(std::to_string(entry.seq) + "  " + clock_text(entry.occurred_at) + "  " + kind + "  ")};
  for (auto& span : narrate(entry, people)) line.push_back(std::move(span));
  const auto found = corrections.find(entry.seq);
  if (found == corrections.end()) return line;
  if (found->second.kind == EntryKind::corrected) {
    line.push_back(plain(" (corrected in entry " + std::to_string(found->second.seq) + ")"));
    return line;
  }
  line.push_back(plain(" ("));
  for (auto& span : amendment(found->second)) line.push_back(std::move(span));
  line.push_back(plain(", entry " + std::to_string(found->second.seq) + ")"));
  return line;
}

void add_lines(Card& card, const std::vector<Entry>& entries, const People& people) {
  std::map<std::int64_t, Entry> corrections;
  for (const auto& entry : entries)
    if (const auto seq = amends(entry)) corrections.insert_or_assign(*seq, entry);
  std::string day;
  for (const auto& entry : entries) {
    if (const std::string on = date_text(entry.occurred_at); on != day) {
      card.list.push_back({strong(on)});
      day = on;
    }
    card.list.push_back(timeline_line(entry, corrections, people));
  }
}

Result<Reply> query_timeline(const Question& question) {
  const auto range = range_of(question.arg("text"));
  if (!range)
    return not_answered(ErrorKind::invalid_input, shown(question.arg("text")) + " is not a part of a timeline. The form is: timeline [all | ENTRY]. For example: " +
                                                      typed(question.context, "timeline 41"));
  auto incident = asked_incident(question, range->incident);
  if (!incident) return incident.error();
  const std::int64_t last = incident->last_seq;
  const int lines = range->all ? kAllLines : kLines;
  const std::int64_t after = range->from ? *range->from - 1 : range->all ? 0 : std::max<std::int64_t>(0, last - lines);
  auto entries = question.reader.timeline(incident->number, after, lines);
  if (!entries) return entries.error();
  Reply reply;
  reply.incident = incident->number;
  reply.card.title = {strong("Timeline of " + incident->name()), plain("  " + incident->title)};
  if (entries->empty()) {
    reply.card.paragraphs.push_back({plain("It has " + std::to_string(last) + " entries; none from " + std::to_string(after + 1) + " on.")});
    return reply;
  }
  add_lines(reply.card, *entries, question.context.people);
  const std::int64_t first_shown = entries->front().seq, last_shown = entries->back().seq;
  Text more{plain("Times are UTC. Entries " + std::to_string(first_shown) + " to " + std::to_string(last_shown) + " of " + std::to_string(last) + ".")};
  if (first_shown > 1) more.insert(more.end(), {plain(" From the start: "), code("timeline 1")});
  if (last_shown < last) more.insert(more.end(), {plain(" Next: "), code("timeline " + std::to_string(last_shown + 1))});
  reply.card.paragraphs.push_back(std::move(more));
  return reply;
}

constexpr Verb kVerbs[] = {
    {"help", "help [VERB]", "Show what can be typed.", "help severity", false, true, Action::read, nullptr, nullptr, query_help},
    {"list", "list [all]", "Show the open incidents.", "list", false, true, Action::read, nullptr, nullptr, query_list},
    {"show", "show [INC-N]", "Show where an incident stands.", "show INC-7", true, true, Action::read, nullptr, nullptr, query_show},
    {"timeline", "timeline [all | ENTRY]", "Show what happened, the last 20 entries or from an entry on.", "timeline", true, true, Action::read, nullptr, nullptr,
     query_timeline}};

}  // namespace

std::span<const Verb> asking_verbs() { return kVerbs; }

}  // namespace commands
