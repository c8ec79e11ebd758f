#include <algorithm>

#include "integrations/statuspage/builtin/view_parts.hpp"
#include "integrations/statuspage/builtin/words.hpp"

namespace statuspage::builtin {
namespace {

using text::Html;

struct Endpoint { const char* path; const char* what; };
constexpr Endpoint kEndpoints[] = {
    {"/api/v2/summary.json", "The page, its state, components, unresolved incidents and maintenance"},
    {"/api/v2/status.json", "The state in one word: none, minor, major, critical or maintenance"},
    {"/api/v2/components.json", "Every component with its state"},
    {"/api/v2/incidents.json", "The 50 newest incidents with all their updates"},
    {"/api/v2/incidents/unresolved.json", "Incidents that are investigating, identified or monitoring"},
    {"/api/v2/scheduled-maintenances.json", "The 50 newest scheduled maintenances"},
    {"/api/v2/scheduled-maintenances/upcoming.json", "Maintenances still to come"},
    {"/api/v2/scheduled-maintenances/active.json", "Maintenances under way"},
    {"/history.atom", "One entry per incident"},
    {"/history.rss", "One item per incident"},
    {"/updates.rss", "One item per update; the one for chat feeds"},
};

/// "API: Partial outage → Working" for what an update changed; what it only repeated is not said again.
std::string changed_words(const Page& page, const Update& update) {
  std::string out;
  for (const auto& c : update.changes)
    if (c.before != c.after) out += (out.empty() ? "" : ", ") + page.name_of(c.id) + ": " + words_of(c.before) + " → " + words_of(c.after);
  return out;
}

}  // namespace

std::string incident_view(const Page& page, const PublicIncident& incident) {
  Html h;
  h.open("article", {{"class", "whole"}}).element("h1", incident.title);
  h.open("p", {{"class", "when"}});
  add_icon(h, face_of(incident));
  h.element("strong", words_of_state(incident.state()));
  add_span(h, incident, true);
  h.close();
  add_affected(h, page, incident);
  for (const auto& u : incident.updates) add_update(h, u, full_text(u.at), true, changed_words(page, u));
  h.close();
  h.open("p").element("a", "The state of things now", {{"href", "/"}}).close();
  return framed(page, {incident.title + " · " + page.title + " status", words_of_state(incident.state()) + ": " + incident.title, false}, h);
}

std::vector<std::string> history_months(const Page& page) {
  std::vector<std::string> out;
  for (const auto& i : page.incidents) out.push_back(month_key(i.started()));
  std::sort(out.rbegin(), out.rend());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string history_view(const Page& page, const std::string& month) {
  Html h;
  h.element("h1", "History");
  const auto months = history_months(page);
  if (months.empty()) h.element("p", "No incident has been published here yet.");
  if (months.size() > 1) {
    h.open("nav", {{"class", "months"}, {"aria-label", "Months"}});
    for (const auto& m : months) {
      if (m == month) h.element("a", m, {{"href", "/history/" + m}, {"aria-current", "page"}});
      else h.element("a", m, {{"href", "/history/" + m}});
    }
    h.close();
  }
  bool named = false;
  for (const auto& i : page.incidents) {
    if (month_key(i.started()) != month) continue;
    if (!named) h.element("h2", month_text(i.started()));
    named = true;
    h.open("article", {{"class", "past"}}).open("h3").element("a", i.title, {{"href", incident_path(i)}}).close();
    h.open("p", {{"class", "when"}});
    add_icon(h, face_of(i));
    h.element("strong", words_of_state(i.state()));
    add_span(h, i, true);
    h.close().close();
  }
  return framed(page, {"History · " + page.title + " status", "", false}, h);
}

std::string api_view(const Page& page) {
  Html h;
  h.element("h1", "For programs");
  h.element("p",
            "These addresses speak the format of Atlassian Statuspage's public API, version 2, so tools made for it work here. No key is needed, any "
            "website may read them (CORS), and answers carry an ETag: send it back as If-None-Match and an unchanged answer costs nothing.");
  h.open("ul", {{"class", "endpoints"}});
  for (const auto& e : kEndpoints) {
    h.open("li").open("a", {{"href", e.path}}).element("code", e.path).close();
    h.element("span", e.what).close();
  }
  h.close();
  h.element("h2", "For example");
  h.element("pre", "curl -s " + page.url + "/api/v2/status.json");
  h.element("pre", "{\"page\": {\"id\": \"" + page.id + "\", …},\n \"status\": {\"indicator\": \"none\",\n            \"description\": \"All Systems Operational\"}}");
  h.element("p", "What is open right now, one title per line:");
  h.element("pre", "curl -s " + page.url + "/api/v2/incidents/unresolved.json |\n  jq -r '.incidents[] | \"\\(.status): \\(.name)\"'");
  h.element("p", "Paths and ids stay what they are.");
  return framed(page, {"For programs · " + page.title + " status", "", false}, h);
}

std::string missing_view(const Page& page) {
  Html h;
  h.element("h1", "There is nothing here");
  h.open("p").text("The address may be misspelt, or an incident was removed. ").element("a", "See the state of things now", {{"href", "/"}});
  h.text(" or ").element("a", "the history", {{"href", "/history"}}).text(".").close();
  return framed(page, {"Not found · " + page.title + " status", "", false}, h);
}

}  // namespace statuspage::builtin
