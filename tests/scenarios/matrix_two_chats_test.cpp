// One incident in Slack and in Matrix at once: the real binary, a fake Slack, a real Synapse.
#include <catch2/catch.hpp>

#include "tests/scenarios/matrix_scene.hpp"

using namespace scene;
using support::FakeSlack;
using support::wait_for;

namespace {

bool slack_heard(MatrixScene& s, const std::string& words, double seconds = 60) {
  return s.slack.wait_until([&] {
    for (const auto& m : s.slack.messages(s.slack_room()))
      if (m.visible().find(words) != std::string::npos) return true;
    return false;
  }, seconds);
}

}  // namespace

TEST_CASE("Matrix and Slack: commands in either, updates in both; one down, the other carries on, and there is one timeline") {
  if (no_homeserver()) return;
  support::RealHomeserver hs;
  REQUIRE(hs.start());
  MatrixScene s(hs, {true, false, ""});
  REQUIRE(s.start());
  s.declare("both chats");
  const std::string room = s.enter_room(1, "both-chats");
  REQUIRE_FALSE(room.empty());
  REQUIRE(s.waits_for("room_opened", 2));
  const std::string channel = s.slack_room();
  REQUIRE_FALSE(channel.empty());

  s.slash("role commander", "U02", channel);  // bob, in Slack
  REQUIRE(s.waits_for("role"));
  CHECK_FALSE(s.people->waits_for_words("alice", room, "Bob").is_null());
  s.people->say("alice", room, "!incident update from Matrix");
  CHECK(slack_heard(s, "from Matrix"));
  CHECK(wait_for([&] { return s.times_said(room, "from Matrix") == 1; }, 60));
  CHECK(s.incident()["roles"].dump().find("bob") != std::string::npos);  // one person, two identities

  hs.kill9();
  s.slash("update Matrix is down", "U02", channel);
  CHECK(slack_heard(s, "Matrix is down"));
  s.slash("status identified", "U02", channel);
  CHECK(s.waits_for("status"));
  REQUIRE(hs.start());
  CHECK(wait_for([&] { return s.times_said(room, "Matrix is down") == 1; }, 120));

  s.slack.fault({support::SlackFault::Kind::close_before_work, "", 500, 0, "", bot::Millis{0}, -1});
  s.people->say("alice", room, "!incident update Slack is down");
  CHECK(wait_for([&] { return s.times_said(room, "Slack is down") == 1; }, 60));
  s.slack.heal();
  CHECK(slack_heard(s, "Slack is down", 120));

  s.people->say("alice", room, "!incident resolve both are back");
  REQUIRE(s.waits_for("resolved"));
  CHECK(slack_heard(s, "both are back"));
  CHECK(wait_for([&] { return s.times_said(room, "both are back") >= 1; }, 60));
  s.check_once(room);
  std::map<std::string, int> ops;
  for (const auto& m : s.slack.messages(channel)) ++ops[m.op()];
  for (const auto& [op, n] : ops) {
    INFO(op);
    CHECK(n == 1);
  }
  std::int64_t last = 0;
  for (const auto& e : s.entries()) {
    CHECK(e["seq"].get<std::int64_t>() == last + 1);
    last = e["seq"].get<std::int64_t>();
  }
  CHECK(s.count("resolved") == 1);
  CHECK(s.muster->stop() == 0);
  CHECK(s.muster->run({"verify"}).code == 0);
}
