#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/matrix/api.hpp"
#include "integrations/matrix/render.hpp"

using namespace matrix;
using nlohmann::json;

namespace {

struct Desk {
  bot::People people;
  View view{people, "!incident", 7, [](std::int64_t n) { return n == 7 ? "https://matrix.to/#/%21room%3Ahs" : ""; }};
  Desk() {
    people.put({"alice", "Alice", false, {{"matrix", "@alice:example.org"}}, ""});
    people.put({"bob", "Bob <b>", false, {}, ""});
  }
  Rendered draw(bot::Text title) {
    bot::Card card;
    card.title = std::move(title);
    return render(card, view);
  }
};

json content(const Rendered& drawn, const View& view, Loudness loudness = Loudness::quiet) { return message_content(drawn, view, "op1", loudness); }

}  // namespace

TEST_CASE("a list too long for one message goes on in the next, and none of its entries is missing") {
  Desk d;
  bot::Card card;
  card.title = {bot::plain("Entries 1 to 60 of 60")};
  for (int i = 1; i <= 60; ++i) card.list.push_back({bot::plain("entry " + std::to_string(i) + "; " + std::string(500, 'x'))});
  card.buttons = {{"Newer", "INC-7 timeline 2", true}};
  const auto pages = render_pages(card, d.view);
  REQUIRE(pages.size() > 1);
  std::string all;
  for (const auto& page : pages) {
    CHECK(page.body.find("Shortened") == std::string::npos);
    CHECK(codec::dump(content(page, d.view)).size() < 60000);
    all += page.body;
  }
  for (int i = 1; i <= 60; ++i) CHECK(all.find("entry " + std::to_string(i) + ";") != std::string::npos);
  CHECK(pages.front().buttons.empty());
  CHECK(pages.back().buttons.size() == 1);
  card.list.resize(3);
  CHECK(render_pages(card, d.view).size() == 1);
}

