// From the press to the timeline by way of a modal.
#include <catch2/catch.hpp>

#include "tests/integrations/slack/inbox_stage.hpp"
#include "tests/support/fake_slack_checks.hpp"

using namespace slack_tests;

namespace {

const bot::Invocation& invocation(const bot::Request& request) { return std::get<bot::Invocation>(request.body); }

/// A stage whose every form is the one for severity, opened by Alice.
struct Opened : Stage {
  Opened() {
    forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return severity_form(); };
    Reception pressed;
    open().interaction(press("form:0", "INC-7 severity"), pressed.answer());
    REQUIRE(pressed.given());
    CHECK(pressed.body().empty());
    REQUIRE(filled());
  }
  json submit(const std::map<std::string, json>& values, const std::string& user = "U01") {
    Reception sent;
    inbox->interaction(submission(vendor.views()[0], values, user), sent.answer());
    REQUIRE(sent.given());
    CHECK(sent.times() == 1);
    return sent.body().empty() ? json() : sent.said();
  }
};

}  // namespace

TEST_CASE("A button that asks for more opens a light view at once and fills it") {
  Opened stage;
  const auto opened = stage.vendor.calls("views.open");
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].args.at("view").find("One moment") != std::string::npos);
  const auto updated = stage.vendor.calls("views.update");
  REQUIRE(updated.size() == 1);
  CHECK_FALSE(updated[0].args.at("hash").empty());
  const json view = stage.view();
  CHECK(view["callback_id"] == "muster_form");
  CHECK(view["title"]["text"] == "Severity of INC-7");
  CHECK(view["blocks"][0]["element"]["initial_option"]["value"] == "sev2");
  CHECK(stage.vendor.complaints().empty());
  CHECK(stage.intake.requests().empty());
  CHECK(std::get<bot::Typed>(stage.forms.asked().at(0).body).text == "INC-7 severity");
}

TEST_CASE("A submission is the verb's invocation, answered when it is recorded") {
  Opened stage;
  CHECK(stage.submit({{"severity", chosen("sev1")}}) == json{{"response_action", "clear"}});
  const auto asked = stage.intake.of<bot::Invocation>();
  REQUIRE(asked.size() == 1);
  CHECK(invocation(asked[0]).verb == "severity");
  CHECK(invocation(asked[0]).incident == 7);
  CHECK(invocation(asked[0]).arg("severity") == "sev1");
  CHECK(asked[0].caller.external_id == "U01");
  CHECK(asked[0].room->id == "C7");
  CHECK(asked[0].dedup_keys == std::vector<std::string>{"slack:view:" + stage.vendor.views()[0].id + ":" + stage.vendor.views()[0].hash});
  REQUIRE(stage.wait([&] { return !stage.vendor.ephemerals().empty(); }));
  CHECK(stage.vendor.ephemerals()[0].text == "Recorded.");
  CHECK(stage.vendor.ephemerals()[0].user == "U01");
}

TEST_CASE("A refusal stands beside the field it is about, and what was typed stays") {
  Opened stage;
  stage.intake.reply.status = bot::ReplyStatus::invalid;
  stage.intake.reply.field = "severity";
  stage.intake.reply.card.title = {bot::plain("Not recorded: <sev9> & \"x\" is no severity.")};
  const json answer = stage.submit({{"severity", chosen("sev1")}});
  CHECK(answer["response_action"] == "errors");
  CHECK(answer["errors"] == json{{"field:0:severity", "Not recorded: <sev9> & \"x\" is no severity."}});
  stage.intake.reply.field = "some other argument";
  CHECK(stage.submit({{"severity", chosen("sev1")}})["errors"].size() == 1);
  stage.intake.reply.status = bot::ReplyStatus::unavailable;
  CHECK(stage.submit({{"severity", chosen("sev1")}})["errors"]["field:0:severity"].get<std::string>().rfind("Not recorded: ", 0) == 0);
}

TEST_CASE("After a commit of unknown outcome the form does not invite a second press") {
  Opened stage;
  stage.intake.reply.status = bot::ReplyStatus::maybe_recorded;
  stage.intake.reply.card.title = {bot::plain("The disk failed.")};
  const json answer = stage.submit({{"severity", chosen("sev1")}});
  CHECK(answer["response_action"] == "update");
  CHECK(support::view_complaint(answer["view"].dump()) == "");
  CHECK(answer["view"].dump().find("not known whether this was recorded") != std::string::npos);
  CHECK_FALSE(answer["view"].contains("submit"));
}

