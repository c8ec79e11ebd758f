// From what people type in their clients to Muster's words.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "integrations/matrix/pills.hpp"
#include "integrations/matrix/trust.hpp"
#include "integrations/matrix/typed.hpp"

namespace {

using nlohmann::json;

const matrix::Called kCalled{"@muster:hs", "Muster", {"!incident", "!inc"}};

std::optional<std::string> in_content(const json& content) { return matrix::command_in(content, kCalled); }
std::optional<std::string> in(const std::string& body) { return in_content(json{{"msgtype", "m.text"}, {"body", body}}); }

json with_html(const std::string& body, const std::string& html) {
  return {{"msgtype", "m.text"}, {"body", body}, {"format", "org.matrix.custom.html"}, {"formatted_body", html}};
}

}  // namespace

TEST_CASE("a command begins with one of the prefixes, whatever its case, or with the slash that clients pass on") {
  CHECK(in("!incident declare sev1 x") == "declare sev1 x");
  CHECK(in("!Incident  declare x") == "declare x");
  CHECK(in("  !inc list") == "list");
  CHECK(in("/incident list") == "list");
  CHECK(in("/inc list") == "list");
  CHECK(in("!incident") == "");
  CHECK(in("!incident update first line\nsecond line") == "update first line\nsecond line");
  CHECK_FALSE(in("!incidents list"));
  CHECK_FALSE(in("!other list"));
  CHECK_FALSE(in("please type !incident list"));
  CHECK_FALSE(in(""));
}

TEST_CASE("notices, edits, emotes and messages of odd types are no commands") {
  CHECK_FALSE(in_content(json{{"msgtype", "m.notice"}, {"body", "!incident list"}}));
  CHECK_FALSE(in_content(json{{"msgtype", "m.emote"}, {"body", "!incident list"}}));
  CHECK_FALSE(in_content(json{{"msgtype", "m.text"}, {"body", "* !incident list"}, {"m.relates_to", {{"rel_type", "m.replace"}, {"event_id", "$1"}}}}));
  CHECK_FALSE(in_content(json{{"msgtype", "m.text"}, {"body", {{"x", 1}}}}));
  CHECK_FALSE(in_content(json{{"body", "!incident list"}}));
  CHECK_FALSE(in_content(json::array()));
}

