#include "integrations/console/card_html.hpp"
#include "integrations/console/incident_html.hpp"
#include "stage.hpp"

using namespace stage;

namespace {

const char* const kHostile[] = {"<script>alert(1)</script>",
                                "\"><img src=x onerror=alert(1)>",
                                "' autofocus onfocus=alert(1) x='",
                                "</textarea><script>x</script>",
                                "javascript:alert(1)",
                                "\u202Egnp.exe",
                                "@everyone <!channel>",
                                "{{7*7}} ${7*7}"};

void make_private(Stage& s, std::int64_t number, const std::string& title, const std::string& declarer) {
  bot::Entry entry;
  entry.incident = number;
  entry.seq = 1;
  entry.kind = bot::EntryKind::declared;
  entry.recorded_at = entry.occurred_at = s.env.clock.now();
  entry.actor = {bot::ActorKind::person, declarer, {}, false};
  entry.source = "console";
  entry.text = title;
  entry.salt = "0123456789abcdef";
  entry.facts = {{"severity", "sev1"}, {"private", "yes"}};
  entry.text_hash = bot::text_hash(entry.salt, title);
  entry.hash = bot::chain_hash({}, entry);
  bot::Incident row;
  bot::apply(row, entry);
  REQUIRE(row.is_private);
  bot::Changes changes;
  changes.entries = {entry};
  changes.incidents = {row};
  std::vector<bot::Changes> batch{changes};
  REQUIRE(s.store.commit(batch).ok());
}

}  // namespace

TEST_CASE("Pages: words of people come out as text in titles, notes, names, impact and the command line") {
  Stage s;
  bot::Person evil;
  evil.id = "evil";
  evil.name = "<b onmouseover=alert(1)>Eve</b>";
  s.people.put(evil);
  Browser bob(s, "bob");
  for (const char* words : kHostile) {
    s.say(std::string("declare sev1 ") + words, "evil");
    s.say(std::string("INC-1 note ") + words, "evil");
    s.say(std::string("INC-1 impact ") + words, "evil");
    s.say(std::string("INC-1 rename ") + words, "evil");
  }
  for (const std::string& target :
       {std::string("/"), std::string("/incidents/INC-1"), std::string("/incidents"),
        "/incidents/INC-1?fill=" + http::percent_encode(kHostile[3]), "/incidents/INC-1?show=" + http::percent_encode(kHostile[1])}) {
    const Page page = bob.get(target);
    CHECK(page.status == 200);
    CHECK_FALSE(page.has("<script>"));
    CHECK_FALSE(page.has("<img"));
    CHECK_FALSE(page.has("<b onmouseover"));
    CHECK_FALSE(page.has("\u202E"));
    CHECK(page.has("&lt;"));
  }
}

TEST_CASE("Cards: links go to the web or to ourselves, never run anything") {
  bot::People people;
  const std::vector<console::VerbHint> verbs;
  const console::FormContext context{people, verbs, "token", 7, "key"};
  const auto draw = [&](bot::Span span) {
    text::Html html;
    console::add_text(html, {std::move(span)}, people);
    return html.str();
  };
  CHECK(draw(bot::link("javascript:alert(1)", "x")) == "x");
  CHECK(draw(bot::link("data:text/html,<script>", "x")) == "x");
  CHECK(draw(bot::link("//evil.example", "x")) == "x");
  CHECK(draw(bot::link("https://e.org/?a=\"b", "x")) == "<a href=\"https://e.org/?a=&quot;b\" rel=\"noopener noreferrer\">x</a>");
  CHECK(draw(bot::room_of(7)) == "<a href=\"/incidents/INC-7\">INC-7</a>");
  CHECK(draw(bot::plain("<b>")) == "&lt;b&gt;");
  text::Html html;
  console::add_button(html, {"<i>", "role \"commander\"", true}, context);
  CHECK(html.str().find("value=\"role &quot;commander&quot;\"") != std::string::npos);
  CHECK(html.str().find("<i>") == std::string::npos);
}

