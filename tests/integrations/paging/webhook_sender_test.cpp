// Pages by webhook: what is sent, and what each answer means.
#include <catch2/catch.hpp>

#include <mutex>

#include <nlohmann/json.hpp>

#include "integrations/http/signature.hpp"
#include "integrations/paging/ack_link.hpp"
#include "integrations/paging/webhook_sender.hpp"
#include "tests/support/fake_client.hpp"
#include "tests/support/fake_env.hpp"

using nlohmann::json;

namespace {

struct Desk {
  bot::Settings settings;
  bot::People people;
  support::FakeClock clock;
  bot::Incident incident;
  std::vector<bot::Reference> references;

  Desk() {
    settings.server.public_url = "https://muster.example.org";
    settings.paging.secret = bot::Secret("paging-secret-0123456789");
    put("http://pager.example.org/hook/s3cret-path");
  }
  void put(const std::string& webhook) {
    bot::Person alice;
    alice.id = "alice";
    alice.name = "Alice";
    alice.webhook = webhook;
    people.put(alice);
    bot::Person bob;
    bob.id = bob.name = "bob";
    people.put(bob);
  }
  bot::Message message() const {
    bot::Message m;
    m.id = "0123456789abcdef0123456789abcdef";
    m.incident = 7;
    m.integration = "webhook";
    m.lane_class = bot::LaneClass::page;
    m.created = clock.now();
    m.content = bot::PagePerson{"run-1", "alice", 2, "Checkout \"500\"\r\n<b>", "sev1", "HighErrorRate\xe2\x80\xae", ""};
    return m;
  }
  bot::SendResult send(http::Client& client, std::optional<bot::Time> first_attempt = {}) {
    return paging::make_webhook_sender(client, settings, people, clock)->send(message(), {incident, references, 1, first_attempt});
  }
};

template <class T>
const T& as(const bot::SendResult& result) {
  REQUIRE(std::holds_alternative<T>(result));
  return std::get<T>(result);
}

}  // namespace

TEST_CASE("a page arrives over the wire, signed over its exact bytes") {
  Desk desk;
  std::mutex mutex;
  std::vector<http::Request> seen;
  auto server = http::make_server({});
  server->route("POST", "/alice", [&](const http::Request& request, std::shared_ptr<http::Exchange> exchange) {
    {
      std::unique_lock lock(mutex);
      seen.push_back(request);
    }
    exchange->respond(http::Response::text(202, "ok"));
  });
  REQUIRE(server->start().ok());
  desk.put("http://127.0.0.1:" + std::to_string(server->port()) + "/alice");
  const auto client = http::make_client();
  as<bot::Accepted>(desk.send(*client));
  server->stop();
  REQUIRE(seen.size() == 1);
  const auto& request = seen[0];
  CHECK(request.header("muster-signature") == http::webhook_signature(desk.settings.paging.secret, request.body, desk.clock.now()));
  CHECK(request.header("muster-delivery") == "0123456789abcdef0123456789abcdef");
  CHECK(request.header("idempotency-key") == "0123456789abcdef0123456789abcdef");
  CHECK(request.header("content-type").find("application/json") == 0);
  const auto body = json::parse(request.body);
  CHECK(body["id"] == "0123456789abcdef0123456789abcdef");
  CHECK(body["type"] == "page");
  CHECK(body["incident"] == "INC-7");
  CHECK(body["title"].get<std::string>().find_first_of("\r\n") == std::string::npos);
  CHECK(body["text"] == "HighErrorRate");
  CHECK(body["severity"] == "sev1");
  CHECK(body["step"] == 2);
  CHECK(body["page"] == "run-1");
  CHECK(body["sent_at"] == bot::iso8601(desk.clock.now()));
  CHECK_FALSE(body.contains("repeat"));
  const std::string url = body["ack_url"];
  REQUIRE(url.find("https://muster.example.org/ack/") == 0);
  const auto token = paging::read_token(desk.settings.paging.secret, url.substr(31));
  REQUIRE(token);
  CHECK(token->person == "alice");
  CHECK(token->incident == 7);
  CHECK(token->page == "run-1");
  CHECK(token->expires > desk.clock.now());
}

