// The REST API over a real server and client, a store of maps, and an intake that the test answers.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "integrations/api/routes.hpp"
#include "integrations/http/client.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

using nlohmann::json;

namespace {

struct HandIntake : bot::Intake {
  bot::Mutex mutex;
  std::vector<bot::Request> seen;
  bot::Reply reply;
  void submit(bot::Request request, bot::Completion done) override {
    bot::Reply out;
    {
      bot::Lock lock(mutex);
      seen.push_back(std::move(request));
      out = reply;
    }
    done(out);
  }
};

bot::Entry entry(std::int64_t incident, std::int64_t seq, bot::EntryKind kind, std::string text, bot::Facts facts = {}) {
  bot::Entry e;
  e.incident = incident;
  e.seq = seq;
  e.kind = kind;
  e.text = std::move(text);
  e.facts = std::move(facts);
  e.actor = {bot::ActorKind::person, "alice", {}, false};
  e.source = "console";
  e.occurred_at = e.recorded_at = bot::Time{std::chrono::seconds{1795448538 + seq}};
  return e;
}

struct World {
  support::FakeClock clock;
  support::FakeStore store;
  HandIntake intake;
  bot::Settings settings;
  bot::People people;
  std::unique_ptr<http::Server> server = http::make_server({});
  std::unique_ptr<http::Client> client = http::make_client();
  bot::Status ready = bot::Done{};

  explicit World(bool with_tokens = true) {
    people.put({"alice", "Alice", false, {}, ""});
    if (with_tokens) {
      settings.api_tokens.push_back({"ci", bot::Secret{"0123456789abcdef-ci"}, {true, true, true, false}});
      settings.api_tokens.push_back({"writer", bot::Secret{"0123456789abcdef-wr"}, {false, true, false, false}});
      settings.api_tokens.push_back({"root", bot::Secret{"0123456789abcdef-ad"}, {true, true, true, true}});
    }
    api::add_routes(*server, intake, store, settings, people, clock);
    api::add_health_routes(*server, [this] { return ready; });
    if (!server->start()) throw std::runtime_error("no server");
  }
  ~World() { server->stop(); }

  void declare(std::int64_t number, const std::string& title, int notes = 0, bool is_private = false) {
    bot::Facts facts{{"severity", "sev2"}};
    if (is_private) facts.emplace_back("private", "yes");
    std::vector<bot::Entry> entries{entry(number, 1, bot::EntryKind::declared, title, facts)};
    for (int i = 0; i < notes; ++i) entries.push_back(entry(number, i + 2, bot::EntryKind::note, "note " + std::to_string(i) + " <b>"));
    add(number, std::move(entries), bot::Incident{});
  }
  void add(std::int64_t number, std::vector<bot::Entry> entries, bot::Incident row) {
    for (const auto& e : entries) bot::apply(row, e);
    row.number = number;
    bot::Changes changes;
    changes.entries = std::move(entries);
    changes.incidents.push_back(row);
    std::vector<bot::Changes> batch{changes};
    if (auto done = store.commit(batch); !done) throw std::runtime_error(done.error().message);
  }

  http::Answer call(const std::string& method, const std::string& path, const std::string& token = "0123456789abcdef-ci", http::Headers headers = {},
                    const std::string& body = {}) {
    http::Call c;
    c.method = method;
    c.url = "http://127.0.0.1:" + std::to_string(server->port()) + path;
    c.headers = std::move(headers);
    if (!token.empty()) c.headers.emplace_back("Authorization", "Bearer " + token);
    c.body = body;
    c.answer_cap = 64u << 20;
    auto result = client->call(c);
    if (auto* failed = std::get_if<http::CallFailure>(&result)) FAIL(failed->reason);
    return std::get<http::Answer>(result);
  }
  http::Answer command(const std::string& body, http::Headers headers = {}, const std::string& token = "0123456789abcdef-ci") {
    headers.emplace_back("Content-Type", "application/json");
    return call("POST", "/api/v1/commands", token, std::move(headers), body);
  }
};

std::string detail(const http::Answer& answer) { return json::parse(answer.body).at("detail"); }

}  // namespace

