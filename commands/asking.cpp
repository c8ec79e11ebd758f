// Questions: help, list, show, timeline. They go to the read side and leave no row.
#include <algorithm>

#include "bot/visible.hpp"
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::size_t kListed = 30;
constexpr int kRead = 100;  // incidents in one read
constexpr int kLines = 20;
constexpr int kAllLines = 100;

Error not_answered(ErrorKind kind, const std::string& reason) { return fail(kind, reason); }

// ---- help ----

Reply help_for(const Verb& verb, const Settings& settings) {
  const std::string example = example_of(verb, settings);
  Reply reply;
  reply.card.title = {code(verb.form)};
  reply.card.paragraphs.push_back({plain(verb.summary)});
  reply.card.paragraphs.push_back({plain("For example: "), code(example)});
  if (verb.on_incident) reply.card.paragraphs.push_back({plain("Outside the incident's room, name the incident first: "), code("INC-7 " + example)});
  return reply;
}

Result<Reply> query_help(const Question& question) {
  const std::string word = Line(question.arg("text")).word();  // "help declare sev1" is about declare
  std::vector<std::string> names;
  for (const Verb* verb : question.verbs) {
    if (same(verb->name, word)) return help_for(*verb, question.context.settings);
    names.push_back(verb->name);
  }
  if (!word.empty())
    return not_answered(ErrorKind::not_found, shown(word) + " is not a command. " + did_you_mean(meant(word, names, 2)) + "For all of them: " + typed(question.context, "help"));
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
  std::string none = no_such_incident(question.context, *number);
  none[0] = 'T';
  if (!*found) return not_answered(ErrorKind::not_found, none);
  const Status seen = may(Action::read, **found, in_its_room(question, **found), question.context);
  if (!seen) return seen.error().kind == ErrorKind::not_found ? not_answered(ErrorKind::not_found, none) : seen.error();
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

/// "", "all", "sev1", "3" and their sums: what is listed, and which page of it.
struct Wanted { bool all = false; std::string severity; int page = 1; };

std::optional<Wanted> wanted_list(const std::string& text, const Settings& settings) {
  Wanted out;
  for (Line line(text); !line.empty();) {
    const std::string word = line.word();
    const bool digits = word.find_first_not_of("0123456789") == std::string::npos;
    if (same(word, "all")) out.all = true;
    else if (same(word, "open")) out.all = false;
    else if (digits && !word.empty() && word.size() < 6 && std::stoi(word) > 0) out.page = std::stoi(word);
    else if (const std::string* severity = severity_of(word, settings, false)) out.severity = *severity;
    else return std::nullopt;
  }
  return out;
}

/// What to type for that page of the same list.
std::string command_of(const Wanted& wanted, int page) {
  return std::string("list") + (wanted.all ? " all" : "") + (wanted.severity.empty() ? "" : " " + lower(wanted.severity)) + (page > 1 ? " " + std::to_string(page) : "");
}

/// One page, and how much there is around it; `total` is not counted for closed ones, of which there may be very many.
struct Listed { std::vector<Incident> page; std::optional<std::size_t> total; bool more = false; };

/// The newest first.
Result<Listed> listed_by_age(const Question& question, const Wanted& wanted, const IncidentFilter& filter) {
  Listed out;
  std::size_t skip = static_cast<std::size_t>(wanted.page - 1) * kListed;
  const Status read = each_visible(question.reader, filter, question.context.actor, question.context.settings, [&](Incident&& incident) {
    if (!wanted.severity.empty() && incident.severity != wanted.severity) return true;
    if (skip > 0) return --skip, true;
    if (out.page.size() == kListed) return out.more = true, false;
    out.page.push_back(std::move(incident));
    return true;
  });
  if (!read) return read.error();
  return out;
}

/// The worst first, then the newest: in a storm of alerts the one that matters may be the oldest. Of the others only rank and number are kept.
Result<Listed> listed_by_severity(const Question& question, const Wanted& wanted, const IncidentFilter& filter) {
  const auto& all = question.context.settings.incidents.severities;
  std::vector<std::pair<std::ptrdiff_t, std::int64_t>> order;
  const Status read = each_visible(question.reader, filter, question.context.actor, question.context.settings, [&](Incident&& incident) {
    if (wanted.severity.empty() || incident.severity == wanted.severity)
      order.emplace_back(std::find(all.begin(), all.end(), incident.severity) - all.begin(), -incident.number);
    return true;
  });
  if (!read) return read.error();
  std::sort(order.begin(), order.end());
  Listed out;
  out.total = order.size();
  const std::size_t from = std::min(order.size(), static_cast<std::size_t>(wanted.page - 1) * kListed), to = std::min(order.size(), from + kListed);
  out.more = to < order.size();
  for (std::size_t i = from; i < to; ++i) {
    auto incident = question.reader.incident(-order[i].second);
    if (!incident) return incident.error();
    if (*incident && allowed(Action::read, question.context.actor, &**incident, question.context.settings)) out.page.push_back(**std::move(incident));
  }
  return out;
}

Reply nothing_listed(const Question& question, const Wanted& wanted, const Listed& found) {
  Reply reply;
  if (wanted.page > 1) {
    const std::string total = found.total ? "The list has " + std::to_string(*found.total) + (*found.total == 1 ? " incident. " : " incidents. ") : "";
    reply.card.title = {plain("There is no page " + std::to_string(wanted.page) + ". " + total + "From the start: "), code(command_of(wanted, 1))};
    return reply;
  }
  const std::string which = wanted.severity.empty() ? "incidents" : wanted.severity + " incidents";
  reply.card.buttons.push_back({"Declare", "declare", true, true});
  reply.card.title = {plain(wanted.all ? "No " + which + " yet. Declare one: " : "No open " + which + ". Declare one: "),
                      code(with_names("declare {severity} checkout returns 500", question.context.settings))};
  return reply;
}

/// Where the list goes on, as something to type.
void add_rest(Card& card, const Question& question, const Wanted& wanted, const Listed& found) {
  const Settings& settings = question.context.settings;
  if (wanted.page > 1 || found.more) {
    const std::size_t first = static_cast<std::size_t>(wanted.page - 1) * kListed + 1;
    Text text{plain(std::to_string(first) + " to " + std::to_string(first + found.page.size() - 1) + (found.total ? " of " + std::to_string(*found.total) : "") + ".")};
    if (found.more) text.insert(text.end(), {plain(" Next: "), code(command_of(wanted, wanted.page + 1))});
    if (found.more && wanted.severity.empty() && !settings.incidents.severities.empty())
      text.insert(text.end(), {plain(". One severity: "), code(command_of({wanted.all, settings.incidents.severities.front(), 1}, 1))});
    if (settings.console_enabled) text.insert(text.end(), {plain(" All of them: "), link(settings.server.public_url + "/", "console")});
    card.paragraphs.push_back(std::move(text));
  }
  if (!wanted.all) card.paragraphs.push_back({plain("Closed ones too: "), code("list all")});
}

Result<Reply> query_list(const Question& question) {
  const auto wanted = wanted_list(question.arg("text"), question.context.settings);
  if (!wanted)
    return not_answered(ErrorKind::invalid_input, shown(question.arg("text")) + " is no list. The form is: list [all] [SEVERITY] [PAGE]. For example: " +
                                                      typed(question.context, with_names("list {worst}", question.context.settings)) + " or " +
                                                      typed(question.context, "list all 2"));
  IncidentFilter filter;
  filter.open_only = !wanted->all;
  filter.limit = kRead;
  auto found = wanted->all ? listed_by_age(question, *wanted, filter) : listed_by_severity(question, *wanted, filter);
  if (!found) return found.error();
  if (found->page.empty()) return nothing_listed(question, *wanted, *found);
  Reply reply;
  reply.card.title = {strong(wanted->all ? "Incidents" : "Open incidents")};
  if (found->total) reply.card.title.push_back(plain("  " + std::to_string(*found->total)));
  for (const auto& incident : found->page) reply.card.list.push_back(list_line(incident, question.context.now));
  add_rest(reply.card, question, *wanted, *found);
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
    {"list", "list [all] [SEVERITY] [PAGE]", "Show the open incidents, the worst first; all: closed ones too.", "list", false, true, Action::read, nullptr, nullptr, query_list},
    {"show", "show [INC-N]", "Show where an incident stands.", "show INC-7", true, true, Action::read, nullptr, nullptr, query_show},
    {"timeline", "timeline [all | ENTRY]", "Show what happened, the last 20 entries or from an entry on.", "timeline", true, true, Action::read, nullptr, nullptr,
     query_timeline}};

}  // namespace

std::span<const Verb> asking_verbs() { return kVerbs; }

}  // namespace commands
