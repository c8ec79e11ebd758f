#include "commands/table.hpp"

#include "bot/plain.hpp"
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

/// What people type for a verb that is called otherwise here; only for "did you mean".
struct Alias { const char* word; const char* verb; };
constexpr Alias kAliases[] = {{"new", "declare"},   {"open", "declare"},  {"create", "declare"}, {"start", "declare"}, {"comment", "note"},
                              {"log", "note"},      {"add", "note"},      {"assign", "role"},    {"lead", "role"},     {"claim", "role"},
                              {"title", "rename"},  {"publish", "public"}, {"statuspage", "public"}, {"fix", "resolve"},   {"fixed", "resolve"},
                              {"done", "resolve"},  {"end", "close"},     {"abort", "cancel"},   {"alert", "page"},    {"escalate", "page"},
                              {"history", "timeline"}, {"info", "show"},  {"delete", "redact"},  {"edit", "correct"},  {"acknowledge", "ack"}};

/// Strips the chat's own prefix, so that "/incident note x" means the same in the console.
void drop_prefix(Line& line, const Settings& settings) {
  const std::string_view word = line.peek();
  if (word == "/incident" || word == "!incident" || (!settings.slack.command.empty() && word == settings.slack.command)) line.word();
}

bool begins_as_incident(std::string_view word) { return same(word.substr(0, std::min<std::size_t>(4, word.size())), "INC-"); }

/// "INC-7" or "#7" at the front, also "INC-7:" and "INC-7,"; a bare number is a verb's own business. What is shaped like an incident's name
/// and is none is refused as one, not taken for a verb.
Result<std::optional<std::int64_t>> leading_incident(Line& line, const Settings& settings) {
  std::string_view word = line.peek();
  if (word.size() > 1 && (word.back() == ':' || word.back() == ',')) word.remove_suffix(1);
  const bool hashed = word.size() > 1 && word[0] == '#' && word.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!hashed && !begins_as_incident(word)) return std::optional<std::int64_t>();
  const auto number = incident_number(std::string(word.substr(0, 24)));
  if (!number || word.size() > 24)
    return refused(ErrorKind::not_found, "there is no incident " + shorten(clean(word, true), 40) + ". To see the open ones: " + typed(settings, "list"));
  line.word();
  return number;
}

/// "resolve INC-7": the only word after the verb can mean nothing else. Among further words it may be what they are about.
std::optional<std::int64_t> trailing_incident(Line& line) {
  if (line.quoted() || !begins_as_incident(line.peek())) return std::nullopt;
  Line ahead = line;
  const auto number = incident_number(ahead.word());
  if (!number || !ahead.empty()) return std::nullopt;
  line = ahead;
  return number;
}

/// Outside a room: "note INC-7 hello" put in its order, "INC-7 note hello"; "" when no incident stands behind the verb.
std::string in_order(const Call& call) {
  std::string rest;
  for (const auto& [name, value] : call.invocation.args) rest += (rest.empty() || value.empty() ? "" : " ") + value;
  Line line(rest);
  if (!begins_as_incident(line.peek())) return "";
  const std::string name = line.word();
  if (!incident_number(name)) return "";
  return name + " " + call.verb.name + " " + shorten(keepable(line.rest(), call.context.people, true), 80);
}

std::vector<std::span<const Verb>> families() {
  return {asking_verbs(), declaring_verbs(), people_verbs(), describing_verbs(), writing_verbs(), publishing_verbs(), paging_verbs(), ending_verbs(), reminding_verbs(), rooms_verbs(), amending_verbs()};
}

class Table final : public Commands {
 public:
  Table() {
    for (const auto family : families())
      for (const Verb& verb : family) verbs_.push_back(&verb);
  }

