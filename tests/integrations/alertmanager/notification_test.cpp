// Bodies → alerts, and hostile bodies → words.
#include <catch2/catch.hpp>

#include "integrations/alerts/alertmanager/notification.hpp"
#include "tests/integrations/alertmanager/bodies.hpp"

using alertmanager::Notification;
using alertmanager::parse_notification;
using nlohmann::json;

namespace {

Notification parse(const json& body, const bot::AlertSource& source = source_named()) { return parse_notification(body.dump(), source, {}); }

bot::Time at(const char* iso) {
  bot::Time t;
  REQUIRE(bot::parse_iso8601(iso, t));
  return t;
}

std::string only_fault(const json& alert) {
  const auto parsed = parse(body_json({alert}));
  REQUIRE(parsed.refused == 0);
  CHECK(parsed.alerts.empty());
  REQUIRE(parsed.faults.size() == 1);
  return parsed.faults[0];
}

}  // namespace

TEST_CASE("each alert of the body becomes an alert of its own") {
  const auto parsed = parse(body_json({alert_json("aaaa"), alert_json("bbbb", "resolved")}));
  REQUIRE(parsed.refused == 0);
  REQUIRE(parsed.faults.empty());
  REQUIRE(parsed.alerts.size() == 2);
  const auto& firing = parsed.alerts[0].alert;
  CHECK(firing.integration == "prod");
  CHECK(firing.identity == "prod:aaaa");
  CHECK(firing.group.compare(0, 5, "prod:") == 0);
  CHECK(firing.group == parsed.alerts[1].alert.group);
  CHECK(firing.name == "HighErrorRate");
  CHECK(firing.summary == "Errors above 5 %");
  CHECK(firing.severity == "sev1");
  CHECK(firing.link == "http://prometheus.example.org/graph?g0.expr=x");
  CHECK(firing.firing);
  CHECK(firing.starts == at("2026-11-23T14:02:11.123Z"));
  CHECK_FALSE(firing.ends);
  CHECK(parsed.alerts[0].dedup_key == "prod:aaaa:firing:2026-11-23T14:02:11.123Z");
  const auto& resolved = parsed.alerts[1].alert;
  CHECK_FALSE(resolved.firing);
  CHECK(resolved.ends == at("2026-11-23T14:02:11Z"));
  CHECK(parsed.alerts[1].dedup_key == "prod:bbbb:resolved:2026-11-23T14:02:11.000Z");
}

TEST_CASE("firing, resolved and firing again are three deliveries; a repeat is none") {
  const auto key = [](const json& alert) { return parse(body_json({alert})).alerts.at(0).dedup_key; };
  auto again = alert_json("a");
  again["startsAt"] = "2026-11-23T16:00:00Z";
  const auto first = key(alert_json("a")), resolved = key(alert_json("a", "resolved")), second = key(again);
  CHECK(first != resolved);
  CHECK(first != second);
  CHECK(resolved != second);
  CHECK(first == key(alert_json("a")));
  auto unended = alert_json("a", "resolved");  // a resolved alert without an end is told apart by its start
  unended["endsAt"] = "0001-01-01T00:00:00Z";
  auto later = unended;
  later["startsAt"] = "2026-11-23T16:00:00Z";
  CHECK(key(unended) != key(later));
}

TEST_CASE("without a fingerprint the sorted labels are the identity") {
  auto one = alert_json(""), other = alert_json("");
  one.erase("fingerprint");
  const auto id = parse(body_json({one})).alerts.at(0).alert.identity;
  CHECK(id == parse(body_json({other})).alerts.at(0).alert.identity);
  other["labels"]["service"] = "search";
  CHECK(id != parse(body_json({other})).alerts.at(0).alert.identity);
  auto long_key = alert_json(std::string(5000, 'x'));
  CHECK(parse(body_json({long_key})).alerts.at(0).alert.identity.size() < 100);
}

TEST_CASE("group_by labels take the place of Alertmanager's groups") {
  auto source = source_named();
  source.group_by = {"service", "region"};
  auto a = alert_json("a"), b = alert_json("b"), c = alert_json("c");
  b["labels"]["alertname"] = "Other";
  c["labels"]["service"] = "search";
  const auto parsed = parse(body_json({a, b, c}), source);
  REQUIRE(parsed.alerts.size() == 3);
  CHECK(parsed.alerts[0].alert.group == parsed.alerts[1].alert.group);
  CHECK(parsed.alerts[0].alert.group != parsed.alerts[2].alert.group);
  auto body = body_json({a});
  body.erase("groupKey");
  CHECK(parse(body).alerts.at(0).alert.group.empty());
}

