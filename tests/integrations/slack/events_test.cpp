// Slack's events: what is recorded, what is acknowledged when, and what is nobody's business.
#include <catch2/catch.hpp>

#include "tests/integrations/slack/inbox_stage.hpp"

using namespace slack_tests;

namespace {

const bot::Capture& capture(const bot::Request& request) { return std::get<bot::Capture>(request.body); }

json reaction(const std::string& ts, const std::string& type = "reaction_added", const std::string& emoji = "pushpin", const std::string& user = "U02") {
  return {{"type", type}, {"user", user}, {"reaction", emoji}, {"item_user", "U01"}, {"item", {{"type", "message"}, {"channel", "C7"}, {"ts", ts}}}, {"event_ts", "1795448539.000100"}};
}

struct Talk : Stage {
  std::string ts;
  Talk() {
    vendor.say("C7", "U01", "DB pool exhausted on node 3, see &lt;graph&gt; <@U02>");
    ts = vendor.messages("C7").at(0).ts;
  }
  void event(const json& body, const std::string& id = "Ev01") {
    Reception sent;
    open().event(envelope(body, id), sent.answer());
    REQUIRE(sent.given());
    CHECK(sent.times() == 1);
    CHECK(sent.body().empty());
  }
  /// Time passes, and now and then something happens that wakes the thread, until so much was captured.
  std::vector<bot::Request> captured_in_time(std::size_t n) {
    for (int i = 0; i < 50 && intake.of<bot::Capture>().size() < n; ++i) {
      clock.advance(bot::Millis{10000});
      json other = reaction("1795448500.000001", "reaction_added", "pushpin", "U03");
      other["event_ts"] = "1795448600.0" + std::to_string(i);
      event(other, "EvW" + std::to_string(i));
      vendor.wait_until([&] { return intake.of<bot::Capture>().size() >= n; }, 0.2);
    }
    return intake.of<bot::Capture>();
  }
  std::vector<bot::Request> captured(std::size_t n) {
    wait([&] { return intake.of<bot::Capture>().size() >= n; });
    return intake.of<bot::Capture>();
  }
};

}  // namespace

TEST_CASE("A pushpin puts the message on the timeline: its words, author, time and link") {
  Talk stage;
  stage.event(reaction(stage.ts));
  const auto all = stage.captured(1);
  REQUIRE(all.size() == 1);
  const auto& put = capture(all[0]);
  CHECK(put.what == bot::Capture::What::put);
  CHECK(put.message == "C7/" + stage.ts);
  CHECK(put.text == "DB pool exhausted on node 3, see <graph> <@slack:U02>");
  CHECK(put.author.external_id == "U01");
  CHECK(put.written == stage.clock.now());
  CHECK(put.link.rfind("https://test.slack.com/archives/C7/p", 0) == 0);
  CHECK(all[0].caller.external_id == "U02");
  CHECK(all[0].room->id == "C7");
  CHECK_FALSE(all[0].sent);
  CHECK(stage.intake.state("slack/work").empty());
  CHECK(stage.vendor.complaints().empty());
}

TEST_CASE("A reaction is acknowledged when it is on the disk, however long Slack takes to give the message") {
  Talk stage;
  stage.vendor.refuse(500, 0, "conversations.history", -1);
  stage.event(reaction(stage.ts));
  CHECK(json::parse(stage.intake.state("slack/work")).size() == 1);
  REQUIRE(stage.wait([&] { return !stage.vendor.calls("conversations.history").empty(); }));
  CHECK(stage.intake.of<bot::Capture>().empty());
  stage.restart();  // killed before Slack answered
  stage.vendor.heal();
  stage.restart();
  REQUIRE(stage.captured(1).size() == 1);
  CHECK(capture(stage.captured(1)[0]).text.rfind("DB pool", 0) == 0);
  CHECK(stage.intake.state("slack/work").empty());
}

TEST_CASE("What Slack does not give at once is asked for again") {
  Talk stage;
  stage.vendor.refuse(429, 2, "conversations.history");
  stage.event(reaction(stage.ts));
  REQUIRE(stage.wait([&] { return !stage.vendor.calls("conversations.history").empty(); }));
  REQUIRE(stage.captured_in_time(1).size() == 1);
  CHECK(capture(stage.captured(1)[0]).message == "C7/" + stage.ts);
}

