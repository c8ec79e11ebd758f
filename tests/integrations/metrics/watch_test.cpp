// The wired values, over a store of maps and a real Coordinator.
#include <catch2/catch.hpp>

#include "integrations/http/client.hpp"
#include "integrations/metrics/metrics.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

namespace {

bool has(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

bot::Changes owed(const std::string& id, const std::string& integration, bot::Time created) {
  bot::Changes changes;
  bot::Message message;
  message.id = id;
  message.incident = 1;
  message.integration = integration;
  message.lane = integration + "/" + id;
  message.content = bot::ArchiveRoom{};
  message.created = created;
  message.deadline = created + std::chrono::hours(24);
  changes.messages.push_back(message);
  changes.at = created;
  return changes;
}

}  // namespace

TEST_CASE("the outbox is shown by integration and state, with the age of what is owed longest") {
  support::FakeClock clock;
  support::FakeStore store;
  std::vector<bot::Changes> batch{owed("m1", "slack", clock.now() - std::chrono::seconds(90)), owed("m2", "slack", clock.now() - std::chrono::seconds(5)),
                                  owed("m3", "webhook", clock.now() - std::chrono::seconds(7))};
  REQUIRE(store.commit(batch).ok());
  metrics::Metrics m("0", clock.now());
  m.watch_outbox(store, clock);
  const std::string text = m.render();
  INFO(text);
  CHECK(has(text, "muster_outbox_messages{integration=\"slack\",state=\"queued\"} 2"));
  CHECK(has(text, "muster_outbox_messages{integration=\"webhook\",state=\"queued\"} 1"));
  CHECK(has(text, "muster_outbox_oldest_seconds{integration=\"slack\"} 90"));
  CHECK(has(text, "muster_outbox_oldest_seconds{integration=\"webhook\"} 7"));
}

TEST_CASE("GET /metrics serves the text format") {
  metrics::Metrics m("9.9", bot::Time{});
  auto server = http::make_server({});
  metrics::add_route(*server, m);
  REQUIRE(server->start().ok());
  http::Call call;
  call.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/metrics";
  const auto result = http::make_client()->call(call);
  REQUIRE(std::holds_alternative<http::Answer>(result));
  const auto& answer = std::get<http::Answer>(result);
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(has(answer.body, "muster_build_info{version=\"9.9\"} 1"));
  server->stop();
}
