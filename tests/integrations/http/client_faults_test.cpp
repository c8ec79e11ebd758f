// The guarded client through the fault proxy: every bad day of the wire ends its own call, the next one works, and memory stays bounded.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "integrations/http/client.hpp"
#include "test_server.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/test_certificates.hpp"

using namespace tests;

namespace {

std::unique_ptr<http::Client> guarded() {
  http::GuardedOptions options;
  options.command = {"/proc/self/exe", "[.good]"};
  return http::make_guarded_client(options);
}

http::Call echo(const std::string& url, int deadline) {
  http::Call call;
  call.method = "POST";
  call.url = url;
  call.body = "said";
  call.headers = {{"Authorization", "Bearer secret"}};
  call.deadline = bot::Millis{deadline};
  return call;
}

/// The most that this process and its children had resident while it lived.
class Watch {
 public:
  Watch() : before_(support::resident_with_children(::getpid())), thread_([this] {
              while (!over_) {
                most_ = std::max<std::size_t>(most_, support::resident_with_children(::getpid()));
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
              }
            }) {}
  ~Watch() {
    over_ = true;
    thread_.join();
  }
  std::size_t grown() const { return most_ > before_ ? most_ - before_ : 0; }

 private:
  std::size_t before_;
  std::atomic<std::size_t> most_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("no fault of the wire harms more than its own call, follows a redirect or takes the memory") {
  TestServer server;
  std::atomic<int> leaked{0};
  ScriptedServer elsewhere([&](RawSocket& s) {
    s.until("\r\n\r\n", 1000);
    ++leaked;
  });
  support::FaultProxy proxy(server.port());
  const auto client = guarded();
  REQUIRE(std::holds_alternative<http::Answer>(client->call(echo(proxy.url("/echo"), 8000))));
  for (const auto& [name, fault] : support::all_faults(elsewhere.url("/take"))) {
    INFO(name);
    Watch watch;
    proxy.fault(fault);
    const auto result = client->call(echo(proxy.url("/echo"), 700));
    if (fault.harmless) CHECK(std::holds_alternative<http::Answer>(result));
    // A vendor that works and then spoils its answer may never be told as "not done", and nothing spoiled as "done".
    if (!fault.harmless) {
      REQUIRE(std::holds_alternative<http::CallFailure>(result));
      if (proxy.requests() > 0) CHECK(std::get<http::CallFailure>(result).maybe_done);
      CHECK_FALSE(std::get<http::CallFailure>(result).reason.empty());
    }
    proxy.heal();
    const auto after = client->call(echo(proxy.url("/echo"), 8000));
    if (const auto* failed = std::get_if<http::CallFailure>(&after)) FAIL_CHECK(failed->reason);
    else CHECK(std::get<http::Answer>(after).body == "said");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(watch.grown() < (80u << 20));  // the child's own limit and what the proxy itself holds
#endif
  }
  CHECK(leaked == 0);
}

TEST_CASE("a certificate must be valid now, for this host and from somebody trusted, or not a byte of the request is sent") {
  TestServer server;
  support::TestAuthority authority, stranger;
  const support::Trust trust(authority);
  const auto client = guarded();
  const auto ask = [&](support::TestAuthority::Pair pair, int& requests) {
    support::FaultProxy proxy(server.port(), {pair.certificate, pair.key});
    auto result = client->call(echo(proxy.url("/echo"), 8000));
    requests = proxy.requests();
    return result;
  };
  int requests = 0;
  const auto good = ask(authority.issue(), requests);
  if (const auto* failed = std::get_if<http::CallFailure>(&good)) FAIL(failed->reason);
  CHECK(std::get<http::Answer>(good).body == "said");
  CHECK(requests == 1);
  const std::vector<std::pair<std::string, support::TestAuthority::Pair>> bad{{"expired", authority.issue("localhost", -7200, -3600)},
                                                                              {"not yet valid", authority.issue("localhost", 3600, 7200)},
                                                                              {"another host", authority.issue("slack.example")},
                                                                              {"a stranger's", stranger.issue()}};
  for (const auto& [name, pair] : bad) {
    INFO(name);
    const auto result = ask(pair, requests);
    REQUIRE(std::holds_alternative<http::CallFailure>(result));
    CHECK_FALSE(std::get<http::CallFailure>(result).maybe_done);
    CHECK(requests == 0);
  }
}

TEST_CASE("faults under TLS are no different") {
  TestServer server;
  support::TestAuthority authority;
  const support::Trust trust(authority);
  const auto pair = authority.issue();
  support::FaultProxy proxy(server.port(), {pair.certificate, pair.key});
  const auto client = guarded();
  for (const auto& [name, fault] : support::all_faults("https://127.0.0.1:1/")) {
    if (fault.piece.empty() && name.find("chunk size \"-1\"") == std::string::npos && name.find("reset") == std::string::npos && name.find("half") == std::string::npos) continue;
    INFO(name);
    proxy.fault(fault);
    const auto result = client->call(echo(proxy.url("/echo"), 700));
    REQUIRE(std::holds_alternative<http::CallFailure>(result));
    CHECK(std::get<http::CallFailure>(result).maybe_done);
    proxy.heal();
    const auto after = client->call(echo(proxy.url("/echo"), 8000));
    if (const auto* failed = std::get_if<http::CallFailure>(&after)) FAIL_CHECK(failed->reason);
  }
}

TEST_CASE("what a server says beyond the end of its answer never becomes the next answer") {
  ScriptedServer server([](RawSocket& s) {
    for (int i = 0; !s.until("\r\n\r\n").empty(); ++i)
      s.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrueHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake");
  });
  const auto client = guarded();
  http::Call call;
  call.url = server.url("/");
  for (int i = 0; i < 5; ++i) {
    const auto result = client->call(call);
    if (const auto* answer = std::get_if<http::Answer>(&result)) CHECK(answer->body == "true");
  }
}
