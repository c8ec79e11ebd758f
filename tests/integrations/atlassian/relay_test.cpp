#include <nlohmann/json.hpp>

#include "tests/integrations/atlassian/desk.hpp"

namespace atlassian_tests {

using bot::MessageState;
using nlohmann::json;
using Kind = StatuspageFault::Kind;
using On = StatuspageFault::On;

TEST_CASE("the first update creates the public incident with every field said explicitly") {
  Desk desk;
  auto m = desk.queue("op1", "investigating", "We are looking into failed payments.", true, {{"api", "major_outage"}, {"internal", "partial_outage"}});
  REQUIRE(desk.deliver(m) == MessageState::sent);

  const auto calls = desk.vendor.calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].method == "POST");
  CHECK(calls[0].target == "/v1/pages/abc/incidents");
  CHECK(calls[0].authorization == "OAuth statuspage-test-key");
  CHECK(calls[0].content_type == "application/json");
  const json expected = json::parse(R"({"incident":{"name":"Problems with API","status":"investigating","body":"We are looking into failed payments.",
    "impact_override":"major","components":{"8kbf7d35c070":"major_outage"},"component_ids":["8kbf7d35c070"],"deliver_notifications":true,
    "metadata":{"muster":{"incident":"INC-7","last_op":"op1"}}}})");
  CHECK(json::parse(calls[0].body) == expected);
  CHECK(desk.vendor.complaints().empty());
  CHECK(desk.remote() == desk.vendor.incidents().at(0).id);
  CHECK(desk.link == desk.vendor.incidents().at(0).shortlink);
  CHECK(desk.vendor.component("8kbf7d35c070") == "major_outage");
}

TEST_CASE("later updates patch the same incident and a resolve resets only what the publication holds") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  auto more = desk.queue("op2", "identified", "A release broke it.");
  REQUIRE(desk.deliver(more) == MessageState::sent);
  auto end = desk.queue("op3", "resolved", "It works again.", false, {{"api", "operational"}});
  REQUIRE(desk.deliver(end) == MessageState::sent);

  REQUIRE(desk.vendor.incidents().size() == 1);
  CHECK(desk.vendor.incidents()[0].mark_op == "op3");
  CHECK(desk.vendor.updates(desk.remote()).size() == 3);
  CHECK(desk.vendor.component("8kbf7d35c070") == "operational");
  const auto calls = desk.vendor.calls();
  REQUIRE(calls.size() == 3);
  CHECK(calls[1].method == "PATCH");
  CHECK(calls[1].target == "/v1/pages/abc/incidents/" + desk.remote());
  const json second = json::parse(calls[1].body)["incident"];
  CHECK_FALSE(second.contains("components"));
  CHECK_FALSE(second.contains("component_ids"));
  CHECK(second["metadata"]["muster"]["last_op"] == "op2");
  const json third = json::parse(calls[2].body)["incident"];
  CHECK(third["components"] == json{{"8kbf7d35c070", "operational"}});
  CHECK(desk.vendor.complaints().empty());
}

TEST_CASE("hostile text leaves as text and within the vendor's limits") {
  Desk desk;
  auto m = desk.queue("op1", "investigating", "<script>\r\n\xE2\x80\xAE" "evil\x01\xFF", true);
  std::get<bot::PublicUpdate>(m.message.content).title = std::string(400, 'x') + "\n";
  REQUIRE(desk.deliver(m) == MessageState::sent);
  const auto incident = desk.vendor.incidents().at(0);
  CHECK(incident.updates.at(0).body == "<script>\nevil\xEF\xBF\xBD");
  CHECK(incident.name.size() <= 260);
  CHECK(incident.name.find('\n') == std::string::npos);
  CHECK(desk.vendor.complaints().empty());
}

TEST_CASE("over the limit the vendor's wait is kept and no attempt is counted") {
  const int status = GENERATE(420, 429);
  Desk desk;
  StatuspageFault limited;
  limited.status = status;
  limited.retry_after = "17";
  desk.vendor.fail(limited);
  auto m = desk.queue("op1", "investigating", "We are looking.", true);
  const auto before = desk.env.clock.now();
  desk.step(m);
  CHECK(m.state == MessageState::queued);
  CHECK(m.attempts == 0);
  CHECK(m.next_at == before + Millis{17000});
  CHECK(desk.deliver(m) == MessageState::sent);
  CHECK(desk.vendor.incidents().size() == 1);
}

