#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/announcement.hpp"
#include "tests/integrations/slack/outside.hpp"

using namespace slack_tests;
using nlohmann::json;

TEST_CASE("The card is posted, pinned once and edited in place") {
  Outside o;
  REQUIRE(as<bot::Accepted>(o.send(bot::OpenRoom{"inc-7-checkout", "", false})));
  const auto post = o.message(bot::PostSummary{});
  REQUIRE(as<bot::Accepted>(o.send(post)));
  const auto posted = o.vendor.messages("inc-7-checkout");
  REQUIRE(posted.size() == 1);
  CHECK(o.reference("summary") == posted[0].ts);
  CHECK(posted[0].op() == post.id);
  CHECK(posted[0].visible().find("checkout returns 500") != std::string::npos);

  REQUIRE(as<bot::Accepted>(o.send(bot::PinSummary{})));
  REQUIRE(as<bot::Accepted>(o.send(bot::PinSummary{})));
  CHECK(o.vendor.channel("inc-7-checkout")->pins == std::vector<std::string>{posted[0].ts});

  o.incident.title = "card payments fail";
  REQUIRE(as<bot::Accepted>(o.send(bot::EditSummary{})));
  const auto edited = o.vendor.messages("inc-7-checkout");
  REQUIRE(edited.size() == 1);
  CHECK(edited[0].edits == 1);
  CHECK(edited[0].op() == post.id);
  CHECK(edited[0].visible().find("card payments fail") != std::string::npos);
  CHECK(o.vendor.complaints().empty());
}

TEST_CASE("An edit waits for its card without counting, and is not owed to an archived room") {
  Outside o;
  const auto edit = o.message(bot::EditSummary{});
  const auto early = o.send(edit);
  REQUIRE(as<bot::NotSent>(early));
  CHECK_FALSE(as<bot::NotSent>(early)->counts);
  CHECK(as<bot::NotSent>(early)->after == bot::Millis{1000});
  o.env.advance(bot::Millis{120000});
  CHECK(as<bot::NotSent>(o.send(edit))->after == bot::Millis{15000});
  CHECK(o.vendor.calls("chat.update").empty());
  o.open_room();
  o.send(bot::ArchiveRoom{});
  CHECK(as<bot::Accepted>(o.send(bot::EditSummary{})));
  o.vendor.error("is_archived", "chat.update");
  CHECK(as<bot::Accepted>(o.send(bot::EditSummary{})));
  o.vendor.error("message_not_found", "chat.update");
  CHECK(as<bot::Refused>(o.send(bot::EditSummary{})));
  Outside closed;
  closed.incident.phase = bot::Phase::cancelled;
  CHECK(as<bot::Accepted>(closed.send(bot::EditSummary{})));
}

TEST_CASE("What is said goes into the room with its mark and unfurls nothing") {
  Outside o;
  o.open_room();
  const auto message = o.message(bot::Say{card("<!channel> is *text*")});
  REQUIRE(as<bot::Accepted>(o.send(message)));
  const auto said = o.vendor.messages("inc-7-checkout").back();
  CHECK(said.op() == message.id);
  CHECK(said.text == "&lt;!channel&gt; is *text*");
  CHECK(o.vendor.notified().empty());
  CHECK(o.vendor.complaints().empty());
}

TEST_CASE("Announcements go to their channel, which a public one is joined for") {
  Outside o;
  REQUIRE(as<bot::Accepted>(o.send(bot::Announce{card("INC-7 SEV1")})));
  CHECK(o.vendor.messages(support::FakeSlack::kAnnounce).size() == 1);
  o.vendor.add_channel({"CNEWS", "news", "", "U09", 1, false, false, false, {"U09"}, {}});
  o.settings.slack.announce_channel = "CNEWS";
  REQUIRE(as<bot::Accepted>(o.send(bot::Announce{card("INC-7 SEV1")})));
  CHECK(o.vendor.messages("news").size() == 1);
  o.settings.slack.announce_channel = "";
  CHECK(as<bot::Refused>(o.send(bot::Announce{card("INC-7 SEV1")})));
}

namespace {

/// The incident as it was declared, announced in the channel.
struct Announced : Outside {
  Announced() {
    open_room();
    REQUIRE(as<bot::Accepted>(send(bot::Announce{bot::announcement_card(incident)})));
  }
  std::vector<support::SlackMessage> channel() const { return vendor.messages(support::FakeSlack::kAnnounce); }
  bot::SendResult redraw() {
    env.advance(bot::Millis{60000});
    return send(bot::EditSummary{});
  }
};

}  // namespace

