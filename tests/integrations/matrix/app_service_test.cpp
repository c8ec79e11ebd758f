// The homeserver pushes: who may, what is recorded before 200, repeats, transaction ids that begin again, and the registration file.
#include "integrations/matrix/doctor.hpp"
#include "integrations/matrix/registration.hpp"
#include "tests/integrations/matrix/stage.hpp"

using matrix_tests::kIncidentRoom;
using matrix_tests::Stage;
using matrix_tests::wait_for;
using nlohmann::json;

namespace {

constexpr const char* kHsToken = "the-homeserver-s-token-01";

/// A stage whose events are pushed to a real server of ours.
struct Pushed : Stage {
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Client> homeserver = http::make_client();

  Pushed() {
    settings.matrix.access_token = bot::Secret();
    settings.matrix.app_service = {"muster", bot::Secret(support::FakeHomeserver::kToken), bot::Secret(kHsToken), "", "BOT"};
    // The homeserver's calls for application services.
    hs.trick([](const support::WireRequest&, const std::string& path) -> std::optional<support::WireAnswer> {
      if (path.find("/devices/") != std::string::npos || path.find("/register") != std::string::npos || path.find("/ping") != std::string::npos) return support::WireAnswer{200, R"({"duration_ms":3})", {}};
      return std::nullopt;
    });
    have_incident();
    begin();
  }
  ~Pushed() {
    end();
  }
  void begin() {
    http::ServerOptions options;
    server = http::make_server(options);
    client = http::make_client();
    api = std::make_unique<matrix::Api>(settings.matrix, *client, env.clock, std::make_shared<matrix::Homeserver>());
    chores = std::make_unique<matrix::Chores>(env.clock);
    source = matrix::make_source(parts(server.get()));
    REQUIRE(source->start().ok());
    REQUIRE(server->start().ok());
  }
  void end() {
    if (source) source->stop();
    if (server) server->stop();
    server.reset();
    stop();
  }
  http::Answer push(const std::string& method, const std::string& target, const std::string& body, http::Headers headers = {{"Authorization", std::string("Bearer ") + kHsToken}}) {
    http::Call call;
    call.method = method;
    call.url = "http://127.0.0.1:" + std::to_string(server->port()) + target;
    call.headers = std::move(headers);
    call.headers.emplace_back("Content-Type", "application/json");
    call.body = body;
    call.deadline = bot::Millis{20000};
    const auto result = homeserver->call(call);
    REQUIRE(std::holds_alternative<http::Answer>(result));
    return std::get<http::Answer>(result);
  }
  int transaction(const std::string& id, const std::vector<json>& events) {
    return push("PUT", "/_matrix/app/v1/transactions/" + id, json{{"events", events}}.dump()).status;
  }
  json note(const std::string& id, const std::string& words, const std::string& sender = "@bob:hs") {
    return {{"event_id", id}, {"room_id", kIncidentRoom}, {"type", "m.room.message"}, {"sender", sender}, {"origin_server_ts", 1795448538000}, {"content", {{"msgtype", "m.text"}, {"body", "!incident note " + words}}}};
  }
};

}  // namespace

TEST_CASE("200 means recorded, and the answer has gone out before it") {
  Pushed s;
  CHECK(s.transaction("1", {s.note("$a", "pushed")}) == 200);
  CHECK(s.entries_of("note") == 1);
  CHECK(s.hs.sent().size() == 1);
  CHECK(s.hs.sent().front().type == "m.reaction");
  CHECK(s.kept("matrix/transaction").rfind("1:", 0) == 0);
}

TEST_CASE("a repeated transaction, an event in two transactions, and ids that begin again record everything once") {
  Pushed s;
  CHECK(s.transaction("1", {s.note("$a", "one")}) == 200);
  CHECK(s.transaction("1", {s.note("$a", "one")}) == 200);
  CHECK(s.transaction("2", {s.note("$a", "one"), s.note("$b", "two")}) == 200);
  CHECK(s.transaction("1", {s.note("$c", "three")}) == 200);  // a new database of the homeserver
  CHECK(s.entries_of("note") == 3);
  s.end();
  s.begin();
  CHECK(s.transaction("1", {s.note("$c", "three")}) == 200);
  CHECK(s.entries_of("note") == 3);
  CHECK(s.hs.sent().size() == 3);
}

