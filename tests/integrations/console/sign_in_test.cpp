#include "stage.hpp"

using namespace stage;

namespace {

std::string path_of(const bot::Result<std::string>& link) {
  return link->substr(link->find("/login/"));
}

}  // namespace

TEST_CASE("Sign-in: a link shows as often as anybody looks, and works once") {
  Stage s;
  const auto link = s.console->first_link("bob");
  REQUIRE(link.ok());
  CHECK(link->rfind("http://127.0.0.1:8080/login/", 0) == 0);
  const std::string path = path_of(link);
  for (int i = 0; i < 3; ++i) {  // a mail scanner and two previews
    const Page shown = s.ask("GET", path);
    CHECK(shown.status == 200);
    CHECK(shown.has("Bob"));
    CHECK(shown.header("Set-Cookie").empty());
  }
  CHECK(s.ask("HEAD", path).header("Set-Cookie").empty());
  const Page in = s.ask("POST", path, "", s.same_origin());
  CHECK(in.status == 303);
  CHECK(in.header("Location") == "/");
  CHECK_FALSE(in.header("Set-Cookie").empty());
  CHECK(s.ask("POST", path, "", s.same_origin()).status == 410);
  CHECK(s.ask("GET", path).status == 410);
}

TEST_CASE("Sign-in: a link ends after ten minutes") {
  Stage s;
  const std::string path = path_of(s.console->first_link("bob"));
  s.env.advance(std::chrono::minutes(10) + bot::Millis{1});
  CHECK(s.ask("GET", path).status == 410);
  CHECK(s.ask("POST", path, "", s.same_origin()).status == 410);
}

TEST_CASE("Sign-in: another site cannot press the button") {
  Stage s;
  const std::string path = path_of(s.console->first_link("bob"));
  CHECK(s.ask("POST", path, "", "Origin: https://evil.example\r\n").status == 403);
  CHECK(s.ask("POST", path, "", "Sec-Fetch-Site: cross-site\r\n").status == 403);
  CHECK(s.ask("POST", path, "", "Origin: null\r\n").status == 403);
  CHECK(s.ask("POST", path).status == 403);
  CHECK(s.ask("GET", path).status == 200);  // and the link is still good
}

TEST_CASE("Sign-in: the cookie is out of reach of scripts and other sites, and Secure wherever TLS is") {
  {
    Stage s;
    const std::string set = s.ask("POST", path_of(s.console->first_link("bob")), "", s.same_origin()).header("Set-Cookie");
    CHECK(set.rfind("muster=", 0) == 0);
    CHECK(set.find("; HttpOnly") != std::string::npos);
    CHECK(set.find("; SameSite=Strict") != std::string::npos);
    CHECK(set.find("; Path=/") != std::string::npos);
    CHECK(set.find("; Max-Age=2592000") != std::string::npos);
    CHECK(set.find("Secure") == std::string::npos);
  }
  bot::Settings behind_proxy = Stage::defaults();
  behind_proxy.server.console_url = "https://muster.example.org";
  Stage s({}, behind_proxy);
  const std::string path = path_of(s.console->first_link("bob"));
  s.host = "muster.example.org";
  const std::string set = s.ask("POST", path, "", "Origin: https://muster.example.org\r\n").header("Set-Cookie");
  CHECK(set.rfind("__Host-muster=", 0) == 0);
  CHECK(set.find("; Secure") != std::string::npos);
  CHECK(set.find("Domain") == std::string::npos);
}

TEST_CASE("Sign-in: signed out, a page says how to get in; with a cookie, the desk") {
  Stage s;
  const Page out = s.ask("GET", "/");
  CHECK(out.status == 200);
  CHECK(out.has("muster invite NAME"));
  CHECK(s.ask("GET", "/incidents/INC-1").status == 401);
  CHECK(s.ask("GET", "/console/events?incident=0").status == 401);
  CHECK(s.ask("GET", "/", "", "Cookie: muster=guessed\r\n").has("muster invite NAME"));
  Browser bob(s, "bob");
  const Page in = bob.get("/");
  CHECK(in.status == 200);
  CHECK(in.has("Start a drill"));
  CHECK(in.has("Bob"));
}

TEST_CASE("Sign-in: it lasts 30 days and ends at sign-out") {
  Stage s;
  Browser bob(s, "bob");
  s.env.advance(std::chrono::hours(24 * 30 - 1));
  CHECK(bob.get("/").has("Start a drill"));
  CHECK(bob.post("/logout", "form_token=wrong", s.same_origin()).status == 403);
  CHECK(bob.get("/").has("Start a drill"));
  const Page out = bob.post("/logout", "form_token=" + bob.form_token, s.same_origin());
  CHECK(out.status == 303);
  CHECK(out.header("Set-Cookie").find("Max-Age=0") != std::string::npos);
  CHECK(bob.get("/").has("muster invite NAME"));
  Browser again(s, "bob");
  s.env.advance(std::chrono::hours(24 * 30));
  CHECK(again.get("/").has("muster invite NAME"));
}

