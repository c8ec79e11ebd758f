// What happens to Slack's side of things while the real binary is not there: a token renewed and never used, an answer that never came, messages changed.
#include <catch2/catch.hpp>

#include "integrations/storage/open_store.hpp"
#include "tests/scenarios/scene.hpp"

using scene::Scene;
using support::SlackFault;

namespace {

scene::Options rotating() {
  scene::Options options;
  options.vendor = false;
  options.rotating = true;
  return options;
}

int calls(const Scene& s, const std::string& method) { return static_cast<int>(s.slack.calls(method).size()); }

bool shown_by_metrics(Scene& s, const std::string& line) {
  return support::wait_for([&] { return s.muster->get("/metrics").body.find("\n" + line + "\n") != std::string::npos; }, 30);
}

void tell_event(Scene& s, const nlohmann::json& event, const std::string& id) {
  const std::string body = nlohmann::json{{"type", "event_callback"}, {"team_id", support::FakeSlack::kTeam}, {"api_app_id", "A0MUSTER"}, {"event_id", id}, {"event", event}}.dump();
  CHECK(s.muster->post("/slack/events", body, support::slack_sign(body, bot::system_clock()->now())).status == 200);
}

nlohmann::json pinning(const std::string& channel, const std::string& ts, const std::string& event_ts) {
  return {{"type", "reaction_added"}, {"user", "U02"}, {"reaction", "pushpin"}, {"item", {{"type", "message"}, {"channel", channel}, {"ts", ts}}}, {"event_ts", event_ts}};
}

/// As if the machine had been off for so long: the last word that a Muster which is not running wrote becomes older than it is.
void age_last_word(const std::string& database, bot::Millis by) {
  const auto clock = bot::system_clock();
  const auto random = bot::system_random();
  const auto ids = bot::system_ids(*clock, *random);
  auto opened = storage::open_store("sqlite://" + database, bot::Env{*clock, *ids, *random});
  REQUIRE(opened.ok());
  const auto heard = (*opened)->reader().adapter_state("slack/heard");
  REQUIRE((heard && *heard));
  std::vector<bot::Changes> batch(1);
  batch[0].at = clock->now();
  batch[0].state = {{"slack/heard", bot::iso8601(clock->now() - by)}};
  CHECK((*opened)->store().commit(batch));
}

}  // namespace

TEST_CASE("killed between renewing its token and using it, Muster goes on with the pair it kept") {
  Scene s(rotating());
  s.slack.hang("auth.test", -1);
  REQUIRE(s.muster->start());
  REQUIRE(support::wait_for([&] { return s.muster->log().find("slack_token_renewed") != std::string::npos; }, 30));
  s.muster->kill9();
  s.slack.heal();
  s.slack.expire_tokens();  // what the settings hold is worth nothing any more
  REQUIRE(s.muster->start());
  CHECK(s.slash("declare sev2 checkout returns 500").find("INC-1") != std::string::npos);
  CHECK(s.waits_for("room_opened", 1, 60));
  CHECK(calls(s, "oauth.v2.access") == 1);
  for (const auto& call : s.slack.calls()) CHECK(call.error != "token_expired");
  CHECK(shown_by_metrics(s, "muster_slack_ok 1"));
  CHECK(s.muster->stop() == 0);
  CHECK(s.muster->log().find("xoxe") == std::string::npos);
}

TEST_CASE("killed while the new token was on its way, Muster says what to do, and works on while the old one lasts") {
  Scene s(rotating());
  s.slack.fault({SlackFault::Kind::hang_after_doing, "oauth.v2.access", 200, 0, "", {}, 1});
  REQUIRE(s.muster->start());
  REQUIRE(s.slack.wait_until([&] { return calls(s, "oauth.v2.access") == 1; }));
  s.muster->kill9();
  REQUIRE(s.muster->start());
  CHECK(shown_by_metrics(s, "muster_slack_ok 0"));
  CHECK(s.muster->log().find("Reinstall the app") != std::string::npos);
  CHECK(s.slash("declare sev2 checkout returns 500").find("INC-1") != std::string::npos);
  CHECK(s.waits_for("room_opened", 1, 60));
  CHECK(s.muster->get("/readyz").status == 200);  // nothing that a restart would mend
  s.slack.rotate_tokens();
  CHECK(s.muster->command("INC-1 note the console and the API go on").status == 200);
  CHECK(s.muster->stop() == 0);
}

TEST_CASE("messages pinned before Muster was away and changed meanwhile are followed when it is back") {
  scene::Options options;
  options.vendor = false;
  Scene s(options);
  REQUIRE(s.muster->start());
  CHECK(s.slash("declare sev2 checkout returns 500").find("INC-1") != std::string::npos);
  REQUIRE(s.waits_for("room_opened", 1, 60));
  const std::string room = s.slack.channel(s.room_name())->id;
  const auto edited = s.slack.say(room, "U01", "the pool is full"), deleted = s.slack.say(room, "U01", "it is node 3"), let_go = s.slack.say(room, "U03", "never mind");
  int n = 0;
  for (const auto& ts : {edited, deleted, let_go}) {
    s.slack.react(ts, "U02", "pushpin");
    tell_event(s, pinning(room, ts, ts), "Ev" + std::to_string(++n));
  }
  REQUIRE(s.waits_for("captured", 3, 60));
  REQUIRE(s.muster->stop() == 0);
  s.slack.edit(edited, "the pool of node 4 is full");
  s.slack.erase(deleted);
  s.slack.react(let_go, "U02", "pushpin", false);
  s.slack.react(s.slack.say(room, "U01", "rolled back"), "U01", "pushpin");
  age_last_word(s.muster->database(), bot::Millis{600000});
  REQUIRE(s.muster->start());
  CHECK(s.waits_for("captured", 4, 60));
  CHECK(s.waits_for("withdrawn", 2, 60));
  CHECK(s.waits_for("capture_edited", 1, 60));
  CHECK(s.muster->stop() == 0);
  CHECK(s.muster->run({"verify"}).code == 0);
  CHECK(s.slack.complaints().empty());
}