TEST_CASE("a repeat says so and carries the same id and link, signed anew") {
  Desk desk;
  tests::FakeClient client;
  client.script([](const http::Call&) { return http::Answer{200, {}, ""}; });
  const auto sender = paging::make_webhook_sender(client, desk.settings, desk.people, desk.clock);
  const auto message = desk.message();
  as<bot::Accepted>(sender->send(message, {desk.incident, desk.references, 1, {}}));
  const auto before = desk.clock.now();
  desk.clock.advance(bot::Millis{60000});
  as<bot::Accepted>(sender->send(message, {desk.incident, desk.references, 2, before}));
  const auto calls = client.calls();
  REQUIRE(calls.size() == 2);
  const auto first = json::parse(calls[0].body), second = json::parse(calls[1].body);
  CHECK(second["repeat"] == true);
  CHECK(first["ack_url"] == second["ack_url"]);
  CHECK(first["id"] == second["id"]);
  CHECK(calls[1].headers != calls[0].headers);
  CHECK(sender->repeat_policy(message.content) == bot::RepeatPolicy::harmless);
  CHECK(std::holds_alternative<bot::Missing>(sender->find(message, {desk.incident, desk.references, 2, before})));
}

TEST_CASE("only a 2xx counts as sent") {
  Desk desk;
  tests::FakeClient client;
  const auto answer = [&](int status, http::Headers headers = {}) {
    client.push(status, "", std::move(headers));
    return desk.send(client);
  };
  for (const int status : {200, 201, 202, 204}) as<bot::Accepted>(answer(status));
  for (const int status : {300, 301, 302, 303, 304, 307, 308}) CHECK(as<bot::Refused>(answer(status)).reason.find("Redirects are not followed") != std::string::npos);
  for (const int status : {400, 401, 403, 404, 410, 422}) {
    const auto refused = as<bot::Refused>(answer(status));
    CHECK(refused.reason == "Alice's webhook answered " + std::to_string(status) + ".");
    CHECK_FALSE(refused.credentials);  // one person's wrong address must not keep everybody's pages waiting
  }
  for (const int status : {500, 502, 503, 504, 599}) as<bot::Doubtful>(answer(status));
  for (const int status : {408, 425}) as<bot::NotSent>(answer(status));
  const auto limited = as<bot::NotSent>(answer(429, {{"retry-after", "7"}}));
  CHECK(limited.after == bot::Millis{7000});
  CHECK_FALSE(limited.counts);
  CHECK(as<bot::NotSent>(answer(429, {{"retry-after", "86400"}})).after == bot::Millis{60000});
  CHECK_FALSE(as<bot::NotSent>(answer(429)).after);
}

TEST_CASE("no answer is doubt, no connection is not sent, and the words keep the address to themselves") {
  Desk desk;
  tests::FakeClient client;
  client.fail(true, "timed out at http://pager.example.org/hook/s3cret-path");
  CHECK(as<bot::Doubtful>(desk.send(client)).reason.find("s3cret") == std::string::npos);
  client.fail(false, "refused http://pager.example.org/hook/s3cret-path");
  CHECK(as<bot::NotSent>(desk.send(client)).reason == "Alice's webhook could not be reached.");
}

TEST_CASE("nothing is sent unsigned, to nobody, or that is no page") {
  Desk desk;
  tests::FakeClient client;
  const auto sender = paging::make_webhook_sender(client, desk.settings, desk.people, desk.clock);
  auto message = desk.message();
  const bot::SendContext context{desk.incident, desk.references, 1, {}};
  message.content = bot::SetTopic{"x"};
  as<bot::Refused>(sender->send(message, context));
  message.content = bot::PagePerson{"run-1", "bob", 1, "", "", "", ""};
  CHECK(as<bot::Refused>(sender->send(message, context)).reason == "bob has no webhook in the settings.");
  message.content = bot::PagePerson{"run-1", "zoe", 1, "", "", "", ""};
  as<bot::Refused>(sender->send(message, context));
  desk.settings.paging.secret = {};
  CHECK(as<bot::Refused>(desk.send(client)).reason.find("never sent unsigned") != std::string::npos);
  CHECK(client.calls().empty());
}
