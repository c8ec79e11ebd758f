// The forms of verbs that need more than a press: fields, what stands in them, what can be chosen. Their submission is the verb itself.
#include <algorithm>

#include "bot/plain.hpp"
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::size_t kFormTitle = 24;
constexpr std::size_t kComponents = 20;  // a form nobody can overlook is filled in wrongly

/// Builds a form field by field; what the invocation already says stands in its field.
class Sheet {
 public:
  Sheet(const Call& call, std::string title, std::string submit) : call_(call) {
    form_.verb = call.verb.name;
    form_.incident = call.verb.on_incident ? call.invocation.incident : std::nullopt;
    form_.title = shorten(std::move(title), kFormTitle);
    form_.submit = std::move(submit);
  }
  Field& add(const char* arg, const char* label, FieldKind kind, bool required, std::string initial = "") {
    Field field;
    field.arg = arg;
    field.label = label;
    field.kind = kind;
    field.required = required;
    field.initial = call_.arg(arg).empty() ? std::move(initial) : call_.arg(arg);
    if (kind == FieldKind::line) field.most = kTitleLength;
    if (kind == FieldKind::text) field.most = kTextLength;
    form_.fields.push_back(std::move(field));
    return form_.fields.back();
  }
  Field& choice(const char* arg, const char* label, std::vector<Choice> choices, std::string initial) {
    Field& field = add(arg, label, FieldKind::choice, true, std::move(initial));
    const auto known = [&](const std::string& value) { return std::any_of(choices.begin(), choices.end(), [&](const Choice& c) { return c.value == value; }); };
    if (!known(field.initial)) field.initial.clear();
    field.choices = std::move(choices);
    return field;
  }
  Field& words(const char* label, bool required, const char* hint = "") {
    Field& field = add("text", label, FieldKind::text, required);
    field.hint = hint;
    return field;
  }
  Form done() { return std::move(form_); }

 private:
  const Call& call_;
  Form form_;
};

std::vector<Choice> choices_of(const std::vector<std::string>& words) {
  std::vector<Choice> out;
  for (const auto& word : words) out.push_back({word, state_name(word)});
  return out;
}

std::vector<Choice> severities(const Settings& settings) {
  std::vector<Choice> out;
  for (const auto& word : settings.incidents.severities) out.push_back({word, severity_name(word)});
  return out;
}

std::string in_form(const Call& call, const std::string& what) { return what + " " + call.incident().name(); }

/// The severity as typed so far, by its configured name.
std::string severity_so_far(const Call& call, const std::string& otherwise) {
  const std::string* known = severity_of(call.arg("severity"), call.context.settings, true);
  return known == nullptr ? otherwise : *known;
}

void add_kind(Sheet& sheet) {
  sheet.choice("kind", "Kind", {{"normal", "Normal"}, {"private", "Private: for its people alone"}, {"drill", "Drill: an exercise"}, {"private drill", "Private drill"}}, "normal")
      .hint = "A private incident is announced nowhere; a drill can publish nothing";
}

Form declare_form(const Call& call) {
  const Settings& settings = call.context.settings;
  Sheet sheet(call, "Declare an incident", "Declare");
  sheet.add("title", "What is wrong", FieldKind::line, true).hint = "What people see, for example: checkout returns 500";
  sheet.choice("severity", "Severity", severities(settings), settings.incidents.severity_when_unnamed()).initial =
      severity_so_far(call, settings.incidents.severity_when_unnamed());
  add_kind(sheet);
  return sheet.done();
}

Form adopt_form(const Call& call) {
  const Settings& settings = call.context.settings;
  Sheet sheet(call, "Incident in this room", "Declare");
  sheet.add("title", "What is wrong", FieldKind::line, true);
  sheet.choice("severity", "Severity", severities(settings), settings.incidents.severity_when_unnamed()).initial =
      severity_so_far(call, settings.incidents.severity_when_unnamed());
  add_kind(sheet);
  return sheet.done();
}

Form update_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Update"), "Post");
  sheet.words("Where things stand", true, "For stakeholders inside: the room and the announcement room. Nothing public.");
  return sheet.done();
}

Form note_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Note on"), "Note");
  sheet.words("Note", true, "For the timeline alone");
  return sheet.done();
}

Form severity_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Severity of"), "Set");
  sheet.choice("severity", "Severity", severities(call.context.settings), call.incident().severity).initial = severity_so_far(call, call.incident().severity);
  return sheet.done();
}

Form status_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Status of"), "Set");
  sheet.choice("state", "Status", choices_of(status_words()), call.incident().status);
  sheet.words("What is known", false, "Said in the room with the new status");
  return sheet.done();
}

Form role_form(const Call& call) {
  const Incident& incident = call.incident();
  const auto& roles = call.context.settings.incidents.roles;
  std::vector<Choice> choices;
  std::string open_role;  // the first that nobody holds
  for (const auto& role : roles) {
    const auto held = incident.roles.find(role);
    choices.push_back({role, shorten(state_name(role) + (held == incident.roles.end() ? ": nobody yet" : ": " + call.context.people.name_of(held->second)), 70)});
    if (held == incident.roles.end() && open_role.empty()) open_role = role;
  }
  if (open_role.empty() && !roles.empty()) open_role = roles.front();
  Sheet sheet(call, in_form(call, "Roles of"), "Set");
  sheet.choice("role", "Role", std::move(choices), open_role);
  sheet.add("person", "Who", FieldKind::person, false).hint = "Empty: you";
  return sheet.done();
}

