#include <algorithm>

#include "integrations/statuspage/builtin/uptime.hpp"
#include "integrations/statuspage/builtin/view_parts.hpp"
#include "integrations/statuspage/builtin/words.hpp"

namespace statuspage::builtin {
namespace {

using text::Html;

constexpr std::size_t kEarlierShown = 10;   // of an open incident; the rest is on its own page
constexpr std::size_t kRecentShown = 20;    // incidents of the last days
constexpr std::size_t kRecentWords = 280;
constexpr auto kRecent = std::chrono::days{14};

std::string plural(std::size_t n, const char* one, const char* many) { return std::to_string(n) + " " + (n == 1 ? one : many); }

void add_banner(Html& h, const Page& page) {
  const Headline head = headline(page);
  h.open("section", {{"class", std::string("banner s-") + to_string(head.worst)}});
  add_icon(h, head.worst);
  h.open("div").open("h1").text(head.before);
  if (head.since) add_time(h, *head.since, moment_text(*head.since, page.generated));
  h.text(head.after).close();
  const auto open = page.open_incidents();
  h.open("p");
  if (open.empty()) {
    h.text("We know of no problem right now.");
    if (!page.incidents.empty()) {
      const auto last = std::max_element(page.incidents.begin(), page.incidents.end(), [](const auto& a, const auto& b) { return a.updated() < b.updated(); });
      h.text(" The last one, ").element("a", last->title, {{"href", incident_path(*last)}}).text(", was over ");
      add_time(h, last->updated(), moment_text(last->updated(), page.generated));
      h.text(".");
    }
  } else {
    const auto newest = *std::max_element(open.begin(), open.end(), [](const auto* a, const auto* b) { return a->updated() < b->updated(); });
    h.text("Our last word was at ");
    add_time(h, newest->updated(), moment_text(newest->updated(), page.generated));
    h.text(". The next one appears here as soon as we know more.");
  }
  h.close().close().close();
}

void add_open(Html& h, const Page& page) {
  const auto open = page.open_incidents();
  if (open.empty()) return;
  h.open("section").element("h2", "Happening now");
  for (const auto* i : open) {
    h.open("article", {{"class", std::string("incident s-") + to_string(face_of(*i))}});
    h.open("h3").element("a", i->title, {{"href", incident_path(*i)}}).close();
    h.open("p", {{"class", "when"}});
    add_span(h, *i);
    h.close();
    add_affected(h, page, *i);
    add_update(h, i->newest(), moment_text(i->updated(), page.generated), false);
    if (i->updates.size() > 1) {
      h.open("details", {{"id", "d-" + i->id}}).element("summary", plural(i->updates.size() - 1, "earlier update", "earlier updates"));
      for (std::size_t u = 1; u < i->updates.size() && u <= kEarlierShown; ++u)
        add_update(h, i->updates[u], moment_text(i->updates[u].at, page.generated), false);
      if (i->updates.size() > kEarlierShown + 1) h.open("p").element("a", "All updates", {{"href", incident_path(*i)}}).close();
      h.close();
    }
    h.close();
  }
  h.close();
}

/// Ninety bars; trouble is taller as well as coloured, maintenance is broken in two. The table below says the same in words.
void add_bars(Html& h, const std::vector<Day>& days) {
  h.open("svg", {{"class", "bars"}, {"viewBox", "0 0 538 32"}, {"preserveAspectRatio", "none"}, {"aria-hidden", "true"}});
  std::string good, unknown;
  std::string troubled;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const ComponentState worst = days[i].worst();
    const std::string x = "M" + std::to_string(2 + 6 * i);
    if (!days[i].known) {
      unknown += x + " 26v6";
      continue;
    }
    if (worst == ComponentState::operational) {
      good += x + " 11v21";
      continue;
    }
    const char* stroke = worst == ComponentState::major_outage     ? " 0v32"
                         : worst == ComponentState::partial_outage ? " 4v28"
                         : worst == ComponentState::degraded_performance ? " 8v24"
                                                                         : " 11v9m0 4v8";
    Html bar;
    bar.open("path", {{"class", std::string("s-") + to_string(worst)}, {"d", x + stroke}});
    bar.element("title", day_text(days[i].begin) + ": " + words_of(worst) + ", " + bot::duration_text(bot::Millis{days[i].troubled_ms()})).close();
    troubled += bar.str();
  }
  if (!unknown.empty()) h.element("path", "", {{"class", "unknown"}, {"d", unknown}});
  if (!good.empty()) h.element("path", "", {{"d", good}});
  h.trusted(troubled).close();
}

void add_bad_days(Html& h, const Uptime& up, const bot::Component& component) {
  if (up.troubled_days() == 0) return;
  h.open("details", {{"id", "d-" + component.id}});
  h.element("summary", plural(static_cast<std::size_t>(up.troubled_days()), "day with trouble", "days with trouble"));
  h.open("table").element("caption", component.name + ", the last 90 days; days not listed had none", {{"class", "hidden"}});
  h.open("thead").open("tr");
  for (const char* name : {"Day", "Worst", "For"}) h.element("th", name, {{"scope", "col"}});
  h.close().close().open("tbody");
  for (auto d = up.days.rbegin(); d != up.days.rend(); ++d) {
    if (d->worst() == ComponentState::operational) continue;
    h.open("tr").element("th", day_text(d->begin), {{"scope", "row"}}).open("td");
    add_state(h, d->worst());
    h.close().element("td", bot::duration_text(bot::Millis{d->troubled_ms()})).close();
  }
  h.close().close().close();
}

/// " since 23 Nov 2026" while the page is younger than what is drawn.
std::string since_words(const Uptime& up) { return up.since > up.days.front().begin ? " since " + day_text(up.since) : ""; }

void add_components(Html& h, const Page& page) {
  if (page.components.empty()) return;
  h.open("section").element("h2", "Components").open("ul", {{"class", "components"}});
  for (const auto& c : page.components) {
    const Uptime up = uptime(page, c.id);
    h.open("li").open("div", {{"class", "row"}}).element("h3", c.name);
    add_state(h, page.state_of(c.id));
    h.close();
    if (!c.description.empty()) h.element("p", c.description, {{"class", "quiet"}});
    add_bars(h, up.days);
    h.open("p", {{"class", "scale"}}).element("span", "90 days ago").element("strong", up.percent() + " uptime" + since_words(up)).element("span", "today").close();
    add_bad_days(h, up, c);
    h.close();
  }
  h.close();
  h.open("p", {{"class", "legend"}});
  for (int s = 0; s < kComponentStates; ++s) add_state(h, static_cast<ComponentState>(s));
  h.close();
  h.element("p", "Uptime counts the incidents published here: a major outage in full, a partial one at 30 %. It is rounded down.", {{"class", "quiet"}});
  h.close();
}

void add_recent(Html& h, const Page& page) {
  h.open("section").element("h2", "The last 14 days");
  std::size_t shown = 0;
  for (const auto& i : page.incidents) {
    if (i.open() || i.updated() < page.generated - kRecent || shown == kRecentShown) continue;
    ++shown;
    h.open("article", {{"class", "past"}}).open("h3").element("a", i.title, {{"href", incident_path(i)}}).close();
    h.open("p", {{"class", "when"}}).element("strong", "Resolved").text(" ");
    add_span(h, i);
    h.close();
    const auto& last = i.newest();
    if (last.body) add_words(h, text::shorten(*last.body, kRecentWords));
    else h.element("p", "This update was removed.", {{"class", "removed"}});
    h.close();
  }
  if (shown == 0) h.element("p", page.open_incidents().empty() ? "No incidents." : "No other incidents.", {{"class", "quiet"}});
  if (!page.incidents.empty()) h.open("p").element("a", "Whole history", {{"href", "/history"}}).close();
  h.close();
}

}  // namespace

std::string home_view(const Page& page) {
  Html main;
  add_banner(main, page);
  add_open(main, page);
  add_components(main, page);
  add_recent(main, page);
  const Headline head = headline(page);
  const std::string sentence = head.before + (head.since ? moment_text(*head.since, page.generated) : "") + head.after;
  const char* in_short = !head.since                                   ? "All systems working"
                         : head.worst == ComponentState::operational ? "Working again, being watched"
                                                                     : words_of(head.worst);
  return framed(page, {page.title + " status: " + in_short, sentence, true}, main);
}

}  // namespace statuspage::builtin