TEST_CASE("Buttons: a verb that still wants words fills the command line, others send at once") {
  const std::vector<console::VerbHint> verbs{{"role", "role ROLE [PERSON | none]", "", false},
                                             {"resolve", "resolve [TEXT]", "", false},
                                             {"declare", "declare [SEVERITY] TITLE", "", false},
                                             {"timeline", "timeline [all | ENTRY]", "", true},
                                             {"close", "close", "", false}};
  CHECK(console::wants_more(verbs, "role"));
  CHECK(console::wants_more(verbs, "INC-7 role"));
  CHECK(console::wants_more(verbs, "declare"));
  CHECK_FALSE(console::wants_more(verbs, "role commander"));
  CHECK_FALSE(console::wants_more(verbs, "resolve"));
  CHECK_FALSE(console::wants_more(verbs, "timeline"));
  CHECK_FALSE(console::wants_more(verbs, "close"));
  CHECK_FALSE(console::wants_more(verbs, "unheard of"));
}

TEST_CASE("Private incidents are there for members, admins and who declared them, and nowhere for others") {
  Stage s;
  make_private(s, 1, "salary data leaked", "bob");
  Browser bob(s, "bob"), alice(s, "alice"), mallory(s, "mallory");  // alice is an admin
  for (Browser* sees : {&bob, &alice}) {
    CHECK(sees->get("/").has("salary data leaked"));
    CHECK(sees->get("/incidents/INC-1").status == 200);
    CHECK(sees->get("/incidents").has("salary data leaked"));
    CHECK(sees->get("/console/words").has("salary data leaked"));
  }
  for (const char* target : {"/", "/incidents", "/console/words", "/incidents/INC-1"})
    CHECK_FALSE(mallory.get(target).has("salary data leaked"));
  const Page hidden = mallory.get("/incidents/INC-1"), missing = mallory.get("/incidents/INC-2");
  CHECK(hidden.status == 404);
  CHECK(hidden.body == missing.body);  // even its being there is not told
  CHECK(mallory.get("/console/events?incident=1").status == 404);
  CHECK(mallory.get("/console/events?incident=1").body == mallory.get("/console/events?incident=2").body);
  for (const std::string words : {"note x", "join", "show", "timeline", "severity sev1", "redact 1", "update x"}) {
    const Page mine = mallory.type(words, 1, "0123456789abcde1"), none = mallory.type(words, 2, "0123456789abcde2");
    INFO(words << ": " << mine.body);
    CHECK(mine.status == none.status);
    std::string told = mine.body;
    for (auto at = told.find("INC-1"); at != std::string::npos; at = told.find("INC-1", at)) told.replace(at, 5, "INC-2");
    CHECK(told == none.body);
  }
}

TEST_CASE("An empty console teaches three commands and offers a drill that works") {
  Stage s;
  Browser bob(s, "bob");
  const Page page = bob.get("/");
  CHECK(page.has("role commander"));
  CHECK(page.has("declare drill sev4 practise an incident"));
  bob.type("declare drill sev4 practise an incident");
  const Page after = bob.get("/incidents/INC-1");
  CHECK(after.has("practise an incident"));
  CHECK(after.has("SEV4"));
}

TEST_CASE("An incident's page shows roles, status, times and each entry once under its own address") {
  Stage s;
  Browser bob(s, "bob");
  bob.type("declare sev1 checkout returns 500", 0, "key-000000");
  bob.type("role commander", 1, "key-000001");
  bob.type("status identified bad deploy", 1, "key-000002");
  bob.type("impact EU card payments", 1, "key-000003");
  const Page page = bob.get("/incidents/INC-1");
  CHECK(page.has("SEV1"));
  CHECK(page.has("Identified"));
  CHECK(page.has("EU card payments"));
  CHECK(page.has("@Bob"));
  CHECK(page.has("nobody yet"));
  const auto entries = s.store.timeline(1, 0, 100);
  for (const auto& entry : *entries) {
    const std::string id = "id=\"e" + std::to_string(entry.seq) + "\"";
    CHECK(page.has(id));
    CHECK(page.body.find(id) == page.body.rfind(id));
  }
  CHECK(page.has("data-position=\"" + std::to_string(*s.store.last_position()) + "\""));
}