TEST_CASE("The announcement follows the incident by the same message, and is edited only when it would read otherwise") {
  Announced o;
  REQUIRE(o.channel().size() == 1);
  CHECK(o.reference("announcement") == o.channel()[0].ts);
  const std::string as_declared = o.channel()[0].visible();
  o.incident.roles["commander"] = "bob";
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel()[0].edits == 0);  // who leads is for the room

  o.incident.severity = "sev2";
  o.incident.status = "identified";
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel()[0].visible().find("SEV2") != std::string::npos);
  CHECK(o.channel()[0].visible().find("Status: *Identified*") != std::string::npos);
  CHECK(o.channel()[0].blocks.find("INC-7 join") != std::string::npos);
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel()[0].edits == 1);

  o.incident.phase = bot::Phase::resolved;
  o.incident.status = "resolved";
  o.incident.resolved = o.incident.declared + bot::Millis{49 * 60000};
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel()[0].visible().find("*Resolved* after 49 min") != std::string::npos);

  o.incident.phase = bot::Phase::open;
  o.incident.status = "investigating";
  o.incident.severity = "sev1";
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel()[0].visible() == as_declared);

  o.incident.phase = bot::Phase::closed;
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel()[0].visible().find("*Closed*") != std::string::npos);
  CHECK(o.channel()[0].blocks.find("INC-7 join") == std::string::npos);  // the room is archived
  CHECK(o.channel().size() == 1);
  CHECK(o.vendor.notified().empty());
  CHECK(o.vendor.complaints().empty());
}

TEST_CASE("After a restart the announcement is edited once more at most, and words about the incident are never edited") {
  Announced o;
  REQUIRE(as<bot::Accepted>(o.send(bot::Announce{card("INC-7 SEV1 update by Bob: half of it is back")})));
  o.restart();
  for (int i = 0; i < 3; ++i) REQUIRE(as<bot::Accepted>(o.redraw()));
  REQUIRE(o.channel().size() == 2);
  CHECK(o.channel()[0].edits == 1);
  CHECK(o.channel()[1].edits == 0);
  bot::Card another = bot::announcement_card(o.incident);  // "has a room here now", after the incident was announced
  REQUIRE(as<bot::Accepted>(o.send(bot::Announce{another})));
  CHECK(o.reference("announcement") == o.channel()[0].ts);
}

TEST_CASE("An announcement that was deleted, or whose incident became private, is left alone; one that Slack refuses for now is tried again") {
  Announced o;
  o.incident.status = "identified";
  o.vendor.refuse(429, 3, "chat.update");
  CHECK(as<bot::NotSent>(o.redraw()));
  o.vendor.heal();
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel()[0].visible().find("Identified") != std::string::npos);

  o.incident.is_private = true;
  o.incident.title = "salaries leaked";
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel()[0].visible().find("salaries") == std::string::npos);

  o.incident.is_private = false;
  o.vendor.erase(o.channel()[0].ts);
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.channel().empty());
  const auto calls = o.vendor.calls("chat.update").size();
  REQUIRE(as<bot::Accepted>(o.redraw()));
  CHECK(o.vendor.calls("chat.update").size() == calls + 1);  // the card alone
}

TEST_CASE("An announcement of unknown outcome that is found again is the one that is edited") {
  Outside o;
  o.open_room();
  o.vendor.fail_after_doing("chat.postMessage");
  const auto message = o.message(bot::Announce{bot::announcement_card(o.incident)});
  REQUIRE(as<bot::Doubtful>(o.send(message)));
  REQUIRE(as<bot::Accepted>(o.find(message)));
  CHECK(o.reference("announcement") == o.vendor.messages(support::FakeSlack::kAnnounce).back().ts);
}

TEST_CASE("A card that somebody deleted comes back once, pinned, and is the one that is edited from then on") {
  Outside o;
  o.open_room();
  const std::string first = o.reference("summary");
  o.vendor.erase(first);
  o.incident.severity = "sev2";
  REQUIRE(as<bot::Accepted>(o.send(bot::EditSummary{})));
  const std::string second = o.reference("summary");
  CHECK(second != first);
  REQUIRE(o.vendor.messages("inc-7-checkout").size() == 1);
  CHECK(o.vendor.messages("inc-7-checkout")[0].visible().find("SEV2") != std::string::npos);
  CHECK(o.vendor.channel("inc-7-checkout")->pins == std::vector<std::string>{second});
  o.env.advance(bot::Millis{60000});
  o.incident.severity = "sev3";
  REQUIRE(as<bot::Accepted>(o.send(bot::EditSummary{})));
  REQUIRE(o.vendor.messages("inc-7-checkout").size() == 1);
  CHECK(o.vendor.messages("inc-7-checkout")[0].visible().find("SEV3") != std::string::npos);
  CHECK(o.reference("summary") == second);
}

