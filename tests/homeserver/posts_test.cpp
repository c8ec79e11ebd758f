// What is said on a real Synapse: exactly once, with the right loudness, found again when in doubt.
#include <catch2/catch.hpp>

#include "tests/homeserver/outside.hpp"
#include "tests/homeserver/people.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/muster_process.hpp"

using namespace homeserver_tests;
using support::RealHomeserver;

#define NEEDS_HOMESERVER \
  if (!RealHomeserver::missing().empty()) return

namespace {

json event_with(Outside& o, const std::string& op, const std::string& room = "") {
  for (const auto& event : o.hs.history(room.empty() ? o.room() : room, o.bot))
    if (event["content"].value(matrix::kOp, "") == op) return event;
  return nullptr;
}

std::vector<std::string> reactions(Outside& o, const std::string& event_id, const std::string& room = "") {
  std::vector<std::string> out;
  for (const auto& event : o.hs.history(room.empty() ? o.room() : room, o.bot))
    if (event["type"] == "m.reaction" && event["content"]["m.relates_to"]["event_id"] == event_id) out.push_back(event["content"]["m.relates_to"]["key"]);
  return out;
}

/// As the dispatcher does it: again until it is known to be there.
bool sent_in_the_end(Outside& o, const bot::Message& message) {
  return support::wait_for([&] { return as<bot::Accepted>(o.send(message, true)) != nullptr; });
}

}  // namespace

TEST_CASE("the card is posted, pinned beside what people pinned, given its buttons, and edited in place") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto card = o.message(bot::PostSummary{});
  REQUIRE(as<bot::Accepted>(o.send(card)));
  const std::string event_id = o.reference("summary");
  REQUIRE(event_with(o, card.id)["event_id"] == event_id);
  o.restart();  // a process that did not make the room looks first
  const std::string pinned = "v3/rooms/" + http::percent_encode(o.room()) + "/state/m.room.pinned_events/";
  REQUIRE(o.hs.call("PUT", pinned, o.bot, {{"pinned", {"$of-somebody"}}}).status == 200);
  const auto pin = o.message(bot::PinSummary{});
  REQUIRE(as<bot::Accepted>(o.send(pin)));
  REQUIRE(as<bot::Accepted>(o.send(pin, true)));
  CHECK(o.state("m.room.pinned_events")["pinned"] == json({"$of-somebody", event_id}));
  CHECK(reactions(o, event_id) == std::vector<std::string>{"🙋", "📣", "📝"});

  o.incident.roles["commander"] = "alice";
  const auto edit = o.message(bot::EditSummary{});
  REQUIRE(as<bot::Accepted>(o.send(edit)));
  REQUIRE(as<bot::Accepted>(o.send(edit, true)));
  CHECK(o.times(edit.id) == 1);
  const auto seen = o.hs.call("GET", "v3/rooms/" + http::percent_encode(o.room()) + "/event/" + http::percent_encode(event_id), o.bot).body;
  INFO(seen.dump(1));
  const json latest = seen["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"];
  CHECK(latest["body"].get<std::string>().find("Commander: Alice") != std::string::npos);
  CHECK_FALSE(latest[matrix::kCard]["buttons"].contains("🙋"));
}

TEST_CASE("the addresses that other chats keep as bookmarks stand on the card, as links, and only where they lead somewhere") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  o.settings.incidents.bookmarks = {{"Runbook", "https://wiki.example.org/runbook"}, {"Odd", "javascript:alert(1)"}};
  bot::StatusPageSettings page;
  page.name = "public";
  page.url = "https://status.example.org";
  o.settings.status_pages = {page};
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto card = o.message(bot::PostSummary{});
  REQUIRE(as<bot::Accepted>(o.send(card)));
  const std::string html = event_with(o, card.id)["content"]["formatted_body"];
  INFO(html);
  CHECK(html.find("<a href=\"https://muster.example.org/incidents/INC-7\">Timeline</a>") != std::string::npos);
  CHECK(html.find("<a href=\"https://wiki.example.org/runbook\">Runbook</a>") != std::string::npos);
  CHECK(html.find("<a href=\"https://status.example.org\">Status page</a>") != std::string::npos);
  CHECK(html.find("javascript") == std::string::npos);
  CHECK(as<bot::Accepted>(o.send(bot::AddBookmarks{})));

  o.incident.is_private = true;  // its public page says nothing of it
  const auto edit = o.message(bot::EditSummary{});
  REQUIRE(as<bot::Accepted>(o.send(edit)));
  CHECK(event_with(o, edit.id).dump().find("status.example.org") == std::string::npos);
}

