// declare: the first minute of an incident.
#include "bot/plain.hpp"
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

/// "sev9" where severities are sev1 … sev4: meant as a severity, so it must not silently become part of the title.
bool looks_like_severity(std::string_view word, const Settings& settings) {
  const auto digits = word.find_first_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || word.find_first_not_of("0123456789", digits) != std::string_view::npos) return false;
  for (const auto& severity : settings.incidents.severities) {
    const auto d = severity.find_first_of("0123456789");
    if (d == digits && same(word.substr(0, d), std::string_view(severity).substr(0, d))) return true;
  }
  return false;
}

void parse_declare(Line& line, const Settings& settings, const People&, Args& args) {
  if (!line.quoted() && (severity_of(line.peek(), settings, false) != nullptr || looks_like_severity(line.peek(), settings)))
    args.emplace_back("severity", line.word());
  args.emplace_back("title", line.rest());
}

Error no_such_severity(const Call& call, const std::string& word) {
  const auto& all = call.context.settings.incidents.severities;
  return refused(ErrorKind::invalid_input, shown(word) + " is not a severity. Use " + listed(all) + ", for example: " +
                                               typed(call.context, "declare " + (all.empty() ? "" : all.front() + " ") + "checkout returns 500"));
}

Incident as_declared(std::int64_t number, const std::string& title, const std::string& severity) {
  Incident row;
  row.number = number;
  row.title = title;
  row.severity = severity;
  row.status = "investigating";
  return row;
}

Result<Decision> decide_declare(const Call& call) {
  const Context& context = call.context;
  auto title = text_argument(call, "title", kTitleLength, true);
  if (!title) return title.error();
  const std::string& named = call.arg("severity");
  const std::string* severity = named.empty() ? &context.settings.incidents.severity_when_unnamed() : severity_of(named, context.settings, true);
  if (severity == nullptr) return no_such_severity(call, named);

  const std::int64_t number = call.snapshot.next_number;
  const Incident row = as_declared(number, *title, *severity);
  Draft draft(number, context);
  draft.record(EntryKind::declared, *title, {{"severity", *severity}});
  const bool person = context.actor.kind == ActorKind::person;
  open_room(draft, row, person ? std::vector<std::string>{context.actor.id} : std::vector<std::string>{});
  draft.reply({plain("Declared "), strong(row.name()), plain(", " + *severity + ".")});
  const bool chats = !context.settings.chats().empty();
  if (chats) draft.add(Text{plain(person ? "Its room is being opened and you are invited: " : "Its room is being opened: "), room_of(number)});
  draft.add(Text{plain("Next, take command: "), code(row.name() + " role commander")});
  return draft.done();
}

constexpr Verb kVerbs[] = {{"declare", "declare [SEVERITY] TITLE", "Open an incident with its room.", "declare sev1 checkout returns 500", false, true,
                            Action::respond, parse_declare, decide_declare, nullptr}};

}  // namespace

std::span<const Verb> declaring_verbs() { return kVerbs; }

}  // namespace commands
