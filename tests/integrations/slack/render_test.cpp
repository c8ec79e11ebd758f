#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/render.hpp"
#include "tests/support/fake_slack_checks.hpp"

using namespace slack;
using nlohmann::json;

namespace {

struct Fixture {
  bot::People people;
  Fixture() {
    people.put({"bob", "Bob", false, {{"slack", "U02"}}, ""});
    people.put({"eve", "<!channel> *Eve*", false, {}, ""});
  }
  View view(std::int64_t incident = 7) const {
    return View{people, "/incident", incident, [](std::int64_t n) { return n == 7 ? std::string("C7") : std::string(); }};
  }
};

bot::Card title(bot::Text spans) {
  bot::Card card;
  card.title = std::move(spans);
  return card;
}

}  // namespace

TEST_CASE("Text that anybody wrote can notify nobody, wherever a card shows it") {
  const Fixture f;
  const std::string evil = "<!channel> <!here> <!everyone> <@U01> <!subteam^S1> @everyone *bold* `code` <https://x|y> &lt;!channel&gt;";
  bot::Card card = title({bot::plain(evil)});
  card.facts = {{evil, {bot::plain(evil), bot::strong(evil), bot::code(evil)}}};
  card.paragraphs = {{bot::plain(evil)}, {bot::plain(evil), bot::name_of("bob")}, {bot::name_of("eve"), bot::mention("eve")}};
  card.list = {{bot::plain(evil)}, {bot::when(evil)}, {bot::link(evil, evil)}, {{bot::SpanKind::room, evil, "", false}}};
  card.buttons = {{evil, evil, false}};
  const Rendered drawn = render(card, f.view());
  CHECK(support::notified(drawn.text, drawn.blocks) == std::set<std::string>{});
  CHECK(support::block_complaint(drawn.blocks) == "");
  CHECK(support::visible_text(drawn.blocks).find("<!channel> <!here>") != std::string::npos);
}

TEST_CASE("A person is mentioned only when meant to be told and known in Slack") {
  const Fixture f;
  CHECK(markup({bot::mention("bob")}, f.view()) == "<@U02>");
  CHECK(markup({bot::name_of("bob")}, f.view()) == "Bob");
  CHECK(markup({bot::mention("eve")}, f.view()) == "&lt;!channel&gt; *Eve*");
  CHECK(markup({bot::mention("slack:U77")}, f.view()) == "<@U77>");  // met a moment ago
  CHECK(markup({bot::mention("slack:U7>\n<!here>")}, f.view()).find("<@") == std::string::npos);
  const Rendered drawn = render(title({bot::mention("bob"), bot::plain(" is commander.")}), f.view());
  CHECK(support::notified(drawn.text, drawn.blocks) == std::set<std::string>{"@U02"});
  CHECK(drawn.text == "<@U02> is commander.");
}

TEST_CASE("What cannot be taken back asks once more: telling the public, and that it was no incident; nothing else does") {
  const Fixture f;
  bot::Card card = title({bot::plain("INC-7 is resolved.")});
  card.buttons = {{"Resolve publicly", "public resolved This incident has been \"resolved\".", false, false},
                  {"Cancel", "INC-9 cancel false alarm", false, false},
                  {"Public update", "public", false, true},
                  {"Check", "public check", false, false},
                  {"Close", "close", false, false},
                  {"Long", "public resolved " + std::string(1000, 'x'), false, false}};
  bot::Card copy = card;
  View view = f.view();
  view.incident = 7;
  const json elements = json::parse(render(copy, view).blocks).back()["elements"];
  REQUIRE(elements.size() == 6);
  CHECK(elements[0]["confirm"]["title"]["text"] == "Tell the public?");
  CHECK(elements[0]["confirm"]["text"]["text"] == "The status pages say at once: \"resolved This incident has been \"resolved\".\"");
  CHECK(elements[1]["confirm"]["title"]["text"] == "Cancel INC-9?");
  CHECK(elements[1]["confirm"]["style"] == "danger");
  for (const int quiet : {2, 3, 4}) CHECK_FALSE(elements[static_cast<std::size_t>(quiet)].contains("confirm"));
  CHECK(support::block_complaint(render(copy, view).blocks) == "");
}

TEST_CASE("Rooms, times, commands and links are drawn in Slack's forms") {
  const Fixture f;
  CHECK(markup({bot::room_of(7)}, f.view()) == "<#C7>");
  CHECK(markup({bot::room_of(8)}, f.view()) == "INC-8");
  CHECK(markup({bot::when("2023-11-14T22:13:20.000Z")}, f.view()) == "22:13 UTC (<!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>)");
  CHECK(markup({bot::code("role commander")}, f.view()) == "`/incident role commander`");
  CHECK(markup({bot::code("note `x` <y>")}, f.view()) == "`/incident note 'x' &lt;y&gt;`");
  CHECK(markup({bot::link("https://a.example", "log")}, f.view()) == "<https://a.example|log>");
  CHECK(markup({bot::strong("two * three")}, f.view()) == "two * three");
  CHECK(markup({bot::strong("SEV1")}, f.view()) == "*SEV1*");
}

