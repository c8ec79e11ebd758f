// What was missed while Slack was not there, and names that are learnt slowly.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "integrations/slack/catch_up.hpp"
#include "integrations/slack/identity_memory.hpp"
#include "integrations/slack/names.hpp"
#include "tests/integrations/slack/canned.hpp"
#include "tests/integrations/slack/state_store.hpp"
#include "tests/support/fake_env.hpp"

using namespace slack_tests;
using nlohmann::json;
using bot::Millis;

namespace {

class EventLog : public slack::Inbox {
 public:
  std::vector<json> events;
  bool refuses = false;  ///< what could not be recorded drops its answer
  void command(const std::map<std::string, std::string>&, slack::Answer, std::optional<bot::Time>) override {}
  void interaction(const json&, slack::Answer, std::optional<bot::Time>) override {}
  void event(const json& envelope, slack::Answer answer) override {
    events.push_back(envelope);
    if (!refuses) answer("");
  }
  void stop() override {}
};

struct Absent {
  support::FakeEnv env;
  Canned vendor;
  StateStore store;
  bot::SlackSettings settings;
  std::shared_ptr<slack::Workspace> workspace = std::make_shared<slack::Workspace>();
  std::shared_ptr<EventLog> inbox = std::make_shared<EventLog>();
  std::unique_ptr<slack::CatchUp> catch_up;
  json messages = json::array();

  Absent() {
    settings.bot_token = bot::Secret("xoxb-0123456789abcdef");
    settings.api_url = "http://slack.test/api/";
    vendor.on("auth.test", R"({"ok":true})");
    vendor.on("conversations.history", [this](const Canned::Asked&) { return json{{"ok", true}, {"messages", messages}}.dump(); });
    bot::Incident open, other, done;
    open.number = 7;
    other.number = 8;  // without a room in Slack
    done.number = 9;
    done.phase = bot::Phase::closed;
    store.all = {done, other, open};
    store.known = {{7, "slack", "room", "C07"}, {9, "slack", "room", "C09"}};
    start();
  }
  void start() {
    workspace = std::make_shared<slack::Workspace>();
    workspace->learn({"T1", "", "UBOT", "B1", "A1", false});
    catch_up = std::make_unique<slack::CatchUp>(settings, vendor, store, store, env.clock, workspace, inbox);
  }
  void add_room(std::int64_t number, const std::string& channel) {
    bot::Incident another;
    another.number = number;
    store.all.push_back(another);
    store.known.push_back({number, "slack", "room", channel});
  }
  std::string ts(Millis ago) const { return std::to_string((env.clock.now() - ago).time_since_epoch().count() / 1000) + ".000100"; }
  void pass(Millis time) {
    for (Millis gone{0}; gone < time; gone += Millis{10000}) {
      env.advance(Millis{10000});
      catch_up->step();
    }
  }
  std::vector<bot::Away> away() const {
    std::vector<bot::Away> out;
    for (const auto& request : store.requests)
      if (const auto* one = std::get_if<bot::Away>(&request.body)) out.push_back(*one);
    return out;
  }
};

}  // namespace

TEST_CASE("an outage is noticed, and when Slack is back the open incidents' rooms are read and say how long") {
  Absent a;
  a.catch_up->step();
  a.pass(Millis{60000});
  CHECK(a.away().empty());
  const bot::Time down = a.env.clock.now();
  a.vendor.down = true;
  a.pass(Millis{540000});
  CHECK(a.away().empty());
  a.messages = {{{"ts", a.ts(Millis{60000})}, {"user", "U01"}, {"text", "it is the pool"}, {"reactions", {{{"name", "pushpin"}, {"users", {"U02"}}, {"count", 1}}, {{"name", "eyes"}, {"users", json::array()}}, "nonsense"}}},
                {{"ts", a.ts(Millis{120000})}, {"user", "U01"}, {"text", "hello"}},
                {{"ts", a.ts(Millis{130000})}, {"user", "UBOT"}, {"bot_id", "B1"}, {"text", "mine"}},
                {{"ts", a.ts(Millis{900000})}, {"user", "U01"}, {"text", "before it"}},
                "nonsense", 7, {{"ts", 7}}};
  a.vendor.down = false;
  a.pass(Millis{20000});
  REQUIRE(a.away().size() == 1);
  CHECK(a.away()[0].incident == 7);
  CHECK(a.away()[0].missed == 2);
  CHECK(a.away()[0].from >= down - Millis{40000});
  CHECK(a.away()[0].from <= down + Millis{40000});
  REQUIRE(a.inbox->events.size() == 1);
  const json& event = a.inbox->events[0]["event"];
  CHECK(event["type"] == "reaction_added");
  CHECK(event["reaction"] == "pushpin");
  CHECK(event["user"] == "U02");
  CHECK(event["item"]["channel"] == "C07");
  CHECK(a.inbox->events[0]["team_id"] == "T1");
  a.pass(Millis{300000});
  CHECK(a.away().size() == 1);
}

