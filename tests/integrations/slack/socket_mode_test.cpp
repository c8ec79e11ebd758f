// Socket Mode's own logic: a clock that stands still, sockets without a network, an inbox that says when. And once with everything real.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "integrations/slack/socket_mode.hpp"
#include "tests/integrations/slack/canned.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_slack_socket.hpp"

using namespace slack_tests;
using nlohmann::json;
using bot::Millis;

namespace {

/// What one socket was told; the test speaks for Slack.
struct Wire {
  std::string url;
  http::SocketEvents events;
  std::vector<std::string> sent;
  int pings = 0;
  bool asked_to_close = false, gone = false;
  void say(const json& message) { events.on_text(message.dump()); }
  void hello(int connections = 1) { say({{"type", "hello"}, {"num_connections", connections}}); }
  json ack(std::size_t i = 0) const { return json::parse(sent.at(i)); }
};

class PaperSocket : public http::WebSocket {
 public:
  explicit PaperSocket(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~PaperSocket() override { wire_->gone = true; }
  void send(std::string text) override { wire_->sent.push_back(std::move(text)); }
  void ping() override { ++wire_->pings; }
  void close() override { wire_->asked_to_close = true; }

 private:
  std::shared_ptr<Wire> wire_;
};

class PaperInbox : public slack::Inbox {
 public:
  std::vector<std::map<std::string, std::string>> commands;
  std::vector<json> interactions, events;
  std::vector<slack::Answer> answers;
  bool drops = false;
  void command(const std::map<std::string, std::string>& fields, slack::Answer answer, std::optional<bot::Time>) override {
    commands.push_back(fields);
    keep(std::move(answer));
  }
  void interaction(const json& payload, slack::Answer answer, std::optional<bot::Time>) override {
    interactions.push_back(payload);
    keep(std::move(answer));
  }
  void event(const json& envelope, slack::Answer answer) override {
    events.push_back(envelope);
    keep(std::move(answer));
  }
  void stop() override {}

 private:
  void keep(slack::Answer answer) {
    if (!drops) answers.push_back(std::move(answer));
  }
};

struct Office {
  support::FakeEnv env;
  Canned vendor;
  bot::SlackSettings settings;
  std::shared_ptr<slack::Workspace> workspace = std::make_shared<slack::Workspace>();
  std::shared_ptr<PaperInbox> inbox = std::make_shared<PaperInbox>();
  std::vector<std::shared_ptr<Wire>> wires;
  std::unique_ptr<slack::SocketMode> mode;

