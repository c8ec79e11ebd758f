// declare: the first minute of an incident.
#include "bot/plain.hpp"
#include "commands/draft.hpp"

namespace commands {

using namespace bot;

namespace {

/// "sev1", "severity 1" and "P1" are what the field calls a severity; other words are one where the settings' names begin alike.
bool meant_as_severity(std::string_view word, const Settings& settings) {
  const auto digits = word.find_first_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || word.find_first_not_of("0123456789", digits) != std::string_view::npos) return false;
  const std::string_view letters = word.substr(0, digits);
  if (same(letters, "sev") || same(letters, "severity") || (same(letters, "p") && word.size() == 2)) return true;  // "p95 is high" is a title
  for (const auto& severity : settings.incidents.severities) {
    const auto d = severity.find_first_of("0123456789");
    if (d == digits && same(letters, std::string_view(severity).substr(0, d))) return true;
  }
  return false;
}

/// "sev2:" and "sev2," as people write them before a title.
std::string unpunctuated(std::string word) {
  if (word.size() > 1 && (word.back() == ':' || word.back() == ',')) word.pop_back();
  return word;
}

bool small_number(std::string_view word) { return !word.empty() && word.size() <= 2 && word.find_first_not_of("0123456789") == std::string_view::npos; }

}  // namespace

std::string take_severity(Line& line, const Settings& settings) {
  if (line.quoted()) return "";
  Line ahead = line;
  const std::string word = unpunctuated(ahead.word());
  std::string found;
  if (severity_of(word, settings, false) != nullptr || meant_as_severity(word, settings)) {
    found = word;
  } else if (same(word, "sev") || same(word, "severity")) {  // "sev 2", "severity high"
    const std::string second = unpunctuated(ahead.word());
    if (small_number(second)) found = word + second;
    else if (severity_of(second, settings, false) != nullptr) found = second;
  }
  if (!found.empty()) line = ahead;
  return found;
}

Result<std::string> severity_argument(const Call& call, const std::string& word) {
  const Settings& settings = call.context.settings;
  if (word.empty()) return settings.incidents.severity_when_unnamed();
  if (const std::string* known = severity_of(word, settings, true)) return *known;
  const auto& all = settings.incidents.severities;
  return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not a severity. Use " + listed(all) + ", for example: " +
                                                       typed(call.context, example_of(call.verb, settings)) + ". A title that begins with such a word goes in quotes."),
                  "severity");
}

/// "sev9" is meant as a severity, so it must not silently become part of the title; a title that begins with one of these words is put in quotes.
void parse_declare(Line& line, const Settings& settings, const People&, Args& args) {
  std::string severity, kind;
  while (!line.quoted() && !line.empty()) {
    const std::string_view word = line.peek();
    if (severity.empty() && !(severity = take_severity(line, settings)).empty()) continue;
    if ((same(word, "private") || same(word, "drill")) && kind.find(lower(word)) == std::string::npos) {
      kind += (kind.empty() ? "" : " ") + lower(word);
      line.word();
    } else {
      break;
    }
  }
  if (!severity.empty()) args.emplace_back("severity", std::move(severity));
  if (!kind.empty()) args.emplace_back("kind", std::move(kind));
  args.emplace_back("title", line.rest());
}

Status known_kind(const Call& call) {
  for (Line line(call.arg("kind")); !line.empty();)
    if (const std::string word = line.word(); word != "private" && word != "drill" && word != "normal")
      return at_field(refused(ErrorKind::invalid_input, shown(word) + " is no kind of incident. Use normal, private or drill."), "kind");
  return Done{};
}

namespace {

Result<Decision> decide_declare(const Call& call) {
  const Context& context = call.context;
  auto title = text_argument(call, "title", kTitleLength, true);
  if (!title) return title.error();
  auto severity = severity_argument(call, call.arg("severity"));
  if (!severity) return severity.error();
  if (const Status kind = known_kind(call); !kind) return kind.error();

  const std::int64_t number = call.snapshot.next_number;
  Draft draft(number, context);
  const Incident row = declare(draft, *title, *severity, call.arg("kind"), chats_for(context));
  const bool person = context.actor.kind == ActorKind::person;
  open_room(draft, row);
  const std::string what = std::string(row.is_private ? ", private" : "") + (row.is_drill ? ", a drill" : "");
  draft.reply({plain("Declared "), strong(row.name()), plain(", " + *severity + what + ".")});
  const bool chats = !context.settings.chats().empty();
  if (chats) draft.add(Text{plain(person ? "Its room is being opened and you are invited: " : "Its room is being opened: "), room_of(number)});
  if (row.is_private) draft.add(Text{plain("Only those in it and admins see it, and nothing is announced. Let somebody in: "), code(row.name() + " join PERSON")});
  if (row.is_drill) draft.add(Text{plain("Nothing about a drill is ever published, and everything says that it is one.")});
  draft.add(Text{plain("Next, take command: "), code(with_names(row.name() + " role {role}", context.settings))});
  return draft.done();
}

constexpr Verb kVerbs[] = {{"declare", "declare [SEVERITY] [private] [drill] TITLE", "Open an incident with its room; private: for its people alone; drill: an exercise.",
                            "declare {worst} checkout returns 500", false, true, Action::respond, parse_declare, decide_declare, nullptr}};

}  // namespace

std::span<const Verb> declaring_verbs() { return kVerbs; }

}  // namespace commands