TEST_CASE("a silence that could not be recorded is told again until it is, and only then does the next one begin to count") {
  Absent a;
  a.pass(Millis{60000});
  a.vendor.down = true;
  a.pass(Millis{540000});
  a.vendor.down = false;
  a.store.refuses = true;
  const auto heard = a.store.state["slack/heard"];
  a.pass(Millis{120000});
  const auto asked = a.away().size();
  CHECK(asked > 1);
  CHECK(a.store.state["slack/heard"] == heard);
  a.store.refuses = false;
  a.pass(Millis{10000});
  REQUIRE(a.away().size() == asked + 1);
  CHECK(a.away().back().from == a.away().front().from);
  CHECK(a.away().back().until == a.away().front().until);
  a.pass(Millis{300000});
  CHECK(a.away().size() == asked + 1);
  CHECK(a.store.state["slack/heard"] != heard);
}

TEST_CASE("what was found in a room and could not be recorded is handed over again until it is, and only then is the silence over") {
  Absent a;
  a.pass(Millis{60000});
  a.vendor.down = true;
  a.pass(Millis{540000});
  a.messages = {{{"ts", a.ts(Millis{60000})}, {"user", "U01"}, {"text", "it is the pool"}, {"reactions", {{{"name", "pushpin"}, {"users", {"U02"}}, {"count", 1}}}}}};
  a.vendor.down = false;
  a.inbox->refuses = true;
  const auto heard = a.store.state["slack/heard"];
  a.pass(Millis{120000});
  const auto& handed = a.inbox->events;
  REQUIRE(handed.size() > 1);
  CHECK(a.store.state["slack/heard"] == heard);
  a.inbox->refuses = false;
  a.pass(Millis{10000});
  const auto times = handed.size();
  a.pass(Millis{300000});
  CHECK(handed.size() == times);
  for (const auto& one : handed) CHECK(one["event"] == handed[0]["event"]);  // so that one that was recorded after all is known again
  CHECK(a.away().size() == 1);
  CHECK(a.store.state["slack/heard"] != heard);
}

TEST_CASE("an incident declared in the middle of the silence was away since its beginning, one declared at its end not at all") {
  Absent a;
  a.pass(Millis{60000});
  a.vendor.down = true;
  a.pass(Millis{300000});
  bot::Incident middle, end;
  middle.number = 20;
  middle.declared = a.env.clock.now();
  a.pass(Millis{300000});
  end.number = 21;
  end.declared = a.env.clock.now();
  a.store.all = {middle, end};
  a.store.known = {{20, "slack", "room", "C20"}, {21, "slack", "room", "C21"}};
  a.vendor.down = false;
  a.pass(Millis{30000});
  REQUIRE(a.away().size() == 1);
  CHECK(a.away()[0].incident == 20);
  CHECK(a.away()[0].from == middle.declared);
}

TEST_CASE("who we are is kept, so that others are told from us though Slack is down at the next start") {
  Absent a;
  a.pass(Millis{20000});
  const auto kept = slack::kept_identity(a.store);
  REQUIRE(kept);
  slack::Workspace next;
  CHECK(next.is_ours("T2", "", "A1"));  // never heard of any
  next.believe(*kept);
  CHECK_FALSE(next.identity());  // Slack is still to be asked
  CHECK(next.is_ours("T1", "", "A1"));
  CHECK_FALSE(next.is_ours("T2", "", "A1"));
  CHECK_FALSE(next.is_ours("T1", "", "A2"));
  next.learn({"T2", "", "UBOT", "B2", "A2", false});  // another token since
  CHECK(next.is_ours("T2", "", "A2"));
  a.store.state["slack/identity"] = "not ours";
  CHECK_FALSE(slack::kept_identity(a.store));
}

