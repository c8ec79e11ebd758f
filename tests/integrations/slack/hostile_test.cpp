// Whatever stands in a payload, nothing is thrown, everything is answered once, and nothing false is recorded.
#include <catch2/catch.hpp>

#include "tests/integrations/slack/inbox_stage.hpp"

using namespace slack_tests;

namespace {

const std::vector<json> kValues{nullptr, true, 7, -1.5, 1e300, "", "x", std::string(5000, 'y'), "\xE2\x80\xAE", "<!channel>", json::array(), json::object(), json::array({nullptr}), json::array({json::array()}), {{"id", 7}}};

/// Every place in `payload`, in turn, holds every kind of value, and is missing once.
void each_place(const json& payload, const std::function<void(const json&)>& look) {
  const json flat = payload.flatten();
  for (const auto& [pointer, ignored] : flat.items()) {
    for (json::json_pointer at(pointer); !at.empty(); at = at.parent_pointer()) {
      for (const auto& value : kValues) {
        json changed = payload;
        changed[at] = value;
        look(changed);
      }
      json without = payload;
      json& parent = without[at.parent_pointer()];
      if (parent.is_object()) parent.erase(at.back());
      look(without);
    }
  }
}

}  // namespace

TEST_CASE("Interactions with anything anywhere are answered once") {
  Stage stage;
  stage.workspace = std::make_shared<slack::Workspace>();
  stage.settings.slack.api_url = "http://127.0.0.1:1/api/";  // nobody there: what goes out is another test's matter
  stage.settings.slack.bot_token = bot::Secret("");
  stage.forms.answer = [](const bot::Request&) -> bot::Result<bot::Form> { return severity_form(); };
  json submitted = payload("view_submission", "t.1", "");
  submitted["view"] = {{"id", "V1"}, {"hash", "h"}, {"callback_id", "muster_form"}, {"private_metadata", R"({"verb":"severity","incident":7,"was":{"severity":"x.y"}})"},
                       {"title", {{"text", "T"}}}, {"blocks", json::array({{{"type", "input"}, {"block_id", "field:0:severity"}}})},
                       {"state", {{"values", {{"field:0:severity", {{"value", {{"type", "static_select"}, {"selected_option", {{"value", "sev1"}}}}}}}}}}}};
  json shortcut = payload("message_action");
  shortcut["callback_id"] = "add_to_timeline";
  shortcut["message"] = {{"ts", "1.1"}, {"user", "U01"}, {"text", "x"}, {"files", json::array({{{"name", "f"}, {"permalink", "https://x/"}}})}};
  int looked = 0;
  for (const json& whole : {press("run:0", "INC-7 ack"), submitted, shortcut})
    each_place(whole, [&](const json& changed) {
      Reception sent;
      stage.open().interaction(changed, sent.answer());
      if (!sent.given() || sent.times() != 1) FAIL(changed.dump());
      ++looked;
    });
  CHECK(looked > 1000);
  for (const auto& request : stage.intake.requests()) CHECK_FALSE((request.caller.kind == bot::ActorKind::person && request.caller.external_id.empty()));
}

TEST_CASE("Events with anything anywhere are answered or refused, and nobody who is nobody acts") {
  Stage stage;
  stage.workspace = std::make_shared<slack::Workspace>();
  stage.settings.slack.api_url = "http://127.0.0.1:1/api/";
  const std::vector<json> events{
      {{"type", "reaction_added"}, {"user", "U01"}, {"reaction", "pushpin"}, {"item", {{"channel", "C7"}, {"ts", "1.1"}}}, {"event_ts", "1.2"}},
      {{"type", "message"}, {"subtype", "message_changed"}, {"channel", "C7"}, {"message", {{"ts", "1.1"}, {"user", "U01"}, {"text", "b"}, {"edited", {{"user", "U01"}}}}}, {"previous_message", {{"text", "a"}}}},
      {{"type", "message"}, {"subtype", "channel_topic"}, {"channel", "C7"}, {"user", "U01"}, {"topic", "t"}},
      {{"type", "member_joined_channel"}, {"channel", "C7"}, {"user", "U03"}, {"team", "T0TEST"}},
      {{"type", "tokens_revoked"}, {"tokens", {{"bot", json::array({"UMUSTER"})}}}}};
  int number = 0;
  for (const auto& event : events)
    each_place(envelope(event), [&](const json& changed) {
      json one = changed;
      if (one.is_object() && one.contains("event_id") && one["event_id"] == "Ev01") one["event_id"] = "Ev" + std::to_string(++number);
      Reception sent;
      stage.open().event(one, sent.answer());
      if (!sent.given() && !sent.dropped()) FAIL(changed.dump());
      CHECK(sent.times() <= 1);
    });
  for (const auto& request : stage.intake.requests()) {
    CHECK_FALSE((request.caller.kind == bot::ActorKind::person && request.caller.external_id.empty()));
    CHECK(request.dedup_keys.size() >= (std::holds_alternative<bot::Checkpoint>(request.body) && request.dedup_keys.empty() ? 0u : 1u));
  }
}