TEST_CASE("without Retry-After a refused rate waits a minute") {
  Desk desk;
  StatuspageFault limited;
  limited.status = 429;
  desk.vendor.fail(limited);
  auto m = desk.queue("op1", "investigating", "We are looking.", true);
  const auto before = desk.env.clock.now();
  desk.step(m);
  CHECK(m.next_at == before + Millis{60000});
}

TEST_CASE("the relay itself never makes more than 60 calls a minute") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  for (int i = 0; i < 59; ++i) {
    auto m = desk.queue("op-" + std::to_string(i), "identified", "Still on it.");
    desk.step(m);
    REQUIRE(m.state == MessageState::sent);
  }
  auto m = desk.queue("op-last", "identified", "Still on it.");
  desk.step(m);
  CHECK(m.state == MessageState::queued);
  CHECK(m.attempts == 0);
  CHECK(desk.writes() == 60);
  CHECK(desk.deliver(m) == MessageState::sent);
}

TEST_CASE("under the limit a look is begun only when it can be finished, and waiting for it is no attempt") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  desk.references.clear();  // as if the answer to the create had been lost
  auto m = desk.queue("op1", "investigating", "We are looking into it.", true);
  m.state = MessageState::unknown;
  m.attempts = m.doubts = 1;
  for (int i = 0; i < 58; ++i) {
    desk.references = {{7, m.message.integration, "public", "another"}};  // each learns that it is not there and forgets it
    auto other = desk.queue("other-" + std::to_string(i), "identified", "Still on it.");
    desk.step(other);
  }
  desk.references.clear();
  const auto calls = desk.vendor.calls().size();
  const auto before = desk.env.clock.now();
  desk.step(m);
  CHECK(m.state == MessageState::unknown);
  CHECK(m.attempts == 1);
  CHECK(m.looks == 0);
  CHECK(m.next_at - before <= Millis{2000});
  CHECK(desk.vendor.calls().size() == calls);
  desk.step(m);
  CHECK(m.state == MessageState::sent);
}

TEST_CASE("a refused key is told as such, loses nothing and is never shown") {
  Desk desk;
  const int status = GENERATE(401, 403);
  StatuspageFault refused;
  refused.status = status;
  refused.body = R"({"error":"Bad key statuspage-test-key"})";
  desk.vendor.fail(refused);
  auto m = desk.queue("op1", "investigating", "We are looking.", true);
  const bot::SendContext context{desk.incident, desk.references, 1, {}};
  const auto result = desk.sender->send(m.message, context);
  const auto* no = std::get_if<bot::Refused>(&result);
  REQUIRE(no);
  CHECK(no->credentials);
  CHECK(no->reason.find(". Check api_key") != std::string::npos);  // two sentences
  CHECK(no->reason.find("statuspage-test-key") == std::string::npos);
  CHECK(desk.deliver(m) == MessageState::sent);
}

