#include <catch2/catch.hpp>

#include "integrations/slack/room_steps.hpp"
#include "tests/integrations/slack/outside.hpp"

using namespace slack_tests;

TEST_CASE("Opening the room creates a channel and remembers where it is") {
  Outside o;
  const auto result = o.send(bot::OpenRoom{"inc-7-checkout", "checkout returns 500", false});
  REQUIRE(as<bot::Accepted>(result));
  const auto room = o.vendor.channel("inc-7-checkout");
  REQUIRE(room);
  CHECK(o.reference("room") == room->id);
  CHECK(o.reference("room_name") == "inc-7-checkout");
  CHECK(o.reference("room_link") == "https://slack.com/app_redirect?channel=" + room->id);
  CHECK(as<bot::Accepted>(result)->link == o.reference("room_link"));
  CHECK(o.workspace->room(7) == room->id);
  CHECK(o.vendor.complaints().empty());
}

TEST_CASE("A private incident gets a private room") {
  Outside o;
  o.send(bot::OpenRoom{"inc-7-secret", "", true});
  CHECK(o.vendor.channel("inc-7-secret")->is_private);
}

TEST_CASE("A name that is taken gets a number, and a name taken many times an own ending") {
  Outside o;
  o.vendor.take_name("inc-7-checkout");
  o.vendor.take_name("inc-7-checkout-2", false);
  REQUIRE(as<bot::Accepted>(o.send(bot::OpenRoom{"inc-7-checkout", "", false})));
  CHECK(o.reference("room_name") == "inc-7-checkout-3");

  Outside crowded;
  crowded.vendor.take_name("inc-7-x");
  for (int i = 2; i <= 9; ++i) crowded.vendor.take_name("inc-7-x-" + std::to_string(i));
  const auto message = crowded.message(bot::OpenRoom{"inc-7-x", "", false});
  int waits = 0;
  auto result = crowded.send(message);
  for (; as<bot::NotSent>(result) && waits < 20; ++waits) {
    CHECK_FALSE(as<bot::NotSent>(result)->counts);
    crowded.env.advance(*as<bot::NotSent>(result)->after);
    result = crowded.send(message);
  }
  REQUIRE(as<bot::Accepted>(result));
  CHECK(waits > 0);
  CHECK(crowded.reference("room_name") == "inc-7-x-" + message.id.substr(24));
}

TEST_CASE("Long names keep their number within Slack's 80 characters") {
  const std::string name(80, 'a');
  CHECK(slack::room_name_candidate(name, 1, "0123456789abcdef") == name);
  CHECK(slack::room_name_candidate(name, 2, "0123456789abcdef") == std::string(78, 'a') + "-2");
  CHECK(slack::room_name_candidate(name, 10, "0123456789abcdef") == std::string(71, 'a') + "-89abcdef");
}

TEST_CASE("A room made by an attempt of unknown outcome is found and taken, not made again") {
  for (const bool silent : {false, true}) {
    Outside o;
    if (silent) o.vendor.fault({support::SlackFault::Kind::close_mid_answer, "conversations.create"});
    else o.vendor.fail_after_doing("conversations.create");
    const auto message = o.message(bot::OpenRoom{"inc-7-checkout", "", false});
    REQUIRE(as<bot::Doubtful>(o.send(message)));
    CHECK(o.sender->repeat_policy(message.content) == bot::RepeatPolicy::prefer_once);
    o.restart();
    o.env.advance(bot::Millis{3000});
    const auto found = o.find(message);
    REQUIRE(as<bot::Accepted>(found));
    CHECK(o.reference("room") == o.vendor.channel("inc-7-checkout")->id);
    CHECK(o.vendor.calls("conversations.create").size() == 1);
  }
}

TEST_CASE("A repeat that meets its own name takes its own room") {
  Outside o;
  o.vendor.fail_after_doing("conversations.create");
  const auto message = o.message(bot::OpenRoom{"inc-7-checkout", "", false});
  REQUIRE(as<bot::Doubtful>(o.send(message)));
  REQUIRE(as<bot::Accepted>(o.send(message, message.created)));
  CHECK(o.reference("room_name") == "inc-7-checkout");
  CHECK(o.vendor.channels().size() == 3);
}

TEST_CASE("A room of somebody else, of another name or from before is never taken") {
  Outside o;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(o.env.clock.now()).time_since_epoch().count();
  const char* bot = support::FakeSlack::kBot;
  o.vendor.add_channel({"C1", "inc-7-checkout", "", "U09", seconds + 5, false, false, false, {"U09", bot}, {}});
  o.vendor.add_channel({"C2", "inc-7-checkout-2", "", bot, seconds - 5, false, false, false, {bot}, {}});
  o.vendor.add_channel({"C3", "inc-7-checkout-old", "", bot, seconds + 5, false, false, false, {bot}, {}});
  const auto message = o.message(bot::OpenRoom{"inc-7-checkout", "", false});
  CHECK(as<bot::Missing>(o.find(message)));
  o.vendor.add_channel({"C4", "inc-7-checkout-3", "", bot, seconds, true, false, false, {bot}, {}});
  REQUIRE(as<bot::Accepted>(o.find(message)));
  CHECK(o.reference("room") == "C4");
}

