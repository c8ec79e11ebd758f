// The route over a real socket, with an Intake that answers as the test says.
#include <catch2/catch.hpp>

#include <atomic>
#include <deque>
#include <set>
#include <thread>

#include "integrations/alerts/alertmanager/receiver.hpp"
#include "integrations/http/client.hpp"
#include "tests/integrations/alertmanager/bodies.hpp"
#include "tests/support/fake_env.hpp"

using nlohmann::json;

namespace {

bot::Reply reply_with(bot::ReplyStatus status, const std::string& words = "") {
  bot::Reply reply;
  reply.status = status;
  reply.card.title = {bot::plain(words)};
  return reply;
}

/// Answers inline, or from a thread of its own when `later` is set; remembers what came.
class FakeIntake : public bot::Intake {
 public:
  ~FakeIntake() override {
    {
      std::unique_lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  void answer_later() {
    thread_ = std::thread([this] {
      for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || (!held_ && !waiting_.empty()); });
        if (stopping_) return;
        auto [done, reply] = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        done(std::move(reply));
      }
    });
    later_ = true;
  }
  void hold(bool held) {
    {
      std::unique_lock lock(mutex_);
      held_ = held;
    }
    changed_.notify_all();
  }
  /// Waits until `n` requests wait unanswered.
  std::size_t wait_for_waiting(std::size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_.size() >= n; });
    return waiting_.size();
  }
  void submit(bot::Request request, bot::Completion done) override {
    bot::Reply reply = decide(request);
    {
      std::unique_lock lock(mutex_);
      requests.push_back(std::move(request));
      if (later_) {
        waiting_.emplace_back(std::move(done), std::move(reply));
        most_waiting = std::max(most_waiting, waiting_.size());
      }
    }
    changed_.notify_all();
    if (!later_) done(std::move(reply));
  }

  bool turns_away(bot::RequestClass cls) override { return full && cls == bot::RequestClass::alert; }

  bool full = false;
  std::function<bot::Reply(const bot::Request&)> decide = [](const bot::Request&) { return reply_with(bot::ReplyStatus::ok); };
  std::vector<bot::Request> requests;
  std::size_t most_waiting = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<bot::Completion, bot::Reply>> waiting_;
  std::thread thread_;
  bool later_ = false, held_ = false, stopping_ = false;
};

struct Site {
  bot::Settings settings;
  support::FakeClock clock;
  FakeIntake intake;
  std::unique_ptr<http::Client> client = http::make_client();
  std::unique_ptr<http::Server> server;

  Site() {
    settings.alerts = {source_named(), source_named("staging", "staging-key-0123456789")};
    server = http::make_server({});
    alertmanager::add_routes(*server, intake, settings, clock);
    REQUIRE(server->start().ok());
  }
  ~Site() { server->stop(); }

  http::Answer post(const std::string& body, const std::string& key = "prod-key-0123456789", const std::string& method = "POST") {
    http::Call call;
    call.method = method;
    call.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/hooks/alertmanager/" + key;
    call.headers = {{"Content-Type", "application/json"}};
    call.body = body;
    call.deadline = bot::Millis{30000};
    auto result = client->call(call);
    if (const auto* failure = std::get_if<http::CallFailure>(&result)) return {0, {}, failure->reason};
    return std::get<http::Answer>(result);
  }
};

json many(std::size_t n) {
  json alerts = json::array();
  for (std::size_t i = 0; i < n; ++i) {
    alerts.push_back({{"status", "firing"}, {"labels", {{"alertname", "A"}}}, {"startsAt", "2026-11-23T14:02:11Z"}, {"fingerprint", std::to_string(i)}});
  }
  return body_json(std::move(alerts));
}

}  // namespace

TEST_CASE("a notification is answered 200 when each of its alerts is recorded") {
  Site site;
  const auto answer = site.post(body_json({alert_json("a"), alert_json("b", "resolved")}).dump());
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body) == json({{"recorded", 2}, {"repeated", 0}, {"truncated", 0}}));
  REQUIRE(site.intake.requests.size() == 2);
  const auto& request = site.intake.requests[0];
  CHECK(request.cls == bot::RequestClass::alert);
  CHECK(request.caller.kind == bot::ActorKind::monitor);
  CHECK(request.caller.integration == "alertmanager");
  CHECK(request.caller.external_id == "prod");
  CHECK(request.received == site.clock.now());
  CHECK(request.dedup_keys == std::vector<std::string>{"prod:a:firing:2026-11-23T14:02:11.123Z"});
  CHECK(std::get<bot::Alert>(request.body).identity == "prod:a");
  CHECK(site.post(body_json({alert_json("a")}).dump(), "staging-key-0123456789").status == 200);
  CHECK(std::get<bot::Alert>(site.intake.requests[2].body).identity == "staging:a");
}

TEST_CASE("an unknown key is 401 and records nothing, and neither does a GET") {
  Site site;
  const auto answer = site.post(body_json({alert_json("a")}).dump(), "wrong-key-0123456789");
  CHECK(answer.status == 401);
  CHECK(answer.body.find("wrong-key") == std::string::npos);
  CHECK(site.post("", "prod-key-0123456789", "GET").status == 405);
  CHECK(site.post("{\"version\":\"1\"}").status == 422);
  CHECK(site.intake.requests.empty());
}

