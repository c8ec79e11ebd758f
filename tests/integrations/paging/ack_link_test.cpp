// Acknowledge links over a real socket: a GET only shows, a POST acknowledges, an altered or expired link does neither.
#include <catch2/catch.hpp>

#include <mutex>

#include "integrations/http/client.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/paging/ack_link.hpp"
#include "tests/support/fake_env.hpp"

namespace {

const bot::Secret kSecret("paging-secret-0123456789");

/// One incident, nothing else.
class OneIncident : public bot::Reader {
 public:
  bot::Result<std::optional<bot::Incident>> incident(std::int64_t number) override {
    std::unique_lock lock(mutex);
    if (broken) return bot::fail(bot::ErrorKind::unavailable, "no disk");
    return number == row.number ? std::optional<bot::Incident>(row) : std::nullopt;
  }
  bot::Result<std::vector<bot::Incident>> incidents(const bot::IncidentFilter&) override { return std::vector<bot::Incident>{}; }
  bot::Result<std::vector<bot::Entry>> timeline(std::int64_t, std::int64_t, int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::vector<bot::Entry>> stream(std::int64_t, int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::int64_t> last_position() override { return std::int64_t{0}; }
  bot::Result<std::optional<std::int64_t>> incident_of(const bot::RoomKey&) override { return std::optional<std::int64_t>{}; }
  bot::Result<std::vector<bot::Reference>> references(std::int64_t, const std::string&) override { return std::vector<bot::Reference>{}; }
  bot::Result<std::vector<bot::QueuedMessage>> troubled(int) override { return std::vector<bot::QueuedMessage>{}; }
  bot::Result<std::vector<bot::OutboxCount>> outbox_counts() override { return std::vector<bot::OutboxCount>{}; }
  bot::Result<std::vector<bot::Entry>> public_updates(int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::vector<bot::Person>> people() override { return std::vector<bot::Person>{}; }
  bot::Result<std::optional<std::string>> adapter_state(const std::string&) override { return std::optional<std::string>{}; }

  std::mutex mutex;
  bot::Incident row;
  bool broken = false;
};

class Acknowledger : public bot::Intake {
 public:
  explicit Acknowledger(OneIncident& store) : store_(store) {}
  void submit(bot::Request request, bot::Completion done) override {
    requests.push_back(request);
    bot::Reply out = reply;
    if (acknowledges) {
      std::unique_lock lock(store_.mutex);
      store_.row.pages.back().open = false;
      store_.row.pages.back().acknowledged_by = faster.empty() ? request.caller.external_id : faster;
    }
    done(out);
  }
  std::vector<bot::Request> requests;
  bot::Reply reply;
  bool acknowledges = true;
  std::string faster;

 private:
  OneIncident& store_;
};

struct Site {
  bot::Settings settings;
  support::FakeClock clock;
  bot::People people;
  OneIncident reader;
  Acknowledger intake{reader};
  std::unique_ptr<http::Server> server = http::make_server({});
  std::unique_ptr<http::Client> client = http::make_client();

  Site() {
    settings.paging.secret = kSecret;
    for (const char* id : {"alice", "bob"}) {
      bot::Person person;
      person.id = id;
      person.name = id == std::string("alice") ? "Alice" : "Bob <b>";
      people.put(person);
    }
    reader.row.number = 7;
    reader.row.title = "Checkout <script>alert(1)</script>";
    reader.row.severity = "sev1";
    bot::PageRun run;
    run.id = "run-1";
    run.paged = {"alice"};
    reader.row.pages = {run};
    paging::add_routes(*server, intake, reader, people, settings, clock);
    REQUIRE(server->start().ok());
    settings.server.public_url = "http://127.0.0.1:" + std::to_string(server->port());
  }
  ~Site() { server->stop(); }
  std::string url(const std::string& page = "run-1", std::int64_t incident = 7, const std::string& person = "alice") {
    return paging::make_ack_url(settings, incident, page, person, clock.now() + bot::Millis{3600000});
  }
  http::Answer call(const std::string& method, const std::string& to) {
    http::Call call;
    call.method = method;
    call.url = to;
    auto result = client->call(call);
    REQUIRE(std::holds_alternative<http::Answer>(result));
    return std::get<http::Answer>(result);
  }
};

bool has(const http::Answer& answer, const std::string& words) { return answer.body.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("a token comes back whole, and any change to it is seen") {
  const paging::AckToken token{"run-1", 7, "alice", bot::Time{bot::Millis{1795448538000}}};
  const std::string text = paging::make_token(kSecret, token);
  CHECK(paging::read_token(kSecret, text) == token);
  CHECK_FALSE(paging::read_token(bot::Secret("another-secret-0123456789"), text));
  CHECK_FALSE(paging::read_token(bot::Secret(), text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(paging::read_token(kSecret, changed));
    CHECK_FALSE(paging::read_token(kSecret, text.substr(0, i)));
  }
  for (const std::string& bad : {std::string("."), std::string("a.b"), std::string(5000, 'a'), text + "a", "." + text}) CHECK_FALSE(paging::read_token(kSecret, bad));
  // A webhook's signature made with the same secret is no token.
  const std::string payload = "run-1\n7\n1795448538\nalice";
  CHECK_FALSE(paging::read_token(kSecret, http::base64url(payload) + "." + http::hmac_sha256_hex(kSecret, payload)));
}

TEST_CASE("without paging.secret there are no links") {
  CHECK(paging::make_ack_url({}, 7, "run-1", "alice", bot::Time{}).empty());
}

TEST_CASE("a GET shows what the page is about and changes nothing") {
  Site site;
  const auto answer = site.call("GET", site.url());
  CHECK(answer.status == 200);
  CHECK(has(answer, "Alice, you are paged."));
  CHECK(has(answer, "INC-7"));
  CHECK(has(answer, "sev1"));
  CHECK(has(answer, "&lt;script&gt;"));
  CHECK_FALSE(has(answer, "<script"));
  CHECK(has(answer, "<form method=\"post\">"));
  CHECK(site.intake.requests.empty());
  const auto& policy = answer.header("content-security-policy");
  CHECK(policy.find("default-src 'none'") == 0);
  CHECK(policy.find("unsafe") == std::string::npos);
  const auto from = answer.body.find("<style>") + 7;
  const std::string style = answer.body.substr(from, answer.body.find("</style>") - from);
  const auto hash = policy.find("'sha256-") + 8;
  std::string raw, hex;
  REQUIRE(http::base64url_decode(policy.substr(hash, policy.find("='", hash) - hash), raw));
  for (const unsigned char c : raw) {
    hex += "0123456789abcdef"[c >> 4];
    hex += "0123456789abcdef"[c & 15];
  }
  CHECK(hex == http::sha256_hex(style));  // the policy allows exactly these bytes
  CHECK(answer.header("cache-control") == "no-store");
  CHECK(answer.header("referrer-policy") == "no-referrer");
}

TEST_CASE("a POST acknowledges as the person the link was made for") {
  Site site;
  const auto answer = site.call("POST", site.url());
  CHECK(answer.status == 200);
  CHECK(has(answer, "Acknowledged."));
  CHECK_FALSE(has(answer, "<form"));
  REQUIRE(site.intake.requests.size() == 1);
  const auto& request = site.intake.requests[0];
  CHECK(request.cls == bot::RequestClass::human);
  CHECK(request.caller.kind == bot::ActorKind::person);
  CHECK(request.caller.integration == "link");
  CHECK(request.caller.external_id == "alice");
  CHECK(site.people.by_identity("link", "alice")->id == "alice");
  REQUIRE(request.dedup_keys.size() == 1);
  CHECK(request.dedup_keys[0].find("link:") == 0);
  const auto& invocation = std::get<bot::Invocation>(request.body);
  CHECK(invocation.verb == "ack");
  CHECK(invocation.incident == 7);
  CHECK(invocation.arg("page") == "run-1");
  const auto again = site.call("POST", site.url());
  CHECK(again.status == 200);
  CHECK(has(again, "You have acknowledged this page."));
  CHECK(site.intake.requests.size() == 1);
}

TEST_CASE("whoever comes second is told who was first") {
  Site site;
  SECTION("seen before") {
    site.reader.row.pages.back().open = false;
    site.reader.row.pages.back().acknowledged_by = "bob";
    for (const char* method : {"GET", "POST"}) {
      const auto answer = site.call(method, site.url());
      CHECK(answer.status == 200);
      CHECK(has(answer, "Bob &lt;b&gt; has acknowledged this page already."));
    }
    CHECK(site.intake.requests.empty());
  }
  SECTION("in the same moment") {
    site.intake.faster = "bob";
    CHECK(has(site.call("POST", site.url()), "Bob &lt;b&gt; has acknowledged this page already."));
  }
}

TEST_CASE("a page that is over says so instead of acknowledging a newer one") {
  Site site;
  bot::PageRun newer;
  newer.id = "run-2";
  site.reader.row.pages.back().open = false;
  site.reader.row.pages.push_back(newer);
  const auto answer = site.call("POST", site.url());
  CHECK(has(answer, "This page is over."));
  CHECK(has(answer, "still open"));
  CHECK(site.intake.requests.empty());
}

TEST_CASE("altered, expired and foreign links are 403 and say what to do") {
  Site site;
  const std::string good = site.url();
  std::string altered = good;
  altered[altered.size() - 70] ^= 1;
  for (const char* method : {"GET", "POST"}) {
    for (const auto& bad : {altered, good + "x", site.settings.server.public_url + "/ack/x", site.url("run-1", 8), site.url("run-1", 7, "zoe")}) {
      const auto answer = site.call(method, bad);
      CHECK(answer.status == 403);
      CHECK_FALSE(has(answer, "<form"));
      CHECK_FALSE(has(answer, "Checkout"));
    }
  }
  site.clock.advance(bot::Millis{3600000});
  const auto expired = site.call("POST", good);
  CHECK(expired.status == 403);
  CHECK(has(expired, "This link has expired."));
  CHECK(has(expired, "INC-7 ack"));
  CHECK(site.intake.requests.empty());
}

TEST_CASE("what was not recorded is never called acknowledged") {
  Site site;
  site.intake.acknowledges = false;
  site.intake.reply.status = bot::ReplyStatus::unavailable;
  site.intake.reply.card.title = {bot::plain("Not recorded: too much is waiting.")};
  auto answer = site.call("POST", site.url());
  CHECK(answer.status == 503);
  CHECK(has(answer, "Not recorded"));
  CHECK(has(answer, "<form"));
  CHECK_FALSE(has(answer, "Acknowledged."));
  site.intake.reply.status = bot::ReplyStatus::conflict;
  answer = site.call("POST", site.url());
  CHECK(answer.status == 409);
  CHECK(has(answer, "Not acknowledged."));
  site.reader.broken = true;
  CHECK(site.call("GET", site.url()).status == 503);
}
