// Alertmanager's webhook to a woken person: durable before the 2xx, paged in chat and by signed webhook, to the next person when nobody answers.
#include <catch2/catch.hpp>

#include "integrations/http/signature.hpp"
#include "tests/scenarios/scene.hpp"

using scene::Scene;
using support::wait_for;

namespace {

constexpr const char* kKey = "alertmanager-key-0123456789";
constexpr const char* kPagingSecret = "paging-secret-0123456789";

/// Where pages arrive by webhook.
struct Pager {
  std::mutex mutex;
  std::vector<support::WireRequest> pages;
  int refuse = 0;
  support::LoopbackHttp server{[this](const support::WireRequest& r) {
    std::lock_guard<std::mutex> lock(mutex);
    if (refuse > 0) {
      --refuse;
      return support::WireAnswer{500, "busy", {}, {}, false, false, false};
    }
    pages.push_back(r);
    return support::WireAnswer{};
  }};
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server.port()) + "/page"; }
  std::vector<support::WireRequest> seen() {
    std::lock_guard<std::mutex> lock(mutex);
    return pages;
  }
};

std::string alert_settings(const std::string& wait) {
  return "paging: {secret: " + std::string(kPagingSecret) + ", policy: [{notify: [alice], wait: " + wait + "}, {notify: [bob], wait: " + wait +
         "}]}\nalerts: [{kind: alertmanager, key: " + kKey + ", severity: {label: severity, map: {critical: sev1, warning: sev3}}}]\n";
}

std::string notification(const std::string& status, const std::vector<std::string>& fingerprints, const std::string& started = "2026-11-23T14:02:11Z") {
  nlohmann::json alerts = nlohmann::json::array();
  for (const auto& f : fingerprints)
    alerts.push_back({{"status", status},
                      {"labels", {{"alertname", "HighErrorRate"}, {"severity", "critical"}, {"instance", f}}},
                      {"annotations", {{"summary", "checkout errors above 5 % <!channel>"}}},
                      {"startsAt", started},
                      {"endsAt", status == "resolved" ? "2026-11-23T14:30:00Z" : "0001-01-01T00:00:00Z"},
                      {"generatorURL", "http://prometheus.example.org/graph"},
                      {"fingerprint", f}});
  return nlohmann::json{{"version", "4"}, {"groupKey", "{}:{alertname=\"HighErrorRate\"}"}, {"truncatedAlerts", 0}, {"receiver", "muster"}, {"status", status},
                        {"alerts", alerts}, {"groupLabels", {{"alertname", "HighErrorRate"}}}, {"commonLabels", nlohmann::json::object()},
                        {"commonAnnotations", nlohmann::json::object()}, {"externalURL", "http://alertmanager.example.org"}}
      .dump();
}

http::Answer post_alert(Scene& s, const std::string& body, const std::string& key = kKey) {
  return s.muster->post("/hooks/alertmanager/" + key, body, {{"Content-Type", "application/json"}});
}

/// A scene whose alice is paged at `pager`.
Scene paged_scene(Pager& pager, const std::string& wait) {
  scene::Options options;
  options.vendor = false;
  options.extra = alert_settings(wait);
  options.alice_webhook = pager.url();
  return Scene(options);
}

}  // namespace