TEST_CASE("what the vendor calls wrong is given up at once in the vendor's words") {
  Desk desk;
  struct Case { std::string body, words; };
  const auto c = GENERATE(values<Case>({{R"({"error":["Name can't be blank","Status is wrong"]})", "Name can't be blank; Status is wrong"},
                                        {R"({"message":"Not today"})", "Not today"},
                                        {R"({"error":"Nope"})", "Nope"},
                                        {"<html>", "Statuspage answered 422."}}));
  StatuspageFault refused;
  refused.status = 422;
  refused.body = c.body;
  desk.vendor.fail(refused);
  auto m = desk.queue("op1", "investigating", "We are looking.", true);
  CHECK(desk.deliver(m) == MessageState::dead);
  CHECK(m.problem.find(c.words) != std::string::npos);
  CHECK(desk.writes() == 1);
}

TEST_CASE("a vendor that nobody reaches is simply tried again, without a look") {
  Desk desk;
  desk.vendor.stop();
  auto m = desk.queue("op1", "investigating", "We are looking.", true);
  desk.step(m);
  CHECK(m.state == MessageState::queued);
  CHECK(m.doubts == 0);
  CHECK(m.problem.find("could not be reached") != std::string::npos);
}

TEST_CASE("work done without a clear answer is found by its mark and never repeated") {
  const Kind kind = GENERATE(Kind::fail_after_work, Kind::close_mid_answer, Kind::hang_after_work, Kind::garble);
  Desk desk;
  SECTION("when it creates") {
    StatuspageFault fault;
    fault.kind = kind;
    fault.on = On::writes;
    desk.vendor.fail(fault);
    CHECK(desk.create() == MessageState::sent);
  }
  SECTION("when it appends") {
    REQUIRE(desk.create() == MessageState::sent);
    StatuspageFault fault;
    fault.kind = kind;
    fault.on = On::writes;
    desk.vendor.fail(fault);
    auto m = desk.queue("op2", "monitoring", "A fix is in place.");
    CHECK(desk.deliver(m) == MessageState::sent);
    CHECK(desk.vendor.updates(desk.remote()).size() == 2);
  }
  REQUIRE(desk.vendor.incidents().size() == 1);
  CHECK(desk.remote() == desk.vendor.incidents()[0].id);
  CHECK_FALSE(desk.link.empty());
}

TEST_CASE("an update that two looks do not find is sent once more") {
  const Kind kind = GENERATE(Kind::refuse, Kind::hang, Kind::close_before_work);
  Desk desk;
  StatuspageFault fault;
  fault.kind = kind;
  fault.on = On::writes;
  fault.status = 503;
  desk.vendor.fail(fault);
  auto m = desk.queue("op1", "investigating", "We are looking.", true);
  desk.step(m);
  CHECK(m.state == MessageState::unknown);
  const auto first_look = m.next_at;
  desk.step(m);
  CHECK(m.state == MessageState::unknown);
  CHECK(m.next_at >= first_look + Millis{10000});
  desk.step(m);
  CHECK(m.state == MessageState::queued);
  CHECK(desk.deliver(m) == MessageState::sent);
  CHECK(desk.vendor.incidents().size() == 1);
  CHECK(desk.writes() == 2);
}

TEST_CASE("a second doubt is held for a person") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  StatuspageFault fault;
  fault.status = 500;
  fault.on = On::writes;
  desk.vendor.always(fault);
  auto m = desk.queue("op2", "monitoring", "A fix is in place.");
  CHECK(desk.deliver(m) == MessageState::held);
  CHECK(desk.writes() == 3);
  CHECK(desk.vendor.updates(desk.remote()).size() == 1);
}

TEST_CASE("a create that the vendor hides from one look is found by the second") {
  Desk desk;
  StatuspageFault fault;
  fault.kind = Kind::fail_after_work;
  fault.on = On::writes;
  desk.vendor.fail(fault);
  desk.vendor.hide_writes(2);  // both lists of the first look
  CHECK(desk.create() == MessageState::sent);
  CHECK(desk.vendor.incidents().size() == 1);
  CHECK(desk.writes() == 1);
}

TEST_CASE("a create hidden from both looks is still seen right before the resend") {
  Desk desk;
  StatuspageFault fault;
  fault.kind = Kind::fail_after_work;
  fault.on = On::writes;
  desk.vendor.fail(fault);
  desk.vendor.hide_writes(4);
  CHECK(desk.create() == MessageState::sent);
  CHECK(desk.vendor.incidents().size() == 1);
}

TEST_CASE("a resolved create is found in the list of all incidents") {
  Desk desk;
  StatuspageFault fault;
  fault.kind = Kind::fail_after_work;
  fault.on = On::writes;
  desk.vendor.fail(fault);
  auto m = desk.queue("op1", "resolved", "It was short and is over.", true);
  CHECK(desk.deliver(m) == MessageState::sent);
  CHECK(desk.writes() == 1);
}

