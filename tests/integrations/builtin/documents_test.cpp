#include <nlohmann/json.hpp>
#include <set>

#include "integrations/statuspage/builtin/feeds.hpp"
#include "integrations/statuspage/builtin/json.hpp"
#include "tests/integrations/builtin/story.hpp"

namespace builtin_tests {

using namespace statuspage::builtin;
using nlohmann::json;

namespace {

std::map<std::string, json> documents(const Page& page) {
  std::map<std::string, json> out;
  for (const auto& [path, text] : api_documents(page)) out[path] = json::parse(text);
  return out;
}

std::set<std::string> keys(const json& object) {
  std::set<std::string> out;
  for (const auto& [key, value] : object.items()) out.insert(key);
  return out;
}

Story a_story() {
  Story s;
  s.at -= 48h;
  s.add(1, "investigating", "old", {{"web", "degraded_performance"}}, "Slow website");
  s.after(1h).add(1, "resolved", "old over", {}, "Slow website");
  s.after(40h).add(2, "investigating", "one", {{"api", "major_outage"}});
  s.after(10min).add(2, "monitoring", "two", {{"api", "operational"}});
  return s;
}

std::vector<std::string> all_between(const std::string& text, const std::string& from, const std::string& to) {
  std::vector<std::string> out;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    at += from.size();
    out.push_back(text.substr(at, text.find(to, at) - at));
  }
  return out;
}

}  // namespace

TEST_CASE("the eight documents of the Statuspage API are there, each with the page") {
  const auto docs = documents(page_of(a_story()));
  const std::map<std::string, std::set<std::string>> expected{
      {"/api/v2/summary.json", {"page", "status", "components", "incidents", "scheduled_maintenances"}},
      {"/api/v2/status.json", {"page", "status"}},
      {"/api/v2/components.json", {"page", "components"}},
      {"/api/v2/incidents.json", {"page", "incidents"}},
      {"/api/v2/incidents/unresolved.json", {"page", "incidents"}},
      {"/api/v2/scheduled-maintenances.json", {"page", "scheduled_maintenances"}},
      {"/api/v2/scheduled-maintenances/upcoming.json", {"page", "scheduled_maintenances"}},
      {"/api/v2/scheduled-maintenances/active.json", {"page", "scheduled_maintenances"}}};
  REQUIRE(docs.size() == expected.size());
  for (const auto& [path, names] : expected) {
    INFO(path);
    REQUIRE(docs.count(path));
    CHECK(keys(docs.at(path)) == names);
    CHECK(keys(docs.at(path)["page"]) == std::set<std::string>{"id", "name", "url", "time_zone", "updated_at"});
  }
  CHECK(docs.at("/api/v2/status.json")["page"]["url"] == "https://status.example.org");
  CHECK(docs.at("/api/v2/status.json")["page"]["time_zone"] == "Etc/UTC");
}

TEST_CASE("every field that readers know is there with its type") {
  const auto docs = documents(page_of(a_story()));
  const json& component = docs.at("/api/v2/components.json")["components"][0];
  CHECK(keys(component) == std::set<std::string>{"id", "name", "status", "created_at", "updated_at", "position", "description", "showcase", "start_date",
                                                 "group_id", "page_id", "group", "only_show_if_degraded"});
  CHECK(component["position"] == 1);
  CHECK(component["group"] == false);
  CHECK(component["description"].is_null());

  const json& incident = docs.at("/api/v2/incidents.json")["incidents"][0];
  CHECK(keys(incident) == std::set<std::string>{"id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact", "shortlink",
                                                "started_at", "page_id", "incident_updates", "components"});
  CHECK(incident["status"] == "monitoring");
  CHECK(incident["resolved_at"].is_null());
  CHECK(incident["monitoring_at"].is_string());
  CHECK(incident["impact"] == "critical");
  CHECK(incident["shortlink"] == "https://status.example.org/i/" + incident["id"].get<std::string>());
  REQUIRE(incident["components"].size() == 1);
  CHECK(incident["components"][0]["status"] == "operational");

  REQUIRE(incident["incident_updates"].size() == 2);
  const json& update = incident["incident_updates"][0];
  CHECK(keys(update) == std::set<std::string>{"id", "status", "body", "incident_id", "created_at", "updated_at", "display_at", "affected_components",
                                              "deliver_notifications", "custom_tweet", "tweet_id"});
  CHECK(update["body"] == "two");
  CHECK(update["created_at"] == "2026-11-23T08:52:18.000Z");
  const json change = {{{"code", "api"}, {"name", "API"}, {"old_status", "major_outage"}, {"new_status", "operational"}}};
  CHECK(update["affected_components"] == change);
}