TEST_CASE("a mention wakes the person, everything else is quiet") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  bot::Card card;
  card.title = {bot::mention("alice"), bot::plain(" please look")};
  const auto loud = o.message(bot::Say{card}), quiet = o.message(bot::Say{homeserver_tests::card("status is identified <b>@room</b>")});
  REQUIRE(as<bot::Accepted>(o.send(loud)));
  REQUIRE(as<bot::Accepted>(o.send(quiet)));
  CHECK(event_with(o, loud.id)["content"]["msgtype"] == "m.text");
  CHECK(event_with(o, loud.id)["content"]["m.mentions"]["user_ids"] == json({o.alice.user_id}));
  CHECK(event_with(o, quiet.id)["content"]["msgtype"] == "m.notice");
  CHECK(event_with(o, quiet.id)["content"]["m.mentions"] == json::object());
  CHECK(event_with(o, quiet.id)["content"]["formatted_body"].get<std::string>().find("&lt;b&gt;") != std::string::npos);
}

TEST_CASE("a message whose answer was lost is found by its mark, and sent again it is the same event") {
  NEEDS_HOMESERVER;
  support::FaultProxy proxy(shared().port());
  Outside o(shared(), "http://127.0.0.1:" + std::to_string(proxy.port()));
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto message = o.message(bot::Say{card("once")});
  REQUIRE(answer_lost(o, proxy, message));
  CHECK(o.sender->repeat_policy(message.content) == bot::RepeatPolicy::prefer_once);
  REQUIRE(support::wait_for([&] { return o.times(message.id) == 1; }));
  o.restart();
  CHECK(as<bot::Accepted>(o.find(message)));
  CHECK(as<bot::Accepted>(o.send(message, true)));
  CHECK(o.times(message.id) == 1);
  const auto never = o.message(bot::Say{card("never sent")});
  CHECK(as<bot::Missing>(o.find(never)));
}

TEST_CASE("a message that went out a hundred messages ago is still found") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto message = o.message(bot::Say{card("long ago")});
  REQUIRE(as<bot::Accepted>(o.send(message)));
  for (int i = 0; i < 120; ++i)
    REQUIRE(o.hs.call("PUT", "v3/rooms/" + http::percent_encode(o.room()) + "/send/m.room.message/x" + std::to_string(i), o.bot, {{"msgtype", "m.text"}, {"body", "x"}}).status == 200);
  CHECK(as<bot::Accepted>(o.find(message)));
}

TEST_CASE("a homeserver restarted between send and resend gives the same event again") {
  NEEDS_HOMESERVER;
  RealHomeserver hs;
  REQUIRE(hs.start());
  Outside o(hs);
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto said = o.message(bot::Say{card("before the restart")}), card = o.message(bot::PostSummary{});
  REQUIRE(as<bot::Accepted>(o.send(said)));
  REQUIRE(as<bot::Accepted>(o.send(card)));
  const std::string summary = o.reference("summary");
  SECTION("stopped") { CHECK(hs.stop() == 0); }
  SECTION("killed") { hs.kill9(); }
  const auto down = o.send(o.message(bot::Say{homeserver_tests::card("while it is down")}));
  CHECK_FALSE(as<bot::Accepted>(down));
  CHECK_FALSE(as<bot::Refused>(down));
  REQUIRE(hs.start());
  o.restart();
  CHECK(sent_in_the_end(o, said));
  CHECK(sent_in_the_end(o, card));
  CHECK(o.reference("summary") == summary);
  CHECK(o.times(said.id) == 1);
  CHECK(o.times(card.id) == 1);
}

TEST_CASE("a page goes to a direct room that is opened once, is loud, and can be answered by tapping") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  const auto first = o.message(bot::PagePerson{"p1", "alice", 1, "checkout <b>returns</b> 500", "sev1", "please", "/ack/token"});
  const auto result = o.send(first);
  INFO(told(result));
  REQUIRE(as<bot::Accepted>(result));
  const std::string direct = o.reference("direct:alice");
  REQUIRE_FALSE(direct.empty());
  const json page = event_with(o, first.id, direct);
  CHECK(page["content"]["msgtype"] == "m.text");
  CHECK(page["content"]["m.mentions"]["user_ids"] == json({o.alice.user_id}));
  CHECK(page["content"]["body"].get<std::string>().find("Alice: you are paged for INC-7 SEV1: checkout <b>returns</b> 500") == 0);
  CHECK(page["content"]["body"].get<std::string>().find("https://muster.example.org/ack/token") != std::string::npos);
  CHECK(page["content"]["dev.muster.card"]["buttons"]["✅"] == "INC-7 ack");
  CHECK(reactions(o, page["event_id"], direct) == std::vector<std::string>{"✅"});
  CHECK(o.hs.state(direct, "m.room.encryption", o.bot).status == 404);
  CHECK(o.hs.state(direct, "m.room.member", o.bot, o.alice.user_id).body["membership"] == "invite");

  o.restart();
  const auto second = o.message(bot::PagePerson{"p1", "alice", 1, "again", "sev1", "", ""});
  REQUIRE(as<bot::Accepted>(o.send(second)));
  CHECK(o.reference("direct:alice") == direct);
  CHECK(o.sender->repeat_policy(second.content) == bot::RepeatPolicy::harmless);
  o.restart();
  CHECK(as<bot::Accepted>(o.find(second)));

  SECTION("a person who left is invited again") {
    REQUIRE(o.hs.call("POST", "v3/join/" + http::percent_encode(direct), o.alice, json::object()).status == 200);
    REQUIRE(o.hs.call("POST", "v3/rooms/" + http::percent_encode(direct) + "/leave", o.alice, json::object()).status == 200);
    REQUIRE(as<bot::Accepted>(o.send(bot::PagePerson{"p1", "alice", 1, "third", "sev1", "", ""})));
    CHECK(o.hs.state(direct, "m.room.member", o.bot, o.alice.user_id).body["membership"] == "invite");
  }
  SECTION("a room the bot was led out of is replaced") {
    REQUIRE(o.hs.call("POST", "v3/rooms/" + http::percent_encode(direct) + "/leave", o.bot, json::object()).status == 200);
    const auto third = o.send(bot::PagePerson{"p1", "alice", 1, "third", "sev1", "", ""});
    INFO(told(third));
    REQUIRE(as<bot::Accepted>(third));
    CHECK(o.reference("direct:alice") != direct);
  }
}