TEST_CASE("a redirect decides nothing: the vendor never answers so, so something else answered in its place, perhaps after the work") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  Desk desk;
  StatuspageFault elsewhere;
  elsewhere.status = status;
  elsewhere.body = " ";
  SECTION("met once, the update is looked for and goes out once") {
    elsewhere.kind = GENERATE(Kind::refuse, Kind::fail_after_work);
    elsewhere.on = On::writes;
    desk.vendor.fail(elsewhere);
    CHECK(desk.create() == MessageState::sent);
    CHECK(desk.vendor.incidents().size() == 1);
    CHECK(desk.vendor.updates(desk.remote()).size() == 1);
  }
  SECTION("for good, nothing is given up or repeated blindly, and the words name the setting") {
    desk.vendor.always(elsewhere);
    auto m = desk.queue("op1", "investigating", "We are looking.", true);
    CHECK(desk.deliver(m, 8) == MessageState::unknown);
    CHECK(desk.writes() == 1);
    for (const auto& words : desk.problems) CHECK(words.find("check api_url of the status page \"vendor\"") != std::string::npos);
  }
}

TEST_CASE("while the vendor cannot be read nothing is sent again") {
  Desk desk;
  StatuspageFault write;
  write.kind = Kind::fail_after_work;
  write.on = On::writes;
  desk.vendor.fail(write);
  StatuspageFault read;
  read.on = On::reads;
  read.status = 502;
  desk.vendor.fail(read, 3);
  CHECK(desk.create() == MessageState::sent);
  CHECK(desk.writes() == 1);
}

TEST_CASE("a look that the vendor refuses for its rate comes when the vendor says, and is no attempt") {
  Desk desk;
  StatuspageFault write;
  write.kind = Kind::fail_after_work;
  write.on = On::writes;
  desk.vendor.fail(write);
  auto m = desk.queue("op1", "investigating", "We are looking.", true);
  desk.step(m);
  REQUIRE(m.state == MessageState::unknown);
  const int attempts = m.attempts;
  StatuspageFault limited;
  limited.on = On::reads;
  limited.status = GENERATE(420, 429);
  limited.retry_after = "17";
  desk.vendor.fail(limited);
  desk.step(m);
  CHECK(m.state == MessageState::unknown);
  CHECK(m.next_at == desk.env.clock.now() + Millis{17000});
  CHECK(m.attempts == attempts);
  CHECK(m.looks == 0);
  CHECK(desk.deliver(m) == MessageState::sent);
  CHECK(desk.writes() == 1);
}

TEST_CASE("an incident left behind by a dropped create is adopted by the next update") {
  Desk desk;
  desk.incident.publication.first_at = desk.env.clock.now();
  support::FakeStatuspage::Incident left;
  left.status = "investigating";
  left.mark_incident = "INC-7";
  left.mark_op = "op1";
  const std::string id = desk.vendor.plant(left);
  auto m = desk.queue("op2", "identified", "We know what it is.");
  CHECK(desk.deliver(m) == MessageState::sent);
  CHECK(desk.remote() == id);
  CHECK(desk.vendor.incidents().size() == 1);
  CHECK(desk.vendor.updates(id).size() == 1);
}

TEST_CASE("an incident of the same number from an earlier database is left alone") {
  Desk desk;
  support::FakeStatuspage::Incident old;
  old.status = "monitoring";
  old.mark_incident = "INC-7";
  old.mark_op = "another life";
  old.created = desk.env.clock.now() - std::chrono::hours{30};
  const std::string id = desk.vendor.plant(old);
  StatuspageFault fault;
  fault.on = On::writes;
  desk.vendor.fail(fault);
  CHECK(desk.create() == MessageState::sent);
  CHECK(desk.remote() != id);
  CHECK(desk.vendor.incidents().size() == 2);
  CHECK(desk.vendor.updates(id).empty());
}

TEST_CASE("without its mark an update is known again by its exact words") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  StatuspageFault fault;
  fault.kind = Kind::fail_after_work;
  fault.on = On::writes;
  desk.vendor.fail(fault);
  auto m = desk.queue("op2", "monitoring", "A fix is in place.");
  desk.step(m);
  REQUIRE(m.state == MessageState::unknown);
  desk.vendor.rewrite_mark(desk.remote(), "", "");
  CHECK(desk.deliver(m) == MessageState::sent);
  CHECK(desk.vendor.updates(desk.remote()).size() == 2);
}

