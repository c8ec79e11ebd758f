// Announcements to incoming webhooks: words that notify nobody, and what each answer means.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "integrations/slack/hook_sender.hpp"
#include "tests/support/fake_env.hpp"

namespace {

using nlohmann::json;

class OneAnswer : public http::Client {
 public:
  http::CallResult result = http::Answer{200, {}, "ok"};
  std::vector<http::Call> calls;
  http::CallResult call(const http::Call& call) override {
    calls.push_back(call);
    return result;
  }
};

struct Hook {
  support::FakeEnv env;
  OneAnswer vendor;
  bot::AnnouncementHook hook{"ops", bot::Secret("https://hooks.example.org/services/very-secret")};
  bot::Settings settings;
  bot::People people;
  bot::Incident incident;
  std::vector<bot::Reference> references;
  std::unique_ptr<bot::Sender> sender = slack::make_hook_sender(hook, settings, vendor, people, env.clock);

  Hook() {
    incident.number = 7;
    settings.server.public_url = "https://muster.example.org/";
    settings.server.console_url = "https://muster.example.org";
  }
  bot::SendResult send(const std::string& words = "x") {
    bot::Card card;
    card.title = {bot::plain(words)};
    bot::Message m;
    m.incident = 7;
    m.content = bot::Announce{card};
    return sender->send(m, bot::SendContext{incident, references, 1, {}});
  }
  std::string text() const { return json::parse(vendor.calls.back().body)["text"]; }
};

template <class T>
const T* as(const bot::SendResult& result) { return std::get_if<T>(&result); }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an announcement is one line of text and where to read on") {
  Hook h;
  CHECK(h.sender->integration() == "webhook:ops");
  REQUIRE(as<bot::Accepted>(h.send("INC-7 SEV1 checkout returns 500")));
  CHECK(h.text() == "INC-7 SEV1 checkout returns 500\nhttps://muster.example.org/incidents/INC-7");
  CHECK(h.vendor.calls[0].url == "https://hooks.example.org/services/very-secret");
}

TEST_CASE("nobody's title wakes a channel, whichever product reads it") {
  Hook h;
  h.send("<!channel> <!here> <@U01> @channel @all @everyone @here (@here) [x](https://evil.example) ![y](https://evil.example/p.png) .@channel -@all _@here_ a@everyone A@Everyone mail a@example.org &lt;!channel&gt;");
  const std::string text = h.text();
  for (const char* live : {"<!", "<@", "@channel", "@all", "@everyone", "@here", "](", "<", ">", "@Everyone"}) {
    INFO(live);
    CHECK_FALSE(has(text, live));
  }
  CHECK(has(text, "a@example.org"));
  CHECK(has(text, "&amp;lt;!channel"));
}

TEST_CASE("what the other side answers decides what happens next, and its address is in no reason") {
  struct Case { int status; const char* body; char expected; };
  for (const auto& c : {Case{200, "ok", 'a'}, Case{204, "", 'a'}, Case{404, "no_service", 'r'}, Case{403, "action_prohibited", 'r'}, Case{410, "channel_is_archived", 'r'},
                        Case{400, "invalid_payload", 'r'}, Case{302, "<html>", 'r'}, Case{500, "rollup_error", 'd'}, Case{503, "", 'd'}, Case{429, "", 'n'}}) {
    Hook h;
    h.vendor.result = http::Answer{c.status, {{"retry-after", "7"}}, c.body};
    const auto result = h.send();
    INFO(c.status);
    CHECK((as<bot::Accepted>(result) != nullptr) == (c.expected == 'a'));
    CHECK((as<bot::Refused>(result) != nullptr) == (c.expected == 'r'));
    CHECK((as<bot::Doubtful>(result) != nullptr) == (c.expected == 'd'));
    CHECK((as<bot::NotSent>(result) != nullptr) == (c.expected == 'n'));
    if (const auto* refused = as<bot::Refused>(result)) {
      CHECK_FALSE(has(refused->reason, "very-secret"));
      CHECK_FALSE(has(refused->reason, "<html>"));
      CHECK_FALSE(refused->credentials);
    }
    if (const auto* waits = as<bot::NotSent>(result)) {
      CHECK(*waits->after == bot::Millis{7000});
      CHECK_FALSE(waits->counts);
    }
  }
  Hook h;
  h.vendor.result = http::CallFailure{false, "connection refused"};
  CHECK(as<bot::NotSent>(h.send()));
  h.vendor.result = http::CallFailure{true, "timed out"};
  CHECK(as<bot::Doubtful>(h.send()));
}

TEST_CASE("a private incident is told nowhere, however it got here") {
  Hook h;
  h.incident.is_private = true;
  CHECK(as<bot::Refused>(h.send()));
  CHECK(h.vendor.calls.empty());
}

TEST_CASE("long words are cut where Discord would refuse them") {
  Hook h;
  h.send(std::string(5000, 'a'));
  CHECK(h.text().size() < 2000);
}
