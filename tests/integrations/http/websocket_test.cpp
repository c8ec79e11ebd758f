// The websocket's port: what a server can do to it costs one connection, and no reason repeats the address. Real processes, raw servers.
#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>

#include "integrations/http/websocket.hpp"
#include "test_server.hpp"
#include "tests/support/test_certificates.hpp"

using namespace tests;

TEST_CASE("child: a websocket's process", "[.websocket]") { ::_exit(http::serve_outbound_socket()); }
TEST_CASE("child: one that dies", "[.dying-websocket]") { ::_exit(7); }
TEST_CASE("child: one that babbles", "[.babbling-websocket]") {
  const char bytes[] = "\x05\x00\x00\x00Zabcd";
  (void)!::write(3, bytes, 9);
  ::sleep(30);
  ::_exit(0);
}

namespace {

struct Listening {
  std::mutex mutex;
  std::condition_variable changed;
  bool opened = false;
  std::string closed;
  std::unique_ptr<http::WebSocket> socket;

  explicit Listening(const std::string& url, const std::string& child = "websocket") {
    http::SocketEvents events;
    events.on_open = [this] { note([this] { opened = true; }); };
    events.on_closed = [this](std::string reason) { note([this, reason] { closed = reason; }); };
    http::WebSocketOptions options;
    options.command = {"/proc/self/exe", "[." + child + "]"};
    if (child == "nowhere") options.command = {"/nowhere/muster"};
    socket = http::open_websocket(url, std::move(events), options);
  }
  template <class Act>
  void note(Act act) {
    std::lock_guard lock(mutex);
    act();
    changed.notify_all();
  }
  /// Why it ended; "" when it did not within twenty seconds.
  std::string end() {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(20), [this] { return !closed.empty(); });
    return closed;
  }
};

constexpr const char* kTicket = "/link/?ticket=very-secret";
std::string address(int port) { return "ws://127.0.0.1:" + std::to_string(port) + kTicket; }

}  // namespace

TEST_CASE("a server that answers the handshake with something else ends the connection with a reason that holds no ticket") {
  for (const std::string answer : {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "SSH-2.0-x\r\n", "", "\0\0\0\0",
                                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
                                   "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"}) {
    ScriptedServer server([&answer](RawSocket& socket) {
      socket.until("\r\n\r\n");
      socket.say(answer);
    });
    Listening l(address(server.port()));
    const std::string reason = l.end();
    INFO(answer.substr(0, 40));
    CHECK_FALSE(reason.empty());
    CHECK(reason.find("very-secret") == std::string::npos);
    CHECK_FALSE(l.opened);
  }
}

TEST_CASE("a refused connection, an address that is none, a program that is not there, a process that dies or babbles: each is told") {
  CHECK_FALSE(Listening(address(1)).end().empty());
  for (const char* url : {"", "not an address very-secret", "http://127.0.0.1:1/very-secret", "ws://"}) {
    Listening l(url);
    const std::string reason = l.end();
    INFO(url);
    CHECK_FALSE(reason.empty());
    CHECK(reason.find("very-secret") == std::string::npos);
  }
  CHECK(Listening(address(1), "nowhere").end().find("did not start") != std::string::npos);
  CHECK(Listening(address(1), "dying-websocket").end().find("exit 7") != std::string::npos);
  CHECK(Listening(address(1), "babbling-websocket").end().find("unknown") != std::string::npos);
}

TEST_CASE("a server that never answers is no reason to wait when the socket is let go") {
  ScriptedServer server([](RawSocket& socket) { socket.rest(30000); });
  Listening l(address(server.port()));
  l.socket->send("early");
  l.socket->ping();
  l.socket.reset();
  CHECK(l.closed.empty());
}

TEST_CASE("a certificate that nobody vouches for is not spoken to") {
  support::TestAuthority authority;
  const auto pair = authority.issue();
  http::ServerOptions options;
  options.tls_certificate = pair.certificate;
  options.tls_key = pair.key;
  TestServer server(options);
  const std::string url = "wss://localhost:" + std::to_string(server.port()) + "/hello";
  const std::string stranger = Listening(url).end();
  CHECK(stranger.find("TLS") != std::string::npos);
  support::Trust trust(authority);
  const std::string known = Listening(url).end();  // the handshake of TLS succeeds, that of the websocket does not
  CHECK_FALSE(known.empty());
  CHECK(known != stranger);
}
