// Shortcuts and the Home tab.
#include <catch2/catch.hpp>

#include "integrations/slack/home.hpp"
#include "tests/integrations/slack/inbox_stage.hpp"
#include "tests/support/fake_slack_checks.hpp"

using namespace slack_tests;

namespace {

json message_action(const std::string& callback, const std::string& channel = "C7", const std::string& text = "db is down\nsecond line") {
  json out = payload("message_action", "t.9", channel);
  out["callback_id"] = callback;
  out["message_ts"] = "1795448500.000100";
  out["message"] = {{"type", "message"}, {"ts", "1795448500.000100"}, {"user", "U02"}, {"text", text},
                    {"files", json::array({{{"name", "graph.png"}, {"permalink", "https://test.slack.com/files/1"}}, {{"title", 7}}, "x"})}};
  return out;
}

}  // namespace

TEST_CASE("A message shortcut in an incident's room puts the message on its timeline") {
  Stage stage;
  Reception sent;
  stage.open().interaction(message_action("add_to_timeline"), sent.answer());
  REQUIRE(sent.given());
  REQUIRE(stage.wait([&] { return stage.intake.of<bot::Capture>().size() == 1; }));
  const auto request = stage.intake.of<bot::Capture>()[0];
  const auto& put = std::get<bot::Capture>(request.body);
  CHECK(put.incident == 7);
  CHECK(put.text == "db is down\nsecond line");
  CHECK(put.author.external_id == "U02");
  CHECK(put.files == std::vector<std::pair<std::string, std::string>>{{"graph.png", "https://test.slack.com/files/1"}});
  CHECK(request.caller.external_id == "U01");
  REQUIRE(stage.wait([&] { return !stage.vendor.ephemerals().empty(); }));  // asked for by hand: there is an answer
  CHECK(stage.vendor.calls("conversations.history").empty());
}

TEST_CASE("A shortcut that cannot be recorded is acknowledged by nobody but told") {
  Stage stage;
  stage.intake.reply.status = bot::ReplyStatus::unavailable;
  Reception sent;
  stage.open().interaction(message_action("add_to_timeline"), sent.answer());
  CHECK(sent.dropped());
}

TEST_CASE("Outside an incident's room a small form asks which incident") {
  Stage stage;
  auto secret = incident(8, "private matter");
  secret.is_private = true;
  stage.reader.put(secret);
  auto mine = incident(9, "mine & <only>");
  mine.is_private = true;
  mine.members = {"alice"};
  stage.reader.put(mine);
  Reception sent;
  stage.open().interaction(message_action("add_to_timeline", "C0GENERAL", std::string(6000, 'x')), sent.answer());
  REQUIRE(sent.given());
  REQUIRE(stage.filled());
  const json view = stage.view();
  CHECK(view.dump().find("private matter") == std::string::npos);
  REQUIRE(view["blocks"][0]["element"]["options"].size() == 2);
  CHECK(view["blocks"][0]["element"]["options"][0]["value"] == "9");
  CHECK(view["private_metadata"].get<std::string>().size() <= 3000);
  CHECK(stage.intake.requests().empty());
  Reception picked;
  stage.inbox->interaction(submission(stage.vendor.views()[0], {{"incident", chosen("9")}}), picked.answer());
  REQUIRE(picked.given());
  CHECK(picked.said() == json{{"response_action", "clear"}});
  REQUIRE(stage.wait([&] { return stage.intake.of<bot::Capture>().size() == 1; }));
  const auto put = std::get<bot::Capture>(stage.intake.of<bot::Capture>()[0].body);
  CHECK(put.incident == 9);
  CHECK(put.message == "C0GENERAL/1795448500.000100");
  CHECK(put.text.rfind("xxx", 0) == 0);  // Slack does not find the rest, so what came along is kept
}

TEST_CASE("Without an open incident the shortcut says so") {
  Stage stage;
  auto over = incident(7, "x");
  over.phase = bot::Phase::closed;
  stage.reader.put(over);
  stage.open().interaction(message_action("add_to_timeline", "C0GENERAL"), Reception().answer());
  REQUIRE(stage.filled());
  CHECK(stage.view().dump().find("no open incident") != std::string::npos);
}

