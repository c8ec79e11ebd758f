#include "tests/commands/desk.hpp"

using namespace desk;

namespace {
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("the first alert of a group declares an incident and starts the escalation policy") {
  Desk d;
  CHECK(d.alert("a1").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"alert_firing", "declared", "paged"});
  CHECK(d.sent() == Words{"open_room", "post_summary", "pin_summary", "page", "say"});
  const Incident& row = d.row();
  CHECK(row.title == "HighErrorRate: checkout a1");
  CHECK(row.severity == "sev2");
  CHECK(row.declared_by.kind == ActorKind::monitor);
  CHECK(row.started == d.now - Millis{60000});
  CHECK(row.alerts_firing == 1);
  CHECK(d.last.entries[0].occurred_at == d.now - Millis{60000});
  REQUIRE(row.pages.size() == 1);
  const PageRun& run = row.pages[0];
  CHECK(fact(d.last.entries[2].facts, "step") == "1");
  CHECK(fact(d.last.entries[2].facts, "person") == "bob");
  const auto& page = d.content<PagePerson>();
  CHECK(page.page == run.id);
  CHECK(page.person == "bob");
  CHECK(page.ack_path.empty());
  const Timer timer = d.only_timer();
  CHECK(timer.kind == "escalate");
  CHECK(timer.subject == run.id);
  CHECK(timer.id.rfind("escalate:" + run.id, 0) == 0);
  CHECK(timer.due == d.now + Millis{300000});
}

TEST_CASE("alerts of a group join the open incident, repeats change nothing, the last resolved one is told") {
  Desk d;
  d.alert("a1");
  d.alert("a1");
  CHECK(d.nothing_recorded());
  d.alert("a2");
  CHECK(d.last.incident == 1);
  CHECK(d.kinds() == Words{"alert_firing"});
  CHECK(has(d.said(), "Alert firing: HighErrorRate: checkout a2."));
  CHECK(d.row().alerts_firing == 2);
  d.alert("a9", false);
  CHECK(d.nothing_recorded());
  d.alert("a1", false);
  CHECK(d.kinds() == Words{"alert_resolved"});
  CHECK(d.said().empty());
  d.alert("a1", false);
  CHECK(d.nothing_recorded());
  d.alert("a2", false);
  CHECK(has(d.said(), "All alerts of INC-1 are resolved. If it is over, type resolve"));
  CHECK(d.content<Say>().card.buttons[0].command == "resolve");
  d.alert("a2");  // firing again is a new delivery of an old identity
  CHECK(d.last.incident == 1);
  CHECK(d.kinds() == Words{"alert_firing"});
  d.alert("b1", true, "other");
  CHECK(d.last.incident == 2);
}

TEST_CASE("an alert of its own group joins its own incident while that is open") {
  Desk d;
  d.alert("solo", true, "");
  d.alert("solo", false, "");
  d.alert("solo", true, "");
  CHECK(d.last.incident == 1);
  d.alert("solo2", true, "");
  CHECK(d.last.incident == 2);
}

TEST_CASE("what fires after the incident ended opens a new one; a late resolved leaves the ended one alone") {
  Desk d;
  d.alert("a1");
  d.say("INC-1 resolve", "bob");
  d.alert("a2");
  CHECK(d.last.incident == 2);
  CHECK(d.kinds() == Words{"alert_firing", "declared", "paged"});
  d.say("INC-1 close", "bob");
  d.alert("a1", false);
  CHECK(d.last.entries.empty());
  REQUIRE(d.last.alerts.size() == 1);
  CHECK_FALSE(d.last.alerts[0].firing);
}

TEST_CASE("a worse alert offers to raise the severity; unknown severities read as the default") {
  Desk d;
  d.alert("a1", true, "g", "nonsense");
  CHECK(d.row().severity == "sev3");
  d.alert("a2", true, "g", "sev1");
  CHECK(has(d.said(), "It is sev1, worse than this incident's sev3."));
  CHECK(d.content<Say>().card.buttons[0].command == "severity sev1");
}