TEST_CASE("A message that is gone is given up, and who wanted it is told") {
  Talk stage;
  stage.event(reaction("1795448500.000001"));
  REQUIRE(stage.wait([&] { return !stage.vendor.ephemerals().empty(); }));
  CHECK(stage.vendor.ephemerals()[0].user == "U02");
  CHECK(stage.vendor.ephemerals()[0].text.find("not on the timeline") != std::string::npos);
  CHECK(stage.intake.of<bot::Capture>().empty());
  CHECK(stage.intake.state("slack/work").empty());
}

TEST_CASE("Taking the reaction off is recorded after the putting on that is still under way") {
  Talk stage;
  stage.vendor.refuse(500, 0, "conversations.history");
  stage.event(reaction(stage.ts));
  REQUIRE(stage.wait([&] { return !stage.vendor.calls("conversations.history").empty(); }));
  stage.event(reaction(stage.ts, "reaction_removed"), "Ev02");
  CHECK(stage.intake.of<bot::Capture>().empty());
  const auto all = stage.captured_in_time(2);
  REQUIRE(all.size() == 2);
  CHECK(capture(all[0]).what == bot::Capture::What::put);
  CHECK(capture(all[1]).what == bot::Capture::What::taken_off);
}

TEST_CASE("A reaction is not acknowledged while it is on no disk") {
  Talk stage;
  stage.intake.reply.status = bot::ReplyStatus::unavailable;
  Reception sent;
  stage.open().event(envelope(reaction(stage.ts)), sent.answer());
  CHECK(sent.dropped());
  stage.reader.broken = true;
  Reception blind;
  stage.inbox->event(envelope(reaction(stage.ts), "Ev02"), blind.answer());
  CHECK(blind.dropped());
  stage.reader.broken = false;
  stage.intake.reply.status = bot::ReplyStatus::ok;
  stage.event(reaction(stage.ts));  // Slack sends it again
  CHECK(stage.captured(1).size() == 1);
}

TEST_CASE("The same reaction from two workspaces of a shared channel, or twice, is one") {
  Talk stage;
  stage.event(reaction(stage.ts), "Ev01");
  REQUIRE(stage.captured(1).size() == 1);
  stage.event(reaction(stage.ts), "Ev01");
  stage.event(reaction(stage.ts), "Ev02");
  stage.event(reaction("1795448500.000001", "reaction_added", "pushpin", "U03"), "Ev03");
  CHECK(stage.intake.of<bot::Checkpoint>().size() >= 4);
  std::size_t first_time = 0;
  for (const auto& asked : stage.intake.of<bot::Capture>()) first_time += asked.dedup_keys == stage.intake.of<bot::Capture>()[0].dedup_keys;
  CHECK(first_time == stage.intake.of<bot::Capture>().size());
}

TEST_CASE("Other emojis, other rooms and Muster's own reactions cost nothing") {
  Talk stage;
  stage.event(reaction(stage.ts, "reaction_added", "eyes"));
  stage.event(reaction(stage.ts, "reaction_added", "pushpin", "UMUSTER"));
  json elsewhere = reaction(stage.ts);
  elsewhere["item"]["channel"] = "C0GENERAL";
  stage.event(elsewhere);
  stage.event({{"type", "message"}, {"channel", "C7"}, {"user", "U01"}, {"text", "declare sev1 x"}, {"ts", "1.1"}});
  json foreign = envelope(reaction(stage.ts));
  foreign["team_id"] = "T0OTHER";
  Reception sent;
  stage.inbox->event(foreign, sent.answer());
  CHECK(sent.given());
  CHECK(stage.intake.requests().empty());
  CHECK(stage.vendor.calls().empty());
}

TEST_CASE("The emoji can be another one") {
  Talk stage;
  stage.settings.slack.pin_emoji = "star";
  stage.event(reaction(stage.ts, "reaction_added", "star::skin-tone-2"));
  CHECK(stage.captured(1).size() == 1);
}

namespace {

json edit(const std::string& ts, const std::string& before, const std::string& after) {
  return {{"type", "message"}, {"subtype", "message_changed"}, {"channel", "C7"}, {"event_ts", "1795448540.000200"},
          {"message", {{"ts", ts}, {"user", "U01"}, {"text", after}, {"edited", {{"user", "U01"}, {"ts", "1795448540.000000"}}}}},
          {"previous_message", {{"ts", ts}, {"user", "U01"}, {"text", before}}}};
}

}  // namespace

