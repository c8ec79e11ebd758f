// Faults: all at once, with line and the nearest known word, and never a secret's value.
#include <catch2/catch.hpp>

#include <algorithm>

#include "commands/table.hpp"
#include "integrations/settings/sections.hpp"
#include "tests/integrations/settings/outside.hpp"

using settings::Fault;
using settings::load_text;

namespace {

/// What can be started with, and nothing else.
std::string warned_of(const std::string& yaml) {
  const auto loaded = load_text(yaml + "\nconsole: {enabled: true}\n", fake_outside());
  CHECK(loaded.faults.empty());
  std::string out;
  for (const auto& warning : loaded.warnings) out += std::to_string(warning.line) + ": " + warning.message;
  return out;
}

/// The faults of `yaml` below a console section that keeps the file meaningful; lines count from the first of `yaml`.
std::vector<Fault> faults_of(const std::string& yaml) { return load_text(yaml + "\nconsole: {enabled: true}\n", fake_outside()).faults; }

std::string only_fault(const std::string& yaml) {
  const auto faults = faults_of(yaml);
  for (const auto& fault : faults) UNSCOPED_INFO(fault.line << ": " << fault.message);
  REQUIRE(faults.size() == 1);
  return std::to_string(faults[0].line) + ": " + faults[0].message;
}

}  // namespace

TEST_CASE("an unknown key names the nearest known one and its line") {
  CHECK(only_fault("incidents:\n  sevrities: [a]") == "2: unknown key \"sevrities\"; did you mean \"severities\"?");
  CHECK(only_fault("severs: {listen: 127.0.0.1:1}") == "1: unknown key \"severs\"; did you mean \"server\"?");
  CHECK(only_fault("log: {zzzzzzzz: 1}") == "1: unknown key \"zzzzzzzz\"; known: level");
}

TEST_CASE("every fault is told at once, in the order of the lines") {
  const auto faults = faults_of(
      "server: {listen: nowhere}\n"
      "paging:\n"
      "  secret: short\n"
      "  policy:\n"
      "    - {notify: [zoe], wait: soon, again: 3}\n"
      "store: {url: \"postgres://x\"}\n"
      "logs: {level: info}");
  REQUIRE(faults.size() == 6);
  CHECK(faults[0] == Fault{1, "server.listen: must be an address and a port like 127.0.0.1:8080 or [::1]:8080"});
  CHECK(faults[1] == Fault{3, "paging.secret: is shorter than 16 characters: too easy to guess"});
  CHECK(faults[2].line == 5);
  CHECK(faults[3].line == 5);
  CHECK(faults[4].line == 6);
  CHECK(faults[5] == Fault{7, "unknown key \"logs\"; did you mean \"log\"?"});
}

TEST_CASE("wrong types say what was wanted") {
  CHECK(only_fault("incidents: {admins: alice}") == "1: incidents.admins: must be a list like [a, b], not a single value");
  CHECK(only_fault("server: {listen: [1]}") == "1: server.listen: must be a single value, not a list");
  CHECK(only_fault("server:\n  public_url:") == "2: server.public_url: has no value; write one, or leave the key out");
  CHECK(only_fault("slack: on") .find("slack must be a mapping") != std::string::npos);
  CHECK(only_fault("paging: {repeat: many}") == "1: paging.repeat: must be a number from 0 to 20, not \"many\"");
  CHECK(only_fault("people: {id: alice}") == "1: people: must be a list, not a mapping");
  CHECK(load_text("console: {enabled: maybe}", fake_outside()).faults.at(0).message == "console.enabled: must be true or false, not \"maybe\"");
  CHECK(load_text("- a\n- b\n", fake_outside()).faults.at(0).message == "the file must be a mapping of keys to values, not a list");
}

TEST_CASE("a key that is there twice is told with both lines") {
  CHECK(only_fault("log: {level: info}\nlog: {level: debug}") == "2: the key \"log\" is here twice; the first is on line 1");
}