  Result<Invocation> parse(const std::string& text, const Settings& settings, const People& people) const override {
    Line line(text);
    drop_prefix(line, settings);
    Invocation out;
    auto named = leading_incident(line, settings);
    if (!named) return named.error();
    out.incident = *named;
    if (line.empty()) {
      out.verb = out.incident ? "show" : "help";
      return out;
    }
    const std::string word = line.word();
    const Verb* verb = find(word);
    if (verb == nullptr) return unknown(word, typed(settings, "help"));
    out.verb = verb->name;
    if (!out.incident && verb->on_incident && verb->query == nullptr) out.incident = trailing_incident(line);
    if (verb->parse != nullptr) verb->parse(line, settings, people, out.args);
    else if (!line.empty()) out.args.emplace_back("text", line.rest());
    return out;
  }

  bool is_query(const Invocation& invocation) const override {
    const Verb* verb = find(invocation.verb);
    return verb != nullptr && verb->query != nullptr;
  }

  Reads reads(const Request& request, const Invocation* invocation) const override {
    Reads out;
    if (const auto* alert = std::get_if<Alert>(&request.body)) {
      out.alert = alert->identity;
      out.alert_group = alert->group;
      out.next_number = true;
    } else if (const auto* due = std::get_if<TimerDue>(&request.body)) {
      out.incidents.push_back(due->timer.incident);
    } else if (const auto* outcome = std::get_if<SendOutcome>(&request.body)) {
      if (outcome->before.message.incident > 0) out.incidents.push_back(outcome->before.message.incident);
      out.references.emplace_back("muster", roomless_reference(outcome->before.message.integration));
    } else if (const auto* capture = std::get_if<Capture>(&request.body)) {
      read_for_capture(*capture, request.caller.integration, out);
    } else if (const auto* change = std::get_if<RoomChange>(&request.body)) {
      read_for_room_change(*change, request.caller.integration, out);
    } else if (const auto* away = std::get_if<Away>(&request.body)) {
      if (away->incident > 0) out.incidents.push_back(away->incident);
    } else if (invocation != nullptr) {
      read_for(*invocation, out);
    }
    if (!out.incidents.empty()) read_room(request, out);
    return out;
  }

  Result<Decision> decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const override {
    auto decided = decided_by(request, invocation, snapshot, context);
    if (decided) keep_rhythm(*decided, snapshot, context);
    return decided;
  }

  Result<Form> form(const Invocation& invocation, const Incident* incident, const Context& context) const override {
    const Verb* verb = find(invocation.verb);
    if (verb == nullptr) return unknown(invocation.verb, typed(context, "help"));
    Snapshot snapshot;
    snapshot.incident = incident;
    const Call call{*verb, invocation, snapshot, context};
    if (verb->decide == nullptr) return form_of(call);  // a question: it has none
    if (const Status open = guard(call); !open) return open.error();
    return form_of(call);
  }

  Result<Reply> query(const Invocation& invocation, Reader& reader, const Context& context) const override {
    const Verb* verb = find(invocation.verb);
    if (verb == nullptr || verb->query == nullptr) return unknown(invocation.verb, typed(context, "help"));
    if (const Status may = allowed(Action::read, context.actor, nullptr, context.settings); !may) return may.error();
    return verb->query(Question{verbs_, invocation, reader, context});
  }

