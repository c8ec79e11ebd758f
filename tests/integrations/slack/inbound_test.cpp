// Slack's requests through the real listener.
#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "integrations/slack/inbound.hpp"
#include "tests/integrations/slack/inside.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_slack.hpp"
#include "tests/support/fake_slack_checks.hpp"

using nlohmann::json;
using support::slack_sign;

namespace {

/// Stands for the way out to hooks.slack.com, which no test may reach.
class OutboundLog : public http::Client {
 public:
  http::CallResult call(const http::Call& c) override {
    std::lock_guard lock(mutex_);
    calls_.push_back(c);
    return http::Answer{200, {}, "ok"};
  }
  std::vector<http::Call> calls() const {
    std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<http::Call> calls_;
};

struct Door {
  support::FakeClock clock{bot::Time{bot::Millis{1531420618000}}};  // the time of Slack's documented example
  bot::Settings settings;
  bot::People people;
  slack_tests::FakeIntake intake;
  slack_tests::FakeForms forms;
  slack_tests::FakeReader reader;
  OutboundLog outbound;
  std::shared_ptr<slack::Workspace> workspace = std::make_shared<slack::Workspace>();
  std::atomic<int> failures{0};
  std::unique_ptr<http::Client> client = http::make_client();
  std::unique_ptr<http::Server> server = http::make_server({});

  Door() {
    settings.slack.signing_secret = bot::Secret(support::FakeSlack::kSigningSecret);
    intake.reply.card.title = {bot::plain("Declared INC-7, sev1.")};
    slack::add_routes(*server, inbox(settings, outbound, workspace), settings, clock, [this] { ++failures; });
    REQUIRE(server->start());
  }
  ~Door() { server->stop(); }

