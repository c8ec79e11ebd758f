// The real binary with every fault of the wire between it and its vendors: it lives, answers people meanwhile, keeps its memory,
// and pays what it owes exactly once when the wire is good again.
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "tests/scenarios/scene.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/loopback_http.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/test_certificates.hpp"

using scene::Scene;
using support::Fault;
using support::FaultProxy;
using support::FakeSlack;
using support::wait_for;

namespace {

/// What Muster and its children may take above what it had at the start. Under a sanitizer the children have no limit.
std::size_t room_of(pid_t muster) { return support::sanitized(muster) ? std::size_t{3} << 30 : 64u << 20; }

int port_of(const std::string& url) { return std::stoi(url.substr(url.rfind(':') + 1)); }

/// Where redirects lead: whoever follows one is counted.
struct Elsewhere {
  std::atomic<int> came{0};
  support::LoopbackHttp server{[this](const support::WireRequest&) {
    ++came;
    return support::WireAnswer{};
  }};
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server.port()) + "/take"; }
};

struct Between {
  Elsewhere elsewhere;
  FaultProxy slack, vendor;
  std::unique_ptr<Scene> scene;
  explicit Between(support::ProxyTls tls = {}, const std::string& alice_webhook = {}) : slack(0, tls), vendor(0, tls) {
    scene::Options options;
    options.alice_webhook = alice_webhook;
    if (!alice_webhook.empty()) options.extra = "paging: {secret: \"a-secret-of-the-tests\", policy: [{notify: [alice], wait: 1h}]}\n";
    options.slack_url = slack.url("/api/");
    options.vendor_url = vendor.url("/v1");
    scene = std::make_unique<Scene>(options);
    slack.lead_to(port_of(scene->slack.url()));
    vendor.lead_to(port_of(scene->vendor.url()));
  }
  support::MusterProcess& muster() { return *scene->muster; }
};

