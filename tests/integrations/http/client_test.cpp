// The outbound client against servers that help, lie, stall and redirect.
#include <catch2/catch.hpp>

#include <future>

#include "integrations/http/client.hpp"
#include "test_server.hpp"

using namespace tests;

namespace {

http::Call call_to(const std::string& url, const std::string& method = "GET", const std::string& body = {}) {
  http::Call call;
  call.method = method;
  call.url = url;
  call.body = body;
  call.deadline = bot::Millis{8000};
  return call;
}

const http::Answer& answer(const http::CallResult& result) {
  if (const auto* failed = std::get_if<http::CallFailure>(&result)) FAIL("no answer: " + failed->reason);
  return std::get<http::Answer>(result);
}
const http::CallFailure& failure(const http::CallResult& result) {
  if (const auto* answered = std::get_if<http::Answer>(&result)) FAIL("answered " + std::to_string(answered->status));
  return std::get<http::CallFailure>(result);
}

std::string ok(const std::string& body) { return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body; }

}  // namespace

TEST_CASE("a call brings back status, headers and body bytes as they were") {
  TestServer server({}, [](http::Server& s) {
    s.route("POST", "/x", [](const http::Request& r, std::shared_ptr<http::Exchange> e) {
      auto response = http::Response::text(201, r.header("x-mine") + "|" + r.header("content-type") + "|" + r.header("user-agent") + "|" + r.query + "|" + r.body);
      response.headers.emplace_back("X-Thing", "Value");
      e->respond(std::move(response));
    });
  });
  const auto client = http::make_client();
  auto call = call_to("http://127.0.0.1:" + std::to_string(server.port()) + "/x?a=b%20c", "POST", std::string("caf\xc3\xa9\0z\xff", 8));
  call.headers = {{"X-Mine", "1"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  const auto result = client->call(call);
  CHECK(answer(result).status == 201);
  CHECK(answer(result).header("x-thing") == "Value");
  CHECK(answer(result).body.find("1|application/x-www-form-urlencoded|Muster/") == 0);
  CHECK(answer(result).body.ends_with("|a=b%20c|" + call.body));
}

TEST_CASE("calls that may be repeated keep their connection, a POST has its own") {
  ScriptedServer server([](RawSocket& s) {
    while (!s.until("\r\n\r\n").empty()) s.say(ok("x"));
  });
  const auto client = http::make_client();
  for (int i = 0; i < 5; ++i) CHECK(answer(client->call(call_to(server.url("/")))).body == "x");
  const int kept = server.connections;
  CHECK(kept < 5);  // a connection goes back to the pool a moment after its answer
  CHECK(answer(client->call(call_to(server.url("/"), "POST"))).body == "x");
  CHECK(answer(client->call(call_to(server.url("/"), "POST"))).body == "x");
  CHECK(server.connections == kept + 2);
}

TEST_CASE("a POST whose connection closes without an answer is never sent again by itself") {
  std::atomic<int> posts{0};
  ScriptedServer server([&](RawSocket& s) {
    while (true) {
      const std::string head = s.until("\r\n\r\n");
      if (head.empty()) return;
      if (head.starts_with("POST") && ++posts) return;  // carried out, then silence
      s.say(ok("x"));
    }
  });
  const auto client = http::make_client();
  CHECK(answer(client->call(call_to(server.url("/")))).status == 200);
  const auto result = client->call(call_to(server.url("/"), "POST", "once"));
  CHECK(failure(result).maybe_done);
  CHECK(posts == 1);
}

TEST_CASE("a refused connection, an unknown name and a bad address are surely not done") {
  int port;
  {
    ScriptedServer gone([](RawSocket&) {});
    port = gone.port();
  }
  const auto client = http::make_client();
  for (const std::string& url : {"http://127.0.0.1:" + std::to_string(port) + "/", std::string("http://no-such-name.invalid/"), std::string("not a url"),
                                 std::string("ftp://127.0.0.1/"), std::string("http://")}) {
    const auto result = client->call(call_to(url, "POST", "x"));
    INFO(url);
    CHECK_FALSE(failure(result).maybe_done);
    CHECK_FALSE(failure(result).reason.empty());
  }
}

TEST_CASE("a certificate nobody vouches for is refused before anything is sent") {
  std::promise<std::string> heard;
  ScriptedServer server([&](RawSocket& s) {
    s.hear();
    heard.set_value("x");
    s.say("HTTP/1.1 200 OK\r\n\r\n");  // no TLS at all
  });
  const auto client = http::make_client();
  const auto result = client->call(call_to("https://127.0.0.1:" + std::to_string(server.port()) + "/", "POST", "secret"));
  CHECK_FALSE(failure(result).maybe_done);
  CHECK(failure(result).reason.find("SSL") != std::string::npos);
}

TEST_CASE("a silent server ends with the deadline, and what it was told may be done") {
  ScriptedServer server([](RawSocket& s) { s.rest(); });
  const auto client = http::make_client();
  auto call = call_to(server.url("/"), "POST", "x");
  call.deadline = bot::Millis{300};
  const auto result = client->call(call);
  CHECK(failure(result).maybe_done);
  CHECK(failure(result).reason.find("300 ms") != std::string::npos);
}

TEST_CASE("a server that trickles does not extend the deadline") {
  ScriptedServer server([](RawSocket& s) {
    s.until("\r\n\r\n");
    s.say("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (s.say("x") == 1)
      if (s.ended(20)) return;
  });
  const auto client = http::make_client();
  auto call = call_to(server.url("/"));
  call.deadline = bot::Millis{500};
  CHECK(failure(client->call(call)).maybe_done);
}

TEST_CASE("a server that closes mid-answer is a doubt, not an answer") {
  for (const char* part : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
                           "rubbish\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    ScriptedServer server([&](RawSocket& s) {
      s.until("x");  // the whole request
      s.say(part);
    });
    const auto client = http::make_client();
    const auto result = client->call(call_to(server.url("/"), "POST", "x"));
    INFO(part);
    CHECK(failure(result).maybe_done);
  }
}

TEST_CASE("an answer beyond the cap is not read on") {
  std::atomic<std::size_t> sent{0};
  ScriptedServer server([&](RawSocket& s) {
    const bool chunks = s.until("\r\n\r\n").find("/chunks") != std::string::npos;
    s.say(chunks ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 400000000\r\n\r\n");
    const std::string piece = (chunks ? std::string("10000\r\n") : std::string()) + std::string(65536, 'x') + (chunks ? "\r\n" : "");
    for (int i = 0; i < 6000; ++i) {
      const std::size_t n = s.say(piece);
      sent += n;
      if (n < piece.size()) return;
    }
  });
  const auto client = http::make_client();
  for (const char* path : {"/length", "/chunks"}) {
    sent = 0;
    auto call = call_to(server.url(path));
    call.answer_cap = 100000;
    const auto result = client->call(call);
    CHECK(failure(result).maybe_done);
    CHECK(failure(result).reason.find("larger") != std::string::npos);
    CHECK(sent < (64u << 20));
  }
}

TEST_CASE("a redirect is an answer, and nothing follows it with the token") {
  std::atomic<int> leaked{0};
  ScriptedServer elsewhere([&](RawSocket& s) {
    s.until("\r\n\r\n");
    ++leaked;
    s.say(ok("stolen"));
  });
  ScriptedServer server([&](RawSocket& s) {
    s.until("\r\n\r\n");
    s.say("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url("/take") + "\r\nContent-Length: 0\r\n\r\n");
  });
  const auto client = http::make_client();
  auto call = call_to(server.url("/"));
  call.headers = {{"Authorization", "Bearer secret"}};
  CHECK(answer(client->call(call)).status == 302);
  CHECK(leaked == 0);
}

TEST_CASE("an answer with a chunk of size -1 does not end the process") {
  for (const char* size : {"-1", "-2", "ffffffff", "7fffffff"}) {
    ScriptedServer server([&](RawSocket& s) {
      s.until("\r\n\r\n");
      s.say(std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + size + "\r\nhello\r\n0\r\n\r\n");
      s.ended();
    });
    const auto client = http::make_client();
    auto call = call_to(server.url("/"));
    call.deadline = bot::Millis{500};
    INFO(size);
    CHECK(failure(client->call(call)).maybe_done);
  }
  ScriptedServer good([](RawSocket& s) {
    s.until("\r\n\r\n");
    s.say(ok("still here"));
  });
  const auto client = http::make_client();
  for (int i = 0; i < 8; ++i) CHECK(answer(client->call(call_to(good.url("/")))).body == "still here");
}

TEST_CASE("line breaks in a header, method or address are refused, not sent") {
  const auto client = http::make_client();
  auto call = call_to("http://127.0.0.1:1/");
  call.headers = {{"X-A", "b\r\nX-C: d"}};
  CHECK_FALSE(failure(client->call(call)).maybe_done);
  CHECK(failure(client->call(call)).reason.find("line break") != std::string::npos);
}

TEST_CASE("many threads may call at once") {
  TestServer server;
  const auto client = http::make_client();
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 12; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string body = std::to_string(t) + ":" + std::to_string(i);
        const auto result = client->call(call_to("http://127.0.0.1:" + std::to_string(server.port()) + "/echo", "POST", body));
        if (const auto* a = std::get_if<http::Answer>(&result)) right += a->body == body;
      }
    });
  for (auto& t : threads) t.join();
  CHECK(right == 120);
}