  explicit Office(int connections = 2) {
    settings.app_token = bot::Secret("xapp-0123456789abcdef");
    settings.api_url = "https://slack.com/api/";
    vendor.on("apps.connections.open", [this](const Canned::Asked& asked) {
      CHECK(asked.authorization == "Bearer xapp-0123456789abcdef");
      return R"({"ok":true,"url":"wss://wss.slack.com/link/?ticket=)" + std::to_string(wires.size()) + "\"}";
    });
    slack::SocketModeLimits limits;
    limits.connections = connections;
    limits.stop_within = Millis{0};
    mode = std::make_unique<slack::SocketMode>(settings, vendor, env.env(), workspace, inbox,
                                               [this](std::string url, http::SocketEvents events) {
                                                 wires.push_back(std::make_shared<Wire>(Wire{std::move(url), std::move(events), {}, 0, false, false}));
                                                 return std::make_unique<PaperSocket>(wires.back());
                                               },
                                               limits);
  }
  void steps(int n = 3) {
    for (int i = 0; i < n; ++i) mode->step();
  }
  void pass(Millis time, bool slack_pings = true) {
    for (Millis gone{0}; gone < time; gone += Millis{1000}) {
      env.advance(Millis{1000});
      if (slack_pings)
        for (auto& wire : wires)
          if (!wire->gone) wire->events.on_ping(), wire->events.on_pong();
      mode->step();
    }
  }
  void ready() {
    steps();
    for (auto& wire : wires) wire->hello(static_cast<int>(wires.size()));
    steps();
  }
};

json command(const std::string& id, const std::string& text = "list") {
  return {{"envelope_id", id}, {"type", "slash_commands"}, {"accepts_response_payload", true},
          {"payload", {{"text", text}, {"user_id", "U01"}, {"is_enterprise_install", false}, {"n", 7}}}};
}

}  // namespace

TEST_CASE("two connections are opened, each with a ticket of its own, and each is ready with its hello") {
  Office o;
  o.steps();
  REQUIRE(o.wires.size() == 2);
  CHECK(o.wires[0]->url != o.wires[1]->url);
  CHECK(o.mode->ready() == 0);
  o.ready();
  CHECK(o.mode->ready() == 2);
  CHECK(o.wires.size() == 2);
  CHECK(o.workspace->last_heard());
}

TEST_CASE("an envelope is acknowledged when what it asks for is recorded, and not before") {
  Office o(1);
  o.ready();
  o.wires[0]->say(command("e1", "declare sev1 x"));
  REQUIRE(o.inbox->commands.size() == 1);
  CHECK(o.inbox->commands[0].at("text") == "declare sev1 x");
  CHECK(o.inbox->commands[0].at("is_enterprise_install") == "false");
  CHECK(o.wires[0]->sent.empty());
  o.inbox->answers[0](R"({"text":"Declared INC-7."})");
  REQUIRE(o.wires[0]->sent.size() == 1);
  CHECK(o.wires[0]->ack() == json{{"envelope_id", "e1"}, {"payload", {{"text", "Declared INC-7."}}}});
  o.inbox->answers[0]("twice");
  CHECK(o.wires[0]->sent.size() == 1);
}

TEST_CASE("a payload goes along only where Slack takes one") {
  Office o(1);
  o.ready();
  o.wires[0]->say({{"envelope_id", "e1"}, {"type", "interactive"}, {"accepts_response_payload", false}, {"payload", {{"type", "block_actions"}}}});
  o.wires[0]->say({{"envelope_id", "e2"}, {"type", "events_api"}, {"payload", {{"type", "event_callback"}}}});
  REQUIRE(o.inbox->answers.size() == 2);
  o.inbox->answers[0](R"({"text":"x"})");
  o.inbox->answers[1]("");
  CHECK(o.wires[0]->ack(0) == json{{"envelope_id", "e1"}});
  CHECK(o.wires[0]->ack(1) == json{{"envelope_id", "e2"}});
}

TEST_CASE("an event that could not be recorded is not acknowledged, so that Slack sends it again") {
  Office o(1);
  o.ready();
  o.inbox->drops = true;
  o.wires[0]->say({{"envelope_id", "e1"}, {"type", "events_api"}, {"payload", {{"type", "event_callback"}}}});
  CHECK(o.wires[0]->sent.empty());
  CHECK(o.mode->counts().unacknowledged == 1);
}

TEST_CASE("kinds of envelopes that nobody asked for are acknowledged and ignored") {
  Office o(1);
  o.ready();
  o.wires[0]->say({{"envelope_id", "e1"}, {"type", "horoscope"}, {"payload", 7}});
  CHECK(o.wires[0]->ack() == json{{"envelope_id", "e1"}});
}

TEST_CASE("garbage ends nothing and is answered by nothing") {
  Office o(1);
  o.ready();
  for (const char* text : {"", "null", "[]", "7", "{", "\xff\xfe", "{\"type\":7}", "{\"type\":\"hello\",\"num_connections\":\"many\"}", "{\"type\":\"disconnect\",\"reason\":{}}",
                           "{\"envelope_id\":{},\"type\":\"slash_commands\"}", "{\"envelope_id\":\"e\",\"type\":\"slash_commands\",\"payload\":[1,2]}"})
    o.wires[0]->events.on_text(text);
  o.wires[0]->events.on_text(std::string(300000, '['));
  o.wires[0]->say(command("good"));
  CHECK(o.inbox->commands.size() == 2);  // the one with a strange payload is still asked, with no fields
  CHECK(o.mode->counts().garbage >= 5);
}

TEST_CASE("what Slack wants to close is replaced first: no moment without a full set") {
  for (const char* reason : {"warning", "refresh_requested"}) {
    Office o;
    o.ready();
    o.pass(Millis{40000});
    o.wires[0]->say({{"type", "disconnect"}, {"reason", reason}});
    o.wires[0]->say(command("late"));
    o.steps();
    REQUIRE(o.wires.size() == 3);
    CHECK_FALSE(o.wires[0]->asked_to_close);  // its successor has not said hello
    o.wires[2]->hello(3);
    o.steps();
    CHECK_FALSE(o.wires[0]->asked_to_close);  // an acknowledgement is owed on it
    o.inbox->answers[0]("");
    CHECK(o.wires[0]->sent.size() == 1);
    o.steps();
    CHECK(o.wires[0]->asked_to_close);
    CHECK_FALSE(o.wires[0]->gone);            // the peer's close frame is waited for
    o.wires[0]->events.on_closed("closed by the other side (1000)");
    o.steps();
    CHECK(o.wires[0]->gone);
    CHECK(o.mode->ready() == 2);
    CHECK(o.wires.size() == 3);
    CHECK(o.workspace->trouble().empty());  // Slack counted three for a while, and there were three
  }
}

TEST_CASE("a connection without a word of Slack's for thirty seconds, or without an answer to a ping, is given up and replaced") {
  Office o(1);
  o.ready();
  o.pass(Millis{40000});
  CHECK_FALSE(o.wires[0]->gone);
  CHECK(o.wires[0]->pings >= 3);
  o.pass(Millis{17000}, false);  // pings go out, no pong comes
  CHECK(o.wires[0]->gone);
  o.pass(Millis{3000}, false);
  CHECK(o.wires.size() == 2);

  Office silent(1);
  silent.ready();
  silent.pass(Millis{35000});
  for (int i = 0; i < 35; ++i) {
    silent.env.advance(Millis{1000});
    if (!silent.wires[0]->gone) silent.wires[0]->events.on_pong();  // the network lives, Slack's side does not
    silent.mode->step();
  }
  CHECK(silent.wires[0]->gone);
}

TEST_CASE("a connection that never says hello is given up") {
  Office o(1);
  o.steps();
  o.pass(Millis{25000}, false);
  CHECK(o.wires[0]->gone);
  CHECK(o.wires.size() >= 2);
}

TEST_CASE("connections that go right after their hello are opened ever more slowly") {
  Office o(1);
  for (int second = 0; second < 300; ++second) {
    o.mode->step();
    if (!o.wires.empty() && !o.wires.back()->gone) {
      o.wires.back()->hello();
      o.wires.back()->events.on_closed("closed by the other side (1000)");
    }
    o.mode->step();
    o.env.advance(Millis{1000});
  }
  CHECK(o.wires.size() < 40);
  CHECK(o.wires.size() > 4);
}

TEST_CASE("an app token that Slack does not take is told to people, and asked about seldom") {
  Office o;
  o.vendor.on("apps.connections.open", R"({"ok":false,"error":"invalid_auth"})");
  o.pass(Millis{60000});
  CHECK(o.vendor.times("apps.connections.open") == 1);
  CHECK(o.workspace->trouble().find("slack.app_token (invalid_auth)") != std::string::npos);
  CHECK(o.workspace->trouble().find("xapp-0123") == std::string::npos);
}

TEST_CASE("a Slack that is away is asked again, ever more slowly; when it is back the words of trouble are none") {
  Office o;
  o.vendor.down = true;
  o.pass(Millis{120000});
  CHECK(o.vendor.times("apps.connections.open") < 20);
  CHECK(o.vendor.times("apps.connections.open") > 3);
  CHECK(o.workspace->trouble().empty());
  o.vendor.down = false;
  o.pass(Millis{61000});
  o.ready();
  CHECK(o.mode->ready() == 2);
}

TEST_CASE("Retry-After is kept") {
  Office o;
  o.vendor.on("apps.connections.open", "429");
  o.mode->step();
  o.mode->step();
  CHECK(o.vendor.times("apps.connections.open") == 1);
  o.env.advance(Millis{2999});
  o.mode->step();
  CHECK(o.vendor.times("apps.connections.open") == 1);
  o.env.advance(Millis{1});
  o.mode->step();
  CHECK(o.vendor.times("apps.connections.open") == 2);
}

TEST_CASE("Socket Mode switched off in Slack is told to people") {
  Office o;
  o.ready();
  for (auto& wire : o.wires) wire->say({{"type", "disconnect"}, {"reason", "link_disabled"}});
  o.steps();
  CHECK(o.workspace->trouble().find("switched Socket Mode off") != std::string::npos);
  CHECK(o.wires[0]->asked_to_close);
  o.pass(Millis{60000});
  CHECK(o.wires.size() == 2);
}

TEST_CASE("more connections than ours are an alarm: what Slack sends to them is lost") {
  Office o;
  o.steps();
  o.wires[0]->hello(1);
  o.wires[1]->hello(6);
  o.steps();
  CHECK(o.workspace->trouble().find("Slack counts 6 connections of this app, and Muster has 2") != std::string::npos);
  o.pass(Millis{31000});
  o.wires[1]->events.on_closed("gone");
  o.steps();
  o.wires.back()->hello(2);
  o.steps();
  CHECK(o.workspace->trouble().empty());
}

TEST_CASE("the ticket goes nowhere but to Slack, and over TLS") {
  for (const char* url : {"wss://evil.example/link?ticket=1", "ws://wss.slack.com/link?ticket=1", "https://wss.slack.com/x", "wss://slack.com.evil.example/", "wss://user@evil.example/.slack.com",
                          "wss://notslack.com/", "", "wss://wss.slack.com/ x"}) {
    Office o;
    o.vendor.on("apps.connections.open", json{{"ok", true}, {"url", url}}.dump());
    o.mode->step();
    INFO(url);
    CHECK(o.wires.empty());
  }
}

TEST_CASE("acknowledgements of a connection that is gone are dropped, and nothing breaks") {
  Office o(1);
  o.ready();
  o.wires[0]->say(command("e1"));
  o.pass(Millis{40000});
  o.wires[0]->events.on_closed("gone");
  o.steps();
  CHECK(o.wires[0]->gone);
  o.inbox->answers[0]("{}");
  CHECK(o.wires[0]->sent.empty());
}

TEST_CASE("stopping asks every connection to close") {
  Office o;
  o.ready();
  o.mode->stop();
  for (const auto& wire : o.wires) CHECK(wire->gone);
}

// ---- with everything real: sockets in processes of their own, a server that speaks Socket Mode ----

TEST_CASE("child: a websocket's process", "[.websocket]") { ::_exit(http::serve_outbound_socket()); }

namespace {

/// Answers at once.
class PromptInbox : public slack::Inbox {
 public:
  void command(const std::map<std::string, std::string>& fields, slack::Answer answer, std::optional<bot::Time>) override {
    const auto text = fields.find("text");
    answer(json{{"text", "heard " + (text == fields.end() ? "" : text->second)}}.dump());
  }
  void interaction(const json&, slack::Answer answer, std::optional<bot::Time>) override { answer(""); }
  void event(const json& envelope, slack::Answer answer) override {
    if (hold_events) return held.push_back(std::move(answer));
    (void)envelope;
    answer("");
  }
  void stop() override {}
  std::atomic<bool> hold_events{false};
  std::vector<slack::Answer> held;
};

struct Exchange {
  support::FakeSlackSocket vendor;
  std::unique_ptr<bot::Clock> clock = bot::system_clock();
  std::unique_ptr<bot::Random> random = bot::system_random();
  std::unique_ptr<bot::IdSource> ids = bot::system_ids(*clock, *random);
  std::unique_ptr<http::Client> client = http::make_client();
  bot::SlackSettings settings;
  std::shared_ptr<slack::Workspace> workspace = std::make_shared<slack::Workspace>();
  std::shared_ptr<PromptInbox> inbox = std::make_shared<PromptInbox>();
  std::unique_ptr<slack::SocketMode> mode;