TEST_CASE("Edits and deletions follow; a link unfolded is no edit") {
  Talk stage;
  stage.event(edit(stage.ts, "a", "b &amp; c"));
  stage.event(edit(stage.ts, "a", "a"), "Ev02");
  json by_muster = edit(stage.ts, "a", "b");
  by_muster["message"]["user"] = "UMUSTER";
  stage.event(by_muster, "Ev03");
  stage.event({{"type", "message"}, {"subtype", "message_deleted"}, {"channel", "C7"}, {"deleted_ts", stage.ts}, {"event_ts", "1.2"}, {"previous_message", {{"user", "U01"}}}}, "Ev04");
  const auto all = stage.captured(2);
  REQUIRE(all.size() == 2);
  CHECK(capture(all[0]).what == bot::Capture::What::edited);
  CHECK(capture(all[0]).text == "b & c");
  CHECK(all[0].caller.external_id == "U01");
  CHECK(capture(all[1]).what == bot::Capture::What::deleted);
  CHECK(all[1].caller.kind == bot::ActorKind::muster);
  CHECK(capture(all[1]).message == "C7/" + stage.ts);
}

TEST_CASE("Who joins the room by hand joins the incident under their name; Muster's invitations are no news") {
  Talk stage;
  auto row = incident(7, "checkout returns 500");
  row.members = {"alice"};
  stage.reader.put(row, "C7");
  auto membership = [](const std::string& type, const std::string& user) { return json{{"type", type}, {"user", user}, {"channel", "C7"}, {"team", "T0TEST"}, {"event_ts", "1.5"}}; };
  stage.event(membership("member_joined_channel", "U01"));
  stage.event(membership("member_left_channel", "U02"), "Ev03");
  json stranger = membership("member_joined_channel", "U04");
  stranger["team"] = "T0OTHER";
  stage.event(stranger, "Ev04");
  CHECK(stage.intake.requests().empty());
  stage.event(membership("member_joined_channel", "U03"), "Ev05");
  stage.event(membership("member_left_channel", "U01"), "Ev06");
  REQUIRE(stage.wait([&] { return stage.intake.of<bot::Invocation>().size() == 2; }));
  const auto all = stage.intake.of<bot::Invocation>();
  CHECK(std::get<bot::Invocation>(all[0].body).verb == "join");
  CHECK(std::get<bot::Invocation>(all[0].body).incident == 7);
  CHECK(all[0].caller.external_id == "U03");
  CHECK_FALSE(all[0].caller.display_name.empty());
  CHECK(std::get<bot::Invocation>(all[1].body).verb == "leave");
}

TEST_CASE("Muster sent away from its room tells everybody else") {
  Talk stage;
  stage.event({{"type", "member_left_channel"}, {"user", "UMUSTER"}, {"channel", "C7"}, {"event_ts", "1.5"}});
  stage.event({{"type", "member_joined_channel"}, {"user", "UMUSTER"}, {"channel", "C7"}, {"event_ts", "1.6"}}, "Ev02");
  const auto all = stage.intake.of<bot::RoomChange>();
  REQUIRE(all.size() == 2);
  for (const auto& one : all) CHECK(one.caller.kind == bot::ActorKind::muster);
  CHECK(std::get<bot::RoomChange>(all[0].body).what == "removed");
  CHECK(std::get<bot::RoomChange>(all[1].body).what == "returned");
}

TEST_CASE("Topic, name and archiving by hand are noticed; Muster's own topics are not") {
  Talk stage;
  stage.event({{"type", "message"}, {"subtype", "channel_topic"}, {"channel", "C7"}, {"user", "UMUSTER"}, {"topic", "SEV1"}, {"ts", "1.1"}});
  CHECK(stage.intake.requests().empty());
  stage.event({{"type", "message"}, {"subtype", "channel_topic"}, {"channel", "C7"}, {"user", "U01"}, {"topic", "call &amp; bridge"}, {"ts", "1.2"}}, "Ev02");
  stage.event({{"type", "message"}, {"subtype", "channel_name"}, {"channel", "C7"}, {"user", "U01"}, {"name", "inc-7-db"}, {"ts", "1.3"}}, "Ev03");
  stage.event({{"type", "channel_archive"}, {"channel", "C7"}, {"user", "U02"}, {"event_ts", "1.4"}}, "Ev04");
  stage.event({{"type", "group_unarchive"}, {"channel", "C7"}, {"user", "U02"}, {"event_ts", "1.5"}}, "Ev05");
  REQUIRE(stage.wait([&] { return stage.intake.of<bot::RoomChange>().size() == 4; }));
  std::map<std::string, std::string> seen;
  for (const auto& one : stage.intake.of<bot::RoomChange>()) seen[std::get<bot::RoomChange>(one.body).what] = std::get<bot::RoomChange>(one.body).text;
  CHECK(seen == std::map<std::string, std::string>{{"topic", "call & bridge"}, {"name", "inc-7-db"}, {"archived", ""}, {"unarchived", ""}});
}

