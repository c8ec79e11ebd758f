// Telling the public: one update for every status page.
#include "commands/publishing.hpp"

#include <algorithm>

#include "bot/plain.hpp"
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::chrono::minutes kSameTextWithin{10};

bool option_name(std::string_view name) {
  const auto fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), fine);
}

void parse_public(Line& line, const Settings&, const People&, Args& args) {
  if (line.empty()) return;
  std::string first = line.word();
  if (same(first, "check") || same(first, "send") || same(first, "drop")) {
    args.emplace_back("choice", lower(first));
    if (!line.empty()) args.emplace_back("page", line.rest());
    return;
  }
  args.emplace_back("state", std::move(first));
  while (!line.empty() && !line.quoted()) {
    const std::string_view word = line.peek();
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || !option_name(word.substr(0, equals))) break;
    const std::string name(word.substr(0, equals));
    const std::string value(unquoted(word.substr(equals + 1)));
    line.word();
    if (same(name, "title")) args.emplace_back("title", value);
    else args.emplace_back("component", name + "=" + value);
  }
  args.emplace_back("text", line.rest());
}

using States = std::map<std::string, std::string>;  // component id → state

/// "api=partial_outage" checked against the settings; also by display name, and "degraded" for "degraded_performance".
Status add_named(const Call& call, const std::vector<Component>& known, const std::string& pair, States& out) {
  const auto equals = pair.find('=');
  const std::string name = pair.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : pair.substr(equals + 1);
  const auto component = std::find_if(known.begin(), known.end(), [&](const Component& c) { return same(c.id, name) || same(c.name, name); });
  if (component == known.end()) {
    std::vector<std::string> ids;
    for (const auto& c : known) ids.push_back(c.id);
    return at_field(refused(ErrorKind::invalid_input, shown(name) + " is not a component. " + (ids.empty() ? "The settings name none" : "Use " + listed(ids)) +
                                                         ". If it belongs to the text, put the text in quotes."),
                    "component");
  }
  for (const auto& state : component_states())
    if (same(state, value) || (value.size() >= 5 && same(std::string_view(state).substr(0, value.size()), value) && state[value.size()] == '_')) {
      out[component->id] = state;
      return Done{};
    }
  return at_field(refused(ErrorKind::invalid_input, shown(value) + " is not a component state. Use " + listed(component_states()) + ", for example: " +
                                                       typed(call.context, "public investigating " + component->id + "=partial_outage TEXT")),
                  "component:" + component->id);
}

/// "Resolved" on top of "down" is a contradiction that no page can explain to its readers.
Status leaves_nothing_broken(const Call& call, const std::vector<Component>& known, const States& states) {
  for (const auto& [id, state] : states) {
    if (state == "operational") continue;
    const auto component = std::find_if(known.begin(), known.end(), [&, &id = id](const Component& c) { return c.id == id; });
    const std::string name = component == known.end() || component->name.empty() ? id : component->name;
    return refused(ErrorKind::invalid_input, "what is resolved works again, so " + shown(name) + " cannot stay " + state +
                                                 ". Leave it out, or while it lasts publish another state, for example: " +
                                                 typed(call.context, "public monitoring " + id + "=" + state + " TEXT"));
  }
  return Done{};
}

/// Every component this publication speaks of, after the update.
Result<States> components_after(const Call& call, const std::string& state) {
  const Publication& before = call.incident().publication;
  States out = before.components;
  const auto& settings = call.context.settings;
  if (state == "resolved")
    for (auto& [id, now] : out) now = "operational";
  bool named = false;
  const auto known = settings.components();
  for (const auto& [name, value] : call.invocation.args) {
    const bool from_form = name.rfind("component:", 0) == 0;  // one field each; "same" leaves it as it is
    if (name != "component" && !from_form) continue;
    named = true;
    if (from_form && (value.empty() || value == "same")) continue;
    const std::string pair = from_form ? name.substr(10) + "=" + value : value;
    if (const Status fine = add_named(call, known, pair, out); !fine) return fine.error();
    if (state != "resolved") continue;
    if (const Status fine = leaves_nothing_broken(call, known, out); !fine) return at_field(fine.error(), from_form ? name : "component");
  }
  const auto defaults = settings.incidents.public_defaults.find(call.incident().severity);
  if (!named && before.state.empty() && state != "resolved" && defaults != settings.incidents.public_defaults.end()) out = defaults->second;
  return out;
}