TEST_CASE("the answer waits for the last alert to be durable") {
  Site site;
  site.intake.answer_later();
  site.intake.hold(true);
  std::atomic<int> status{0};
  std::thread caller([&] { status = site.post(body_json({alert_json("a"), alert_json("b")}).dump()).status; });
  CHECK(site.intake.wait_for_waiting(2) == 2);
  CHECK(status == 0);
  site.intake.hold(false);
  caller.join();
  CHECK(status == 200);
}

TEST_CASE("anything not recorded makes the whole answer 503 with Retry-After") {
  Site site;
  site.intake.decide = [](const bot::Request& request) {
    auto reply = reply_with(std::get<bot::Alert>(request.body).identity == "prod:b" ? bot::ReplyStatus::unavailable : bot::ReplyStatus::ok);
    reply.retry_after = bot::Millis{7000};
    return reply;
  };
  auto answer = site.post(body_json({alert_json("a"), alert_json("b"), json(7)}).dump());
  CHECK(answer.status == 503);
  CHECK(answer.header("retry-after") == "7");
  CHECK(answer.body.find("1 of 2") != std::string::npos);
  site.intake.decide = [](const bot::Request&) { return reply_with(bot::ReplyStatus::maybe_recorded); };
  answer = site.post(body_json({alert_json("a")}).dump());
  CHECK(answer.status == 503);
  CHECK(answer.body.find("may be recorded") != std::string::npos);
}

TEST_CASE("when too much waits, the body is not even read: 503 with Retry-After, and a wrong key stays a wrong key") {
  Site site;
  site.intake.full = true;
  auto answer = site.post(body_json({alert_json("a")}).dump());
  CHECK(answer.status == 503);
  CHECK(answer.header("retry-after") == "1");
  CHECK(answer.body.find("Nothing recorded") != std::string::npos);
  CHECK(site.post("not JSON").status == 503);
  CHECK(site.post("{}", "wrong-key-0123456789").status == 401);
  CHECK(site.intake.requests.empty());
  site.intake.full = false;
  CHECK(site.post(body_json({alert_json("a")}).dump()).status == 200);
}

TEST_CASE("unreadable alerts are named and the others recorded") {
  Site site;
  const auto answer = site.post(body_json({json(7), alert_json("good")}).dump());
  CHECK(answer.status == 400);
  CHECK(answer.body.find("alerts[0] must be an object") != std::string::npos);
  REQUIRE(site.intake.requests.size() == 1);
  site.intake.decide = [](const bot::Request&) { return reply_with(bot::ReplyStatus::invalid, "Not recorded: \"sev9\" is not a severity."); };
  CHECK(site.post(body_json({alert_json("a")}).dump()).body.find("sev9") != std::string::npos);
}

TEST_CASE("a repeat of the same notification is 200 and counted as a repeat") {
  Site site;
  site.intake.decide = [](const bot::Request&) {
    auto reply = reply_with(bot::ReplyStatus::ok);
    reply.repeated = true;
    return reply;
  };
  CHECK(json::parse(site.post(body_json({alert_json("a")}).dump()).body)["repeated"] == 1);
}

TEST_CASE("ten thousand alerts in one body are all recorded, a bounded number at a time") {
  const std::string body = many(10000).dump();
  REQUIRE(body.size() < (4u << 20));
  SECTION("answered while submitting") {
    Site site;
    CHECK(json::parse(site.post(body).body)["recorded"] == 10000);
    CHECK(site.intake.requests.size() == 10000);
  }
  SECTION("answered later, while the server goes on serving") {
    Site site;
    site.intake.answer_later();
    site.intake.hold(true);
    std::string counts;
    std::thread caller([&] { counts = site.post(body).body; });
    CHECK(site.intake.wait_for_waiting(512) == 512);
    CHECK(site.post("{}").status == 422);
    site.intake.hold(false);
    caller.join();
    CHECK(json::parse(counts)["recorded"] == 10000);
    CHECK(site.intake.requests.size() == 10000);
    CHECK(site.intake.most_waiting <= 512);
  }
  SECTION("a full queue ends it early, and the next try goes on") {
    Site site;
    std::set<std::string> known;
    int room = 0;
    site.intake.decide = [&](const bot::Request& request) {
      auto reply = reply_with(bot::ReplyStatus::ok);
      if (known.count(request.dedup_keys[0]) > 0) reply.repeated = true;
      else if (room-- > 0) known.insert(request.dedup_keys[0]);
      else reply.status = bot::ReplyStatus::unavailable;
      return reply;
    };
    int tries = 0;
    for (int status = 0; status != 200 && tries < 20; ++tries) {
      room = 2000;
      status = site.post(body).status;
      CHECK((status == 200 || status == 503));
    }
    CHECK(known.size() == 10000);
    CHECK(tries == 5);
  }
}

TEST_CASE("an empty list is fine, a body over 4 MiB is 413") {
  Site site;
  CHECK(site.post(body_json(json::array()).dump()).status == 200);
  CHECK(site.post(std::string((4u << 20) + 1, ' ')).status == 413);
  CHECK(site.intake.requests.empty());
}
