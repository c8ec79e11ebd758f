#include <nlohmann/json.hpp>

#include "stage.hpp"

using namespace stage;
using nlohmann::json;

TEST_CASE("Commands: what is typed in an incident's page is about that incident") {
  CHECK(console::completed("note hello", 7) == "INC-7 note hello");
  CHECK(console::completed("note hello", 0) == "note hello");
  CHECK(console::completed("INC-3 note hello", 7) == "INC-3 note hello");
  CHECK(console::completed("inc-3 note", 7) == "inc-3 note");
  CHECK(console::completed("#3 note", 7) == "#3 note");
  CHECK(console::completed("INC-3: note", 7) == "INC-3: note");
  CHECK(console::completed("INC-0 show", 7) == "INC-0 show");
  CHECK(console::completed("declare sev1 it burns", 7) == "declare sev1 it burns");
  CHECK(console::completed("LIST", 7) == "LIST");
  CHECK(console::completed("help", 7) == "help");
  CHECK(console::completed("/incident note x", 7) == "INC-7 note x");
  CHECK(console::completed("!incident INC-2 show", 7) == "INC-2 show");
  CHECK(console::completed("  note a\r\nb \r\n", 7) == "INC-7 note a\nb");
  CHECK(console::completed("7 things broke", 2) == "INC-2 7 things broke");
  CHECK(console::completed("", 7).empty());
}

TEST_CASE("Commands: the script's POST records and says when") {
  Stage s;
  Browser bob(s, "bob");
  const Page declared = bob.type("declare sev1 checkout returns 500");
  REQUIRE(declared.status == 200);
  const json answer = json::parse(declared.body);
  CHECK(answer["ok"] == true);
  CHECK(answer["at"] == "15:42:18");
  CHECK(answer["location"].get<std::string>().rfind("/incidents/INC-1?reply=", 0) == 0);
  CHECK(bob.get(answer["location"]).has("checkout returns 500"));

  const Page noted = bob.type("note DB pool exhausted", 1, "another-key-1");
  const json note = json::parse(noted.body);
  CHECK(note["recorded"] == true);
  CHECK_FALSE(note.contains("location"));
  const auto timeline = s.store.timeline(1, 0, 100);
  CHECK(timeline->back().text == std::optional<std::string>("DB pool exhausted"));
  CHECK(timeline->back().actor.id == "bob");
  CHECK(timeline->back().source == "console");

  const json asked = json::parse(bob.type("show", 1, "another-key-2").body);
  CHECK(asked["recorded"] == false);
  CHECK(asked["quiet"] == false);
  CHECK(asked["html"].get<std::string>().find("checkout returns 500") != std::string::npos);
}

TEST_CASE("Commands: the same key and words are recorded once; the same key with other words is another request") {
  Stage s;
  Browser bob(s, "bob");
  bob.type("declare sev1 x", 0, "declare-key");
  const auto before = s.store.timeline(1, 0, 100)->size();
  CHECK(json::parse(bob.type("note once", 1, "note-key-1").body)["repeated"] == false);
  CHECK(json::parse(bob.type("note once", 1, "note-key-1").body)["repeated"] == true);
  CHECK(s.store.timeline(1, 0, 100)->size() == before + 1);
  bob.type("note other words", 1, "note-key-1");
  CHECK(s.store.timeline(1, 0, 100)->size() == before + 2);
  // Another session with the same key is another person's request.
  Browser alice(s, "alice");
  alice.type("note once", 1, "note-key-1");
  CHECK(s.store.timeline(1, 0, 100)->size() == before + 3);
}

