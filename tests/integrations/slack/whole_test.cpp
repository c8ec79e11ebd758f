// Slack's payloads through the real commands and the real Coordinator: what a person does in Slack is what the timeline says.
#include <catch2/catch.hpp>

#include "bot/coordinator.hpp"
#include "bot/lifecycle.hpp"
#include "commands/table.hpp"
#include "tests/integrations/slack/inbox_stage.hpp"
#include "tests/support/fake_slack_checks.hpp"
#include "tests/support/fake_store.hpp"

using namespace slack_tests;

namespace {

struct Whole {
  support::FakeEnv env;
  support::FakeSlack vendor{&env.clock};
  bot::Settings settings;
  bot::People people;
  support::FakeStore store;
  std::unique_ptr<http::Client> client = http::make_client();
  std::unique_ptr<bot::Commands> table = commands::make_table();
  std::shared_ptr<slack::Workspace> workspace = std::make_shared<slack::Workspace>();
  bot::Coordinator coordinator{store, store, *table, settings, people, env.env()};
  bot::Loop writer{"writer", [this] {
                     if (coordinator.wait(bot::Millis{50})) coordinator.run_once();
                     return bot::Millis{0};
                   }};
  std::shared_ptr<slack::Inbox> inbox;
  int triggers = 0;

  Whole() {
    settings.slack.enabled = true;
    settings.slack.bot_token = bot::Secret(support::FakeSlack::kToken);
    settings.slack.signing_secret = bot::Secret(support::FakeSlack::kSigningSecret);
    settings.slack.api_url = vendor.url();
    for (const char* id : {"alice", "bob"}) {
      bot::Person person;
      person.id = person.name = id;
      person.identities["slack"] = person.id == "alice" ? "U01" : "U02";
      people.put(person);
    }
    bot::StatusPageSettings page;
    page.kind = "builtin";
    page.name = "public";
    page.components = {{"api", "API", ""}, {"web", "Website", ""}};
    settings.status_pages = {page};
    support::SlackChannel room;
    room.id = "C7";
    room.name = "db-trouble";
    room.members = {"UMUSTER", "U01", "U02", "U03"};
    vendor.add_channel(room);
    workspace->learn({"T0TEST", "", "UMUSTER", "BMUSTER", "A0MUSTER", false});
    writer.start();
    inbox = slack::make_inbox({coordinator, coordinator, store, settings, people, env.clock, *client, workspace});
  }
  ~Whole() {
    inbox->stop();
    writer.stop();
  }

  json command(const std::string& text, const std::string& user = "U01", std::optional<bot::Time> sent = {}) {
    Reception answered;
    inbox->command({{"team_id", "T0TEST"}, {"user_id", user}, {"user_name", "x"}, {"channel_id", "C7"}, {"text", text}, {"trigger_id", "t." + std::to_string(++triggers)},
                    {"response_url", "https://hooks.slack.com/commands/1"}},
                   answered.answer(), sent);
    REQUIRE(answered.given());
    return answered.body().empty() ? json() : answered.said();
  }
  void event(const json& body) {
    Reception sent;
    inbox->event(envelope(body, "Ev" + std::to_string(++triggers)), sent.answer());
    REQUIRE(sent.given());
  }
  json submit(const support::SlackView& held, const std::map<std::string, json>& values, const std::string& user = "U01") {
    Reception sent;
    inbox->interaction(submission(held, values, user), sent.answer());
    REQUIRE(sent.given());
    return sent.body().empty() ? json() : sent.said();
  }
  support::SlackView opened(std::size_t count) {
    REQUIRE(vendor.wait_until([&] { return vendor.views().size() >= count && vendor.views()[count - 1].updates == 1; }, 5));
    return vendor.views()[count - 1];
  }
  std::vector<bot::Entry> entries(bot::EntryKind kind) {
    std::vector<bot::Entry> out;
    const auto all = store.timeline(1, 0, 500);
    if (all)
      for (const auto& entry : *all)
        if (entry.kind == kind) out.push_back(entry);
    return out;
  }
  bool comes(bot::EntryKind kind, std::size_t count = 1) {
    return vendor.wait_until([&] { return entries(kind).size() >= count; }, 5);
  }
};

}  // namespace

