// Commands that a chat delivers long after they were typed.
#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

struct Late : Desk {
  Late() {
    say("declare sev1 checkout returns 500");
    room = 1;
    say("role commander");
    now += std::chrono::hours{1};
    source = "slack";
  }
  Reply late(const std::string& text, Millis by, const std::string& who = "dana") {
    typed_at = now - by;
    const Reply r = say(text, who);
    typed_at.reset();
    return r;
  }
};

}  // namespace

TEST_CASE("a change that arrives late is refused with when, how late and what to type; in time it is carried out") {
  Late d;
  const Reply r = d.late("severity sev2", Millis{12 * 60000});
  CHECK(r.status == ReplyStatus::conflict);
  CHECK(d.text_of(r) == "Not recorded: this was typed at 16:30:18 UTC and arrived 12 min late, so it may no longer be meant. If it is, type it again: "
                        "/incident severity sev2");
  CHECK(d.nothing_recorded());
  for (const char* text : {"declare sev1 x", "resolve", "public investigating x", "page @bob", "update all fine", "role comms @bob", "started 5 min ago", "cancel", "close"}) {
    INFO(text);
    CHECK(d.late(text, Millis{301000}).status == ReplyStatus::conflict);
    CHECK(d.nothing_recorded());
  }
  CHECK(d.late("severity sev2", Millis{299000}).status == ReplyStatus::ok);
  CHECK(d.late("severity sev3", Millis{-60000}).status == ReplyStatus::ok);  // the chat's clock is ahead
  d.settings.incidents.stale_after = std::chrono::minutes{30};
  CHECK(d.late("severity sev1", Millis{12 * 60000}).status == ReplyStatus::ok);
}

TEST_CASE("a wrong command is told what is wrong with it, however late; questions are always answered") {
  Late d;
  CHECK(d.late("list", std::chrono::hours{30}).status == ReplyStatus::ok);
  CHECK(d.late("timeline", std::chrono::hours{1}).status == ReplyStatus::ok);
  CHECK(d.late("frobnicate", std::chrono::hours{1}).status == ReplyStatus::invalid);
}

TEST_CASE("a late note stands at the time it was typed, within a day") {
  Late d;
  const Reply r = d.late("note pool exhausted", Millis{20 * 60000});
  CHECK(r.status == ReplyStatus::ok);
  CHECK(d.entries[1].back().occurred_at == d.now - Millis{20 * 60000});
  CHECK(d.entries[1].back().recorded_at == d.now);
  CHECK(d.text_of(r).find("20 min late and stands at 16:22:18 UTC") != std::string::npos);
  CHECK(d.late("note old news", std::chrono::hours{25}).status == ReplyStatus::conflict);
  d.late("note in time", Millis{1000});
  CHECK(d.entries[1].back().occurred_at == d.now);
}

TEST_CASE("a late ack answers the page that was open when it was typed, and no later one") {
  Late d;
  d.say("page @bob");
  d.now += Millis{20 * 60000};
  CHECK(d.late("ack", Millis{15 * 60000}, "bob").status == ReplyStatus::ok);
  CHECK(d.kinds() == Words{"acknowledged"});
  d.say("page @bob");
  d.now += Millis{8 * 60000};
  const Reply r = d.late("ack", Millis{10 * 60000}, "bob");
  CHECK(r.status == ReplyStatus::conflict);
  CHECK(d.nothing_recorded());
}

TEST_CASE("a late press of a button is refused with the verb's form") {
  Late d;
  Invocation press;
  press.verb = "status";
  press.incident = 1;
  press.args = {{"state", "identified"}};
  Request request;
  request.body = press;
  request.sent = d.now - std::chrono::minutes{9};
  Snapshot snapshot;
  snapshot.incident = &d.row();
  const auto decided = d.table->decide(request, &press, snapshot, d.context_of(Desk::person("dana"), "slack"));
  REQUIRE_FALSE(decided);
  CHECK(decided.error().message.find("/incident status STATE [TEXT]") != std::string::npos);
}
