// What happened in the rooms while nobody listened, read up from a Slack that behaves: pinned messages, threads, people, topics, commands.
#include <catch2/catch.hpp>

#include "integrations/slack/catch_up.hpp"
#include "integrations/slack/payload.hpp"
#include "tests/integrations/slack/inbox_stage.hpp"

using namespace slack_tests;
using bot::Millis;

namespace {

struct Silence : Stage {
  std::unique_ptr<slack::CatchUp> catch_up;
  int delivered = 0;

  Silence() {
    reader.committed = &intake;
    reader.known = {{7, "slack", "room", "C7"}};
    open();
    catch_up = std::make_unique<slack::CatchUp>(settings.slack, *client, intake, reader, clock, workspace, inbox);
  }
  ~Silence() { inbox->stop(); }
  void deliver(const json& event) {
    Reception sent;
    inbox->event(envelope(event, "Ev" + std::to_string(++delivered)), sent.answer());
    REQUIRE(sent.given());
  }
  json reaction(const std::string& ts, const std::string& user) const {
    return {{"type", "reaction_added"}, {"user", user}, {"reaction", "pushpin"}, {"item", {{"type", "message"}, {"channel", "C7"}, {"ts", ts}}},
            {"event_ts", std::to_string(clock.now().time_since_epoch().count() / 1000) + ".000900"}};
  }
  /// U02 pins what U01 wrote, while all is well.
  std::string pinned(const std::string& words) {
    const std::string ts = vendor.say("C7", "U01", words);
    vendor.react(ts, "U02", "pushpin");
    const std::size_t before = captures().size();
    deliver(reaction(ts, "U02"));
    REQUIRE(wait([&] { return captures().size() > before; }));
    reader.known.push_back({7, "slack", "captured:C7/" + ts, "5"});
    return ts;
  }
  std::vector<bot::Capture> captures() const {
    std::vector<bot::Capture> out;
    for (const auto& request : intake.of<bot::Capture>()) out.push_back(std::get<bot::Capture>(request.body));
    return out;
  }
  std::vector<bot::Capture> captures(bot::Capture::What what, const std::string& ts) const {
    std::vector<bot::Capture> out;
    for (const auto& one : captures())
      if (one.what == what && one.message == "C7/" + ts) out.push_back(one);
    return out;
  }
  void pass(Millis time) {
    for (Millis gone{0}; gone < time; gone += Millis{10000}) {
      clock.advance(Millis{10000});
      catch_up->step();
    }
  }
  void begin_silence() {
    pass(Millis{60000});
    vendor.stop();
    pass(Millis{300000});
  }
  /// Slack is back; everything is read and carried out.
  void end_silence(std::size_t times = 1) {
    vendor.come_back();
    for (int i = 0; i < 60 && intake.of<bot::Away>().size() < times; ++i) pass(Millis{10000});
    REQUIRE(intake.of<bot::Away>().size() == times);
    CHECK(wait([&] { return intake.state("slack/work").empty(); }));
  }
};

using What = bot::Capture::What;

}  // namespace

TEST_CASE("Pinned messages that were edited, deleted or let go while nobody listened are followed, however old they are") {
  Silence s;
  const auto edited = s.pinned("the pool is full"), deleted = s.pinned("it is node 3"), let_go = s.pinned("never mind"), untouched = s.pinned("rolling back");
  s.clock.advance(Millis{3 * 3600000});
  s.begin_silence();
  s.vendor.edit(edited, "the pool of node 4 is full");
  s.vendor.erase(deleted);
  s.vendor.react(let_go, "U02", "pushpin", false);
  s.end_silence();
  REQUIRE(s.wait([&] { return s.captures().size() >= 7; }));
  REQUIRE(s.captures(What::edited, edited).size() == 1);
  CHECK(s.captures(What::edited, edited)[0].text == "the pool of node 4 is full");
  CHECK(s.captures(What::deleted, deleted).size() == 1);
  CHECK(s.captures(What::taken_off, let_go).size() == 1);
  CHECK(s.captures().size() == 7);  // four were put, and nothing else became of any
  CHECK(s.captures(What::put, untouched).size() == 1);

  // Another silence finds nothing new to say about them.
  s.begin_silence();
  s.end_silence(2);
  CHECK(s.captures(What::edited, edited).size() == 1);
  CHECK(s.captures(What::taken_off, let_go).size() == 1);
  CHECK(s.captures(What::taken_off, untouched).empty());
  CHECK(s.vendor.complaints().empty());
}

TEST_CASE("A message pinned by its shortcut stays when it bears no reaction") {
  Silence s;
  const auto ts = s.vendor.say("C7", "U01", "the graph says it all");
  s.reader.known.push_back({7, "slack", "captured:C7/" + ts, "5"});
  s.begin_silence();
  s.end_silence();
  CHECK(s.captures().empty());
}

TEST_CASE("A pushpin let go and put on again in later silences is on the timeline again") {
  Silence s;
  const auto ts = s.pinned("the pool is full");
  s.begin_silence();
  s.vendor.react(ts, "U02", "pushpin", false);
  s.end_silence();
  REQUIRE(s.wait([&] { return s.captures(What::taken_off, ts).size() == 1; }));
  s.begin_silence();
  s.vendor.react(ts, "U02", "pushpin");
  s.end_silence(2);
  CHECK(s.wait([&] { return s.captures(What::put, ts).size() == 2; }));
}

