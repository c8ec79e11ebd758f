#include "integrations/text/markdown.hpp"

#include <catch2/catch.hpp>

using namespace text;

TEST_CASE("Markdown: typed text formats nothing and carries no HTML") {
  CHECK(escape_markdown("<script>alert(1)</script>") == "&lt;script>alert(1)&lt;/script>");
  CHECK(escape_markdown("**bold** _it_ `code` ~~no~~") == "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~");
  CHECK(escape_markdown("[x](javascript:alert(1))") == "\\[x\\](javascript:alert(1))");
  CHECK(escape_markdown("![](http://evil/pixel)") == "!\\[\\](http://evil/pixel)");
  CHECK(escape_markdown("&lt;b&gt; &#60; R & D") == "&amp;lt;b&amp;gt; &amp;#60; R & D");
  CHECK(escape_markdown("a | b") == "a \\| b");
  CHECK(escape_markdown("back\\slash") == "back\\\\slash");
}

TEST_CASE("Markdown: a line's start begins no block") {
  CHECK(escape_markdown("# head\n> quote\n- item\n+ item\n1. one\n12) two\n---\n===\n:-") ==
        "\\# head\n\\> quote\n\\- item\n\\+ item\n1\\. one\n12\\) two\n\\---\n\\===\n\\:-");
  CHECK(escape_markdown("    code\n\tcode") == "code\ncode");
  CHECK(escape_markdown("3.5 % of 1.2") == "3\\.5 % of 1.2");
  CHECK(escape_markdown("a - b # c > d 1. e") == "a - b # c > d 1. e");
}

TEST_CASE("Markdown: names with underscores read well raw") {
  CHECK(escape_markdown("db_pool_size = 3") == "db_pool_size = 3");
  CHECK(escape_markdown("__init__") == "\\_\\_init\\_\\_");
}

TEST_CASE("Markdown: hostile bytes") {
  CHECK(escape_markdown(std::string("a\0b\u202Ec\xFF", 8) + "\xFF") == "abc\uFFFD\uFFFD");
  CHECK(escape_markdown("x\r\n# y", true) == "x # y");
  CHECK(escape_markdown("x\r\n# y") == "x\n\\# y");
  CHECK(escape_markdown("@everyone <!channel>") == "@everyone &lt;!channel>");
}

TEST_CASE("Markdown: a link is made of plain http addresses only") {
  CHECK(markdown_link("graph [1]", "https://example.org/a?b=1") == "[graph \\[1\\]](https://example.org/a?b=1)");
  CHECK(markdown_link("x", "javascript:alert(1)") == "x");
  CHECK(markdown_link("x", "https://e.org/)[y](http://evil") == "x");
  CHECK(markdown_link("x", "https://e.org/ \"t\"") == "x");
  CHECK(markdown_link("x", "https://e.org/\u202E") == "x");
}