TEST_CASE("A commit that is late is said to be under way in time, and its outcome is shown in the same view") {
  Opened stage;
  stage.intake.silent = true;
  Reception sent;
  stage.inbox->interaction(submission(stage.vendor.views()[0], {{"severity", chosen("sev1")}}), sent.answer());
  REQUIRE(stage.wait([&] { return !stage.intake.requests().empty(); }));
  CHECK_FALSE(sent.given_yet());
  stage.clock.advance(bot::Millis{2300});
  REQUIRE(sent.given());
  CHECK(sent.said()["response_action"] == "update");
  CHECK(sent.said()["view"].dump().find("Being recorded") != std::string::npos);
  stage.intake.answer_late();
  REQUIRE(stage.filled(0, 2));
  CHECK(stage.view().dump().find("Recorded.") != std::string::npos);
  CHECK(sent.times() == 1);
}

TEST_CASE("Who sends a form second sees what the first one made of it, beside the field, before putting theirs over it") {
  Opened stage;
  stage.forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return severity_form("sev1"); };  // Bob was quicker
  const json answer = stage.submit({{"severity", chosen("sev3")}});
  CHECK(answer["response_action"] == "update");
  const json& view = answer["view"];
  CHECK(support::view_complaint(view.dump()) == "");
  CHECK(view["blocks"][1]["block_id"] == "field:1:severity");
  CHECK(view["blocks"][1]["hint"]["text"].get<std::string>().find("it is sev1: all hands now") != std::string::npos);
  CHECK(view["blocks"][1]["element"]["initial_option"]["value"] == "sev3");  // what was chosen is kept
  CHECK(stage.intake.requests().empty());
  auto held = stage.vendor.views()[0];
  held.view = view.dump();
  Reception again;
  stage.inbox->interaction(submission(held, {{"severity", chosen("sev3")}}), again.answer());
  REQUIRE(again.given());
  CHECK(again.said() == json{{"response_action", "clear"}});
  CHECK(invocation(stage.intake.requests().at(0)).arg("severity") == "sev3");
}

TEST_CASE("Wanting what somebody else just did is no conflict") {
  Opened stage;
  stage.forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return severity_form("sev1"); };
  CHECK(stage.submit({{"severity", chosen("sev1")}})["response_action"] == "clear");
  CHECK(stage.intake.requests().size() == 1);
}

TEST_CASE("Where the choices tell how things stand, the chosen one counts") {
  auto roles = [](const std::string& commander, const std::string& suggested) {
    return bot::Form{"role", 7, "Roles of INC-7", "Set",
                     {{"role", "Role", bot::FieldKind::choice, true, suggested, "", {{"commander", "Commander: " + commander}, {"comms", "Comms: nobody yet"}, {"scribe", "Scribe: nobody yet"}}, 0}}};
  };
  Stage stage;
  stage.forms.answer = [&roles](const bot::Request&) -> bot::Result<bot::Form> { return roles("nobody yet", "commander"); };
  stage.open().interaction(press("form:0", "INC-7 role"), Reception().answer());
  REQUIRE(stage.filled());
  stage.forms.answer = [&roles](const bot::Request&) -> bot::Result<bot::Form> { return roles("Bob", "comms"); };  // Bob took command meanwhile
  auto pick = [](const std::string& value, const std::string& label) { return json{{"selected_option", {{"text", {{"text", label}}}, {"value", value}}}}; };
  Reception late;
  stage.inbox->interaction(submission(stage.vendor.views()[0], {{"role", pick("commander", "Commander: nobody yet")}}), late.answer());
  REQUIRE(late.given());
  CHECK(late.said()["view"]["blocks"][1]["hint"]["text"] == "Changed while this form was open: Commander: Bob.");
  CHECK(stage.intake.requests().empty());
  Reception other;
  stage.inbox->interaction(submission(stage.vendor.views()[0], {{"role", pick("scribe", "Scribe: nobody yet")}}), other.answer());
  REQUIRE(other.given());
  CHECK(other.said()["response_action"] == "clear");
}

TEST_CASE("A submission delivered twice is one request's worth") {
  Opened stage;
  stage.submit({{"severity", chosen("sev1")}});
  CHECK(stage.submit({{"severity", chosen("sev1")}})["response_action"] == "clear");
  const auto asked = stage.intake.of<bot::Invocation>();
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].dedup_keys == asked[1].dedup_keys);
}