TEST_CASE("what people wrote is shown as they wrote it and does nothing") {
  Desk d;
  const auto drawn = d.draw({bot::plain("<script>alert(1)</script> <b>bold</b> & [x](javascript:1)\n@room @alice:example.org \xE2\x80\xAEtxet")});
  CHECK(drawn.html.find("<script") == std::string::npos);
  CHECK(drawn.html.find("<b>") == std::string::npos);
  CHECK(drawn.html.find("&lt;script&gt;") != std::string::npos);
  CHECK(drawn.html.find("<br>") != std::string::npos);
  CHECK(drawn.html.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(drawn.body.find("<script>alert(1)</script>") != std::string::npos);
  CHECK(drawn.body.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(drawn.mentions.empty());
  const json event = content(drawn, d.view);
  CHECK(event["msgtype"] == "m.notice");
  CHECK(event["m.mentions"] == json::object());
}

TEST_CASE("the word that notifies a whole room never stands in a body, and never among the mentions") {
  Desk d;
  const auto drawn = d.draw({bot::plain("hello @room and @room"), bot::strong("@room")});
  CHECK(drawn.body.find("@room") == std::string::npos);
  CHECK_FALSE(content(drawn, d.view)["m.mentions"].contains("room"));
}

TEST_CASE("only a mention that is meant to notify notifies, and then the message is loud") {
  Desk d;
  const auto named = d.draw({bot::name_of("alice"), bot::plain(" is commander.")});
  CHECK(named.body == "Alice is commander.");
  CHECK(named.mentions.empty());
  CHECK(named.html.find("matrix.to") == std::string::npos);
  const auto called = d.draw({bot::mention("alice"), bot::plain(" and "), bot::mention("bob"), bot::plain(" and "), bot::mention("alice")});
  CHECK(called.body == "Alice and Bob <b> and Alice");
  CHECK(called.mentions == std::vector<std::string>{"@alice:example.org"});
  CHECK(called.html.find("<a href=\"https://matrix.to/#/%40alice%3Aexample.org\">Alice</a>") != std::string::npos);
  CHECK(called.html.find("Bob &lt;b&gt;") != std::string::npos);
  const json event = content(called, d.view);
  CHECK(event["msgtype"] == "m.text");
  CHECK(event["m.mentions"]["user_ids"] == json({"@alice:example.org"}));
}

TEST_CASE("commands, rooms, times and links are drawn for Matrix") {
  Desk d;
  const auto drawn = d.draw({bot::code("role commander"), bot::plain(" "), bot::room_of(7), bot::plain(" "), bot::room_of(8), bot::plain(" "),
                             bot::when("2026-11-26T14:02:11.000Z"), bot::plain(" "), bot::link("https://status.example.org/x?a=1&b=2", "the page"), bot::plain(" "),
                             bot::link("javascript:alert(1)", "bad")});
  CHECK(drawn.body == "!incident role commander INC-7 INC-8 2026-11-26 14:02 UTC the page (https://status.example.org/x?a=1&b=2) bad");
  CHECK(drawn.html.find("<code>!incident role commander</code>") != std::string::npos);
  CHECK(drawn.html.find("<a href=\"https://matrix.to/#/%21room%3Ahs\">INC-7</a>") != std::string::npos);
  CHECK(drawn.html.find("<a href=\"https://status.example.org/x?a=1&amp;b=2\">the page</a>") != std::string::npos);
  CHECK(drawn.html.find("javascript") == std::string::npos);
}

TEST_CASE("a card has a heading, paragraphs, facts and a list, and reads well as plain text") {
  Desk d;
  bot::Card card;
  card.title = {bot::strong("INC-7"), bot::plain("  SEV1")};
  card.paragraphs = {{bot::plain("checkout returns 500")}};
  card.facts = {{"Commander", {bot::strong("nobody yet")}}, {"Impact", {}}};
  card.list = {{bot::plain("one")}, {bot::plain("two")}};
  const auto drawn = render(card, d.view);
  CHECK(drawn.body == "INC-7  SEV1\ncheckout returns 500\nCommander: nobody yet\nImpact: –\n• one\n• two");
  CHECK(drawn.html ==
        "<h4><strong>INC-7</strong>  SEV1</h4><p>checkout returns 500</p><ul><li><strong>Commander</strong>  <strong>nobody yet</strong></li>"
        "<li><strong>Impact</strong>  –</li></ul><ul><li>one</li><li>two</li></ul>");
}

TEST_CASE("buttons are reactions whose meaning travels in the event, and a command keeps its sign wherever it stands") {
  Desk d;
  bot::Card card;
  card.title = {bot::plain("No commander yet.")};
  card.buttons = {{"Sev1", "severity sev1", false}, {"Claim commander", "role commander", true}, {"Timeline", "timeline", false}, {"Ack", "INC-9 ack", false}};
  const auto drawn = render(card, d.view);
  REQUIRE(drawn.buttons.size() == 4);
  CHECK(drawn.buttons[1].key == "🙋");
  CHECK(drawn.body.find("React: 1️⃣ Sev1 · 🙋 Claim commander") != std::string::npos);
  const json event = content(drawn, d.view);
  CHECK(event[kCard]["incident"] == 7);
  CHECK(event[kCard]["buttons"]["🙋"] == "role commander");
  CHECK(event[kCard]["buttons"][plain_key("1️⃣")] == "severity sev1");
  CHECK(event[kCard]["buttons"]["✅"] == "INC-9 ack");
  std::swap(card.buttons[0], card.buttons[2]);
  card.buttons.erase(card.buttons.begin() + 1);
  for (const auto& button : render(card, d.view).buttons)
    if (button.command == "timeline") CHECK(button.key == drawn.buttons[2].key);
  CHECK_FALSE(content(d.draw({bot::plain("no buttons")}), d.view).contains(kCard));
}

TEST_CASE("keys are compared without presentation and skin") {
  CHECK(plain_key("1️⃣") == "1\xE2\x83\xA3");
  CHECK(plain_key("🙋🏽") == "🙋");
  CHECK(plain_key("🙋") == "🙋");
  CHECK(plain_key("") == "");
  CHECK(plain_key("\xF0\x9F") == "\xF0\x9F");
}

TEST_CASE("whatever a card holds, its event fits into Matrix and is JSON, and says when it was shortened") {
  Desk d;
  bot::Card card;
  card.title = {bot::plain(std::string(200000, '"'))};
  std::string hostile(5000, '\\');
  hostile.append("\xff\xfe").append(3000, '<');
  for (int i = 0; i < 400; ++i) card.paragraphs.push_back({bot::plain(hostile)});
  card.buttons = {{"Check", "public check", true}};
  const auto drawn = render(card, d.view);
  for (const json& event : {content(drawn, d.view), edit_content(drawn, d.view, "op2", "$original")}) {
    const std::string bytes = codec::dump(event);
    CHECK(bytes.size() < 60000);
    CHECK_NOTHROW(json::parse(bytes));
  }
  CHECK(drawn.body.find("Shortened to fit Matrix.") != std::string::npos);
  CHECK(drawn.body.find("🔍 Check") != std::string::npos);
  CHECK(drawn.buttons.size() == 1);
}

TEST_CASE("an edit replaces the text, keeps the original as its target and notifies nobody") {
  Desk d;
  bot::Card card;
  card.title = {bot::mention("alice"), bot::plain(" is commander")};
  card.buttons = {{"Close", "close", false}};
  const json event = edit_content(render(card, d.view), d.view, "op3", "$original");
  CHECK(event["m.relates_to"] == json({{"rel_type", "m.replace"}, {"event_id", "$original"}}));
  CHECK(event["m.mentions"] == json::object());
  CHECK(event["m.new_content"]["body"].get<std::string>().find("Alice is commander") == 0);
  CHECK(event["m.new_content"][kCard]["buttons"]["🔒"] == "close");
  CHECK(event[kOp] == "op3");
}

TEST_CASE("an empty card still says something") {
  Desk d;
  CHECK(render(bot::Card{}, d.view).body == "Done.");
  CHECK(d.draw({bot::plain("")}).body == "Done.");
}