TEST_CASE("names that are said twice or exist nowhere are faults") {
  CHECK(only_fault("incidents: {severities: [sev1, SEV1]}") == "1: incidents.severities[1]: \"SEV1\" is here twice");
  CHECK(only_fault("incidents: {roles: [commander, comms, comms]}") == "1: incidents.roles[2]: \"comms\" is here twice");
  CHECK(only_fault("incidents: {severities: [a b]}").find("must be one word") != std::string::npos);
  CHECK(only_fault("incidents: {default_severity: sev9}") == "1: incidents.default_severity: \"sev9\" is not a severity; did you mean \"sev1\"?");
  CHECK(only_fault("people: [{id: alice}]\nincidents: {admins: [alise]}") ==
        "2: incidents.admins[0]: \"alise\" is not the id of anybody under people; did you mean \"alice\"?");
  CHECK(only_fault("people: [{id: alice}]\npermissions: {publish: [bob]}").find("2: permissions.publish[0]: \"bob\"") == 0);
  CHECK(only_fault("people: [{id: alice}, {id: Alice}]").find("is here twice") != std::string::npos);
  CHECK(only_fault("people: [{id: a, slack: U01}, {id: b, slack: U01}]") == "1: people[1].slack: belongs to people[0] already; one person, one account");
  CHECK(only_fault("people: [{id: none}]").find("has a meaning of its own") != std::string::npos);
  CHECK(only_fault("alerts: [{kind: alertmanager, key: 0123456789abcdef, severity: {map: {critical: sev0}}}]")
            .find("alerts[0].severity.map.critical: \"sev0\" is not a severity") != std::string::npos);
  CHECK(only_fault("alerts: [{kind: alertmanager, key: 0123456789abcdef}, {kind: alertmanager, key: 1123456789abcdef}]").find("the name is that of alerts[0] too") !=
        std::string::npos);
  CHECK(only_fault("alerts: [{kind: alertmanagr, key: 0123456789abcdef}]").find("did you mean \"alertmanager\"?") != std::string::npos);
  CHECK(only_fault("alerts: [{kind: alertmanager, name: slack, key: 0123456789abcdef}]").find("means something else already") != std::string::npos);
  CHECK(only_fault("alerts: [{kind: alertmanager, key: 0123456789/abcdef}]").find("stands in an address") != std::string::npos);
  CHECK(only_fault("status_pages:\n  - {kind: builtin, name: a, listen: 127.0.0.1:1}\n  - {kind: builtin, name: a, listen: 127.0.0.1:2}") ==
        "3: status_pages[1].name: is here twice; each status page needs its own name");
  CHECK(only_fault("status_pages: [{kind: bultin, name: a, listen: x}]").find("did you mean \"builtin\"?") != std::string::npos);
  CHECK(only_fault("incidents: {public_defaults: {sev1: {apy: major_outage}}}\nstatus_pages: [{kind: builtin, name: p, components: [{id: api}]}]")
            .find("\"apy\" is not a component of a status page; did you mean \"api\"?") != std::string::npos);
}