TEST_CASE("the severity comes from the map, else from a label that is one of ours, else it is the middle one") {
  const auto severity = [](const json& label) {
    auto alert = alert_json("a");
    alert["labels"]["severity"] = label;
    return parse(body_json({alert})).alerts.at(0).alert.severity;
  };
  CHECK(severity("critical") == "sev1");
  CHECK(severity("warning") == "sev3");
  CHECK(severity("sev2") == "sev2");
  CHECK(severity("odd") == "sev3");
  auto none = alert_json("a");
  none["labels"].erase("severity");
  CHECK(parse(body_json({none})).alerts.at(0).alert.severity == "sev3");
}

TEST_CASE("links that are no web addresses are left out") {
  for (const char* bad : {"javascript:alert(1)", "http://a b", "ftp://x", "http://\"><script>", ""}) {
    auto alert = alert_json("a");
    alert["generatorURL"] = bad;
    CHECK(parse(body_json({alert})).alerts.at(0).alert.link.empty());
  }
}

TEST_CASE("what was left out by Alertmanager is said where people read it") {
  auto body = body_json({alert_json("a")});
  body["truncatedAlerts"] = 12;
  const auto parsed = parse(body);
  CHECK(parsed.truncated == 12);
  CHECK(parsed.alerts.at(0).alert.summary == "Errors above 5 % (Alertmanager left out 12 more alerts of this group; see its max_alerts)");
}

TEST_CASE("another version is refused with words") {
  for (const json& version : {json("1"), json(4), json(nullptr), json::array(), json("5")}) {
    auto body = body_json({alert_json("a")});
    body["version"] = version;
    const auto parsed = parse(body);
    CHECK(parsed.refused == 422);
    CHECK(parsed.problem.find("version \"4\"") != std::string::npos);
  }
}

TEST_CASE("bodies that are no notification are refused") {
  for (const char* bad : {"", "null", "[]", "\"x\"", "{", "{\"version\":\"4\"", "1e999", "\xff"}) {
    const auto parsed = parse_notification(bad, source_named(), {});
    INFO(bad);
    CHECK((parsed.refused == 400 || parsed.refused == 422));
    CHECK_FALSE(parsed.problem.empty());
  }
  CHECK(parse_notification(std::string(100000, '['), source_named(), {}).refused == 400);
  CHECK(parse_notification(R"({"version":"4"})", source_named(), {}).refused == 400);
  CHECK(parse_notification(R"({"version":"4","alerts":{}})", source_named(), {}).refused == 400);
}

TEST_CASE("every wrong type in every field is a clear fault, and the other alerts stay") {
  const json kinds[] = {json(nullptr), json(true), json(7), json(-1.5), json("text"), json::array({1}), json{{"a", 1}}, json{{"a", "b"}}};
  const json alert_fields = alert_json("a"), body_fields = body_json(json::array());
  for (const auto& [field, unused] : alert_fields.items())
    for (const auto& kind : kinds) {
      auto alert = alert_json("a");
      alert[field] = kind;
      const auto parsed = parse(body_json({alert, alert_json("good")}));
      INFO(field << " = " << kind.dump());
      CHECK(parsed.refused == 0);
      CHECK(parsed.alerts.size() + parsed.faults.size() == 2);
      CHECK(parsed.alerts.back().alert.identity == "prod:good");
      for (const auto& fault : parsed.faults) CHECK(fault.find("alerts[0].") == 0);
    }
  for (const auto& [field, unused] : body_fields.items())
    for (const auto& kind : kinds) {
      auto body = body_json({alert_json("a")});
      body[field] = kind;
      const auto parsed = parse(body);  // must not crash; what is used is checked
      if (parsed.refused != 0) CHECK((field == "alerts" || field == "version"));
    }
  CHECK(only_fault(json(7)) == "alerts[0] must be an object");
  auto alert = alert_json("a");
  alert.erase("startsAt");
  CHECK(only_fault(alert) == "alerts[0].startsAt is missing");
  alert = alert_json("a");
  alert["status"] = "FIRING";
  CHECK(only_fault(alert) == "alerts[0].status must be firing or resolved");
  alert = alert_json("a");
  alert["labels"]["x"] = 1;
  CHECK(only_fault(alert) == "alerts[0].labels.x must be text");
  alert = alert_json("");
  alert["labels"] = json::object();
  CHECK(only_fault(alert).find("nothing tells this alert from others") != std::string::npos);
}

TEST_CASE("text from outside stays one line of text") {
  auto alert = alert_json("a");
  alert["labels"]["alertname"] = "a\nb\x01\xe2\x80\xae" "c";
  alert["annotations"]["summary"] = "\n\n  <!channel> \xe2\x80\xae x\r\ny" + std::string(5000, 'z');
  const auto parsed = parse(body_json({alert}));
  CHECK(parsed.alerts.at(0).alert.name == "a bc");
  CHECK(parsed.alerts.at(0).alert.summary.find("<!channel>") == 0);
  CHECK(parsed.alerts.at(0).alert.summary.find_first_of("\r\n") == std::string::npos);
  CHECK(parsed.alerts.at(0).alert.summary.find("\xe2\x80\xae") == std::string::npos);
}
