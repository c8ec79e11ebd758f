// What the doctor finds, against a Slack made of canned answers.
#include <catch2/catch.hpp>

#include <map>

#include "integrations/slack/doctor.hpp"
#include "integrations/slack/manifest.hpp"
#include "tests/support/fake_env.hpp"

namespace {

using slack::Finding;

/// Answers by method; counts what was asked.
class CannedSlack : public http::Client {
 public:
  http::CallResult call(const http::Call& call) override {
    const std::string method = call.url.substr(call.url.rfind('/') + 1);
    asked.push_back(method);
    authorization[method] = call.headers.front().second;
    if (down) return http::CallFailure{false, "connection refused"};
    http::Answer answer;
    answer.status = 200;
    answer.body = bodies.count(method) != 0 ? bodies[method] : R"({"ok":false,"error":"unknown_method"})";
    answer.headers = {{"date", date}, {"x-oauth-scopes", scopes}};
    return answer;
  }
  std::map<std::string, std::string> bodies{
      {"auth.test", R"({"ok":true,"user":"muster","team":"Example","team_id":"T1","user_id":"U1"})"},
      {"conversations.info", R"({"ok":true,"channel":{"id":"C1","name":"incidents","is_member":true,"is_private":false,"is_archived":false}})"},
      {"apps.connections.open", R"({"ok":true,"url":"wss://wss.example.org/link/?ticket=t"})"}};
  std::string date, scopes;
  bool down = false;
  std::vector<std::string> asked;
  std::map<std::string, std::string> authorization;
};

struct Practice {
  support::FakeEnv env;
  CannedSlack vendor;
  bot::Settings settings;

  Practice() {
    settings.slack.enabled = true;
    settings.slack.bot_token = bot::Secret("xoxb-very-secret-bot-token");
    settings.slack.signing_secret = bot::Secret("0123456789abcdef0123456789abcdef");
    settings.slack.announce_channel = "C1";
    settings.server.public_url = "https://muster.example.org";
    for (const auto& scope : slack::needed_scopes()) vendor.scopes += (vendor.scopes.empty() ? "" : ",") + std::string(scope.name);
  }
  std::vector<Finding> look() { return slack::examine(settings, vendor, env.clock); }
  /// The one fault; its words and remedy together.
  std::string fault() {
    const auto findings = look();
    std::string out;
    int faults = 0;
    for (const auto& f : findings)
      if (f.kind == Finding::Kind::fault) ++faults, out += f.what + " " + f.remedy;
    INFO(slack::report(findings));
    CHECK(faults == 1);
    CHECK(slack::report(findings).find("very-secret") == std::string::npos);
    return out;
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a healthy installation has no faults, and nothing was changed in Slack to know it") {
  Practice p;
  const auto findings = p.look();
  INFO(slack::report(findings));
  CHECK_FALSE(slack::has_fault(findings));
  CHECK(has(slack::report(findings), "No faults."));
  CHECK(p.vendor.asked == std::vector<std::string>{"auth.test", "conversations.info"});
}

TEST_CASE("a wrong token is told with where the right one is; nothing else is guessed then") {
  Practice p;
  p.vendor.bodies["auth.test"] = R"({"ok":false,"error":"invalid_auth"})";
  const std::string fault = p.fault();
  CHECK(has(fault, "invalid_auth"));
  CHECK(has(fault, "OAuth & Permissions"));
}

TEST_CASE("each missing scope is named with what it is for") {
  Practice p;
  p.vendor.scopes = "commands,chat:write";
  const std::string fault = p.fault();
  CHECK(has(fault, "channels:manage (to open rooms"));
  CHECK_FALSE(has(fault, "chat:write ("));
  CHECK(has(fault, "reinstall"));
}

TEST_CASE("an announcement channel that is missing, archived or closed to the bot is told apart") {
  Practice p;
  p.vendor.bodies["conversations.info"] = R"({"ok":false,"error":"channel_not_found"})";
  CHECK(has(p.fault(), "must be an id like C0INCIDENTS"));
  p.vendor.bodies["conversations.info"] = R"({"ok":true,"channel":{"name":"incidents","is_archived":true}})";
  CHECK(has(p.fault(), "is archived"));
  p.vendor.bodies["conversations.info"] = R"({"ok":true,"channel":{"name":"incidents","is_private":true,"is_member":false}})";
  CHECK(has(p.fault(), "/invite @muster"));
  p.vendor.bodies["conversations.info"] = R"({"ok":true,"channel":["what"]})";
  CHECK_FALSE(slack::has_fault(p.look()));
}

TEST_CASE("a clock that is minutes off is a fault: Slack's requests would be refused") {
  Practice p;
  p.vendor.date = "Tue, 14 Nov 2023 22:13:20 GMT";
  CHECK(has(p.fault(), "NTP"));
}

TEST_CASE("a signing secret of the wrong shape, and an address Slack cannot call") {
  Practice p;
  p.settings.slack.signing_secret = bot::Secret("xoxb-this-is-a-token-very-secret");
  CHECK(has(p.fault(), "32 characters"));
  p.settings.slack.signing_secret = bot::Secret("0123456789abcdef0123456789abcdef");
  p.settings.server.public_url = "http://127.0.0.1:8080";
  CHECK(has(p.fault(), "Socket Mode"));
}

TEST_CASE("in Socket Mode the app-level token is tried, with itself alone") {
  Practice p;
  p.settings.slack.signing_secret = {};
  p.settings.slack.app_token = bot::Secret("xapp-very-secret-app-token");
  p.settings.server.public_url = "http://127.0.0.1:8080";
  CHECK_FALSE(slack::has_fault(p.look()));
  CHECK(p.vendor.authorization["apps.connections.open"] == "Bearer xapp-very-secret-app-token");
  CHECK(p.vendor.authorization["auth.test"] == "Bearer xoxb-very-secret-bot-token");
  p.vendor.bodies["apps.connections.open"] = R"({"ok":false,"error":"invalid_auth"})";
  CHECK(has(p.fault(), "connections:write"));
}

TEST_CASE("an organisation's token needs to know its workspace") {
  Practice p;
  p.vendor.bodies["auth.test"] = R"({"ok":true,"user":"muster","team":"Org","is_enterprise_install":true})";
  CHECK(has(p.fault(), "slack.team_id"));
  p.settings.slack.team_id = "T01ABC";
  CHECK_FALSE(slack::has_fault(p.look()));
}

TEST_CASE("a Slack that cannot be reached or answers nonsense is a fault, not a crash") {
  Practice p;
  p.vendor.down = true;
  CHECK(has(p.fault(), "connection refused"));
  p.vendor.down = false;
  for (const char* body : {"<html>", "[]", "null", "", R"({"ok":"yes"})", R"({"ok":false,"error":{"a":1}})"}) {
    p.vendor.bodies["auth.test"] = body;
    CHECK_FALSE(p.fault().empty());
  }
}