TEST_CASE("a storm is told in round numbers and recorded in full") {
  Desk d;
  int told = 0;
  for (int i = 1; i <= 200; ++i) {
    d.alert("a" + std::to_string(i));
    if (i > 1) told += d.said().empty() ? 0 : 1;
  }
  CHECK(d.row().alerts_total == 200);
  CHECK(told == 9);  // 2 3 4 5 10 20 50 100 200
}

TEST_CASE("hostile alert text is kept as plain, short words") {
  Desk d;
  Alert a;
  a.identity = "x";
  a.name = "<!channel> \xE2\x80\xAE" "evil\r\nname";
  a.summary = std::string(10000, 'x');
  a.link = "javascript:alert(1)";
  a.starts = d.now + Millis{3600000};
  CHECK(d.post(a).status == ReplyStatus::ok);
  CHECK(d.row().title.rfind("<!channel> evil name: xxx", 0) == 0);
  CHECK(d.row().title.size() <= 258);
  CHECK(fact(d.last.entries[0].facts, "link").empty());
  CHECK_FALSE(d.last.entries[0].occurred_at);
  Alert empty;
  empty.identity = "y";
  CHECK(d.post(empty).status == ReplyStatus::ok);
  CHECK(d.row(2).title == "Unnamed alert");
}

TEST_CASE("without a policy an alert declares and pages nobody") {
  Desk d;
  d.settings.paging.policy.clear();
  d.alert("a1");
  CHECK(d.kinds() == Words{"alert_firing", "declared"});
  CHECK(d.timers.empty());
}

TEST_CASE("an unanswered page goes to the next step, the next round, and ends told") {
  Desk d;
  d.alert("a1");
  const std::string page = d.row().pages[0].id;
  struct Step { const char* step; const char* round; const char* person; std::int64_t wait; };
  const std::vector<Step> rest{{"2", "1", "carol", 600000}, {"1", "2", "bob", 300000}, {"2", "2", "carol", 600000}};
  for (const auto& want : rest) {
    d.ring(d.only_timer());
    REQUIRE(d.kinds() == Words{"paged"});
    CHECK(d.last.entries[0].facts == Facts{{"page", page}, {"step", want.step}, {"round", want.round}, {"person", want.person}});
    CHECK(d.content<PagePerson>().person == want.person);
    CHECK(d.only_timer().due == d.now + Millis{want.wait});
  }
  d.ring(d.only_timer());
  CHECK(d.kinds() == Words{"page_exhausted"});
  CHECK(has(d.said(), "Nobody answered the page after"));
  CHECK(d.timers.empty());
  CHECK_FALSE(d.row().pages[0].open);
}

TEST_CASE("a timer of a step already left, of an answered run or of an ended incident does nothing") {
  Desk d;
  d.alert("a1");
  const Timer first = d.only_timer();
  d.ring(first);
  d.ring(first);
  CHECK(d.nothing_recorded());
  const Timer second = d.only_timer();
  d.say("INC-1 ack", "carol");
  CHECK(d.timers.empty());
  d.ring(second);
  CHECK(d.nothing_recorded());
  Timer other = second;
  other.kind = "unheard_of";
  d.ring(other);
  CHECK(d.nothing_recorded());
}

TEST_CASE("ack answers every open run and is told with the time it took") {
  Desk d;
  d.alert("a1");
  d.say("INC-1 page @carol", "dana");
  CHECK(d.timers.size() == 2);
  d.now += Millis{18000};
  const Reply r = d.say("INC-1 ack", "bob");
  CHECK(has(d.text_of(r), "Acknowledged. INC-1 SEV2"));
  CHECK(d.kinds() == Words{"acknowledged", "acknowledged"});
  CHECK(d.said() == "@Bob acknowledged the page after 18 s.\n");
  CHECK(d.timers.empty());
  CHECK(d.row().pages[0].acknowledged_by == "bob");
  const Reply again = d.say("INC-1 ack", "carol");
  CHECK(again.status == ReplyStatus::ok);
  CHECK(d.text_of(again) == "The page of INC-1 is already acknowledged by @Bob.");
  CHECK(d.nothing_recorded());
  CHECK(d.say("ack", "bob").status == ReplyStatus::invalid);
  CHECK(d.say_as(Desk::token({}), "INC-1 page @carol").status == ReplyStatus::ok);
  CHECK(d.say_as(Desk::token({}), "INC-1 ack").status == ReplyStatus::ok);
}

