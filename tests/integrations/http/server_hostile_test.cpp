// What a hostile or broken client may not achieve.
#include <catch2/catch.hpp>

#include <sys/resource.h>

#include <fstream>
#include <future>

#include "test_server.hpp"

using namespace tests;

namespace {

std::size_t resident_kib() {
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// CPU time of the whole process: what "does not spin" means without looking at a clock.
double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

std::string chunked(const std::string& body) {
  return "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

http::ServerOptions quick() {
  http::ServerOptions options;
  options.header_deadline = options.body_deadline = bot::Millis{300};
  options.write_deadline = bot::Millis{600};
  return options;
}

}  // namespace

TEST_CASE("bad chunk lines are refused and end the connection") {
  TestServer server;
  for (const char* body : {"-1\r\nx\r\n0\r\n\r\n", "-2\r\nx\r\n", "\r\nx\r\n", "xyz\r\n", "5 5\r\nhello\r\n", "0x5\r\nhello\r\n", "+5\r\nhello\r\n",
                           "ffffffffffffffffff\r\nx\r\n", "5\r\nhelloXX0\r\n\r\n", "5\nhello\n0\n\n"}) {
    auto socket = server.connect();
    socket.say(chunked(body));
    socket.half_close();
    const auto reply = socket.reply();
    INFO(body);
    CHECK((reply.status == 400 || reply.status == 413));
    CHECK(socket.ended());
  }
  CHECK(server.serves());
}

TEST_CASE("a chunk larger than the limit is refused before its bytes arrive") {
  TestServer server;
  auto socket = server.connect();
  CHECK(socket.ask(chunked("7fffffff\r\n")).status == 413);
  CHECK(socket.ended());
}

TEST_CASE("conflicting, negative and overflowing lengths are refused") {
  TestServer server;
  for (const char* lines : {"Content-Length: 5\r\nContent-Length: 6", "Content-Length: -1", "Content-Length: 99999999999999999999999", "Content-Length: 5, 6",
                            "Content-Length: 5x", "Content-Length: 0x5", "Content-Length: +5", "Content-Length:", "Content-Length: 5\r\nTransfer-Encoding: chunked",
                            "Transfer-Encoding: chunked\r\nContent-Length: 5"}) {
    auto socket = server.connect();
    const auto reply = socket.ask(std::string("POST /echo HTTP/1.1\r\nHost: x\r\n") + lines + "\r\n\r\nhello");
    INFO(lines);
    CHECK(reply.status == 400);
    CHECK(socket.ended());
  }
  CHECK(server.connect().ask("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status == 400);
}

TEST_CASE("an unknown Transfer-Encoding is 501, never an empty body") {
  TestServer server;
  for (const char* coding : {"xchunked", "gzip, chunked", "chunked, chunked", "identity", "chunked;x", "\"chunked\""}) {
    auto socket = server.connect();
    const auto reply = socket.ask(std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ") + coding + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    INFO(coding);
    CHECK((reply.status == 501 || reply.status == 400));
    CHECK(socket.ended());
  }
  CHECK(server.connect().ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n").status == 501);
}

TEST_CASE("requests that are not HTTP are refused") {
  TestServer server;
  for (const std::string& bad : {std::string("GET\r\n\r\n"), std::string("GET /hello\r\n\r\n"), std::string("GET /hello HTTP/9.9\r\nHost: x\r\n\r\n"),
                                std::string("G\x01T /hello HTTP/1.1\r\nHost: x\r\n\r\n"), std::string("GET /hello HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n"),
                                std::string("GET /hello HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 40), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)}) {
    auto socket = server.connect();
    socket.say(bad);
    socket.half_close();
    const auto reply = socket.reply();
    INFO(bad);
    CHECK((reply.status == 400 || reply.status == 505 || reply.head.empty()));
    CHECK(socket.ended());
  }
  const auto status = [&](const std::string& request) { return server.connect().ask(request).status; };
  CHECK(status("GET /hello HTTP/1.1\r\n\r\n") == 400);                          // no Host
  CHECK(status("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);    // two
  CHECK(status("GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n") == 400);
  CHECK(status("GET /hello HTTP/1.1\r\nHost: a/../b\r\n\r\n") == 400);
  CHECK(status("GET /a/../hello HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
  CHECK(status("GET /hello%00 HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
  CHECK(status("CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
  CHECK(server.serves());
}

TEST_CASE("a body beyond the route's limit is answered at once, without reading it") {
  TestServer server;
  auto socket = server.connect();
  CHECK(socket.ask("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n").status == 413);
  CHECK(socket.ended());
  CHECK(server.connect().ask(post("/small", "0123456789")).status == 200);
  CHECK(server.connect().ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n").status == 413);
  CHECK(server.connect().ask("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n").status == 413);
  CHECK(server.connect().ask(post("/echo", std::string(1u << 20, 'a'))).status == 200);
}

TEST_CASE("a client that sends a whole large body still sees the 413") {
  TestServer server;
  auto socket = server.connect();
  socket.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + std::string(4000000, 'a'));
  CHECK(socket.reply().status == 413);
}

TEST_CASE("200 MiB of headers are cut off early and cost no memory") {
  TestServer server;
  const std::size_t before = resident_kib();
  auto socket = server.connect();
  const std::string line = "X-Filler: " + std::string(1000, 'a') + "\r\n";
  std::string block;
  for (int i = 0; i < 1000; ++i) block += line;
  std::size_t sent = socket.say("GET /hello HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i < 200; ++i) {
    const std::size_t n = socket.say(block);
    sent += n;
    if (n < block.size()) break;
  }
  CHECK(sent < (40u << 20));
  CHECK(resident_kib() < before + 64 * 1024);
  CHECK(server.serves());

  auto small = server.connect();
  std::string header = "GET /hello HTTP/1.1\r\nHost: x\r\n";
  while (header.size() < (17u << 10)) header += "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
  CHECK(small.ask(header + "\r\n").status == 431);
  auto one_line = server.connect();
  CHECK(one_line.ask("GET /hello HTTP/1.1\r\nHost: x\r\nX: " + std::string(17u << 10, 'a')).status == 431);
  auto long_target = server.connect();
  CHECK(long_target.ask("GET /" + std::string(17u << 10, 'a')).status == 431);
  // Piece by piece the limit is the same.
  auto pieces = server.connect();
  pieces.say("GET /hello HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i < 400; ++i)
    if (pieces.say("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n") == 0) break;
  CHECK(pieces.reply().status == 431);
}

TEST_CASE("endless trailers and chunk extensions are cut off") {
  TestServer server;
  const auto flood = [&](const std::string& start, const std::string& piece) {
    auto socket = server.connect();
    socket.say(start);
    std::size_t sent = 0;
    for (int i = 0; i < 2000; ++i) {
      const std::size_t n = socket.say(piece);
      sent += n;
      if (n < piece.size()) break;
    }
    return socket.reply().status;
  };
  CHECK(flood(chunked("0\r\n"), "X-Trailer: " + std::string(200, 'a') + "\r\n") == 400);
  CHECK(flood(chunked("1;x="), std::string(200, 'a')) == 400);
  CHECK(flood(chunked(""), "1;x=" + std::string(200, 'a') + "\r\na\r\n") == 400);
  CHECK(server.serves());
}

TEST_CASE("a header that never ends is answered 408, a silent connection closed without words") {
  TestServer server(quick());
  auto slow = server.connect();
  slow.say("GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  auto silent = server.connect();
  CHECK(silent.ended());
  CHECK(slow.reply().status == 408);
  CHECK(slow.ended());
  auto kept = server.connect();
  CHECK(kept.ask(get("/hello")).status == 200);
  CHECK(kept.ended());  // idle keep-alive counts too
}

TEST_CASE("a trickling header does not extend its deadline") {
  TestServer server(quick());
  auto socket = server.connect();
  std::string heard;
  std::promise<void> over;
  auto done = over.get_future();
  std::thread trickle([&] {
    socket.say("GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    while (done.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout) socket.say("a");
  });
  const auto reply = socket.reply();
  over.set_value();
  trickle.join();
  CHECK(reply.status == 408);
}

TEST_CASE("a body that never ends is answered 408") {
  TestServer server(quick());
  auto socket = server.connect();
  socket.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
  CHECK(socket.reply().status == 408);
  CHECK(socket.ended());
  auto chunks = server.connect();
  chunks.say(chunked("5\r\nhel"));
  CHECK(chunks.reply().status == 408);
}

TEST_CASE("a client that never reads its answer is dropped") {
  const std::string large(8u << 20, 'x');
  TestServer server(quick(), [&](http::Server& s) {
    s.route("GET", "/large", [&](const http::Request&, std::shared_ptr<http::Exchange> e) { e->respond(http::Response::text(200, large)); });
  });
  auto socket = server.connect();
  socket.say(get("/large"));
  // The write deadline closes the connection although nothing was read: the end arrives before the whole body.
  pollfd waiting{socket.fd(), POLLRDHUP, 0};
  CHECK(::poll(&waiting, 1, 15000) == 1);
  CHECK(socket.rest().size() < large.size());
  CHECK(server.serves());
}

TEST_CASE("2,000 idle connections do not keep others out, cost little memory and no CPU") {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const rlim_t old = files.rlim_cur;
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
  REQUIRE(files.rlim_cur >= 5000);
  {
    TestServer server;  // its cap is 1,024
    const std::size_t before = resident_kib();
    std::vector<RawSocket> idle;
    for (int i = 0; i < 2000; ++i) {
      idle.push_back(server.connect());
      REQUIRE(idle.back().open());
      if (i % 2) idle.back().say("GET /hello HTTP/1.1\r\nX-Half: ");  // half of them say something
      if (i % 100 == 0) CHECK(server.serves());
    }
    const double cpu = cpu_seconds();
    for (int i = 0; i < 50; ++i) CHECK(server.serves());
    CHECK(cpu_seconds() - cpu < 5);
    CHECK(resident_kib() < before + 64 * 1024);
  }
  files.rlim_cur = old;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

TEST_CASE("when every client waits for us, a newcomer is told 503 with Retry-After") {
  http::ServerOptions options;
  options.connection_limit = 2;
  std::vector<std::shared_ptr<http::Exchange>> held;
  std::promise<void> both;
  TestServer server(options, [&](http::Server& s) {
    s.route("GET", "/held", [&](const http::Request&, std::shared_ptr<http::Exchange> e) {
      held.push_back(e);
      if (held.size() == 2) both.set_value();
    });
  });
  auto first = server.connect();
  auto second = server.connect();
  first.say(get("/held"));
  second.say(get("/held"));
  both.get_future().wait();
  auto third = server.connect();
  third.say(get("/hello"));
  const auto refused = third.reply();
  CHECK(refused.status == 503);
  CHECK(refused.head.find("Retry-After: 2\r\n") != std::string::npos);
  CHECK(third.ended());
  held[0]->respond(http::Response::text(200, "now"));
  CHECK(first.reply().body == "now");
  CHECK(server.serves());  // the first one is idle now and gives way
  held[1]->respond(http::Response::text(200, "now"));
  CHECK(second.reply().body == "now");
}

TEST_CASE("running out of file descriptors neither spins nor ends the service") {
  TestServer server;
  auto busy = server.connect();
  CHECK(busy.ask(get("/hello")).status == 200);
  // Take every descriptor of the process, leaving none for accept().
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const rlim_t old = files.rlim_cur;
  std::vector<int> taken;
  auto newcomer = RawSocket(::socket(AF_INET, SOCK_STREAM, 0));
  files.rlim_cur = static_cast<rlim_t>(newcomer.fd()) + 8;
  ::setrlimit(RLIMIT_NOFILE, &files);
  for (int fd; (fd = ::dup(0)) >= 0;) taken.push_back(fd);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(newcomer.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const double cpu = cpu_seconds();
  newcomer.say(get("/hello"));
  // The idle connection gives way, so the newcomer is served even now.
  CHECK(newcomer.reply().status == 200);
  CHECK(busy.ended());
  CHECK(cpu_seconds() - cpu < 2);
  for (int fd : taken) ::close(fd);
  files.rlim_cur = old;
  ::setrlimit(RLIMIT_NOFILE, &files);
  CHECK(server.serves());
}

TEST_CASE("clients that vanish mid-answer do no harm") {
  const std::string large(1u << 20, 'x');
  TestServer server({}, [&](http::Server& s) {
    s.route("GET", "/large", [&](const http::Request&, std::shared_ptr<http::Exchange> e) { e->respond(http::Response::text(200, large)); });
  });
  for (int i = 0; i < 50; ++i) {
    auto socket = server.connect();
    const linger hard{1, 0};
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    socket.say(get("/large") + get("/large"));
  }
  CHECK(server.serves());
}