TEST_CASE("When the trigger has expired the person reads what to type instead") {
  Stage stage;
  stage.forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return severity_form(); };
  json pressed = press("form:0", "INC-7 severity", stage.vendor.new_trigger());
  pressed.erase("response_url");
  SECTION("at Slack") { stage.vendor.error("expired_trigger_id", "views.open"); }
  SECTION("by Slack's other name for it") { stage.vendor.error("trigger_expired", "views.open"); }
  SECTION("because Slack hangs") { stage.vendor.hang("views.open"); }
  SECTION("because Slack fails") { stage.vendor.refuse(500, 0, "views.open"); }
  Reception sent;
  stage.open().interaction(pressed, sent.answer());
  REQUIRE(sent.given());
  CHECK(sent.body().empty());
  REQUIRE(stage.wait([&] { return !stage.vendor.ephemerals().empty(); }));
  const std::string told = stage.vendor.ephemerals()[0].text;
  CHECK(told.find("/incident INC-7 severity") != std::string::npos);
  CHECK(told.find("could not be opened") != std::string::npos);
}

TEST_CASE("Where there is no room the person is told directly") {
  Stage stage;
  stage.vendor.error("expired_trigger_id", "views.open");
  json shortcut = payload("shortcut", "t.1", "");
  shortcut["callback_id"] = "declare_incident";
  Reception sent;
  stage.open().interaction(shortcut, sent.answer());
  REQUIRE(stage.wait([&] { return !stage.vendor.direct_messages("U01").empty(); }));
  CHECK(stage.vendor.direct_messages("U01")[0].text.find("/incident declare sev3") != std::string::npos);
}

TEST_CASE("A form that cannot be had says why in the view") {
  Stage stage;
  Reception sent;
  stage.open().interaction(press("form:0", "INC-7 severity"), sent.answer());
  REQUIRE(stage.filled());
  CHECK(stage.view().dump().find("There is no form for this.") != std::string::npos);
  CHECK_FALSE(stage.view().contains("submit"));
}

TEST_CASE("A view changed by somebody else is drawn anew; one that took the lost answer is left alone") {
  Stage stage;
  stage.forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return severity_form(); };
  SECTION("conflict") {
    stage.vendor.error("hash_conflict", "views.update");
    stage.open().interaction(press("form:0", "INC-7 severity"), Reception().answer());
    REQUIRE(stage.filled());
    const auto calls = stage.vendor.calls("views.update");
    REQUIRE(calls.size() == 2);
    CHECK(calls[1].args.count("hash") == 0);
    CHECK(stage.forms.asked().size() == 2);
  }
  SECTION("lost answer") {
    stage.vendor.fail_after_doing("views.update");
    stage.open().interaction(press("form:0", "INC-7 severity"), Reception().answer());
    REQUIRE(stage.wait([&] { return stage.vendor.calls("views.update").size() == 2; }));
    CHECK(stage.vendor.calls("views.update")[1].error == "hash_conflict");
    CHECK(stage.vendor.views()[0].updates == 1);
  }
  SECTION("closed meanwhile") {
    stage.vendor.error("not_found", "views.update");
    stage.open().interaction(press("form:0", "INC-7 severity"), Reception().answer());
    REQUIRE(stage.wait([&] { return stage.vendor.calls("views.update").size() == 1; }));
    CHECK(stage.vendor.ephemerals().empty());
  }
}

TEST_CASE("A bare command that lacks something opens its form; a whole one never does") {
  Stage stage;
  stage.intake.reply_to = [](const bot::Request&) {
    bot::Reply reply;
    reply.status = bot::ReplyStatus::invalid;
    reply.card.title = {bot::plain("Not recorded: the title is missing.")};
    return reply;
  };
  auto command = [&stage](const std::string& text, Reception& answered) {
    stage.open().command({{"team_id", "T0TEST"}, {"api_app_id", "A0MUSTER"}, {"user_id", "U01"}, {"user_name", "alice"}, {"channel_id", "C7"},
                          {"text", text}, {"trigger_id", "t." + text}, {"response_url", "https://hooks.slack.com/commands/1"}},
                         answered.answer());
    REQUIRE(answered.given());
  };
  Reception no_form;
  command("frobnicate", no_form);
  CHECK(no_form.said()["text"] == "Not recorded: the title is missing.");
  stage.forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return declare_form(); };
  Reception long_text;
  command("declare sev9 something", long_text);
  CHECK(long_text.said()["text"] == "Not recorded: the title is missing.");
  CHECK(stage.vendor.calls("views.open").empty());
  Reception bare;
  command("declare", bare);
  CHECK(bare.body().empty());
  REQUIRE(stage.filled());
  CHECK(stage.view()["title"]["text"] == "Declare an incident");
}