TEST_CASE("a page's own link answers that page and no later one") {
  Desk d;
  d.say("declare sev1 x");
  d.say("INC-1 page @bob");
  d.say("INC-1 page @carol");
  const std::string first = d.row().pages[0].id;
  CHECK(d.press(Invocation{"ack", 1, {{"page", first}}}, "bob").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"acknowledged"});
  CHECK_FALSE(d.row().pages[0].open);
  CHECK(d.row().pages[1].open);
  d.press(Invocation{"ack", 1, {{"page", first}}}, "bob");
  CHECK(d.nothing_recorded());
}

TEST_CASE("page by name repeats that person, then gives up and says so") {
  Desk d;
  d.say("declare sev1 x");
  d.room = 1;
  const Reply r = d.say("page @carol the db is full");
  CHECK(r.status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"paged"});
  CHECK(d.last.entries[0].text == "the db is full");
  CHECK(fact(d.last.entries[0].facts, "step") == "0");
  CHECK(d.sent() == Words{"invite", "page", "say"});
  CHECK(d.content<PagePerson>().step == 1);
  CHECK(d.only_timer().due == d.now + Millis{300000});
  d.ring(d.only_timer());
  CHECK(fact(d.last.entries[0].facts, "round") == "2");
  CHECK(d.content<PagePerson>().person == "carol");
  d.ring(d.only_timer());
  CHECK(d.kinds() == Words{"page_exhausted"});
}

TEST_CASE("page without a name runs the policy, once at a time") {
  Desk d;
  d.say("declare sev1 x");
  d.room = 1;
  CHECK(d.say("page").status == ReplyStatus::ok);
  CHECK(d.content<PagePerson>().person == "bob");
  CHECK(d.say("page").status == ReplyStatus::ok);
  CHECK(d.nothing_recorded());
  const Reply unknown = d.say("page @nobodyknows x");
  CHECK(unknown.status == ReplyStatus::invalid);
  const Reply nowhere = d.say("page @ada x");
  CHECK(nowhere.status == ReplyStatus::conflict);
  CHECK(has(d.text_of(nowhere), "no chat and no webhook"));
  d.settings.paging.policy.clear();
  CHECK(has(d.text_of(d.say("page")), "no escalation policy is set. Name a person: page @bob"));
  d.say("resolve");
  CHECK(has(d.text_of(d.say("page @bob")), "is resolved"));
}

TEST_CASE("somebody met by a mention is paged in this very request") {
  Desk d;
  d.say("declare sev1 x");
  const auto before = d.outbox.size();
  d.say("INC-1 page <@slack:U77|erin> please");
  bool found = false;
  for (std::size_t i = before; i < d.outbox.size(); ++i) found |= d.outbox[i].lane == "slack/page/slack:U77";
  CHECK(found);
  CHECK(d.last.people.size() == 1);
}

TEST_CASE("ending the incident stops its pages") {
  for (const char* text : {"INC-1 resolve", "INC-1 cancel"}) {
    Desk d;
    d.say("declare sev1 x");
    d.say("INC-1 page");
    d.say(text);
    INFO(text);
    CHECK(d.kinds().back() == "page_stopped");
    CHECK(d.timers.empty());
    CHECK_FALSE(d.row().pages[0].open);
  }
}

TEST_CASE("a step that can reach nobody goes on at once") {
  Desk d;
  d.settings.paging.policy = {{{"ada"}, Millis{300000}}, {{"carol"}, Millis{600000}}};
  d.alert("a1");
  CHECK(d.kinds() == Words{"alert_firing", "declared", "paged", "page_failed"});
  CHECK(has(d.said(), "Cannot be reached: @Ada"));
  CHECK(d.only_timer().due == d.now);
  d.ring(d.only_timer());
  CHECK(d.content<PagePerson>().person == "carol");
}

