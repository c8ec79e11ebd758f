// What each of Slack's answers means for a message.
#include <catch2/catch.hpp>

#include "tests/integrations/slack/outside.hpp"

using namespace slack_tests;

namespace {

bot::SendResult say_after(Outside& o, support::SlackFault fault) {
  fault.method = "chat.postMessage";
  o.vendor.fault(fault);
  return o.send(bot::Say{card("x")});
}

support::SlackFault error(const std::string& word) {
  support::SlackFault fault;
  fault.kind = support::SlackFault::Kind::error;
  fault.error = word;
  return fault;
}

support::SlackFault status(int code, int retry_after = 0) {
  support::SlackFault fault;
  fault.status = code;
  fault.retry_after = retry_after;
  return fault;
}

}  // namespace

TEST_CASE("Errors of Slack's that say it may have happened leave a doubt") {
  Outside o;
  o.open_room();
  for (const char* word : {"fatal_error", "internal_error", "service_unavailable"}) CHECK(as<bot::Doubtful>(say_after(o, error(word))));
  for (int code : {500, 502, 503, 504}) {
    o.env.advance(bot::Millis{5000});
    CHECK(as<bot::Doubtful>(say_after(o, status(code))));
  }
}

TEST_CASE("Errors that say nothing happened are tried again") {
  Outside o;
  o.open_room();
  const auto truncated = say_after(o, error("request_timeout"));
  REQUIRE(as<bot::NotSent>(truncated));
  CHECK(as<bot::NotSent>(truncated)->counts);
  CHECK(as<bot::NotSent>(say_after(o, status(403))));
  CHECK(as<bot::NotSent>(say_after(o, status(302))));
}

TEST_CASE("Errors for good are refused in words") {
  Outside o;
  o.open_room();
  const auto archived = say_after(o, error("is_archived"));
  REQUIRE(as<bot::Refused>(archived));
  CHECK(as<bot::Refused>(archived)->reason == "Slack refused chat.postMessage: the channel is archived (is_archived).");
  CHECK_FALSE(as<bot::Refused>(archived)->credentials);
  CHECK(as<bot::Refused>(say_after(o, error("some_new_error")))->reason == "Slack refused chat.postMessage: some_new_error.");
  CHECK(as<bot::Refused>(say_after(o, error("<b>evil\nwords</b>")))->reason == "Slack refused chat.postMessage: unknown_error.");
}

TEST_CASE("A token at fault is said to be, and nothing is given up for it") {
  Outside o;
  o.open_room();
  for (const char* word : {"invalid_auth", "not_authed", "token_revoked", "account_inactive", "token_expired"}) {
    o.env.advance(bot::Millis{5000});
    const auto result = say_after(o, error(word));
    REQUIRE(as<bot::Refused>(result));
    CHECK(as<bot::Refused>(result)->credentials);
    CHECK(as<bot::Refused>(result)->reason.find("slack.bot_token") != std::string::npos);
    CHECK(as<bot::Refused>(result)->reason.find(support::FakeSlack::kToken) == std::string::npos);
  }
  o.settings.slack.bot_token = bot::Secret("xoxb-something-else");
  CHECK(as<bot::Refused>(o.send(bot::OpenRoom{"inc-7-y", "", false}))->credentials);
}

TEST_CASE("Slack's wait is kept: one 429, then silence until it is over, while other rooms go on") {
  Outside o;
  o.open_room();
  const auto first = say_after(o, status(429, 7));
  REQUIRE(as<bot::NotSent>(first));
  CHECK_FALSE(as<bot::NotSent>(first)->counts);
  CHECK(as<bot::NotSent>(first)->after == bot::Millis{7000});
  const auto before = o.vendor.calls("chat.postMessage").size();
  o.env.advance(bot::Millis{3000});
  const auto second = o.send(bot::Say{card("x")});
  REQUIRE(as<bot::NotSent>(second));
  CHECK(as<bot::NotSent>(second)->after == bot::Millis{4000});
  CHECK(o.vendor.calls("chat.postMessage").size() == before);
  CHECK(as<bot::Accepted>(o.send(bot::Announce{card("x")})));
  o.env.advance(bot::Millis{4000});
  CHECK(as<bot::Accepted>(o.send(bot::Say{card("x")})));
}