TEST_CASE("calling the bot by name counts only when it is mentioned") {
  const json mention{{"user_ids", {"@muster:hs"}}};
  CHECK(in_content(json{{"msgtype", "m.text"}, {"body", "Muster: list"}, {"m.mentions", mention}}) == "list");
  CHECK(in_content(json{{"msgtype", "m.text"}, {"body", "muster list"}, {"m.mentions", mention}}) == "list");
  CHECK(in_content(json{{"msgtype", "m.text"}, {"body", "@muster:hs, list"}}) == "list");
  CHECK(in_content(with_html("Muster: list", R"(<a href="https://matrix.to/#/@muster:hs">Muster</a>: list)")) == "list");
  CHECK(in_content(with_html("Muster list", R"(<a href="https://matrix.to/#/%40muster%3Ahs">Muster</a> list)")) == "list");
  CHECK_FALSE(in("Muster: list"));
  CHECK_FALSE(in_content(json{{"msgtype", "m.text"}, {"body", "ask Muster to list"}, {"m.mentions", mention}}));
  CHECK_FALSE(in_content(with_html("Muster2: list", R"(<a href="https://matrix.to/#/@muster:hs.evil">Muster2</a>: list)")));
}

TEST_CASE("people in a command are known by their pills, in order, or by their ids") {
  CHECK(in_content(with_html("!incident role commander Dana Doe", R"(!incident role commander <a href="https://matrix.to/#/@dana:hs">Dana Doe</a>)")) ==
        "role commander <@matrix:@dana:hs|Dana Doe>");
  CHECK(in_content(with_html("!incident page Dana, Dana", R"(!incident page <a href='https://matrix.to/#/%40d1%3Ahs?via=hs'>Dana</a>, <a href="matrix:u/d2:hs">Dana</a>)")) ==
        "page <@matrix:@d1:hs|Dana>, <@matrix:@d2:hs|Dana>");
  CHECK(in("!incident role commander @bob:hs.example") == "role commander <@matrix:@bob:hs.example>");
  CHECK(in("!incident note ask @bob:hs.example.") == "note ask <@matrix:@bob:hs.example>.");
  CHECK(in("!incident note mail bob@hs.example: now") == "note mail bob@hs.example: now");
  CHECK(in_content(with_html("!incident note R&D <Ops>", R"(!incident note <a href="https://matrix.to/#/@o:hs">R&amp;D &lt;Ops&gt;</a>)")) == "note <@matrix:@o:hs|R&D Ops>");
  // A room's pill and a link elsewhere are words.
  CHECK(in_content(with_html("!incident note see room", R"(!incident note see <a href="https://matrix.to/#/%23room%3Ahs">room</a>)")) == "note see room");
}

TEST_CASE("somebody who is called like a part of the command is found where their pill stands") {
  const auto pill = [](const std::string& user, const std::string& name) { return "<a href=\"https://matrix.to/#/" + user + "\">" + name + "</a>"; };
  CHECK(in_content(with_html("!incident page den please look", "!incident page " + pill("@den:hs", "den") + " please look")) == "page <@matrix:@den:hs|den> please look");
  CHECK(in_content(with_html("!incident role commander co", "!incident role commander " + pill("@co:hs", "co"))) == "role commander <@matrix:@co:hs|co>");
  CHECK(in_content(with_html("!incident role commander role", "!incident role commander " + pill("@r:hs", "role"))) == "role commander <@matrix:@r:hs|role>");
  CHECK(in_content(with_html("!incident page @den:hs den", "!incident page " + pill("@den:hs", "den") + " den")) == "page <@matrix:@den:hs|den> den");
  CHECK(in_content(with_html("!incident page incident", "!incident page " + pill("@i:hs", "incident"))) == "page <@matrix:@i:hs|incident>");
  CHECK(in_content(with_html("!incident note co co co", "<p>!incident note co " + pill("@co:hs", "co") + " co</p>")) == "note co <@matrix:@co:hs|co> co");
  // Names without spaces around them, as in Japanese.
  CHECK(in_content(with_html("!incident note \xE7\x94\xB0\xE4\xB8\xAD\xE3\x81\x95\xE3\x82\x93", "!incident note " + pill("@t:hs", "\xE7\x94\xB0\xE4\xB8\xAD") + "\xE3\x81\x95\xE3\x82\x93")) ==
        "note <@matrix:@t:hs|\xE7\x94\xB0\xE4\xB8\xAD>\xE3\x81\x95\xE3\x82\x93");
  // A body that says something else than the HTML: a whole word is looked for, never a part of one.
  CHECK(in_content(with_html("!incident page den", pill("@den:hs", "den"))) == "page <@matrix:@den:hs|den>");
}

TEST_CASE("the quoted message of a reply is not part of the command, and its people are not meant") {
  auto content = with_html("> <@dana:hs> !incident cancel\n\n!incident role commander Eve",
                           R"(<mx-reply><blockquote><a href="https://matrix.to/#/@dana:hs">Eve</a></blockquote></mx-reply>!incident role commander <a href="https://matrix.to/#/@eve:hs">Eve</a>)");
  content["m.relates_to"] = {{"m.in_reply_to", {{"event_id", "$1"}}}};
  CHECK(in_content(content) == "role commander <@matrix:@eve:hs|Eve>");
}

TEST_CASE("hostile HTML yields no person and no crash") {
  for (const std::string html : {R"(<a href="https://matrix.to/#/@x:hs)", R"(<a <a <a href="https://matrix.to/#/%ZZ">x</a>)", R"(<a href=>x</a>)", R"(<a href="javascript:@x:hs">x</a>)",
                                 R"(<a href="https://matrix.to.evil/#/@x:hs">x</a>)", "<a href=\"https://matrix.to/#/@x y:hs\">x</a>", "</a></a><a>"})
    CHECK(matrix::pills_in(html).empty());
  std::string many;
  for (int i = 0; i < 5000; ++i) many += R"(<a href="https://matrix.to/#/@x:hs">x</a>)";
  CHECK(matrix::pills_in(many).size() <= 200);
}

TEST_CASE("people of the settings, allowed users and the bot's own server may command; guests and strangers may not") {
  bot::MatrixSettings settings;
  settings.user_id = "@muster:hs";
  bot::People people;
  people.put({"carol", "Carol", false, {{"matrix", "@carol:other"}}, ""});
  people.put({"matrix:@met:evil", "Met", false, {{"matrix", "@met:evil"}}, ""});
  const auto may = [&](const char* id) { return matrix::may_command(id, settings, people); };
  CHECK(may("@alice:hs"));
  CHECK(may("@carol:other"));
  CHECK_FALSE(may("@met:evil"));
  CHECK_FALSE(may("@dave:other"));
  CHECK_FALSE(may("@123:hs"));
  CHECK_FALSE(may("@muster:hs"));
  CHECK_FALSE(may("nobody"));
  settings.allowed_servers = std::vector<std::string>{"other"};
  settings.allowed_users = {"@eve:third", "@123:hs"};
  CHECK(may("@dave:other"));
  CHECK(may("@eve:third"));
  CHECK(may("@123:hs"));
  CHECK_FALSE(may("@alice:hs"));
  settings.allowed_servers = std::vector<std::string>{};
  CHECK_FALSE(may("@alice:hs"));
  CHECK_FALSE(may("@dave:other"));
  CHECK(may("@eve:third"));
}
