// Priorities where Slack's limits are tight, the whole workspace's limit, and who is told when the token is no good.
#include <catch2/catch.hpp>

#include "tests/integrations/slack/canned.hpp"
#include "tests/integrations/slack/outside.hpp"

using namespace slack_tests;

namespace {

struct Crowded : Outside {
  Canned canned;
  Crowded() {
    sender = slack::make_sender(settings, canned, people, env.env(), workspace);
    references = {{7, "slack", "room", "C07"}, {7, "slack", "summary", "1.2"}};
    canned.on("conversations.open", R"({"ok":true,"channel":{"id":"D01"}})");
    for (const char* method : {"chat.postMessage", "chat.update", "conversations.invite"}) canned.on(method, R"({"ok":true,"ts":"5.6"})");
  }
  bot::Message page() {
    auto m = message(bot::PagePerson{"p1", "alice", 1, "checkout", "sev1", "", ""});
    m.lane_class = bot::LaneClass::page;
    return m;
  }
  /// Says into ever other rooms until the limits stop it.
  int say_until_refused() {
    int said = 0;
    for (int room = 0; room < 500; ++room) {
      references[0].id = "C" + std::to_string(1000 + room);
      if (!as<bot::Accepted>(send(bot::Say{card("x")}))) return said;
      ++said;
    }
    return said;
  }
};

}  // namespace

TEST_CASE("However much the rooms have to say, a page finds its turn at once") {
  Crowded o;
  const int said = o.say_until_refused();
  CHECK(said > 15);
  const auto waits = o.send(bot::Say{card("x")});
  REQUIRE(as<bot::NotSent>(waits));
  CHECK_FALSE(as<bot::NotSent>(waits)->counts);
  for (int i = 0; i < 3; ++i) CHECK(as<bot::Accepted>(o.send(o.page())));
}

TEST_CASE("Two hundred edits at once get turns one after the other: nobody asks Slack in vain") {
  Crowded o;
  std::vector<bot::Millis> turns;
  for (int i = 0; i < 200; ++i) {
    const auto result = o.send(bot::EditSummary{});
    if (const auto* waits = as<bot::NotSent>(result)) turns.push_back(*waits->after);
  }
  REQUIRE(turns.size() > 100);
  std::set<bot::Millis> different(turns.begin(), turns.end());
  CHECK(different.size() >= 40);
  CHECK(*std::max_element(turns.begin(), turns.end()) <= bot::Millis{62000});
  CHECK(o.canned.times("chat.update") == 200 - static_cast<int>(turns.size()));
}

TEST_CASE("A crowd of invitations leaves invitations for the responders") {
  Crowded o;
  std::vector<std::string> crowd;
  for (int i = 0; i < 3000; ++i) {
    o.people.put({"p" + std::to_string(i), "P", false, {{"slack", "U" + std::to_string(20000 + i)}}, ""});
    crowd.push_back("p" + std::to_string(i));
  }
  CHECK(as<bot::NotSent>(o.send(bot::InvitePeople{crowd, {}})));
  CHECK(as<bot::Accepted>(o.send(bot::InvitePeople{{"alice"}, {}})));
}

TEST_CASE("Two channels refused at once mean the whole workspace: everything waits but pages") {
  Crowded o;
  o.canned.on("chat.postMessage", "429");
  o.references[0].id = "C100";
  CHECK(as<bot::NotSent>(o.send(bot::Say{card("x")})));
  o.references[0].id = "C101";
  CHECK(as<bot::NotSent>(o.send(bot::Say{card("x")})));
  o.canned.on("chat.postMessage", R"({"ok":true,"ts":"5.6"})");
  const int before = o.canned.times("chat.postMessage");
  o.references[0].id = "C102";
  const auto waits = o.send(bot::Say{card("x")});
  REQUIRE(as<bot::NotSent>(waits));
  CHECK(*as<bot::NotSent>(waits)->after <= bot::Millis{3000});
  CHECK(o.canned.times("chat.postMessage") == before);
  CHECK(as<bot::Accepted>(o.send(o.page())));
  o.env.advance(bot::Millis{3000});
  CHECK(as<bot::Accepted>(o.send(bot::Say{card("x")})));
}

TEST_CASE("A token that Slack no longer takes is told where people look, and the words go when it is mended") {
  Crowded o;
  CHECK(o.workspace->trouble().empty());
  o.canned.on("chat.postMessage", R"({"ok":false,"error":"token_revoked"})");
  const auto refused = o.send(bot::Say{card("x")});
  REQUIRE(as<bot::Refused>(refused));
  CHECK(as<bot::Refused>(refused)->credentials);
  CHECK(o.workspace->trouble().find("slack.bot_token") != std::string::npos);
  o.canned.on("chat.postMessage", R"({"ok":true,"ts":"5.6"})");
  o.env.advance(bot::Millis{60000});
  CHECK(as<bot::Accepted>(o.send(bot::Say{card("x")})));
  CHECK(o.workspace->trouble().empty());
}
