#include "tests/scenarios/scene.hpp"

#include <catch2/catch.hpp>

namespace scene {

using support::FakeSlack;
using support::wait_for;

namespace {

std::string rotating_pair() {
  return std::string(FakeSlack::kRotatingToken) + "\", refresh_token: \"" + FakeSlack::kRefreshToken + "\", client_id: \"" + FakeSlack::kClientId +
         "\", client_secret: \"" + FakeSlack::kClientSecret;
}

}  // namespace

Scene::Scene(Options options) {
  const auto in_matrix = [&options](const char* who) {
    return options.matrix_people.empty() ? std::string() : std::string(", matrix: \"@") + who + options.matrix_people + "\"";
  };
  if (options.rotating) slack.rotate_tokens();
  std::string yaml =
      std::string("people:\n") +
      "  - {id: alice, name: Alice, slack: U01" + in_matrix("alice") + (options.alice_webhook.empty() ? "" : ", webhook: \"" + options.alice_webhook + "\"") + "}\n"
      "  - {id: bob, name: Bob, slack: U02" + in_matrix("bob") + "}\n"
      "  - {id: carol, name: Carol, slack: U03" + in_matrix("carol") + "}\n"
      "incidents: {admins: [carol]}\n";
  if (options.slack)
    yaml += "slack: {bot_token: \"" + (options.rotating ? rotating_pair() : std::string(FakeSlack::kToken)) + "\", signing_secret: \"" + FakeSlack::kSigningSecret + "\", api_url: \"" + (options.slack_url.empty() ? slack.url() : options.slack_url) +
            "\", announce_channel: " + FakeSlack::kAnnounce + "}\n";
  yaml += "status_pages:\n  - {kind: builtin, name: public, listen: \"127.0.0.1:" + std::to_string(page_port) +
          "\", title: Example, components: [{id: api, name: API}, {id: web, name: Website}]}\n";
  if (options.vendor)
    yaml += "  - {kind: statuspage, name: vendor, api_url: \"" + (options.vendor_url.empty() ? vendor.url() : options.vendor_url) +
            "\", page_id: abc, api_key: statuspage-test-key, components: {api: 8kbf7d35c070, web: vtnh60py4yd7}}\n";
  muster = std::make_unique<support::MusterProcess>(yaml + options.extra);
}

std::string Scene::slash(const std::string& text, const std::string& user, const std::string& name, const std::string& channel) {
  support::SlashCommand command;
  command.text = text;
  command.user = user;
  command.user_name = name;
  command.channel = channel;
  auto result = support::post_command(*client, muster->url(), command);
  auto* answer = std::get_if<http::Answer>(&result);
  if (answer == nullptr) return "(no answer: " + std::get<http::CallFailure>(result).reason + ")";
  if (answer->status != 200) return "(status " + std::to_string(answer->status) + ")";
  const auto json = nlohmann::json::parse(answer->body, nullptr, false);
  return json.is_object() && json.contains("text") ? json["text"].get<std::string>() : answer->body;
}

nlohmann::json Scene::entries(int incident) {
  const auto answer = muster->get("/api/v1/incidents/INC-" + std::to_string(incident) + "/timeline?format=json");
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  return json.is_object() && json.contains("entries") ? json["entries"] : nlohmann::json::array();
}

int Scene::count(const std::string& kind, int incident) {
  int n = 0;
  for (const auto& e : entries(incident)) n += e.value("kind", "") == kind;
  return n;
}

bool Scene::waits_for(const std::string& kind, int times, double seconds, int incident) {
  return wait_for([&] { return count(kind, incident) >= times; }, seconds);
}

nlohmann::json Scene::incident(int number) {
  const auto answer = muster->get("/api/v1/incidents/INC-" + std::to_string(number));
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  return json.is_object() && json.contains("incident") ? json["incident"] : nlohmann::json::object();
}

std::string Scene::public_page(const std::string& path) {
  http::Call call;
  call.url = "http://127.0.0.1:" + std::to_string(page_port) + path;
  auto result = client->call(call);
  auto* answer = std::get_if<http::Answer>(&result);
  return answer == nullptr ? "" : answer->body;
}

std::string Scene::room_name(int incident) {
  const std::string prefix = "inc-" + std::to_string(incident) + "-";
  for (const auto& c : slack.channels())
    if (c.name.rfind(prefix, 0) == 0) return c.name;
  return "";
}

void run_story(Scene& s) {
  const bool started = s.muster->start();
  INFO(s.muster->log());
  REQUIRE(started);
  CHECK(s.slash("declare sev1 checkout returns 500").find("INC-1") != std::string::npos);
  REQUIRE(s.waits_for("room_opened", 1, 60));
  const std::string room = s.room_name();
  REQUIRE(room == "inc-1-checkout-returns-500");
  const std::string id = s.slack.channel(room)->id;
  CHECK(s.slash("role commander", "U02", "bob", id).find("commander") != std::string::npos);
  s.slash("status identified", "U02", "bob", id);
  s.slash("note the pool is exhausted", "U01", "alice", id);
  const std::string said = s.slash("public investigating api=major_outage We are looking into failed card payments.", "U02", "bob", id);
  CHECK(said.find("Not recorded") == std::string::npos);
  REQUIRE(s.waits_for("public_shown", 2, 90));
  s.slash("resolve Rolled back 4.2.1", "U02", "bob", id);
  s.slash("public resolved Payments are back to normal.", "U02", "bob", id);
  REQUIRE(s.waits_for("public_shown", 4, 90));

  // Slack: one room with topic, the declarer in it, one summary pinned once and edited to the end, every word once.
  REQUIRE(s.slack.wait_until(
      [&] {
        const auto c = s.slack.channel(room);
        const auto outside = s.slack.messages(FakeSlack::kAnnounce);  // the announcement, edited to the end, and the word that it is over
        if (outside.size() < 2 || outside.front().visible().find("Resolved") == std::string::npos) return false;
        if (!c || c->topic.empty() || c->pins.size() != 1 || c->members.count("U01") == 0) return false;
        for (const auto& m : s.slack.messages(room))
          if (m.ts == c->pins[0]) return m.visible().find("Resolved") != std::string::npos;
        return false;
      },
      90));
  CHECK(s.slack.channels().size() <= 3);  // general, announcements, the room: never a second one
  std::map<std::string, int> ops;
  for (const auto& channel : {room, std::string(FakeSlack::kAnnounce)})
    for (const auto& m : s.slack.messages(channel)) ++ops[m.op()];
  for (const auto& [op, n] : ops) {
    INFO(op);
    CHECK(n == 1);
  }
  REQUIRE(s.slack.messages(FakeSlack::kAnnounce).size() == 2);
  CHECK(s.slack.messages(FakeSlack::kAnnounce)[1].visible().find("is resolved after") != std::string::npos);
  CHECK(s.slack.complaints().empty());

  // The vendor: one incident, two updates, nothing twice.
  const auto remote = s.vendor.incidents();
  REQUIRE(remote.size() == 1);
  CHECK(remote[0].status == "resolved");
  REQUIRE(remote[0].updates.size() == 2);
  CHECK(s.vendor.component("8kbf7d35c070") == "operational");
  CHECK(s.vendor.complaints().empty());
  CHECK(s.public_page("/").find("Payments are back to normal.") != std::string::npos);
  CHECK(s.public_page("/").find("checkout returns 500") == std::string::npos);

  // The record names every step with actor and time, and holds together.
  const auto exported = s.muster->get("/api/v1/incidents/INC-1/timeline?format=md").body;
  for (const char* step : {"declared", "Bob", "commander", "dentified", "the pool is exhausted", "We are looking into failed card payments.", "Rolled back 4.2.1",
                           "Payments are back to normal."}) {
    INFO(exported);
    CHECK(exported.find(step) != std::string::npos);
  }
  CHECK(s.muster->stop() == 0);
  const auto verified = s.muster->run({"verify"});
  INFO(verified.out);
  CHECK(verified.code == 0);
  const auto printed = s.muster->run({"timeline", "INC-1"});
  CHECK(printed.code == 0);
  CHECK(printed.out.find("Rolled back 4.2.1") != std::string::npos);
}

}  // namespace scene
