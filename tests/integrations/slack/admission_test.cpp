// Who may give commands in Slack, how little is asked to find out, and that nobody's commands overtake each other while it is asked.
#include <catch2/catch.hpp>

#include "tests/integrations/slack/inbox_stage.hpp"
#include "tests/support/captured_log.hpp"

using namespace slack_tests;

namespace {

/// The way out: what goes to hooks.slack.com is kept, or refused; all else goes to the fake Slack.
class Way : public http::Client {
 public:
  http::CallResult call(const http::Call& call) override {
    if (call.url.rfind("https://hooks.slack.com/", 0) != 0) return real_->call(call);
    std::lock_guard lock(mutex_);
    told_.push_back(json::parse(call.body, nullptr, false));
    return http::Answer{used_up ? 404 : 200, {}, "ok"};
  }
  std::vector<json> told() const {
    std::lock_guard lock(mutex_);
    return told_;
  }
  std::atomic<bool> used_up{false};

 private:
  std::unique_ptr<http::Client> real_ = http::make_client();
  mutable std::mutex mutex_;
  std::vector<json> told_;
};

struct Gate : Stage {
  Way* way = nullptr;
  int triggers = 0;
  Gate() {
    auto out = std::make_unique<Way>();
    way = out.get();
    client = std::move(out);
    for (const char* id : {"U03", "U05", "U06"}) vendor.add_user(id);
  }

  std::map<std::string, std::string> fields(const std::string& text, const std::string& user, const std::string& channel = "C7", const std::string& channel_name = "inc-7") {
    return {{"team_id", "T0TEST"}, {"api_app_id", "A0MUSTER"}, {"user_id", user}, {"user_name", "dana"}, {"channel_id", channel}, {"channel_name", channel_name}, {"text", text},
            {"trigger_id", "t." + std::to_string(++triggers)}, {"response_url", "https://hooks.slack.com/commands/1"}};
  }
  std::string command(const std::string& text, const std::string& user, const std::string& channel = "C7", const std::string& channel_name = "inc-7") {
    Reception answered;
    open().command(fields(text, user, channel, channel_name), answered.answer(), {});
    REQUIRE(answered.given());
    return answered.body().empty() ? "" : answered.said()["text"].get<std::string>();
  }
  void press(const std::string& user, const std::string& team = "T0TEST") {
    json pressed = slack_tests::press("run:0", "INC-7 ack", "t." + std::to_string(++triggers));
    pressed["user"] = {{"id", user}, {"username", "dana"}, {"team_id", team}};
    interact(pressed);
  }
  std::string interact(const json& payload) {
    Reception sent;
    open().interaction(payload, sent.answer());
    REQUIRE(sent.given());
    return sent.body();
  }
  void event(const json& body) {
    Reception sent;
    open().event(envelope(body, "Ev" + std::to_string(++triggers)), sent.answer());
    REQUIRE(sent.given());
  }
  json react(const std::string& user, const std::string& ts) {
    return {{"type", "reaction_added"}, {"user", user}, {"reaction", "pushpin"}, {"item", {{"type", "message"}, {"channel", "C7"}, {"ts", ts}}}, {"event_ts", "1795448539." + std::to_string(100000 + ++triggers)}};
  }
  json mention(const std::string& user, const std::string& text, const std::string& team = "") {
    json out{{"type", "app_mention"}, {"user", user}, {"channel", "C7"}, {"ts", "1795448538." + std::to_string(100000 + ++triggers)}, {"text", "<@UMUSTER> " + text}};
    if (!team.empty()) out["user_team"] = team;
    return out;
  }
  std::size_t commands() const { return intake.of<bot::Typed>().size() + intake.of<bot::Invocation>().size() + intake.of<bot::Capture>().size(); }
  std::vector<std::string> typed() const {
    std::vector<std::string> out;
    for (const auto& one : intake.of<bot::Typed>()) out.push_back(std::get<bot::Typed>(one.body).text);
    return out;
  }
  bool told_at_the_address(const std::string& words) {
    return wait([&] {
      for (const auto& one : way->told())
        if (one["text"].get<std::string>().find(words) != std::string::npos) return true;
      return false;
    });
  }
  bool told_privately(const std::string& user, const std::string& words) {
    return wait([&] {
      for (const auto& one : vendor.ephemerals())
        if (one.user == user && one.text.find(words) != std::string::npos) return true;
      return false;
    });
  }
};

struct Outsider { const char* what; const char* members; const char* words; };
const Outsider kOutsiders[] = {
    {"a guest of several channels", R"({"is_restricted":true})", "you are a guest"},
    {"a guest of one channel", R"({"is_restricted":true,"is_ultra_restricted":true})", "you are a guest"},
    {"a guest whom Slack calls only ultra restricted", R"({"is_ultra_restricted":true})", "you are a guest"},
    {"somebody of another organisation in a shared channel", R"({"team_id":"T0OTHER"})", "another organisation"},
    {"a stranger", R"({"is_stranger":true})", "another organisation"},
    {"a member of another enterprise", R"({"team_id":"T0OTHER","enterprise_user":{"id":"W1","enterprise_id":"E0OTHER","teams":["T0OTHER"]}})", "another organisation"},
    {"an enterprise's member whose workspaces ours is not among", R"({"team_id":"T0OTHER","enterprise_user":{"id":"W1","enterprise_id":"E0OURS","teams":["T0X","T0OTHER"]}})", "another organisation"},
    {"a bot", R"({"is_bot":true})", "no commands from bots"},
    {"a closed account", R"({"deleted":true})", "switched off"}};

}  // namespace