/// The most that Muster and its children had resident, the program's own share at its first look left out.
class Watch {
 public:
  explicit Watch(pid_t pid) : pid_(pid), before_(support::resident_with_children(pid)), thread_([this] {
    while (!over_) {
      most_ = std::max<std::size_t>(most_, support::resident_with_children(pid_));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }) {}
  ~Watch() {
    over_ = true;
    thread_.join();
  }
  std::size_t grown() const { return most_ > before_ ? most_ - before_ : 0; }

 private:
  pid_t pid_;
  std::size_t before_;
  std::atomic<std::size_t> most_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

Fault once(Fault fault) {
  fault.times = 1;
  return fault;
}

/// Every message of every channel at most once, and no room twice.
void check_slack_once(Scene& s, int incidents) {
  std::map<std::string, int> ops;
  for (const auto& channel : s.slack.channels())
    for (const auto& m : s.slack.messages(channel.id)) ++ops[m.op()];
  for (const auto& [op, n] : ops) {
    INFO(op);
    CHECK(n == 1);
  }
  int rooms = 0;
  for (const auto& channel : s.slack.channels()) rooms += channel.name.rfind("inc-", 0) == 0;
  CHECK(rooms == incidents);
  CHECK(s.slack.complaints().empty());
}

}  // namespace

TEST_CASE("every fault between it and Slack costs one call: people are answered meanwhile, and all is there once in the end") {
  Between b;
  Scene& s = *b.scene;
  REQUIRE(b.muster().start());
  const pid_t pid = b.muster().pid();
  const std::size_t room = room_of(pid);
  Watch watch(pid);
  int incidents = 0;
  for (const auto& [name, fault] : support::typical_faults(b.elsewhere.url())) {
    INFO(name);
    b.slack.fault(once(fault));
    REQUIRE(b.muster().command("declare sev3 meets " + std::to_string(incidents)).status == 200);
    ++incidents;
    CHECK(b.slack.wait_until_met(1, 60));
    CHECK(b.muster().command("INC-1 show").status == 200);
    REQUIRE(b.muster().running());
  }
  b.slack.heal();
  for (int n = 1; n <= incidents; ++n) {
    const bool opened = s.waits_for("room_opened", 1, 120, n);
    INFO("INC-" << n << "\n" << b.muster().log());
    REQUIRE(opened);
  }
  CHECK(wait_for([&] { return static_cast<int>(s.slack.messages(FakeSlack::kAnnounce).size()) >= incidents; }, 120));
  check_slack_once(s, incidents);
  CHECK(watch.grown() < room);
  CHECK(b.elsewhere.came == 0);
  CHECK(b.muster().pid() == pid);
  CHECK(b.muster().stop() == 0);
  CHECK(b.muster().run({"verify"}).code == 0);
}

TEST_CASE("every kind of fault between it and the status page leaves one public incident each, said once") {
  Between b;
  Scene& s = *b.scene;
  REQUIRE(b.muster().start());
  const std::size_t room = room_of(b.muster().pid());
  Watch watch(b.muster().pid());
  int incidents = 0;
  for (const auto& [name, fault] : support::typical_faults(b.elsewhere.url())) {
    INFO(name);
    ++incidents;
    const std::string incident = "INC-" + std::to_string(incidents) + " ";
    REQUIRE(b.muster().command("declare sev2 relay " + std::to_string(incidents)).status == 200);
    REQUIRE(b.muster().command(incident + "role commander alice").status == 200);
    b.vendor.fault(once(fault));
    REQUIRE(b.muster().command(incident + "public investigating api=major_outage Words number " + std::to_string(incidents) + ".").status == 200);
    CHECK(b.vendor.wait_until_met(1, 60));
    REQUIRE(b.muster().running());
  }
  b.vendor.heal();
  for (int n = 1; n <= incidents; ++n) {
    const bool shown = s.waits_for("public_shown", 2, 180, n);  // the built-in page and the vendor's
    INFO("INC-" << n << "\n" << b.muster().log());
    REQUIRE(shown);
  }
  std::map<std::string, int> said;
  for (const auto& remote : s.vendor.incidents())
    for (const auto& update : remote.updates) ++said[update.body];
  CHECK(static_cast<int>(s.vendor.incidents().size()) == incidents);
  CHECK(static_cast<int>(said.size()) == incidents);
  for (const auto& [words, n] : said) {
    INFO(words);
    CHECK(n == 1);
  }
  CHECK(watch.grown() < room);
  CHECK(b.elsewhere.came == 0);
  CHECK(b.muster().stop() == 0);
}

TEST_CASE("every fault between it and a person's pager costs at most a repeat under the same key; a page that cannot arrive is told") {
  std::mutex mutex;
  std::map<std::string, std::set<std::string>> keys;  // by what the page says
  support::LoopbackHttp pager([&](const support::WireRequest& request) {
    const auto json = nlohmann::json::parse(request.body, nullptr, false);
    const std::lock_guard lock(mutex);
    if (json.is_object()) keys[json.value("incident", "")].insert(request.headers.count("idempotency-key") ? request.headers.at("idempotency-key") : "");
    return support::WireAnswer{};
  });
  FaultProxy wire(pager.port());
  Between b({}, wire.url("/alice"));
  Scene& s = *b.scene;
  REQUIRE(b.muster().start());
  const std::size_t room = room_of(b.muster().pid());
  Watch watch(b.muster().pid());
  int n = 0;
  for (const auto& [name, fault] : support::typical_faults(b.elsewhere.url())) {
    INFO(name);
    const std::string incident = "INC-" + std::to_string(++n);
    REQUIRE(b.muster().command("declare sev3 wakes somebody " + std::to_string(n)).status == 200);
    wire.fault(once(fault));
    REQUIRE(b.muster().command(incident + " page alice please look").status == 200);
    CHECK(wire.wait_until_met(1, 60));
    REQUIRE(b.muster().running());
    std::string came_to;  // sent, or (a redirect is nobody's answer) said to have failed
    const auto told = [&] {
      for (const auto& entry : s.entries(n))
        if (entry["facts"].value("channel", "") == "webhook") came_to = entry["kind"];
      return !came_to.empty();
    };
    REQUIRE(wait_for(told, 60));
    const std::lock_guard lock(mutex);
    if (came_to == "page_sent") CHECK(keys[incident].size() == 1);
    else CHECK((came_to == "page_failed" && name.rfind("redirect", 0) == 0));
  }
  CHECK(watch.grown() < room);
  CHECK(b.elsewhere.came == 0);
  CHECK(b.muster().stop() == 0);
}

TEST_CASE("while every answer of both vendors is a flood, people are served and memory is bounded") {
  Between b;
  Scene& s = *b.scene;
  REQUIRE(b.muster().start());
  const std::size_t room = room_of(b.muster().pid());
  Watch watch(b.muster().pid());
  int incidents = 0;
  for (const auto& [name, fault] : support::typical_faults(b.elsewhere.url())) {
    if (fault.piece.empty()) continue;
    INFO(name);
    b.slack.fault(fault);
    b.vendor.fault(fault);
    ++incidents;
    const std::string incident = "INC-" + std::to_string(incidents) + " ";
    REQUIRE(b.muster().command("declare sev2 flood " + std::to_string(incidents)).status == 200);
    REQUIRE(b.muster().command(incident + "role commander alice").status == 200);
    CHECK(b.slack.wait_until_met(2, 60));
    for (int i = 0; i < 5; ++i) CHECK(b.muster().command(incident + "note while it floods").status == 200);
    REQUIRE(b.muster().running());
  }
  REQUIRE(b.muster().command("INC-1 public investigating api=major_outage After the flood.").status == 200);
  CHECK(b.vendor.wait_until_met(1, 60));
  b.slack.heal();
  b.vendor.heal();
  for (int n = 1; n <= incidents; ++n) {
    INFO("INC-" << n << "\n" << b.muster().log());
    REQUIRE(s.waits_for("room_opened", 1, 180, n));
  }
  REQUIRE(s.waits_for("public_shown", 2, 180, 1));
  CHECK(s.vendor.incidents().size() == 1);
  check_slack_once(s, incidents);
  CHECK(watch.grown() < room);
}

TEST_CASE("an expired or foreign certificate gets not a byte, and what is owed goes out when it is right again") {
  support::TestAuthority authority;
  const support::Trust trust(authority);
  const auto expired = authority.issue("localhost", -7200, -3600);
  const auto good = authority.issue();
  // A certificate is renewed under the same file names; the proxy on the same port takes it up when it is made anew.
  Between b({good.certificate, good.key});
  Scene& s = *b.scene;
  FaultProxy wrong(port_of(s.slack.url()), {expired.certificate, expired.key});
  FaultProxy other(port_of(s.slack.url()), [&] {
    const auto pair = authority.issue("slack.example");
    return support::ProxyTls{pair.certificate, pair.key};
  }());
  for (FaultProxy* bad : {&wrong, &other}) {
    scene::Options options;
    options.vendor = false;
    options.slack_url = bad->url("/api/");
    Scene t(options);
    REQUIRE(t.muster->start());
    REQUIRE(t.muster->command("declare sev3 whom to trust").status == 200);
    CHECK(wait_for([&] { return bad->connections() >= 2; }, 60));
    CHECK(t.muster->command("INC-1 note going on").status == 200);
    CHECK(bad->requests() == 0);
    CHECK(t.muster->stop() == 0);
  }
  REQUIRE(b.muster().start());
  REQUIRE(b.muster().command("declare sev3 trusted").status == 200);
  REQUIRE(s.waits_for("room_opened", 1, 60));
  CHECK(b.slack.handshakes() > 0);
}

TEST_CASE("the processes for outgoing calls end with Muster, however it ends, and leave no zombie") {
  Between b;
  Scene& s = *b.scene;
  REQUIRE(b.muster().start());
  REQUIRE(b.muster().command("declare sev3 lives").status == 200);
  REQUIRE(s.waits_for("room_opened", 1, 60));
  auto children = support::children_of(b.muster().pid());
  REQUIRE(children.size() == 1);
  SECTION("killed") {
    b.slack.fault([] {
      Fault f;
      f.kind = Fault::Kind::black_hole;
      return f;
    }());
    REQUIRE(b.muster().command("declare sev3 hangs").status == 200);
    CHECK(b.slack.wait_until_met(1));
    b.muster().kill9();
  }
  SECTION("asked to stop, the whole group at once, as a terminal or systemd does") {
    for (const auto& child : children) ::kill(child.pid, SIGTERM);
    REQUIRE(b.muster().command("declare sev3 the last words").status == 200);
    REQUIRE(s.waits_for("room_opened", 1, 60, 2));
    const auto again = support::children_of(b.muster().pid());
    REQUIRE(again.size() == 1);
    CHECK(again[0].pid == children[0].pid);
    CHECK(b.muster().stop() == 0);
  }
  SECTION("the process killed under it") {
    ::kill(children[0].pid, SIGKILL);
    REQUIRE(b.muster().command("declare sev3 goes on").status == 200);
    REQUIRE(s.waits_for("room_opened", 1, 60, 2));
    const auto others = support::children_of(b.muster().pid());
    REQUIRE(others.size() == 1);
    CHECK(others[0].pid != children[0].pid);
    CHECK(others[0].state != 'Z');
    children = others;
    CHECK(b.muster().stop() == 0);
  }
  for (const auto& child : children) CHECK(wait_for([&] { return !support::exists(child.pid); }));
}
