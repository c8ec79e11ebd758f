// The fake Slack itself: what other tests build on must hold, or they show nothing.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integrations/slack/outside.hpp"

using support::FakeSlack;

namespace {

/// One call as any client would make it.
struct Asking {
  support::FakeEnv env;
  FakeSlack vendor{&env.clock};
  std::unique_ptr<http::Client> client = http::make_client();
  int status = 0;

  nlohmann::json call(const std::string& method, const std::vector<std::pair<std::string, std::string>>& args, const std::string& token = FakeSlack::kToken) {
    http::Call one;
    one.method = "POST";
    one.url = vendor.url() + method;
    one.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/x-www-form-urlencoded"}};
    one.body = support::form_body(args);
    one.deadline = bot::Millis{2000};
    const auto result = client->call(one);
    const auto* answer = std::get_if<http::Answer>(&result);
    status = answer == nullptr ? 0 : answer->status;
    return answer == nullptr ? nlohmann::json() : nlohmann::json::parse(answer->body, nullptr, false);
  }
  std::string error(const std::string& method, const std::vector<std::pair<std::string, std::string>>& args) { return call(method, args).value("error", ""); }
};

const char* kModal = R"({"type":"modal","title":{"type":"plain_text","text":"Declare"},"submit":{"type":"plain_text","text":"Declare"},"blocks":[
  {"type":"input","block_id":"title","label":{"type":"plain_text","text":"Title"},"element":{"type":"plain_text_input","action_id":"title"}}]})";

}  // namespace

TEST_CASE("the fake Slack holds a sender to the documented limits, and tells a storm from politeness", "[fake]") {
  Asking slack;
  slack.vendor.limit_as_slack(true);
  const std::vector<std::pair<std::string, std::string>> post{{"channel", "C0GENERAL"}, {"text", "x"}, {"unfurl_links", "false"}, {"unfurl_media", "false"}};
  CHECK(slack.call("chat.postMessage", post).value("ok", false));
  CHECK(slack.call("chat.postMessage", post).value("error", "") == "ratelimited");
  CHECK(slack.status == 429);
  CHECK(support::worst_storm(slack.vendor.limit_hits()) == 1);
  slack.call("chat.postMessage", post);  // did not wait
  CHECK(support::worst_storm(slack.vendor.limit_hits()) == 2);
  slack.env.clock.advance(bot::Millis{1000});
  CHECK(slack.call("chat.postMessage", post).value("ok", false));
  for (int i = 0; i < 20; ++i) CHECK(slack.call("conversations.setTopic", {{"channel", "C0GENERAL"}, {"topic", std::to_string(i)}}).value("ok", false));
  CHECK(slack.error("conversations.setTopic", {{"channel", "C0GENERAL"}, {"topic", "one more"}}) == "ratelimited");
  CHECK(slack.vendor.limit_hits().back().retry_after == 60);
  slack.env.clock.advance(bot::Millis{60000});
  CHECK(slack.call("conversations.setTopic", {{"channel", "C0GENERAL"}, {"topic", "now"}}).value("ok", false));
  CHECK(slack.vendor.channel("C0GENERAL")->topic == "now");
}

TEST_CASE("the fake Slack opens a view once per trigger and within three seconds, and refuses an old hash", "[fake]") {
  Asking slack;
  const std::string trigger = slack.vendor.new_trigger();
  const auto opened = slack.call("views.open", {{"trigger_id", trigger}, {"view", kModal}});
  REQUIRE(opened.value("ok", false));
  CHECK(slack.error("views.open", {{"trigger_id", trigger}, {"view", kModal}}) == "exchanged_trigger_id");
  const std::string late = slack.vendor.new_trigger();
  slack.env.clock.advance(bot::Millis{3001});
  CHECK(slack.error("views.open", {{"trigger_id", late}, {"view", kModal}}) == "expired_trigger_id");
  const std::string id = opened["view"]["id"], hash = opened["view"]["hash"];
  CHECK(slack.call("views.update", {{"view_id", id}, {"hash", hash}, {"view", kModal}}).value("ok", false));
  CHECK(slack.error("views.update", {{"view_id", id}, {"hash", hash}, {"view", kModal}}) == "hash_conflict");
  CHECK(slack.error("views.open", {{"trigger_id", slack.vendor.new_trigger()}, {"view", R"({"type":"modal","blocks":[]})"}}) == "invalid_arguments");
  CHECK(slack.vendor.complaints().size() == 1);
}

TEST_CASE("the fake Slack refuses an invitation of more than a hundred, a bad name, and the app token for anything but a connection", "[fake]") {
  Asking slack;
  std::string many;
  for (int i = 0; i < 101; ++i) many += (many.empty() ? "U" : ",U") + std::to_string(1000 + i);
  CHECK(slack.error("conversations.invite", {{"channel", "C0GENERAL"}, {"users", many}}) == "invalid_arguments");
  CHECK(slack.error("conversations.create", {{"name", "Inc 1"}}) == "invalid_name_specials");
  CHECK(slack.call("auth.test", {}, FakeSlack::kAppToken).value("error", "") == "not_allowed_token_type");
  CHECK(slack.call("apps.connections.open", {}).value("error", "") == "not_allowed_token_type");
  slack.vendor.serve_connections([] { return std::string("ws://127.0.0.1:1/link"); });
  CHECK(slack.call("apps.connections.open", {}, FakeSlack::kAppToken).value("url", "") == "ws://127.0.0.1:1/link");
}

TEST_CASE("the fake Slack can refuse connections, vanish, and come back at the same address", "[fake]") {
  Asking slack;
  CHECK(slack.call("auth.test", {}).value("ok", false));
  slack.vendor.stop();
  CHECK(slack.call("auth.test", {}).is_null());
  slack.vendor.come_back();
  CHECK(slack.call("auth.test", {}).value("ok", false));
  slack.vendor.vanish();
  CHECK(slack.call("auth.test", {}).is_null());
  slack.vendor.come_back();
  CHECK(slack.call("auth.test", {}).value("ok", false));
}