TEST_CASE("guests, bots and people of other organisations are refused at every door, and told why") {
  for (const Outsider& outsider : kOutsiders) {
    INFO(outsider.what);
    Gate gate;
    const std::string ts = gate.vendor.say("C7", "U01", "DB pool exhausted");
    gate.vendor.describe_user("U03", outsider.members);

    CHECK(gate.command("declare sev1 x", "U03").find(outsider.words) != std::string::npos);

    gate.press("U03");
    CHECK(gate.told_at_the_address(outsider.words));

    json shortcut = payload("message_action", "t.m");
    shortcut["callback_id"] = "add_to_timeline";
    shortcut["user"] = {{"id", "U03"}, {"username", "dana"}, {"team_id", "T0TEST"}};
    shortcut["message"] = {{"type", "message"}, {"ts", ts}, {"user", "U01"}, {"text", "DB pool exhausted"}};
    gate.interact(shortcut);
    json declare = payload("shortcut", "t.d", "");
    declare["callback_id"] = "declare_incident";
    declare["user"] = {{"id", "U03"}, {"username", "dana"}, {"team_id", "T0TEST"}};
    gate.interact(declare);

    json sent{{"type", "view_submission"}, {"team", {{"id", "T0TEST"}}}, {"api_app_id", "A0MUSTER"}, {"user", {{"id", "U03"}, {"name", "dana"}, {"team_id", "T0TEST"}}},
              {"view", {{"id", "V1"}, {"callback_id", "muster_form"}, {"private_metadata", "{}"}, {"state", {{"values", json::object()}}}}}};
    CHECK(gate.interact(sent).find(outsider.words) != std::string::npos);

    gate.event(gate.mention("U03", "declare sev1 x"));
    gate.event(gate.react("U03", ts));
    gate.event({{"type", "member_joined_channel"}, {"user", "U03"}, {"channel", "C7"}, {"team", "T0TEST"}, {"event_ts", "1.5"}});
    REQUIRE(gate.wait([&] { return gate.intake.state("slack/work").empty() && gate.vendor.ephemerals().size() >= 2; }));
    CHECK(gate.told_privately("U03", outsider.words));

    CHECK(gate.commands() == 0);
    CHECK(gate.vendor.views().empty());
    CHECK(gate.vendor.calls("users.info").size() == 1);  // eight doors, one question
    CHECK(gate.vendor.complaints().empty());
  }
}

TEST_CASE("what a payload itself says of another team is enough, and Slack is not asked") {
  Gate gate;
  gate.press("U03", "T0OTHER");
  CHECK(gate.told_at_the_address("another organisation"));
  gate.event(gate.mention("U03", "declare sev1 x", "T0OTHER"));
  CHECK(gate.told_privately("U03", "another organisation"));
  gate.event({{"type", "member_joined_channel"}, {"user", "U03"}, {"channel", "C7"}, {"team", "T0OTHER"}, {"event_ts", "1.5"}});
  CHECK(gate.commands() == 0);
  CHECK(gate.vendor.calls("users.info").empty());
}

