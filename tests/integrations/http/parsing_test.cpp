#include <catch2/catch.hpp>

#include "integrations/http/client.hpp"
#include "integrations/http/proxies.hpp"
#include "integrations/http/router.hpp"
#include "integrations/http/target.hpp"

TEST_CASE("a form is read in order, with plus as space and percent as bytes") {
  http::Headers form;
  REQUIRE(http::parse_form("text=declare+sev1%20a%26b&x=&y&text=second&%E2%98%83=1", form));
  CHECK(http::form_value(form, "text") == "declare sev1 a&b");
  CHECK(form.size() == 5);
  CHECK(form[3].second == "second");
  CHECK(http::form_value(form, "\xe2\x98\x83") == "1");
  CHECK(http::form_value(form, "absent").empty());
  CHECK(http::parse_form("", form));
  CHECK(form.empty());
  for (const char* bad : {"a=%", "a=%4", "a=%zz", "%g0=1"}) CHECK_FALSE(http::parse_form(bad, form));
}

TEST_CASE("percent_encode keeps only unreserved characters and a form reads it back") {
  const std::string raw = "a b/\xc3\xa9&=%~-._";
  CHECK(http::percent_encode(raw) == "a%20b%2F%C3%A9%26%3D%25~-._");
  http::Headers form;
  REQUIRE(http::parse_form("v=" + http::percent_encode(raw), form));
  CHECK(http::form_value(form, "v") == raw);
}

TEST_CASE("a target is split and decoded, with an encoded slash inside its segment") {
  http::Target t;
  REQUIRE(http::parse_target("/a%20b//c%2Fd?x=%20&y", t));
  CHECK(t.path == "/a b//c/d");
  CHECK(t.query == "x=%20&y");
  CHECK(t.segments == std::vector<std::string>{"a b", "", "c/d"});
  REQUIRE(http::parse_target("/", t));
  CHECK(t.path == "/");
  REQUIRE(http::parse_target("http://example.org:80/x", t));
  CHECK(t.authority == "example.org:80");
  CHECK(t.path == "/x");
}

TEST_CASE("a target with a parent folder, a control character or a broken escape is refused") {
  http::Target t;
  for (const char* bad : {"/a/../b", "/..", "/a/%2e%2E/b", "/.%2e", "/a%00b", "/a%0d%0aX", "/a%2f..%2fb", "/x/..%5cy", "/%", "/%4", "/a/./b", "*", "",
                          "example.org:443", "ftp://x/", "http:///x", "/a#b", "/\x01"})
    CHECK_FALSE(http::parse_target(bad, t));
}

TEST_CASE("routes prefer the literal, fill in segments and know their methods") {
  http::Router router;
  std::string hit;
  const auto add = [&](const char* method, const char* pattern) {
    router.add(method, pattern, [&hit, name = std::string(method) + pattern](const http::Request&, const std::shared_ptr<http::Exchange>&) { hit = name; }, 0);
  };
  add("GET", "/incidents/{}");
  add("GET", "/incidents/new");
  add("POST", "/incidents/{}/notes/{}");
  add("GET", "/assets/*");
  add("PUT", "/incidents/{}");
  const auto find = [&](const char* method, const char* path, std::vector<std::string>* matched = nullptr) {
    http::Target t;
    REQUIRE(http::parse_target(path, t));
    std::vector<std::string> segments;
    auto found = router.find(method, t.path, t.segments, segments);
    if (matched) *matched = segments;
    return found.route ? found.route->pattern : "405:" + found.allow;
  };
  std::vector<std::string> matched;
  CHECK(find("GET", "/incidents/new") == "/incidents/new");
  CHECK(find("GET", "/incidents/INC-1", &matched) == "/incidents/{}");
  CHECK(matched == std::vector<std::string>{"INC-1"});
  CHECK(find("POST", "/incidents/a%2Fb/notes/3", &matched) == "/incidents/{}/notes/{}");
  CHECK(matched == std::vector<std::string>{"a/b", "3"});
  CHECK(find("HEAD", "/incidents/7") == "/incidents/{}");
  CHECK(find("PUT", "/incidents/new") == "/incidents/{}");
  CHECK(find("DELETE", "/incidents/7") == "405:GET, HEAD, PUT");
  CHECK(find("GET", "/assets/a/b.css") == "/assets/*");
  CHECK(find("GET", "/incidents/") == "405:");
  CHECK(find("GET", "/incidents/a/b") == "405:");
  CHECK(find("GET", "/nothing") == "405:");
}

TEST_CASE("forwarded headers count only from trusted proxies") {
  auto proxies = http::TrustedProxies::parse({"10.0.0.0/8", "::1", "192.168.1.7"});
  REQUIRE(proxies.ok());
  const auto peer = [&](const char* direct, http::Headers headers) {
    http::Request request;
    request.headers = std::move(headers);
    proxies->resolve(boost::asio::ip::make_address(direct), false, request);
    return request.peer + (request.secure ? " https" : "");
  };
  CHECK(peer("203.0.113.9", {{"x-forwarded-for", "1.2.3.4"}, {"x-forwarded-proto", "https"}}) == "203.0.113.9");
  CHECK(peer("10.1.2.3", {{"x-forwarded-for", "1.2.3.4"}, {"x-forwarded-proto", "https"}}) == "1.2.3.4 https");
  CHECK(peer("10.1.2.3", {{"x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.9.9.9"}}) == "1.2.3.4");
  CHECK(peer("10.1.2.3", {{"x-forwarded-for", "6.6.6.6"}, {"x-forwarded-for", "1.2.3.4:5555"}}) == "1.2.3.4");
  CHECK(peer("::1", {{"x-forwarded-for", "[2001:db8::7]:99"}}) == "2001:db8::7");
  CHECK(peer("10.1.2.3", {{"x-forwarded-for", "rubbish"}}) == "10.1.2.3");
  CHECK(peer("192.168.1.8", {{"x-forwarded-for", "1.2.3.4"}}) == "192.168.1.8");
  for (const char* bad : {"10.0.0.0/33", "ten", "10.0.0.0/", "10.0.0.0/-1", "::/129"}) CHECK_FALSE(http::TrustedProxies::parse({bad}).ok());
}

TEST_CASE("Retry-After is read as seconds or as a date; it is capped, and never no wait at all") {
  const bot::Time now = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + std::chrono::hours{8} + std::chrono::minutes{49};
  const auto read = [&](const std::string& text) { return http::retry_after(http::Answer{429, {{"retry-after", text}}, {}}, now); };
  CHECK(read("30") == bot::Millis{30000});
  CHECK(read("0") == bot::Millis{1000});  // else whoever is refused for good asks again at once, for ever
  CHECK(read("99999999999999999999999") == bot::Millis{3600000});
  CHECK(read("Sun, 06 Nov 1994 08:49:37 GMT") == bot::Millis{37000});
  CHECK(read("Sun, 06 Nov 1994 08:00:00 GMT") == bot::Millis{1000});
  CHECK(read("Sun, 06 Nov 2094 08:00:00 GMT") == bot::Millis{3600000});
  for (const char* bad : {"", "soon", "-1", "1.5", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37"}) CHECK_FALSE(read(bad).has_value());
  CHECK_FALSE(http::retry_after(http::Answer{429, {}, {}}, now).has_value());
}