TEST_CASE("Sign-in: signing out everywhere ends every browser's sign-in and unused links, and nobody else's") {
  Stage s;
  Browser laptop(s, "bob"), phone(s, "bob"), alice(s, "alice");
  const std::string unused = path_of(s.console->first_link("bob")), hers = path_of(s.console->first_link("alice"));
  CHECK(laptop.get("/").has("name=\"everywhere\""));
  CHECK(laptop.post("/logout", "everywhere=yes&form_token=wrong", s.same_origin()).status == 403);
  CHECK(phone.get("/").has("Start a drill"));
  const Page out = laptop.post("/logout", "everywhere=yes&form_token=" + laptop.form_token, s.same_origin());
  CHECK(out.status == 200);
  CHECK(out.has("2 sign-ins and 1 unused link of Bob ended"));
  CHECK(out.header("Set-Cookie").find("Max-Age=0") != std::string::npos);
  CHECK(laptop.get("/").has("muster invite NAME"));
  CHECK(phone.get("/").has("muster invite NAME"));
  CHECK(s.ask("GET", unused).status == 410);
  CHECK(alice.get("/").has("Start a drill"));
  CHECK(s.ask("GET", hers).status == 200);
}

TEST_CASE("Sign-in: somebody whom neither the settings nor the store name any more is out, and in again when named") {
  Stage s;
  // Signed in while the settings named them, as an earlier run of Muster left it.
  const bot::Time later = s.env.clock.now() + std::chrono::hours(24);
  REQUIRE(s.store.add_invite("used", "dora", later).ok());
  REQUIRE(s.store.redeem_invite("used", "dora-session", s.env.clock.now(), later).ok());
  const std::string cookie = "Cookie: muster=dora-session\r\n", link = path_of(s.console->first_link("dora"));
  CHECK(s.ask("GET", "/", "", cookie).has("muster invite NAME"));
  CHECK(s.ask("GET", "/incidents", "", cookie).status == 401);
  CHECK(s.ask("POST", "/console/commands", "text=declare+sev1+x", cookie + s.same_origin()).status == 401);
  CHECK(s.ask("GET", link).status == 410);
  CHECK(s.ask("POST", link, "", s.same_origin()).status == 410);
  bot::Person dora;
  dora.id = "dora";
  dora.name = "Dora";
  s.people.put(dora);
  CHECK(s.ask("GET", "/", "", cookie).has("Start a drill"));
  CHECK(s.ask("GET", link).status == 200);
}

TEST_CASE("Sign-in: a person invited by another process is known by name") {
  Stage s;
  bot::Person carol;
  carol.id = "carol";
  carol.name = "Carol C";
  REQUIRE(s.store.put_person(carol).ok());
  Browser browser(s, "carol");
  CHECK(browser.get("/").has("Carol C"));
}

TEST_CASE("Sign-in: a link followed from a chat comes back by itself, so that a Strict cookie is sent, and never to another host") {
  Stage s;
  const std::string elsewhere = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n";
  const Page bounce = s.ask("GET", "/incidents/INC-1", "", elsewhere);
  CHECK(bounce.status == 200);
  CHECK(bounce.has("0;url=/incidents/INC-1?again=1"));
  CHECK(s.ask("GET", "/incidents/INC-1?again=1", "", elsewhere).status == 401);  // once only
}

TEST_CASE("Pages carry a strict policy and are kept by nobody") {
  Stage s;
  Browser bob(s, "bob");
  for (const Page& page : {s.ask("GET", "/"), bob.get("/"), bob.get("/incidents"), bob.get("/incidents/INC-9")}) {
    const std::string policy = page.header("Content-Security-Policy");
    CHECK(policy.rfind("default-src 'none';", 0) == 0);
    CHECK(policy.find("script-src 'self'") != std::string::npos);
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(page.header("Cache-Control") == "no-store");
    CHECK(page.header("X-Content-Type-Options") == "nosniff");
    CHECK(page.head.find("X-Content-Type-Options") == page.head.rfind("X-Content-Type-Options"));  // once
    CHECK(page.header("Referrer-Policy") == "same-origin");
    CHECK_FALSE(page.has(" style="));
    CHECK_FALSE(page.has("<style"));
    CHECK_FALSE(page.has(" onclick"));
  }
}

TEST_CASE("Assets are kept for a year under the name of their bytes and answered 304 when unchanged") {
  Stage s;
  Browser bob(s, "bob");
  const std::string page = bob.get("/").body;
  for (const char* before : {"rel=\"stylesheet\" href=\"", "type=\"module\" src=\""}) {
    const std::string url = quoted(page, before);
    REQUIRE(url.rfind("/assets/console-", 0) == 0);
    const Page asset = s.ask("GET", url);
    CHECK(asset.status == 200);
    CHECK(asset.header("Cache-Control").find("immutable") != std::string::npos);
    CHECK_FALSE(asset.has("http://"));
    CHECK_FALSE(asset.has("https://"));
    CHECK(s.ask("GET", url, "", "If-None-Match: " + asset.header("ETag") + "\r\n").status == 304);
  }
  CHECK(s.ask("GET", "/assets/nothing.js").status == 404);
  CHECK(s.ask("GET", "/assets/console.css").header("Cache-Control") == "no-cache");
}
