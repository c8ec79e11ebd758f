#include "integrations/statuspage/builtin/view_parts.hpp"

#include <array>

#include "integrations/http/signature.hpp"
#include "integrations/statuspage/builtin/words.hpp"
#include "statuspage_assets_embedded.hpp"

namespace statuspage::builtin {
namespace {

using text::Html;

// Five shapes, so that colour is never the only carrier: circle, square, triangle, diamond, octagon.
constexpr std::array<const char*, kComponentStates> kShapes{"M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z", "M3 1h10l2 2v10l-2 2H3l-2-2V3z", "M8 1l7.5 14H.5z",
                                                            "M8 .5L15.5 8 8 15.5.5 8z", "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z"};
constexpr std::array<const char*, kComponentStates> kSigns{"M4.8 8.3l2.2 2.2 4.2-4.7", "M5.2 10.8l5.6-5.6", "M8 6.2v4M8 12v.6", "M5 8h6",
                                                           "M5.4 5.4l5.2 5.2m0-5.2l-5.2 5.2"};
constexpr std::array<const char*, kComponentStates> kFaviconColours{"#1a7f4b", "#2b5fa8", "#8a6100", "#b3480b", "#b3261e"};

std::string id_of(ComponentState state) { return "i" + std::to_string(static_cast<int>(state)); }

void add_symbols(Html& h) {
  h.open("svg", {{"class", "symbols"}, {"aria-hidden", "true"}, {"width", "0"}, {"height", "0"}});
  for (int s = 0; s < kComponentStates; ++s) {
    const auto i = static_cast<std::size_t>(s);
    h.open("symbol", {{"id", id_of(static_cast<ComponentState>(s))}, {"viewBox", "0 0 16 16"}});
    h.element("path", "", {{"d", kShapes[i]}, {"fill", "currentColor"}});
    h.element("path", "", {{"d", kSigns[i]}, {"class", "sign"}});
    h.close();
  }
  h.close();
}

void add_head(Html& h, const Page& page, const Frame& frame) {
  h.open("head");
  h.single("meta", {{"charset", "utf-8"}});
  h.single("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  h.element("title", frame.title);
  if (!frame.description.empty()) h.single("meta", {{"name", "description"}, {"content", frame.description}});
  h.single("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  h.single("link", {{"rel", "stylesheet"}, {"href", asset_path("page.css")}});
  h.single("link", {{"rel", "icon"}, {"type", "image/svg+xml"}, {"href", "/favicon-" + overall(page).indicator + ".svg"}});
  h.single("link", {{"rel", "alternate"}, {"type", "application/atom+xml"}, {"title", page.title + ": incidents"}, {"href", page.url + "/history.atom"}});
  h.single("link", {{"rel", "alternate"}, {"type", "application/rss+xml"}, {"title", page.title + ": incidents"}, {"href", page.url + "/history.rss"}});
  h.single("link", {{"rel", "alternate"}, {"type", "application/rss+xml"}, {"title", page.title + ": every update"}, {"href", page.url + "/updates.rss"}});
  h.element("script", "", {{"src", asset_path("page.js")}, {"defer", ""}});
  h.close();
}

void add_footer(Html& h, const Page& page, const Frame& frame) {
  h.open("footer");
  if (frame.live) {
    h.open("p").text("Made at ");
    add_time(h, page.generated, bot::clock_text(page.generated) + " UTC");
    h.text(". ").element("span", "Times are in UTC.", {{"class", "zone"}}).close();
  }
  h.open("p").text("Follow: ");
  h.element("a", "Every update (RSS)", {{"href", "/updates.rss"}}).text(" · ");
  h.element("a", "Incidents (Atom)", {{"href", "/history.atom"}}).text(" · ");
  h.element("a", "Incidents (RSS)", {{"href", "/history.rss"}}).text(" · ");
  h.element("a", "JSON", {{"href", "/api"}}).text(". In Slack: ");
  h.element("code", "/feed subscribe " + page.url + "/updates.rss").close();
  h.close();
}

}  // namespace

std::string asset_path(const std::string& name) {
  return "/assets/" + http::sha256_hex(std::string(statuspage_assets::embedded(name))).substr(0, 10) + "/" + name;
}

std::string favicon(const std::string& indicator) {
  const ComponentState face = indicator == "critical"      ? ComponentState::major_outage
                              : indicator == "major"       ? ComponentState::partial_outage
                              : indicator == "minor"       ? ComponentState::degraded_performance
                              : indicator == "maintenance" ? ComponentState::under_maintenance
                                                           : ComponentState::operational;
  const auto i = static_cast<std::size_t>(face);
  Html h;
  h.open("svg", {{"xmlns", "http://www.w3.org/2000/svg"}, {"viewBox", "0 0 16 16"}});
  h.element("path", "", {{"d", kShapes[i]}, {"fill", kFaviconColours[i]}});
  h.element("path", "", {{"d", kSigns[i]}, {"fill", "none"}, {"stroke", "#fff"}, {"stroke-width", "1.8"}, {"stroke-linecap", "round"}});
  h.close();
  return h.str();
}

std::string framed(const Page& page, const Frame& frame, const Html& main) {
  Html h;
  h.doctype().open("html", {{"lang", "en"}});
  add_head(h, page, frame);
  // The script compares generated with the reader's clock, and version to see whether the words in `main` changed.
  h.open("body", {{"data-generated", frame.live ? bot::iso8601(page.generated) : ""}});
  h.element("a", "Skip to the state of things", {{"class", "skip"}, {"href", "#main"}});
  add_symbols(h);
  h.open("header").element("a", page.title, {{"class", "site"}, {"href", "/"}});
  h.open("nav", {{"aria-label", "Pages"}}).element("a", "Now", {{"href", "/"}}).element("a", "History", {{"href", "/history"}}).close();
  h.close();
  h.element("p", "", {{"id", "stale"}, {"class", "stale"}, {"role", "status"}});
  h.open("main", {{"id", "main"}, {"data-version", http::sha256_hex(main.str()).substr(0, 12)}}).add(main).close();
  add_footer(h, page, frame);
  h.close().close();
  return h.str();
}

void add_icon(Html& h, ComponentState state) {
  h.open("svg", {{"class", std::string("icon s-") + to_string(state)}, {"aria-hidden", "true"}});
  h.element("use", "", {{"href", "#" + id_of(state)}}).close();
}

void add_state(Html& h, ComponentState state) {
  h.open("span", {{"class", std::string("state s-") + to_string(state)}});
  add_icon(h, state);
  h.text(words_of(state)).close();
}

void add_time(Html& h, bot::Time t, const std::string& utc_words) { h.element("time", utc_words, {{"datetime", bot::iso8601(t)}}); }

void add_words(Html& h, const std::string& body) {
  for (std::size_t at = 0; at < body.size();) {
    const auto gap = std::min(body.find("\n\n", at), body.size());
    h.open("p");
    for (std::size_t line = at; line < gap;) {
      const auto end = std::min(body.find('\n', line), gap);
      h.text(body.substr(line, end - line));
      if (end < gap) h.single("br");
      line = end + 1;
    }
    h.close();
    at = body.find_first_not_of('\n', gap);
    if (at == std::string::npos) break;
  }
}

void add_update(Html& h, const Update& update, const std::string& when_words, bool anchored, const std::string& changed) {
  if (anchored) h.open("section", {{"class", "update"}, {"id", update.id}});
  else h.open("section", {{"class", "update"}});
  h.open("p", {{"class", "when"}}).element("strong", words_of_state(update.state)).text(" ");
  if (anchored) h.open("a", {{"href", "#" + update.id}});
  add_time(h, update.at, when_words);
  if (anchored) h.close();
  h.close();
  if (update.body) add_words(h, *update.body);
  else h.element("p", "This update was removed.", {{"class", "removed"}});
  if (!changed.empty()) h.element("p", changed, {{"class", "quiet"}});
  h.close();
}

void add_affected(Html& h, const Page& page, const PublicIncident& incident) {
  if (incident.components.empty()) return;
  h.open("ul", {{"class", "affected"}, {"aria-label", "Affected"}});
  for (const auto& c : page.components) {
    const auto at = incident.components.find(c.id);
    if (at == incident.components.end()) continue;
    h.open("li").text(c.name);
    if (incident.open()) {
      h.text(" ");
      add_state(h, at->second);
    }
    h.close();
  }
  h.close();
}

std::string incident_path(const PublicIncident& incident) { return "/incidents/" + incident.id; }

ComponentState face_of(const PublicIncident& incident) {
  if (!incident.open()) return ComponentState::operational;
  ComponentState worst = ComponentState::operational;
  for (const auto& [id, state] : incident.components) worst = std::max(worst, state);
  if (worst == ComponentState::operational && incident.state() != "monitoring") return ComponentState::degraded_performance;
  return worst;
}

void add_span(Html& h, const PublicIncident& incident, bool goes_on) {
  const bot::Time end = incident.updated();
  if (incident.open()) {
    h.text(goes_on ? ", since " : "Since ");
    add_time(h, incident.started(), full_text(incident.started()));
    return;
  }
  if (goes_on) h.text(" ");
  add_time(h, incident.started(), full_text(incident.started()));
  h.text(", " + bot::duration_text(std::chrono::duration_cast<bot::Millis>(incident.since("resolved").value_or(end) - incident.started())));
}

}  // namespace statuspage::builtin