TEST_CASE("Every verb typed bare is carried out, explained, or asked for in a form that Slack takes") {
  Whole whole;
  whole.command("adopt sev2 checkout returns 500");
  std::size_t forms = 0;
  for (const auto& verb : commands::verb_lines()) {
    if (verb.name == "close" || verb.name == "cancel" || verb.name == "resolve") continue;  // they would end the incident for those after them
    INFO(verb.name);
    const json said = whole.command("INC-1 " + verb.name);
    if (!said.is_null()) {
      CHECK(support::block_complaint(said["blocks"].dump()) == "");
      continue;
    }
    const auto view = whole.opened(++forms);
    INFO(view.view);
    CHECK(support::view_complaint(view.view) == "");
    CHECK(view.view.find("muster_form") != std::string::npos);
    whole.env.clock.advance(bot::Millis{60000});  // the local limits are another test's matter
  }
  CHECK(forms >= 5);
  CHECK(whole.vendor.complaints().empty());
}

TEST_CASE("An incident declared in a modal has its title and severity, and its declarer") {
  Whole whole;
  json shortcut = payload("shortcut", "t.s", "");
  shortcut["callback_id"] = "declare_incident";
  whole.inbox->interaction(shortcut, Reception().answer());
  const auto view = whole.opened(1);
  const json refused = whole.submit(view, {{"title", typed("   ")}, {"severity", chosen("sev1")}, {"kind", chosen("normal")}});
  CHECK(refused["response_action"] == "errors");
  CHECK(refused["errors"].begin().key() == "field:0:title");
  const json answer = whole.submit(view, {{"title", typed("checkout <!here> & co")}, {"severity", chosen("sev1")}, {"kind", chosen("drill")}});
  CHECK(answer["response_action"] == "update");
  CHECK(support::view_complaint(answer["view"].dump()) == "");
  const auto row = whole.store.incident(1);
  REQUIRE(row.ok());
  REQUIRE(row->has_value());
  CHECK((*row)->title == "checkout <!here> & co");
  CHECK((*row)->severity == "sev1");
  CHECK((*row)->is_drill);
  CHECK((*row)->declared_by.id == "alice");
}

TEST_CASE("Two people change the severity with the same form: the second one is told, and may insist") {
  Whole whole;
  whole.command("adopt sev3 checkout returns 500");
  CHECK(whole.command("severity").is_null());
  const auto alices = whole.opened(1);
  CHECK(whole.command("severity", "U02").is_null());
  const auto bobs = whole.opened(2);
  CHECK(whole.submit(bobs, {{"severity", chosen("sev1")}}, "U02")["response_action"] == "clear");
  const json told = whole.submit(alices, {{"severity", chosen("sev2")}});
  CHECK(told["view"].dump().find("Changed while this form was open") != std::string::npos);
  CHECK(whole.entries(bot::EntryKind::severity).size() == 1);
  auto again = alices;
  again.view = told["view"].dump();
  CHECK(whole.submit(again, {{"severity", chosen("sev2")}})["response_action"] == "clear");
  CHECK(whole.entries(bot::EntryKind::severity).size() == 2);
}

TEST_CASE("A pinned message follows its author's edits and goes with the reaction") {
  Whole whole;
  whole.command("adopt sev2 checkout returns 500");
  whole.vendor.say("C7", "U01", "pool exhausted on node 3");
  const std::string ts = whole.vendor.messages("C7").at(0).ts;
  const json item{{"type", "message"}, {"channel", "C7"}, {"ts", ts}};
  whole.event({{"type", "reaction_added"}, {"user", "U02"}, {"reaction", "pushpin"}, {"item", item}, {"event_ts", "1795448539.000100"}});
  REQUIRE(whole.comes(bot::EntryKind::captured));
  const auto captured = whole.entries(bot::EntryKind::captured)[0];
  CHECK(captured.text == "pool exhausted on node 3");
  CHECK(captured.actor.id == "bob");
  CHECK(bot::fact(captured.facts, "author") == "alice");
  CHECK(bot::fact(captured.facts, "link").rfind("https://test.slack.com/archives/C7/", 0) == 0);
  whole.event({{"type", "message"}, {"subtype", "message_changed"}, {"channel", "C7"}, {"event_ts", "1795448540.000200"},
               {"message", {{"ts", ts}, {"user", "U01"}, {"text", "pool exhausted on node 4"}, {"edited", {{"user", "U01"}}}}},
               {"previous_message", {{"ts", ts}, {"user", "U01"}, {"text", "pool exhausted on node 3"}}}});
  REQUIRE(whole.comes(bot::EntryKind::capture_edited));
  CHECK(whole.entries(bot::EntryKind::capture_edited)[0].text == "pool exhausted on node 4");
  whole.event({{"type", "reaction_removed"}, {"user", "U02"}, {"reaction", "pushpin"}, {"item", item}, {"event_ts", "1795448541.000100"}});
  REQUIRE(whole.comes(bot::EntryKind::withdrawn));
  CHECK(whole.store.adapter_state("slack/work")->value_or("").empty());
}