TEST_CASE("A card whose coming back has an unknown outcome is looked for and not posted twice; without its pin it is the card still") {
  Outside o;
  o.open_room();
  o.vendor.erase(o.reference("summary"));
  o.vendor.fail_after_doing("chat.postMessage");
  auto edit = o.message(bot::EditSummary{});
  REQUIRE(as<bot::Doubtful>(o.send(edit)));
  o.env.advance(bot::Millis{60000});
  o.vendor.error("restricted_action", "pins.add");
  REQUIRE(as<bot::Accepted>(o.send(edit, edit.created)));
  CHECK(o.vendor.messages("inc-7-checkout").size() == 1);
  CHECK(o.reference("summary") == o.vendor.messages("inc-7-checkout")[0].ts);

  o.vendor.erase(o.reference("summary"));  // and while Slack does not let it look, nothing is posted on a guess
  o.env.advance(bot::Millis{60000});
  o.vendor.fail_after_doing("chat.postMessage");
  edit = o.message(bot::EditSummary{});
  REQUIRE(as<bot::Doubtful>(o.send(edit)));
  o.vendor.refuse(500, 0, "conversations.history");
  CHECK(as<bot::NotSent>(o.send(edit, edit.created)));
  CHECK(o.vendor.messages("inc-7-checkout").size() == 1);
}

TEST_CASE("The pinned card has a button for a public update where there is a page and the incident may be on it") {
  Outside o;
  const auto has_button = [&o] {
    o.env.advance(bot::Millis{60000});
    REQUIRE(as<bot::Accepted>(o.send(bot::EditSummary{})));
    const std::string blocks = o.vendor.messages("inc-7-checkout").back().blocks;
    return blocks.find(R"("text":"Public update")") != std::string::npos;
  };
  o.open_room();
  CHECK_FALSE(has_button());  // no page
  bot::StatusPageSettings page;
  page.name = "public";
  o.settings.status_pages = {page};
  CHECK(has_button());
  const json drawn = json::parse(o.vendor.messages("inc-7-checkout").back().blocks);
  std::vector<std::string> labels;
  for (const auto& element : drawn.back()["elements"]) {
    labels.push_back(element["text"]["text"]);
    if (labels.back() == "Public update") CHECK((element["value"] == "INC-7 public" && element["action_id"].get<std::string>().rfind("form:", 0) == 0));
  }
  const auto update = std::find(labels.begin(), labels.end(), "Update");
  REQUIRE((update != labels.end() && std::next(update) != labels.end()));
  CHECK(*std::next(update) == "Public update");
  o.incident.is_drill = true;
  CHECK_FALSE(has_button());
  o.incident.is_drill = false;
  o.incident.is_private = true;
  CHECK_FALSE(has_button());
  o.incident.is_private = false;
  o.incident.phase = bot::Phase::resolved;
  CHECK_FALSE(has_button());
  o.incident.publication.state = "monitoring";  // the public still waits for its end
  CHECK(has_button());
  CHECK(o.vendor.complaints().empty());
}

TEST_CASE("Buttons that tell the public or call it off ask first, in a form that Slack takes") {
  Outside o;
  o.open_room();
  bot::Card resolved = card("INC-7 resolved by Bob.");
  resolved.buttons = {{"Resolve publicly", "public resolved This incident has been resolved.", false}, {"Cancel", "cancel", false}, {"Close", "close", false}};
  REQUIRE(as<bot::Accepted>(o.send(bot::Say{resolved})));
  const json elements = json::parse(o.vendor.messages("inc-7-checkout").back().blocks).back()["elements"];
  REQUIRE(elements.size() == 3);
  CHECK(elements[0]["confirm"]["confirm"]["text"] == "Publish");
  CHECK(elements[1]["confirm"]["title"]["text"] == "Cancel INC-7?");
  CHECK_FALSE(elements[2].contains("confirm"));
  CHECK(o.vendor.complaints().empty());
}

TEST_CASE("A room is named by its channel wherever it is known") {
  Outside o;
  o.open_room();
  bot::Card c = card("INC-7");
  c.title.push_back(bot::room_of(7));
  REQUIRE(as<bot::Accepted>(o.send(bot::Announce{c})));
  CHECK(o.vendor.messages(support::FakeSlack::kAnnounce).back().text == "INC-7<#" + o.reference("room") + ">");
}

TEST_CASE("A page is a direct message that says what happened and how to acknowledge") {
  Outside o;
  o.open_room();
  const auto message = o.message(bot::PagePerson{"p1", "bob", 1, "checkout <b> returns 500", "sev1", "5 % fail", "/ack/token"});
  REQUIRE(as<bot::Accepted>(o.send(message)));
  const auto pages = o.vendor.direct_messages("U02");
  REQUIRE(pages.size() == 1);
  CHECK(pages[0].op() == message.id);
  const std::string seen = pages[0].visible();
  CHECK(seen.find("You are paged for INC-7 SEV1: checkout <b> returns 500") != std::string::npos);
  CHECK(seen.find("5 % fail") != std::string::npos);
  CHECK(seen.find("`/incident INC-7 ack`") != std::string::npos);
  CHECK(seen.find("<https://muster.example.org/ack/token|acknowledge in the browser>") != std::string::npos);
  CHECK(pages[0].blocks.find(R"("value":"INC-7 ack")") != std::string::npos);
  CHECK(o.sender->repeat_policy(message.content) == bot::RepeatPolicy::harmless);
}