TEST_CASE("Commands: a request from another site, without session or with a wrong token records nothing") {
  Stage s;
  Browser bob(s, "bob");
  const std::string body = bob.form("declare sev1 forged");
  CHECK(bob.post("/console/commands", body, "Origin: https://evil.example\r\n").status == 403);
  CHECK(bob.post("/console/commands", body, "Origin: http://" + s.host + ".evil.example\r\n").status == 403);
  CHECK(bob.post("/console/commands", body, "Sec-Fetch-Site: same-site\r\nOrigin: http://" + s.host + "\r\n").status == 403);
  CHECK(bob.post("/console/commands", body, "Sec-Fetch-Site: none\r\n").status == 403);
  CHECK(bob.post("/console/commands", body, "").status == 403);
  CHECK(s.ask("POST", "/console/commands", body, s.same_origin()).status == 401);
  CHECK(bob.post("/console/commands", "text=declare+x&form_token=", s.same_origin()).status == 403);
  Browser mallory(s, "mallory");
  CHECK(bob.post("/console/commands", mallory.form("declare sev1 forged"), s.same_origin()).status == 403);
  CHECK(bob.post("/console/commands", "text=%ZZ", s.same_origin()).status == 400);
  CHECK(s.intake.seen.empty());
  CHECK(*s.store.last_position() == 0);
}

TEST_CASE("Commands: without JavaScript the form goes to a page that shows the reply, and keeps the text when nothing was recorded") {
  Stage s;
  Browser bob(s, "bob");
  const Page sent = bob.post("/console/commands", bob.form("declare sev2 it burns"), s.same_origin());
  CHECK(sent.status == 303);
  const std::string to = sent.header("Location");
  REQUIRE(to.rfind("/incidents/INC-1?reply=", 0) == 0);
  const std::string target = to.substr(0, to.find('#'));
  const Page shown = bob.get(target);
  CHECK(shown.has("only you"));
  CHECK(shown.has("INC-1"));
  Browser alice(s, "alice");
  CHECK_FALSE(alice.get(target).has("only you"));  // private stays private

  const Page wrong = bob.post("/console/commands", bob.form("severity sev9", 1) + "&back=%2Fincidents%2FINC-1", s.same_origin());
  CHECK(wrong.status == 303);
  const std::string back = wrong.header("Location");
  CHECK(back.rfind("/incidents/INC-1?reply=", 0) == 0);
  const Page kept = bob.get(back.substr(0, back.find('#')));
  CHECK(kept.has(">severity sev9</textarea>"));
  CHECK(kept.has("sev9"));
}

TEST_CASE("Commands: the way back never leads to another host") {
  Stage s;
  Browser bob(s, "bob");
  for (const char* back : {"//evil.example", "https://evil.example/", "/\\evil.example", "/%0d%0aSet-Cookie:x", "javascript:alert(1)"}) {
    const Page sent = bob.post("/console/commands", bob.form("list") + "&back=" + http::percent_encode(back), s.same_origin());
    const std::string to = sent.header("Location");
    CHECK(to.find("evil") == std::string::npos);
    CHECK(to[0] == '/');
    CHECK(sent.header("Set-Cookie").empty());
  }
}

TEST_CASE("Commands: errors carry their status and a sentence; nothing typed is nothing recorded") {
  Stage s;
  Browser bob(s, "bob");
  CHECK(bob.type("").status == 422);
  CHECK(bob.type("nonsense words").status == 422);
  CHECK(bob.type("note x", 99).status == 404);
  CHECK(bob.type(std::string(17000, 'x')).status == 422);
  bot::Reply busy;
  busy.status = bot::ReplyStatus::unavailable;
  busy.retry_after = bot::Millis{1500};
  busy.card.title = {bot::plain("Not recorded: the disk is full.")};
  s.intake.say_instead = busy;
  const Page full = bob.type("note x", 1);
  CHECK(full.status == 503);
  CHECK(full.header("Retry-After") == "2");
  CHECK(full.has("the disk is full"));
  CHECK(*s.store.last_position() == 0);
}

TEST_CASE("Completion knows verbs, roles, severities, states, people and only the incidents one may see") {
  Stage s;
  Browser bob(s, "bob");
  bob.type("declare sev1 payments fail");
  const json words = json::parse(bob.get("/console/words").body);
  const auto has = [&](const char* list, const char* field, const std::string& value) {
    for (const auto& item : words[list]) {
      if (item[field] == value) return true;
    }
    return false;
  };
  CHECK(has("verbs", "verb", "declare"));
  CHECK(has("people", "id", "mallory"));
  CHECK(has("components", "id", "api"));
  CHECK(has("incidents", "id", "INC-1"));
  CHECK(words["roles"].size() == 4);
  CHECK(words["severities"][0] == "sev1");
}