TEST_CASE("only the homeserver is heard, by header or, as old ones do it, by query") {
  Pushed s;
  const std::string body = json{{"events", {s.note("$a", "x")}}}.dump();
  CHECK(s.push("PUT", "/_matrix/app/v1/transactions/1", body, {}).status == 401);
  CHECK(s.push("PUT", "/_matrix/app/v1/transactions/1", body, {{"Authorization", "Bearer wrong"}}).status == 403);
  CHECK(s.push("PUT", "/transactions/1?access_token=wrong", body, {}).status == 403);
  CHECK(s.push("PUT", std::string("/transactions/1?access_token=") + kHsToken, body, {{"Authorization", "Bearer wrong"}}).status == 403);
  CHECK(s.entries_of("note") == 0);
  CHECK(s.bad_tokens == 3);
  CHECK(s.push("PUT", std::string("/transactions/1?access_token=") + kHsToken, body, {}).status == 200);
  CHECK(s.entries_of("note") == 1);
}

TEST_CASE("the other calls of an application service are answered as Matrix expects") {
  Pushed s;
  CHECK(s.push("POST", "/_matrix/app/v1/ping", R"({"transaction_id":null})").status == 200);
  const auto wrong = s.push("POST", "/_matrix/app/v1/transactions/7", "{}");
  CHECK(wrong.status == 405);
  CHECK(wrong.body.find("M_UNRECOGNIZED") != std::string::npos);
  CHECK(s.push("PUT", "/_matrix/app/v1/users/@x:hs", "{}").status == 405);
  for (const char* target : {"/_matrix/app/v1/users/%40x%3Ahs", "/_matrix/app/v1/rooms/%23inc-7%3Ahs", "/users/%40x%3Ahs", "/_matrix/app/v1/thirdparty/protocol/x"}) {
    const auto answer = s.push("GET", target, "");
    CHECK(answer.status == 404);
    CHECK(json::parse(answer.body)["errcode"].get<std::string>().rfind("M_", 0) == 0);
  }
}

TEST_CASE("odd transactions are taken and hold up nothing; what is no JSON is refused") {
  Pushed s;
  for (const char* body : {"{}", R"({"events":5})", R"({"events":[null,5,[],{"type":[]},{"event_id":"$x","room_id":"!r","type":"m.room.message","sender":"@b:hs"}]})", R"({"ephemeral":{}})"})
    CHECK(s.push("PUT", "/_matrix/app/v1/transactions/7", body).status == 200);
  CHECK(s.push("PUT", "/_matrix/app/v1/transactions/8", "<html>").status == 400);
  CHECK(s.transaction("9", {s.note("$a", "fine")}) == 200);
  CHECK(s.entries_of("note") == 1);
}

TEST_CASE("what cannot be recorded is not confirmed until it is") {
  Pushed s;
  s.intake.refuse(2);
  CHECK(s.transaction("1", {s.note("$a", "at last")}) == 200);
  CHECK(s.entries_of("note") == 1);
}

TEST_CASE("an invitation comes as an event of the bot's own membership") {
  Pushed s;
  const auto invitation = [](const char* id, const char* room, const char* sender) {
    return json{{"event_id", id}, {"room_id", room}, {"type", "m.room.member"}, {"sender", sender}, {"state_key", "@muster:hs"}, {"content", {{"membership", "invite"}}}};
  };
  CHECK(s.transaction("1", {invitation("$i", "!new:hs", "@alice:hs"), invitation("$j", "!trap:evil", "@eve:evil")}) == 200);
  CHECK(s.hs.joined().count("!new:hs") == 1);
  CHECK(s.hs.declined().count("!trap:evil") == 1);
}