TEST_CASE("A bare command whose parser refuses it still finds its form") {
  Stage stage;
  stage.intake.reply.status = bot::ReplyStatus::invalid;
  stage.forms.answer = [](const bot::Request& asked) -> bot::Result<bot::Form> {
    const auto* invocation = std::get_if<bot::Invocation>(&asked.body);
    if (invocation == nullptr) return bot::fail(bot::ErrorKind::invalid_input, "update what?");
    return bot::Form{invocation->verb, invocation->incident, "Update", "Send", {{"text", "Text", bot::FieldKind::text, true, "", "", {}, 0}}};
  };
  Reception bare;
  stage.open().command({{"team_id", "T0TEST"}, {"user_id", "U01"}, {"channel_id", "C7"}, {"text", " INC-7  update "}, {"trigger_id", "t.1"}}, bare.answer());
  REQUIRE(bare.given());
  REQUIRE(stage.filled());
  const json ticket = json::parse(stage.view()["private_metadata"].get<std::string>());
  CHECK(ticket["verb"] == "update");
  CHECK(ticket["incident"] == 7);
}

TEST_CASE("What a view carries is not believed") {
  Opened stage;
  auto with = [&stage](const json& metadata) {
    auto held = stage.vendor.views()[0];
    json view = json::parse(held.view);
    view["private_metadata"] = metadata;
    held.view = view.dump();
    Reception sent;
    stage.inbox->interaction(submission(held, {{"severity", chosen("sev1")}}), sent.answer());
    REQUIRE(sent.given());
    return sent.said();
  };
  for (const json& bad : {json("x"), json(""), json("{}"), json(7), json(nullptr), json(R"({"verb":""})"), json(R"({"verb":"a b"})"),
                          json(R"({"verb":"severity","incident":-3})"), json(R"({"verb":"severity","incident":"7"})"), json(R"({"verb":"severity","room":"../x"})"),
                          json(R"([1])"), json(std::string(100000, '['))}) {
    INFO(bad.dump().substr(0, 80));
    CHECK(with(bad)["response_action"] == "update");
  }
  CHECK(stage.intake.requests().empty());
  // Another incident's number is as good as a typed one: what the submitter may do is decided there.
  CHECK(with(R"({"verb":"severity","incident":8})")["response_action"] == "update");
  REQUIRE(stage.intake.requests().size() == 1);
  CHECK(invocation(stage.intake.requests()[0]).incident == 8);
  CHECK_FALSE(stage.intake.requests()[0].room);
}

TEST_CASE("Every kind of field comes back as its argument, and empty ones do not") {
  Stage stage;
  stage.forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return declare_form(); };
  json shortcut = payload("shortcut", "t.1", "");
  shortcut["callback_id"] = "declare_incident";
  stage.open().interaction(shortcut, Reception().answer());
  REQUIRE(stage.filled());
  Reception sent;
  stage.inbox->interaction(submission(stage.vendor.views()[0], {{"title", typed("db <!channel> down & out")}, {"severity", chosen("sev1")}, {"commander", person("W02")}}), sent.answer());
  REQUIRE(sent.given());
  const auto asked = stage.intake.of<bot::Invocation>();
  REQUIRE(asked.size() == 1);
  using Args = std::vector<std::pair<std::string, std::string>>;
  CHECK(invocation(asked[0]).args == Args{{"title", "db <!channel> down & out"}, {"severity", "sev1"}, {"commander", "<@slack:W02>"}});
  CHECK(sent.said()["response_action"] == "update");  // opened nowhere, so the modal itself shows the answer
  CHECK(sent.said()["view"].dump().find("Recorded.") != std::string::npos);
  Reception empty;
  stage.inbox->interaction(submission(stage.vendor.views()[0], {{"title", typed("x")}, {"severity", chosen("sev1")}, {"commander", {{"selected_user", nullptr}}}}), empty.answer());
  REQUIRE(empty.given());
  CHECK_FALSE(invocation(stage.intake.of<bot::Invocation>()[1]).has("commander"));
}