TEST_CASE("A 429 on a method without channels pauses that method alone") {
  Outside o;
  o.open_room();
  o.vendor.refuse(429, 9, "conversations.setTopic");
  CHECK(as<bot::NotSent>(o.send(bot::SetTopic{"a"}))->after == bot::Millis{9000});
  CHECK(as<bot::NotSent>(o.send(bot::SetTopic{"a"})));
  CHECK(o.vendor.calls("conversations.setTopic").size() == 1);
  CHECK(as<bot::Accepted>(o.send(bot::PinSummary{})));
  o.env.advance(bot::Millis{9000});
  CHECK(as<bot::Accepted>(o.send(bot::SetTopic{"a"})));
  o.vendor.error("ratelimited", "conversations.setTopic");
  CHECK_FALSE(as<bot::NotSent>(o.send(bot::SetTopic{"b"}))->counts);
}

TEST_CASE("Posting keeps to one message a second and channel, and no method is called faster than its tier") {
  Outside o;
  o.open_room();
  int sent = 0;
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 5; ++i) {
      const auto result = o.send(bot::Say{card("x")});
      if (as<bot::Accepted>(result)) ++sent;
      else CHECK_FALSE(as<bot::NotSent>(result)->counts);
    }
    o.env.advance(bot::Millis{1000});
  }
  CHECK(sent >= 60);
  CHECK(sent <= 63);
  int topics = 0;
  for (int second = 0; second < 60; ++second) {
    topics += as<bot::Accepted>(o.send(bot::SetTopic{"t"})) != nullptr;
    o.env.advance(bot::Millis{1000});
  }
  CHECK(topics >= 20);
  CHECK(topics <= 26);
}

TEST_CASE("Posts under Slack's strict limit get through with few refusals") {
  Outside o;
  o.open_room();
  o.vendor.limit_posts(true);
  int sent = 0;
  for (int turn = 0; turn < 400 && sent < 10; ++turn) {
    const auto result = o.send(bot::Say{card("x")});
    if (as<bot::Accepted>(result)) ++sent;
    else o.env.advance(as<bot::NotSent>(result)->after.value_or(bot::Millis{1000}));
  }
  CHECK(sent == 10);
  CHECK(o.vendor.rate_limited() <= 4);
}

TEST_CASE("A Slack that hangs leaves a doubt within the call's time") {
  Outside o;
  o.open_room();
  o.restart(bot::Millis{300});
  o.vendor.hang("chat.postMessage");
  CHECK(as<bot::Doubtful>(o.send(bot::Say{card("x")})));
  o.vendor.hang("conversations.open");
  const auto page = o.send(bot::PagePerson{"p1", "bob", 1, "x", "sev1", "", ""});
  CHECK(as<bot::NotSent>(page));  // opening the direct message is no page yet, so there is nothing to doubt
}

TEST_CASE("A Slack that is slow is waited for") {
  Outside o;
  o.open_room();
  o.vendor.slow(bot::Millis{300}, "chat.postMessage");
  CHECK(as<bot::Accepted>(o.send(bot::Say{card("x")})));
}

TEST_CASE("A Slack that is gone got nothing") {
  Outside o;
  o.open_room();
  o.vendor.stop();
  const auto result = o.send(bot::Say{card("x")});
  REQUIRE(as<bot::NotSent>(result));
  CHECK(as<bot::NotSent>(result)->counts);
}

TEST_CASE("Answers that lack what they promise leave a doubt and break nothing") {
  Outside o;
  o.open_room();
  for (const char* method : {"chat.postMessage", "conversations.create"}) {
    o.vendor.fault({support::SlackFault::Kind::garble, method});
    const auto result = method[1] == 'h' ? o.send(bot::Say{card("x")}) : o.send(bot::OpenRoom{"inc-7-z", "", false});
    CHECK(as<bot::Doubtful>(result));
  }
}
