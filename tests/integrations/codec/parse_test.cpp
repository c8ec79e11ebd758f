// Outside text is refused or read, never more.
#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/codec/text_writer.hpp"

namespace {

std::string written(const std::string& raw) {
  std::string out;
  codec::append_string(out, raw);
  return out;
}

void refused(const std::string& text) {
  INFO(text.substr(0, 80));
  const auto parsed = codec::parse(text);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().kind == bot::ErrorKind::invalid_input);
  CHECK_FALSE(parsed.error().message.empty());
}

}  // namespace

TEST_CASE("JSON is parsed") {
  const auto parsed = codec::parse(R"( {"a": [1, -2.5, true, null, "x\u00e9\n"]} )");
  REQUIRE(parsed.ok());
  CHECK((*parsed)["a"][4] == "x\xC3\xA9\n");
}

TEST_CASE("broken JSON is refused without quoting it") {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":}", "nul", "{\"a\":1}x", "\"\x01\"", "1e999", "'a'", "{a:1}", "[1 2]", "\"abc", "\xEF\xBB", "]"}) refused(text);
  for (const std::string& text : {std::string("{\"a\":1}\0", 8), std::string("{\"a\":1}\0junk", 12), std::string("[\"a\0\"]", 6), std::string("\0{}", 3)}) refused(text);  // for the parser a NUL is an end
  const auto parsed = codec::parse("{\"token\": \"xoxb-secret\" oops}");
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().message.find("xoxb") == std::string::npos);
  CHECK(parsed.error().message.find("byte") != std::string::npos);
}

TEST_CASE("text that is not UTF-8 is refused") {
  for (const char* bad : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "{\"\x80\":1}", "\"\\ud800\""}) refused(bad);
}

TEST_CASE("nesting is capped at 64 levels, and a hundred thousand cost nothing") {
  auto nested = [](int levels) { return std::string(static_cast<std::size_t>(levels), '[') + std::string(static_cast<std::size_t>(levels), ']'); };
  CHECK(codec::parse(nested(64)).ok());
  refused(nested(65));
  refused(nested(100000));
  refused(std::string(100000, '['));
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  refused(objects);
  CHECK(codec::parse("\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"").ok());  // in a string it is no nesting
  CHECK(codec::parse("[" + nested(63).substr(0) + "," + nested(63) + "]").ok());
  refused(std::string(1000, ']') + std::string(1100, '['));
}

TEST_CASE("dump replaces what is not UTF-8") {
  nlohmann::json value = {{"a", "x\xff"}};
  CHECK(codec::dump(value) == "{\"a\":\"x\xEF\xBF\xBD\"}");
}

TEST_CASE("the direct writer says of every string what nlohmann reads") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  for (const std::string& raw : {std::string(), all, std::string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xA5\xEF\xBF\xBF\xF4\x8F\xBF\xBF"), std::string("\0\0", 2), std::string("</script>\xE2\x80\xA8")})
    CHECK(nlohmann::json::parse(written(raw)) == nlohmann::json(raw));
  std::uint64_t state = 7;
  for (int round = 0; round < 2000; ++round) {
    std::string raw;
    for (int i = 0; i < 40; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      raw += static_cast<char>(state >> 56);
    }
    const auto read = codec::parse(written(raw));
    REQUIRE(read.ok());  // whatever the bytes were
    if (codec::well_formed(raw)) CHECK(*read == nlohmann::json(raw));
    bool valid = true;
    try {
      (void)nlohmann::json(raw).dump();
    } catch (const nlohmann::json::exception&) {
      valid = false;
    }
    CHECK(valid == codec::well_formed(raw));
  }
}

TEST_CASE("the direct writer places commas and names") {
  codec::TextWriter w;
  w.begin_object();
  w.name("a").begin_array();
  w.end_array();
  w.name("b").begin_object();
  w.outside_name("x\"y").number(-9223372036854775807LL - 1);
  w.name("c").boolean(true);
  w.end_object();
  w.name("d").begin_array();
  w.string("1");
  w.begin_object();
  w.end_object();
  w.begin_array();
  w.number(2);
  w.number(3);
  w.end_array();
  w.raw("null");
  w.end_array();
  w.end_object();
  CHECK(w.take() == R"({"a":[],"b":{"x\"y":-9223372036854775808,"c":true},"d":["1",{},[2,3],null]})");
}
