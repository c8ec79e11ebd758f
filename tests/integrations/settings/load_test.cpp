// What a right file means.
#include <catch2/catch.hpp>

#include "integrations/settings/checks.hpp"
#include "tests/integrations/settings/outside.hpp"

using settings::load_text;

namespace {

bot::Settings good(const std::string& yaml, const settings::Outside& outside = fake_outside()) {
  auto loaded = load_text(yaml, outside);
  for (const auto& fault : loaded.faults) UNSCOPED_INFO(fault.line << ": " << fault.message);
  REQUIRE(loaded.faults.empty());
  return std::move(loaded.settings);
}

}  // namespace

TEST_CASE("the console's address is the listener it is on, unless a better one is named") {
  const std::string outer = "console: {enabled: true}\nserver: {public_url: \"https://muster.example.org/\"";
  CHECK(good(outer + "}").server.console_url == "https://muster.example.org");
  const std::string inner = outer + ", listen: 0.0.0.0:8080, private_listen: 127.0.0.1:8090";
  CHECK(good(inner + "}").server.console_url == "http://127.0.0.1:8090");
  CHECK(good(inner + ", console_url: \"https://muster.internal/\"}").server.console_url == "https://muster.internal");
  CHECK(good(inner + ", console_url: \"https://muster.internal/\"}").server.public_url == "https://muster.example.org");
}

TEST_CASE("without the key every account of the bot's server may command in Matrix, with an empty list none") {
  const std::string matrix = "console: {enabled: true}\nmatrix: {homeserver_url: \"https://hs.example.org\", user_id: \"@muster:example.org\", access_token: \"syt-0123456789abcdef\"";
  CHECK_FALSE(good(matrix + "}").matrix.allowed_servers.has_value());
  CHECK(good(matrix + ", allowed_servers: []}").matrix.allowed_servers == std::vector<std::string>{});
}

TEST_CASE("the example file is true: it loads without a fault and means what its comments say") {
  const auto outside = fake_outside({{"MUSTER_API_TOKEN", "api-token-0123456789"},
                                     {"SLACK_BOT_TOKEN", "xoxb-0123456789abcdef"},
                                     {"SLACK_SIGNING_SECRET", "0123456789abcdef0123456789abcdef"},
                                     {"MATRIX_TOKEN", "syt-0123456789abcdef"},
                                     {"PAGING_SECRET", "paging-0123456789abcdef"},
                                     {"ALERTMANAGER_KEY", "am-0123456789abcdef"},
                                     {"STATUSPAGE_API_KEY", "sp-0123456789abcdef"}});
  const auto text = settings::process_outside().file(std::string(MUSTER_SOURCE_DIR) + "/config/muster.example.yaml");
  REQUIRE(text.ok());
  const auto s = good(text.value(), outside);
  CHECK(s.server.public_url == "https://muster.example.org");
  CHECK(s.server.trusted_proxies == std::vector<std::string>{"127.0.0.1"});
  CHECK(s.incidents.severity_when_unnamed() == "sev3");
  CHECK(s.incidents.public_defaults.at("sev1").at("api") == "major_outage");
  CHECK(s.incidents.room_in_every_chat);
  CHECK(s.incidents.invite_people == std::vector<std::string>{"alice"});
  CHECK(s.incidents.bookmarks.at("Runbook") == "https://wiki.example.org/runbook");
  CHECK(s.incidents.stale_after == std::chrono::minutes{5});
  CHECK(s.reminders.enabled);
  CHECK(s.reminders.update.at("sev2") == std::chrono::hours{1});
  CHECK(s.reminders.deputy == "operations");
  CHECK(s.store_url == "sqlite:data/muster.db");
  REQUIRE(s.api_tokens.size() == 1);
  CHECK(s.api_tokens[0].token.reveal() == "api-token-0123456789");
  CHECK(s.api_tokens[0].scopes == bot::Scopes{true, true, true, false});
  CHECK(s.console_enabled);
  CHECK(s.slack.enabled);
  CHECK(s.slack.signing_secret.reveal() == "0123456789abcdef0123456789abcdef");
  CHECK(s.slack.app_token.empty());
  CHECK(s.slack.announce_channel == "C0INCIDENTS");
  CHECK(s.matrix.enabled);
  CHECK(s.matrix.access_token.reveal() == "syt-0123456789abcdef");
  CHECK(s.matrix.server_name() == "example.org");
  CHECK(s.matrix.prefixes == std::vector<std::string>{"!incident", "!inc"});
  CHECK_FALSE(s.matrix.federate);
  CHECK(s.matrix.app_service.id.empty());
  CHECK(s.people[0].identities.at("matrix") == "@alice:example.org");
  CHECK(s.slack.pin_emoji == "pushpin");
  REQUIRE(s.people.size() == 2);
  CHECK(s.people[0].admin);
  CHECK_FALSE(s.people[1].admin);
  CHECK(s.people[1].identities.at("slack") == "U02BOB");
  CHECK(s.people[1].webhook == "https://pager.example.org/bob");
  REQUIRE(s.paging.policy.size() == 2);
  CHECK(s.paging.policy[1].notify == std::vector<std::string>{"bob"});
  CHECK(s.paging.policy[1].wait == bot::Millis{300000});
  REQUIRE(s.alerts.size() == 1);
  CHECK(s.alerts[0].severity_map.at("warning") == "sev3");
  CHECK(s.alerts[0].key.reveal() == "am-0123456789abcdef");
  REQUIRE(s.status_pages.size() == 2);
  CHECK(s.status_pages[0].components.size() == 2);
  CHECK(s.status_pages[1].api_key.reveal() == "sp-0123456789abcdef");
  CHECK(s.status_pages[1].component_ids.at("api") == "8kbf7d35c070");
  CHECK(s.log_level == "info");
}

