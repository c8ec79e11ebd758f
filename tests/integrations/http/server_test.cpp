// What a well-behaved client may expect.
#include <catch2/catch.hpp>

#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "test_server.hpp"

using namespace tests;

TEST_CASE("a request is answered with its length, its type and safe headers, and the connection stays open") {
  TestServer server;
  auto socket = server.connect();
  for (int i = 0; i < 3; ++i) {
    const auto reply = socket.ask(get("/hello"));
    CHECK(reply.status == 200);
    CHECK(reply.body == "hello");
    CHECK(reply.head.find("Content-Type: text/plain; charset=utf-8\r\n") != std::string::npos);
    CHECK(reply.head.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
    CHECK(reply.head.find("Referrer-Policy: no-referrer\r\n") != std::string::npos);
    CHECK(reply.head.find("Server:") == std::string::npos);
    CHECK(reply.head.find("Connection: close") == std::string::npos);
  }
}

TEST_CASE("pipelined requests are answered in order") {
  TestServer server;
  auto socket = server.connect();
  std::string all;
  for (int i = 0; i < 50; ++i) all += post("/echo", "number " + std::to_string(i)) + "\r\n";  // stray empty lines are forgiven
  socket.say(all);
  for (int i = 0; i < 50; ++i) CHECK(socket.reply().body == "number " + std::to_string(i));
}

TEST_CASE("a request that arrives byte by byte is understood") {
  TestServer server;
  auto socket = server.connect();
  for (char c : post("/echo", "slowly") + get("/hello")) socket.say(std::string(1, c));
  CHECK(socket.reply().body == "slowly");
  CHECK(socket.reply().body == "hello");
}

TEST_CASE("HEAD gets the GET answer's header without its body") {
  TestServer server;
  auto socket = server.connect();
  socket.say("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" + get("/hello"));
  const auto head = socket.reply(false);
  CHECK(head.status == 200);
  CHECK(head.head.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(socket.reply().body == "hello");
}

TEST_CASE("an unknown address is 404, a known one with another method 405 with Allow, and the connection goes on") {
  TestServer server;
  auto socket = server.connect();
  const auto missing = socket.ask(post("/nowhere", "body that is thrown away"));
  CHECK(missing.status == 404);
  CHECK(missing.head.find("application/problem+json") != std::string::npos);
  CHECK(missing.body.find("\"status\":404") != std::string::npos);
  const auto wrong = socket.ask(post("/hello", "x"));
  CHECK(wrong.status == 405);
  CHECK(wrong.head.find("Allow: GET, HEAD\r\n") != std::string::npos);
  CHECK(socket.ask(get("/hello")).status == 200);
}

TEST_CASE("path, query, segments and peer arrive taken apart") {
  TestServer server;
  auto socket = server.connect();
  CHECK(socket.ask(get("/what/a%2Fb%20c?x=1&y=%20")).body == "GET /what/a/b c x=1&y=%20 a/b c 127.0.0.1");
  CHECK(socket.ask("GET http://example.org/what/z HTTP/1.1\r\nHost: other\r\n\r\n").body == "GET /what/z  z 127.0.0.1");
}

TEST_CASE("a chunked body is put together, trailers and extensions ignored") {
  TestServer server;
  auto socket = server.connect();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(socket.ask(head + "5\r\nhello\r\n7;note=x\r\n, world\r\n0\r\nX-Trailer: y\r\n\r\n").body == "hello, world");
  CHECK(socket.ask(get("/hello")).body == "hello");
}

TEST_CASE("HTTP/1.0 closes unless asked to stay") {
  TestServer server;
  auto socket = server.connect();
  const auto once = socket.ask("GET /hello HTTP/1.0\r\n\r\n");
  CHECK(once.body == "hello");
  CHECK(once.head.find("Connection: close\r\n") != std::string::npos);
  CHECK(socket.ended());
  socket = server.connect();
  CHECK(socket.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.find("Connection: keep-alive\r\n") != std::string::npos);
  CHECK(socket.ask("GET /hello HTTP/1.0\r\n\r\n").status == 200);
  CHECK(socket.ended());
}

TEST_CASE("Connection: close is kept") {
  TestServer server;
  auto socket = server.connect();
  CHECK(socket.ask(get("/hello", "Connection: close\r\n")).status == 200);
  CHECK(socket.ended());
}

TEST_CASE("Expect: 100-continue is answered before the body, and not when the body is refused anyway") {
  TestServer server;
  auto socket = server.connect();
  socket.say("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(socket.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(socket.ask("body").body == "body");
  CHECK(socket.ask("POST /small HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 400\r\n\r\n").status == 413);
  socket = server.connect();
  CHECK(socket.ask("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 4\r\n\r\n").status == 417);
}

TEST_CASE("only the allowed host names are answered") {
  http::ServerOptions options;
  options.allowed_hosts = {"muster.example:8080", "localhost", "[::1]"};
  TestServer server(options);
  const auto with = [&](const std::string& host) { return server.connect().ask("GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status; };
  for (const char* good : {"muster.example:8080", "MUSTER.example:8080", "localhost", "localhost:1234", "[::1]:80", "[::1]"}) CHECK(with(good) == 200);
  for (const char* bad : {"muster.example", "evil.example", "muster.example:8081", "", "localhost.evil"}) CHECK(with(bad) == 421);
  CHECK(server.connect().ask("GET http://evil.example/hello HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 421);
}

TEST_CASE("forwarded addresses count from a trusted proxy alone") {
  const std::string request = get("/what/x", "X-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: https\r\n");
  CHECK(TestServer().connect().ask(request).body == "GET /what/x  x 127.0.0.1");
  http::ServerOptions options;
  options.trusted_proxies = {"127.0.0.0/8"};
  CHECK(TestServer(options).connect().ask(request).body == "GET /what/x  x 203.0.113.5 secure");
}

TEST_CASE("an answer may come later from another thread") {
  std::vector<std::thread> threads;
  std::mutex mutex;
  {
    TestServer server({}, [&](http::Server& s) {
      s.route("POST", "/later", [&](const http::Request& r, std::shared_ptr<http::Exchange> e) {
        std::lock_guard lock(mutex);
        threads.emplace_back([e, body = r.body] { e->respond(http::Response::text(200, body)); });
      });
    });
    auto socket = server.connect();
    std::string all;
    for (int i = 0; i < 20; ++i) all += post("/later", std::to_string(i));
    socket.say(all);
    for (int i = 0; i < 20; ++i) CHECK(socket.reply().body == std::to_string(i));
  }
  for (auto& t : threads) t.join();
}

TEST_CASE("answers given all at once are drawn by the server's thread, each for its own client") {
  std::mutex mutex;
  std::vector<std::pair<std::shared_ptr<http::Exchange>, std::string>> waiting;
  std::set<std::thread::id> drawn_by;
  TestServer server({}, [&](http::Server& s) {
    s.route("POST", "/later", [&](const http::Request& r, std::shared_ptr<http::Exchange> e) {
      std::lock_guard lock(mutex);
      waiting.emplace_back(std::move(e), r.body);
    });
  });
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 20; ++i) {
    sockets.push_back(server.connect());
    sockets.back().say(post("/later", std::to_string(i)));
  }
  for (bool all = false; !all; std::this_thread::yield()) {
    std::lock_guard lock(mutex);
    all = waiting.size() == sockets.size();
  }
  for (auto& [exchange, body] : waiting)
    exchange->respond_drawn([&mutex, &drawn_by, body = body] {
      std::lock_guard lock(mutex);
      drawn_by.insert(std::this_thread::get_id());
      return http::Response::text(200, "drawn " + body);
    });
  for (int i = 0; i < 20; ++i) CHECK(sockets[static_cast<std::size_t>(i)].reply().body == "drawn " + std::to_string(i));
  CHECK(drawn_by.size() == 1);
  CHECK(drawn_by.count(std::this_thread::get_id()) == 0);
  waiting.clear();
}

TEST_CASE("an exchange that is dropped or whose handler throws answers 500, and a second answer is ignored") {
  TestServer server({}, [](http::Server& s) {
    s.route("GET", "/drop", [](const http::Request&, std::shared_ptr<http::Exchange>) {});
    s.route("GET", "/throw", [](const http::Request&, std::shared_ptr<http::Exchange>) { throw std::runtime_error("private words"); });
    s.route("GET", "/twice", [](const http::Request&, std::shared_ptr<http::Exchange> e) {
      e->respond(http::Response::text(200, "first"));
      e->respond(http::Response::text(200, "second"));
    });
  });
  auto socket = server.connect();
  CHECK(socket.ask(get("/drop")).status == 500);
  const auto thrown = socket.ask(get("/throw"));
  CHECK(thrown.status == 500);
  CHECK(thrown.body.find("private words") == std::string::npos);
  CHECK(socket.ask(get("/twice")).body == "first");
  CHECK(socket.ask(get("/hello")).body == "hello");
}

TEST_CASE("a large answer reaches a slow reader whole") {
  const std::string large(3u << 20, 'x');
  TestServer server({}, [&](http::Server& s) {
    s.route("GET", "/large", [&](const http::Request&, std::shared_ptr<http::Exchange> e) { e->respond(http::Response::text(200, large)); });
  });
  auto socket = server.connect();
  socket.say(get("/large") + get("/hello"));
  CHECK(socket.reply().body == large);
  CHECK(socket.reply().body == "hello");
}

TEST_CASE("line breaks in a header value cannot make a header of their own") {
  TestServer server({}, [](http::Server& s) {
    s.route("GET", "/split", [](const http::Request&, std::shared_ptr<http::Exchange> e) {
      auto response = http::Response::text(302, "");
      response.headers.emplace_back("Location", "/x\r\nSet-Cookie: a=b\r\n\r\n<script>");
      e->respond(response);
    });
  });
  auto socket = server.connect();
  CHECK(socket.ask(get("/split")).head.find("Location: /xSet-Cookie: a=b<script>\r\n") != std::string::npos);
}

TEST_CASE("every answer is observed with its route, not its address") {
  std::mutex mutex;
  std::vector<std::string> seen;
  http::ServerOptions options;
  options.observe = [&](const std::string& route, int status, double seconds) {
    std::lock_guard lock(mutex);
    seen.push_back(route + " " + std::to_string(status) + (seconds >= 0 ? "" : " negative"));
  };
  {
    TestServer server(options);
    auto socket = server.connect();
    socket.ask(get("/what/secret"));
    socket.ask(get("/nope"));
    socket.ask("rubbish\r\n\r\n");
  }
  CHECK(seen == std::vector<std::string>{"/what/{} 200", "unmatched 404", "refused 400"});
}

TEST_CASE("a server that cannot listen says why") {
  TestServer first;
  http::ServerOptions options;
  for (const std::string& listen : {"127.0.0.1:" + std::to_string(first.port()), std::string("nonsense"), std::string("127.0.0.1:99999"), std::string("example.org:80")}) {
    options.listen = listen;
    auto second = http::make_server(options);
    const auto started = second->start();
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().message.find(listen) != std::string::npos);
  }
}

TEST_CASE("stop lets an answer under way finish, closes idle connections and refuses new ones") {
  std::promise<std::shared_ptr<http::Exchange>> held;
  auto server = std::make_unique<TestServer>(http::ServerOptions{}, [&](http::Server& s) {
    s.route("GET", "/held", [&](const http::Request&, std::shared_ptr<http::Exchange> e) { held.set_value(e); });
  });
  const int port = server->port();
  auto idle = server->connect();
  CHECK(idle.ask(get("/hello")).status == 200);
  auto busy = server->connect();
  busy.say(get("/held"));
  auto exchange = held.get_future().get();
  std::thread stopper([&] { server->server->stop(); });
  CHECK(idle.ended());
  exchange->respond(http::Response::text(200, "last words"));
  const auto reply = busy.reply();
  CHECK(reply.body == "last words");
  CHECK(reply.head.find("Connection: close") != std::string::npos);
  busy.shut();
  stopper.join();
  CHECK_FALSE(RawSocket::to(port).open());
}

TEST_CASE("an answer after the server is gone is harmless") {
  std::promise<std::shared_ptr<http::Exchange>> held;
  RawSocket socket;
  std::shared_ptr<http::Exchange> exchange;
  {
    TestServer server({}, [&](http::Server& s) {
      s.route("GET", "/held", [&](const http::Request&, std::shared_ptr<http::Exchange> e) { held.set_value(e); });
    });
    socket = server.connect();
    socket.say(get("/held"));
    exchange = held.get_future().get();
  }
  exchange->respond(http::Response::text(200, "nobody listens"));
  CHECK(socket.rest().empty());
}

TEST_CASE("an exchange that outlives its server keeps nothing of the routes alive: whoever holds it last must not end their owners") {
  std::promise<std::shared_ptr<http::Exchange>> held;
  auto owner = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = owner;
  RawSocket socket;
  std::shared_ptr<http::Exchange> exchange;
  {
    TestServer server({}, [&](http::Server& s) {
      s.route("GET", "/held", [&, owner = std::move(owner)](const http::Request&, std::shared_ptr<http::Exchange> e) { held.set_value(e); });
    });
    socket = server.connect();
    socket.say(get("/held"));
    exchange = held.get_future().get();
  }
  CHECK(watched.expired());
  exchange->respond(http::Response::text(200, "nobody listens"));
  exchange.reset();
  CHECK(socket.rest().empty());
}

TEST_CASE("several I/O threads serve side by side") {
  http::ServerOptions options;
  options.threads = 3;
  TestServer server(options);
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 8; ++c)
    clients.emplace_back([&] {
      auto socket = server.connect();
      for (int i = 0; i < 200; ++i) right += socket.ask(post("/echo", std::to_string(i))).body == std::to_string(i);
    });
  for (auto& c : clients) c.join();
  CHECK(right == 1600);
}