 private:
  Result<Decision> decided_by(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const {
    if (const auto* alert = std::get_if<Alert>(&request.body)) return decide_alert(*alert, snapshot, context);
    if (const auto* due = std::get_if<TimerDue>(&request.body)) return decide_timer(due->timer, snapshot, context);
    if (const auto* outcome = std::get_if<SendOutcome>(&request.body)) return decide_outcome(*outcome, snapshot, context);
    if (const auto* capture = std::get_if<Capture>(&request.body)) return decide_capture(*capture, snapshot, context);
    if (const auto* change = std::get_if<RoomChange>(&request.body)) return decide_room_change(*change, snapshot, context);
    if (const auto* away = std::get_if<Away>(&request.body)) return decide_away(*away, snapshot, context);
    if (std::holds_alternative<Checkpoint>(request.body)) return Decision{};
    if (invocation == nullptr) return refused(ErrorKind::invalid_input, "nothing was asked. Type " + typed(context, "help"));
    const Verb* verb = find(invocation->verb);
    if (verb == nullptr || verb->decide == nullptr) return unknown(invocation->verb, typed(context, "help"));
    const Call call{*verb, *invocation, snapshot, context};
    if (const Status open = guard(call); !open) return open.error();
    if (const Status early = in_time(request, call); !early) return early.error();
    auto decided = verb->decide(call);
    if (decided) date_back(request, call, *decided);
    return decided;
  }


  const Verb* find(std::string_view word) const {
    for (const Verb* verb : verbs_)
      if (same(verb->name, word)) return verb;
    return nullptr;
  }

  Error unknown(std::string_view word, const std::string& help) const {
    std::vector<std::string> names;
    std::string alias;
    for (const auto& [other, verb] : kAliases)
      if (same(other, word)) alias = verb;
    for (const Verb* verb : verbs_)
      if (verb->name != alias) names.push_back(verb->name);
    std::vector<std::string> near = meant(word, names, alias.empty() ? 2 : 1);
    if (!alias.empty()) near.insert(near.begin(), alias);
    return refused(ErrorKind::invalid_input, shown(word) + " is not a command. " + did_you_mean(near) + "For all of them: " + help);
  }

  void read_for(const Invocation& invocation, Reads& out) const {
    const Verb* verb = find(invocation.verb);
    if (verb == nullptr) return;
    if (!verb->on_incident) {
      out.next_number = true;
      // The room's own incident decides whether the room is free.
      if (invocation.incident && verb->takes_room) out.incidents.push_back(*invocation.incident);
      return;
    }
    if (!invocation.incident) return;
    out.incidents.push_back(*invocation.incident);
    if (const auto seq = incident_number("#" + invocation.arg("entry"))) out.entries.emplace_back(*invocation.incident, *seq);
    if (verb->opens_room) out.references.emplace_back("muster", roomless_reference(lower(invocation.arg("chat"))));
    if (verb->leaves_room || verb->opens_room) out.references.emplace_back("muster", "adopted");
    out.troubled = invocation.has("choice");
  }

  static Status guard(const Call& call) {
    const Context& context = call.context;
    if (!call.verb.on_incident) {
      const Status may = allowed(call.verb.action, context.actor, nullptr, context.settings);
      return may ? may : Status(refused(may));
    }
    if (!call.invocation.incident) {
      if (const std::string ordered = in_order(call); !ordered.empty())
        return refused(ErrorKind::invalid_input, "the incident comes first. Did you mean " + typed(context, ordered) + "?");
      return refused(ErrorKind::invalid_input, std::string("which incident? Type it in the incident's room, or name the incident first: ") +
                                                   typed(context, "INC-7 " + example_of(call.verb, context.settings)));
    }
    const Error none = refused(ErrorKind::not_found, no_such_incident(context, *call.invocation.incident));
    if (call.snapshot.incident == nullptr) return none;
    const Incident& incident = call.incident();
    if (const Status seen = may(call.verb.action, incident, call.snapshot, context); !seen) return seen.error().kind == ErrorKind::not_found ? none : refused(seen);
    if (call.verb.when_ended || incident.takes_changes()) return Done{};
    if (incident.phase == Phase::closed)
      return refused(ErrorKind::conflict, incident.name() + " is closed. Open it again first: " + typed(call, "reopen") + ". A note is still possible: " +
                                              typed(call, "note TEXT"));
    return refused(ErrorKind::conflict, incident.name() + " was cancelled and stays so. A note is still possible: " + typed(call, "note TEXT") +
                                            ". For a new problem: " + typed(context, "declare TITLE"));
  }

  std::vector<const Verb*> verbs_;
};

}  // namespace

std::vector<VerbLine> verb_lines() {
  std::vector<VerbLine> out;
  for (const auto family : families())
    for (const Verb& verb : family) out.push_back({verb.name, verb.form, verb.summary, verb.query != nullptr});
  return out;
}

std::unique_ptr<Commands> make_table() { return std::make_unique<Table>(); }

}  // namespace commands