TEST_CASE("Looking for a room reads all pages") {
  Outside o;
  const char* bot = support::FakeSlack::kBot;
  for (int i = 0; i < 450; ++i) o.vendor.add_channel({"", "team-" + std::to_string(i), "", "U09", 1, false, false, false, {"U09", bot}, {}});
  o.vendor.add_channel({"Z9", "inc-7-checkout", "", bot, 4000000000, false, false, false, {bot}, {}});
  REQUIRE(as<bot::Accepted>(o.find(o.message(bot::OpenRoom{"inc-7-checkout", "", false}))));
  CHECK(o.vendor.calls("users.conversations").size() == 3);
}

TEST_CASE("A look that Slack does not answer is no look") {
  Outside o;
  o.vendor.refuse(500, 0, "users.conversations");
  CHECK(as<bot::CannotLook>(o.find(o.message(bot::OpenRoom{"inc-7-checkout", "", false}))));
  o.restart();
  o.vendor.refuse(503, 0, "auth.test");
  CHECK(as<bot::CannotLook>(o.find(o.message(bot::OpenRoom{"inc-7-checkout", "", false}))));
}

TEST_CASE("The topic is set as text and cut to what Slack takes") {
  Outside o;
  o.open_room();
  REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 <!channel> & checkout"})));
  CHECK(o.vendor.channel("inc-7-checkout")->topic == "INC-7 &lt;!channel&gt; &amp; checkout");
  REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{std::string(300, '<')})));
  CHECK(o.vendor.channel("inc-7-checkout")->topic.size() <= 250 * 4);
  CHECK(o.sender->repeat_policy(bot::SetTopic{}) == bot::RepeatPolicy::free);
}

TEST_CASE("An adopted channel keeps the topic it had; an empty one, or one that Muster left there, becomes the incident's") {
  struct Before { const char* what; const char* topic; const char* by; bool stays; };
  for (const Before& before : {Before{"the team's own", "call: 555 0100", "U09", true}, Before{"none", "", "U09", false},
                               Before{"of an earlier incident", "INC-3 SEV2 Closed", support::FakeSlack::kBot, false}}) {
    INFO(before.what);
    Outside o;
    support::SlackChannel room{"C8", "db", before.topic, "U09", 1, false, false, false, {"U09"}, {}};
    room.topic_by = before.by;
    o.vendor.add_channel(room);
    REQUIRE(as<bot::Accepted>(o.send(bot::OpenRoom{"inc-7-checkout", "", false, "C8"})));
    CHECK(o.reference("topic") == (before.stays ? "theirs" : ""));
    REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 SEV1"})));
    CHECK(o.vendor.channel("C8")->topic == (before.stays ? before.topic : "INC-7 SEV1"));
    CHECK(o.vendor.complaints().empty());
    if (!before.stays) continue;
    o.references.push_back({7, "slack", "summary", ""});
    REQUIRE(as<bot::Accepted>(o.send(bot::OpenRoom{"inc-7-checkout", "", false})));  // open again, in a room of Muster's own
    REQUIRE(as<bot::Accepted>(o.send(bot::SetTopic{"INC-7 SEV1"})));
    CHECK(o.vendor.channel("inc-7-checkout")->topic == "INC-7 SEV1");
    CHECK(o.vendor.channel("C8")->topic == before.topic);
  }
}

TEST_CASE("People known in Slack are invited, others are left to their own chat") {
  Outside o;
  o.open_room();
  REQUIRE(as<bot::Accepted>(o.send(bot::InvitePeople{{"alice", "bob", "carol", "nobody"}})));
  CHECK(o.vendor.channel("inc-7-checkout")->members == std::set<std::string>{support::FakeSlack::kBot, "U01", "U02"});
  CHECK(o.vendor.calls("conversations.invite").back().args["force"] == "true");
  CHECK(as<bot::Accepted>(o.send(bot::InvitePeople{{"alice", "bob"}})));
  CHECK(as<bot::Accepted>(o.send(bot::InvitePeople{{"carol"}})));
  CHECK(o.vendor.calls("conversations.invite").size() == 2);
}

TEST_CASE("One person who cannot be invited keeps nobody out and is named") {
  Outside o;
  o.open_room();
  o.people.put({"gone", "Grace", false, {{"slack", "U99"}}, ""});
  o.vendor.add_user("U88", true);
  o.people.put({"off", "Oscar", false, {{"slack", "U88"}}, ""});
  const auto result = o.send(bot::InvitePeople{{"gone", "alice", "off"}});
  REQUIRE(as<bot::Refused>(result));
  CHECK(as<bot::Refused>(result)->reason ==
        "Not invited to the Slack room: Grace (Slack does not know the person), Oscar (the person's account is switched off).");
  CHECK(o.vendor.channel("inc-7-checkout")->members.count("U01") == 1);
  const auto alone = o.send(bot::InvitePeople{{"gone"}});
  REQUIRE(as<bot::Refused>(alone));
  CHECK(as<bot::Refused>(alone)->reason.find("Grace") != std::string::npos);
}