TEST_CASE("a public incident that somebody deleted on the vendor's side is told, and made again only by what is written afterwards") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  desk.vendor.forget(desk.remote());
  auto m = desk.queue("op2", "monitoring", "A fix is in place.");
  auto typed_before = desk.queue("op3", "monitoring", "It holds.");
  CHECK(desk.deliver(m) == MessageState::dead);
  CHECK(m.problem.find(". The public incident was deleted there.") != std::string::npos);
  CHECK(desk.deliver(typed_before) == MessageState::dead);
  CHECK(typed_before.problem.find("written before that was known") != std::string::npos);
  CHECK(desk.vendor.incidents().empty());

  desk.env.clock.advance(Millis{1000});
  auto typed_after = desk.queue("op4", "monitoring", "A fix is in place.", false, {{"api", "degraded_performance"}});
  CHECK(desk.deliver(typed_after) == MessageState::sent);
  REQUIRE(desk.vendor.incidents().size() == 1);
  CHECK(desk.vendor.incidents()[0].id == desk.remote());
  auto next = desk.queue("op5", "resolved", "Over.", false, {{"api", "operational"}});
  CHECK(desk.deliver(next) == MessageState::sent);
  CHECK(desk.vendor.incidents().size() == 1);
}

namespace {

json last_write(const Desk& desk) {
  json out;
  for (const auto& call : desk.vendor.calls())
    if (call.method != "GET") out = json::parse(call.body)["incident"];
  return out;
}

}  // namespace

TEST_CASE("a component is as bad as the worst that any open publication says of it") {
  Desk desk;
  desk.publish(7, "investigating", {{"api", "degraded_performance"}});
  desk.publish(7, "identified", {{"api", "major_outage"}});
  auto first = desk.queue("op1", "identified", "Down.", true, {{"api", "major_outage"}});
  REQUIRE(desk.deliver(first) == MessageState::sent);
  desk.publish(8, "investigating", {{"api", "partial_outage"}, {"web", "major_outage"}});

  desk.publish(7, "monitoring", {{"api", "degraded_performance"}});
  auto lower = desk.queue("op2", "monitoring", "Better.", false, {{"api", "degraded_performance"}});
  REQUIRE(desk.deliver(lower) == MessageState::sent);
  CHECK(desk.vendor.component("8kbf7d35c070") == "partial_outage");  // the other incident says so
  CHECK_FALSE(last_write(desk)["components"].contains("vtnh60py4yd7"));  // no business of this one

  desk.publish(7, "resolved", {{"api", "operational"}});
  auto end = desk.queue("op3", "resolved", "Over.", false, {{"api", "operational"}});
  REQUIRE(desk.deliver(end) == MessageState::sent);
  CHECK(desk.vendor.component("8kbf7d35c070") == "partial_outage");
}

TEST_CASE("the last publication to end turns the component green, whoever let go of it before") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  const std::string pages = GENERATE("public,vendor", "public", "vendor-2,vendor");
  desk.publish(8, "investigating", {{"api", "major_outage"}}, pages);
  SECTION("ended") { desk.publish(8, "resolved", {{"api", "operational"}}, pages); }
  SECTION("let go of") { desk.publish(8, "monitoring", {{"api", "operational"}}, pages); }
  SECTION("published elsewhere only") {
    desk.publish(8, "resolved", {{"api", "operational"}}, pages);
    desk.publish(9, "investigating", {{"api", "major_outage"}}, "public,vendor-2");
  }
  desk.publish(7, "resolved", {{"api", "operational"}});
  auto end = desk.queue("op2", "resolved", "Over.", false, {{"api", "operational"}});
  REQUIRE(desk.deliver(end) == MessageState::sent);
  CHECK(desk.vendor.component("8kbf7d35c070") == "operational");
}

TEST_CASE("what else is public is read when a message goes out, not when it was written") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  auto end = desk.queue("op2", "resolved", "Over.", false, {{"api", "operational"}});
  StatuspageFault down;
  down.status = 429;
  desk.vendor.fail(down);
  desk.step(end);
  REQUIRE(end.state == MessageState::queued);
  desk.publish(8, "investigating", {{"api", "major_outage"}});
  REQUIRE(desk.deliver(end) == MessageState::sent);
  CHECK(desk.vendor.component("8kbf7d35c070") == "major_outage");
}

