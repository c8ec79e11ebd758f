#include <catch2/catch.hpp>

#include "integrations/slack/mrkdwn.hpp"

using namespace slack;

TEST_CASE("Untrusted text is escaped once and loses control and bidirectional characters") {
  CHECK(escape("a & b <!channel> <@U01> &amp;") == "a &amp; b &lt;!channel&gt; &lt;@U01&gt; &amp;amp;");
  CHECK(escape("a\u202Eb\u2066c\x01" "d\n") == "abcd\n");
  CHECK(escape("caf\xC3\xA9 \xFF!") == "café \uFFFD!");
}

TEST_CASE("Entities are undone once and exactly the three that Slack uses") {
  CHECK(unescape("&lt;b&gt; &amp;lt; &quot; &#60; &amp") == "<b> &lt; &quot; &#60; &amp");
}

TEST_CASE("A cut never leaves half an entity, half a mention or half a character") {
  CHECK(cut("abcdef", 6) == "abcdef");
  CHECK(cut("abcdef", 4) == "abc…");
  CHECK(cut("ab&amp;cd", 6) == "ab…");
  CHECK(cut("ab<@U0123456>cd", 10) == "ab…");
  CHECK(cut("ééééé", 3) == "éé…");
  for (std::size_t limit = 1; limit < 40; ++limit) {
    const std::string part = cut("é&lt;é<@U1>&amp;&gt;☃<https://x.example|y>zzzzz", limit);
    INFO(part);
    CHECK(length(part) <= limit);
    CHECK(std::count(part.begin(), part.end(), '<') == std::count(part.begin(), part.end(), '>'));
    CHECK(std::count(part.begin(), part.end(), '&') == std::count(part.begin(), part.end(), ';'));
  }
}

TEST_CASE("Links keep to http, https and mailto and cannot be broken out of") {
  CHECK(link_markup("https://a.example/?x=1&y=2", "here") == "<https://a.example/?x=1&amp;y=2|here>");
  CHECK(link_markup("https://a.example/|x>y", "a|b>\nc") == "<https://a.example/%7Cx%3Ey|ab&gt; c>");
  CHECK(link_markup("javascript:alert(1)", "click <me>") == "click &lt;me&gt;");
  CHECK(link_markup("https://a.example/", "") == "<https://a.example/|https://a.example/>");
}

TEST_CASE("Mentions in a typed command become person tokens") {
  CHECK(neutral_text("role commander <@U02>") == "role commander <@slack:U02>");
  CHECK(neutral_text("role commander <@U02|dana>") == "role commander <@slack:U02|dana>");
  CHECK(neutral_text("role commander <@W02AB>") == "role commander <@slack:W02AB>");
  CHECK(neutral_text("<@U1|a &lt;b&gt;> <@U2>") == "<@slack:U1|a b> <@slack:U2>");
}

TEST_CASE("Channels, groups, links and entities in a typed command become what the person typed") {
  CHECK(neutral_text("see <#C123|general> and <#C123|> and <#C123>") == "see #general and #C123 and #C123");
  CHECK(neutral_text("<!subteam^S1|@oncall> <!subteam^S1> <!channel> <!here|here>") == "@oncall @S1 @channel here");
  CHECK(neutral_text("<https://x.example/?a=1&amp;b=2>") == "https://x.example/?a=1&b=2");
  CHECK(neutral_text("<http://x.example|x.example> <mailto:a@b.example|a@b.example> <https://x.example|the log>") ==
        "x.example a@b.example the log (https://x.example)");
  CHECK(neutral_text("a &lt; b &amp;&amp; c &gt; d &amp;lt;") == "a < b && c > d &lt;");
  CHECK(neutral_text("<!date^1700000000^{time}|14 November>") == "14 November");
}

TEST_CASE("Half forms in a typed command stay as they are") {
  CHECK(neutral_text("a < b") == "a < b");
  CHECK(neutral_text("<@>") == "@");
  CHECK(neutral_text("<@not an id>") == "@not an id");
  CHECK(neutral_text("<>") == "");
  CHECK(neutral_text("") == "");
}