TEST_CASE("Joining the room by hand, its topic and its end are on the timeline under people's names") {
  Whole whole;
  whole.command("adopt sev2 checkout returns 500");
  whole.event({{"type", "member_joined_channel"}, {"user", "U03"}, {"channel", "C7"}, {"team", "T0TEST"}, {"event_ts", "1.5"}});
  REQUIRE(whole.comes(bot::EntryKind::joined));
  const auto joined = whole.entries(bot::EntryKind::joined).back();
  CHECK(bot::fact(joined.facts, "person") == "slack:U03");
  CHECK(whole.people.name_of("slack:U03") != "U03");
  whole.event({{"type", "message"}, {"subtype", "channel_topic"}, {"channel", "C7"}, {"user", "U02"}, {"topic", "call: bridge 5"}, {"ts", "1.6"}});
  REQUIRE(whole.comes(bot::EntryKind::room_changed));
  CHECK(whole.entries(bot::EntryKind::room_changed)[0].text == "call: bridge 5");
  whole.event({{"type", "channel_archive"}, {"channel", "C7"}, {"user", "U02"}, {"event_ts", "1.7"}});
  CHECK(whole.comes(bot::EntryKind::room_changed, 2));
}

TEST_CASE("A message declared from stands on the new timeline; a mention is a command; a stale one is refused") {
  Whole whole;
  json shortcut = payload("message_action", "t.m", "C0GENERAL");
  shortcut["callback_id"] = "declare_from_message";
  shortcut["message"] = {{"type", "message"}, {"ts", "1795448500.000100"}, {"user", "U02"}, {"text", "is checkout down?"}};
  whole.inbox->interaction(shortcut, Reception().answer());
  const auto view = whole.opened(1);
  CHECK(view.view.find("is checkout down?") != std::string::npos);
  whole.submit(view, {{"title", typed("checkout down")}, {"severity", chosen("sev2")}, {"kind", chosen("normal")}});
  REQUIRE(whole.comes(bot::EntryKind::captured));
  CHECK(bot::fact(whole.entries(bot::EntryKind::captured)[0].facts, "author") == "bob");
  whole.event({{"type", "app_mention"}, {"user", "U02"}, {"channel", "C7"}, {"ts", "1795448538.000100"}, {"text", "<@UMUSTER> INC-1 note bridge is open"}});
  CHECK(whole.entries(bot::EntryKind::note).size() == 1);
  const json stale = whole.command("INC-1 severity sev1", "U01", whole.env.clock.now() - std::chrono::minutes{30});
  CHECK(stale["text"].get<std::string>().rfind("Not recorded", 0) == 0);
  CHECK(whole.entries(bot::EntryKind::severity).empty());
}

TEST_CASE("A room under another id goes on: what is typed there is its incident's, and the old id means nothing") {
  Whole whole;
  whole.command("adopt sev2 checkout returns 500");
  whole.event({{"type", "channel_id_changed"}, {"old_channel_id", "C7"}, {"new_channel_id", "C9"}, {"event_ts", "1.6"}});
  REQUIRE(whole.comes(bot::EntryKind::room_changed));
  const auto now = whole.store.incident_of({"slack", "C9"});
  REQUIRE(now);
  CHECK(*now == 1);
  CHECK_FALSE(*whole.store.incident_of({"slack", "C7"}));
  whole.event({{"type", "app_mention"}, {"user", "U01"}, {"channel", "C9"}, {"ts", "1795448538.000100"}, {"text", "<@UMUSTER> note still here"}});
  CHECK(whole.comes(bot::EntryKind::note));
}