TEST_CASE("without any file: SQLite, the console, one built-in page with two components") {
  const auto s = settings::defaults();
  CHECK(s.store_url == "sqlite:data/muster.db");
  CHECK(s.console_enabled);
  CHECK(s.api_tokens.empty());
  CHECK_FALSE(s.slack.enabled);
  REQUIRE(s.status_pages.size() == 1);
  CHECK(s.status_pages[0].kind == "builtin");
  CHECK(s.status_pages[0].name == "public");
  CHECK(s.status_pages[0].listen == "127.0.0.1:8081");
  CHECK(s.components().size() == 2);
}

TEST_CASE("absent sections are off, an empty one is on") {
  const auto without = good("alerts: [{kind: alertmanager, key: 0123456789abcdef}]");
  CHECK_FALSE(without.console_enabled);
  CHECK(without.status_pages.empty());
  CHECK_FALSE(without.slack.enabled);
  CHECK(without.alerts[0].name == "alertmanager");
  CHECK(without.alerts[0].severity_label == "severity");
  CHECK(good("console:\n").console_enabled);
  CHECK(good("console: {}\n").console_enabled);
  CHECK_FALSE(good("console: {enabled: false}\nalerts: [{kind: alertmanager, key: 0123456789abcdef}]").console_enabled);
}

TEST_CASE("scopes are read and respond unless the token says otherwise") {
  const auto s = good(
      "api: {tokens: [{name: a, token: aaaaaaaaaaaaaaaa}, {name: b, token: bbbbbbbbbbbbbbbb, scopes: [read]}, {name: c, token: cccccccccccccccc, scopes: [admin]}]}");
  CHECK(s.api_tokens[0].scopes == bot::Scopes{true, true, false, false});
  CHECK(s.api_tokens[1].scopes == bot::Scopes{true, false, false, false});
  CHECK(s.api_tokens[2].scopes == bot::Scopes{false, false, false, true});
}

TEST_CASE("variables and files are filled in after parsing, in values only and once") {
  const auto outside = fake_outside({{"HOST", "example.org"}, {"EVIL", "x}\nconsole: {enabled: false}\nz: ${HOST}"}, {"TITLE", "a: [b] # ${HOST}"}},
                                    {{"/run/key", "0123456789abcdef\n"}});
  const auto s = good(
      "console: {}\n"
      "server: {public_url: \"https://muster.${HOST}/\"}\n"
      "paging: {secret: \"${file:/run/key}\"}\n"
      "status_pages: [{kind: builtin, name: p, title: \"${TITLE} $${HOST}\"}]\n",
      outside);
  CHECK(s.server.public_url == "https://muster.example.org");
  CHECK(s.paging.secret.reveal() == "0123456789abcdef");
  CHECK(s.status_pages[0].title == "a: [b] # ${HOST} ${HOST}");

  const auto evil = load_text("console: {}\nstatus_pages: [{kind: builtin, name: p, title: \"${EVIL}\"}]", outside);
  REQUIRE(evil.faults.size() == 1);
  CHECK(evil.faults[0].message == "status_pages[0].title: must be one line without control characters");
  CHECK(evil.settings.console_enabled);

  const auto key = load_text("console: {}\n\"${HOST}\": 1\n", outside);
  REQUIRE(key.faults.size() == 1);
  CHECK(key.faults[0].message.find("unknown key \"${HOST}\"") == 0);
}

TEST_CASE("a variable that is not set is named, with its line") {
  const auto loaded = load_text("console: {}\nslack:\n  bot_token: \"${SLACK_BOT_TOKEN}\"\n  signing_secret: \"${file:/no}\"\n", fake_outside());
  REQUIRE(loaded.faults.size() == 2);
  CHECK(loaded.faults[0] == settings::Fault{3, "slack.bot_token: ${SLACK_BOT_TOKEN} is not set in the environment"});
  CHECK(loaded.faults[1] == settings::Fault{4, "slack.signing_secret: ${file:/no}: /no cannot be read: No such file or directory"});
  CHECK(load_text("console: {}\nstatus_pages: [{kind: builtin, name: p, title: \"${a b}\"}]", fake_outside()).faults.size() == 1);
}

TEST_CASE("an anchor may be used again") {
  const auto s = good("console: {}\nincidents: {admins: &who [alice]}\npermissions: {publish: *who}\npeople: [{id: alice}]\n");
  CHECK(s.permissions.publish == std::vector<std::string>{"alice"});
}