TEST_CASE("A correction strikes the old words through, a redaction takes them away") {
  Stage s;
  Browser bob(s, "bob");
  bob.type("declare sev1 x", 0, "key-000000");
  bob.type("role commander", 1, "key-000001");
  bob.type("note it was node 3", 1, "key-000002");
  const auto seq = std::to_string(s.store.timeline(1, 0, 100)->back().seq);
  bob.type("correct " + seq + " it was node 4", 1, "key-000003");
  const Page corrected = bob.get("/incidents/INC-1");
  CHECK(corrected.has("<del>it was node 3</del>"));
  CHECK(corrected.has("<ins>it was node 4</ins>"));
  bob.type("note her number is 555-0100", 1, "key-000004");
  const auto secret = std::to_string(s.store.timeline(1, 0, 100)->back().seq);
  REQUIRE(bob.type("redact " + secret, 1, "key-000005").status == 200);
  const Page redacted = bob.get("/incidents/INC-1");
  CHECK_FALSE(redacted.has("555-0100"));
  CHECK(redacted.has("were redacted"));
}

TEST_CASE("On top of the list stands what must be worked on, however much happens elsewhere") {
  Stage s;
  Browser bob(s, "bob");
  s.say("declare sev1 first the worst");
  for (const char* words : {"declare sev3 second", "declare sev2 third is over", "declare drill sev1 fourth an exercise", "declare sev2 fifth"}) {
    s.env.advance(bot::Millis{1000});
    REQUIRE(s.say(words).status == bot::ReplyStatus::ok);
  }
  s.say("INC-3 resolve");
  s.env.advance(bot::Millis{1000});
  s.say("INC-2 note something happened");
  const std::string page = bob.get("/").body;
  const std::string list = page.substr(page.find("class=\"rows\""));
  std::size_t before = 0;
  for (const char* title : {"first the worst", "fifth", "second", "fourth an exercise", "third is over"}) {
    const auto at = list.find(title);
    INFO(title);
    REQUIRE(at != std::string::npos);
    CHECK(at > before);
    before = at;
  }
}

TEST_CASE("A long timeline comes by pages of 200, newest first, and every entry is on one of them") {
  Stage s;
  Browser bob(s, "bob");
  s.say("declare sev1 long");
  for (int i = 0; i < 450; ++i) s.say("INC-1 note number " + std::to_string(i) + ".");
  const auto count = [](const std::string& body) {
    std::size_t n = 0;
    for (auto at = body.find(" g-"); at != std::string::npos; at = body.find(" g-", at + 1)) ++n;
    return n;
  };
  Page page = bob.get("/incidents/INC-1");
  CHECK(count(page.body) == 200);
  CHECK(page.has("number 449."));
  CHECK_FALSE(page.has("number 200."));
  std::size_t seen = 200, pages = 1;
  for (std::string older = quoted(page.body, "class=\"older\"><a href=\""); older.rfind("?before=", 0) == 0;
       older = quoted(page.body, "class=\"older\"><a href=\"")) {
    page = bob.get("/incidents/INC-1" + older.substr(0, older.find('&')));
    seen += count(page.body);
    REQUIRE(++pages < 10);
  }
  CHECK(seen == static_cast<std::size_t>(s.store.incident(1)->value().last_seq));
  CHECK(page.has("data-live=\"no\""));
}

