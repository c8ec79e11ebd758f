#include "integrations/console/desk.hpp"

#include <algorithm>
#include <tuple>

#include "bot/addressing.hpp"
#include "bot/narrate.hpp"
#include "bot/policy.hpp"

namespace console {

using text::Html;

namespace {

constexpr int kOpenIncidents = 200;
// How far past an older page its corrections are looked for.
constexpr int kCorrectionsAhead = 1000;

}  // namespace

Desk::Desk(bot::Reader& reader, const bot::Settings& settings, bot::People& people, bot::Env env, const std::vector<VerbHint>& verbs,
           std::function<std::vector<Notice>()> notices)
    : reader_(reader), settings_(settings), people_(people), env_(env), verbs_(verbs), notices_(std::move(notices)) {}

bool Desk::sees(const Visitor& visitor, const bot::Incident& incident) const {
  return bot::allowed(bot::Action::read, visitor.actor, &incident, settings_).ok();
}

bot::Result<std::optional<bot::Incident>> Desk::incident(Look& look, const Visitor& visitor, std::int64_t number) {
  auto it = look.incidents.find(number);
  if (it == look.incidents.end()) {
    auto read = reader_.incident(number);
    if (!read) return read.error();
    it = look.incidents.emplace(number, std::move(*read)).first;
  }
  if (!it->second || !sees(visitor, *it->second)) return std::optional<bot::Incident>{};
  return it->second;
}

FormContext Desk::form(const Visitor& visitor, std::int64_t incident) {
  return {people_, verbs_, visitor.form_token, incident, env_.ids.next()};
}

bot::Status Desk::read_open(Look& look) {
  if (look.open) return bot::Done{};
  bot::IncidentFilter filter;
  filter.limit = kOpenIncidents;
  auto read = reader_.incidents(filter);
  if (!read) return read.error();
  // What must be worked on stands on top, whatever else happens: not yet resolved, no exercise, the worst, then where something happened last.
  const auto& severities = settings_.incidents.severities;
  const auto rank = [&](const bot::Incident& one) {
    const auto severity = std::find(severities.begin(), severities.end(), one.severity) - severities.begin();
    return std::tuple(one.phase != bot::Phase::open, one.is_drill, severity, -one.updated.time_since_epoch().count());
  };
  std::stable_sort(read->begin(), read->end(), [&](const bot::Incident& a, const bot::Incident& b) { return rank(a) < rank(b); });
  look.open = std::move(*read);
  return bot::Done{};
}

bot::Result<Html> Desk::list(Look& look, const Visitor& visitor, std::int64_t current) {
  if (const auto read = read_open(look); !read) return read.error();
  const IncidentContext context{settings_, form(visitor, 0), env_.clock.now()};
  Html html;
  html.open("ul", {{"class", "rows"}});
  std::size_t shown = 0;
  for (const auto& incident : *look.open) {
    if (!sees(visitor, incident)) continue;
    add_row(html, incident, incident.number == current, context);
    ++shown;
  }
  html.close();
  if (shown == 0) html.element("p", "No open incidents.", {{"class", "dim none"}});
  return html;
}

Html Desk::rows(const Visitor& visitor, const std::vector<bot::Incident>& incidents) {
  const IncidentContext context{settings_, form(visitor, 0), env_.clock.now()};
  Html html;
  html.open("ul", {{"class", "rows"}});
  for (const auto& incident : incidents) add_row(html, incident, false, context);
  html.close();
  return html;
}

Html Desk::card(const Visitor& visitor, const bot::Incident& incident) {
  Html html;
  add_side_card(html, incident, {settings_, form(visitor, incident.number), env_.clock.now()});
  return html;
}

Html Desk::reply(const Visitor& visitor, const bot::Card& card, std::int64_t incident) {
  Html html;
  add_card(html, card, form(visitor, incident));
  return html;
}

Html Desk::headline(const Visitor& visitor, const bot::Incident& incident) {
  Html html;
  add_head(html, incident, {settings_, form(visitor, incident.number), env_.clock.now()});
  return html;
}

bot::Result<Desk::Needs> Desk::attention(Look& look, const Visitor& visitor) {
  if (const auto read = read_open(look); !read) return read.error();
  Needs needs;
  Html& html = needs.html;
  html.element("h2", "Needs somebody").open("ul", {{"class", "needs"}});
  bool any = false;
  for (const auto& incident : *look.open) {
    if (incident.phase != bot::Phase::open || !sees(visitor, incident)) continue;
    any = true;
    const FormContext context = form(visitor, incident.number);
    const bool paging = std::any_of(incident.pages.begin(), incident.pages.end(), [](const bot::PageRun& run) { return run.open; });
    const bool led = incident.roles.count("commander") > 0;
    if (led && !paging) continue;
    // In vain once: whoever takes command has answered it.
    const bool in_vain = !led && !paging && !incident.pages.empty() && bot::page_ran_out(incident.pages.back(), settings_.paging);
    ++needs.count;
    html.open("li").element("a", incident.name(), {{"href", "/incidents/" + incident.name()}}).text(" " + incident.title);
    html.open("div", {{"class", "buttons"}});
    if (!led) html.element("span", "No commander", {{"class", "missing"}}), add_button(html, {"Claim", "role commander", false}, context);
    if (paging) html.element("span", "Page not answered", {{"class", "missing"}}), add_button(html, {"Acknowledge", "ack", true}, context);
    if (in_vain) html.element("span", "Nobody answered the page", {{"class", "missing"}}), add_button(html, {"Page again", "page", true}, context);
    html.close().close();
  }
  html.close();
  if (!any) html.element("p", "Nobody is needed: no incident is open.", {{"class", "dim"}});
  else if (needs.count == 0) html.element("p", "Nothing. Every open incident has a commander and no page waits for an answer.", {{"class", "dim"}});
  return needs;
}

bot::Result<Desk::StreamPage> Desk::stream(const bot::Incident& incident, std::int64_t before) {
  const std::int64_t end = before > 0 ? std::min(before - 1, incident.last_seq) : incident.last_seq;
  const std::int64_t after = std::max<std::int64_t>(0, end - kPage);
  StreamPage page;
  if (end < 1) return page;
  // A newest page reads on past the row's last entry: what was committed meanwhile belongs on it.
  const auto entries = reader_.timeline(incident.number, after, before > 0 ? static_cast<int>(end - after) : kPage + 50);
  if (!entries) return entries.error();
  Corrections corrections;
  note_corrections(corrections, *entries);
  if (before > 0) {
    const auto later = reader_.timeline(incident.number, end, kCorrectionsAhead);
    if (later) note_corrections(corrections, *later);
  }
  add_entries(page.html, *entries, corrections, {people_, false});
  page.shown = entries->size();
  if (!entries->empty()) page.first_seq = entries->front().seq, page.last_seq = entries->back().seq;
  return page;
}

bot::Result<Desk::StreamPage> Desk::recent(Look& look, const Visitor& visitor, std::int64_t position) {
  const auto entries = reader_.stream(std::max<std::int64_t>(0, position - kRecent), kRecent);
  if (!entries) return entries.error();
  std::vector<bot::Entry> visible;
  for (const auto& entry : *entries) {
    const auto row = incident(look, visitor, entry.incident);
    if (!row) return row.error();
    if (*row) visible.push_back(entry);
  }
  StreamPage page;
  add_entries(page.html, visible, {}, {people_, true});
  page.shown = visible.size();
  return page;
}

bot::Result<Desk::Archive> Desk::archive(const Visitor& visitor, std::int64_t before, int limit) {
  bot::IncidentFilter filter;
  filter.open_only = false;
  filter.before = before;
  filter.limit = limit;
  const auto read = reader_.incidents(filter);
  if (!read) return read.error();
  Archive page;
  // From what was read, not from what is shown: a page full of other people's private incidents is not the last.
  if (static_cast<int>(read->size()) == limit && read->back().number > 1) page.older = read->back().number;
  for (const auto& incident : *read) {
    if (sees(visitor, incident)) page.visible.push_back(incident);
  }
  return page;
}

}  // namespace console
