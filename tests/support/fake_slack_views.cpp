// Modals and the Home tab: triggers that are good once and briefly, hashes that keep two writers apart, a stack of three.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/support/fake_slack_checks.hpp"
#include "tests/support/fake_slack_methods.hpp"

namespace support {
namespace {

using nlohmann::json;

json shown(const SlackView& v) {
  json out = json::parse(v.view, nullptr, false);
  out["id"] = v.id;
  out["hash"] = v.hash;
  out["root_view_id"] = v.root;
  out["team_id"] = FakeSlack::kTeam;
  out["app_id"] = "A0MUSTER";
  out["bot_id"] = "BMUSTER";
  out["previous_view_id"] = v.previous.empty() ? json() : json(v.previous);
  out["state"] = {{"values", json::object()}};
  return out;
}

json answer(const SlackView& v) { return {{"ok", true}, {"view", shown(v)}}; }

std::string external_id(const std::string& view) {
  const json parsed = json::parse(view, nullptr, false);
  const auto it = parsed.find("external_id");
  return it != parsed.end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace

json FakeSlackMethods::views() {
  if (call_.method == "views.open") return open_view(false);
  if (call_.method == "views.push") return open_view(true);
  if (call_.method == "views.update") return update_view();
  if (call_.method == "views.publish") return publish_view();
  return wrong("unknown_method");
}

/// An error answer when Slack would not take the view, or null. `except`: the view that may keep its external_id.
json FakeSlackMethods::view_error(const std::string& view, const std::string& except) {
  if (const std::string why = view_complaint(view); !why.empty()) {
    if (why == "view_too_large") return wrong(why);
    fake_.complaints_.push_back(call_.method + ": view: " + why);
    json answer = wrong("invalid_arguments");
    answer["response_metadata"] = {{"messages", {"[ERROR] " + why}}};
    return answer;
  }
  const std::string external = external_id(view);
  const bool taken = !external.empty() && std::any_of(fake_.views_.begin(), fake_.views_.end(), [&](const auto& v) { return v.external_id == external && v.id != except; });
  return taken ? wrong("duplicate_external_id") : json();
}

/// Slack's word when the trigger is not good any more, or "".
std::string FakeSlackMethods::exchange_trigger(std::string& user) {
  const std::string& id = arg("trigger_id");
  if (id.empty()) return "invalid_trigger_id";
  const auto it = fake_.triggers_.find(id);
  if (it == fake_.triggers_.end()) {
    if (fake_.strict_triggers_) return "invalid_trigger_id";
    fake_.triggers_[id].used = true;
    return "";
  }
  if (it->second.used) return "exchanged_trigger_id";
  if (fake_.clock_.monotonic() > it->second.until) return "expired_trigger_id";
  it->second.used = true;
  user = it->second.user;
  return "";
}

json FakeSlackMethods::open_view(bool push) {
  if (json error = view_error(arg("view"), ""); !error.is_null()) return error;
  std::string user;
  if (const std::string why = exchange_trigger(user); !why.empty()) return wrong(why);
  SlackView made;
  made.id = "V" + std::to_string(1000 + ++fake_.last_id_);
  made.root = made.id;
  made.user = user;
  made.view = arg("view");
  made.external_id = external_id(made.view);
  made.hash = fake_.next_ts() + ".h";
  if (push) {
    const auto below = std::find_if(fake_.views_.rbegin(), fake_.views_.rend(), [&](const auto& v) { return !v.home && v.user == user; });
    if (below == fake_.views_.rend()) return wrong("not_found");
    const auto depth = std::count_if(fake_.views_.begin(), fake_.views_.end(), [&](const auto& v) { return v.root == below->root; });
    if (depth >= 3) return wrong("push_limit_reached");
    made.root = below->root;
    made.previous = below->id;
  }
  fake_.views_.push_back(made);
  return answer(made);
}

json FakeSlackMethods::update_view() {
  const auto it = std::find_if(fake_.views_.begin(), fake_.views_.end(), [this](const auto& v) {
    return arg("view_id").empty() ? !v.external_id.empty() && v.external_id == arg("external_id") : v.id == arg("view_id");
  });
  if (it == fake_.views_.end()) return wrong("not_found");
  if (json error = view_error(arg("view"), it->id); !error.is_null()) return error;
  if (!arg("hash").empty() && arg("hash") != it->hash) return wrong("hash_conflict");
  it->view = arg("view");
  it->external_id = external_id(it->view);
  it->hash = fake_.next_ts() + ".h";
  ++it->updates;
  return answer(*it);
}

json FakeSlackMethods::publish_view() {
  if (fake_.users_.count(arg("user_id")) == 0) return wrong("invalid_arguments");
  auto it = std::find_if(fake_.views_.begin(), fake_.views_.end(), [this](const auto& v) { return v.home && v.user == arg("user_id"); });
  if (json error = view_error(arg("view"), it == fake_.views_.end() ? "" : it->id); !error.is_null()) return error;
  if (it == fake_.views_.end()) {
    SlackView made;
    made.id = "V" + std::to_string(1000 + ++fake_.last_id_);
    made.root = made.id;
    made.user = arg("user_id");
    made.home = true;
    it = fake_.views_.insert(fake_.views_.end(), made);
  } else {
    if (!arg("hash").empty() && arg("hash") != it->hash) return wrong("hash_conflict");
    ++it->updates;
  }
  it->view = arg("view");
  it->external_id = external_id(it->view);
  it->hash = fake_.next_ts() + ".h";
  return answer(*it);
}

}  // namespace support