  /// A connection whose pong is late is given up, and commands on it are lost. That is the matter of one test; in the others a machine that is
  /// busy with something else must not cost a connection.
  explicit Exchange(Millis pong_within = Millis{60000}) {
    settings.app_token = bot::Secret(support::FakeSlackSocket::kAppToken);
    settings.api_url = vendor.api_url();
    slack::SocketModeLimits limits;
    limits.first_wait = Millis{50};
    limits.watch.ping_every = Millis{300};
    limits.watch.pong_within = pong_within;
    mode = std::make_unique<slack::SocketMode>(settings, *client, bot::Env{*clock, *ids, *random}, workspace, inbox,
                                               [](std::string url, http::SocketEvents events) {
                                                 http::WebSocketOptions options;
                                                 options.command = {"/proc/self/exe", "[.websocket]"};
                                                 return http::open_websocket(std::move(url), std::move(events), options);
                                               },
                                               limits);
    mode->start();
    REQUIRE(waits([this] { return mode->ready() == 2; }));
  }
  ~Exchange() { mode->stop(); }

  /// Long enough for processes to start on a busy machine.
  bool waits(const std::function<bool()>& holds) const { return vendor.wait_until(holds, 90); }
  /// What Slack sends on a connection that is just being given up is lost, and the person types it again. True: one was answered.
  bool answers_a_command() {
    for (int typed = 0; typed < 20; ++typed) {
      const auto id = vendor.slash_command("list");
      if (!waits([&] { return vendor.acknowledged(id) || vendor.lost(id); })) return false;
      if (vendor.acknowledged(id)) return true;
      if (!waits([this] { return mode->ready() > 0; })) return false;
    }
    return false;
  }
};

}  // namespace

TEST_CASE("real: commands come in over either connection and are answered on it") {
  Exchange x;
  for (const int link : x.vendor.links()) {
    const auto id = x.vendor.slash_command("list ☃", "U01", link);
    REQUIRE(x.waits([&] { return x.vendor.acknowledged(id); }));
    CHECK(x.vendor.acknowledgement(id)["payload"]["text"] == "heard list ☃");
  }
  CHECK(x.vendor.wrong_tickets() == 0);
  CHECK(x.waits([&] { return x.vendor.pings_heard() >= 2; }));
}

TEST_CASE("real: what was sent before the close arrives before it, and the close frame after it") {
  support::FakeSlackSocket vendor;
  std::atomic<bool> ready{false};
  http::SocketEvents events;
  events.on_text = [&ready](const std::string&) { ready = true; };
  http::WebSocketOptions options;
  options.command = {"/proc/self/exe", "[.websocket]"};
  const auto socket = http::open_websocket(vendor.link_url(), std::move(events), options);
  REQUIRE(vendor.wait_until([&] { return vendor.opened() == 1 && ready.load(); }));
  for (int i = 0; i < 500; ++i) socket->send(json{{"envelope_id", "e" + std::to_string(i)}}.dump());
  socket->ping();
  socket->close();
  CHECK(vendor.wait_until([&] { return vendor.closed_well() == 1; }));
  CHECK(vendor.heard().size() == 500);
}

TEST_CASE("real: through refreshes of both connections no command goes unanswered") {
  Exchange x;
  std::vector<std::string> ids;
  for (int round = 0; round < 3; ++round) {
    const auto links = x.vendor.links();
    for (const int link : links) x.vendor.disconnect(round == 0 ? "warning" : "refresh_requested", link);
    for (int i = 0; i < 20; ++i) {
      const auto now = x.vendor.links();
      REQUIRE_FALSE(now.empty());
      ids.push_back(x.vendor.slash_command("list"));  // to the youngest, as Slack prefers those it has not warned
    }
    REQUIRE(x.waits([&] {
      const auto now = x.vendor.links();
      return now.size() == 2 && now.front() > links.back() && x.mode->ready() == 2;
    }));
  }
  for (const auto& id : ids) CHECK(x.waits([&] { return x.vendor.acknowledgements(id) == 1; }));
  CHECK(x.waits([&] { return x.vendor.closed_well() >= 4; }));  // under load Slack's close may come too late for one's close frame
}

TEST_CASE("real: an event whose connection is cut before its acknowledgement comes again on the other") {
  Exchange x;
  x.inbox->hold_events = true;
  const auto links = x.vendor.links();
  const auto id = x.vendor.envelope("events_api", {{"type", "event_callback"}, {"event_id", "Ev1"}}, false, links[0]);
  REQUIRE(x.waits([&] { return x.mode->counts().envelopes == 1; }));
  x.inbox->hold_events = false;
  x.vendor.cut(links[0]);
  CHECK(x.waits([&] { return x.vendor.acknowledged(id); }));
  CHECK(x.waits([&] { return x.mode->ready() == 2; }));
}

TEST_CASE("real: half-open connections are noticed by their missing pongs and replaced") {
  Exchange x(Millis{2000});
  const auto links = x.vendor.links();
  x.vendor.freeze(links[0]);
  CHECK(x.waits([&] { return x.vendor.opened() >= 3 && x.mode->ready() == 2; }));
  CHECK(x.answers_a_command());
}

TEST_CASE("real: garbage and huge frames cost at most their own connection") {
  Exchange x;
  x.vendor.say("not json");
  x.vendor.say(std::string(3 << 20, '['));
  auto id = x.vendor.slash_command("list");
  REQUIRE(x.waits([&] { return x.vendor.acknowledged(id); }));
  const int before = x.vendor.opened();
  x.vendor.say(std::string(20 << 20, 'x'));
  REQUIRE(x.waits([&] { return x.vendor.opened() > before && x.mode->ready() == 2; }));
  id = x.vendor.slash_command("list");
  CHECK(x.waits([&] { return x.vendor.acknowledged(id); }));
}

TEST_CASE("real: Slack closes in the middle of things, and everything goes on") {
  Exchange x;
  for (int round = 0; round < 3; ++round) {
    const auto links = x.vendor.links();
    x.vendor.slash_command("list", "U01", links[0]);
    x.vendor.close(links[0]);
    REQUIRE(x.waits([&] { return x.vendor.links().size() == 2 && x.vendor.links().front() != links[0] && x.mode->ready() == 2; }));
  }
  const auto id = x.vendor.slash_command("list");
  CHECK(x.waits([&] { return x.vendor.acknowledged(id); }));
}

TEST_CASE("real: stopping ends every connection with a close frame") {
  Exchange x;
  x.mode->stop();
  CHECK(x.waits([&] { return x.vendor.closed_well() == 2 && x.vendor.links().empty(); }));
}
