#include "integrations/console/incident_html.hpp"

#include <algorithm>

#include "bot/addressing.hpp"
#include "bot/narrate.hpp"

namespace console {

using text::Html;

namespace {

bool ended(const bot::Incident& i) {
  return i.phase == bot::Phase::closed || i.phase == bot::Phase::cancelled;
}

// Octagon, triangle, diamond, ring: told apart without colour and at 12 pixels.
const char* shape_of(std::size_t rank) {
  switch (rank) {
    case 0:
      return "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z";
    case 1:
      return "M8 1.2 15.4 14.4H.6z";
    case 2:
      return "M8 .6 15.4 8 8 15.4.6 8z";
    default:
      return "M8 1.4a6.6 6.6 0 1 0 0 13.2A6.6 6.6 0 0 0 8 1.4zm0 3.2a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8z";
  }
}

/// <time> whose text the script keeps counting: "23 min".
void add_running(Html& html, const bot::Incident& i, bot::Time now) {
  const bot::Time from = i.started.value_or(i.declared);
  const auto to = i.resolved ? i.resolved : i.closed;
  const std::string shown = bot::duration_text(std::chrono::duration_cast<bot::Millis>(to.value_or(now) - from));
  if (to)
    html.element("span", shown, {{"class", "lasted"}});
  else
    html.element("time", shown, {{"class", "lasted"}, {"datetime", bot::iso8601(from)}, {"data-running", "yes"}});
}

void add_times(Html& html, const bot::Incident& i, bot::Time now) {
  const auto row = [&html, now](const char* label, bot::Time at) {
    html.element("dt", label).open("dd");
    add_time(html, at, bot::date_text(at) != bot::date_text(now));
    html.close();
  };
  html.open("section").element("h3", "Times").open("dl", {{"class", "facts"}});
  if (i.started) row("Started", *i.started);
  if (i.detected) row("Detected", *i.detected);
  row("Declared", i.declared);
  if (i.resolved) row("Resolved", *i.resolved);
  if (i.closed) row(i.phase == bot::Phase::cancelled ? "Cancelled" : "Closed", *i.closed);
  html.close().close();
}

void add_roles(Html& html, const bot::Incident& i, const IncidentContext& context) {
  html.open("section").element("h3", "Roles").open("dl", {{"class", "facts roles"}});
  for (const auto& role : context.settings.incidents.roles) {
    const auto holder = i.roles.find(role);
    const bool filled = holder != i.roles.end();
    if (!filled && ended(i)) continue;
    html.element("dt", bot::state_name(role));
    html.open("dd", {{"class", filled ? "" : (role == "commander" && i.phase == bot::Phase::open ? "open-role first" : "open-role")}});
    if (filled)
      html.element("span", "@" + context.form.people.name_of(holder->second), {{"class", "person"}});
    else
      html.element("span", "nobody yet");
    if (!filled && i.takes_changes()) add_button(html, {"Claim", "role " + role, false}, context.form);
    html.close();
  }
  html.close().close();
}

std::string words_for(const bot::PublicOnPage& on) {
  switch (on.state) {
    case bot::PageState::pending:
      return "being sent";
    case bot::PageState::shown:
      return "shown";
    case bot::PageState::held:
      return on.ahead.empty() ? "held, a person must decide" : "held, a person must decide; the newest update waits behind it";
    case bot::PageState::failed:
      return "not published";
    case bot::PageState::dropped:
      return "dropped";
    case bot::PageState::delayed:
      return "waiting: " + on.problem + ". Muster keeps trying.";
  }
  return "";
}

void add_public(Html& html, const bot::Incident& i, const IncidentContext& context) {
  const auto& p = i.publication;
  if (p.state.empty() && (context.settings.status_pages.empty() || ended(i))) return;
  html.open("section").element("h3", "Public");
  if (p.state.empty()) {
    html.element("p", "Nothing published.", {{"class", "dim"}});
  } else {
    html.open("p").element("strong", bot::state_name(p.state)).text(" since ");
    const bot::Time since = p.since.value_or(i.updated);
    add_time(html, since, bot::date_text(since) != bot::date_text(context.now));
    html.close().open("ul", {{"class", "pages"}});
    for (const auto& [page, on] : p.pages) {
      html.open("li", {{"class", std::string("page-") + bot::to_string(on.state)}});
      if (on.link.empty())
        html.element("span", page);
      else
        html.element("a", page, {{"href", on.link}, {"rel", "noopener noreferrer"}});
      html.element("span", words_for(on), {{"class", "page-state"}}).close();
    }
    html.close();
    const bool held = std::any_of(p.pages.begin(), p.pages.end(), [](const auto& page) { return page.second.state == bot::PageState::held; });
    if (held) {
      html.open("div", {{"class", "buttons"}});
      add_held_buttons(html, context.form);
      html.close();
    }
  }
  html.close();
}

void add_paging(Html& html, const bot::Incident& i, const IncidentContext& context) {
  std::vector<const bot::PageRun*> open;
  for (const auto& run : i.pages) {
    if (run.open) open.push_back(&run);
  }
  const bool in_vain = i.phase == bot::Phase::open && !i.pages.empty() && bot::page_ran_out(i.pages.back(), context.settings.paging);
  if (open.empty() && !(in_vain && i.roles.count("commander") == 0)) return;
  html.open("section", {{"class", "unanswered"}}).element("h3", "Unanswered page");
  if (open.empty()) {
    html.open("p").text("Nobody answered, and paging has stopped. ");
    add_button(html, {"Page again", "page", true}, context.form);
    html.close();
  }
  for (const auto* run : open) {
    html.open("p");
    add_text(html, bot::people_named(run->paged), context.form.people);
    html.text(" paged, no answer yet. ");
    add_button(html, {"Acknowledge", "ack", true}, context.form);
    html.close();
  }
  html.close();
}

void add_rooms_and_people(Html& html, const bot::Incident& i, const IncidentContext& context) {
  if (i.rooms.empty() && i.members.empty()) return;
  html.open("section").element("h3", "People and rooms");
  if (!i.members.empty()) {
    html.open("p");
    add_text(html, bot::people_named({i.members.begin(), i.members.end()}), context.form.people);
    html.close();
  }
  for (const auto& [integration, room] : i.rooms) {
    html.open("p");
    if (room.rfind("https://", 0) == 0 || room.rfind("http://", 0) == 0) {
      html.element("a", bot::integration_name(integration) + " room", {{"href", room}, {"rel", "noopener noreferrer"}});
    } else {
      html.text(bot::integration_name(integration) + " room " + room);
    }
    html.close();
  }
  html.close();
}

void add_actions(Html& html, const bot::Incident& i, const IncidentContext& context) {
  html.open("div", {{"class", "buttons"}});
  for (const auto& button : bot::summary_card(i, context.now).buttons) {
    // Claiming stands beside each role, answering beside its page, and the timeline is the stream itself.
    if (button.command.rfind("role ", 0) == 0 || button.command == "ack" || button.command == "timeline") continue;
    add_button(html, button, context.form);
  }
  if (i.phase == bot::Phase::open) add_button(html, {"Resolve", "resolve", false, true}, context.form);
  const bool publishes = !context.settings.status_pages.empty() && i.takes_changes() && !i.is_private && !i.is_drill;
  if (publishes) add_button(html, {"Publish", "public", false, true}, context.form);
  html.close();
}

/// When stakeholders hear more, as the pinned card says it.
void add_next_update(Html& html, const bot::Incident& i, const IncidentContext& context) {
  for (const auto& fact : bot::summary_card(i, context.now).facts) {
    if (fact.label != "Next update") continue;
    html.open("section").element("h3", fact.label).open("p");
    add_text(html, fact.value, context.form.people);
    bot::Time due{};
    const bool ahead = !fact.value.empty() && fact.value.front().kind == bot::SpanKind::time;  // an overdue one begins with that word
    if (ahead && bot::parse_iso8601(fact.value.front().value, due) && due > context.now) {
      html.text(" (in ").element("time", bot::duration_text(due - context.now), {{"datetime", bot::iso8601(due)}, {"data-until", "yes"}}).text(")");
    }
    html.close().close();
  }
}

const char* phase_class(const bot::Incident& i) {
  if (ended(i)) return "state ended";
  if (i.phase == bot::Phase::resolved) return "state resolved";
  return i.status == "monitoring" ? "state calm" : "state hot";
}

}  // namespace

void add_severity(Html& html, const std::string& severity, const bot::Settings& settings) {
  const auto& all = settings.incidents.severities;
  const auto rank = static_cast<std::size_t>(std::find(all.begin(), all.end(), severity) - all.begin());
  const std::string cls = "severity rank-" + std::to_string(std::min<std::size_t>(rank, 3));
  html.open("span", {{"class", cls}}).open("svg", {{"viewBox", "0 0 16 16"}, {"width", "12"}, {"height", "12"}, {"aria-hidden", "true"}});
  html.open("path", {{"d", shape_of(rank)}}).close().close().text(bot::severity_name(severity)).close();
}

std::string state_word(const bot::Incident& i) {
  return ended(i) ? bot::state_name(bot::to_string(i.phase)) : bot::state_name(i.status);
}

void add_row(Html& html, const bot::Incident& i, bool current, const IncidentContext& context) {
  html.open("li").open(
      "a", {{"class", current ? "row current" : "row"}, {"href", "/incidents/" + i.name()}, {"aria-current", current ? "page" : "false"}});
  html.open("span", {{"class", "row-top"}});
  add_severity(html, i.severity, context.settings);
  html.element("span", i.name(), {{"class", "number"}});
  if (i.is_drill) html.element("span", "DRILL", {{"class", "tag drill"}});
  if (i.is_private) html.element("span", "private", {{"class", "tag"}});
  add_running(html, i, context.now);
  html.close().element("span", i.title, {{"class", "row-title"}});
  html.open("span", {{"class", "row-end"}}).element("span", state_word(i), {{"class", phase_class(i)}});
  const auto commander = i.roles.find("commander");
  if (commander != i.roles.end())
    html.element("span", "@" + context.form.people.name_of(commander->second), {{"class", "person"}});
  else if (i.phase == bot::Phase::open)
    html.element("span", "no commander", {{"class", "missing"}});
  html.close().close().close();
}

void add_head(Html& html, const bot::Incident& i, const IncidentContext& context) {
  html.open("div", {{"class", "card-head"}});
  add_severity(html, i.severity, context.settings);
  html.element("span", i.name(), {{"class", "number"}}).element("span", state_word(i), {{"class", phase_class(i)}});
  if (i.is_drill) html.element("span", "DRILL", {{"class", "tag drill"}});
  if (i.is_private) html.element("span", "private", {{"class", "tag"}});
  add_running(html, i, context.now);
  html.close();
}

void add_side_card(Html& html, const bot::Incident& i, const IncidentContext& context) {
  add_head(html, i, context);
  html.element("h2", i.title, {{"class", "card-title"}});
  add_actions(html, i, context);
  add_paging(html, i, context);
  if (!i.impact.empty()) html.open("section").element("h3", "Impact").element("p", i.impact, {{"class", "words"}}).close();
  add_next_update(html, i, context);
  add_roles(html, i, context);
  add_public(html, i, context);
  add_times(html, i, context.now);
  if (i.alerts_total > 0) {
    html.open("section").element("h3", "Alerts");
    html.element("p", std::to_string(i.alerts_firing) + " firing of " + std::to_string(i.alerts_total)).close();
  }
  add_rooms_and_people(html, i, context);
}

}  // namespace console
