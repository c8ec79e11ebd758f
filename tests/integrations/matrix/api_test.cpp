// One call and what its answer means; limits learnt from refusals; JSON that nobody should write.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "integrations/matrix/api.hpp"
#include "tests/support/fake_client.hpp"
#include "tests/support/fake_env.hpp"

namespace {

using matrix::Outcome;
using nlohmann::json;

struct Line {
  support::FakeEnv env;
  tests::FakeClient client;
  bot::MatrixSettings settings;
  std::unique_ptr<matrix::Api> api;
  Line() {
    settings.homeserver_url = "https://hs.example/prefix";
    settings.user_id = "@muster:hs";
    settings.access_token = bot::Secret("a-token-of-the-bot-000001");
    api = std::make_unique<matrix::Api>(settings, client, env.clock, std::make_shared<matrix::Homeserver>());
  }
  matrix::Budget budget() { return {env.clock, bot::Millis{5000}, bot::Millis{5000}}; }
  std::optional<matrix::Problem> say(std::string* event_id = nullptr) {
    std::string id;
    auto problem = api->put_event("!a/b:hs", "m.room.message", "t1", json{{"body", "x"}}, budget(), id);
    if (event_id != nullptr) *event_id = id;
    return problem;
  }
};

}  // namespace

TEST_CASE("a message goes to its own path with every part encoded, and the token in the header alone") {
  Line line;
  line.client.push(200, R"({"event_id":"$1"})");
  std::string id;
  CHECK_FALSE(line.say(&id));
  CHECK(id == "$1");
  const auto call = line.client.calls().at(0);
  CHECK(call.method == "PUT");
  CHECK(call.url == "https://hs.example/prefix/_matrix/client/v3/rooms/%21a%2Fb%3Ahs/send/m.room.message/t1");
  CHECK(call.url.find("token") == std::string::npos);
  CHECK(call.headers.at(0) == std::make_pair(std::string("Authorization"), std::string("Bearer a-token-of-the-bot-000001")));
}

TEST_CASE("what an answer means decides what the caller does next") {
  struct Case { int status; const char* body; Outcome outcome; };
  const std::vector<Case> cases{{429, R"({"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":4834})", Outcome::waits},
                                {429, "<html>slow down</html>", Outcome::waits},
                                {401, R"({"errcode":"M_UNKNOWN_TOKEN"})", Outcome::credentials},
                                {401, "<html>login</html>", Outcome::credentials},
                                {403, R"({"errcode":"M_USER_LOCKED"})", Outcome::credentials},
                                {403, R"({"errcode":"M_FORBIDDEN","error":"not in room"})", Outcome::refused},
                                {403, R"({"errcode":"M_RESOURCE_LIMIT_EXCEEDED"})", Outcome::not_sent},
                                {413, R"({"errcode":"M_TOO_LARGE"})", Outcome::refused},
                                {404, "<html>no upstream</html>", Outcome::not_sent},
                                {404, R"({"errcode":5})", Outcome::not_sent},
                                {301, "", Outcome::not_sent},
                                {408, "", Outcome::doubtful},
                                {500, R"({"errcode":"M_UNKNOWN"})", Outcome::doubtful},
                                {524, "<html>", Outcome::doubtful},
                                {200, "<html>captive portal</html>", Outcome::doubtful},
                                {200, R"({"event":"$1"})", Outcome::doubtful},
                                {200, R"([1])", Outcome::doubtful}};
  for (const auto& one : cases) {
    Line line;
    line.client.push(one.status, one.body);
    const auto problem = line.say();
    INFO(one.status << " " << one.body);
    REQUIRE(problem);
    CHECK(problem->outcome == one.outcome);
    CHECK_FALSE(problem->words.empty());
    CHECK(problem->words.find("a-token-of-the-bot") == std::string::npos);
  }
  Line line;
  line.client.fail(false, "connection refused");
  CHECK(line.say()->outcome == Outcome::not_sent);
  line.client.fail(true, "No answer within 5000 ms.");
  CHECK(line.say()->outcome == Outcome::doubtful);
}

TEST_CASE("the longer of Retry-After and retry_after_ms counts, and nothing is sent before it is over") {
  Line line;
  line.client.push(429, R"({"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1500})", {{"retry-after", "4"}});
  CHECK(line.say()->after == bot::Millis{4000});
  const auto waiting = line.say();
  CHECK(waiting->outcome == Outcome::waits);
  CHECK(line.client.calls().size() == 1);
  line.env.advance(bot::Millis{4000});
  line.client.push(200, R"({"event_id":"$1"})");
  CHECK_FALSE(line.say());
}

TEST_CASE("500 messages against Synapse's default limit meet a refusal or two and then keep its pace") {
  Line line;
  // Synapse's bucket: a burst of 10, then one each 5 s; a refusal tells the time until the next is free.
  double used = 0;
  bot::Time at = line.env.clock.now();
  int refused = 0, taken = 0;
  line.client.script([&](const http::Call&) -> http::CallResult {
    const auto now = line.env.clock.now();
    used = std::max(0.0, used - static_cast<double>((now - at).count()) / 5000.0);
    at = now;
    if (used + 1 > 10 + 1e-9) {
      ++refused;
      return http::Answer{429, {}, R"({"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":)" + std::to_string(static_cast<int>((used + 1 - 10) * 5000) + 1) + "}"};
    }
    used += 1;
    ++taken;
    return http::Answer{200, {}, R"({"event_id":"$x"})"};
  });
  const auto begin = line.env.clock.now();
  for (int i = 0; i < 500;) {
    const auto problem = line.say();
    if (!problem) ++i;
    else line.env.advance(*problem->after);
  }
  CHECK(taken == 500);
  CHECK(refused <= 5);
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(line.env.clock.now() - begin).count();
  CHECK(took < 490 * 5 * 1.1);  // no slower than the server allows, within a tenth
}