TEST_CASE("a command reaches the intake as typed text with the token as caller and the key as dedup key") {
  World w;
  w.intake.reply.card.title = {bot::plain("Declared INC-7")};
  w.intake.reply.incident = 7;
  const auto answer = w.command(R"({"text":"declare sev2 \"caf\u00e9\" is slow"})", {{"Idempotency-Key", "run-42"}});
  CHECK(answer.status == 200);
  const json body = json::parse(answer.body);
  CHECK(body.at("status") == "ok");
  CHECK(body.at("incident") == "INC-7");
  CHECK(body.at("card").at("title").at("text") == "Declared INC-7");
  REQUIRE(w.intake.seen.size() == 1);
  const bot::Request& request = w.intake.seen[0];
  CHECK(std::get<bot::Typed>(request.body).text == "declare sev2 \"caf\xc3\xa9\" is slow");
  CHECK(request.dedup_keys == std::vector<std::string>{"api:ci:run-42"});
  CHECK(request.caller.kind == bot::ActorKind::token);
  CHECK(request.caller.integration == "api");
  CHECK(request.caller.external_id == "ci");
  CHECK(request.caller.scopes == bot::Scopes{true, true, true, false});
  CHECK(request.received == w.clock.now());
}

TEST_CASE("a keyed command carries a fingerprint of its text, which is not the text") {
  World w;
  const auto print = [&w](const std::string& text, const std::string& key) {
    w.command(json{{"text", text}}.dump(), key.empty() ? http::Headers{} : http::Headers{{"Idempotency-Key", key}});
    return w.intake.seen.back().fingerprint;
  };
  const std::string first = print("INC-1 note Jane", "k");
  CHECK(first.size() == 16);
  CHECK(first.find("Jane") == std::string::npos);
  CHECK(print("INC-1 note Jane", "k") == first);
  CHECK(print("INC-1 note Joan", "k") != first);
  CHECK(print("INC-1 note Jane", "other") != first);
  CHECK(print("INC-1 note Jane", "").empty());
}

TEST_CASE("private incidents take up no place on a page") {
  World w;
  w.declare(1, "for all");
  w.declare(2, "for all too");
  for (int i = 3; i <= 40; ++i) w.declare(i, "hidden", 0, true);
  auto body = json::parse(w.call("GET", "/api/v1/incidents?limit=1").body);
  REQUIRE(body["incidents"].size() == 1);
  CHECK(body["incidents"][0]["id"] == "INC-2");
  REQUIRE(body["next"].is_string());
  body = json::parse(w.call("GET", body["next"].get<std::string>()).body);
  REQUIRE(body["incidents"].size() == 1);
  CHECK(body["incidents"][0]["id"] == "INC-1");
  CHECK(body["next"].is_null());
}

TEST_CASE("without an Idempotency-Key there is no dedup key, with a bad one nothing happens") {
  World w;
  CHECK(w.command(R"({"text":"list"})").status == 200);
  CHECK(w.intake.seen.at(0).dedup_keys.empty());
  CHECK(w.command(R"({"text":"list"})", {{"Idempotency-Key", std::string(201, 'a')}}).status == 400);
  CHECK(w.command(R"({"text":"list"})", {{"Idempotency-Key", "two words"}}).status == 400);
  CHECK(w.intake.seen.size() == 1);
}

TEST_CASE("each outcome has its status, and a refusal says why in words") {
  World w;
  w.intake.reply.card.title = {bot::plain("Not recorded.")};
  w.intake.reply.card.paragraphs = {{bot::plain("Use "), bot::code("severity sev2")}};
  using S = bot::ReplyStatus;
  const auto status = [&](S s) {
    w.intake.reply.status = s;
    return w.command(R"({"text":"x"})").status;
  };
  CHECK(status(S::ok) == 200);
  CHECK(status(S::invalid) == 422);
  CHECK(status(S::forbidden) == 403);
  CHECK(status(S::not_found) == 404);
  CHECK(status(S::conflict) == 409);
  w.intake.reply.retry_after = bot::Millis{2500};
  w.intake.reply.status = S::unavailable;
  auto answer = w.command(R"({"text":"x"})");
  CHECK(answer.status == 503);
  CHECK(answer.header("retry-after") == "3");
  CHECK(detail(answer).find("Not recorded.") == 0);
  CHECK(detail(answer).find("severity sev2") != std::string::npos);
  w.intake.reply.retry_after = {};
  w.intake.reply.status = S::maybe_recorded;
  answer = w.command(R"({"text":"x"})");
  CHECK(answer.status == 503);
  CHECK(answer.header("retry-after") == "1");
  CHECK(detail(answer).find("may be recorded") != std::string::npos);
  CHECK(detail(answer).find("same Idempotency-Key") != std::string::npos);
}