TEST_CASE("A title over facts is a header, a sentence alone is not") {
  const Fixture f;
  bot::Card card = title({bot::strong("INC-7"), bot::plain("  SEV1")});
  CHECK(json::parse(render(card, f.view()).blocks)[0]["type"] == "section");
  card.facts = {{"Commander", {bot::mention("bob")}}, {"Comms", {}}};
  const json blocks = json::parse(render(card, f.view()).blocks);
  CHECK(blocks[0]["type"] == "header");
  CHECK(blocks[0]["text"]["text"] == "INC-7  SEV1");
  CHECK(blocks[1]["fields"][0]["text"] == "*Commander*\n<@U02>");
  CHECK(blocks[1]["fields"][1]["text"] == "*Comms*\n–");
}

TEST_CASE("Words alone go into an object that interprets nothing") {
  const Fixture f;
  const json blocks = json::parse(render(title({bot::plain("*not bold* :tada:")}), f.view()).blocks);
  CHECK(blocks[0]["text"]["type"] == "plain_text");
  CHECK(blocks[0]["text"]["emoji"] == false);
  CHECK(blocks[0]["text"]["text"] == "*not bold* :tada:");
}

TEST_CASE("Slack goes looking for nothing in markup") {
  const Fixture f;
  const json blocks = json::parse(render(title({bot::plain("see #general and "), bot::name_of("bob")}), f.view()).blocks);
  CHECK(blocks[0]["text"]["type"] == "mrkdwn");
  CHECK(blocks[0]["text"]["verbatim"] == true);
}

TEST_CASE("A button carries the command with its incident") {
  const Fixture f;
  bot::Card card = title({bot::plain("No commander yet.")});
  card.buttons = {{"Claim", "role commander", true}, {"Ack", "INC-9 ack", false}};
  const json blocks = json::parse(render(card, f.view()).blocks);
  REQUIRE(blocks[1]["type"] == "actions");
  CHECK(blocks[1]["elements"][0]["value"] == "INC-7 role commander");
  CHECK(blocks[1]["elements"][0]["style"] == "primary");
  CHECK(blocks[1]["elements"][1]["value"] == "INC-9 ack");
  CHECK(json::parse(render(card, f.view(0)).blocks)[1]["elements"][0]["value"] == "role commander");
}

TEST_CASE("However long a card is, Slack takes it") {
  const Fixture f;
  const std::string heavy(5000, '<');
  std::string snow;
  for (int i = 0; i < 4000; ++i) snow += "☃";
  bot::Card card = title({bot::plain(snow)});
  for (int i = 0; i < 23; ++i) card.facts.push_back({snow, {bot::plain(heavy), bot::name_of("bob")}});
  for (int i = 0; i < 60; ++i) card.paragraphs.push_back({bot::plain(i % 2 ? heavy : snow), bot::code("x")});
  for (int i = 0; i < 300; ++i) card.list.push_back({bot::plain(snow)});
  for (int i = 0; i < 40; ++i) card.buttons.push_back({snow, i == 3 ? snow : "ack", false});
  const Rendered drawn = render(card, f.view());
  CHECK(support::block_complaint(drawn.blocks) == "");
  CHECK(length(drawn.text) <= 2800);
  CHECK(support::visible_text(drawn.blocks).find("Shortened to fit Slack.") != std::string::npos);
  const json blocks = json::parse(drawn.blocks);
  CHECK(blocks.back()["type"] == "actions");
  for (const auto& element : blocks.back()["elements"]) CHECK(element["value"] == "INC-7 ack");
}

TEST_CASE("A long list says everything as long as it fits") {
  const Fixture f;
  bot::Card card = title({bot::plain("Open incidents")});
  for (int i = 0; i < 100; ++i) card.list.push_back({bot::plain("incident number " + std::to_string(i))});
  const Rendered drawn = render(card, f.view());
  CHECK(support::visible_text(drawn.blocks).find("incident number 99") != std::string::npos);
  CHECK(support::visible_text(drawn.blocks).find("Shortened") == std::string::npos);
}

TEST_CASE("An empty card and a card of nothing but broken bytes still say something") {
  const Fixture f;
  CHECK(render(bot::Card{}, f.view()).text == "Done.");
  CHECK(support::block_complaint(render(bot::Card{}, f.view()).blocks) == "");
  CHECK(support::block_complaint(render(title({bot::plain("\x01\x02")}), f.view()).blocks) == "");
  CHECK(support::block_complaint(render(title({bot::plain("\xFF\xC3")}), f.view()).blocks) == "");
  bot::Card card = title({bot::plain("")});
  card.facts = {{"", {}}};
  card.paragraphs = {{}};
  card.list = {{}};
  CHECK(support::block_complaint(render(card, f.view()).blocks) == "");
}