TEST_CASE("What a person must decide stands on top with its buttons; damage to the store stands above it") {
  Stage s;
  Browser bob(s, "bob");
  bob.type("declare sev1 x", 0, "key-000000");
  bot::QueuedMessage held;
  held.message.id = "m1";
  held.message.incident = 1;
  held.message.integration = "statuspage:vendor";
  held.message.lane_class = bot::LaneClass::public_update;
  held.message.lane = "statuspage:vendor/INC-1";
  held.message.content = bot::PublicUpdate{};
  bot::Changes changes;
  changes.messages = {held.message};
  std::vector<bot::Changes> batch{changes};
  REQUIRE(s.store.commit(batch).ok());
  CHECK_FALSE(bob.get("/").has("role=\"alert\""));
  held.state = bot::MessageState::held;
  held.problem = "timeout <after> writing";
  bot::Changes update;
  update.updates = {held};
  batch = {update};
  REQUIRE(s.store.commit(batch).ok());
  s.problem = "entry 12 of INC-1 is damaged";
  const Page page = bob.get("/");
  CHECK(page.has("status page vendor"));
  CHECK(page.has("timeout &lt;after&gt; writing"));
  for (const char* command : {"public check", "public send", "public drop"}) CHECK(page.has(std::string("value=\"") + command + "\""));
  CHECK(page.has("entry 12 of INC-1 is damaged"));
}

TEST_CASE("A public update that does not get through stands on top with the reason, once people were told") {
  Stage s;
  Browser bob(s, "bob");
  bob.type("declare sev1 x", 0, "key-000000");
  bot::QueuedMessage waiting;
  waiting.message.id = "m1";
  waiting.message.incident = 1;
  waiting.message.integration = "statuspage:vendor";
  waiting.message.lane_class = bot::LaneClass::public_update;
  waiting.message.lane = "statuspage:vendor/INC-1";
  bot::PublicUpdate content;
  content.op = "op1";
  waiting.message.content = content;
  bot::Changes changes;
  changes.messages = {waiting.message};
  waiting.problem = "Statuspage answered 401: bad key.";
  changes.updates = {waiting};
  std::vector<bot::Changes> batch{changes};
  REQUIRE(s.store.commit(batch).ok());
  CHECK_FALSE(bob.get("/").has("role=\"alert\""));  // a first try that failed is nobody's news

  auto row = *s.store.incident(1).value();
  row.publication.state = "investigating";
  row.publication.pages["vendor"] = {"op1", bot::PageState::delayed, "", "", "Statuspage answered 401: bad key", row.last_seq};
  bot::Changes told;
  told.incidents = {row};
  batch = {told};
  REQUIRE(s.store.commit(batch).ok());
  const Page page = bob.get("/");
  CHECK(page.has("The public update for status page vendor is not through yet."));
  CHECK(page.has("Statuspage answered 401: bad key."));
  CHECK(page.has("Muster keeps trying."));
  CHECK_FALSE(page.has("value=\"public drop\""));
  CHECK(bob.get("/incidents/INC-1").has("waiting: Statuspage answered 401: bad key. Muster keeps trying."));
}

TEST_CASE("All incidents: pages of other people's private ones hide nothing behind them") {
  Stage s;
  s.say("declare sev1 the first of all");
  for (int i = 2; i <= 60; ++i) make_private(s, i, "secret", "bob");
  Browser mallory(s, "mallory");
  const Page first = mallory.get("/incidents");
  CHECK_FALSE(first.has("secret"));
  const std::string older = quoted(first.body, "<p><a href=\"");
  REQUIRE(older == "?before=11");
  CHECK(mallory.get("/incidents" + older).has("the first of all"));
}

TEST_CASE("Home says how many incidents need somebody, and an empty one that nobody is needed") {
  Stage s;
  Browser bob(s, "bob");
  const Page empty = bob.get("/");
  CHECK(empty.has("Nobody is needed: no incident is open."));
  CHECK_FALSE(empty.has("Every open incident has a commander"));
  CHECK(empty.has(">Needs somebody</a>"));
  bob.type("declare sev1 one", 0, "key-000000");
  bob.type("declare sev1 two", 0, "key-000001");
  CHECK(bob.get("/").has(">Needs somebody 2</a>"));
  bob.type("role commander", 1, "key-000002");
  CHECK(bob.get("/").has(">Needs somebody 1</a>"));
  bob.type("role commander", 2, "key-000003");
  const Page led = bob.get("/");
  CHECK(led.has(">Needs somebody</a>"));
  CHECK(led.has("Every open incident has a commander and no page waits"));
}

