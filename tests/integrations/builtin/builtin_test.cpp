#include "integrations/statuspage/builtin/builtin.hpp"

#include <nlohmann/json.hpp>

#include "integrations/http/client.hpp"
#include "tests/integrations/builtin/story.hpp"

namespace builtin_tests {

using statuspage::builtin::BuiltinPage;

namespace {

bot::StatusPageSettings settings() {
  bot::StatusPageSettings s;
  s.kind = "builtin";
  s.name = "public";
  s.title = "Example";
  s.listen = "127.0.0.1:0";
  s.components = {{"api", "API", ""}, {"web", "Website", ""}};
  return s;
}

/// The page on loopback and somebody who looks at it.
struct Visit {
  support::FakeEnv env;
  Story story;
  BuiltinPage page;
  std::unique_ptr<http::Client> client = http::make_client();

  explicit Visit(bot::StatusPageSettings s = settings()) : page(s, story, env.env()) {}
  void open() { REQUIRE(page.start().ok()); }
  http::Answer ask(const std::string& method, const std::string& path, http::Headers headers = {}) {
    http::Call call;
    call.method = method;
    call.url = "http://127.0.0.1:" + std::to_string(page.port()) + path;
    call.headers = std::move(headers);
    auto result = client->call(call);
    REQUIRE(std::holds_alternative<http::Answer>(result));
    return std::get<http::Answer>(result);
  }
  http::Answer get(const std::string& path, http::Headers headers = {}) { return ask("GET", path, std::move(headers)); }
};

bot::Message update_message(const std::string& op) {
  bot::Message m;
  m.incident = 7;
  m.integration = "statuspage:public";
  bot::PublicUpdate update;
  update.op = op;
  m.content = update;
  return m;
}

}  // namespace

TEST_CASE("every address answers with its type, policy and a short life") {
  Visit v;
  v.story.add(7, "investigating", "We are looking.", {{"api", "major_outage"}});
  v.open();
  const std::map<std::string, std::string> types{{"/", "text/html; charset=utf-8"},
                                                 {"/history", "text/html; charset=utf-8"},
                                                 {"/history/2026-11", "text/html; charset=utf-8"},
                                                 {"/api", "text/html; charset=utf-8"},
                                                 {"/api/v2/summary.json", "application/json; charset=utf-8"},
                                                 {"/api/v2/incidents/unresolved.json", "application/json; charset=utf-8"},
                                                 {"/history.atom", "application/atom+xml; charset=utf-8"},
                                                 {"/history.rss", "application/rss+xml; charset=utf-8"},
                                                 {"/updates.rss", "application/rss+xml; charset=utf-8"},
                                                 {"/favicon.ico", "image/svg+xml"}};
  for (const auto& [path, type] : types) {
    INFO(path);
    const auto answer = v.get(path);
    CHECK(answer.status == 200);
    CHECK(answer.header("content-type") == type);
    CHECK(has(answer.header("cache-control"), "max-age=15"));
    CHECK_FALSE(answer.header("etag").empty());
    if (type.rfind("text/html", 0) == 0) {
      CHECK(answer.header("content-security-policy") ==
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'");
      CHECK(answer.header("access-control-allow-origin").empty());
    } else if (type != "image/svg+xml") {
      CHECK(answer.header("access-control-allow-origin") == "*");
    }
    CHECK(answer.header("x-content-type-options") == "nosniff");
  }
}

TEST_CASE("an unknown address is a page that says so") {
  Visit v;
  v.open();
  for (const char* path : {"/nope", "/incidents/inc-7", "/incidents/%3Cscript%3E", "/api/v2/nope.json", "/history/1999-01"}) {
    const auto answer = v.get(path);
    CHECK(answer.status == 404);
    CHECK(has(answer.body, "There is nothing here"));
    CHECK_FALSE(has(answer.body, "<script>"));
  }
  CHECK(v.ask("POST", "/").status == 405);
  CHECK(v.ask("POST", "/api/v2/summary.json").status == 405);
}

TEST_CASE("the page's dates stay what they are over restarts") {
  support::FakeEnv env;
  Story story;
  const auto created = [&] {
    BuiltinPage page(settings(), story, env.env());
    page.remember = [&](const bot::AdapterState& state) { story.kept[state.key] = state.value; };
    REQUIRE(page.start().ok());
    http::Call call;
    call.url = "http://127.0.0.1:" + std::to_string(page.port()) + "/api/v2/summary.json";
    const auto answer = http::make_client()->call(call);
    page.stop();
    const auto json = nlohmann::json::parse(std::get<http::Answer>(answer).body);
    CHECK(json["components"][0]["created_at"] == json["page"]["updated_at"]);
    CHECK(json["components"][0]["created_at"] == json["components"][0]["updated_at"]);
    return json["components"][0]["created_at"].get<std::string>();
  };
  const std::string at_first = created();
  CHECK(at_first == bot::iso8601(env.clock.now()));
  env.clock.advance(Millis{3600000});
  CHECK(created() == at_first);

  // A database that was there before this was kept is as old as its first incident.
  story.kept.clear();
  story.first_incident = bot::Incident{};
  story.first_incident->declared = env.clock.now() - Millis{86400000};
  const std::string older = created();
  CHECK(older == bot::iso8601(env.clock.now() - Millis{86400000}));
  story.first_incident.reset();
  CHECK(created() == older);
}

TEST_CASE("robots are welcome, and a slash too many at the end is forgiven") {
  Visit v;
  v.open();
  CHECK(v.get("/robots.txt").body == "User-agent: *\nAllow: /\n");
  CHECK(v.get("/robots.txt").header("content-type") == "text/plain; charset=utf-8");
  CHECK(v.get("/api/v2/summary.json/").body == v.get("/api/v2/summary.json").body);
  CHECK(v.get("/api/v2/").status == 200);
  CHECK(v.get("/history/").status == 200);
  CHECK(v.get("/nope/").status == 404);
}

TEST_CASE("nothing of Muster itself is reachable on the page's listener") {
  Visit v;
  v.open();
  for (const char* path : {"/metrics", "/healthz", "/api/v1/incidents", "/slack/commands", "/console"}) CHECK(v.get(path).status == 404);
}

TEST_CASE("an unchanged answer costs nothing, and compressed bytes have a tag of their own") {
  Visit v;
  v.open();
  const auto plain = v.get("/api/v2/summary.json");
  const auto zipped = v.get("/api/v2/summary.json", {{"Accept-Encoding", "gzip"}});
  CHECK(zipped.header("content-encoding") == "gzip");
  CHECK(zipped.header("vary") == "Accept-Encoding");
  CHECK(zipped.body.size() < plain.body.size());
  CHECK(zipped.body.substr(0, 2) == "\x1f\x8b");
  CHECK(plain.header("etag") != zipped.header("etag"));
  const auto again = v.get("/api/v2/summary.json", {{"If-None-Match", plain.header("etag")}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(again.header("etag") == plain.header("etag"));
  CHECK(v.get("/api/v2/summary.json", {{"Accept-Encoding", "gzip"}, {"If-None-Match", zipped.header("etag")}}).status == 304);
  CHECK(v.get("/api/v2/summary.json", {{"Accept-Encoding", "gzip"}, {"If-None-Match", plain.header("etag")}}).status == 200);
  CHECK(v.get("/nope", {{"If-None-Match", "*"}}).status == 404);
}

TEST_CASE("HEAD tells the same without a body, and OPTIONS lets browsers in") {
  Visit v;
  v.open();
  const auto head = v.ask("HEAD", "/");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.header("etag") == v.get("/").header("etag"));
  const auto options = v.ask("OPTIONS", "/api/v2/summary.json");
  CHECK(options.status == 204);
  CHECK(options.header("access-control-allow-origin") == "*");
}

TEST_CASE("style and script have addresses that change with them and may be kept for ever") {
  Visit v;
  v.open();
  const std::string html = v.get("/").body;
  for (const std::string name : {"page.css", "page.js"}) {
    const auto end = html.find(name) + name.size();
    REQUIRE(html.find(name) != std::string::npos);
    const auto begin = html.rfind('"', end - 1) + 1;
    const auto answer = v.get(html.substr(begin, end - begin));
    CHECK(answer.status == 200);
    CHECK(has(answer.header("cache-control"), "immutable"));
  }
}

TEST_CASE("a committed update is on the page once it was sent, with a link to it") {
  Visit v;
  v.open();
  CHECK(has(v.get("/").body, "All systems are working."));
  v.story.add(7, "investigating", "We are looking.", {{"api", "major_outage"}});
  bot::Incident incident;
  incident.number = 7;
  const std::vector<bot::Reference> none;
  const auto message = update_message("op1");
  CHECK(v.page.integration() == "statuspage:public");
  CHECK(v.page.repeat_policy(message.content) == bot::RepeatPolicy::free);
  CHECK(std::holds_alternative<bot::Missing>(v.page.find(message, {incident, none})));

  const auto sent = v.page.send(message, {incident, none});
  REQUIRE(std::holds_alternative<bot::Accepted>(sent));
  const std::string link = std::get<bot::Accepted>(sent).link;
  const std::string base = "http://127.0.0.1:" + std::to_string(v.page.port());
  REQUIRE(link.rfind(base + "/incidents/", 0) == 0);
  const auto hash = link.find('#');
  const auto permalink = v.get(link.substr(base.size(), hash - base.size()));
  CHECK(permalink.status == 200);
  CHECK(has(permalink.body, "id=\"" + link.substr(hash + 1) + "\""));
  CHECK(has(v.get("/").body, "API has been down since"));
  CHECK(has(v.get("/api/v2/status.json").body, "\"indicator\":\"major\""));

  const auto again = v.page.send(message, {incident, none});
  REQUIRE(std::holds_alternative<bot::Accepted>(again));
  CHECK(std::get<bot::Accepted>(again).link == link);
  CHECK(std::holds_alternative<bot::Accepted>(v.page.find(message, {incident, none})));
}

TEST_CASE("links carry the address people use when it is set") {
  auto s = settings();
  s.url = "https://status.example.org/";
  Visit v(s);
  v.story.add(7, "investigating", "We are looking.");
  v.open();
  bot::Incident incident;
  const std::vector<bot::Reference> none;
  const auto sent = v.page.send(update_message("op1"), {incident, none});
  CHECK(std::get<bot::Accepted>(sent).link.rfind("https://status.example.org/incidents/", 0) == 0);
  CHECK(has(v.get("/updates.rss").body, "https://status.example.org/updates.rss"));
}

TEST_CASE("what the page cannot show is not called shown") {
  Visit v;
  v.open();
  bot::Incident incident;
  const std::vector<bot::Reference> none;
  CHECK(std::holds_alternative<bot::Refused>(v.page.send(update_message("unknown"), {incident, none})));
  bot::Message other;
  other.content = bot::Say{};
  CHECK(std::holds_alternative<bot::Refused>(v.page.send(other, {incident, none})));
}

TEST_CASE("when the store does not answer the last page stays, and somebody is told once, and once when it is over") {
  Visit v;
  std::vector<std::string> told;
  v.page.on_trouble = [&](const std::string& words) { told.push_back(words); };
  v.story.add(7, "investigating", "We are looking.");
  REQUIRE(v.page.render().ok());
  v.story.breaks(true);
  bot::Incident incident;
  const std::vector<bot::Reference> none;
  CHECK(std::holds_alternative<bot::NotSent>(v.page.send(update_message("op1"), {incident, none})));
  CHECK_FALSE(v.page.render().ok());
  REQUIRE(told.size() == 1);
  CHECK(has(told[0], "The status page \"public\" no longer follows what is published"));
  CHECK(has(told[0], "Customers see it as it was at "));
  CHECK(v.page.trouble() == told[0]);
  CHECK_FALSE(v.page.start().ok());
  v.story.breaks(false);
  v.open();
  REQUIRE(told.size() == 2);
  CHECK(told[1].empty());
  CHECK(v.page.trouble().empty());
  CHECK(has(v.get("/").body, "We are looking."));
}

TEST_CASE("a redacted update leaves the page when it is refreshed") {
  Visit v;
  v.story.add(7, "investigating", "The customer Example GmbH is down.");
  v.open();
  CHECK(has(v.get("/").body, "GmbH"));
  {
    const bot::Lock lock(*v.story.mutex);
    v.story.entries[0].text.reset();
  }
  REQUIRE(v.page.render().ok());
  const std::string html = v.get("/").body;
  CHECK_FALSE(has(html, "GmbH"));
  CHECK(has(html, "This update was removed."));
}

TEST_CASE("an address that is taken is told, and stopping twice is harmless") {
  Visit first;
  first.open();
  auto s = settings();
  s.listen = "127.0.0.1:" + std::to_string(first.page.port());
  Visit second(s);
  CHECK_FALSE(second.page.start().ok());
  first.page.stop();
  first.page.stop();
}

}  // namespace builtin_tests
