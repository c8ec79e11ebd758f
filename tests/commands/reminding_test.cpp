// Reminders: what is due, who hears of it, what answers it.
#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct Rhythm : Desk {
  Time began = now;
  Rhythm() {
    settings.reminders.enabled = true;
    say("declare sev1 checkout returns 500");
    room = 1;
  }
  /// Lets time pass to the incident's timer and rings it.
  Reply next() {
    REQUIRE(timers.count("remind:1") == 1);
    return ring(timers.at("remind:1"));
  }
  Time due() const { return timers.at("remind:1").due; }
  std::string last_what() { return fact(entries[1].back().facts, "what"); }
};

}  // namespace

TEST_CASE("a declaration says what is due, and one timer follows from it") {
  Rhythm d;
  CHECK(d.timers.size() == 1);
  CHECK(d.due() == d.began + minutes{5});
  CHECK(d.row().due == std::map<std::string, Time>{{"commander", d.began + minutes{5}}, {"update", d.began + minutes{30}}, {"status", d.began + hours{2}}, {"open", d.began + hours{24}}});
  Desk mild;
  mild.settings.reminders.enabled = true;
  mild.say("declare sev4 a typo");
  CHECK(mild.row().due.count("commander") == 0);
  CHECK(mild.row().due.count("update") == 0);
  CHECK(mild.row().due.count("open") == 1);
  Desk off;
  off.say("declare sev1 x");
  CHECK(off.row().due.empty());
  CHECK(off.timers.empty());
}

TEST_CASE("nobody commands: the room is asked, then asked again, until somebody does") {
  Rhythm d;
  d.next();
  CHECK(d.kinds() == Words{"reminded"});
  CHECK(d.last_what() == "commander");
  CHECK(d.said().find("Nobody is commander of INC-1 yet") == 0);
  CHECK(d.content<Say>().card.buttons[0].command == "role commander");
  CHECK(d.content<Say>().card.buttons.back().command == "snooze 30m");
  d.say("role operations @bob");
  d.next();
  CHECK(d.said().find("@Bob Nobody is commander") == 0);
  d.say("role commander", "carol");
  CHECK(d.row().due.count("commander") == 0);
  CHECK(d.row().unanswered.empty());
  CHECK(d.due() == d.began + minutes{30});
  d.say("role commander none", "carol");
  CHECK(d.row().due.at("commander") == d.now + minutes{5});
}

TEST_CASE("an update is due: commander first, then the deputy, then the room, and ever more rarely") {
  Rhythm d;
  d.say("role commander");
  d.say("role operations @bob");
  d.next();
  CHECK(d.now == d.began + minutes{30});
  CHECK(d.said().find("@Dana An update for stakeholders is due") == 0);
  CHECK(fact(d.entries[1].back().facts, "person") == "dana");
  CHECK(d.due() == d.now + minutes{15});
  d.next();
  CHECK(d.said().find("@Bob An update") == 0);
  d.next();
  CHECK(d.said().find("An update for stakeholders is due") == 0);
  CHECK(fact(d.entries[1].back().facts, "person").empty());
  CHECK(d.row().due.at("update") == d.now + hours{2});
  d.say("update EU is back");
  CHECK(d.row().unanswered.empty());
  CHECK(d.row().due.at("update") == d.now + minutes{30});
}

TEST_CASE("without a deputy the room hears the second one; the deputy's role is a setting") {
  Rhythm d;
  d.say("role commander");
  d.next();
  d.next();
  CHECK(fact(d.entries[1].back().facts, "person").empty());
  Rhythm e;
  e.settings.reminders.deputy = "scribe";
  e.say("role commander");
  e.say("role operations @bob");
  e.say("role scribe @carol");
  e.next();
  e.next();
  CHECK(fact(e.entries[1].back().facts, "person") == "carol");
}

TEST_CASE("one reminder at a time: what else is due waits, and nothing is said twice for the same due") {
  Rhythm d;
  d.now = d.began + hours{3};  // everything but "open" is overdue, as after a long stop
  d.next();
  CHECK(d.last_what() == "commander");
  CHECK(d.due() == d.now + minutes{5});
  const Timer same = Timer{"remind:1", "remind", 1, d.began + minutes{5}, ""};
  d.ring(same);  // delivered twice
  CHECK(d.last.entries.empty());
  CHECK(d.timers.count("remind:1") == 1);
  d.say("role commander");
  d.next();
  CHECK(d.last_what() == "update");
  CHECK(d.due() == d.now + minutes{5});
  d.say("join", "carol");  // answers nothing
  d.next();
  CHECK(d.now >= d.began + hours{3} + minutes{5});
  CHECK(d.last_what() == "status");
}