TEST_CASE("A page to somebody Slack does not know is refused with the way out") {
  Outside o;
  const auto result = o.send(bot::PagePerson{"p1", "carol", 1, "x", "sev1", "", ""});
  REQUIRE(as<bot::Refused>(result));
  CHECK(as<bot::Refused>(result)->reason == "Carol is not known in Slack: add people.slack in the settings.");
  o.vendor.add_user("U02", true);
  CHECK(as<bot::Refused>(o.send(bot::PagePerson{"p1", "bob", 1, "x", "sev1", "", ""})));
  CHECK(as<bot::Accepted>(o.send(bot::PagePerson{"p1", "slack:U03", 1, "x", "sev1", "", ""})));
  CHECK(o.vendor.direct_messages("U03").size() == 1);
}

TEST_CASE("A public update does not concern Slack") {
  Outside o;
  CHECK(as<bot::Refused>(o.send(bot::PublicUpdate{})));
  CHECK(o.vendor.calls("chat.postMessage").empty());
}

TEST_CASE("A post of unknown outcome is found by its mark, whatever spoilt the answer") {
  using Kind = support::SlackFault::Kind;
  for (const Kind kind : {Kind::fail_after_doing, Kind::close_mid_answer, Kind::garble, Kind::hang_after_doing}) {
    Outside o;
    o.open_room();
    o.restart(bot::Millis{400});
    support::SlackFault fault;
    fault.kind = kind;
    fault.method = "chat.postMessage";
    o.vendor.fault(fault);
    const auto message = o.message(bot::PostSummary{});
    REQUIRE(as<bot::Doubtful>(o.send(message)));
    o.restart();
    o.env.advance(bot::Millis{3000});
    o.references.pop_back();  // the summary of this attempt is not known
    REQUIRE(as<bot::Accepted>(o.find(message)));
    CHECK(o.reference("summary") == o.vendor.messages("inc-7-checkout").back().ts);
  }
}

TEST_CASE("A post that never arrived is missed, and a page and an announcement are looked for where they went") {
  Outside o;
  o.open_room();
  o.vendor.fault({support::SlackFault::Kind::close_before_work, "chat.postMessage"});
  const auto lost = o.message(bot::Say{card("lost")});
  REQUIRE(as<bot::Doubtful>(o.send(lost)));
  CHECK(as<bot::Missing>(o.find(lost)));
  const auto page = o.message(bot::PagePerson{"p1", "bob", 1, "x", "sev1", "", ""});
  CHECK(as<bot::Missing>(o.find(page)));
  REQUIRE(as<bot::Accepted>(o.send(page)));
  CHECK(as<bot::Accepted>(o.find(page)));
  const auto announcement = o.message(bot::Announce{card("x")});
  CHECK(as<bot::Missing>(o.find(announcement)));
  REQUIRE(as<bot::Accepted>(o.send(announcement)));
  CHECK(as<bot::Accepted>(o.find(announcement)));
  CHECK(as<bot::Missing>(o.find(o.message(bot::EditSummary{}))));
}

TEST_CASE("Looking for a post reads further pages and nothing from before the attempt") {
  Outside o;
  o.open_room();
  const auto old = o.message(bot::Say{card("old")});
  REQUIRE(as<bot::Accepted>(o.send(old)));
  const auto target = o.message(bot::Say{card("target")});
  REQUIRE(as<bot::Accepted>(o.send(target)));
  for (int i = 0; i < 250; ++i) {
    o.env.advance(bot::Millis{1000});
    REQUIRE(as<bot::Accepted>(o.send(bot::Say{card("chatter")})));
  }
  CHECK(as<bot::Accepted>(o.find(target)));
  CHECK(o.vendor.calls("conversations.history").size() == 2);
  auto later = old;
  later.created = o.env.clock.now();
  CHECK(as<bot::Missing>(o.find(later)));
}

TEST_CASE("A look into the history that fails is no look") {
  Outside o;
  o.open_room();
  const auto message = o.message(bot::Say{card("x")});
  o.vendor.refuse(429, 5, "conversations.history");
  CHECK(as<bot::CannotLook>(o.find(message)));
  CHECK(as<bot::CannotLook>(o.find(message)));
  CHECK(o.vendor.calls("conversations.history").size() == 1);
  o.env.advance(bot::Millis{5000});
  CHECK(as<bot::Missing>(o.find(message)));
}