TEST_CASE("a body that is not the JSON asked for is refused before anything is submitted") {
  World w;
  const auto raw = [&](const std::string& type, const std::string& body) { return w.call("POST", "/api/v1/commands", "0123456789abcdef-ci", {{"Content-Type", type}}, body).status; };
  CHECK(raw("text/plain", R"({"text":"x"})") == 415);
  CHECK(raw("application/x-www-form-urlencoded", "text=x") == 415);
  CHECK(raw("application/jsonx", R"({"text":"x"})") == 415);
  for (const std::string& body : {std::string(""), std::string("{"), std::string("[]"), std::string("{}"), std::string(R"({"text":7})"), std::string("{\"text\":\"\xff\"}"),
                                  std::string(R"({"text":"x"} y)"), std::string(30000, '['), R"({"text":"x","deep":)" + std::string(100, '[') + std::string(100, ']') + "}"}) {
    INFO(body.substr(0, 40));
    CHECK(raw("application/json", body) == 400);
  }
  CHECK(raw("application/json", std::string(70000, ' ')) == 413);
  CHECK(w.intake.seen.empty());
  CHECK(raw("Application/JSON; charset=utf-8", R"({"text":"x"})") == 200);
}

TEST_CASE("without a known token nothing is told, and without any token the API is off") {
  World w;
  w.declare(1, "secret title");
  for (const char* path : {"/api/v1/incidents", "/api/v1/incidents/INC-1", "/api/v1/incidents/INC-99", "/api/v1/incidents/INC-1/timeline"}) {
    for (const char* token : {"", "wrong", "0123456789abcdef-c", "0123456789abcdef-ci2"}) {
      const auto answer = w.call("GET", path, token);
      CHECK(answer.status == 401);
      CHECK(answer.header("www-authenticate").find("Bearer") == 0);
      CHECK(answer.body.find("secret") == std::string::npos);
    }
  }
  CHECK(w.command(R"({"text":"x"})", {}, "wrong").status == 401);
  CHECK(w.call("GET", "/api/v1/incidents", "", {{"Authorization", "Basic MDEyMzQ1Njc4OWFiY2RlZi1jaQ=="}}).status == 401);
  CHECK(w.intake.seen.empty());

  World off(false);
  const auto answer = off.call("GET", "/api/v1/incidents", "");
  CHECK(answer.status == 404);
  CHECK(detail(answer).find("api.tokens") != std::string::npos);
  CHECK(off.command(R"({"text":"x"})", {}, "").status == 404);
}

TEST_CASE("incidents are listed newest first, a page at a time") {
  World w;
  for (int i = 1; i <= 5; ++i) w.declare(i, "number " + std::to_string(i));
  auto body = json::parse(w.call("GET", "/api/v1/incidents").body);
  REQUIRE(body.at("incidents").size() == 5);
  CHECK(body["incidents"][0]["id"] == "INC-5");
  CHECK(body["incidents"][0]["title"] == "number 5");
  CHECK(body["next"].is_null());
  std::vector<std::string> ids;
  std::string path = "/api/v1/incidents?limit=2";
  for (int i = 0; i < 5 && !path.empty(); ++i) {
    body = json::parse(w.call("GET", path).body);
    for (const auto& incident : body["incidents"]) ids.push_back(incident["id"]);
    path = body["next"].is_null() ? "" : body["next"].get<std::string>();
  }
  CHECK(ids == std::vector<std::string>{"INC-5", "INC-4", "INC-3", "INC-2", "INC-1"});
  for (const char* bad : {"?limit=x", "?limit=-1", "?before=0", "?open=maybe", "?colour=red", "?limit=%"}) CHECK(w.call("GET", std::string("/api/v1/incidents") + bad).status == 400);
}

TEST_CASE("one incident is shown by any of its spellings; an unknown one is 404") {
  World w;
  w.declare(12, "checkout");
  for (const char* name : {"INC-12", "inc-12", "12"}) CHECK(json::parse(w.call("GET", std::string("/api/v1/incidents/") + name).body)["incident"]["title"] == "checkout");
  for (const char* name : {"INC-13", "INC-", "x", "99999999999999999999", "INC-12x"}) CHECK(w.call("GET", std::string("/api/v1/incidents/") + name).status == 404);
}

