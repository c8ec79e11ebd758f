#include "integrations/text/html.hpp"

#include <catch2/catch.hpp>

using namespace text;

TEST_CASE("HTML: what a person typed comes out as text, never as markup") {
  CHECK(escape_html("<script>alert(1)</script>") == "&lt;script&gt;alert(1)&lt;/script&gt;");
  CHECK(escape_html("x\"onload=alert(1)") == "x&quot;onload=alert(1)");
  CHECK(escape_html("it's & that") == "it&#39;s &amp; that");
  CHECK(escape_html("&lt;") == "&amp;lt;");
  CHECK(escape_html("@everyone <!channel>") == "@everyone &lt;!channel&gt;");
  CHECK(escape_html("Grüße, 日本語, 🙂") == "Grüße, 日本語, 🙂");
}

TEST_CASE("HTML: controls and direction overrides are dropped, tab and newline stay") {
  CHECK(escape_html(std::string("a\0b\x01\x1b[31mc\x7f", 10)) == "ab[31mc");
  CHECK(escape_html("a\tb\nc\r\nd") == "a\tb\nc\nd");
  CHECK(escape_html("invoice\u202Egnp.exe\u202C \u2066x\u2069 \u200Fy\u200E \u061Cz") == "invoicegnp.exe x y z");
  CHECK(escape_html("a\xC2\x85"
                    "b") == "ab");  // C1 next line
}

TEST_CASE("UTF-8: every ill-formed sequence becomes one replacement character and nothing well-formed is lost") {
  CHECK(valid_utf8("\xC0\xAF") == "\uFFFD\uFFFD");                      // overlong slash
  CHECK(valid_utf8("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");            // surrogate half
  CHECK(valid_utf8("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  CHECK(valid_utf8("a\xE2\x82") == "a\uFFFD");                          // cut off: one maximal subpart
  CHECK(valid_utf8("\xE2\x82<b>") == "\uFFFD<b>");                      // a lead byte never swallows the markup after it
  CHECK(valid_utf8("\xF0\x9F\x99\x82") == "\xF0\x9F\x99\x82");
  CHECK(escape_html("\xE2\x82<b>") == "\uFFFD&lt;b&gt;");
  CHECK(escape_html("\xFF\"") == "\uFFFD&quot;");
  CHECK(is_valid_utf8("Grüße 🙂"));
  CHECK(is_valid_utf8(std::string("\0", 1)));
  CHECK_FALSE(is_valid_utf8("\x80"));
  CHECK_FALSE(is_valid_utf8("\xC3"));
  CHECK_FALSE(is_valid_utf8("\xF8\x88\x80\x80\x80"));
}

TEST_CASE("Plain text: one line stays one line") {
  CHECK(clean("a\r\nb\nc\rd", true) == "a b c d");
  CHECK(clean("a\n\nb", true) == "a  b");
  CHECK(clean("a\u2028b\u2029c\u0085d", true) == "a b c d");
  CHECK(clean("Subject: x\r\nBcc: all@example.org", true) == "Subject: x Bcc: all@example.org");
  CHECK(clean("a\r\nb") == "a\nb");
  CHECK(clean("\u202Eabc<b>") == "abc<b>");
}

TEST_CASE("Shortening counts code points and says that it cut") {
  CHECK(shorten("abc", 3) == "abc");
  CHECK(shorten("abcd", 3) == "ab…");
  CHECK(shorten("äöüß", 3) == "äö…");
  CHECK(shorten("🙂🙂", 1) == "…");
  CHECK(shorten("abc", 0) == "");
  CHECK(shorten("", 0) == "");
  CHECK(is_valid_utf8(shorten("日本語のテキスト", 5)));
}

TEST_CASE("The builder closes what it opened and escapes text and attributes") {
  Html h;
  h.doctype().open("p", {{"class", "a\"b"}, {"title", "<x>"}}).text("1 < 2").single("br").element("b", "R&D").close();
  CHECK(h.str() == "<!doctype html>\n<p class=\"a&quot;b\" title=\"&lt;x&gt;\">1 &lt; 2<br><b>R&amp;D</b></p>");
  Html outer;
  outer.open("div").add(h).close();
  CHECK(outer.str() == "<div>" + h.str() + "</div>");
}

TEST_CASE("A link that would run something goes nowhere") {
  const auto href = [](const std::string& url) {
    Html h;
    h.element("a", "x", {{"href", url}});
    return h.str();
  };
  const std::string nowhere = "<a href=\"#\">x</a>";
  CHECK(href("javascript:alert(1)") == nowhere);
  CHECK(href(" JaVaScRiPt:alert(1)") == nowhere);
  CHECK(href("java\nscript:alert(1)") == nowhere);
  CHECK(href("java\tscript\x01:alert(1)") == nowhere);
  CHECK(href("data:text/html,<script>") == nowhere);
  CHECK(href("vbscript:x") == nowhere);
  CHECK(href("https://example.org/?a=1&b=2") == "<a href=\"https://example.org/?a=1&amp;b=2\">x</a>");
  CHECK(href("/incidents/INC-7#e12") == "<a href=\"/incidents/INC-7#e12\">x</a>");
  CHECK(href("?before=12:3") == "<a href=\"?before=12:3\">x</a>");
}
