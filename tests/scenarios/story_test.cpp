// One incident from declare to resolved through the real binary, on good days and on each vendor's bad ones.
#include <catch2/catch.hpp>

#include "tests/scenarios/scene.hpp"

using scene::run_story;
using scene::Scene;
using support::SlackFault;
using support::StatuspageFault;

TEST_CASE("one incident, from declare to resolved and exported") {
  Scene s;
  run_story(s);
}

TEST_CASE("the same with Slack slow") {
  Scene s;
  s.slack.slow(bot::Millis{3000}, "chat.postMessage", 2);
  s.slack.slow(bot::Millis{3000}, "conversations.create", 1);
  s.slack.slow(bot::Millis{3000}, "pins.add", 1);
  run_story(s);
}

TEST_CASE("the same with Slack refusing") {
  Scene s;
  s.slack.refuse(429, 1, "conversations.create", 1);
  s.slack.refuse(429, 1, "chat.postMessage", 2);
  s.slack.refuse(500, 0, "conversations.setTopic", 2);
  s.slack.refuse(500, 0, "chat.update", 1);
  run_story(s);
}

TEST_CASE("the same with Slack hanging") {
  Scene s;
  s.slack.hang("conversations.create", 1);
  s.slack.hang("chat.postMessage", 1);
  run_story(s);
}

TEST_CASE("the same with Slack closing in the middle of answers to work it did") {
  Scene s;
  s.slack.close_mid_answer("conversations.create", 1);
  s.slack.close_mid_answer("chat.postMessage", 2);
  s.slack.close_mid_answer("chat.update", 1);
  run_story(s);
}

TEST_CASE("the same with Slack failing after the work was done") {
  Scene s;
  s.slack.fail_after_doing("conversations.create", 500, 1);
  s.slack.fail_after_doing("chat.postMessage", 500, 2);
  s.slack.fail_after_doing("pins.add", 500, 1);
  run_story(s);
}

TEST_CASE("the same with Statuspage slow, refusing and limiting") {
  Scene s;
  s.vendor.fail({StatuspageFault::Kind::slow, StatuspageFault::On::writes, 0, bot::Millis{3000}, "", ""}, 1);
  StatuspageFault limited{StatuspageFault::Kind::refuse, StatuspageFault::On::writes, 420, bot::Millis{0}, "1", ""};
  s.vendor.fail(limited, 1);
  run_story(s);
}

TEST_CASE("the same with Statuspage hanging, closing and failing after the work was done") {
  using K = StatuspageFault::Kind;
  const auto kind = GENERATE(K::close_mid_answer, K::fail_after_work, K::hang_after_work, K::close_before_work);
  Scene s;
  s.vendor.fail({kind, StatuspageFault::On::writes, 500, bot::Millis{0}, "", ""}, 1);
  run_story(s);
}
