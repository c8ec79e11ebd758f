#include "integrations/statuspage/builtin/view.hpp"

#include <set>

#include <zlib.h>

#include "integrations/statuspage/builtin/feeds.hpp"
#include "integrations/statuspage/builtin/gzip.hpp"
#include "integrations/statuspage/builtin/json.hpp"
#include "integrations/statuspage/builtin/site.hpp"
#include "tests/integrations/builtin/story.hpp"

namespace builtin_tests {

using namespace statuspage::builtin;

namespace {

const std::string kHostile = "<script>alert(1)</script> ]]> & \"q\" 'a'\r\nX-Injected: 1\n\n\xE2\x80\xAE" "evil \x01\xFF <!channel> @everyone";

std::string unzip(const std::string& bytes) {
  std::string out(1u << 20, '\0');
  z_stream z{};
  REQUIRE(inflateInit2(&z, 15 + 16) == Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  REQUIRE(inflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

/// A busy page: two open incidents with several updates, ninety days of trouble, six components.
Page busy() {
  Story s;
  std::vector<bot::Component> components;
  for (const char* name : {"api", "web", "payments", "search", "webhooks", "docs"}) components.push_back({name, std::string("The ") + name, ""});
  s.at -= 24h * 85;
  for (int i = 0; i < 12; ++i) {
    s.add(i + 1, "investigating", "Search is slower than usual in run " + std::to_string(i) + ".", {{components[static_cast<std::size_t>(i) % 6].id, "partial_outage"}},
          "Slow search " + std::to_string(i));
    s.after(2h).add(i + 1, "resolved", "Search is fast again after run " + std::to_string(i) + ". A cache had grown too large.", {}, "Slow search " + std::to_string(i));
    s.after(24h * 7 - 2h);
  }
  s.add(50, "investigating", "Payments fail for some cards.", {{"payments", "major_outage"}}, "Failed card payments");
  s.after(10min).add(50, "identified", "A release broke it; we take it back.", {}, "Failed card payments");
  s.add(51, "investigating", "Webhooks arrive late.", {{"webhooks", "degraded_performance"}}, "Late webhooks");
  Page page = page_of(s);
  page.components = components;
  page.incidents = public_incidents(s.entries, "public", components);
  return page;
}

std::vector<std::string> tags_left_open(const std::string& html) {
  static const std::string voids = " meta link br !DOCTYPE !doctype ";
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string::npos; ++at) {
    const auto end = html.find_first_of(" >", at);
    const std::string name = html.substr(at + 1, end - at - 1);
    if (name[0] == '/') {
      if (open.empty() || open.back() != name.substr(1)) return {"closes " + name};
      open.pop_back();
    } else if (voids.find(" " + name + " ") == std::string::npos) {
      open.push_back(name);
    }
  }
  return open;
}

}  // namespace

TEST_CASE("hostile words come out as words in every document") {
  Story s;
  s.add(1, "investigating", kHostile, {{"api", "major_outage"}}, kHostile);
  Page page = page_of(s);
  page.title = "Example <b>";
  page.components[0].name = "API <img src=x>";
  const std::vector<std::string> pages{home_view(page), incident_view(page, page.incidents[0]), history_view(page, "2026-11"), api_view(page), missing_view(page)};
  for (const auto& html : pages) {
    CHECK_FALSE(has(html, "<script>"));
    CHECK_FALSE(has(html, "<img"));
    CHECK_FALSE(has(html, "<b>"));
    CHECK_FALSE(has(html, "\xE2\x80\xAE"));
    CHECK_FALSE(has(html, "\x01"));
    CHECK_FALSE(has(html, "\xFF"));
    CHECK_FALSE(has(html, "\r"));
    CHECK(tags_left_open(html).empty());
  }
  CHECK(has(pages[0], "&lt;script&gt;alert(1)&lt;/script&gt;"));
  for (const auto& xml : {history_atom(page), history_rss(page), updates_rss(page)}) {
    CHECK(xml_fault(xml) == "");
    CHECK_FALSE(has(xml, "\xE2\x80\xAE"));
    CHECK_FALSE(has(xml, "<script"));
  }
}

TEST_CASE("nothing internal is on any page") {
  Story s;
  auto& entry = s.add(4711, "investigating", "We are looking into it.", {{"api", "major_outage"}});
  entry.actor.id = "alice-internal";
  entry.facts.emplace_back("internal", "db-node-3");
  entry.source = "slack-internal";
  const Page page = page_of(s);
  for (const auto& [path, resource] : build_site(page)) {
    INFO(path);
    for (const char* secret : {"4711", "alice-internal", "db-node-3", "slack-internal", "INC-"}) CHECK_FALSE(has(resource->plain.body, secret));
    CHECK_FALSE(has(resource->plain.body, "op1"));
  }
}

TEST_CASE("a removed update says so and its words are gone from everywhere") {
  Story s;
  s.add(1, "investigating", "The customer Example GmbH is down.", {{"api", "major_outage"}});
  s.entries[0].text.reset();
  const auto site = build_site(page_of(s));
  for (const auto& [path, resource] : site) CHECK_FALSE(has(resource->plain.body, "GmbH"));
  CHECK(has(site.at("/")->plain.body, "This update was removed."));
  CHECK(has(site.at("/updates.rss")->plain.body, "This update was removed."));
  CHECK(has(site.at("/api/v2/incidents.json")->plain.body, "This update was removed."));
}

TEST_CASE("the home page answers at once, in words, shapes and times a program can read") {
  Story s;
  s.add(1, "investigating", "We are looking into it.\nIt hurts.\n\nMore soon.", {{"api", "major_outage"}});
  const std::string html = home_view(page_of(s, 5min));
  CHECK(has(html, "<h1>It is not you: API has been down since <time datetime=\"2026-11-23T15:42:18.000Z\">15:42 UTC</time>.</h1>"));
  CHECK(has(html, "<p>We are looking into it.<br>It hurts.</p><p>More soon.</p>"));
  CHECK(has(html, "Major outage"));
  CHECK(has(html, "data-generated=\"2026-11-23T15:47:18.000Z\""));
  CHECK(has(html, "<html lang=\"en\">"));
  CHECK(has(html, "name=\"viewport\""));
  CHECK(has(html, "<table>"));
  CHECK(has(html, "scope=\"row\""));
  CHECK(has(html, "/favicon-major.svg"));
  CHECK(has(html, "rel=\"alternate\""));
  CHECK(has(html, "<title>Example status: Major outage</title>"));
}

TEST_CASE("a page that is a moment old draws no ninety green days and says since when it counts") {
  Story s;
  Page page = page_of(s, 1s);
  page.known_since = s.at;
  const std::string html = home_view(page);
  CHECK(has(html, "100 % uptime since 23 Nov 2026"));
  CHECK(has(html, "class=\"unknown\""));
  CHECK_FALSE(has(home_view(page_of(s)), "class=\"unknown\""));
  CHECK(has(home_view(page_of(s)), "100 % uptime</strong>"));
}

TEST_CASE("an open incident's own page says how its components are, and each update what it changed") {
  Story s;
  s.add(1, "investigating", "a", {{"api", "major_outage"}, {"web", "partial_outage"}});
  s.after(1min).add(1, "identified", "b", {{"api", "degraded_performance"}, {"web", "partial_outage"}});
  Page page = page_of(s);
  const std::string html = incident_view(page, page.incidents[0]);
  CHECK(has(html, "API: Major outage → Degraded"));
  CHECK(has(html, "API: Working → Major outage, Website: Working → Partial outage"));
  CHECK(has(html, "<li>API <span class=\"state s-degraded_performance\">"));
  s.after(1min).add(1, "resolved", "c");
  page = page_of(s);
  CHECK(has(incident_view(page, page.incidents[0]), "<li>API</li>"));
}

TEST_CASE("open incidents come before resolved ones, and old ones leave the home page but not the history") {
  Story s;
  s.at -= 24h * 40;
  s.add(1, "investigating", "old", {}, "Long ago");
  s.after(1h).add(1, "resolved", "old over", {}, "Long ago");
  s.after(24h * 35).add(2, "investigating", "new", {}, "Last week");
  s.after(1h).add(2, "resolved", "new over", {}, "Last week");
  s.after(24h * 5).add(3, "investigating", "now", {}, "Right now");
  const Page page = page_of(s);
  const std::string html = home_view(page);
  CHECK(html.find("Right now") < html.find("Last week"));
  CHECK_FALSE(has(html, "Long ago"));
  const auto site = build_site(page);
  CHECK(has(site.at("/history/2026-10")->plain.body, "Long ago"));
  CHECK(has(site.at("/history")->plain.body, "Last week"));
  CHECK(has(site.at("/history")->plain.body, "/history/2026-10"));
  for (const auto& i : page.incidents) {
    CHECK(has(site.at("/incidents/" + i.id)->plain.body, "id=\"" + i.updates[0].id + "\""));
    CHECK(site.at("/i/" + i.id) == site.at("/incidents/" + i.id));
  }
}

TEST_CASE("pages ask nobody else for anything") {
  const auto site = build_site(busy());
  for (const auto& [path, resource] : site) {
    const std::string& body = resource->plain.body;
    INFO(path);
    for (std::size_t at = 0; (at = body.find("src=\"", at)) != std::string::npos; at += 5) CHECK(body[at + 5] == '/');
    for (const char* word : {"@import", "url(", "//cdn", "style=\"", "onclick", "javascript:"}) CHECK_FALSE(has(body, word));
  }
}

TEST_CASE("the first load is under 15 kB compressed") {
  const auto site = build_site(busy());
  const std::string& html = site.at("/")->plain.body;
  std::size_t sum = site.at("/")->zipped.body.size();
  CHECK(unzip(site.at("/")->zipped.body) == html);
  for (const char* name : {"page.css", "page.js"}) {
    REQUIRE(has(html, asset_path(name)));
    sum += site.at(asset_path(name))->zipped.body.size();
  }
  sum += site.at("/favicon-major.svg")->zipped.body.size();
  CHECK(sum > 3000);
  CHECK(sum < 15000);
}

TEST_CASE("what did not change is taken over, and the rest is made again") {
  Story s;
  s.add(1, "investigating", "a", {{"api", "degraded_performance"}}, "First");
  s.add(2, "investigating", "b", {{"api", "degraded_performance"}}, "Second");
  const Page before = page_of(s);
  const Site old = build_site(before);
  const Page later = page_of(s, 10min);
  const Site same = build_site(later, &before, &old);
  CHECK(same.at("/api/v2/summary.json") == old.at("/api/v2/summary.json"));
  CHECK(same.at("/") != old.at("/"));

  s.after(1min).add(2, "identified", "c", {}, "Second");
  const Page changed = page_of(s);
  const Site fresh = build_site(changed, &before, &old);
  CHECK(fresh.at("/incidents/" + before.incidents[1].id) == old.at("/incidents/" + before.incidents[1].id));
  CHECK(has(fresh.at("/incidents/" + before.incidents[0].id)->plain.body, "Identified"));
  const Site anew = build_site(changed);
  REQUIRE(anew.size() == fresh.size());
  for (const auto& [path, resource] : anew) {
    INFO(path);
    CHECK(fresh.at(path)->plain.body == resource->plain.body);
  }
}

TEST_CASE("Accept-Encoding and If-None-Match are read as the standard says") {
  CHECK(accepts_gzip("gzip"));
  CHECK(accepts_gzip("deflate, GZIP;q=0.5"));
  CHECK(accepts_gzip("br, *;q=0.1"));
  CHECK_FALSE(accepts_gzip(""));
  CHECK_FALSE(accepts_gzip("br"));
  CHECK_FALSE(accepts_gzip("gzip;q=0"));
  CHECK_FALSE(accepts_gzip("gzip; q=0.000, br"));
  CHECK_FALSE(accepts_gzip("xgzip"));
  CHECK(matches_tag("\"a\"", "\"a\""));
  CHECK(matches_tag("\"x\", W/\"a\"", "\"a\""));
  CHECK(matches_tag("*", "\"a\""));
  CHECK_FALSE(matches_tag("\"ab\"", "\"a\""));
  CHECK_FALSE(matches_tag("a", "\"a\""));
}

TEST_CASE("each state has its own favicon") {
  std::set<std::string> icons;
  for (const char* indicator : {"none", "minor", "major", "critical", "maintenance"}) icons.insert(favicon(indicator));
  CHECK(icons.size() == 5);
}

TEST_CASE("a page of five hundred incidents is still drawn") {
  Story s;
  s.at -= 24h * 300;
  for (int i = 0; i < 500; ++i) {
    s.add(i + 1, "investigating", "a", {{"api", "partial_outage"}}, "Incident " + std::to_string(i));
    s.after(1h).add(i + 1, "resolved", "b", {}, "Incident " + std::to_string(i));
    s.after(12h);
  }
  const auto site = build_site(page_of(s));
  CHECK(site.size() > 1000);
  CHECK(site.at("/")->zipped.body.size() < 15000);
}

}  // namespace builtin_tests
