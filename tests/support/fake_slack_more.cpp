// The rest of the methods: what a room has beside messages, people, groups, Socket Mode's door.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/support/fake_slack_methods.hpp"

namespace support {

using nlohmann::json;

json FakeSlackMethods::more() {
  const std::string& m = call_.method;
  if (m == "conversations.setPurpose") return set_purpose();
  if (m == "conversations.rename") return rename();
  if (m == "conversations.kick") return kick();
  if (m == "conversations.info") return info();
  if (m == "conversations.members") return members();
  if (m == "conversations.replies") return replies();
  if (m == "conversations.unarchive") return wrong("not_allowed_token_type");  // the reference: a user's token is needed
  if (m == "chat.postEphemeral") return post_ephemeral();
  if (m == "chat.delete") return remove();
  if (m == "chat.getPermalink") return permalink();
  if (m == "bookmarks.add") return add_bookmark();
  if (m == "bookmarks.list") return list_bookmarks();
  if (m == "pins.list") return list_pins();
  if (m == "reactions.add") return react(true);
  if (m == "reactions.remove") return react(false);
  if (m == "reactions.get") return reactions();
  if (m == "users.info") return user_info();
  if (m == "users.lookupByEmail") return user_by_email();
  if (m == "usergroups.list") return list_groups();
  if (m == "usergroups.users.list") return group_users();
  if (m == "team.info") return {{"ok", true}, {"team", {{"id", FakeSlack::kTeam}, {"name", "Test"}, {"domain", "test"}}}};
  if (m == "apps.connections.open") return open_connection();
  if (m == "oauth.v2.access") return renew_tokens();
  return views();
}

SlackMessage* FakeSlackMethods::message(const std::string& channel, const std::string& ts) {
  for (auto& m : fake_.messages_)
    if (m.channel == channel && m.ts == ts) return &m;
  return nullptr;
}

json FakeSlackMethods::set_purpose() {
  json error;
  SlackChannel* channel = open_channel(error, true);
  if (channel == nullptr) return error;
  if (points(arg("purpose")) > 250) return wrong("too_long");
  channel->purpose = arg("purpose");
  return {{"ok", true}, {"channel", shown(*channel)}};
}

json FakeSlackMethods::rename() {
  json error;
  SlackChannel* channel = open_channel(error, true);
  if (channel == nullptr) return error;
  if (const std::string why = name_error(arg("name")); !why.empty()) return wrong(why);
  if (channel->creator != FakeSlack::kBot) return wrong("not_authorized");
  for (const auto& [id, other] : fake_.channels_)
    if (id != channel->id && other.name == arg("name")) return wrong("name_taken");
  channel->name = arg("name");
  return {{"ok", true}, {"channel", shown(*channel)}};
}

json FakeSlackMethods::kick() {
  json error;
  SlackChannel* channel = open_channel(error, true);
  if (channel == nullptr) return error;
  if (arg("user") == FakeSlack::kBot) return wrong("cant_kick_self");
  return channel->members.erase(arg("user")) == 1 ? json{{"ok", true}} : wrong("not_in_channel");
}

json FakeSlackMethods::info() {
  const auto it = fake_.channels_.find(arg("channel"));
  if (it == fake_.channels_.end()) return wrong("channel_not_found");
  // Private channels do not exist for those who are not in them.
  if (it->second.is_private && it->second.members.count(FakeSlack::kBot) == 0) return wrong("channel_not_found");
  return {{"ok", true}, {"channel", shown(it->second)}};
}

json FakeSlackMethods::members() {
  const auto it = fake_.channels_.find(arg("channel"));
  if (it == fake_.channels_.end()) return wrong("channel_not_found");
  json all = json::array();
  for (const auto& user : it->second.members) all.push_back(user);
  return page(std::move(all), "members");
}

json FakeSlackMethods::replies() {
  const auto channel = fake_.channels_.find(arg("channel"));
  if (channel == fake_.channels_.end()) return wrong("channel_not_found");
  if (channel->second.members.count(FakeSlack::kBot) == 0) return wrong("not_in_channel");
  if (message(arg("channel"), arg("ts")) == nullptr) return wrong("thread_not_found");
  json all = json::array();
  for (const auto& m : fake_.messages_) {
    if (m.channel != arg("channel") || (m.ts != arg("ts") && m.thread != arg("ts")) || !within(m)) continue;
    all.push_back(shown(m));
    if (is_true(arg("include_all_metadata")) && !m.metadata.empty()) all.back()["metadata"] = json::parse(m.metadata);
  }
  return page(std::move(all), "messages");
}

json FakeSlackMethods::post_ephemeral() {
  json error;
  SlackChannel* channel = open_channel(error, true);
  if (channel == nullptr) return error;
  if (channel->members.count(arg("user")) == 0) return wrong("user_not_in_channel");
  if (const std::string why = content_error(); !why.empty()) return wrong(why);
  fake_.ephemerals_.push_back({channel->id, arg("user"), arg("text"), arg("blocks")});
  return {{"ok", true}, {"message_ts", fake_.next_ts()}};
}

json FakeSlackMethods::remove() {
  const auto it = std::find_if(fake_.messages_.begin(), fake_.messages_.end(), [this](const auto& m) { return m.channel == arg("channel") && m.ts == arg("ts"); });
  if (it == fake_.messages_.end()) return wrong("message_not_found");
  if (it->user != FakeSlack::kBot) return wrong("cant_delete_message");
  fake_.messages_.erase(it);
  return {{"ok", true}, {"channel", arg("channel")}, {"ts", arg("ts")}};
}

json FakeSlackMethods::permalink() {
  if (fake_.channels_.count(arg("channel")) == 0) return wrong("channel_not_found");
  if (message(arg("channel"), arg("message_ts")) == nullptr) return wrong("message_not_found");
  std::string digits = arg("message_ts");
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  return {{"ok", true}, {"channel", arg("channel")}, {"permalink", "https://test.slack.com/archives/" + arg("channel") + "/p" + digits}};
}

json FakeSlackMethods::add_bookmark() {
  const auto it = fake_.channels_.find(arg("channel_id"));
  if (it == fake_.channels_.end()) return wrong("channel_not_found");
  if (it->second.members.count(FakeSlack::kBot) == 0) return wrong("permission_denied");
  if (arg("type") != "link") return wrong("invalid_bookmark_type");
  if (arg("title").empty()) return wrong("invalid_arguments");
  if (arg("link").rfind("http://", 0) != 0 && arg("link").rfind("https://", 0) != 0) return wrong("invalid_link");
  if (it->second.bookmarks.size() >= 100) return wrong("too_many_bookmarks");
  it->second.bookmarks.emplace_back(arg("title"), arg("link"));
  return {{"ok", true}, {"bookmark", {{"id", "Bk" + std::to_string(it->second.bookmarks.size())}, {"channel_id", it->first}, {"title", arg("title")}, {"link", arg("link")}, {"type", "link"}}}};
}

json FakeSlackMethods::list_bookmarks() {
  const auto it = fake_.channels_.find(arg("channel_id"));
  if (it == fake_.channels_.end()) return wrong("channel_not_found");
  json all = json::array();
  for (const auto& [title, link] : it->second.bookmarks)
    all.push_back({{"id", "Bk" + std::to_string(all.size() + 1)}, {"channel_id", it->first}, {"title", title}, {"link", link}, {"type", "link"}});
  return {{"ok", true}, {"bookmarks", all}};
}

json FakeSlackMethods::list_pins() {
  const auto it = fake_.channels_.find(arg("channel"));
  if (it == fake_.channels_.end()) return wrong("channel_not_found");
  json items = json::array();
  for (const auto& ts : it->second.pins)
    if (const SlackMessage* m = message(it->first, ts)) items.push_back({{"type", "message"}, {"channel", it->first}, {"message", shown(*m)}});
  return {{"ok", true}, {"items", items}};
}

json FakeSlackMethods::react(bool add) {
  json error;
  if (open_channel(error, false) == nullptr) return error;
  SlackMessage* m = message(arg("channel"), arg("timestamp"));
  if (m == nullptr) return wrong("message_not_found");
  if (arg("name").empty() || arg("name").find(':') != std::string::npos) return wrong("invalid_name");
  if (add) return m->reactions[arg("name")].insert(FakeSlack::kBot).second ? json{{"ok", true}} : wrong("already_reacted");
  return m->reactions[arg("name")].erase(FakeSlack::kBot) == 1 ? json{{"ok", true}} : wrong("no_reaction");
}

json FakeSlackMethods::reactions() {
  const SlackMessage* m = message(arg("channel"), arg("timestamp"));
  return m == nullptr ? wrong("message_not_found") : json{{"ok", true}, {"type", "message"}, {"channel", arg("channel")}, {"message", shown(*m)}};
}

namespace {

std::string email_of(std::string id) {
  for (char& c : id)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return id + "@example.org";
}

json shown_user(const std::string& id, bool disabled) {
  return {{"id", id}, {"team_id", FakeSlack::kTeam}, {"name", "user-" + id}, {"deleted", disabled}, {"is_bot", false}, {"is_restricted", false},
          {"is_ultra_restricted", false}, {"tz", "Europe/Berlin"},
          {"profile", {{"real_name", "Person " + id}, {"display_name", "person-" + id}, {"email", email_of(id)}}}};
}

}  // namespace

json FakeSlackMethods::user_info() {
  const auto it = fake_.users_.find(arg("user"));
  if (it == fake_.users_.end()) return wrong("user_not_found");
  json user = shown_user(it->first, it->second);
  if (const auto own = fake_.described_.find(it->first); own != fake_.described_.end()) user.update(json::parse(own->second));
  return {{"ok", true}, {"user", std::move(user)}};
}

json FakeSlackMethods::user_by_email() {
  for (const auto& [id, disabled] : fake_.users_)
    if (!disabled && email_of(id) == arg("email")) return {{"ok", true}, {"user", shown_user(id, disabled)}};
  return wrong("users_not_found");
}

json FakeSlackMethods::list_groups() {
  json all = json::array();
  for (const auto& [id, group] : fake_.groups_) {
    all.push_back({{"id", id}, {"handle", group.handle}, {"name", group.handle}, {"user_count", group.users.size()}});
    if (is_true(arg("include_users"))) all.back()["users"] = group.users;
  }
  return {{"ok", true}, {"usergroups", all}};
}

json FakeSlackMethods::group_users() {
  const auto it = fake_.groups_.find(arg("usergroup"));
  return it == fake_.groups_.end() ? wrong("no_such_subteam") : json{{"ok", true}, {"users", it->second.users}};
}

json FakeSlackMethods::open_connection() {
  if (!fake_.connections_) return wrong("forbidden_team");
  return {{"ok", true}, {"url", fake_.connections_()}};
}

json FakeSlackMethods::renew_tokens() {
  if (arg("client_id") != FakeSlack::kClientId) return wrong("invalid_client_id");
  if (arg("client_secret") != FakeSlack::kClientSecret) return wrong("bad_client_secret");
  if (arg("grant_type") != "refresh_token") return wrong("invalid_grant_type");
  if (fake_.refresh_token_.empty() || arg("refresh_token") != fake_.refresh_token_) return wrong("invalid_refresh_token");
  const std::string n = std::to_string(++fake_.last_id_);
  fake_.refresh_token_ = "xoxe-1-" + n + "-refresh-0123456789";
  fake_.newest_token_ = "xoxe.xoxb-1-" + n + "-access-0123456789";
  fake_.access_tokens_[fake_.newest_token_] = false;
  return {{"ok", true}, {"access_token", fake_.newest_token_}, {"refresh_token", fake_.refresh_token_}, {"expires_in", 43200}, {"token_type", "bot"},
          {"bot_user_id", FakeSlack::kBot}, {"app_id", "A0MUSTER"}, {"team", {{"id", FakeSlack::kTeam}}}};
}

}  // namespace support
