// Tokens that live twelve hours: renewed early, kept before use, once at a time, and never lost to a stop or a full disk.
#include <catch2/catch.hpp>

#include <thread>

#include "integrations/slack/api.hpp"
#include "integrations/slack/rotation.hpp"
#include "tests/integrations/slack/canned.hpp"
#include "tests/integrations/slack/state_store.hpp"
#include "tests/support/fake_env.hpp"

#include <nlohmann/json.hpp>

using namespace slack_tests;

namespace {

struct Renewing {
  support::FakeEnv env;
  Canned vendor;
  StateStore store;
  bot::SlackSettings settings;
  std::shared_ptr<slack::Workspace> workspace = std::make_shared<slack::Workspace>();
  std::unique_ptr<slack::Rotation> rotation;
  int given = 0;
  std::string valid = "xoxe.xoxb-from-the-settings", refresh = "xoxe-from-the-settings";

  Renewing() {
    settings.bot_token = bot::Secret(valid);
    settings.refresh_token = bot::Secret(refresh);
    settings.client_id = "1.2";
    settings.client_secret = bot::Secret("client-secret-0123456789");
    settings.api_url = "http://slack.test/api/";
    vendor.on("oauth.v2.access", [this](const Canned::Asked& asked) {
      CHECK(asked.args.at("grant_type") == "refresh_token");
      CHECK(asked.authorization.empty());
      if (asked.args.at("refresh_token") != refresh) return std::string(R"({"ok":false,"error":"invalid_refresh_token"})");
      ++given;
      valid = "xoxe.xoxb-" + std::to_string(given);
      refresh = "xoxe-" + std::to_string(given);
      return R"({"ok":true,"access_token":")" + valid + R"(","refresh_token":")" + refresh + R"(","expires_in":43200,"token_type":"bot"})";
    });
    vendor.on("chat.postMessage", [this](const Canned::Asked& asked) {
      return std::string(asked.authorization == "Bearer " + valid ? R"({"ok":true,"ts":"1.2"})" : R"({"ok":false,"error":"token_expired"})");
    });
    start();
  }
  void start() {
    rotation.reset();
    workspace = std::make_shared<slack::Workspace>();
    rotation = std::make_unique<slack::Rotation>(settings, vendor, store, store, env.clock, workspace);
  }
  std::string token() const { return workspace->bot_token(settings.bot_token).reveal(); }
  std::optional<slack::Problem> post() {
    slack::Api api(settings, vendor, env.clock, *workspace);
    nlohmann::json answer;
    return api.call("chat.postMessage", {{"channel", "C1"}}, slack::Budget(env.clock, bot::Millis{9000}, bot::Millis{9000}), answer);
  }
};

}  // namespace

TEST_CASE("a token of unknown age is renewed at the start, then two hours before it ends") {
  Renewing r;
  CHECK(r.token() == "xoxe.xoxb-from-the-settings");
  r.rotation->step();
  CHECK(r.token() == "xoxe.xoxb-1");
  CHECK(r.store.state["slack/bot_token"] == "xoxe.xoxb-1");
  CHECK(r.store.state["slack/refresh_token"] == "xoxe-1");
  r.env.advance(bot::Millis{10 * 3600000 - 60000});
  r.rotation->step();
  CHECK(r.given == 1);
  r.env.advance(bot::Millis{120000});
  r.rotation->step();
  CHECK(r.token() == "xoxe.xoxb-2");
}

TEST_CASE("a new process goes on with the pair that was kept; a pair newly put in the settings wins over it") {
  Renewing r;
  r.rotation->step();
  r.start();
  CHECK(r.token() == "xoxe.xoxb-1");
  r.rotation->step();
  CHECK(r.given == 1);
  r.settings.bot_token = bot::Secret(r.valid = "xoxe.xoxb-reinstalled");
  r.settings.refresh_token = bot::Secret(r.refresh = "xoxe-reinstalled");
  r.start();
  CHECK(r.token() == "xoxe.xoxb-reinstalled");
}