TEST_CASE("members are let in: of our workspace, of our enterprise, of the whole enterprise that is ours") {
  Gate gate;
  gate.vendor.describe_user("U05", R"({"team_id":"T0HOME","enterprise_user":{"id":"W1","enterprise_id":"E0OURS","teams":["T0HOME","T0TEST"]}})");
  gate.command("note of our enterprise", "U05");
  gate.command("note of our workspace", "U06");
  CHECK(gate.typed() == std::vector<std::string>{"note of our enterprise", "note of our workspace"});

  Gate whole;
  whole.workspace->learn({"T0TEST", "E0OURS", "UMUSTER", "BMUSTER", "A0MUSTER", true});
  whole.vendor.describe_user("U05", R"({"team_id":"T0HOME","enterprise_user":{"id":"W1","enterprise_id":"E0OURS","teams":["T0HOME"]}})");
  whole.vendor.describe_user("U06", R"({"team_id":"T0THEIRS","enterprise_user":{"id":"W2","enterprise_id":"E0OTHER","teams":["T0THEIRS"]}})");
  whole.vendor.describe_user("U03", R"({"team_id":"E0OTHER"})");
  whole.command("note ours", "U05");
  CHECK(whole.command("note theirs", "U06").find("another organisation") != std::string::npos);
  CHECK(whole.command("note theirs", "U03").find("another organisation") != std::string::npos);
  CHECK(whole.typed() == std::vector<std::string>{"note ours"});
}

TEST_CASE("who is named in the settings may command though Slack calls them a guest, and is not asked about") {
  Gate gate;
  gate.settings.people = {{"dana", "Dana", false, {{"slack", "U03"}}, ""}};
  gate.vendor.describe_user("U03", R"({"is_restricted":true})");
  gate.command("note x", "U03");
  gate.press("U03", "T0OTHER");
  CHECK(gate.typed().size() == 2);
  CHECK(gate.vendor.calls("users.info").empty());
}

TEST_CASE("Slack is asked once about a person, and again when half a day has passed, or ten minutes for an outsider") {
  Gate gate;
  gate.vendor.describe_user("U03", R"({"is_restricted":true})");
  for (int i = 0; i < 3; ++i) {
    gate.command("note x", "U05");
    gate.command("note x", "U03");
  }
  CHECK(gate.vendor.calls("users.info").size() == 2);
  gate.vendor.describe_user("U03", R"({"is_restricted":false})");  // made a member meanwhile
  gate.clock.advance(bot::Millis{11 * 60000});
  CHECK(gate.command("note y", "U03") == "Recorded.");
  gate.command("note x", "U05");
  CHECK(gate.vendor.calls("users.info").size() == 3);
  gate.clock.advance(bot::Millis{13 * 3600000});
  gate.command("note x", "U05");
  CHECK(gate.vendor.calls("users.info").size() == 4);
}

TEST_CASE("while Slack hangs or errs people are let in within its three seconds, the log says so, and nobody waits twice") {
  for (const bool hangs : {true, false}) {
    INFO((hangs ? "hangs" : "errs"));
    Gate gate;
    gate.vendor.describe_user("U03", R"({"is_restricted":true})");
    if (hangs) gate.vendor.hang("users.info", -1);
    else gate.vendor.refuse(500, 0, "users.info", -1);
    const support::CapturedLog log;
    const auto real = bot::system_clock();
    const bot::Millis began = real->monotonic();
    CHECK(gate.command("declare sev1 x", "U03") == "Recorded.");
    CHECK(real->monotonic() - began < bot::Millis{2900});
    CHECK(gate.command("note y", "U05") == "Recorded.");  // known to be silent: not asked for the next half minute
    CHECK(gate.vendor.calls("users.info").size() == 1);
    CHECK(log.times("slack_person_unchecked") == 2);
    CHECK(log.times("\"U03\"") == 1);
    gate.vendor.heal();
    gate.clock.advance(bot::Millis{31000});
    CHECK(gate.command("note z", "U03").find("you are a guest") != std::string::npos);
  }
}

TEST_CASE("whom Slack hides from Muster is an outsider; whom it does not find is let in, is told of in the log, and is not asked about each time") {
  Gate gate;
  gate.vendor.error("user_not_visible", "users.info", 1);
  CHECK(gate.command("declare sev1 x", "U03").find("another organisation") != std::string::npos);
  CHECK(gate.command("note x", "U03").find("another organisation") != std::string::npos);
  CHECK(gate.vendor.calls("users.info").size() == 1);
  const support::CapturedLog log;
  gate.vendor.error("user_not_found", "users.info", 1);
  CHECK(gate.command("note x", "U05") == "Recorded.");
  CHECK(gate.command("note y", "U05") == "Recorded.");
  CHECK(gate.vendor.calls("users.info").size() == 2);
  CHECK(log.times("slack_person_unchecked") == 1);
}