TEST_CASE("TLS files are looked at") {
  const std::string yaml = "console: {}\nserver: {tls: {certificate: /c.pem, key: /k.pem}}\n";
  const auto s = good(yaml, fake_outside({}, {{"/c.pem", "x"}, {"/k.pem", "y"}}));
  CHECK(s.server.public_url == "https://127.0.0.1:8080");
  CHECK(load_text(yaml, fake_outside({}, {{"/c.pem", "x"}})).faults.at(0).message == "server.tls.key: /k.pem cannot be read: No such file or directory");
  CHECK(load_text("console: {}\nserver: {tls: {certificate: /c.pem}}", fake_outside({}, {{"/c.pem", "x"}})).faults.at(0).message.find("needs both") !=
        std::string::npos);
}

TEST_CASE("times are numbers with units") {
  using bot::Millis;
  CHECK(settings::parse_duration("30s") == Millis{30000});
  CHECK(settings::parse_duration("5m") == Millis{300000});
  CHECK(settings::parse_duration("1h30m") == Millis{5400000});
  CHECK(settings::parse_duration("250ms") == Millis{250});
  for (const char* bad : {"", "5", "m", "-5m", "5 m", "5x", "1.5h", "99999999999999999999h", "5m5"}) CHECK_FALSE(settings::parse_duration(bad));
}

TEST_CASE("addresses are addresses, not names") {
  CHECK(settings::parse_address("127.0.0.1:8080")->loopback);
  CHECK(settings::parse_address("127.9.9.9:0")->loopback);
  CHECK(settings::parse_address("[::1]:8080")->loopback);
  CHECK_FALSE(settings::parse_address("[2001:db8::1]:8080")->loopback);
  CHECK_FALSE(settings::parse_address("0.0.0.0:80")->loopback);
  for (const char* bad : {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[127.0.0.1]:80", "example.org:80", "127.0.0.1:8o", "127.1:80"})
    CHECK_FALSE(settings::parse_address(bad));
}

TEST_CASE("web addresses are http, have a host and no user name") {
  for (const char* fine : {"http://a", "https://a.example.org:8443/x?y=z", "http://127.0.0.1:9", "https://[::1]:80/"}) CHECK(settings::is_http_url(fine));
  for (const char* bad : {"", "ftp://a", "https://", "https:///x", "https://u:p@a/", "https://a b", "https://a:99999/", "https://a:x/", "javascript:alert(1)",
                          "https://[zz]/", "https://a\\b", "//a"})
    CHECK_FALSE(settings::is_http_url(bad));
}

TEST_CASE("the nearest word is the one with the fewest slips, or none") {
  CHECK(settings::nearest("listne", {"public_url", "listen"}) == "listen");
  CHECK(settings::nearest("Severities", {"severities"}) == "severities");
  CHECK(settings::nearest("banana", {"listen", "tls"}).empty());
}

TEST_CASE("rooms, invitations, bookmarks and reminders are read, and each can be off") {
  const auto s = good("console: {enabled: true}\nincidents: {rooms: origin, stale_after: 90s, invite: {people: [bob], groups: [S012ABC, \"#team:example.org\", \"!abc\"]}, bookmarks: {Call: \"https://meet.example.org/x\"}}\n"
                      "people: [{id: bob}]\n"
                      "reminders: {commander: 0s, update: {sev3: 4h}, status: 0s, open: 48h, deputy: scribe}\n");
  CHECK_FALSE(s.incidents.room_in_every_chat);
  CHECK(s.incidents.stale_after == std::chrono::seconds{90});
  CHECK(s.incidents.invite_groups == std::map<std::string, std::vector<std::string>>{{"slack", {"S012ABC"}}, {"matrix", {"#team:example.org", "!abc"}}});
  CHECK(s.reminders.commander == bot::Millis{0});
  CHECK(s.reminders.update_given);
  CHECK(s.reminders.update == std::map<std::string, bot::Millis>{{"sev3", std::chrono::hours{4}}});
  CHECK(s.reminders.open == std::chrono::hours{48});
  CHECK_FALSE(good("console: {enabled: true}\nreminders: {enabled: false}\n").reminders.enabled);
  CHECK(good("console: {enabled: true}").reminders.enabled);
  CHECK_FALSE(good("console: {enabled: true}").reminders.update_given);
}

TEST_CASE("wrong rooms, invitations, bookmarks and reminders are told by path") {
  const auto loaded = load_text("incidents: {rooms: some, invite: {people: [nobody], groups: [\"a b\"]}, bookmarks: {Call: \"javascript:alert(1)\"}}\n"
                                "reminders: {commander: soon, update: {sev9: 1h}, deputy: boss}\n",
                                fake_outside());
  std::string all;
  for (const auto& fault : loaded.faults) all += fault.message + "\n";
  INFO(all);
  for (const char* path : {"incidents.rooms", "incidents.invite.people[0]", "incidents.invite.groups[0]", "incidents.bookmarks.Call", "reminders.commander", "sev9", "reminders.deputy"})
    CHECK(all.find(path) != std::string::npos);
}