TEST_CASE("an alert opens one incident, pages by direct message and signed webhook, and an acknowledgement by link stops it") {
  Pager pager;
  Scene s = paged_scene(pager, "10m");
  REQUIRE(s.muster->start());
  CHECK(post_alert(s, notification("firing", {"aa11", "bb22"})).status == 200);
  CHECK(post_alert(s, notification("firing", {"aa11", "bb22"})).status == 200);  // the other peer of the pair
  REQUIRE(wait_for([&] { return !pager.seen().empty() && !s.slack.direct_messages("U01").empty(); }));
  CHECK(s.count("alert_firing") == 2);
  CHECK(s.count("paged") == 1);
  CHECK(s.incident()["severity"] == "sev1");
  CHECK(s.incident(2).empty());
  REQUIRE(pager.seen().size() == 1);
  const auto page = pager.seen()[0];
  const auto signature = page.headers.at("muster-signature");
  const auto comma = signature.find(',');
  REQUIRE(signature.rfind("t=", 0) == 0);
  const std::string t = signature.substr(2, comma - 2);
  CHECK(signature.substr(comma + 4) == http::hmac_sha256_hex(bot::Secret(kPagingSecret), t + "." + page.body));
  const auto json = nlohmann::json::parse(page.body);
  const std::string ack_url = json["ack_url"];
  const std::string path = ack_url.substr(s.muster->url().size());
  const auto shown = s.muster->get(path);
  CHECK(shown.status == 200);
  CHECK(s.count("acknowledged") == 0);  // a mail scanner that follows the link acknowledges nothing
  CHECK(s.muster->post(path, "", {{"Content-Type", "application/x-www-form-urlencoded"}}).status == 200);
  CHECK(s.waits_for("acknowledged"));
  CHECK(s.slack.notified().count("!channel") == 0);
  CHECK(post_alert(s, notification("resolved", {"aa11"})).status == 200);
  CHECK(post_alert(s, notification("resolved", {"bb22"})).status == 200);
  CHECK(s.waits_for("alert_resolved", 2));
  CHECK(s.incident()["phase"] == "open");  // a person resolves an incident, not an alert
  CHECK(post_alert(s, notification("firing", {"aa11"}, "2026-11-23T15:00:00Z")).status == 200);
  CHECK(s.waits_for("alert_firing", 3));
}

TEST_CASE("an unanswered page goes to the next person after a timer that survives kill -9, and ack in chat ends it") {
  Pager pager;
  Scene s = paged_scene(pager, "3s");
  REQUIRE(s.muster->start());
  REQUIRE(post_alert(s, notification("firing", {"cc33"})).status == 200);
  REQUIRE(wait_for([&] { return !pager.seen().empty(); }));
  s.muster->kill9();
  REQUIRE(s.muster->start());
  // After a restart overdue escalations wait 30 s, so that acknowledgements can arrive first.
  REQUIRE(wait_for([&] { return !s.slack.direct_messages("U02").empty(); }, 60));
  s.slash("INC-1 ack", "U02", "bob");
  REQUIRE(s.waits_for("acknowledged"));
  const int paged = s.count("paged");
  CHECK(paged >= 2);
  CHECK_FALSE(wait_for([&] { return s.count("paged") > paged; }, 5));
}

TEST_CASE("a page whose webhook answers 500 is sent again until it is taken") {
  Pager pager;
  pager.refuse = 2;
  Scene s = paged_scene(pager, "10m");
  REQUIRE(s.muster->start());
  REQUIRE(post_alert(s, notification("firing", {"dd44"})).status == 200);
  CHECK(wait_for([&] { return pager.seen().size() == 1; }, 40));
}

TEST_CASE("an acknowledged alert survives kill -9 at once") {
  Pager pager;
  Scene s = paged_scene(pager, "10m");
  REQUIRE(s.muster->start());
  REQUIRE(post_alert(s, notification("firing", {"ee55"})).status == 200);
  s.muster->kill9();
  REQUIRE(s.muster->start());
  CHECK(s.count("alert_firing") == 1);
  CHECK(wait_for([&] { return !pager.seen().empty(); }, 40));
}

TEST_CASE("a wrong key, another version and broken alerts are refused with words and record nothing") {
  Pager pager;
  Scene s = paged_scene(pager, "10m");
  REQUIRE(s.muster->start());
  const auto wrong = post_alert(s, notification("firing", {"ff66"}), "wrong-key-00000000000000");
  CHECK((wrong.status == 401 || wrong.status == 404));
  CHECK(post_alert(s, R"({"version":"3","alerts":[]})").status >= 400);
  CHECK(post_alert(s, "[[[").status == 400);
  CHECK(post_alert(s, R"({"version":"4","alerts":[{"status":7}]})").status == 400);
  CHECK(s.incident().empty());
}