/// "Problems with API, Website": never the internal title.
std::string made_title(const States& components, const Settings& settings) {
  std::vector<std::string> names;
  for (const auto& c : settings.components())
    if (const auto it = components.find(c.id); it != components.end() && it->second != "operational") names.push_back(c.name.empty() ? c.id : c.name);
  if (names.empty()) {
    const auto own = std::find_if(settings.status_pages.begin(), settings.status_pages.end(), [](const auto& p) { return p.kind == "builtin" && !p.title.empty(); });
    return own == settings.status_pages.end() ? "Service disruption" : "Problems with " + shorten(own->title, 200);
  }
  constexpr std::size_t kNamed = 4;
  std::string out = "Problems with ";
  for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i) out += (i == 0 ? "" : ", ") + shorten(names[i], 40);
  if (names.size() > kNamed) out += " and " + std::to_string(names.size() - kNamed) + " more";
  return out;
}

/// The public title, what Muster calls it by itself ("": the title stays as it is), and whether somebody gave it.
struct Title { std::string shown, made; bool given = false; };

Result<Title> title_for(const Call& call, const States& components) {
  const std::string& now = call.incident().publication.title;
  if (!call.arg("title").empty()) {
    auto given = text_argument(call, "title", kTitleLength, true);
    if (!given) return given.error();
    if (*given != now) return Title{*std::move(given), made_title(components, call.context.settings), true};
  }
  if (!now.empty()) return Title{now, "", false};
  const std::string made = made_title(components, call.context.settings);
  return Title{made, made, false};
}

/// Eight hex characters of (state, text): the mark of an update ends in them, so that a double press is seen without keeping the text in the row.
std::string text_mark(const std::string& state, const std::string& text) {
  std::uint32_t h = 2166136261u;  // FNV-1a
  for (const std::string* part : {&state, &text}) {
    for (const char c : *part) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
    h = (h ^ 0x1Fu) * 16777619u;
  }
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(8, '0');
  for (std::size_t i = 0; i < 8; ++i) out[i] = digits[(h >> (28 - 4 * i)) & 15];
  return out;
}

/// True when these very words are on their way or shown already. A page where they failed may be tried again.
bool already_published(const Call& call, const std::string& state, const std::string& mark) {
  const Publication& p = call.incident().publication;
  if (p.state != state || !p.updated_at || call.context.now - *p.updated_at > kSameTextWithin || p.pages.empty()) return false;
  return std::all_of(p.pages.begin(), p.pages.end(), [&](const auto& page) {
    const PublicOnPage& on = page.second;
    return on.op.ends_with(mark) && on.state != PageState::failed && on.state != PageState::dropped;
  });
}

/// What the vendors call impact, from what the components say.
std::string impact_of(const States& components) {
  std::size_t worst = 0;
  for (const auto& [id, state] : components)
    for (std::size_t i = 1; i < 4; ++i)
      if (component_states()[i] == state) worst = std::max(worst, i);
  static constexpr const char* impacts[] = {"none", "minor", "major", "critical"};
  return impacts[worst];
}

std::vector<std::string> page_names(const Settings& settings) {
  std::vector<std::string> out;
  for (const auto& page : settings.status_pages) out.push_back(page.name);
  return out;
}

/// What must be so before a text is looked at.
Status may_publish_here(const Call& call, const std::string& state) {
  const Incident& incident = call.incident();
  if (incident.is_drill) return refused(ErrorKind::conflict, incident.name() + " is a drill, so nothing about it can be published.");
  if (incident.is_private) return refused(ErrorKind::conflict, incident.name() + " is private, so nothing about it can be published.");
  if (call.context.settings.status_pages.empty())
    return refused(ErrorKind::conflict, "no status page is set up. Add one in the settings under status_pages.");
  if (state == "resolved" && incident.publication.state.empty())
    return refused(ErrorKind::conflict, "nothing about " + incident.name() + " is public, so there is nothing to end.");
  const bool ends_public = state == "resolved" && !incident.publication.state.empty() && incident.publication.state != "resolved";
  if (incident.takes_changes() || ends_public) return Done{};
  return refused(ErrorKind::conflict, incident.name() + (incident.phase == Phase::closed ? " is closed. Open it again first: " + typed(call.context, "reopen")
                                                                                        : " was cancelled, so nothing more can be published about it."));
}

PublicUpdate update_for(const Call& call, const std::string& state, std::string title, std::string body, States components) {
  PublicUpdate update;
  update.op = call.context.new_id().substr(0, 24) + text_mark(state, body);
  update.state = state;
  update.title = std::move(title);
  update.body = std::move(body);
  update.impact = impact_of(components);
  update.components = std::move(components);
  update.first = !call.incident().publication.first_at;
  update.at = call.context.now;
  return update;
}

