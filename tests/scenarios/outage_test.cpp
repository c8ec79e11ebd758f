// Vendors gone, hostile bytes, a damaged or missing disk: what goes on, what is refused, and with which words.
#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/scenarios/scene.hpp"
#include "tests/support/processes.hpp"

using scene::Scene;
using support::wait_for;

namespace {

int raw_connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  timeval limit{15, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

/// Sends bytes and gives the first bytes of the answer; "" when the server just closed.
std::string raw(int port, const std::string& bytes) {
  const int fd = raw_connect(port);
  if (fd < 0) return "(refused)";
  send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  char buffer[512];
  const auto n = recv(fd, buffer, sizeof buffer, 0);
  close(fd);
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : "";
}

bool refused(const std::string& answer) { return answer.empty() || answer.rfind("HTTP/1.1 4", 0) == 0 || answer.rfind("HTTP/1.1 5", 0) == 0; }

}  // namespace

TEST_CASE("with Slack and Statuspage gone it starts, declares and publishes, and pays what it owes when they return") {
  Scene s;
  s.slack.fault({support::SlackFault::Kind::close_before_work, "", 500, 0, "", bot::Millis{0}, -1});
  s.vendor.always({support::StatuspageFault::Kind::refuse, support::StatuspageFault::On::everything, 503, bot::Millis{0}, "", ""});
  REQUIRE(s.muster->start());
  REQUIRE(s.muster->command("declare sev1 everything is down").status == 200);
  REQUIRE(s.muster->command("INC-1 role commander alice").status == 200);
  REQUIRE(s.muster->command("INC-1 public investigating api=major_outage We are looking.").status == 200);
  REQUIRE(s.waits_for("public_shown", 1));  // the built-in page needs nobody
  CHECK(s.public_page("/").find("We are looking.") != std::string::npos);
  s.slack.heal();
  s.vendor.heal();
  REQUIRE(s.waits_for("room_opened", 1, 90));
  REQUIRE(s.waits_for("public_shown", 2, 120));
  CHECK(s.vendor.incidents().size() == 1);
}

TEST_CASE("hostile HTTP gets the right status or a closed connection while everybody else is served") {
  scene::Options options;
  options.slack = false;
  options.vendor = false;
  Scene s(options);
  REQUIRE(s.muster->start());
  REQUIRE(s.muster->command("declare sev3 calm").status == 200);
  const auto before = s.muster->resident_bytes();
  const std::string post = "POST /api/v1/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + std::string(support::MusterProcess::kToken) +
                           "\r\nContent-Type: application/json\r\n";
  CHECK(refused(raw(s.muster->port(), post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n")));
  CHECK(refused(raw(s.muster->port(), post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ")));
  CHECK(refused(raw(s.muster->port(), post + "Content-Length: -5\r\n\r\n")));
  CHECK(refused(raw(s.muster->port(), post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")));
  CHECK(refused(raw(s.muster->port(), post + "Transfer-Encoding: xchunked\r\n\r\n{}")));
  CHECK(refused(raw(s.muster->port(), post + "Content-Length: 99999999999999999999\r\n\r\n")));
  CHECK(refused(raw(s.muster->port(), "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(200u << 10, 'a') + "\r\n\r\n")));
  const std::string deeper(100000, '[');
  CHECK(refused(raw(s.muster->port(), post + "Content-Length: " + std::to_string(deeper.size()) + "\r\n\r\n" + deeper)));
  const std::string deep(20000, '[');
  const std::string too_deep = raw(s.muster->port(), post + "Content-Length: " + std::to_string(deep.size()) + "\r\n\r\n" + deep);
  INFO(too_deep);
  CHECK(too_deep.rfind("HTTP/1.1 400", 0) == 0);
  const std::string bad = "{\"text\":\"note \xff\xfe\"}";
  CHECK(raw(s.muster->port(), post + "Content-Length: " + std::to_string(bad.size()) + "\r\n\r\n" + bad).rfind("HTTP/1.1 400", 0) == 0);
  CHECK(raw(s.muster->port(), std::string("\x16\x03\x01\x02\x00\x01\x00", 7)).find("200") == std::string::npos);
  {  // 200 MiB of headers: cut off early, not buffered
    const int fd = raw_connect(s.muster->port());
    REQUIRE(fd >= 0);
    std::string block = "GET / HTTP/1.1\r\nHost: x\r\n";
    std::size_t sent = 0;
    for (int i = 0; i < 200; ++i) {
      const auto n = send(fd, block.data(), block.size(), MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
      block = "X-Filler: " + std::string(1u << 20, 'b') + "\r\n";
    }
    close(fd);
    CHECK(sent < (100u << 20));
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &files);
  std::vector<int> idle;
  for (int i = 0; i < 2000; ++i)
    if (const int fd = raw_connect(s.muster->port()); fd >= 0) idle.push_back(fd);
  CHECK(wait_for([&] { return s.muster->command("INC-1 note still here").status == 200; }, 30));
  for (int fd : idle) close(fd);
  CHECK(s.muster->running());
  CHECK(s.muster->resident_bytes() < before + (support::sanitized(s.muster->pid()) ? 512u << 20 : 64u << 20));
}

TEST_CASE("user text comes out as text everywhere and notifies nobody") {
  Scene s;
  REQUIRE(s.muster->start());
  const std::string hostile = "<!channel> <@U03> @everyone <script>alert(1)</script> \xe2\x80\xae"
                              "gnp.exe\r\nX-Injected: 1";
  REQUIRE(s.muster->command("declare sev2 " + hostile).status == 200);
  REQUIRE(s.muster->command("INC-1 role commander alice").status == 200);
  REQUIRE(s.muster->command("INC-1 impact " + hostile).status == 200);
  REQUIRE(s.muster->command("INC-1 update " + hostile).status == 200);
  REQUIRE(s.muster->command("INC-1 public investigating api=major_outage " + hostile).status == 200);
  REQUIRE(s.waits_for("public_shown", 2, 60));
  REQUIRE(s.waits_for("room_opened", 1, 60));
  REQUIRE(s.slack.wait_until([&] {
    bool said = false;
    for (const auto& m : s.slack.messages(s.room_name())) said |= m.visible().find("@everyone") != std::string::npos;
    return said;
  }));
  for (const char* live : {"!channel", "!everyone", "!here", "@U03"}) CHECK(s.slack.notified().count(live) == 0);
  for (const char* path : {"/", "/history.atom", "/history.rss", "/updates.rss"}) {
    const auto page = s.public_page(path);
    INFO(path);
    CHECK_FALSE(page.empty());
    CHECK(page.find("<script>alert") == std::string::npos);
    CHECK(page.find("\xe2\x80\xae") == std::string::npos);
  }
  const auto md = s.muster->get("/api/v1/incidents/INC-1/timeline?format=md").body;
  CHECK(md.find("<script>") == std::string::npos);
  CHECK(md.find("\xe2\x80\xae") == std::string::npos);
  CHECK(md.find("\nX-Injected") == std::string::npos);
}

TEST_CASE("an unsigned, stale or altered slash command is 401, counted, and records nothing") {
  Scene s;
  REQUIRE(s.muster->start());
  support::SlashCommand c;
  c.text = "declare sev1 forged";
  const std::string body = support::slash_body(c);
  auto headers = support::slack_sign(body, bot::Time{} + bot::Millis{1});
  CHECK(s.muster->post("/slack/commands", body, headers).status == 401);
  CHECK(s.muster->post("/slack/commands", body, {{"Content-Type", "application/x-www-form-urlencoded"}}).status == 401);
  CHECK(s.incident().empty());
  const auto metrics = s.muster->get("/metrics").body;
  CHECK(metrics.find("signature") != std::string::npos);
}

TEST_CASE("no secret ever shows in logs, metrics, answers or the stored messages that people see") {
  Scene s;
  REQUIRE(s.muster->start());
  s.slack.error("invalid_auth", "", -1);
  s.muster->command("declare sev2 secrets");
  s.slash("INC-1 note x");
  REQUIRE(s.slack.wait_until([&] { return s.slack.calls().size() >= 2; }));
  REQUIRE(wait_for([&] { return s.muster->log().find("open_room") != std::string::npos; }));  // the failure is in the log by now
  const std::string everything = s.muster->log() + s.muster->get("/metrics").body + s.muster->get("/api/v1/incidents/INC-1/timeline?format=json").body +
                                 s.muster->get("/").body;
  for (const char* secret : {support::FakeSlack::kToken, support::FakeSlack::kSigningSecret, "statuspage-test-key", support::MusterProcess::kToken})
    CHECK(everything.find(secret) == std::string::npos);
}

TEST_CASE("a database that is none, or that belongs to a newer Muster, is refused with words that say what to do") {
  scene::Options options;
  options.slack = options.vendor = false;
  Scene s(options);
  SECTION("not a database") {
    std::ofstream(s.muster->database()) << "this is no database, it is a text that somebody put here by mistake";
  }
  SECTION("a folder nobody may write") {
    std::ofstream(s.muster->config(), std::ios::app) << "";
    REQUIRE(mkdir((s.muster->folder() + "/muster.db").c_str(), 0500) == 0);
  }
  CHECK_FALSE(s.muster->start(10));
  INFO(s.muster->log());
  CHECK(s.muster->log().find("muster.db") != std::string::npos);
}

TEST_CASE("altered history is found by verify") {
  scene::Options options;
  options.slack = options.vendor = false;
  Scene s(options);
  REQUIRE(s.muster->start());
  REQUIRE(s.muster->command("declare sev2 history").status == 200);
  REQUIRE(s.muster->command("INC-1 note what really happened").status == 200);
  CHECK(s.muster->stop() == 0);
  std::string bytes;
  {
    std::ifstream in(s.muster->database(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto at = bytes.find("what really happened");
  REQUIRE(at != std::string::npos);
  bytes.replace(at, 20, "what maybe happened!");
  std::ofstream(s.muster->database(), std::ios::binary) << bytes;
  const auto verified = s.muster->run({"verify"});
  INFO(verified.out);
  CHECK(verified.code == 1);
  CHECK(verified.out.find("INC-1") != std::string::npos);
}

TEST_CASE("a backup taken while it runs can be restored and gone on with") {
  scene::Options options;
  options.slack = options.vendor = false;
  Scene s(options);
  REQUIRE(s.muster->start());
  REQUIRE(s.muster->command("declare sev2 kept").status == 200);
  const std::string copy = s.muster->folder() + "/copy.db";
  const auto done = s.muster->run({"backup", copy});
  INFO(done.out);
  REQUIRE(done.code == 0);
  REQUIRE(s.muster->command("INC-1 note after the copy").status == 200);
  s.muster->kill9();
  for (const char* suffix : {"-wal", "-shm"}) unlink((s.muster->database() + suffix).c_str());
  REQUIRE(rename(copy.c_str(), s.muster->database().c_str()) == 0);
  REQUIRE(s.muster->start());
  CHECK(s.incident()["title"] == "kept");
  CHECK(s.count("note") == 0);
  CHECK(s.muster->command("INC-1 note going on").status == 200);
}