TEST_CASE("somebody Matrix does not know is refused with what to do") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const auto result = o.send(bot::PagePerson{"p1", "carol", 1, "x", "sev1", "", ""});
  REQUIRE(as<bot::Refused>(result));
  CHECK(as<bot::Refused>(result)->reason == "Carol is not known in Matrix: add people.matrix in the settings.");
}

TEST_CASE("announcements go to their room, which the bot enters by itself, and are loud") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  const auto made = o.hs.call("POST", "v3/createRoom", o.bob, {{"preset", "public_chat"}, {"room_alias_name", "announce-" + o.bot.device_id}});
  REQUIRE(made.status == 200);
  o.settings.matrix.announce_room = "#announce-" + o.bot.device_id + ":" + RealHomeserver::kServerName;
  const auto message = o.message(bot::Announce{card("INC-7 SEV1 checkout returns 500")});
  REQUIRE(as<bot::Accepted>(o.send(message)));
  CHECK(event_with(o, message.id, made.body["room_id"])["content"]["msgtype"] == "m.text");
  o.settings.matrix.announce_room = std::string("#nowhere:") + RealHomeserver::kServerName;
  const auto nowhere = o.send(bot::Announce{card("x")});
  CHECK(as<bot::Refused>(nowhere));
}

TEST_CASE("a revoked token is the operator's trouble and loses nothing") {
  NEEDS_HOMESERVER;
  Outside o(shared());
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  REQUIRE(o.hs.call("POST", "v3/logout", o.bot, json::object()).status == 200);
  const auto result = o.send(bot::Say{card("x")});
  REQUIRE(as<bot::Refused>(result));
  CHECK(as<bot::Refused>(result)->credentials);
  CHECK(as<bot::Refused>(result)->reason.find(o.bot.token) == std::string::npos);
}

TEST_CASE("real limits: what is refused waits as long as it is told, and each method meets few refusals") {
  NEEDS_HOMESERVER;
  support::HomeserverOptions options;
  options.limits = "rc_message: {per_second: 5, burst_count: 10}\nrc_login: {address: {per_second: 1000, burst_count: 1000}, account: {per_second: 1000, burst_count: 1000}, "
                   "failed_attempts: {per_second: 1000, burst_count: 1000}}\nrc_registration: {per_second: 1000, burst_count: 1000}\n";
  RealHomeserver hs(options);
  REQUIRE(hs.start());
  Outside o(hs);
  REQUIRE(as<bot::Accepted>(o.send(o.opening())));
  int refusals = 0;
  std::vector<std::string> ops;
  for (int i = 0; i < 60; ++i) {
    const auto message = o.message(bot::Say{card("number " + std::to_string(i))});
    ops.push_back(message.id);
    for (bot::SendResult result = o.send(message); !as<bot::Accepted>(result); result = o.send(message)) {
      INFO(told(result));
      REQUIRE(as<bot::NotSent>(result));
      CHECK_FALSE(as<bot::NotSent>(result)->counts);
      ++refusals;
      const auto until = o.clock->monotonic() + as<bot::NotSent>(result)->after.value();
      support::wait_for([&] { return o.clock->monotonic() >= until; });
    }
  }
  std::vector<std::string> heard;
  for (const auto& event : hs.history(o.room(), o.bot))
    if (event["content"].contains(matrix::kOp)) heard.push_back(event["content"][matrix::kOp]);
  CHECK(heard == ops);
  const std::string log = hs.log();
  int said_no = 0;
  for (auto at = log.find("/send/m.room.message/"); at != std::string::npos; at = log.find("/send/m.room.message/", at + 1)) {
    const auto end = log.find('\n', at), begin = log.rfind('\n', at);
    said_no += log.substr(begin + 1, end - begin).find(" 429 ") != std::string::npos;
  }
  WARN("429 answers for 60 messages: " << said_no << ", waits " << refusals);
  CHECK(said_no <= 12);
}
