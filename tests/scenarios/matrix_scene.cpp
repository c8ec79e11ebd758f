#include "tests/scenarios/matrix_scene.hpp"

#include <catch2/catch.hpp>

#include "integrations/http/server.hpp"

namespace scene {

using support::Account;
using support::FakeSlack;
using support::RealHomeserver;
using support::wait_for;

RealHomeserver& shared_homeserver() {
  static const auto real = [] {
    auto hs = std::make_unique<RealHomeserver>();
    if (!hs->start()) FAIL("the homeserver did not start:\n" << hs->log());
    return hs;
  }();
  return *real;
}

support::HomeserverOptions for_app_service() {
  support::HomeserverOptions options;
  options.app_service = "muster.yaml";
  return options;
}

std::string MatrixScene::settings(const MatrixOptions& options) const {
  const auto id_of = [this](const std::string& who) { return "@" + who + "-" + name + ":" + RealHomeserver::kServerName; };
  std::string yaml = "people:\n";
  for (auto [id, who, slack_id] : {std::tuple{"alice", "Alice", "U01"}, {"bob", "Bob", "U02"}, {"carol", "Carol", "U03"}})
    yaml += std::string("  - {id: ") + id + ", name: " + who + ", matrix: \"" + id_of(id) + "\"" + (options.slack ? std::string(", slack: ") + slack_id : "") + "}\n";
  yaml += "incidents: {admins: [carol], room_name: \"" + name + "-inc-{number}-{slug}\"}\n";
  const std::string speaks = options.app_service
                                 ? std::string("app_service: {id: muster, as_token: \"") + bot.token + "\", hs_token: \"" + kServiceToken + "\", url: \"" + pushed->url() + "\"}"
                                 : "access_token: \"" + bot.token + "\"";
  yaml += "matrix: {homeserver_url: \"" + (slow ? slow->url() : wire ? wire->url("") : hs.url()) + "\", user_id: \"" + id_of("muster") + "\", " + speaks +
          ", announce_room: \"#announce-" + name + ":" + RealHomeserver::kServerName + "\"" + options.more + "}\n";
  if (options.slack)
    yaml += "slack: {bot_token: \"" + std::string(FakeSlack::kToken) + "\", signing_secret: \"" + FakeSlack::kSigningSecret + "\", api_url: \"" + slack.url() +
            "\", announce_channel: " + FakeSlack::kAnnounce + "}\n";
  return yaml;
}

/// As the README tells it: the file first, then the homeserver that loads it.
void MatrixScene::register_service() {
  pushed->lead_to(muster->url());
  const auto written = muster->run({"matrix", "register", hs.folder() + "/muster.yaml"});
  INFO(written.out);
  REQUIRE(written.code == 0);
  if (!hs.start()) FAIL("the homeserver did not start with the registration:\n" << hs.log());
}

void MatrixScene::enter_everybody() {
  for (auto [account, who] : {std::pair{&alice, "alice"}, {&bob, "bob"}, {&carol, "carol"}, {&mallory, "mallory"}, {&host, "host"}}) *account = hs.add(who + ("-" + name));
  const auto made = hs.call("POST", "v3/createRoom", host, {{"preset", "public_chat"}, {"room_alias_name", "announce-" + name}, {"name", "Incidents"}});
  REQUIRE(made.status == 200);
  announcements = made.body["room_id"];
  people = std::make_unique<support::MatrixPeople>(hs.url());
  people->enter("alice", alice);
  people->enter("bob", bob);
  people->enter("mallory", mallory);
  for (const char* who : {"alice", "bob", "mallory"}) REQUIRE(people->join(who, announcements));
}

MatrixScene::MatrixScene(RealHomeserver& homeserver, MatrixOptions options) : hs(homeserver) {
  static int count = 0;
  name = "s" + std::to_string(++count);
  if (options.wire_faults) wire = std::make_unique<support::FaultProxy>(hs.port());
  if (options.each_call.count() > 0)
    slow = std::make_unique<RecordingWire>(hs.url(), [each = options.each_call](const std::string&, const std::string& path) {
      return path.find("/sync") == std::string::npos ? each : bot::Millis{0};
    });
  if (options.app_service) {
    bot = {"@muster-" + name + ":" + RealHomeserver::kServerName, "token-of-muster-for-the-homeserver", ""};
    pushed = std::make_unique<RecordingWire>("");
  } else {
    bot = hs.add("muster-" + name);
  }
  muster = std::make_unique<support::MusterProcess>(settings(options));
  if (options.app_service) register_service();
  enter_everybody();
}

bool MatrixScene::start() {
  return muster->start(60) && waits_for_membership(announcements, bot, "join") &&
         wait_for([&] { return muster->get("/metrics").body.find("\nmuster_matrix_heard 1") != std::string::npos; }, 60);
}

bool MatrixScene::waits_for_membership(const std::string& room, const Account& who, const std::string& membership, double seconds) {
  const Account& asks = room == announcements ? host : bot;
  return wait_for([&] { return hs.state(room, "m.room.member", asks, who.user_id).body.value("membership", "") == membership; }, seconds);
}

std::string MatrixScene::alias(int incident, const std::string& slug) const {
  return "#" + name + "-inc-" + std::to_string(incident) + "-" + slug + ":" + RealHomeserver::kServerName;
}

std::string MatrixScene::enter_room(int incident, const std::string& slug, double seconds) {
  std::string room;
  wait_for([&] { return !(room = hs.room_of(alias(incident, slug), alice)).empty(); }, seconds);
  if (room.empty() || !waits_for_membership(room, alice, "invite", seconds) || !people->join("alice", room)) return "";
  return room;
}

std::string MatrixScene::pinned(const std::string& room) {
  const auto content = hs.state(room, "m.room.pinned_events", bot).body;
  return content.contains("pinned") && !content["pinned"].empty() ? content["pinned"][0].get<std::string>() : "";
}

json MatrixScene::entries(int incident) {
  const auto answer = muster->get("/api/v1/incidents/INC-" + std::to_string(incident) + "/timeline?format=json");
  const auto parsed = json::parse(answer.body, nullptr, false);
  return parsed.is_object() && parsed.contains("entries") ? parsed["entries"] : json::array();
}

int MatrixScene::count(const std::string& kind, int incident) {
  int n = 0;
  for (const auto& e : entries(incident)) n += e.value("kind", "") == kind;
  return n;
}

bool MatrixScene::waits_for(const std::string& kind, int times, double seconds, int incident) {
  return wait_for([&] { return count(kind, incident) >= times; }, seconds);
}

json MatrixScene::incident(int number) {
  const auto parsed = json::parse(muster->get("/api/v1/incidents/INC-" + std::to_string(number)).body, nullptr, false);
  return parsed.is_object() && parsed.contains("incident") ? parsed["incident"] : json::object();
}

std::string MatrixScene::slash(const std::string& text, const std::string& user, const std::string& channel) {
  support::SlashCommand command;
  command.text = text;
  command.user = user;
  command.user_name = user == "U01" ? "alice" : "bob";
  command.channel = channel;
  auto result = support::post_command(*client, muster->url(), command);
  const auto* answer = std::get_if<http::Answer>(&result);
  return answer == nullptr ? "(no answer)" : answer->body;
}

std::string MatrixScene::slack_room(int incident) {
  const std::string prefix = name + "-inc-" + std::to_string(incident) + "-";
  for (const auto& c : slack.channels())
    if (c.name.rfind(prefix, 0) == 0) return c.id;
  return "";
}

std::map<std::string, int> MatrixScene::marks(const std::string& room) {
  std::map<std::string, int> out;
  for (const auto& event : hs.history(room, bot))
    if (event["sender"] == bot.user_id && event["content"].contains("dev.muster.op")) ++out[event["content"]["dev.muster.op"].get<std::string>()];
  return out;
}

std::vector<std::string> MatrixScene::said(const std::string& room) {
  std::vector<std::string> out;
  for (const auto& event : hs.history(room, bot))
    if (event["sender"] == bot.user_id && event["type"] == "m.room.message" && !event["content"].contains("m.new_content"))
      out.push_back(event["content"].value("body", ""));
  return out;
}

int MatrixScene::times_said(const std::string& room, const std::string& words) {
  int n = 0;
  for (const auto& body : said(room)) n += body.find(words) != std::string::npos;
  return n;
}

void MatrixScene::check_once(const std::string& room) {
  for (const auto& [mark, n] : marks(room)) {
    INFO(mark);
    CHECK(n == 1);
  }
}

}  // namespace scene