TEST_CASE("while the record cannot be read nothing is written that might turn a component green") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  const int writes = desk.writes();
  desk.store_down = true;
  auto end = desk.queue("op2", "resolved", "Over.", false, {{"api", "operational"}});
  desk.step(end);
  CHECK(end.state == MessageState::queued);
  CHECK(end.attempts == 0);
  CHECK(desk.writes() == writes);
  desk.store_down = false;
  CHECK(desk.deliver(end) == MessageState::sent);
}

TEST_CASE("two of our components that are one of the vendor's are as bad as the worse of them") {
  Desk desk;
  desk.settings.component_ids = {{"api", "8kbf7d35c070"}, {"web", "8kbf7d35c070"}};
  desk.restart();
  auto m = desk.queue("op1", "investigating", "Down.", true, {{"api", "major_outage"}, {"web", "operational"}});
  REQUIRE(desk.deliver(m) == MessageState::sent);
  CHECK(last_write(desk)["components"] == json{{"8kbf7d35c070", "major_outage"}});
  CHECK(last_write(desk)["component_ids"] == json{"8kbf7d35c070"});
}

TEST_CASE("the impact follows the publication while something suffers, and then stays what it was") {
  Desk desk;
  const auto says = [&desk](const char* op, const char* state, const char* impact) {
    auto m = desk.queue(op, state, std::string("Words of ") + op, std::string(op) == "op1");
    std::get<bot::PublicUpdate>(m.message.content).impact = impact;
    REQUIRE(desk.deliver(m) == MessageState::sent);
    return last_write(desk);
  };
  CHECK(says("op1", "investigating", "none")["impact_override"] == "none");
  CHECK(says("op2", "identified", "minor")["impact_override"] == "minor");
  CHECK(says("op3", "identified", "critical")["impact_override"] == "critical");
  CHECK_FALSE(says("op4", "monitoring", "none").contains("impact_override"));
  CHECK_FALSE(says("op5", "resolved", "none").contains("impact_override"));
}

TEST_CASE("a key refused to a look is told as such") {
  Desk desk;
  REQUIRE(desk.create() == MessageState::sent);
  StatuspageFault refused;
  refused.status = GENERATE(401, 403);
  refused.body = R"({"error":"Could not authenticate"})";
  desk.vendor.fail(refused);
  auto m = desk.queue("op2", "identified", "Found it.");
  const auto looked = desk.sender->find(m.message, {desk.incident, desk.references, 2, m.message.created});
  const auto* blind = std::get_if<bot::CannotLook>(&looked);
  REQUIRE(blind);
  CHECK(blind->credentials);
  CHECK(blind->reason == "Statuspage answered " + std::to_string(refused.status) + ": Could not authenticate. Check api_key of the status page \"vendor\".");
}

TEST_CASE("a slow vendor is waited for") {
  Desk desk;
  StatuspageFault slow;
  slow.kind = Kind::slow;
  slow.delay = Millis{120};
  desk.vendor.fail(slow);
  CHECK(desk.create() == MessageState::sent);
  CHECK(desk.writes() == 1);
}

TEST_CASE("a page that does not exist is refused with what to check") {
  Desk desk;
  desk.settings.page_id = "nope";
  desk.restart();
  auto m = desk.queue("op1", "investigating", "We are looking.", true);
  CHECK(desk.deliver(m) == MessageState::dead);
  CHECK(m.problem.find("Check page_id") != std::string::npos);
}

TEST_CASE("only public updates are taken, and never twice") {
  Desk desk;
  CHECK(desk.sender->integration() == "statuspage:vendor");
  bot::Message m;
  m.content = bot::Say{};
  CHECK(desk.sender->repeat_policy(m.content) == bot::RepeatPolicy::never_twice);
  CHECK(std::holds_alternative<bot::Refused>(desk.sender->send(m, {desk.incident, desk.references})));
  CHECK(desk.vendor.calls().empty());
}

}  // namespace atlassian_tests
