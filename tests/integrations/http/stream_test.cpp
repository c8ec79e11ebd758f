// Long answers: server-sent events and exports.
#include <catch2/catch.hpp>

#include <condition_variable>
#include <future>
#include <mutex>

#include "test_server.hpp"

using namespace tests;

namespace {

/// Body of a chunked answer, and whether it ended as it should.
std::pair<std::string, bool> dechunk(const std::string& wire) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = wire.find("\r\n", at);
    if (end == std::string::npos) return {out, false};
    const std::size_t size = std::stoul(wire.substr(at, end - at), nullptr, 16);
    if (size == 0) return {out, wire.substr(end) == "\r\n\r\n"};
    out += wire.substr(end + 2, size);
    at = end + 2 + size + 2;
  }
}

struct Opened {
  std::promise<std::shared_ptr<http::Stream>> promise;
  std::future<std::shared_ptr<http::Stream>> future = promise.get_future();
  void add(http::Server& server, const std::string& first = {}) {
    server.route("GET", "/stream", [this, first](const http::Request&, std::shared_ptr<http::Exchange> e) {
      http::Response head{200, {{"Content-Type", "text/event-stream"}}, first};
      promise.set_value(e->stream(std::move(head)));
    });
  }
};

}  // namespace

TEST_CASE("a stream sends its head at once and what is written as it is written") {
  Opened opened;
  TestServer server({}, [&](http::Server& s) { opened.add(s, "first\n"); });
  auto socket = server.connect();
  socket.say(get("/stream"));
  auto stream = opened.future.get();
  const std::string head = socket.until("\r\n\r\n");
  CHECK(head.find("HTTP/1.1 200 OK\r\n") == 0);
  CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(head.find("text/event-stream") != std::string::npos);
  std::string wire = socket.until("first\n\r\n");
  CHECK(stream->write("second\n"));
  wire += socket.until("second\n\r\n");
  CHECK(stream->alive());
  stream->close();
  CHECK_FALSE(stream->write("too late"));
  wire += socket.rest();
  CHECK(dechunk(wire) == std::make_pair(std::string("first\nsecond\n"), true));
}

TEST_CASE("dropping a stream ends the answer") {
  Opened opened;
  TestServer server({}, [&](http::Server& s) { opened.add(s); });
  auto socket = server.connect();
  socket.say(get("/stream"));
  opened.future.get()->write("all");
  socket.until("\r\n\r\n");
  CHECK(dechunk(socket.rest()) == std::make_pair(std::string("all"), true));
}

TEST_CASE("an HTTP/1.0 client gets a stream without chunks") {
  Opened opened;
  TestServer server({}, [&](http::Server& s) { opened.add(s); });
  auto socket = server.connect();
  socket.say("GET /stream HTTP/1.0\r\n\r\n");
  opened.future.get()->write("plain");
  CHECK(socket.until("\r\n\r\n").find("chunked") == std::string::npos);
  CHECK(socket.rest() == "plain");
}

TEST_CASE("HEAD of a stream gets its head alone") {
  Opened opened;
  TestServer server({}, [&](http::Server& s) { opened.add(s, "body"); });
  auto socket = server.connect();
  socket.say("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  auto stream = opened.future.get();
  socket.until("\r\n\r\n");
  CHECK(socket.rest().empty());
  CHECK_FALSE(stream->alive());
}

TEST_CASE("a stream notices that its client went away") {
  Opened opened;
  TestServer server({}, [&](http::Server& s) { opened.add(s, "x"); });
  std::shared_ptr<http::Stream> stream;
  {
    auto socket = server.connect();
    socket.say(get("/stream"));
    stream = opened.future.get();
    socket.until("x\r\n");
  }
  // No write is needed for that; the connection is read while it streams.
  for (int i = 0; i < 5000 && stream->alive(); ++i) CHECK(server.serves());
  CHECK_FALSE(stream->alive());
  CHECK_FALSE(stream->write("nobody"));
}

TEST_CASE("a client that does not read loses its stream beyond a megabyte") {
  Opened opened;
  TestServer server({}, [&](http::Server& s) { opened.add(s); });
  auto socket = server.connect();
  socket.say(get("/stream"));
  auto stream = opened.future.get();
  const std::string piece(64u << 10, 'x');
  std::size_t written = 0;
  while (stream->write(piece) && written < (200u << 20)) written += piece.size();
  CHECK(written < (64u << 20));  // what the kernel's buffers took, and one megabyte
  CHECK_FALSE(stream->alive());
  CHECK(server.serves());
}

TEST_CASE("an export made page by page keeps its backlog small and arrives whole") {
  constexpr int kPages = 400;
  const std::string page(100u << 10, 'p');
  std::atomic<std::size_t> most{0};
  struct Export : std::enable_shared_from_this<Export> {
    std::shared_ptr<http::Stream> stream;
    int left = kPages;
    const std::string* page = nullptr;
    std::atomic<std::size_t>* most = nullptr;
    void pump() {
      while (left > 0) {
        if (stream->backlog() > (256u << 10)) return stream->when_drained([self = shared_from_this()] { self->pump(); });
        if (!stream->write(*page)) return;
        --left;
        *most = std::max(most->load(), stream->backlog());
      }
      stream->close();
    }
  };
  TestServer server({}, [&](http::Server& s) {
    s.route("GET", "/export", [&](const http::Request&, std::shared_ptr<http::Exchange> e) {
      auto running = std::make_shared<Export>();
      running->stream = e->stream(http::Response::text(200, ""));
      running->page = &page;
      running->most = &most;
      running->pump();
    });
  });
  auto socket = server.connect();
  socket.say(get("/export"));
  socket.until("\r\n\r\n");
  const auto [body, whole] = dechunk(socket.rest());
  CHECK(whole);
  CHECK(body.size() == page.size() * kPages);
  CHECK(most <= (400u << 10));

  // One that is abandoned half-way is let go.
  auto second = server.connect();
  second.say(get("/export"));
  second.until("\r\n\r\n");
  second.shut();
  CHECK(server.serves());
}

TEST_CASE("when_drained answers even when everything was written before it was asked") {
  Opened opened;
  TestServer server({}, [&](http::Server& s) { opened.add(s, "x"); });
  auto socket = server.connect();
  socket.say(get("/stream"));
  auto stream = opened.future.get();
  socket.until("x\r\n");
  std::promise<void> called;
  stream->when_drained([&] { called.set_value(); });
  CHECK(called.get_future().wait_for(std::chrono::seconds(15)) == std::future_status::ready);
}

TEST_CASE("stopping the server ends open streams") {
  Opened opened;
  auto server = std::make_unique<TestServer>(http::ServerOptions{}, [&](http::Server& s) { opened.add(s, "x"); });
  auto socket = server->connect();
  socket.say(get("/stream"));
  auto stream = opened.future.get();
  socket.until("\r\n\r\n");
  std::thread stopper([&] { server->server->stop(); });
  const auto [body, whole] = dechunk(socket.rest());
  socket.shut();
  stopper.join();
  CHECK(body == "x");
  CHECK(whole);
  CHECK_FALSE(stream->write("after"));
  server.reset();
  CHECK_FALSE(stream->alive());
}