TEST_CASE("names that would break what people type are faults") {
  CHECK(only_fault("incidents: {severities: [sev1, Drill]}") == "1: incidents.severities[1]: \"drill\" is a word of declare or list; choose another name, for example \"drill-1\"");
  CHECK(only_fault("incidents: {severities: [private, sev2]}").find("1: incidents.severities[0]: \"private\" is a command") == 0);
  CHECK(only_fault("incidents: {severities: [sev1, close]}").find("\"close\" is a command") != std::string::npos);
  CHECK(only_fault("incidents:\n  roles: [commander, comms, me]").find("2: incidents.roles[2]: \"me\" is how the command role names a person") == 0);
  CHECK(only_fault("incidents: {roles: [commander, comms, None]}").find("\"none\" is how") != std::string::npos);
  CHECK(warned_of("incidents: {roles: [lead, comms]}") ==
        "1: incidents.roles: commander and comms are who may command and publish (missing: commander); name them beside the others, for example [commander, comms, scribe]");
  CHECK(warned_of("incidents: {roles: [lead, scribe]}").find("(missing: commander and comms)") != std::string::npos);
  CHECK(warned_of("incidents: {severities: [critical, normal], roles: [commander, comms]}").empty());
  CHECK(only_fault("incidents: {room_name: \"{number}-{title}\"}") ==
        "1: incidents.room_name: \"{title}\" stands for nothing; known are {number} and {slug}, for example inc-{number}-{slug}");
  CHECK(only_fault("incidents: {room_name: \"{number}-{slug\"}").find("\"{slug\" stands for nothing") != std::string::npos);
  CHECK(only_fault("incidents: {room_name: \"{slug}\"}").find("must contain {number}") != std::string::npos);
}

TEST_CASE("a suggestion lists each known name once, and nothing that is no name") {
  const auto faults = faults_of("people: [{id: alice}, {id: alice}, {id: \"\"}, {id: a b}]\nincidents: {admins: [xxxxxxxxxxxx]}");
  const auto last = std::find_if(faults.begin(), faults.end(), [](const Fault& f) { return f.line == 2; });
  REQUIRE(last != faults.end());
  CHECK(last->message == "incidents.admins[0]: \"xxxxxxxxxxxx\" is not the id of anybody under people; known: alice");
}

TEST_CASE("each listener needs an address of its own") {
  CHECK(only_fault("status_pages: [{kind: builtin, name: a, listen: 127.0.0.1:8080}]").find("is the same address as server.listen") != std::string::npos);
  CHECK(only_fault("status_pages:\n  - {kind: builtin, name: a}\n  - {kind: builtin, name: b}").find("is the same address as status_pages[0].listen") !=
        std::string::npos);
  CHECK(only_fault("status_pages: [{kind: builtin, name: a, listen: 0.0.0.0:8080}]").find("is the same address as server.listen") != std::string::npos);
  CHECK(faults_of("server: {listen: 127.0.0.1:0}\nstatus_pages: [{kind: builtin, name: a, listen: 127.0.0.1:0}]").empty());
}

TEST_CASE("the console is never on an address that may face the internet") {
  CHECK(only_fault("server: {listen: 0.0.0.0:8080}").find("server.private_listen") != std::string::npos);
  CHECK(only_fault("server: {listen: \"[::]:8080\"}").find("server.private_listen") != std::string::npos);
  CHECK(faults_of("server: {listen: 0.0.0.0:8080, private_listen: 127.0.0.1:8090}").empty());
  const std::string webhooks_only = "server: {listen: 0.0.0.0:8080}\nalerts: [{kind: alertmanager, key: 0123456789abcdef}]\n";
  CHECK(load_text(webhooks_only, fake_outside()).faults.empty());
  CHECK(load_text(webhooks_only + "api: {tokens: [{name: ci, token: 0123456789abcdef}]}", fake_outside()).faults.size() == 1);
}

TEST_CASE("a person's webhook needs the secret that signs pages") {
  CHECK(only_fault("people:\n  - id: alice\n    webhook: https://pager.example.org/a").find("3: people[0].webhook: needs paging.secret") == 0);
  CHECK(faults_of("people: [{id: alice, webhook: \"https://p.example.org/a\"}]\npaging: {secret: 0123456789abcdef}").empty());
}

TEST_CASE("Slack needs its two secrets") {
  const auto faults = faults_of("slack:\n  command: /incident");
  REQUIRE(faults.size() == 2);
  CHECK(faults[0] == Fault{1, "slack.bot_token is missing"});
  CHECK(faults[1] == Fault{1, "slack.signing_secret is missing"});
}