TEST_CASE("a restart after more than a minute is an absence, one of seconds is none") {
  Absent a;
  a.pass(Millis{120000});
  REQUIRE_FALSE(a.store.state["slack/heard"].empty());
  a.env.advance(Millis{20000});
  a.start();
  a.pass(Millis{20000});
  CHECK(a.away().empty());
  a.env.advance(Millis{600000});
  a.start();
  a.pass(Millis{20000});
  REQUIRE(a.away().size() == 1);
  CHECK(a.away()[0].until - a.away()[0].from >= Millis{600000});
}

TEST_CASE("a Slack that goes away again in the middle is read on later, and nothing is said twice") {
  Absent a;
  a.pass(Millis{120000});
  a.vendor.down = true;
  a.pass(Millis{300000});
  a.vendor.down = false;
  int refusals = 3;
  a.vendor.on("conversations.history", [&](const Canned::Asked&) { return refusals-- > 0 ? std::string("<html>") : json{{"ok", true}, {"messages", a.messages}}.dump(); });
  a.pass(Millis{120000});
  CHECK(a.away().size() == 1);
  CHECK(refusals < 0);
}

TEST_CASE("a room that was read when Slack went away again says both absences, the others one long one") {
  Absent a;
  a.add_room(10, "C10");
  bool first_only = true;
  a.vendor.on("conversations.history", [&](const Canned::Asked& call) {
    return first_only && call.args.at("channel") == "C10" ? std::string("<html>") : json{{"ok", true}, {"messages", a.messages}}.dump();
  });
  a.pass(Millis{120000});
  a.vendor.down = true;
  a.pass(Millis{300000});
  a.vendor.down = false;
  a.pass(Millis{20000});
  REQUIRE(a.away().size() == 1);
  a.vendor.down = true;
  a.pass(Millis{300000});
  a.vendor.down = false;
  first_only = false;
  a.pass(Millis{30000});
  const auto away = a.away();
  REQUIRE(away.size() == 3);
  CHECK((away[0].incident == 7 && away[1].incident == 7 && away[2].incident == 10));
  CHECK(away[1].from == away[0].until);
  CHECK(away[1].until - away[1].from > Millis{270000});
  CHECK((away[2].from == away[0].from && away[2].until == away[1].until));
  a.pass(Millis{300000});
  CHECK(a.away().size() == 3);
}

TEST_CASE("a room that cannot be read any more does not keep the others unread") {
  Absent a;
  a.add_room(10, "C10");
  a.pass(Millis{60000});
  a.vendor.down = true;
  a.pass(Millis{300000});
  a.vendor.down = false;
  a.vendor.on("conversations.history", [](const Canned::Asked& asked) {
    return std::string(asked.args.at("channel") == "C07" ? R"({"ok":false,"error":"channel_not_found"})" : R"({"ok":true,"messages":[]})");
  });
  a.pass(Millis{60000});
  CHECK(a.away().size() == 2);
}

TEST_CASE("names of people met as ids are learnt one by one, and who has a name is not asked for") {
  support::FakeEnv env;
  Canned vendor;
  bot::SlackSettings settings;
  settings.bot_token = bot::Secret("xoxb-0123456789abcdef");
  settings.api_url = "http://slack.test/api/";
  bot::People people;
  people.put({"alice", "Alice", false, {{"slack", "U01"}}, ""});
  people.put({"slack:U02", "U02", false, {{"slack", "U02"}}, ""});
  people.put({"slack:U03", "Chris", false, {{"slack", "U03"}}, ""});
  people.put({"slack:U04", "", false, {{"slack", "U04"}}, ""});
  people.put({"slack:../x", "", false, {}, ""});
  vendor.on("users.info", [](const Canned::Asked& asked) {
    return std::string(asked.args.at("user") == "U02" ? R"({"ok":true,"user":{"name":"dana.d","profile":{"display_name":"","real_name":"Dana Doe"}}})"
                                                      : R"({"ok":false,"error":"user_not_visible"})");
  });
  const auto workspace = std::make_shared<slack::Workspace>();
  std::vector<std::string> named;
  workspace->on_named([&named](const std::string& person) { named.push_back(person); });
  slack::Names names(settings, vendor, people, env.clock, workspace);
  for (int i = 0; i < 20; ++i) {
    names.step();
    env.advance(Millis{30000});
  }
  CHECK(people.name_of("slack:U02") == "Dana Doe");
  CHECK(people.name_of("slack:U04") == "U04");
  CHECK(vendor.times("users.info") == 2);
  CHECK(named == std::vector<std::string>{"slack:U02"});
}
