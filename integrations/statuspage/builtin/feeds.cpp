#include "integrations/statuspage/builtin/feeds.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "integrations/statuspage/builtin/view_parts.hpp"
#include "integrations/statuspage/builtin/words.hpp"
#include "integrations/statuspage/builtin/xml.hpp"
#include "integrations/text/address.hpp"

namespace statuspage::builtin {
namespace {

constexpr std::size_t kIncidents = 25;
constexpr std::size_t kUpdates = 50;

std::string words_of(const Update& u) { return u.body ? *u.body : "This update was removed."; }

/// Statuspage's own shape of an entry, so that readers that cut it apart keep working.
std::string incident_html(const PublicIncident& incident) {
  text::Html h;
  for (const auto& u : incident.updates) {
    h.open("p").open("small");
    const std::string day = day_text(u.at);  // "23 Nov 2026"
    const auto month = day.find(' ');
    h.text(day.substr(month + 1, 3) + " ").element("var", day.substr(0, month), {{"data-var", "date"}}).text(", ");
    h.element("var", bot::clock_text(u.at).substr(0, 5), {{"data-var", "time"}}).text(" UTC").close();
    h.single("br").element("strong", words_of_state(u.state)).text(" - " + words_of(u)).close();
  }
  return h.str();
}

void open_channel(Xml& x, const Page& page, const std::string& title, const char* self) {
  x.open("rss", {{"version", "2.0"}, {"xmlns:atom", "http://www.w3.org/2005/Atom"}}).open("channel");
  x.element("title", title).element("link", page.url + "/").element("description", title).element("language", "en");
  x.element("pubDate", rfc822(page.changed()));
  x.empty("atom:link", {{"href", page.url + self}, {"rel", "self"}, {"type", "application/rss+xml"}});
}

struct Item { const PublicIncident* incident; const Update* update; std::int64_t second; };

std::vector<Item> items_of(const Page& page) {
  std::vector<Item> items;
  for (const auto& i : page.incidents)
    for (const auto& u : i.updates) items.push_back({&i, &u, u.at.time_since_epoch().count() / 1000});
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return std::tie(a.update->at, a.update->id) < std::tie(b.update->at, b.update->id); });
  for (std::size_t i = 1; i < items.size(); ++i) items[i].second = std::max(items[i].second, items[i - 1].second + 1);
  std::reverse(items.begin(), items.end());
  return items;
}

}  // namespace

std::string rfc822(bot::Time t) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const std::chrono::weekday weekday{std::chrono::floor<std::chrono::days>(t)};
  const std::string day = day_text(t);
  return std::string(kDays[weekday.c_encoding()]) + ", " + (day.find(' ') == 1 ? "0" : "") + day + " " + bot::clock_text(t) + " +0000";
}

std::string history_atom(const Page& page) {
  const std::string tag = "tag:" + text::host_of(page.url) + ",2005:";
  Xml x;
  x.open("feed", {{"xml:lang", "en-US"}, {"xmlns", "http://www.w3.org/2005/Atom"}});
  x.element("id", tag + "/history");
  x.empty("link", {{"rel", "alternate"}, {"type", "text/html"}, {"href", page.url + "/"}});
  x.empty("link", {{"rel", "self"}, {"type", "application/atom+xml"}, {"href", page.url + "/history.atom"}});
  x.element("title", page.title + " Status - Incident History").element("updated", bot::iso8601(page.changed()));
  x.open("author").element("name", page.title).close();
  for (std::size_t n = 0; n < std::min(kIncidents, page.incidents.size()); ++n) {
    const auto& i = page.incidents[n];
    x.open("entry").element("id", tag + "Incident/" + i.id);
    x.element("published", bot::iso8601(i.started())).element("updated", bot::iso8601(i.updated()));
    x.empty("link", {{"rel", "alternate"}, {"type", "text/html"}, {"href", page.url + incident_path(i)}});
    x.element("title", i.title).element("content", incident_html(i), {{"type", "html"}}).close();
  }
  x.close();
  return x.str();
}

std::string history_rss(const Page& page) {
  Xml x;
  open_channel(x, page, page.title + " Status - Incident History", "/history.rss");
  for (std::size_t n = 0; n < std::min(kIncidents, page.incidents.size()); ++n) {
    const auto& i = page.incidents[n];
    const std::string link = page.url + incident_path(i);
    x.open("item").element("title", i.title).element("description", incident_html(i)).element("pubDate", rfc822(i.started()));
    x.element("link", link).element("guid", link, {{"isPermaLink", "true"}}).close();
  }
  x.close().close();
  return x.str();
}

std::string updates_rss(const Page& page) {
  Xml x;
  open_channel(x, page, page.title + " Status - Updates", "/updates.rss");
  const auto items = items_of(page);
  for (std::size_t n = 0; n < std::min(kUpdates, items.size()); ++n) {
    const auto& [incident, update, second] = items[n];
    const std::string link = page.url + incident_path(*incident) + "#" + update->id;
    text::Html body;
    add_words(body, words_of(*update));
    x.open("item").element("title", words_of_state(update->state) + ": " + incident->title).element("description", body.str());
    x.element("pubDate", rfc822(bot::Time{std::chrono::seconds{second}}));
    x.element("link", link).element("guid", link, {{"isPermaLink", "true"}}).close();
  }
  x.close().close();
  return x.str();
}

}  // namespace statuspage::builtin