TEST_CASE("a timer that comes early or for what was moved waits for the next due") {
  Rhythm d;
  const Timer early = d.timers.at("remind:1");
  d.timers.clear();
  Request request;
  request.body = TimerDue{early};
  Snapshot snapshot;
  snapshot.incident = &d.row();
  const auto decided = d.table->decide(request, nullptr, snapshot, d.context_of(Desk::muster(), "muster"));
  REQUIRE(decided);
  CHECK(decided->entries.empty());
  REQUIRE(decided->timers.size() == 1);
  CHECK(decided->timers[0].timer.due == d.began + minutes{5});
}

TEST_CASE("snooze puts everything off, and the button is the verb") {
  Rhythm d;
  CHECK(d.say("snooze 1h").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"snoozed"});
  CHECK(d.due() == d.began + hours{1});
  d.say("role commander");
  CHECK(d.due() == d.began + hours{1});
  d.next();
  CHECK(d.last_what() == "update");
  d.say("snooze");
  CHECK(d.due() == d.now + minutes{30});
  const Timer before = Timer{"remind:1", "remind", 1, d.now, ""};
  Request request;
  request.body = TimerDue{before};
  Snapshot snapshot;
  snapshot.incident = &d.row();
  const auto decided = d.table->decide(request, nullptr, snapshot, d.context_of(Desk::muster(), "muster"));
  REQUIRE(decided);
  CHECK(decided->entries.empty());
  CHECK(decided->timers.at(0).timer.due == d.now + minutes{30});
  for (const char* text : {"snooze soon", "snooze 0m", "snooze 3d", "snooze 30"}) {
    const Reply r = d.say(text);
    INFO(text);
    CHECK(r.status == ReplyStatus::invalid);
    CHECK(r.field == "time");
  }
  for (const char* text : {"snooze 90 min", "snooze 1h30m", "snooze 2 hours"}) CHECK(d.say(text).status == ReplyStatus::ok);
}

TEST_CASE("resolved asks only for the end, closed and cancelled for nothing, reopened begins again") {
  Rhythm d;
  d.say("role commander");
  d.say("resolve");
  CHECK(d.row().due == std::map<std::string, Time>{{"open", d.now + hours{24}}});
  d.next();
  CHECK(d.said().find("@Dana INC-1 is resolved and not closed") == 0);
  CHECK(d.content<Say>().card.buttons[0].command == "close");
  d.say("close");
  CHECK(d.row().due.empty());
  CHECK(d.timers.empty());
  d.ring(Timer{"remind:1", "remind", 1, d.now, ""});
  CHECK(d.nothing_recorded());
  d.say("reopen");
  CHECK(d.row().due.count("update") == 1);
  CHECK(d.row().due.count("commander") == 0);  // dana still commands
  d.say("cancel");
  CHECK(d.row().due.empty());
  CHECK(d.timers.empty());
}

TEST_CASE("severity moves the cadence, and settings switch each reminder off") {
  Rhythm d;
  d.say("severity sev2");
  CHECK(d.row().due.at("update") == d.now + hours{1});
  d.say("severity sev4");
  CHECK(d.row().due.count("update") == 0);
  CHECK(d.row().due.count("commander") == 0);
  d.say("severity sev1");
  CHECK(d.row().due.count("commander") == 1);
  Desk e;
  e.settings.reminders.enabled = true;
  e.settings.reminders.commander = e.settings.reminders.status = e.settings.reminders.open = Millis{0};
  e.settings.reminders.update_given = true;
  e.settings.reminders.update = {{"sev3", hours{4}}};
  e.say("declare sev1 x");
  CHECK(e.row().due.empty());
  e.say("declare sev3 x");
  CHECK(e.row(2).due == std::map<std::string, Time>{{"update", e.now + hours{4}}});
}

TEST_CASE("an incident that an alert opened has its rhythm, drills have theirs") {
  Desk d;
  d.settings.reminders.enabled = true;
  d.alert("a1", true, "g", "sev1");
  CHECK(d.row().due.count("commander") == 1);
  CHECK(d.timers.count("remind:1") == 1);
  d.say("declare drill sev1 x");
  CHECK(d.row(2).due.count("update") == 1);
}

TEST_CASE("the card says when the next update is due, and an overdue one stands out") {
  Rhythm d;
  const auto shown = [&](Time at) {
    for (const auto& f : summary_card(d.row(), at).facts)
      if (f.label == "Next update") return f.value;
    return Text{};
  };
  REQUIRE(shown(d.now).size() == 1);
  const Time due = d.began + minutes{30};
  CHECK(shown(d.now)[0].value == iso8601(due));
  CHECK(shown(d.now)[0].label == clock_text(due).substr(0, 5) + " UTC");  // today: no date, and to the minute
  CHECK(shown(d.now - std::chrono::hours{24})[0].label == date_text(due) + " " + clock_text(due).substr(0, 5) + " UTC");
  CHECK(shown(d.began + minutes{31})[0] == strong("overdue"));
  d.say("role commander");
  d.next();
  CHECK(shown(d.now)[0] == strong("overdue"));
  d.say("update fine");
  CHECK(shown(d.now).size() == 1);
  d.say("resolve");
  CHECK(shown(d.now).empty());
}