TEST_CASE("the registration names the sender, both tokens and the aliases of incident rooms, quoted") {
  bot::Settings settings;
  settings.server.public_url = "https://muster.example.org/";
  settings.matrix.user_id = "@muster:example.org";
  settings.matrix.app_service = {"muster", bot::Secret("as-0123456789abcdef"), bot::Secret("hs-0123456789abcde'f"), "", "MUSTER"};
  const std::string text = matrix::registration(settings);
  for (const char* line : {"id: 'muster'\n", "url: 'https://muster.example.org'\n", "as_token: 'as-0123456789abcdef'\n", "hs_token: 'hs-0123456789abcde''f'\n", "sender_localpart: 'muster'\n",
                           "regex: '#inc-.*:example\\.org'\n", "rate_limited: false\n"})
    CHECK(text.find(line) != std::string::npos);
  settings.incidents.room_name = "INC-{number}";
  CHECK(matrix::registration(settings).find("regex: '#inc-.*:example\\.org'\n") != std::string::npos);
  // Without a fixed beginning the aliases are allowed to Muster and not kept from others; so is the space that it makes.
  settings.incidents.room_name = "{slug}-{number}";
  settings.matrix.space = "#ops.space:example.org";
  const std::string open = matrix::registration(settings);
  CHECK(open.find("exclusive: true") == std::string::npos);
  CHECK(open.find("    - exclusive: false\n      regex: '#[a-z0-9_-]*[0-9][a-z0-9_-]*:example\\.org'\n") != std::string::npos);
  CHECK(open.find("    - exclusive: false\n      regex: '#ops\\.space:example\\.org'\n") != std::string::npos);
}

TEST_CASE("the doctor names what is wrong and what to do about it") {
  Stage s;
  const auto look = [&] {
    auto client = http::make_client();
    matrix::Api api(s.settings.matrix, *client, s.env.clock, std::make_shared<matrix::Homeserver>());
    std::string faults;
    for (const auto& finding : matrix::examine(s.settings, api, s.env.env()))
      if (finding.grade == matrix::Finding::Grade::fault) faults += finding.words + "\n";
    return faults;
  };
  CHECK(look().empty());
  SECTION("user groups, which only Slack has, are told of and no fault") {
    const auto told = [&] {
      auto client = http::make_client();
      matrix::Api api(s.settings.matrix, *client, s.env.clock, std::make_shared<matrix::Homeserver>());
      bool found = false;
      for (const auto& finding : matrix::examine(s.settings, api, s.env.env()))
        found = found || (finding.grade == matrix::Finding::Grade::advice && finding.words.find("incidents.invite.groups") != std::string::npos);
      return found;
    };
    CHECK_FALSE(told());
    s.settings.incidents.invite_groups = {{"slack", {"S012ABCDE"}}};
    CHECK(told());
    CHECK(look().empty());
  }
  SECTION("a room of people who come along, and one the bot cannot look into") {
    s.hs.make_room("!team:hs", "#team:hs", {"@alice:hs", "@bob:hs"});
    s.settings.incidents.invite_groups = {{"matrix", {"#team:hs"}}};
    CHECK(look().empty());
    s.settings.incidents.invite_groups = {{"matrix", {"#nobody:hs"}}};
    CHECK(look().find("incidents.invite.groups: there is no room #nobody:hs") != std::string::npos);
  }
  SECTION("an encrypted announcement room") {
    s.hs.encrypt(matrix_tests::kAnnounce);
    CHECK(look().find("encrypted") != std::string::npos);
  }
  SECTION("a room that is not there") {
    s.settings.matrix.announce_room = "#nowhere:hs";
    CHECK(look().find("#nowhere:hs") != std::string::npos);
  }
  SECTION("a space that Muster will make is no fault") {
    s.settings.matrix.space = "#space:hs";
    CHECK(look().empty());
  }
  SECTION("a room in which the bot may not speak") {
    s.hs.trick([](const support::WireRequest&, const std::string& path) -> std::optional<support::WireAnswer> {
      if (path.find("/state/m.room.power_levels") == std::string::npos) return std::nullopt;
      return support::WireAnswer{200, R"({"events_default":50,"users":{"@alice:hs":100}})", {{"Content-Type", "application/json"}}};
    });
    CHECK(look().find("power level 50, and it has 0") != std::string::npos);
  }
  SECTION("a wrong token, which is not repeated") {
    s.settings.matrix.access_token = bot::Secret("another-token-0123456789");
    const auto said = look();
    CHECK(said.find("token") != std::string::npos);
    CHECK(said.find("another-token") == std::string::npos);
  }
  SECTION("another account") {
    s.settings.matrix.user_id = "@somebody:hs";
    CHECK(look().find("matrix.user_id") != std::string::npos);
  }
  SECTION("no homeserver there") {
    s.settings.matrix.homeserver_url = "http://127.0.0.1:1";
    CHECK(look().find("matrix.homeserver_url") != std::string::npos);
  }
  SECTION("a room version it does not make") {
    s.settings.matrix.room_version = "99";
    CHECK(look().find("room_version") != std::string::npos);
  }
}
