// Socket Mode with the real binary: commands come in over sockets that Muster opens, and a kill in between loses nothing that was acknowledged.
#include <catch2/catch.hpp>

#include "tests/scenarios/scene.hpp"
#include "tests/support/fake_slack_socket.hpp"

using scene::Scene;
using support::FakeSlack;
using support::FakeSlackSocket;

namespace {

struct SocketScene {
  FakeSlackSocket sockets;
  std::unique_ptr<Scene> s;
  std::unique_ptr<http::Client> client = http::make_client();

  SocketScene() {
    scene::Options options;
    options.slack = false;
    options.vendor = false;
    options.extra = "slack: {bot_token: \"" + std::string(FakeSlack::kToken) + "\", app_token: \"" + FakeSlackSocket::kAppToken + "\", api_url: \"" + sockets.api_url() +
                    "\", announce_channel: " + FakeSlack::kAnnounce + "}\n";
    s = std::make_unique<Scene>(options);
    sockets.forward = [this](const std::string& method, const std::string& body) {
      http::Call call;
      call.method = "POST";
      call.url = s->slack.url() + method;
      call.headers = {{"Authorization", std::string("Bearer ") + FakeSlack::kToken}, {"Content-Type", "application/x-www-form-urlencoded"}};
      call.body = body;
      const auto result = client->call(call);
      const auto* answer = std::get_if<http::Answer>(&result);
      return answer == nullptr ? std::string(R"({"ok":false,"error":"internal_error"})") : answer->body;
    };
  }
  bool connected() {
    return sockets.wait_until([this] { return sockets.links().size() == 2; }, 30);
  }
  std::string typed(const std::string& text) {
    const auto id = sockets.slash_command(text);
    if (!sockets.wait_until([&] { return sockets.acknowledged(id); }, 20)) return "(no answer)";
    const auto answer = sockets.acknowledgement(id);
    return answer.contains("payload") ? answer["payload"].value("text", "") : answer.dump();
  }
};

}  // namespace

TEST_CASE("over Socket Mode an incident is declared, survives a kill and goes on over new sockets") {
  SocketScene x;
  REQUIRE(x.s->muster->start());
  REQUIRE(x.connected());
  CHECK(x.typed("declare sev1 checkout returns 500").find("INC-1") != std::string::npos);
  CHECK(x.s->waits_for("room_opened", 1, 60));
  x.s->muster->kill9();
  REQUIRE(x.sockets.wait_until([&] { return x.sockets.links().empty(); }, 20));
  REQUIRE(x.s->muster->start());
  REQUIRE(x.connected());
  CHECK(x.typed("INC-1 status identified").find("(no answer)") == std::string::npos);
  CHECK(x.s->waits_for("status"));
  CHECK(x.s->count("declared") == 1);
  CHECK(x.sockets.wrong_tickets() == 0);
  CHECK(x.s->muster->stop() == 0);
  CHECK(x.sockets.wait_until([&] { return x.sockets.links().empty() && x.sockets.closed_well() >= 2; }, 20));
  CHECK(x.s->muster->log().find("ticket-") == std::string::npos);
  CHECK(x.s->muster->log().find("xapp-") == std::string::npos);
}

TEST_CASE("places without a bot hear of an incident through their webhook, once each time and nothing in private") {
  std::mutex mutex;
  std::vector<std::string> heard;
  support::LoopbackHttp mattermost([&](const support::WireRequest& request) {
    std::lock_guard lock(mutex);
    heard.push_back(nlohmann::json::parse(request.body).value("text", ""));
    return support::WireAnswer{200, "ok", {}};
  });
  scene::Options options;
  options.slack = false;
  options.vendor = false;
  options.extra = "announcements: [{kind: webhook, name: mattermost, url: \"http://127.0.0.1:" + std::to_string(mattermost.port()) + "/hooks/abc\"}]\n";
  Scene s(options);
  REQUIRE(s.muster->start());
  CHECK(s.muster->command("declare sev3 checkout @channel returns 500").status == 200);
  CHECK(s.muster->command("INC-1 note a detail for those inside").status == 200);
  CHECK(s.muster->command("INC-1 severity sev1").status == 200);
  CHECK(s.muster->command("INC-1 severity sev2").status == 200);
  CHECK(s.muster->command("INC-1 resolve Rolled back").status == 200);
  const auto count = [&] {
    std::lock_guard lock(mutex);
    return heard.size();
  };
  CHECK(support::wait_for([&] { return count() == 3; }));
  std::lock_guard lock(mutex);
  REQUIRE(heard.size() == 3);
  CHECK(heard[0].find("checkout") != std::string::npos);
  CHECK(heard[0].find("@channel") == std::string::npos);
  CHECK(heard[1].find("SEV1") != std::string::npos);
  CHECK(heard[2].find("Rolled back") != std::string::npos);
  CHECK(s.muster->stop() == 0);
}