TEST_CASE("a call whose token has expired renews it once and goes again") {
  Renewing r;
  r.rotation->step();
  r.valid = "something else";
  CHECK_FALSE(r.post());
  CHECK(r.given == 2);
  CHECK(r.workspace->trouble().empty());
}

TEST_CASE("many calls that meet the expired token at once spend one refresh token") {
  Renewing r;
  r.valid = "something else";
  std::vector<std::thread> threads;
  std::atomic<int> bad{0};
  const bot::Secret used(r.token());
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { bad += r.rotation->renew(used) ? 0 : 1; });
  for (auto& t : threads) t.join();
  CHECK(bad == 0);
  CHECK(r.given == 1);
}

TEST_CASE("where nothing can be kept nothing is renewed: the refresh token stays good") {
  Renewing r;
  r.store.refuses = true;
  r.rotation->step();
  CHECK(r.given == 0);
  CHECK(r.vendor.times("oauth.v2.access") == 0);
  CHECK(r.token() == "xoxe.xoxb-from-the-settings");
  r.store.refuses = false;
  r.rotation->step();
  CHECK(r.given == 1);
}

TEST_CASE("a pair that the disk did not take in time is used, and kept as soon as it can be") {
  Renewing r;
  r.store.refuse_after(1);
  r.rotation->step();
  CHECK(r.token() == "xoxe.xoxb-1");
  CHECK(r.store.state["slack/refresh_token"].empty());
  r.store.refuses = false;
  r.rotation->step();
  CHECK(r.store.state["slack/refresh_token"] == "xoxe-1");
  CHECK(r.given == 1);
}

TEST_CASE("a refresh token that Slack refuses is told to people with what to do; one bad answer is not") {
  Renewing r;
  r.vendor.down = true;
  r.rotation->step();
  CHECK(r.workspace->trouble().empty());
  r.vendor.down = false;
  for (const char* body : {"<html>", "[]", R"({"ok":true})", R"({"ok":true,"access_token":7,"refresh_token":{}})", R"({"ok":false,"error":"internal_error"})"}) {
    r.vendor.on("oauth.v2.access", body);
    r.rotation->step();
    CHECK(r.workspace->trouble().empty());
  }
  r.vendor.on("oauth.v2.access", R"({"ok":false,"error":"invalid_refresh_token"})");
  r.rotation->step();
  CHECK(r.workspace->trouble().find("Reinstall the app") != std::string::npos);
  CHECK(r.token() == "xoxe.xoxb-from-the-settings");
}

TEST_CASE("against a Slack that spends refresh tokens, twelve-hour days go by and a kill after the renewal loses nothing", "[fake]") {
  support::FakeEnv env;
  support::FakeSlack vendor(&env.clock);
  vendor.rotate_tokens();
  const auto client = http::make_client();
  StateStore store;
  bot::SlackSettings settings;
  settings.bot_token = bot::Secret(support::FakeSlack::kRotatingToken);
  settings.refresh_token = bot::Secret(support::FakeSlack::kRefreshToken);
  settings.client_id = support::FakeSlack::kClientId;
  settings.client_secret = bot::Secret(support::FakeSlack::kClientSecret);
  settings.api_url = vendor.url();
  for (std::size_t day = 1; day <= 6; ++day) {
    const auto workspace = std::make_shared<slack::Workspace>();  // a new process: only what was kept is left
    slack::Rotation rotation(settings, *client, store, store, env.clock, workspace);
    rotation.step();
    CHECK(vendor.calls("oauth.v2.access").size() == day);
    CHECK(workspace->bot_token(settings.bot_token).reveal() == vendor.newest_token());
    vendor.expire_tokens();
    slack::Api api(settings, *client, env.clock, *workspace);
    nlohmann::json answer;
    CHECK_FALSE(api.call("auth.test", {}, slack::Budget(env.clock, bot::Millis{9000}, bot::Millis{9000}), answer));
    CHECK(workspace->trouble().empty());
    env.advance(bot::Millis{11 * 3600000});
  }
  CHECK(vendor.complaints().empty());
}