TEST_CASE("many whom nobody knows are answered in time though Slack hangs") {
  Gate gate;
  gate.vendor.hang("users.info", -1);
  const auto real = bot::system_clock();
  const bot::Millis began = real->monotonic();
  std::vector<Reception> answers(40);
  for (std::size_t i = 0; i < answers.size(); ++i) gate.open().command(gate.fields("note x", "U1" + std::to_string(100 + i)), answers[i].answer(), {});
  for (auto& one : answers) REQUIRE(one.given());
  CHECK(real->monotonic() - began < bot::Millis{2900});
  CHECK(gate.commands() == answers.size());
}

TEST_CASE("quick commands by one person stay in order while Slack is asked who that is") {
  Gate gate;
  support::SlackFault slow;
  slow.kind = support::SlackFault::Kind::slow;
  slow.method = "users.info";
  slow.delay = bot::Millis{400};
  gate.vendor.fault(slow);  // the first question alone
  std::vector<Reception> answers(12);
  std::vector<std::string> in_order;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    in_order.push_back("note " + std::to_string(i));
    if (i == 8) gate.wait([&] { return !gate.vendor.calls("users.info").empty(); });
    gate.open().command(gate.fields(in_order.back(), "U05"), answers[i].answer(), {});
  }
  for (auto& one : answers) REQUIRE(one.given());
  CHECK(gate.typed() == in_order);
  CHECK(gate.vendor.calls("users.info").size() == 1);
}

TEST_CASE("what is typed or pressed right after an adopt comes after it, however long Slack takes to tell of the room") {
  Gate gate;
  gate.people.put({"eve", "Eve", false, {{"slack", "U05"}}, ""});
  gate.settings.people = {{"eve", "Eve", false, {{"slack", "U05"}}, ""}};
  support::SlackFault slow;
  slow.kind = support::SlackFault::Kind::slow;
  slow.method = "conversations.info";
  slow.delay = bot::Millis{400};
  gate.vendor.fault(slow);
  gate.vendor.add_channel({"C8", "db", "", "U09", 1, false, false, false, {"UMUSTER", "U05"}, {}});
  Reception first, second;
  gate.open().command(gate.fields("adopt sev2 db is slow", "U05", "C8"), first.answer(), {});
  gate.open().command(gate.fields("severity sev1", "U05", "C8"), second.answer(), {});
  gate.press("U05");
  REQUIRE(first.given());
  REQUIRE(second.given());
  CHECK(gate.typed() == std::vector<std::string>{"adopt sev2 db is slow", "severity sev1", "INC-7 ack"});
}

TEST_CASE("mentions by one person stay in order, and one person's wait is nobody else's") {
  Gate gate;
  support::SlackFault slow;
  slow.kind = support::SlackFault::Kind::slow;
  slow.method = "users.info";
  slow.delay = bot::Millis{500};
  gate.vendor.fault(slow);
  std::vector<Reception> answers(4);
  for (std::size_t i = 0; i < answers.size(); ++i) gate.open().event(envelope(gate.mention("U05", "note " + std::to_string(i)), "EvM" + std::to_string(i)), answers[i].answer());
  gate.wait([&] { return !gate.vendor.calls("users.info").empty(); });
  gate.settings.people = {{"alice", "Alice", false, {{"slack", "U01"}}, ""}};
  CHECK(gate.command("note mine", "U01") == "Recorded.");
  CHECK(gate.typed().front() == "note mine");
  for (auto& one : answers) REQUIRE(one.given());
  CHECK(gate.typed() == std::vector<std::string>{"note mine", "note 0", "note 1", "note 2", "note 3"});
}

TEST_CASE("what became of a command that was answered late is told at its response URL, or in the room when that is used up") {
  for (const bool used_up : {false, true}) {
    Gate gate;
    gate.way->used_up = used_up;
    gate.settings.people = {{"alice", "Alice", false, {{"slack", "U01"}}, ""}};
    gate.intake.silent = true;
    Reception answered;
    gate.open().command(gate.fields("note x", "U01"), answered.answer(), {});
    gate.clock.advance(bot::Millis{2400});
    REQUIRE(answered.given());
    CHECK(answered.said()["text"].get<std::string>().rfind("Not yet recorded: ", 0) == 0);
    CHECK(gate.way->told().empty());
    gate.intake.answer_late();
    CHECK(gate.told_at_the_address("Recorded."));
    CHECK(answered.times() == 1);
    if (used_up) CHECK(gate.told_privately("U01", "Recorded."));
    else CHECK(gate.vendor.ephemerals().empty());
    CHECK(gate.way->told().size() == 1);
    CHECK(gate.way->told()[0]["response_type"] == "ephemeral");
  }
}

