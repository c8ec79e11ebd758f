// Refusals in one voice, and the checks of text that most verbs share.
#include "bot/plain.hpp"
#include "commands/draft.hpp"

namespace commands {

using namespace bot;

const std::string& Call::arg(const char* name) const { return invocation.arg(name); }
const std::string& Question::arg(const char* name) const { return invocation.arg(name); }

std::string typed(const Context& context, const std::string& command) {
  if (context.source == "slack") return context.settings.slack.command + " " + command;
  return context.source == "matrix" ? "!incident " + command : command;
}

std::string typed(const Call& call, const std::string& command) {
  const auto& invocation = call.invocation;
  const bool named = call.verb.on_incident && invocation.incident && !invocation.by_room;
  return typed(call.context, named ? "INC-" + std::to_string(*invocation.incident) + " " + command : command);
}

std::string typed(const Settings& settings, const std::string& command) {
  if (settings.slack.enabled) return settings.slack.command + " " + command;
  return settings.matrix.enabled ? "!incident " + command : command;
}

std::string with_names(std::string command, const Settings& settings) {
  const auto& severities = settings.incidents.severities;
  const auto& roles = settings.incidents.roles;
  const auto& people = settings.people;
  const std::string worst = severities.empty() ? "SEVERITY" : severities.front();
  const std::pair<std::string_view, std::string> names[] = {
      {"{worst}", worst},
      {"{severity}", severities.size() > 1 ? severities[1] : worst},
      {"{role}", roles.empty() ? "ROLE" : one_of("commander", roles) != nullptr ? "commander" : roles.front()},
      {"{person}", people.empty() ? "bob" : people.size() > 1 ? people[1].id : people.front().id}};  // the first is likely who reads it
  for (const auto& [mark, name] : names)
    if (const auto at = command.find(mark); at != std::string::npos) command.replace(at, mark.size(), name);
  return command;
}

std::string example_of(const Verb& verb, const Settings& settings) { return with_names(verb.example, settings); }

Error refused(ErrorKind kind, const std::string& reason) { return fail(kind, "Not recorded: " + reason); }

Error at_field(Error error, const std::string& field) {
  error.field = field;
  return error;
}

Error missing(const Call& call, const std::string& what, const std::string& field) {
  Error error = at_field(refused(ErrorKind::invalid_input, what + " is missing."), field);
  error.typing = std::string("The form is: ") + call.verb.form + ". For example: " + typed(call, example_of(call.verb, call.context.settings));
  return error;
}

std::string no_such_incident(const Context& context, std::int64_t number) {
  return "there is no INC-" + std::to_string(number) + ", or it is private and you are not in it. To see the open ones: " + typed(context, "list");
}

Error refused(const Status& status) {
  std::string reason = status.error().message;
  const bool one_capital = reason.size() > 1 && reason[0] >= 'A' && reason[0] <= 'Z' && reason[1] >= 'a' && reason[1] <= 'z';
  if (one_capital) reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  return refused(status.error().kind, reason);
}

Decision choices(const Call& call, const Error& error, std::vector<Button> buttons) {
  Decision d;
  d.incident = call.snapshot.incident == nullptr ? 0 : call.incident().number;
  d.reply = reply_of(error);
  d.reply.card.buttons = std::move(buttons);
  return d;
}

Decision already(const Incident& incident, Text text) {
  Decision d;
  d.incident = incident.number;
  d.reply.incident = incident.number;
  d.reply.card.title = std::move(text);
  return d;
}

std::string keepable(std::string_view raw, const People& people, bool one_line) {
  std::string text = clean(raw, one_line);  // first: a control inside a token must not hide it
  std::size_t at = text.find("<@");
  if (at == std::string::npos) return text;
  std::string out;
  std::size_t from = 0;
  for (; at != std::string::npos; at = text.find("<@", at)) {
    const auto end = text.find('>', at);
    if (end == std::string::npos) break;
    const auto person = people.by_word(text.substr(at, end + 1 - at));
    if (!person) {
      at += 2;
      continue;
    }
    out.append(text, from, at - from);
    out += "@" + clean(person->name, true);
    at = from = end + 1;
  }
  return out.append(text, from, std::string::npos);
}

Result<Person> person_named(const Call& call, const std::string& word) {
  const Context& context = call.context;
  if (same(word, "me") || same(word, "@me")) {
    if (context.actor.kind != ActorKind::person) return at_field(refused(ErrorKind::invalid_input, "a token is not a person. Name one."), "person");
    Person self;
    self.id = context.actor.id;
    self.name = context.people.name_of(self.id);
    return context.people.find(self.id).value_or(self);
  }
  if (auto person = context.people.by_word(word)) {
    person->name = clean(person->name, true);
    if (person->name.empty()) person->name = person->id;
    return *std::move(person);
  }
  std::vector<std::string> names;
  for (const auto& person : context.people.all())
    if (person.id.find(':') == std::string::npos) names.push_back(person.id);
  const auto near = nearest(word, names, 3);
  return at_field(refused(ErrorKind::invalid_input, "I do not know " + shown(word) + ". " +
                                                       (near.empty() ? "Mention" : "Name somebody I know, such as " + listed(near) + ", or mention") + " a person of this chat."),
                  "person");
}

namespace {

std::string name_for_people(const char* argument) {
  const std::string_view name = argument;
  if (name == "text") return "the text";
  if (name == "title") return "the title";
  return std::string(name);
}

Result<std::string> measured(const Call& call, const char* name, std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  const std::size_t length = code_points(text);
  if (length <= most) return text;
  return at_field(refused(ErrorKind::invalid_input, name_for_people(name) + " has " + std::to_string(length) + " characters; at most " + std::to_string(most) +
                                                       " fit. Shorten it" + (call.verb.name == std::string_view("note") ? " or make it two notes." : ", and put the rest in a note.")),
                  name);
}

}  // namespace

Result<std::string> text_argument(const Call& call, const char* name, std::size_t most, bool one_line) {
  std::string text = keepable(call.arg(name), call.context.people, one_line);
  if (text.empty()) return missing(call, name_for_people(name), name);
  return measured(call, name, std::move(text), most);
}

Result<std::string> optional_text(const Call& call, const char* name) {
  return measured(call, name, keepable(call.arg(name), call.context.people, false), kTextLength);
}

}  // namespace commands
