#include <catch2/catch.hpp>

#include <regex>
#include <sstream>
#include <thread>

#include "integrations/metrics/metrics.hpp"

namespace {

const bot::Time kStart{std::chrono::seconds{1795448538}};

bool has(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("pushed counters come out with their labels") {
  metrics::Metrics m("1.2.3", kStart);
  m.count_signature_failure("slack");
  m.count_signature_failure("slack");
  m.count_send("statuspage:vendor", "doubtful");
  m.count_timer("escalate");
  m.observe_http("/api/v1/incidents/{}", 200, 0.003);
  m.observe_http("/api/v1/incidents/{}", 200, 0.003);
  m.observe_http("/api/v1/incidents/{}", 404, 0.2);
  m.observe_commit(3, 0.0007);
  const std::string text = m.render();
  INFO(text);
  CHECK(has(text, "muster_signature_failures_total{integration=\"slack\"} 2"));
  CHECK(has(text, "muster_sends_total{integration=\"statuspage:vendor\",outcome=\"doubtful\"} 1"));
  CHECK(has(text, "muster_timers_fired_total{kind=\"escalate\"} 1"));
  CHECK(has(text, "muster_http_requests_total{route=\"/api/v1/incidents/{}\",status=\"200\"} 2"));
  CHECK(has(text, "muster_http_requests_total{route=\"/api/v1/incidents/{}\",status=\"404\"} 1"));
  CHECK(has(text, "muster_http_request_seconds_count{route=\"/api/v1/incidents/{}\"} 3"));
  CHECK(has(text, "muster_http_request_seconds_bucket{route=\"/api/v1/incidents/{}\",le=\"0.005\"} 2"));
  CHECK(has(text, "muster_http_request_seconds_bucket{route=\"/api/v1/incidents/{}\",le=\"+Inf\"} 3"));
  CHECK(has(text, "muster_batch_requests_bucket{le=\"4\"} 1"));
  CHECK(has(text, "muster_batch_requests_sum 3"));
  CHECK(has(text, "muster_commit_seconds_count 1"));
}

TEST_CASE("asked values are asked at each scrape") {
  metrics::Metrics m("1.2.3", kStart);
  double depth = 4;
  m.gauge("muster_depth", "How deep.", [&] { return depth; });
  m.counter("muster_things_total", "Things.", [&] { return std::vector<metrics::Sample>{{{{"kind", "a"}}, depth}, {{{"kind", "b\"\\\n"}}, 1}}; });
  m.gauge("muster_nothing", "Never there.", [] { return std::vector<metrics::Sample>{}; });
  CHECK(has(m.render(), "muster_depth 4"));
  depth = 5;
  const std::string text = m.render();
  CHECK(has(text, "muster_depth 5"));
  CHECK(has(text, "# TYPE muster_things_total counter"));
  CHECK(has(text, "muster_things_total{kind=\"a\"} 5"));
  CHECK(has(text, "muster_things_total{kind=\"b\\\"\\\\\\n\"} 1"));
  CHECK(text.find("muster_nothing") == std::string::npos);
}

TEST_CASE("build, memory and start time are always there") {
  metrics::Metrics m("1.2.3", kStart);
  const std::string text = m.render();
  CHECK(has(text, "muster_build_info{version=\"1.2.3\"} 1"));
  std::smatch found;
  REQUIRE(std::regex_search(text, found, std::regex("\nprocess_resident_memory_bytes ([0-9.e+]+)\n")));
  CHECK(std::stod(found[1]) > 1e6);
  REQUIRE(std::regex_search(text, found, std::regex("\nprocess_start_time_seconds ([0-9.e+]+)\n")));
  CHECK(std::stod(found[1]) == 1795448538.0);
}

TEST_CASE("every line is the text format: comments, or a name with labels and a number") {
  metrics::Metrics m("1.2.3", kStart);
  m.observe_http("/x", 200, 1);
  m.watch_check([] { return false; });
  m.watch_store_wal([] { return 4096.0; });
  m.watch_disk([] { return 1e9; }, [] { return 67108864.0; });
  std::istringstream lines(m.render());
  const std::regex form("(# (HELP|TYPE) [a-z_]+ .+)|([a-z_]+(\\{[^}]*(\\{\\})?[^}]*\\})? [-+0-9.eInfNa]+)");
  int n = 0;
  for (std::string line; std::getline(lines, line); ++n) {
    INFO(line);
    CHECK(std::regex_match(line, form));
  }
  CHECK(n > 30);
  CHECK(has(m.render(), "muster_store_check_ok 0"));
  CHECK(has(m.render(), "muster_store_wal_bytes 4096"));
  CHECK(has(m.render(), "muster_store_disk_free_bytes 1000000000"));
  CHECK(has(m.render(), "muster_store_reserve_bytes 67108864"));
}

TEST_CASE("counting from many threads loses nothing") {
  metrics::Metrics m("1.2.3", kStart);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        m.observe_http(i % 2 ? "/a" : "/b", 200, 0.001);
        m.count_signature_failure("slack");
      }
    });
  for (int i = 0; i < 20; ++i) CHECK_FALSE(m.render().empty());
  for (auto& t : threads) t.join();
  CHECK(has(m.render(), "muster_http_requests_total{route=\"/a\",status=\"200\"} 10000"));
  CHECK(has(m.render(), "muster_signature_failures_total{integration=\"slack\"} 20000"));
}