bool is_stuck(const PublicOnPage& on) { return on.state == PageState::held || on.state == PageState::delayed; }

/// A title that somebody gave stands with the words, where a redaction reaches it; facts stay for good.
Facts facts_of(const Call& call, const PublicUpdate& update, const Title& title, const std::vector<std::string>& pages) {
  const Publication& before = call.incident().publication;
  std::string names;
  for (const auto& page : pages) names += (names.empty() ? "" : ",") + page;
  Facts facts{{"op", update.op}, {"state", update.state}};
  if (!title.made.empty()) facts.emplace_back("title", title.made);
  if (title.given) facts.emplace_back("titled", "yes");
  facts.emplace_back("pages", names);
  for (const auto& [id, state] : update.components) facts.emplace_back("component:" + id, state);
  // As people call it now: the timeline is read long after the settings have changed.
  for (const auto& c : call.context.settings.components())
    if (update.components.count(c.id) > 0 && !c.name.empty() && c.name != c.id) facts.emplace_back("name:" + c.id, c.name);
  if (before.state == update.state && before.since) facts.emplace_back("since", iso8601(*before.since));
  for (const auto& page : pages)
    if (const auto on = before.pages.find(page); on != before.pages.end() && is_stuck(on->second))
      facts.emplace_back("behind:" + page, on->second.ahead.empty() ? on->second.op : on->second.ahead);
  return facts;
}

/// Somebody who publishes must know that the new words cannot show before older ones are through.
void warn_of_waiting(Draft& draft, const Publication& before) {
  for (const auto& [page, on] : before.pages) {
    if (on.state == PageState::held)
      draft.add(Text{plain("An earlier update for " + page + " is held, and this one waits behind it: "), code("public check"), plain(", "), code("public send"),
                     plain(" or "), code("public drop")});
    if (on.state == PageState::delayed)
      draft.add(Text{plain("An earlier update for " + page + " is not through yet (" + on.problem + "), and this one waits behind it. Muster keeps trying.")});
  }
}

Decision publish(const Call& call, const Title& title, PublicUpdate update) {
  const Incident& incident = call.incident();
  const auto pages = page_names(call.context.settings);
  const std::string quoted = "\"" + state_name(update.state) + "\"";
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::public_update, public_text(title.given ? title.shown : "", update.body), facts_of(call, update, title, pages));
  if (incident.takes_changes()) {
    draft.say({plain("Public update " + quoted + " published by "), who(call.context.actor), plain(" for " + listed(pages, "and") + ": "), plain(update.body)});
    draft.redraw();
  }
  Text reply{plain("Publishing " + quoted + " on " + listed(pages, "and") + " as \""), plain(update.title), plain("\".")};
  draft.reply(std::move(reply));
  warn_of_waiting(draft, incident.publication);
  draft.send(std::move(update));
  return draft.done();
}

Result<Decision> decide_public(const Call& call) {
  if (call.invocation.has("choice")) return decide_held(call);
  const std::string& word = call.arg("state");
  if (word.empty()) return missing(call, "the public state", "state");
  const std::string* state = one_of(word, status_words());
  if (state == nullptr)
    return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not a public state. Use " + listed(status_words()) + ", for example: " +
                                                         typed(call.context, call.verb.example)),
                    "state");
  if (const Status here = may_publish_here(call, *state); !here) return here.error();
  auto body = text_argument(call, "text");
  if (!body) return body.error();
  auto components = components_after(call, *state);
  if (!components) return components.error();
  auto title = title_for(call, *components);
  if (!title) return title.error();
  // The same words with a component that got worse or better are news.
  if (*components == call.incident().publication.components && already_published(call, *state, text_mark(*state, *body)))
    return at_field(refused(ErrorKind::conflict, "already published: the same words as \"" + state_name(*state) + "\" within the last 10 minutes. Change the text or a component to say more."),
                    "text");
  return publish(call, *title, update_for(call, *state, title->shown, *std::move(body), *std::move(components)));
}

constexpr Verb kVerbs[] = {{"public", "public STATE [title=\"…\"] [COMPONENT=STATE …] TEXT",
                            "Publish on the status pages, as commander or comms. For a held update: public check, public send or public drop.",
                            "public investigating api=partial_outage We are looking into failed payments.", true, true, Action::publish, parse_public,
                            decide_public, nullptr}};

}  // namespace

std::span<const Verb> publishing_verbs() { return kVerbs; }

}  // namespace commands