TEST_CASE("A room that Slack gave another id is followed there; one that is another incident's already is not") {
  Talk stage;
  const json moved{{"type", "channel_id_changed"}, {"old_channel_id", "C7"}, {"new_channel_id", "C77"}, {"event_ts", "1.6"}};
  stage.event(moved, "Ev01");
  const auto all = stage.intake.of<bot::RoomChange>();
  REQUIRE(all.size() == 1);
  const auto& change = std::get<bot::RoomChange>(all[0].body);
  CHECK(change.incident == 7);
  CHECK(change.what == "moved");
  CHECK(change.text == "C77");
  CHECK(change.link == "https://slack.com/app_redirect?channel=C77");
  CHECK(all[0].caller.kind == bot::ActorKind::muster);
  CHECK(all[0].dedup_keys == std::vector<std::string>{"slack:event:Ev01", "slack:seen:moved:C7:C77"});
  stage.reader.put(incident(8, "search is slow"), "C8");
  json onto = moved;
  for (const json& id : {json("C8"), json("no id"), json(8), json(nullptr)}) {
    onto["new_channel_id"] = id;
    stage.event(onto, "Ev02");
  }
  json strange = moved;
  strange["old_channel_id"] = "C0ELSEWHERE";
  stage.event(strange, "Ev03");
  CHECK(stage.intake.of<bot::RoomChange>().size() == 1);
}

TEST_CASE("A mention is a typed command, answered privately in its thread; the same words heard twice are one command") {
  Talk stage;
  const json mention{{"type", "app_mention"}, {"user", "U01"}, {"channel", "C7"}, {"ts", "1795448538.000100"}, {"thread_ts", "1795448500.000100"}, {"text", "<@UMUSTER> note &lt;x&gt; by <@U02>"}};
  stage.event(mention);
  const auto all = stage.intake.of<bot::Typed>();
  REQUIRE(all.size() == 1);
  CHECK(std::get<bot::Typed>(all[0].body).text == "note <x> by <@slack:U02>");
  CHECK(all[0].sent == bot::Time{bot::Millis{1795448538000}});
  CHECK(all[0].dedup_keys == std::vector<std::string>{"slack:event:Ev01", "slack:seen:said:C7/1795448538.000100"});
  REQUIRE(stage.wait([&] { return !stage.vendor.ephemerals().empty(); }));
  CHECK(stage.vendor.calls("chat.postEphemeral")[0].args.at("thread_ts") == "1795448500.000100");
  stage.event(mention, "Ev02");
  CHECK(stage.intake.of<bot::Typed>()[1].dedup_keys[1] == all[0].dedup_keys[1]);
  json by_bot = mention;
  by_bot["bot_id"] = "B07";
  stage.event(by_bot, "Ev03");
  json bare = mention;
  bare["text"] = "hey <@UMUSTER>";
  bare["ts"] = "1795448538.000200";
  stage.event(bare, "Ev04");
  REQUIRE(stage.intake.of<bot::Typed>().size() == 3);
  CHECK(std::get<bot::Typed>(stage.intake.of<bot::Typed>()[2].body).text == "hey");
}

TEST_CASE("The app's end is an alarm elsewhere") {
  Talk stage;
  stage.event({{"type", "tokens_revoked"}, {"tokens", {{"oauth", {"U01"}}, {"bot", {"UOTHER"}}}}});
  CHECK(stage.workspace->trouble().empty());
  SECTION("token") { stage.event({{"type", "tokens_revoked"}, {"tokens", {{"bot", {"UMUSTER"}}}}}); }
  SECTION("app") { stage.event({{"type", "app_uninstalled"}}); }
  CHECK(stage.workspace->trouble().find("nothing reaches Slack any more") != std::string::npos);
}

TEST_CASE("An enterprise's workspaces are one, whatever the envelope calls them") {
  Talk stage;
  stage.workspace->learn({"T1", "E1", "UMUSTER", "BMUSTER", "A0MUSTER", true});
  json grid = envelope(reaction(stage.ts));
  grid["team_id"] = nullptr;
  grid["authorizations"] = json::array({{{"enterprise_id", "E1"}, {"team_id", nullptr}, {"user_id", "UMUSTER"}, {"is_bot", true}, {"is_enterprise_install", true}}});
  grid["event"]["user"] = "W0GRID";
  Reception sent;
  stage.open().event(grid, sent.answer());
  REQUIRE(sent.given());
  REQUIRE(stage.captured(1).size() == 1);
  CHECK(stage.captured(1)[0].caller.external_id == "W0GRID");
}