TEST_CASE("Declaring from a message starts with its words, and the message goes on the new timeline") {
  Stage stage;
  stage.forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return declare_form(); };
  stage.open().interaction(message_action("declare_from_message", "C0GENERAL"), Reception().answer());
  REQUIRE(stage.filled());
  CHECK(stage.view()["blocks"][0]["element"]["initial_value"] == "db is down");
  stage.intake.reply.incident = 12;
  Reception sent;
  stage.inbox->interaction(submission(stage.vendor.views()[0], {{"title", typed("db is down")}, {"severity", chosen("sev1")}}), sent.answer());
  REQUIRE(sent.given());
  REQUIRE(stage.wait([&] { return stage.intake.of<bot::Capture>().size() == 1; }));
  CHECK(std::get<bot::Capture>(stage.intake.of<bot::Capture>()[0].body).incident == 12);
}

TEST_CASE("The Home tab shows what its person may see, and is drawn again over a newer one") {
  Stage stage;
  auto mine = incident(7, "checkout <!channel> & co");
  mine.declared = stage.clock.now() - bot::Millis{3600000};
  mine.roles = {{"commander", "alice"}};
  mine.members = {"alice"};
  stage.reader.put(mine, "C7");
  auto secret = incident(8, "private matter");
  secret.is_private = true;
  secret.declared_by.id = "carol";
  stage.reader.put(secret);
  auto home = [&stage](const std::string& user, const json& view, std::size_t published) {
    Reception sent;
    stage.open().event(envelope({{"type", "app_home_opened"}, {"user", user}, {"tab", "home"}, {"view", view}}, "Ev" + user), sent.answer());
    REQUIRE(sent.given());
    REQUIRE(stage.wait([&] { return stage.vendor.views().size() >= published; }));
  };
  home("U01", nullptr, 1);
  const std::string drawn = stage.vendor.views()[0].view;
  CHECK(support::view_complaint(drawn) == "");
  CHECK(drawn.find("you are commander") != std::string::npos);
  CHECK(drawn.find("open for 1 h") != std::string::npos);
  CHECK(drawn.find("private matter") == std::string::npos);
  CHECK(drawn.find("<!channel>") == std::string::npos);
  CHECK(drawn.find("INC-7 join") == std::string::npos);
  home("U02", nullptr, 2);
  CHECK(stage.vendor.views()[1].view.find("INC-7 join") != std::string::npos);
  home("U01", {{"hash", "an old one"}}, 2);
  REQUIRE(stage.wait([&] { return stage.vendor.views()[0].updates == 1; }));
  CHECK(stage.intake.requests().empty());
}

TEST_CASE("A press in the Home tab is answered by a view of its own") {
  Stage stage;
  json pressed = press("run:join", "INC-7 join");
  pressed.erase("response_url");
  pressed.erase("channel");
  pressed["container"] = {{"type", "view"}, {"view_id", "V1"}};
  Reception sent;
  stage.open().interaction(pressed, sent.answer());
  REQUIRE(sent.given());
  REQUIRE(stage.wait([&] { return stage.vendor.views().size() == 2; }));  // the answer, and the tab drawn anew
  CHECK(stage.vendor.calls("views.open").size() == 1);
  CHECK(stage.vendor.calls("views.open")[0].args.at("view").find("Recorded.") != std::string::npos);
  CHECK(std::get<bot::Typed>(stage.intake.requests()[0].body).text == "INC-7 join");
}

TEST_CASE("Very many incidents still make a view that Slack takes") {
  bot::People people;
  std::vector<bot::Incident> open;
  for (int i = 1; i <= 100; ++i) open.push_back(incident(i, std::string(400, '&')));
  const std::string view = slack::home_view(open, "", false, slack::View{people}, bot::Time{});
  CHECK(support::view_complaint(view) == "");
  CHECK(view.find("And 75 more") != std::string::npos);
}
