#include "integrations/statuspage/builtin/page.hpp"

#include "integrations/statuspage/builtin/uptime.hpp"
#include "integrations/statuspage/builtin/words.hpp"
#include "tests/integrations/builtin/story.hpp"

namespace builtin_tests {

using namespace statuspage::builtin;

TEST_CASE("updates of one incident become one public incident, newest first, newest title") {
  Story s;
  s.add(41, "investigating", "one", {{"api", "major_outage"}}, "Old title");
  s.after(1min).add(42, "investigating", "other", {}, "Another");
  s.after(1min).add(41, "identified", "two", {}, "New title");
  const auto incidents = page_of(s).incidents;
  REQUIRE(incidents.size() == 2);
  CHECK(incidents[0].title == "Another");
  CHECK(incidents[1].title == "New title");
  REQUIRE(incidents[1].updates.size() == 2);
  CHECK(incidents[1].updates[0].body == "two");
  CHECK(incidents[1].started() == s.entries[0].recorded_at);
}

TEST_CASE("only updates meant for this page are seen, by their whole name") {
  Story s;
  s.add(1, "investigating", "other page", {}, "A", "vendor");
  s.add(2, "investigating", "longer name", {}, "B", "public-beta,vendor");
  s.add(3, "investigating", "ours", {}, "C", "vendor, public");
  s.add(4, "investigating", "nowhere", {}, "D", "");
  s.add(5, "postponed", "no such state", {}, "E");
  auto& note = s.add(6, "investigating", "not public", {}, "F");
  note.kind = bot::EntryKind::update;
  const auto incidents = page_of(s).incidents;
  REQUIRE(incidents.size() == 1);
  CHECK(incidents[0].title == "C");
}

TEST_CASE("public ids stay the same and do not tell internal numbers") {
  Story s;
  s.add(41, "investigating", "one");
  const auto first = page_of(s).incidents.at(0);
  s.after(1min).add(41, "resolved", "two");
  s.after(1min).add(77, "investigating", "three");
  const auto incidents = page_of(s).incidents;
  CHECK(incidents.at(1).id == first.id);
  CHECK(incidents.at(1).updates.back().id == first.updates.back().id);
  CHECK(incidents.at(0).id != first.id);
  CHECK(first.id.size() == 12);
  CHECK(first.id.find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("components keep their state until an update names them, and a resolve frees them") {
  Story s;
  s.add(1, "investigating", "a", {{"api", "major_outage"}, {"web", "degraded_performance"}, {"unknown", "major_outage"}, {"api2", "nonsense"}});
  s.after(1min).add(1, "identified", "b", {{"api", "partial_outage"}});
  auto page = page_of(s);
  CHECK(page.state_of("api") == ComponentState::partial_outage);
  CHECK(page.state_of("web") == ComponentState::degraded_performance);
  CHECK(page.incidents[0].components.count("unknown") == 0);
  CHECK(page.incidents[0].impact() == Impact::critical);
  s.after(1min).add(1, "resolved", "c");
  page = page_of(s);
  CHECK(page.state_of("api") == ComponentState::operational);
  CHECK(page.incidents[0].newest().changes.size() == 2);
  CHECK_FALSE(page.incidents[0].open());
}

TEST_CASE("a component is as bad as the worst of the open incidents that hold it") {
  Story s;
  s.add(1, "investigating", "a", {{"api", "degraded_performance"}});
  s.add(2, "investigating", "b", {{"api", "major_outage"}});
  CHECK(page_of(s).state_of("api") == ComponentState::major_outage);
  s.after(1min).add(2, "resolved", "b over");
  CHECK(page_of(s).state_of("api") == ComponentState::degraded_performance);
}

TEST_CASE("the banner follows the vendor's rule") {
  struct Case { std::string api, web, indicator, description; };
  const auto c = GENERATE(values<Case>({
      {"operational", "operational", "minor", "Minor Service Outage"},  // an incident is open all the same
      {"major_outage", "major_outage", "critical", "Major System Outage"},
      {"major_outage", "operational", "major", "Partial System Outage"},
      {"partial_outage", "partial_outage", "major", "Partial System Outage"},
      {"partial_outage", "operational", "minor", "Minor Service Outage"},
      {"degraded_performance", "degraded_performance", "minor", "Degraded System Service"},
      {"degraded_performance", "operational", "minor", "Partially Degraded Service"},
      {"under_maintenance", "under_maintenance", "maintenance", "Service Under Maintenance"},
      {"under_maintenance", "operational", "minor", "Service Under Maintenance"},
  }));
  Story s;
  s.add(1, "monitoring", "a", {{"api", c.api}, {"web", c.web}});
  INFO(c.api + " " + c.web);
  CHECK(overall(page_of(s)).indicator == c.indicator);
  CHECK(overall(page_of(s)).description == c.description);
  s.after(1min).add(1, "resolved", "over");
  CHECK(overall(page_of(s)).indicator == "none");
  CHECK(overall(page_of(s)).description == "All Systems Operational");
}

TEST_CASE("an open incident without components is never called all operational") {
  Story s;
  s.add(1, "investigating", "a");
  CHECK(overall(page_of(s)).indicator == "minor");
  auto page = page_of(s);
  page.components.clear();
  CHECK(overall(page).indicator == "minor");
}

TEST_CASE("uptime counts a major outage whole, a partial one at 30 percent and overlaps once, rounded down") {
  Story s;
  s.at = bot::Time{Millis{1795392000000}} - 24h;  // 2026-11-22T00:00Z
  s.add(1, "investigating", "a", {{"api", "major_outage"}});
  s.add(2, "investigating", "b", {{"api", "partial_outage"}});
  s.after(6h).add(1, "resolved", "a over");
  s.after(6h).add(2, "resolved", "b over");
  s.after(12h);  // midnight: 89 whole days and a day of no length
  const auto up = uptime(page_of(s), "api");
  REQUIRE(up.days.size() == 90);
  const auto& day = up.days[88];
  CHECK(day.ms[4] == Millis{6h}.count());
  CHECK(day.ms[3] == Millis{6h}.count());
  CHECK(day.worst() == ComponentState::major_outage);
  // 1 - (6 + 0.3 * 6) / (89 * 24) = 0.996348…
  CHECK(up.basis_points == 9963);
  CHECK(up.percent() == "99.63 %");
  CHECK(up.troubled_days() == 1);
  CHECK(uptime(page_of(s), "web").percent() == "100 %");
}

TEST_CASE("one second of outage in ninety days does not read 100 percent") {
  Story s;
  s.add(1, "investigating", "a", {{"api", "major_outage"}});
  s.after(1s).add(1, "resolved", "over");
  CHECK(uptime(page_of(s), "api").percent() == "99.99 %");
}

TEST_CASE("an outage over midnight colours both days and one older than ninety days none") {
  Story s;
  s.at = bot::Time{Millis{1795392000000}} - 1h;
  s.add(1, "investigating", "a", {{"api", "degraded_performance"}});
  s.after(3h).add(1, "resolved", "over");
  auto up = uptime(page_of(s), "api");
  CHECK(up.days[88].ms[2] == Millis{1h}.count());
  CHECK(up.days[89].ms[2] == Millis{2h}.count());
  CHECK(up.percent() == "100 %");
  up = uptime(page_of(s, 24h * 91), "api");
  CHECK(up.troubled_days() == 0);
}

TEST_CASE("an outage that never ended counts until now, also from before the window") {
  Story s;
  s.add(1, "investigating", "a", {{"api", "major_outage"}});
  const auto up = uptime(page_of(s, 24h * 200), "api");
  CHECK(up.troubled_days() == 90);
  CHECK(up.percent() == "0.00 %");
}

TEST_CASE("days before the page was there are neither good nor bad, and the window begins with it") {
  Story s;
  s.at = bot::Time{Millis{1795392000000}};  // 2026-11-23T00:00Z
  Page page = page_of(s);
  page.known_since = s.at - 36h;
  auto up = uptime(page, "api");
  CHECK_FALSE(up.days[86].known);
  CHECK(up.days[87].known);  // half of it
  CHECK(up.since == page.known_since);
  CHECK(up.percent() == "100 %");

  s.add(1, "investigating", "a", {{"api", "major_outage"}});
  s.after(15h).add(1, "resolved", "over");
  page = page_of(s);
  page.known_since = s.at - 24h * 3 - 3h;
  CHECK(uptime(page, "api").percent() == "80.00 %");  // 15 of 75 hours
  page.known_since = s.at;  // an older incident is known all the same
  CHECK(uptime(page, "api").percent() == "0.00 %");
}

TEST_CASE("a clock that jumped back harms nothing") {
  Story s;
  s.add(1, "investigating", "a", {{"api", "major_outage"}});
  s.after(-2h).add(1, "resolved", "over");
  CHECK(uptime(page_of(s), "api").percent() == "100 %");
}

TEST_CASE("the sentence on top names what is down, since when, and nothing internal") {
  Story s;
  CHECK(headline(page_of(s)).before == "All systems are working.");
  s.add(1, "investigating", "a", {{"api", "major_outage"}});
  auto h = headline(page_of(s));
  CHECK(h.before == "It is not you: API has been down since ");
  CHECK(h.since == s.at);
  CHECK(h.after == ".");
  s.after(1min).add(2, "investigating", "b", {{"web", "degraded_performance"}});
  h = headline(page_of(s));
  CHECK(h.before == "It is not you: API has been down since ");
  CHECK(h.after == "; Website is affected too.");
  s.after(1min).add(1, "identified", "c", {{"api", "degraded_performance"}});
  CHECK(headline(page_of(s)).before == "It is not you: API and Website have been working worse than usual since ");
  s.add(1, "monitoring", "d", {{"api", "operational"}});
  s.add(2, "monitoring", "e", {{"web", "operational"}});
  h = headline(page_of(s));
  CHECK(h.before == "Working again, and we are watching it. The problem began at ");
  CHECK(h.worst == ComponentState::operational);
  s.add(1, "resolved", "f");
  s.add(2, "resolved", "g");
  CHECK_FALSE(headline(page_of(s)).since);
}

TEST_CASE("maintenance is announced as such") {
  Story s;
  s.add(1, "investigating", "a", {{"web", "under_maintenance"}});
  CHECK(headline(page_of(s)).before == "Website has been under maintenance since ");
}

TEST_CASE("times are written in UTC, with as much date as needed") {
  const bot::Time t{Millis{1795448538000}};
  CHECK(moment_text(t, t + 1h) == "15:42 UTC");
  CHECK(moment_text(t, t + 24h) == "23 Nov, 15:42 UTC");
  CHECK(moment_text(t, t + 24h * 60) == "23 Nov 2026, 15:42 UTC");
  CHECK(month_key(t) == "2026-11");
  CHECK(month_text(t) == "November 2026");
  CHECK(join_names({"A", "B", "C", "D"}) == "A, B and 2 more");
}

}  // namespace builtin_tests