TEST_CASE("an update that says nothing about components has null there") {
  Story s;
  s.add(1, "investigating", "one");
  const auto docs = documents(page_of(s));
  CHECK(docs.at("/api/v2/incidents.json")["incidents"][0]["incident_updates"][0]["affected_components"].is_null());
}

TEST_CASE("unresolved lists what is open, incidents the newest fifty, and status is not green while one is watched") {
  Story s = a_story();
  auto docs = documents(page_of(s));
  CHECK(docs.at("/api/v2/incidents/unresolved.json")["incidents"].size() == 1);
  CHECK(docs.at("/api/v2/summary.json")["incidents"].size() == 1);
  CHECK(docs.at("/api/v2/incidents.json")["incidents"].size() == 2);
  CHECK(docs.at("/api/v2/status.json")["status"]["indicator"] == "minor");
  for (int i = 0; i < 60; ++i) {
    s.after(1min).add(100 + i, "investigating", "x");
    s.after(1min).add(100 + i, "resolved", "x");
  }
  docs = documents(page_of(s));
  CHECK(docs.at("/api/v2/incidents.json")["incidents"].size() == 50);
  CHECK(docs.at("/api/v2/incidents/unresolved.json")["incidents"].size() == 1);
}

TEST_CASE("feeds are well formed with and without incidents") {
  for (const Page& page : {page_of(Story{}), page_of(a_story())}) {
    CHECK(xml_fault(history_atom(page)) == "");
    CHECK(xml_fault(history_rss(page)) == "");
    CHECK(xml_fault(updates_rss(page)) == "");
  }
}

TEST_CASE("history.atom has one stable entry per incident in the vendor's shape") {
  Story s = a_story();
  const auto before = all_between(history_atom(page_of(s)), "<id>", "</id>");
  REQUIRE(before.size() == 3);
  CHECK(before[0] == "tag:status.example.org,2005:/history");
  CHECK(before[1].rfind("tag:status.example.org,2005:Incident/", 0) == 0);
  s.after(1min).add(2, "resolved", "three");
  const std::string atom = history_atom(page_of(s));
  CHECK(all_between(atom, "<id>", "</id>") == before);
  CHECK(has(atom, "<updated>2026-11-23T08:53:18.000Z</updated>"));
  CHECK(has(atom, "&lt;p&gt;&lt;small&gt;Nov &lt;var data-var=&quot;date&quot;&gt;23&lt;/var&gt;, &lt;var data-var=&quot;time&quot;&gt;08:53&lt;/var&gt; UTC"
                  "&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - three&lt;/p&gt;"));
}

TEST_CASE("updates.rss has one item per update with dates that strictly fall and ids that never change") {
  Story s;
  for (int i = 0; i < 5; ++i) s.add(1, "identified", "same second " + std::to_string(i));
  s.after(2s).add(1, "resolved", "over");
  const std::string rss = updates_rss(page_of(s));
  const auto guids = all_between(rss, "<guid isPermaLink=\"true\">", "</guid>");
  CHECK(std::set<std::string>(guids.begin(), guids.end()).size() == 6);
  const auto items = all_between(rss, "<item>", "</item>");
  REQUIRE(items.size() == 6);
  CHECK(has(items[0], "over"));
  std::vector<std::string> dates;
  for (const auto& item : items) dates.push_back(all_between(item, "<pubDate>", "</pubDate>").at(0));
  CHECK(dates == std::vector<std::string>{"Mon, 23 Nov 2026 15:42:23 +0000", "Mon, 23 Nov 2026 15:42:22 +0000", "Mon, 23 Nov 2026 15:42:21 +0000",
                                          "Mon, 23 Nov 2026 15:42:20 +0000", "Mon, 23 Nov 2026 15:42:19 +0000", "Mon, 23 Nov 2026 15:42:18 +0000"});
  s.after(1h).add(2, "investigating", "later");
  auto later = all_between(updates_rss(page_of(s)), "<guid isPermaLink=\"true\">", "</guid>");
  later.erase(later.begin());
  CHECK(later == guids);
  CHECK(has(rss, "rel=\"self\""));
}

TEST_CASE("dates of one digit are written with two") {
  CHECK(rfc822(bot::Time{Millis{1793577600000}}) == "Mon, 02 Nov 2026 00:00:00 +0000");
}

}  // namespace builtin_tests