TEST_CASE("a lifted limit is found again after an hour without a refusal") {
  Line line;
  line.client.push(429, R"({"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":5000})");
  CHECK(line.say());
  line.env.advance(bot::Millis{3700000});
  line.client.script([](const http::Call&) -> http::CallResult { return http::Answer{200, {}, R"({"event_id":"$x"})"}; });
  for (int i = 0; i < 100; ++i) CHECK_FALSE(line.say());
}

TEST_CASE("broken JSON in one place leaves the rest readable") {
  const auto lone = matrix::parse_tolerant(R"({"a":"x\ud800y","b":1})");
  CHECK(lone["b"] == 1);
  CHECK(lone["a"] == "x\xEF\xBF\xBDy");
  CHECK(matrix::parse_tolerant(R"({"a":"\ud83d\ude00"})")["a"] == "\xF0\x9F\x98\x80");
  CHECK(matrix::parse_tolerant(R"({"a":1e999,"b":2})")["b"] == 2);
  CHECK(matrix::parse_tolerant(R"({"a":NaN,"c":[-Infinity,1],"b":3})")["b"] == 3);
  CHECK(matrix::parse_tolerant("{\"a\":\"\xFF\",\"b\":4}")["b"] == 4);
  std::string deep = R"({"deep":)" + std::string(5000, '[') + std::string(5000, ']') + R"(,"b":5})";
  CHECK(matrix::parse_tolerant(deep)["b"] == 5);
  CHECK(matrix::parse_tolerant("<html>").is_null());
  CHECK(matrix::parse_tolerant("").is_null());
  CHECK(matrix::parse_tolerant("{\"a\":").is_null());
}

TEST_CASE("members of the wrong type read as absent") {
  const json odd{{"s", 5}, {"o", "x"}, {"n", 1.5}, {"big", 9007199254740992}, {"f", "true"}, {"a", json::object()}};
  CHECK(matrix::text_at(odd, "s").empty());
  CHECK(matrix::object_at(odd, "o").empty());
  CHECK(matrix::array_at(odd, "a").empty());
  CHECK_FALSE(matrix::number_at(odd, "n"));
  CHECK_FALSE(matrix::number_at(odd, "big"));
  CHECK_FALSE(matrix::flag_at(odd, "f"));
  CHECK(matrix::text_at(json(7), "s").empty());
}

TEST_CASE("an application service speaks as a device: named in each call where the homeserver can, else by a login") {
  Line line;
  line.settings.access_token = bot::Secret();
  line.settings.app_service = {"muster", bot::Secret("as-token-0123456789"), bot::Secret("hs-token-0123456789"), "", "MUSTER"};
  bool knows_devices = true, fails_over_devices = false;
  line.client.script([&](const http::Call& call) -> http::CallResult {
    const auto has = [&](const char* part) { return call.url.find(part) != std::string::npos; };
    if (has("/register")) return http::Answer{400, {}, R"({"errcode":"M_USER_IN_USE","error":"taken"})"};
    if (has("/devices/MUSTER")) return knows_devices ? http::Answer{201, {}, "{}"} : http::Answer{404, {}, R"({"errcode":"M_UNRECOGNIZED","error":"x"})"};
    if (has("/login")) return http::Answer{200, {}, R"({"access_token":"device-token-01","device_id":"MUSTER"})"};
    if (has("/whoami") && fails_over_devices && has("device_id")) return http::Answer{500, {}, R"({"errcode":"M_UNKNOWN","error":"Internal server error"})"};
    if (has("/whoami")) {
      const bool device = has("device_id=MUSTER") || call.headers[0].second == "Bearer device-token-01";
      return http::Answer{200, {}, device ? R"({"user_id":"@muster:hs","device_id":"MUSTER"})" : R"({"user_id":"@muster:hs"})"};
    }
    if (has("/capabilities")) return http::Answer{200, {}, R"({"capabilities":{}})"};
    return http::Answer{200, {}, R"({"event_id":"$1"})"};
  });
  SECTION("named") {
    CHECK_FALSE(line.say());
    const auto last = line.client.calls().back();
    CHECK(last.url.find("?user_id=%40muster%3Ahs&device_id=MUSTER") != std::string::npos);
    CHECK(last.headers[0].second == "Bearer as-token-0123456789");
    CHECK(line.api->repeats_are_recognised());
  }
  SECTION("by a login, also where the homeserver fails over a device it has made") {
    knows_devices = GENERATE(true, false);
    fails_over_devices = knows_devices;
    CHECK_FALSE(line.say());
    const auto last = line.client.calls().back();
    CHECK(last.url.find("device_id") == std::string::npos);
    CHECK(last.headers[0].second == "Bearer device-token-01");
    CHECK(line.api->repeats_are_recognised());
  }
}

TEST_CASE("a token of another account than the settings name is a fault of the credentials") {
  Line line;
  line.client.push(200, R"({"user_id":"@other:hs","device_id":"X"})");
  const auto problem = line.api->learn_self(line.budget());
  REQUIRE(problem);
  CHECK(problem->outcome == Outcome::credentials);
}