TEST_CASE("Slack reaches Muster by one of two ways, and each needs its own secret") {
  const std::string bot = "slack:\n  bot_token: xoxb-0123456789abcdef\n";
  const std::string signing = "  signing_secret: 0123456789abcdef0123456789abcdef\n", app = "  app_token: xapp-0123456789abcdef\n";
  CHECK(faults_of(bot + signing).empty());
  CHECK(faults_of(bot + app).empty());
  CHECK(faults_of(bot + app + signing).empty());
  CHECK(load_text(bot + app, fake_outside()).settings.slack.is_socket());
  CHECK_FALSE(load_text(bot + app + signing, fake_outside()).settings.slack.is_socket());
  CHECK(load_text(bot + app + signing + "  mode: socket\n", fake_outside()).settings.slack.is_socket());
  CHECK(only_fault(bot + signing + "  mode: socket\n").find("slack.app_token is missing") != std::string::npos);
  CHECK(only_fault(bot + app + "  mode: http\n").find("slack.signing_secret is missing") != std::string::npos);
  CHECK(only_fault(bot + signing + "  mode: sokcet\n").find("did you mean \"socket\"?") != std::string::npos);
  CHECK(only_fault(bot + "  app_token: xoxb-0123456789abcdef\n").find("begins with xapp-") != std::string::npos);
  CHECK(only_fault(bot + signing + "  client_id: \"1.2\"\n").find("token rotation needs client_id, client_secret and refresh_token together") != std::string::npos);
  for (const char* name : {"\"#incidents\"", "incidents", "c0incidents", "U0INCIDENTS", "\"<#C01ABCDEF>\""})
    CHECK(only_fault(bot + signing + "  announce_channel: " + name + "\n").find("slack.announce_channel: must be a channel's id like C01ABCDEF, not its name") != std::string::npos);
  CHECK(only_fault(bot + signing + "  team_id: example\n").find("slack.team_id: must be a workspace's id") != std::string::npos);
}

TEST_CASE("places for announcements have a name each and an address that no fault repeats") {
  CHECK(faults_of("announcements: [{kind: webhook, name: ops, url: \"https://hooks.example.org/abc\"}]").empty());
  CHECK(only_fault("announcements:\n  - {kind: webhok, name: ops, url: \"https://hooks.example.org/abc\"}").find("did you mean \"webhook\"?") != std::string::npos);
  CHECK(only_fault("announcements: [{kind: webhook, name: a, url: \"https://h.example.org/1\"}, {kind: webhook, name: a, url: \"https://h.example.org/2\"}]")
            .find("is here twice") != std::string::npos);
  CHECK(only_fault("announcements: [{kind: webhook, name: a, url: \"ftp://secret-path\"}]").find("secret-path") == std::string::npos);
}