TEST_CASE("A page that nobody answered stays where somebody is needed until somebody takes command") {
  bot::Settings settings = Stage::defaults();
  settings.paging.policy = {{{"bob"}, bot::Millis{60000}}};
  settings.paging.repeat = 0;
  Stage s({}, settings);
  Browser bob(s, "bob");
  bob.type("declare sev1 checkout", 0, "key-000000");
  bob.type("page", 1, "key-000001");
  CHECK(bob.get("/").has("Page not answered"));
  const auto row = s.store.incident(1).value();
  REQUIRE(row->pages.size() == 1);
  const auto timers = s.store.timers();
  const auto due = std::find_if(timers.begin(), timers.end(), [](const bot::Timer& t) { return t.kind == "escalate"; });
  REQUIRE(due != timers.end());
  CHECK(due->due == s.env.clock.now() + bot::Millis{60000});  // Bob has no chat here, and still it is not all over at once
  bot::Request request;
  request.cls = bot::RequestClass::paging;
  request.caller = {bot::ActorKind::muster, "muster", "muster", "", {}};
  request.body = bot::TimerDue{*due};
  s.intake.submit(std::move(request), [](const bot::Reply&) {});
  REQUIRE_FALSE(s.store.incident(1).value()->pages[0].open);
  const Page home = bob.get("/"), own = bob.get("/incidents/INC-1");
  CHECK_FALSE(home.has("Page not answered"));
  CHECK(home.has("Nobody answered the page"));
  CHECK(home.has("Page again"));
  CHECK(own.has("Nobody answered, and paging has stopped."));
  bob.type("role commander", 1, "key-000002");
  CHECK_FALSE(bob.get("/").has("Nobody answered the page"));
  CHECK_FALSE(bob.get("/incidents/INC-1").has("Nobody answered, and paging"));
}

TEST_CASE("Where the card is not beside it, the room says number, severity, status and how long above its title") {
  Stage s;
  Browser bob(s, "bob");
  bob.type("declare sev2 checkout returns 500", 0, "key-000000");
  const Page page = bob.get("/incidents/INC-1");
  const auto from = page.body.find("id=\"headline\""), to = page.body.find("<h1>checkout returns 500</h1>");
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  const std::string head = page.body.substr(from, to - from);
  for (const char* words : {"SEV2", "INC-1", "Investigating", "data-running"}) CHECK(head.find(words) != std::string::npos);
}

TEST_CASE("The next update stands as a time of today and as how long it is until then") {
  bot::Settings settings = Stage::defaults();
  settings.reminders.enabled = true;
  settings.reminders.update = {{"sev1", bot::Millis{28 * 60000}}};
  settings.reminders.update_given = true;
  Stage s({}, settings);
  Browser bob(s, "bob");
  bob.type("declare sev1 checkout returns 500");
  const bot::Time due = s.store.incident(1).value()->due.at("update");
  const Page page = bob.get("/incidents/INC-1");
  INFO(page.body.substr(std::min(page.body.find("Next update"), page.body.size()), 300));
  CHECK(page.has("<time datetime=\"" + bot::iso8601(due) + "\">" + bot::clock_text(due).substr(0, 5) + " UTC</time> (in <time datetime=\"" + bot::iso8601(due) +
                 "\" data-until=\"yes\">28 min</time>)"));
}

TEST_CASE("A held update can be decided on its incident's card too") {
  Stage s;
  Browser bob(s, "bob");
  bot::Incident row;
  row.number = 1;
  row.publication.state = "investigating";
  row.publication.pages["vendor"] = {"op1", bot::PageState::shown, ""};
  const std::vector<console::VerbHint> verbs;
  const console::IncidentContext context{s.settings, {s.people, verbs, "token", 1, "key"}, s.env.clock.now()};
  const auto drawn = [&] {
    text::Html html;
    console::add_side_card(html, row, context);
    return html.str();
  };
  CHECK(drawn().find("public check") == std::string::npos);
  row.publication.pages["vendor"].state = bot::PageState::held;
  for (const char* command : {"public check", "public send", "public drop"}) CHECK(drawn().find(command) != std::string::npos);
}