TEST_CASE("More than a hundred people are invited in parts") {
  Outside o;
  o.open_room();
  bot::InvitePeople everybody;
  for (int i = 100; i < 330; ++i) {
    const std::string id = "U" + std::to_string(i);
    o.vendor.add_user(id);
    o.people.put({"p" + id, id, false, {{"slack", id}}, ""});
    everybody.people.push_back("p" + id);
  }
  REQUIRE(as<bot::Accepted>(o.send(everybody)));
  CHECK(o.vendor.channel("inc-7-checkout")->members.size() == 231);
  CHECK(o.vendor.calls("conversations.invite").size() == 3);
}

TEST_CASE("Archiving twice is archiving once, and a room that never was needs none") {
  Outside o;
  CHECK(as<bot::Accepted>(o.send(bot::ArchiveRoom{})));
  o.open_room();
  REQUIRE(as<bot::Accepted>(o.send(bot::ArchiveRoom{})));
  CHECK(o.vendor.channel("inc-7-checkout")->is_archived);
  CHECK(as<bot::Accepted>(o.send(bot::ArchiveRoom{})));
  CHECK(as<bot::Accepted>(o.send(bot::SetTopic{"too late"})));
}

TEST_CASE("A room the bot was removed from is joined again before it is archived") {
  Outside o;
  o.vendor.add_channel({"C5", "inc-7-x", "", support::FakeSlack::kBot, 1, false, false, false, {"U01"}, {}});
  o.references = {{7, "slack", "room", "C5"}};
  REQUIRE(as<bot::Accepted>(o.send(bot::ArchiveRoom{})));
  CHECK(o.vendor.channel("C5")->is_archived);
  o.vendor.add_channel({"C6", "inc-7-y", "", support::FakeSlack::kBot, 1, true, false, false, {"U01"}, {}});
  o.references = {{7, "slack", "room", "C6"}};
  const auto refused = o.send(bot::ArchiveRoom{});
  REQUIRE(as<bot::Refused>(refused));
  CHECK(as<bot::Refused>(refused)->reason.find("/invite") != std::string::npos);
}

TEST_CASE("Without a room, what belongs into it is refused with words") {
  Outside o;
  for (const bot::Content& content : {bot::Content{bot::Say{card("x")}}, bot::Content{bot::PostSummary{}}, bot::Content{bot::PinSummary{}},
                                      bot::Content{bot::SetTopic{"x"}}, bot::Content{bot::InvitePeople{{"alice"}}}}) {
    const auto result = o.send(content);
    REQUIRE(as<bot::Refused>(result));
    CHECK(as<bot::Refused>(result)->reason == "There is no Slack room for INC-7: opening it failed.");
    CHECK_FALSE(as<bot::Refused>(result)->credentials);
  }
}

TEST_CASE("A topic that comes with a new name renames the channel, once") {
  Outside o;
  o.open_room();
  const auto message = o.message(bot::SetTopic{"INC-7 SEV1 | [redacted]", "inc-7"});
  o.vendor.fail_after_doing("conversations.rename");
  CHECK_FALSE(as<bot::Accepted>(o.send(message)));
  REQUIRE(as<bot::Accepted>(o.send(message)));
  REQUIRE(o.vendor.channel("inc-7"));
  CHECK(o.vendor.channel("inc-7")->topic == "INC-7 SEV1 | [redacted]");
  CHECK_FALSE(o.vendor.channel("inc-7-checkout"));
  CHECK(o.reference("room_name") == "inc-7");
  CHECK(o.vendor.calls("conversations.rename").size() == 1);

  Outside crowded;
  crowded.open_room();
  crowded.vendor.take_name("inc-7");
  REQUIRE(as<bot::Accepted>(crowded.send(bot::SetTopic{"x", "inc-7"})));
  CHECK(crowded.reference("room_name") == "inc-7-2");
}

TEST_CASE("A room that an attempt may have made under a name since redacted is found by it, and never made under it") {
  for (const bool made : {true, false}) {
    Outside o;
    auto message = o.message(bot::OpenRoom{"inc-7-checkout", "", false});
    if (made) {
      o.vendor.fail_after_doing("conversations.create");
      REQUIRE(as<bot::Doubtful>(o.send(message)));
    }
    message.content = bot::OpenRoom{"inc-7", "[redacted]", false, "", "inc-7-checkout"};
    const auto found = o.find(message);
    CHECK(std::holds_alternative<bot::Accepted>(found) == made);
    if (made) CHECK(o.reference("room_name") == "inc-7-checkout");
    else CHECK(as<bot::Missing>(found));
    if (made) continue;
    REQUIRE(as<bot::Accepted>(o.send(message)));
    CHECK(o.vendor.channel("inc-7"));
  }
}