TEST_CASE("What was pinned in a thread, who joined, a new topic and a command to Muster are found in the order they happened") {
  Silence s;
  const auto question = s.vendor.say("C7", "U01", "what is it?");
  s.begin_silence();
  const auto answer = s.vendor.say("C7", "U02", "the pool", question);
  s.vendor.react(answer, "U01", "pushpin");
  s.vendor.say("C7", "U03", "<@U03> has joined the channel", "", "channel_join");
  s.vendor.say("C7", "U02", "all hands", "", "channel_topic");
  const auto asked = s.vendor.say("C7", "U02", "<@UMUSTER> note the pool is full");
  s.vendor.say("C7", "UMUSTER", "<@UMUSTER> note I said this myself");
  s.end_silence();
  REQUIRE(s.wait([&] { return !s.captures(What::put, answer).empty() && s.intake.of<bot::Typed>().size() == 1 && s.intake.of<bot::RoomChange>().size() == 1; }));
  CHECK(s.captures(What::put, answer)[0].text == "the pool");
  REQUIRE(s.intake.of<bot::Invocation>().size() == 1);
  const auto joined = s.intake.of<bot::Invocation>()[0];
  CHECK(std::get<bot::Invocation>(joined.body).verb == "join");
  CHECK(joined.caller.external_id == "U03");
  CHECK(std::get<bot::RoomChange>(s.intake.of<bot::RoomChange>()[0].body).text == "all hands");
  const auto typed = s.intake.of<bot::Typed>()[0];
  CHECK(std::get<bot::Typed>(typed.body).text == "note the pool is full");
  CHECK(typed.caller.external_id == "U02");
  CHECK(typed.sent == slack::time_of(asked));  // so that one that comes too late is refused as such
  CHECK(s.vendor.complaints().empty());
}

TEST_CASE("A room with very much talk is read in pieces, and the others after it") {
  Silence s;
  s.vendor.limit_as_slack(true);
  s.reader.put(incident(8, "search is slow"), "C8");
  support::SlackChannel other;
  other.id = "C8";
  other.name = "inc-8-search";
  other.members = {"UMUSTER", "U01"};
  s.vendor.add_channel(other);
  s.reader.known.push_back({8, "slack", "room", "C8"});
  s.begin_silence();
  for (int i = 0; i < 950; ++i) s.vendor.say("C7", "U01", "word " + std::to_string(i));
  s.end_silence(2);
  int missed = 0;
  for (const auto& request : s.intake.of<bot::Away>()) missed += std::get<bot::Away>(request.body).missed;
  CHECK(missed == 950);
  CHECK(s.vendor.rate_limited() == 0);
}

TEST_CASE("What Slack delivers is a sign of life: nobody is asked whether it is there") {
  Silence s;
  s.pass(Millis{60000});
  const auto before = s.vendor.calls("auth.test").size();
  for (int i = 0; i < 30; ++i) {
    s.deliver({{"type", "message"}, {"channel", "C7"}, {"user", "U01"}, {"text", "talk"}, {"ts", "1795448538.000100"}});
    s.pass(Millis{20000});
  }
  CHECK(s.vendor.calls("auth.test").size() == before);
}

TEST_CASE("With no incident open an idle Muster asks and writes seldom; the next incident finds it awake") {
  Silence s;
  bot::Incident over = incident(7, "checkout returns 500");
  over.phase = bot::Phase::closed;
  s.reader.put(over);
  s.pass(Millis{60000});
  const auto asked = s.vendor.calls("auth.test").size(), written = s.intake.of<bot::Checkpoint>().size();
  s.pass(Millis{3600000});
  CHECK(s.vendor.calls("auth.test").size() - asked <= 15);
  CHECK(s.intake.of<bot::Checkpoint>().size() - written <= 8);
  s.reader.put(incident(8, "search is slow"), "C8");
  s.pass(Millis{20000});
  CHECK(s.intake.state("slack/heard") >= bot::iso8601(s.clock.now() - Millis{20000}));
}

TEST_CASE("A message taken off the timeline does not come back for a reaction that was there all along") {
  Silence s;
  const auto ts = s.pinned("the pool is full");
  s.vendor.react(ts, "U03", "pushpin");
  s.deliver(s.reaction(ts, "U03"));
  s.begin_silence();
  s.vendor.react(ts, "U02", "pushpin", false);
  s.end_silence();
  REQUIRE(s.wait([&] { return s.captures(What::taken_off, ts).size() == 1; }));
  const auto before = s.captures().size();
  s.begin_silence();
  s.end_silence(2);
  CHECK(s.captures().size() == before);
}

TEST_CASE("Somebody of another organisation who came during a silence takes no part, as at any other time") {
  Silence s;
  s.begin_silence();
  s.vendor.say("C7", "U04", "<@U04> has joined the channel", "", "channel_join", "T0OTHER");
  s.vendor.say("C7", "U03", "<@U03> has joined the channel", "", "channel_join", "T0TEST");
  s.end_silence();
  REQUIRE(s.wait([&] { return !s.intake.of<bot::Invocation>().empty(); }));
  for (const auto& request : s.intake.of<bot::Invocation>()) CHECK(request.caller.external_id == "U03");
}