// ---- adopt: what Slack says of the room decides ----

TEST_CASE("adopt is told whether everybody can read the room: public, private, direct, or nobody knows") {
  struct Place { const char* what; support::SlackChannel channel; const char* name; bot::RoomNature nature; };
  support::SlackChannel open{"C8", "db", "", "U09", 1, false, false, false, {"UMUSTER", "U01"}, {}};
  support::SlackChannel unjoined = open, closed = open, direct = open;
  unjoined.members = {"U01"};
  closed.is_private = true;
  direct.id = "D8";
  direct.is_im = true;
  const Place places[] = {{"public", open, "db", bot::RoomNature::open},
                          {"public, Muster not in it yet", unjoined, "db", bot::RoomNature::open},
                          {"private", closed, "privategroup", bot::RoomNature::closed},
                          {"a direct message", direct, "directmessage", bot::RoomNature::direct}};
  for (const auto& place : places) {
    INFO(place.what);
    Gate gate;
    gate.vendor.add_channel(place.channel);
    CHECK(gate.command("adopt sev2 db is slow", "U01", place.channel.id, place.name) == "Recorded.");
    REQUIRE(gate.intake.of<bot::Typed>().size() == 1);
    CHECK(gate.intake.of<bot::Typed>()[0].room->nature == place.nature);
  }

  Gate unsure;
  unsure.vendor.refuse(500, 0, "conversations.info", -1);
  CHECK(unsure.command("adopt sev2 db is slow", "U01", "C8", "db") == "Recorded.");
  CHECK(unsure.intake.of<bot::Typed>()[0].room->nature == bot::RoomNature::unknown);
  CHECK(unsure.command("adopt sev2 db is slow", "U01", "C8", "privategroup") == "Recorded.");
  CHECK(unsure.intake.of<bot::Typed>()[1].room->nature == bot::RoomNature::closed);  // the command itself says it
  CHECK(unsure.command("note x", "U01", "C8", "db") == "Recorded.");
  CHECK(unsure.vendor.calls("conversations.info").size() <= 2);                       // of no interest to other verbs
}

TEST_CASE("adopt of a room that Muster cannot see or use changes nothing and says what to do") {
  Gate gate;
  support::SlackChannel closed{"C8", "secret", "", "U09", 1, true, false, false, {"U01"}, {}};
  gate.vendor.add_channel(closed);
  const std::string words = gate.command("adopt sev2 db is slow", "U01", "C8", "privategroup");
  CHECK(words.find("/invite") != std::string::npos);
  support::SlackChannel over{"C9", "old", "", "U09", 1, false, true, false, {"UMUSTER", "U01"}, {}};
  gate.vendor.add_channel(over);
  CHECK(gate.command("adopt sev2 db is slow", "U01", "C9", "old").find("archived") != std::string::npos);
  CHECK(gate.command("adopt sev2 db is slow", "U01", "C0NOWHERE", "x").find("/invite") != std::string::npos);
  CHECK(gate.commands() == 0);
}

// ---- names learnt later ----

TEST_CASE("when somebody gets a name, the cards of open incidents that show them are drawn again, and no others") {
  Gate gate;
  auto commands = incident(7, "checkout returns 500");
  commands.roles["commander"] = "slack:U05";
  auto paged = incident(8, "search is slow");
  bot::PageRun run;
  run.paged = {"slack:U05"};
  paged.pages = {run};
  auto neither = incident(9, "mail is late");
  neither.roles["commander"] = "alice";
  run.open = false;
  neither.pages = {run};
  auto closed = commands;
  closed.number = 10;
  closed.phase = bot::Phase::closed;
  for (const auto& row : {commands, paged, neither, closed}) gate.reader.put(row);
  gate.open();
  gate.workspace->named("slack:U05");
  std::set<std::int64_t> drawn;
  for (const auto& request : gate.intake.of<bot::RoomChange>()) {
    const auto& change = std::get<bot::RoomChange>(request.body);
    CHECK(change.what == "named");
    CHECK(change.text == "slack:U05");
    CHECK(request.caller.kind == bot::ActorKind::muster);
    drawn.insert(change.incident.value_or(0));
  }
  CHECK(drawn == std::set<std::int64_t>{7, 8});
  gate.reader.broken = true;
  gate.workspace->named("slack:U05");  // the next change draws them
  CHECK(gate.intake.of<bot::RoomChange>().size() == 2);
}