TEST_CASE("scopes hold: a token without read reads nothing, a private incident is for admins") {
  World w;
  w.declare(1, "open one");
  w.declare(2, "hidden one", 0, true);
  for (const char* path : {"/api/v1/incidents", "/api/v1/incidents/1", "/api/v1/incidents/1/timeline"}) CHECK(w.call("GET", path, "0123456789abcdef-wr").status == 403);
  const auto list = w.call("GET", "/api/v1/incidents");
  CHECK(list.body.find("open one") != std::string::npos);
  CHECK(list.body.find("hidden one") == std::string::npos);
  for (const std::string rest : {"", "/timeline", "/timeline?format=md"}) {
    const auto hidden = w.call("GET", "/api/v1/incidents/2" + rest), missing = w.call("GET", "/api/v1/incidents/3" + rest);
    CHECK(hidden.status == 404);
    CHECK(hidden.body == missing.body);  // not even its being there is told
    CHECK(hidden.header("content-type") == missing.header("content-type"));
    CHECK(w.call("GET", "/api/v1/incidents/2" + rest, "0123456789abcdef-ad").body.find("hidden one") != std::string::npos);
    CHECK(w.call("GET", "/api/v1/incidents/2" + rest, "0123456789abcdef-wr").body == w.call("GET", "/api/v1/incidents/3" + rest, "0123456789abcdef-wr").body);
  }
}

TEST_CASE("a timeline comes whole as JSON, over many pages") {
  World w;
  w.declare(1, "long one", 1200);
  for (const char* path : {"/api/v1/incidents/INC-1/timeline", "/api/v1/incidents/INC-1/timeline?format=json"}) {
    const auto answer = w.call("GET", path);
    CHECK(answer.status == 200);
    CHECK(answer.header("content-type") == "application/json");
    const json body = json::parse(answer.body);
    REQUIRE(body.at("entries").size() == 1201);
    for (std::size_t i = 0; i < body["entries"].size(); ++i) CHECK(body["entries"][i]["seq"] == i + 1);
    CHECK(body["entries"][1]["text"] == "note 0 <b>");
    CHECK(body["entries"][1]["actor"]["name"] == "Alice");
  }
}

TEST_CASE("a timeline comes whole as Markdown, with a correction in its place") {
  World w;
  std::vector<bot::Entry> entries{entry(1, 1, bot::EntryKind::declared, "checkout returns 500", {{"severity", "sev2"}}), entry(1, 2, bot::EntryKind::note, "the wrong words")};
  for (int i = 3; i <= 600; ++i) entries.push_back(entry(1, i, bot::EntryKind::note, "filler"));
  entries.push_back(entry(1, 601, bot::EntryKind::corrected, "the right words", {{"entry", "2"}}));
  w.add(1, std::move(entries), bot::Incident{});
  const auto answer = w.call("GET", "/api/v1/incidents/INC-1/timeline?format=md");
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type") == "text/markdown; charset=utf-8");
  CHECK(answer.body.find("checkout returns 500") != std::string::npos);
  CHECK(answer.body.find("Alice") != std::string::npos);
  // Page one already knows of the correction that only page three holds.
  const auto wrong = answer.body.find("the wrong words");
  const auto right = answer.body.find("the right words");
  REQUIRE(wrong != std::string::npos);
  REQUIRE(right != std::string::npos);
  CHECK(right < answer.body.find("filler"));
  std::size_t fillers = 0;
  for (auto at = answer.body.find("filler"); at != std::string::npos; at = answer.body.find("filler", at + 1)) ++fillers;
  CHECK(fillers == 598);
  CHECK(w.call("GET", "/api/v1/incidents/INC-1/timeline?format=pdf").status == 400);
  CHECK(w.call("GET", "/api/v1/incidents/INC-9/timeline?format=md").status == 404);
}

TEST_CASE("health needs no token; readiness says what is wrong") {
  World w;
  CHECK(w.call("GET", "/healthz", "").status == 200);
  CHECK(w.call("GET", "/readyz", "").status == 200);
  w.ready = bot::fail(bot::ErrorKind::unavailable, "The store's background check found damage. Run muster verify.");
  const auto answer = w.call("GET", "/readyz", "");
  CHECK(answer.status == 503);
  CHECK(detail(answer).find("muster verify") != std::string::npos);
  CHECK(w.call("GET", "/healthz", "").status == 200);
}
