// The methods themselves: one function each, called with the fake's lock held.
#include "tests/support/fake_slack_methods.hpp"

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "tests/support/fake_slack_checks.hpp"

namespace support {
namespace {

using nlohmann::json;

bool is_metadata(const std::string& text) {
  const json m = json::parse(text, nullptr, false);
  if (!m.is_object() || !m.contains("event_type") || !m["event_type"].is_string() || !m.contains("event_payload") || !m["event_payload"].is_object()) return false;
  return std::all_of(m["event_payload"].begin(), m["event_payload"].end(), [](const json& value) { return value.is_primitive(); });
}

}  // namespace

bool is_true(const std::string& value) { return value == "true" || value == "1"; }

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    if (end > at) out.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

json wrong(const std::string& error) { return {{"ok", false}, {"error", error}}; }

std::size_t points(const std::string& s) {
  return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string name_error(const std::string& name) {
  if (name.empty()) return "invalid_name_required";
  if (name.size() > 80) return "invalid_name_maxlength";
  bool has_letter = false;
  for (char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_') return "invalid_name_specials";
    has_letter = has_letter || letter;
  }
  return has_letter ? "" : "invalid_name_punctuation";
}

json shown(const SlackChannel& c) {
  return {{"id", c.id},           {"name", c.name},           {"creator", c.creator},         {"created", c.created},
          {"is_private", c.is_private}, {"is_archived", c.is_archived}, {"topic", {{"value", c.topic}, {"creator", c.topic_by}}},
          {"purpose", {{"value", c.purpose}}}, {"is_channel", !c.is_im}, {"is_member", c.members.count(FakeSlack::kBot) != 0}, {"num_members", c.members.size()}};
}

SlackChannel* FakeSlackMethods::open_channel(json& error, bool must_be_member) {
  const auto it = fake_.channels_.find(arg("channel"));
  if (it == fake_.channels_.end()) return error = wrong("channel_not_found"), nullptr;
  if (it->second.is_archived) return error = wrong("is_archived"), nullptr;
  if (must_be_member && it->second.members.count(FakeSlack::kBot) == 0) return error = wrong("not_in_channel"), nullptr;
  return &it->second;
}

const std::string& FakeSlackMethods::arg(const std::string& name) const {
  static const std::string none;
  const auto it = call_.args.find(name);
  return it == call_.args.end() ? none : it->second;
}

json FakeSlackMethods::run() {
  if (call_.method == "auth.test")
    return {{"ok", true}, {"url", "https://test.slack.com/"}, {"team", "Test"}, {"user", "muster"}, {"team_id", FakeSlack::kTeam},
            {"user_id", FakeSlack::kBot}, {"bot_id", "BMUSTER"}, {"app_id", "A0MUSTER"}};
  if (call_.method == "conversations.create") return create();
  if (call_.method == "conversations.invite") return invite();
  if (call_.method == "conversations.setTopic") return set_topic();
  if (call_.method == "conversations.archive") return archive();
  if (call_.method == "conversations.join") return join();
  if (call_.method == "conversations.open") return open();
  if (call_.method == "users.conversations") return own_channels();
  if (call_.method == "conversations.history") return history();
  if (call_.method == "chat.postMessage") return post();
  if (call_.method == "chat.update") return update();
  if (call_.method == "pins.add") return pin();
  return more();
}

json FakeSlackMethods::create() {
  const std::string name = arg("name");
  if (const std::string error = name_error(name); !error.empty()) return wrong(error);
  for (const auto& [id, channel] : fake_.channels_)
    if (channel.name == name) return wrong("name_taken");
  SlackChannel made;
  made.id = "C" + std::to_string(1000 + ++fake_.last_id_);
  made.name = name;
  made.creator = FakeSlack::kBot;
  made.created = std::chrono::floor<std::chrono::seconds>(fake_.now()).time_since_epoch().count();
  made.is_private = is_true(arg("is_private"));
  made.members = {FakeSlack::kBot};
  fake_.channels_[made.id] = made;
  return {{"ok", true}, {"channel", shown(made)}};
}

json FakeSlackMethods::invite() {
  json error;
  SlackChannel* channel = open_channel(error, true);
  if (channel == nullptr) return error;
  const auto users = split(arg("users"));
  if (users.empty() || users.size() > 100) return wrong("invalid_arguments");
  json errors = json::array();
  std::vector<std::string> good;
  for (const auto& user : users) {
    const auto known = fake_.users_.find(user);
    const char* why = user == FakeSlack::kBot                    ? "cant_invite_self"
                      : known == fake_.users_.end()              ? "user_not_found"
                      : known->second                            ? "user_disabled"
                      : channel->members.count(user) != 0        ? "already_in_channel"
                                                                 : nullptr;
    if (why != nullptr) errors.push_back({{"user", user}, {"ok", false}, {"error", why}});
    else good.push_back(user);
  }
  if (errors.empty() || is_true(arg("force"))) channel->members.insert(good.begin(), good.end());
  if (!errors.empty() && (good.empty() || !is_true(arg("force")))) {
    json answer = wrong(errors[0]["error"]);
    answer["errors"] = errors;
    return answer;
  }
  json answer{{"ok", true}, {"channel", shown(*channel)}};
  if (!errors.empty()) answer["errors"] = errors;
  return answer;
}

json FakeSlackMethods::set_topic() {
  json error;
  SlackChannel* channel = open_channel(error, true);
  if (channel == nullptr) return error;
  if (points(arg("topic")) > 250) return wrong("too_long");
  channel->topic = arg("topic");
  channel->topic_by = FakeSlack::kBot;
  return {{"ok", true}, {"channel", shown(*channel)}};
}

json FakeSlackMethods::archive() {
  const auto it = fake_.channels_.find(arg("channel"));
  if (it == fake_.channels_.end()) return wrong("channel_not_found");
  if (it->second.is_archived) return wrong("already_archived");
  if (it->second.members.count(FakeSlack::kBot) == 0) return wrong("not_in_channel");
  it->second.is_archived = true;
  return {{"ok", true}};
}

json FakeSlackMethods::join() {
  json error;
  SlackChannel* channel = open_channel(error, false);
  if (channel == nullptr) return error;
  if (channel->is_private) return wrong("method_not_supported_for_channel_type");
  channel->members.insert(FakeSlack::kBot);
  return {{"ok", true}, {"channel", shown(*channel)}};
}

json FakeSlackMethods::open() {
  const auto user = fake_.users_.find(arg("users"));
  if (user == fake_.users_.end()) return wrong("user_not_found");
  if (user->second) return wrong("user_disabled");
  SlackChannel direct;
  direct.id = "D" + user->first;
  direct.is_im = true;
  direct.members = {FakeSlack::kBot, user->first};
  fake_.channels_.emplace(direct.id, direct);
  return {{"ok", true}, {"channel", {{"id", direct.id}}}};
}

/// A page of at most `limit` of `all`, with Slack's cursor.
json FakeSlackMethods::page(json all, const char* what) {
  const std::size_t limit = arg("limit").empty() ? 100 : std::strtoul(arg("limit").c_str(), nullptr, 10);
  if (limit < 1 || limit > 999) return wrong("invalid_limit");
  char* end = nullptr;
  const std::size_t from = std::strtoul(arg("cursor").c_str(), &end, 10);
  if (*end != '\0' || from > all.size()) return wrong("invalid_cursor");
  json part = json::array();
  for (std::size_t i = from; i < all.size() && i < from + limit; ++i) part.push_back(all[i]);
  const std::string next = from + limit < all.size() ? std::to_string(from + limit) : "";
  return {{"ok", true}, {what, part}, {"response_metadata", {{"next_cursor", next}}}};
}

json FakeSlackMethods::own_channels() {
  json all = json::array();
  for (const auto& [id, channel] : fake_.channels_) {
    const std::string types = arg("types").empty() ? "public_channel" : arg("types");
    const bool wanted = types.find(channel.is_private ? "private_channel" : "public_channel") != std::string::npos;
    const bool hidden = channel.is_im || (channel.is_archived && is_true(arg("exclude_archived")));
    if (wanted && !hidden && channel.members.count(FakeSlack::kBot) != 0) all.push_back(shown(channel));
  }
  return page(std::move(all), "channels");
}

json shown(const SlackMessage& m) {
  json one{{"type", "message"}, {"ts", m.ts}, {"user", m.user}, {"text", m.text}};
  if (m.user == FakeSlack::kBot) one["bot_id"] = "BMUSTER";
  if (!m.blocks.empty()) one["blocks"] = json::parse(m.blocks, nullptr, false);
  if (!m.thread.empty()) one["thread_ts"] = m.thread;
  if (!m.subtype.empty()) one["subtype"] = m.subtype;
  if (!m.team.empty()) one["user_team"] = m.team;
  if (m.subtype == "channel_topic") one["topic"] = m.text;
  if (!m.edited.empty()) one["edited"] = {{"user", m.user}, {"ts", m.edited}};
  for (const auto& [name, users] : m.reactions) one["reactions"].push_back({{"name", name}, {"users", users}, {"count", users.size()}});
  return one;
}

/// Between oldest and latest, which themselves count only when `inclusive` says so.
bool FakeSlackMethods::within(const SlackMessage& m) const {
  const double ts = std::strtod(m.ts.c_str(), nullptr);
  const bool inclusive = is_true(arg("inclusive"));
  const auto bound = [this](const char* name) { return std::strtod(arg(name).c_str(), nullptr); };
  if (!arg("oldest").empty() && (inclusive ? ts < bound("oldest") : ts <= bound("oldest"))) return false;
  return arg("latest").empty() || (inclusive ? ts <= bound("latest") : ts < bound("latest"));
}

json FakeSlackMethods::history() {
  const auto channel = fake_.channels_.find(arg("channel"));
  if (channel == fake_.channels_.end()) return wrong("channel_not_found");
  if (channel->second.members.count(FakeSlack::kBot) == 0) return wrong("not_in_channel");
  json all = json::array();
  for (auto m = fake_.messages_.rbegin(); m != fake_.messages_.rend(); ++m) {
    if (m->channel != arg("channel") || (!m->thread.empty() && m->thread != m->ts) || !within(*m)) continue;
    json one = shown(*m);
    for (const auto& reply : fake_.messages_)
      if (reply.channel == m->channel && reply.thread == m->ts && reply.ts != m->ts) {
        one["thread_ts"] = m->ts;
        one["reply_count"] = one.value("reply_count", 0) + 1;
        one["latest_reply"] = reply.ts;
      }
    if (is_true(arg("include_all_metadata")) && !m->metadata.empty()) one["metadata"] = json::parse(m->metadata);
    all.push_back(std::move(one));
  }
  return page(std::move(all), "messages");
}

std::string FakeSlackMethods::content_error() {
  if (arg("text").empty() && arg("blocks").empty()) return "no_text";
  if (!arg("blocks").empty()) {
    if (const std::string why = block_complaint(arg("blocks")); !why.empty()) {
      fake_.complaints_.push_back(call_.method + ": blocks: " + why);
      return "invalid_blocks";
    }
  }
  if (arg("link_names") != "" || arg("parse") != "") fake_.complaints_.push_back(call_.method + ": parse or link_names");
  return arg("metadata").empty() || is_metadata(arg("metadata")) ? "" : "invalid_metadata_format";
}

json FakeSlackMethods::post() {
  json error;
  SlackChannel* channel = open_channel(error, true);
  if (channel == nullptr) return error;
  if (const std::string why = content_error(); !why.empty()) return wrong(why);
  if (points(arg("text")) > 40000) return wrong("msg_too_long");
  if (arg("unfurl_links") != "false" || arg("unfurl_media") != "false") fake_.complaints_.push_back("chat.postMessage: links would unfurl");
  SlackMessage message{channel->id, fake_.next_ts(), FakeSlack::kBot, arg("text"), arg("blocks"), arg("metadata"), 0, arg("thread_ts")};
  fake_.messages_.push_back(message);
  fake_.notified_.merge(notified(message.text, message.blocks));
  return {{"ok", true}, {"channel", channel->id}, {"ts", message.ts}, {"message", shown(message)}};
}

json FakeSlackMethods::update() {
  json error;
  SlackChannel* channel = open_channel(error, false);
  if (channel == nullptr) return error["error"] == "is_archived" ? wrong("is_inactive") : error;
  if (points(arg("text")) > 4000) return wrong("msg_too_long");
  if (const std::string why = content_error(); !why.empty()) return wrong(why);
  for (auto& message : fake_.messages_) {
    if (message.channel != channel->id || message.ts != arg("ts")) continue;
    if (message.user != FakeSlack::kBot) return wrong("cant_update_message");
    message.text = arg("text");
    message.blocks = arg("blocks");
    if (!arg("metadata").empty()) message.metadata = arg("metadata");
    ++message.edits;
    fake_.notified_.merge(notified(message.text, message.blocks));
    return {{"ok", true}, {"channel", channel->id}, {"ts", message.ts}, {"text", message.text}};
  }
  return wrong("message_not_found");
}

json FakeSlackMethods::pin() {
  json error;
  SlackChannel* channel = open_channel(error, true);
  if (channel == nullptr) return error;
  const std::string ts = arg("timestamp");
  const bool there = std::any_of(fake_.messages_.begin(), fake_.messages_.end(), [&](const auto& m) { return m.channel == channel->id && m.ts == ts; });
  if (!there) return wrong("message_not_found");
  if (std::find(channel->pins.begin(), channel->pins.end(), ts) != channel->pins.end()) return wrong("already_pinned");
  channel->pins.push_back(ts);
  return {{"ok", true}};
}

}  // namespace support
