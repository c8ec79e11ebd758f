// An inbox between a fake Slack and what lies behind it by hand; a clock that stands still. Threads: the test's, beside the inbox's own.
#pragma once

#include <condition_variable>
#include <thread>

#include <nlohmann/json.hpp>

#include "integrations/slack/inbox.hpp"
#include "tests/integrations/slack/inside.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_slack.hpp"

namespace slack_tests {

using nlohmann::json;

/// One acknowledgement: whether and with what it was given, or dropped.
class Reception {
 public:
  slack::Answer answer() {
    auto state = state_;
    // Dropping the answer is seen: the token goes with its last copy.
    auto token = std::shared_ptr<void>(nullptr, [state](void*) {
      std::lock_guard lock(state->mutex);
      state->dropped = true;
      state->changed.notify_all();
    });
    return [state, token](std::string body) {
      std::lock_guard lock(state->mutex);
      ++state->times;
      state->body = std::move(body);
      state->changed.notify_all();
    };
  }
  /// Waits until it was given; false: dropped, or not within five seconds.
  bool given() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, std::chrono::seconds(5), [this] { return state_->times > 0 || state_->dropped; });
    return state_->times > 0;
  }
  bool dropped() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, std::chrono::seconds(5), [this] { return state_->dropped; });
    return state_->dropped && state_->times == 0;
  }
  bool given_yet() {
    std::lock_guard lock(state_->mutex);
    return state_->times > 0;
  }
  int times() {
    std::lock_guard lock(state_->mutex);
    return state_->times;
  }
  std::string body() {
    std::lock_guard lock(state_->mutex);
    return state_->body;
  }
  json said() { return json::parse(body(), nullptr, false); }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    int times = 0;
    bool dropped = false;
    std::string body;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

struct Stage {
  support::FakeClock clock;
  support::FakeSlack vendor{&clock};
  bot::Settings settings;
  bot::People people;
  FakeIntake intake;
  FakeForms forms;
  FakeReader reader;
  std::unique_ptr<http::Client> client = http::make_client();
  std::shared_ptr<slack::Workspace> workspace = std::make_shared<slack::Workspace>();
  std::shared_ptr<slack::Inbox> inbox;

  Stage() {
    settings.slack.enabled = true;
    settings.slack.bot_token = bot::Secret(support::FakeSlack::kToken);
    settings.slack.signing_secret = bot::Secret(support::FakeSlack::kSigningSecret);
    settings.slack.api_url = vendor.url();
    people.put({"alice", "Alice", false, {{"slack", "U01"}}, ""});
    people.put({"bob", "Bob", false, {{"slack", "U02"}}, ""});
    workspace->learn({"T0TEST", "", "UMUSTER", "BMUSTER", "A0MUSTER", false});
    support::SlackChannel room;
    room.id = "C7";
    room.name = "inc-7-checkout";
    room.creator = "UMUSTER";
    room.members = {"UMUSTER", "U01", "U02", "U03"};
    vendor.add_channel(room);
    reader.put(incident(7, "checkout returns 500"), "C7");
    intake.reply.card.title = {bot::plain("Recorded.")};
    intake.reply.incident = 7;
  }
  ~Stage() {
    if (inbox) inbox->stop();
  }
  slack::Inbox& open() {
    if (!inbox) inbox = slack::make_inbox({intake, forms, reader, settings, people, clock, *client, workspace});
    return *inbox;
  }
  /// The process ends and begins again: only what was committed is left.
  slack::Inbox& restart() {
    if (inbox) inbox->stop();
    inbox.reset();
    reader.states["slack/work"] = intake.state("slack/work");
    return open();
  }
  bool wait(const std::function<bool()>& holds) { return vendor.wait_until(holds, 5); }
  json view(std::size_t i = 0) const {
    const auto all = vendor.views();
    return i < all.size() ? json::parse(all[i].view, nullptr, false) : json();
  }
  /// Waits for the view to have been filled after it was opened.
  bool filled(std::size_t i = 0, int updates = 1) {
    return wait([&] { return vendor.views().size() > i && vendor.views()[i].updates >= updates; });
  }
};

inline json payload(const std::string& type, const std::string& trigger = "t.1", const std::string& channel = "C7") {
  json out{{"type", type},
           {"team", {{"id", "T0TEST"}}},
           {"enterprise", nullptr},
           {"api_app_id", "A0MUSTER"},
           {"user", {{"id", "U01"}, {"username", "alice"}, {"team_id", "T0TEST"}}},
           {"trigger_id", trigger}};
  if (!channel.empty()) {
    out["channel"] = {{"id", channel}};
    out["response_url"] = "https://hooks.slack.com/actions/T0TEST/1/x";
  }
  return out;
}

inline json press(const std::string& action_id, const std::string& value, const std::string& trigger = "t.1") {
  json out = payload("block_actions", trigger);
  out["container"] = {{"type", "message"}};
  out["actions"] = json::array({{{"type", "button"}, {"action_id", action_id}, {"value", value}, {"action_ts", "1.5"}}});
  return out;
}

/// What Slack sends when `view` (as the fake holds it) is submitted with these values.
inline json submission(const support::SlackView& held, const std::map<std::string, json>& values, const std::string& user = "U01") {
  json out = payload("view_submission", "t.2", "");
  out["user"] = {{"id", user}, {"name", user == "U01" ? "alice" : "bob"}, {"team_id", "T0TEST"}};
  json view = json::parse(held.view, nullptr, false);
  view["id"] = held.id;
  view["hash"] = held.hash;
  view["state"]["values"] = json::object();
  for (const auto& block : view["blocks"]) {
    if (block.value("type", "") != "input") continue;
    const std::string id = block["block_id"], arg = id.substr(id.find(':', 6) + 1);
    const auto it = values.find(arg);
    json state{{"type", block["element"]["type"]}};
    if (it != values.end()) state.update(it->second);
    else state["value"] = nullptr;
    view["state"]["values"][id]["value"] = state;
  }
  out["view"] = view;
  return out;
}
inline json typed(const std::string& text) { return {{"value", text}}; }
inline json chosen(const std::string& value) { return {{"selected_option", {{"text", {{"type", "plain_text"}, {"text", value}}}, {"value", value}}}}; }
inline json person(const std::string& user) { return {{"selected_user", user}}; }

inline json envelope(const json& event, const std::string& id = "Ev01") {
  return {{"type", "event_callback"}, {"team_id", "T0TEST"}, {"api_app_id", "A0MUSTER"}, {"event_id", id}, {"event_time", 1795448538}, {"event", event}};
}

inline bot::Form severity_form(const std::string& now = "sev2") {
  bot::Field severity{"severity", "Severity", bot::FieldKind::choice, true, now, "", {{"sev1", "sev1: all hands"}, {"sev2", "sev2"}, {"sev3", "sev3"}}, 0};
  return {"severity", 7, "Severity of INC-7", "Set", {severity}};
}
inline bot::Form declare_form() {
  bot::Form form{"declare", {}, "Declare an incident", "Declare", {}};
  form.fields.push_back({"title", "What is wrong?", bot::FieldKind::line, true, "", "", {}, 200});
  form.fields.push_back({"severity", "Severity", bot::FieldKind::choice, true, "sev3", "", {{"sev1", "sev1"}, {"sev3", "sev3"}}, 0});
  form.fields.push_back({"commander", "Commander", bot::FieldKind::person, false, "", "", {}, 0});
  return form;
}

}  // namespace slack_tests