TEST_CASE("no fault repeats a secret, however wrong its place") {
  const std::string secret = "hunter2";
  const auto outside = fake_outside({{"S", secret}, {"LONG", "hunter2-hunter2-hunter2\nsecond"}});
  const std::string yaml =
      "slack: {bot_token: hunter2, signing_secret: [hunter2], api_url: \"hunter2\", command: \"${S}\"}\n"
      "api: {tokens: [{name: \"${S} x\", token: \"${S}\", scopes: [\"${S}\"]}]}\n"
      "paging: {secret: \"${LONG}\", repeat: \"${S}\", policy: [{notify: [\"${S}\"], wait: \"${S}\"}]}\n"
      "log: {level: \"${S}\"}\n"
      "console: {enabled: \"${S}\"}\n"
      "people: [{id: a, webhook: \"https://u:hunter2@example.org/\"}]\n"
      "incidents: {severities: [\"${S}\", \"${S}\"], admins: [\"${S}\"]}\n"
      "alerts: [{kind: \"${S}\", key: \"hunter2/hunter2/hunter2\"}]\n"
      "status_pages: [{kind: \"${S}\", name: \"${S}\"}]\n"
      "matrix: {access_token: \"${hunter2\"}\n";
  auto faults = load_text(yaml, outside).faults;
  CHECK(faults.size() >= 18);
  // Also where it is the right value for something else's message.
  const std::string names =
      "api: {tokens: [{name: \"${S}\", token: 0123456789abcdef}, {name: b, token: 0123456789abcdef}, {name: \"${S}\", token: 1123456789abcdef}]}\n"
      "incidents: {severities: [\"${S}\"], default_severity: hunter3, public_defaults: {hunter4: {api: x}}, admins: [hunter5]}\n"
      "people: [{id: \"${S}\", slack: U01}, {id: b, slack: U01}]\n"
      "alerts: [{kind: alertmanager, name: \"${S}\", key: 0123456789abcdef}, {kind: alertmanager, name: \"${S}\", key: 0123456789abcdef}]\n"
      "status_pages: [{kind: builtin, name: \"${S}\", components: [{id: \"${S}\"}]}, {kind: builtin, name: \"${S}\"}]\n";
  const auto more = load_text(names, outside).faults;
  CHECK(more.size() >= 10);
  faults.insert(faults.end(), more.begin(), more.end());
  for (const auto& fault : faults) {
    INFO(fault.line << ": " << fault.message);
    CHECK(fault.message.find(secret) == std::string::npos);
  }
}

TEST_CASE("hostile documents are refused in words") {
  const auto refusal = [](const std::string& yaml) {
    const auto faults = load_text(yaml, fake_outside()).faults;
    REQUIRE(faults.size() == 1);
    return faults[0].message;
  };
  CHECK(refusal("console: {}\n---\nconsole: {}\n").find("second document") != std::string::npos);
  CHECK(refusal(std::string((1u << 20) + 1, ' ')) == "the file is larger than 1 MiB");
  CHECK(refusal("a: \xff\xfe") == "the file is not UTF-8 text");
  CHECK(refusal(std::string("a: b\0c: d", 9)) == "the file is not UTF-8 text");
  CHECK(refusal("a: {b: [c}").find("not readable as YAML") == 0);
  CHECK(refusal("\ta: b").find("not readable as YAML") == 0);
  CHECK(refusal("a: !!python/object b").find("a tag") == 0);
  CHECK(refusal("? [a, b]\n: c\n") == "a key must be a word");
  CHECK(refusal("a: " + std::string(40, '[') + std::string(40, ']')) == "more than 32 levels");
  CHECK(!load_text("a: " + std::string(100000, '['), fake_outside()).faults.empty());
  CHECK(refusal("a: &a [*a]").find("alias") != std::string::npos);

  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += (j ? ", " : "") + before;
    laughs += "]\n";
  }
  CHECK(refusal(laughs) == "more than 20,000 values");
  std::string many = "a: &a x\nb: [";
  for (int i = 0; i < 101; ++i) many += "*a, ";
  CHECK(refusal(many + "]") == "more than 100 aliases");
}

TEST_CASE("a file that switches nothing on is a fault") {
  CHECK(load_text("", fake_outside()).faults.at(0).message.find("nothing is switched on") == 0);
  CHECK(load_text("log: {level: info}\n", fake_outside()).faults.at(0).line == 0);
}

TEST_CASE("a file that cannot be read is one fault") {
  const auto loaded = settings::load_file("/no/such/file.yaml", settings::process_outside());
  REQUIRE(loaded.faults.size() == 1);
  CHECK(loaded.faults[0] == Fault{0, "/no/such/file.yaml cannot be read: No such file or directory"});
  CHECK(settings::load_file("/", settings::process_outside()).faults.size() == 1);
}