TEST_CASE("rounds that can reach nobody are tried after their wait, not all within a second") {
  Desk d;
  d.settings.paging.policy = {{{"ada"}, Millis{300000}}, {{"ada"}, Millis{600000}}};
  d.alert("a1");
  CHECK(d.only_timer().due == d.now);  // somebody else in this round may be reachable
  d.ring(d.only_timer());
  CHECK(fact(d.last.entries[0].facts, "step") == "2");
  CHECK(d.only_timer().due == d.now + Millis{600000});
  d.ring(d.only_timer());
  CHECK(fact(d.last.entries[0].facts, "round") == "2");
  d.ring(d.only_timer());
  CHECK(d.only_timer().due == d.now + Millis{600000});
  d.ring(d.only_timer());
  CHECK(d.kinds() == Words{"page_exhausted"});
}

TEST_CASE("a failed page of the last step waits for the next round and says how to reach somebody else") {
  Desk d;
  d.settings.paging.policy = {{{"bob"}, Millis{300000}}};
  d.alert("a1");
  const Time due = d.only_timer().due;
  d.outcome("page", "slack", MessageState::dead, "channel_not_found");
  CHECK(d.kinds() == Words{"page_failed"});
  CHECK(has(d.said(), "Nobody is reached by this step. To page somebody else: page PERSON"));
  CHECK(d.only_timer().due == due);
}

TEST_CASE("an answer to a page that ended says what to do instead") {
  Desk d;
  d.settings.paging.policy = {{{"bob"}, Millis{300000}}};
  d.settings.paging.repeat = 0;
  d.alert("a1");
  CHECK_FALSE(page_ran_out(d.row().pages[0], d.settings.paging));
  d.ring(d.only_timer());
  REQUIRE(d.kinds() == Words{"page_exhausted"});
  CHECK(page_ran_out(d.row().pages[0], d.settings.paging));
  CHECK(has(d.text_of(d.say("INC-1 ack")), "Nobody answered the page of INC-1, and paging has stopped. If you are on it, take command: role commander"));
  CHECK(d.nothing_recorded());
  d.say("INC-1 page");
  d.say("INC-1 ack");
  CHECK_FALSE(page_ran_out(d.row().pages.back(), d.settings.paging));
}

TEST_CASE("a failed page is told, and the next step happens at once when nobody else can be reached") {
  Desk d;
  d.alert("a1");
  d.outcome("page", "slack", MessageState::dead, "channel_not_found");
  CHECK(d.kinds() == Words{"page_failed"});
  CHECK(d.last.entries[0].facts == Facts{{"page", d.row().pages[0].id}, {"person", "bob"}, {"channel", "slack"}});
  CHECK(has(d.said(), "The page to @Bob by Slack failed: channel_not_found. Going on to the next step now."));
  CHECK(d.only_timer().due == d.now);
  d.ring(d.only_timer());
  CHECK(d.content<PagePerson>().person == "carol");
  d.outcome("page", "slack", MessageState::sent);
  CHECK(d.kinds() == Words{"page_sent"});
  CHECK(d.sent().empty());
}

TEST_CASE("one of two people failing does not hurry the step") {
  Desk d;
  d.settings.paging.policy = {{{"bob", "carol"}, Millis{300000}}};
  d.alert("a1");
  d.outcome("page", "slack", MessageState::dead, "gone");
  CHECK(d.last.timers.empty());
}

TEST_CASE("the row keeps twenty runs, and an open one that has to go is stopped first") {
  Desk d;
  d.say("declare sev1 x");
  for (int i = 0; i < 21; ++i) d.say("INC-1 page @bob");
  CHECK(d.kinds() == Words{"page_stopped", "paged"});
  CHECK(d.row().pages.size() == 20);
  CHECK(d.timers.size() == 20);
}