Form public_form(const Call& call) {
  const Publication& now = call.incident().publication;
  const Settings& settings = call.context.settings;
  Sheet sheet(call, in_form(call, "Public update"), "Publish");
  sheet.choice("state", "Public state", choices_of(status_words()), now.state.empty() ? "investigating" : now.state);
  Field& title = sheet.add("title", "Public title", FieldKind::line, false, now.title);
  title.hint = "Empty: made from the components. Never the internal title";
  sheet.words("What the public reads", true, "Shown on every status page. No internal names");
  const auto defaults = settings.incidents.public_defaults.find(call.incident().severity);
  std::size_t count = 0;
  for (const auto& component : settings.components()) {
    if (++count > kComponents) break;
    std::string initial = "same";
    if (const auto it = now.components.find(component.id); it != now.components.end()) initial = it->second;
    else if (now.state.empty() && defaults != settings.incidents.public_defaults.end())
      if (const auto d = defaults->second.find(component.id); d != defaults->second.end()) initial = d->second;
    std::vector<Choice> choices{{"same", "Not part of it"}};
    for (const auto& state : component_states()) choices.push_back({state, state_name(state)});
    const std::string label = shorten(component.name.empty() ? component.id : component.name, 48);
    sheet.choice(("component:" + component.id).c_str(), label.c_str(), std::move(choices), initial);
  }
  return sheet.done();
}

Form page_form(const Call& call) {
  const bool policy = !call.context.settings.paging.policy.empty();
  Sheet sheet(call, in_form(call, "Page for"), "Page");
  sheet.add("person", "Who", FieldKind::person, !policy).hint = policy ? "Empty: the escalation policy" : "";
  sheet.words("What about", false, "Said with the page");
  return sheet.done();
}

Form resolve_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Resolve"), "Resolve");
  sheet.words("What fixed it", false, "Nothing is published by this");
  return sheet.done();
}

Form reopen_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Reopen"), "Reopen");
  sheet.words("What is back", false);
  return sheet.done();
}

Form cancel_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Cancel"), "Cancel it");
  sheet.words("Why it was no incident", false);
  return sheet.done();
}

Form rename_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Rename"), "Rename");
  sheet.add("title", "Title", FieldKind::line, true, call.incident().title);
  return sheet.done();
}

Form impact_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Impact of"), "Set");
  sheet.add("text", "Who is affected, and how", FieldKind::text, true, call.incident().impact);
  return sheet.done();
}

Form started_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Start of"), "Set");
  sheet.add("time", "When it began", FieldKind::line, true, call.incident().started ? iso8601(*call.incident().started) : "").hint = "UTC: 14:02, 25 min ago, 2026-11-23 14:02";
  return sheet.done();
}

Form correct_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Correct"), "Correct");
  sheet.add("entry", "Entry", FieldKind::line, true).hint = "Its number, the first column of the timeline";
  sheet.words("The right words", true, "The old ones stay, struck through");
  return sheet.done();
}

Form snooze_form(const Call& call) {
  Sheet sheet(call, in_form(call, "Snooze"), "Snooze");
  sheet.choice("time", "No reminders for", {{"15m", "15 min"}, {"30m", "30 min"}, {"1h", "1 h"}, {"2h", "2 h"}, {"4h", "4 h"}, {"12h", "12 h"}}, "30m");
  return sheet.done();
}

Form mirror_form(const Call& call) {
  std::vector<Choice> choices;
  for (const auto& chat : call.context.settings.chats()) choices.push_back({chat, integration_name(chat)});
  Sheet sheet(call, in_form(call, "Mirror"), "Open a room");
  sheet.choice("chat", "Chat", std::move(choices), "");
  return sheet.done();
}

struct Maker { const char* verb; Form (*make)(const Call& call); };
constexpr Maker kMakers[] = {{"declare", declare_form}, {"adopt", adopt_form},     {"update", update_form},   {"note", note_form},       {"severity", severity_form},
                             {"status", status_form},   {"role", role_form},       {"public", public_form},   {"page", page_form},       {"resolve", resolve_form},
                             {"reopen", reopen_form},   {"cancel", cancel_form},   {"rename", rename_form},   {"impact", impact_form},   {"started", started_form},
                             {"correct", correct_form}, {"snooze", snooze_form},   {"mirror", mirror_form}};

}  // namespace

Result<Form> form_of(const Call& call) {
  for (const Maker& maker : kMakers)
    if (call.verb.name == std::string_view(maker.verb)) return maker.make(call);
  return fail(ErrorKind::invalid_input, std::string(call.verb.name) + " has no form. Type it: " + typed(call, call.verb.form));
}

}  // namespace commands