TEST_CASE("the matrix section tells all its faults: ids, both kinds of account, visibility, prefixes") {
  const auto faults = faults_of(
      "matrix:\n"
      "  homeserver_url: \"https://hs.example.org\"\n"
      "  user_id: muster\n"
      "  access_token: \"syt-0123456789abcdef\"\n"
      "  announce_room: incidents\n"
      "  allowed_users: [alice]\n"
      "  allowed_servers: [\"https://x\"]\n"
      "  prefixes: [incident]\n"
      "  history_visibility: world_readable\n"
      "  room_version: \"v 12\"\n"
      "  app_service: {id: muster, as_token: \"same-0123456789abcdef\", hs_token: \"same-0123456789abcdef\"}\n");
  std::vector<int> lines;
  for (const auto& fault : faults) {
    lines.push_back(fault.line);
    CHECK(fault.message.find("0123456789abcdef") == std::string::npos);
  }
  CHECK(lines == std::vector<int>{3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(only_fault("matrix: {homeserver_url: \"https://hs\", user_id: \"@m:hs\"}") == "1: matrix.access_token is missing");
}

TEST_CASE("somebody whom the policy names and no page can reach is warned of with what to add") {
  const std::string policy = "paging: {secret: 0123456789abcdef, policy: [{notify: [alice]}, {notify: [alice, bob]}]}\n";
  const std::string people = "people:\n  - {id: alice, webhook: \"https://pager.example.org/alice\"}\n";
  CHECK(warned_of(policy + people + "  - {id: bob, slack: U02AAAAAA}") ==
        "1: paging.policy[1].notify[1]: \"bob\" cannot be reached by any page; add webhook to people[1], or set up a chat they are in");
  const std::string slack = "\nslack: {bot_token: xoxb-0123456789abcdef, signing_secret: 0123456789abcdef}";
  CHECK(warned_of(policy + people + "  - {id: bob}" + slack) ==
        "1: paging.policy[1].notify[1]: \"bob\" cannot be reached by any page; add slack or webhook to people[1]");
  CHECK(warned_of(policy + people + "  - {id: bob, slack: U02AAAAAA}" + slack).empty());
  CHECK(warned_of(policy + people + "  - {id: bob, webhook: \"https://pager.example.org/bob\"}").empty());
  CHECK(warned_of(policy + people) == "1: paging.policy[1].notify[1]: \"bob\" is nobody under people, so no page reaches them; give them an entry with a chat or a webhook");
  CHECK(only_fault("people: [{id: alice, slack: U01AAAAAA}]\npaging: {secret: 0123456789abcdef, policy: [{notify: [alise]}]}").find("did you mean \"alice\"?") != std::string::npos);
}

TEST_CASE("no severity is called like a command, whichever commands there are") {
  std::vector<std::string> verbs, known = settings::typed_first();
  for (const auto& line : commands::verb_lines()) {
    verbs.push_back(line.name);
    INFO(line.name);
    CHECK(only_fault("incidents: {severities: [sev1, " + line.name + "]}").find("is a command") != std::string::npos);
  }
  std::sort(verbs.begin(), verbs.end());
  std::sort(known.begin(), known.end());
  CHECK(known == verbs);
}

TEST_CASE("a group is Slack's or Matrix's, and one whose chat is not set up is warned of") {
  const std::string named = "incidents: {invite: {groups: [S012ABCDE, \"#team:example.org\"]}}\n";
  const std::string warned = warned_of(named);
  CHECK(warned.find("\"S012ABCDE\" brings nobody, since there is no slack section") != std::string::npos);
  CHECK(warned.find("\"#team:example.org\" brings nobody, since there is no matrix section") != std::string::npos);
  const std::string matrix = "matrix: {homeserver_url: \"https://matrix.example.org\", user_id: \"@muster:example.org\", access_token: \"a-token-0123456789\"}\n";
  CHECK(warned_of(named + matrix).find("#team") == std::string::npos);
  for (const char* bad : {"@alice:example.org", "#team", "a b", "S1,S2"})
    CHECK(only_fault("incidents: {invite: {groups: [\"" + std::string(bad) + "\"]}}").find("a room or space in Matrix") != std::string::npos);
}