  std::shared_ptr<slack::Inbox> inbox(const bot::Settings& for_settings, http::Client& out, std::shared_ptr<slack::Workspace> in) {
    return slack::make_inbox({intake, forms, reader, for_settings, people, clock, out, std::move(in)});
  }
  http::Answer post(const std::string& path, const std::string& body, http::Headers headers) {
    http::Call call;
    call.method = "POST";
    call.url = "http://127.0.0.1:" + std::to_string(server->port()) + path;
    call.body = body;
    call.headers = std::move(headers);
    auto result = client->call(call);
    REQUIRE(std::holds_alternative<http::Answer>(result));
    return std::get<http::Answer>(result);
  }
  http::Answer command(const support::SlashCommand& c) {
    const std::string body = support::slash_body(c);
    return post("/slack/commands", body, slack_sign(body, clock.now()));
  }
  std::string typed(std::size_t i = 0) const { return std::get<bot::Typed>(intake.requests().at(i).body).text; }
  bool wait_for_calls(std::size_t n) {
    const auto real = bot::system_clock();
    const auto until = real->monotonic() + bot::Millis{5000};
    while (outbound.calls().size() < n && real->monotonic() < until) std::this_thread::yield();
    return outbound.calls().size() >= n;
  }
};

http::Headers headers_of(const std::string& timestamp, const std::string& signature) {
  return {{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Slack-Request-Timestamp", timestamp}, {"X-Slack-Signature", signature}};
}

const std::string kExample =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name="
    "roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
    "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const std::string kStamp = "1531420618";
const std::string kSigned = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

}  // namespace

TEST_CASE("Slack's documented example is accepted to the byte") {
  Door door;
  REQUIRE(kExample.size() == 362);
  const auto answer = door.post("/slack/commands", kExample, headers_of(kStamp, kSigned));
  CHECK(answer.status == 200);
  REQUIRE(door.intake.requests().size() == 1);
  const auto request = door.intake.requests()[0];
  CHECK(request.cls == bot::RequestClass::human);
  CHECK(request.caller.kind == bot::ActorKind::person);
  CHECK(request.caller.integration == "slack");
  CHECK(request.caller.external_id == "U2CERLKJA");
  CHECK(request.caller.display_name == "roadrunner");
  REQUIRE(request.room);
  CHECK(request.room->integration == "slack");
  CHECK(request.room->id == "G8PSS9T3V");
  CHECK(request.dedup_keys == std::vector<std::string>{"slack:trigger:398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"});
  CHECK(request.received == door.clock.now());
  CHECK(door.typed() == "");
}

TEST_CASE("The further vectors pass the signature check") {
  Door door;
  const std::string event = "{\"type\":\"event_callback\",\"event\":{\"type\":\"message\",\"text\":\"caf\xC3\xA9 \xE2\x98\x83 &lt;x&gt;\"}}";
  REQUIRE(event.size() == 81);
  CHECK(door.post("/slack/events", event, headers_of(kStamp, "v0=1d0280c5a5e84e63cad0c89aca95d1c1bd6e6253f0ee6fa96fb26cafa2905bb1")).status == 200);
  CHECK(door.post("/slack/events", "", headers_of(kStamp, "v0=55f41ec73231010289b54e669149ea021fccab11b5524355523533ce930cb739")).status == 400);
  const std::string challenge =
      R"({"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"})";
  REQUIRE(challenge.size() == 129);
  const auto answer = door.post("/slack/events", challenge, headers_of(kStamp, "v0=f9bd80929259f3f6d5fe3a3186c453c89cd1ad4862815a15837584f31c993652"));
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body) == json{{"challenge", "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}});
  CHECK(door.failures == 0);
}

TEST_CASE("Whatever is not signed by Slack is 401 with nothing in it, counted, and recorded nowhere") {
  Door door;
  std::string altered = kExample;
  altered[10] = 'y';
  std::string upper = kSigned;
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
  struct Bad { const char* what; std::string body; http::Headers headers; };
  const std::vector<Bad> all{
      {"one byte changed", altered, headers_of(kStamp, kSigned)},
      {"v1 prefix", kExample, headers_of(kStamp, "v1=" + kSigned.substr(3))},
      {"upper-case hex", kExample, headers_of(kStamp, upper)},
      {"empty signature", kExample, headers_of(kStamp, "")},
      {"63 hex characters", kExample, headers_of(kStamp, kSigned.substr(0, 66))},
      {"65 hex characters", kExample, headers_of(kStamp, kSigned + "0")},
      {"another timestamp", kExample, headers_of("1531420619", kSigned)},
      {"timestamp with a sign", kExample, headers_of("+1531420618", kSigned)},
      {"timestamp of nothing", kExample, headers_of("", kSigned)},
      {"timestamp that overflows", kExample, headers_of("99999999999999999999999", kSigned)},
      {"no signature header", kExample, {{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Slack-Request-Timestamp", kStamp}}},
      {"no timestamp header", kExample, {{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Slack-Signature", kSigned}}},
      {"another secret", kExample, slack_sign(kExample, door.clock.now(), "another secret altogether")},
  };
  int expected = 0;
  for (const auto& bad : all) {
    for (const char* path : {"/slack/commands", "/slack/events", "/slack/interactions"}) {
      INFO(bad.what << " at " << path);
      const auto answer = door.post(path, bad.body, bad.headers);
      CHECK(answer.status == 401);
      CHECK(answer.body.empty());
      CHECK(door.failures == ++expected);
    }
  }
  CHECK(door.intake.requests().empty());
}

TEST_CASE("A signature is good for 300 seconds in both directions") {
  for (const int offset : {-301, -300, 0, 300, 301}) {
    Door door;
    door.clock.jump(bot::Millis{offset * 1000});
    INFO(offset);
    CHECK(door.post("/slack/commands", kExample, headers_of(kStamp, kSigned)).status == (std::abs(offset) > 300 ? 401 : 200));
  }
}

namespace {

/// The status of a request written to the socket as it is: the client would join headers given twice.
int raw_status(int port, const std::string& more_headers) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const std::string request = "POST /slack/commands HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
                              more_headers + "Content-Length: " + std::to_string(kExample.size()) + "\r\n\r\n" + kExample;
  REQUIRE(::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
  std::string answer;
  char bytes[4096];
  for (ssize_t n; (n = ::recv(fd, bytes, sizeof bytes, 0)) > 0;) answer.append(bytes, static_cast<std::size_t>(n));
  ::close(fd);
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

}  // namespace

TEST_CASE("A header given twice is no header") {
  Door door;
  const std::string signature = "X-Slack-Signature: " + kSigned + "\r\n", stamp = "X-Slack-Request-Timestamp: " + kStamp + "\r\n";
  CHECK(raw_status(door.server->port(), signature + signature + stamp) == 401);
  CHECK(raw_status(door.server->port(), signature + stamp + stamp) == 401);
  CHECK(raw_status(door.server->port(), "x-slack-signature: v0=\r\n" + signature + stamp) == 401);
  CHECK(door.intake.requests().empty());
  CHECK(door.failures == 3);
  CHECK(raw_status(door.server->port(), signature + stamp) == 200);
}

TEST_CASE("Slack's unsigned certificate check is answered, and nothing can ride on it") {
  Door door;
  const http::Headers form{{"Content-Type", "application/x-www-form-urlencoded"}};
  const auto answer = door.post("/slack/commands", "ssl_check=1&token=abc", form);
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
  CHECK(door.failures == 0);
  CHECK(door.post("/slack/commands", "ssl_check=1&token=abc&command=%2Fincident&text=declare+x&user_id=U01", form).status == 401);
  CHECK(door.post("/slack/commands", "ssl_check=1", headers_of(kStamp, kSigned)).status == 401);
  CHECK(door.post("/slack/events", "ssl_check=1", form).status == 401);
  CHECK(door.intake.requests().empty());
}

TEST_CASE("A content type with parameters is a form still, and another type is not") {
  Door door;
  const std::string body = support::slash_body({"list"});
  auto headers = slack_sign(body, door.clock.now());
  headers[0].second = "Application/X-WWW-Form-urlencoded; charset=utf-8";
  CHECK(door.post("/slack/commands", body, headers).status == 200);
  headers[0].second = "text/plain";
  CHECK(door.post("/slack/commands", body, headers).status == 400);
  const std::string broken = "user_id=U01&text=%zz";
  CHECK(door.post("/slack/commands", broken, slack_sign(broken, door.clock.now())).status == 400);
  CHECK(door.intake.requests().size() == 1);
}

TEST_CASE("What was typed arrives in neutral form") {
  Door door;
  door.command({"role commander <@U02|dana> in <#C9|ops> &amp; \xC3\xA9"});
  CHECK(door.typed() == "role commander <@slack:U02|dana> in #ops & é");
  support::SlashCommand odd;
  odd.user_name = "ev\xE2\x80\xAEil\r\nname";
  door.command(odd);
  CHECK(door.intake.requests()[1].caller.display_name.find('\n') == std::string::npos);
  CHECK(door.intake.requests()[1].caller.display_name.find("\xE2\x80\xAE") == std::string::npos);
}

TEST_CASE("The same delivery has the same key, with or without a trigger id") {
  Door door;
  door.command({"list", "U01", "alice", "C1", "t.1"});
  CHECK(door.intake.requests()[0].dedup_keys == std::vector<std::string>{"slack:trigger:t.1"});
  const std::string bare = support::form_body({{"user_id", "U01"}, {"channel_id", "C1"}, {"text", "list"}});
  for (int i = 0; i < 2; ++i) door.post("/slack/commands", bare, slack_sign(bare, door.clock.now()));
  CHECK(door.intake.requests()[1].dedup_keys == door.intake.requests()[2].dedup_keys);
  CHECK(door.intake.requests()[1].dedup_keys[0].rfind("slack:signature:", 0) == 0);
}

TEST_CASE("The reply is the answer: private, in blocks, with a fallback") {
  Door door;
  door.intake.reply.incident = 7;
  door.intake.reply.card.title = {bot::plain("Declared INC-7 <!channel>, sev1. Room: "), bot::room_of(7)};
  door.workspace->remember_room(7, "C7");
  const auto answer = door.command({"declare sev1 checkout returns 500"});
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type").rfind("application/json", 0) == 0);
  const json body = json::parse(answer.body);
  CHECK(body["response_type"] == "ephemeral");
  CHECK(body["text"] == "Declared INC-7 &lt;!channel&gt;, sev1. Room: <#C7>");
  CHECK(support::block_complaint(body["blocks"].dump()) == "");
}

TEST_CASE("A person always reads whether it was recorded, in a 200 that Slack shows") {
  Door door;
  auto text_for = [&door](bot::ReplyStatus status, const std::string& words) {
    door.intake.reply.status = status;
    door.intake.reply.card = {};
    door.intake.reply.card.title = {bot::plain(words)};
    const auto answer = door.command({"note x"});
    CHECK(answer.status == 200);
    return json::parse(answer.body)["text"].get<std::string>();
  };
  using bot::ReplyStatus;
  CHECK(text_for(ReplyStatus::unavailable, "the disk is full.") == "Not recorded: the disk is full.");
  CHECK(text_for(ReplyStatus::unavailable, "Not recorded: the disk is full.") == "Not recorded: the disk is full.");
  CHECK(text_for(ReplyStatus::maybe_recorded, "the disk failed.").find("not known whether this was recorded") != std::string::npos);
  CHECK(text_for(ReplyStatus::invalid, "Not recorded: \"sev9\" is not a severity.") == "Not recorded: \"sev9\" is not a severity.");
  CHECK(text_for(ReplyStatus::forbidden, "Only the commander may do this.") == "Only the commander may do this.");
}

TEST_CASE("An answer that would come too late is given in time by itself, and only once") {
  Door door;
  door.intake.silent = true;
  std::thread moving([&door] {
    while (door.intake.requests().empty()) std::this_thread::yield();
    door.clock.advance(bot::Millis{2300});
  });
  const auto answer = door.command({"note x"});
  moving.join();
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body)["text"].get<std::string>().rfind("Not yet recorded: ", 0) == 0);
  door.intake.answer_late();
  door.intake.silent = false;
  CHECK(json::parse(door.command({"note y"}).body)["text"] == "Declared INC-7, sev1.");
}

TEST_CASE("Other workspaces and apps are turned away once it is known which is ours") {
  Door door;
  support::SlashCommand foreign{"declare sev1 x"};
  foreign.team = "T0OTHER";
  door.command(foreign);
  CHECK(door.intake.requests().size() == 1);
  door.workspace->learn({"T0TEST", "", "UMUSTER", "BMUSTER", "A0MUSTER", false});
  const auto answer = door.command(foreign);
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body)["text"].get<std::string>().rfind("Not recorded: ", 0) == 0);
  CHECK(door.intake.requests().size() == 1);
  door.command({"list"});
  CHECK(door.intake.requests().size() == 2);
}

TEST_CASE("Which workspace is ours is learnt without anybody waiting for it") {
  support::FakeSlack vendor;
  Door door;
  bot::Settings settings = door.settings;
  settings.slack.api_url = vendor.url();
  settings.slack.bot_token = bot::Secret(support::FakeSlack::kToken);
  auto workspace = std::make_shared<slack::Workspace>();
  const auto other = http::make_server({});
  slack::add_routes(*other, door.inbox(settings, *door.client, workspace), settings, door.clock, [] {});
  REQUIRE(vendor.wait_until([&] { return workspace->identity().has_value(); }));
  CHECK(vendor.calls("auth.test").size() == 1);
  CHECK(workspace->is_ours("T0TEST", "", "A0MUSTER"));
  CHECK_FALSE(workspace->is_ours("T0OTHER", "", "A0MUSTER"));
  CHECK_FALSE(workspace->is_ours("T0TEST", "", "A0OTHER"));
}

TEST_CASE("An installation for a whole enterprise serves its workspaces") {
  slack::Workspace workspace;
  workspace.learn({"T1", "E1", "U1", "B1", "A1", true});
  CHECK(workspace.is_ours("T2", "E1", "A1"));
  CHECK_FALSE(workspace.is_ours("T2", "E2", "A1"));
  CHECK_FALSE(workspace.is_ours("T2", "", "A1"));
}

TEST_CASE("Events are acknowledged and change nothing") {
  Door door;
  auto event = [&door](const std::string& body) { return door.post("/slack/events", body, slack_sign(body, door.clock.now())); };
  CHECK(event(R"({"type":"event_callback","event":{"type":"message","text":"declare sev1 x"}})").status == 200);
  CHECK(event(R"({"type":7})").status == 200);
  CHECK(event("not json").status == 400);
  CHECK(event("[1]").status == 400);
  CHECK(event(std::string(100000, '[')).status == 400);
  CHECK(door.intake.requests().empty());
}

namespace {

std::string press(const std::string& value, const std::string& url, const std::string& action_id = "run:0", const std::string& type = "block_actions") {
  const json payload{{"type", type},
                     {"team", {{"id", "T0TEST"}}},
                     {"enterprise", nullptr},
                     {"api_app_id", "A0MUSTER"},
                     {"user", {{"id", "U02"}, {"username", "dana"}}},
                     {"channel", {{"id", "C7"}}},
                     {"trigger_id", "t.9"},
                     {"response_url", url},
                     {"actions", {{{"type", "button"}, {"action_id", action_id}, {"value", value}, {"action_ts", "1.5"}}}}};
  return support::form_body({{"payload", payload.dump()}});
}

}  // namespace

TEST_CASE("A pressed button is its command, answered privately at Slack's own address") {
  Door door;
  const std::string body = press("INC-7 ack", "https://hooks.slack.com/actions/T0TEST/1/x");
  const auto answer = door.post("/slack/interactions", body, slack_sign(body, door.clock.now()));
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
  REQUIRE(door.wait_for_calls(2));
  REQUIRE(door.intake.requests().size() == 1);
  CHECK(door.outbound.calls()[0].url == "https://slack.com/api/users.info");  // whom nobody knows yet is asked about: guests are refused
  CHECK(door.typed() == "INC-7 ack");
  const auto request = door.intake.requests()[0];
  CHECK(request.caller.external_id == "U02");
  CHECK(request.caller.display_name == "dana");
  CHECK(request.room->id == "C7");
  CHECK(request.dedup_keys == std::vector<std::string>{"slack:trigger:t.9:1.5"});
  const auto call = door.outbound.calls()[1];
  CHECK(call.url == "https://hooks.slack.com/actions/T0TEST/1/x");
  const json said = json::parse(call.body);
  CHECK(said["response_type"] == "ephemeral");
  CHECK(said["replace_original"] == false);
  CHECK(said["text"] == "Declared INC-7, sev1.");
}

TEST_CASE("A private answer goes to no address but Slack's") {
  Door door;
  for (const char* url : {"http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/x", "https://evil.example/https://hooks.slack.com/", "",
                          "https://hooks.slack.com@evil.example/", "https://hooks.slack.com/a b"}) {
    const std::string body = press("INC-7 ack", url);
    CHECK(door.post("/slack/interactions", body, slack_sign(body, door.clock.now())).status == 200);
  }
  const std::string good = press("INC-7 ack", "https://hooks.slack.com/actions/1");
  door.post("/slack/interactions", good, slack_sign(good, door.clock.now()));
  const auto answered_at = [&](const std::string& url) {
    const auto calls = door.outbound.calls();
    return std::count_if(calls.begin(), calls.end(), [&url](const auto& call) { return call.url == url; });
  };
  REQUIRE(door.wait_for_calls(8));
  CHECK(answered_at("https://hooks.slack.com/actions/1") == 1);
  CHECK(answered_at("https://slack.com/api/chat.postEphemeral") == 6);  // the others hear it in the channel
  for (const auto& call : door.outbound.calls()) CHECK((call.url.rfind("https://slack.com/api/", 0) == 0 || call.url == "https://hooks.slack.com/actions/1"));
  CHECK(door.intake.requests().size() == 7);
}

TEST_CASE("Interactions that are no button of ours are acknowledged and ignored") {
  Door door;
  const char* url = "https://hooks.slack.com/actions/1";
  for (const std::string& body : {press("x", url, "other"), press("", url), press("x", url, "run:0", "view_submission"),
                                  support::form_body({{"payload", R"({"type":"block_actions","actions":[]})"}}),
                                  support::form_body({{"payload", R"({"type":"block_actions","user":{"id":"U1"},"actions":["x"]})"}})})
    CHECK(door.post("/slack/interactions", body, slack_sign(body, door.clock.now())).status == 200);
  for (const std::string& body : {support::form_body({{"payload", "not json"}}), std::string("x=1"), support::form_body({{"payload", "[]"}})})
    CHECK(door.post("/slack/interactions", body, slack_sign(body, door.clock.now())).status == 400);
  CHECK(door.intake.requests().empty());
}
