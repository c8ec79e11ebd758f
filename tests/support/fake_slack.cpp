#include "tests/support/fake_slack.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "integrations/http/signature.hpp"
#include "tests/support/fake_slack_checks.hpp"
#include "tests/support/fake_slack_methods.hpp"

namespace support {
namespace {

using nlohmann::json;

WireAnswer json_answer(const json& body) { return WireAnswer{200, body.dump(), {{"Content-Type", "application/json; charset=utf-8"}}}; }

WireAnswer limited(int seconds) {
  WireAnswer answer{429, R"({"ok":false,"error":"ratelimited"})", {{"Content-Type", "application/json"}}};
  if (seconds > 0) answer.headers.emplace_back("Retry-After", std::to_string(seconds));
  return answer;
}

/// The answer of a fault that does no work.
WireAnswer instead(const SlackFault& fault) {
  WireAnswer answer;
  switch (fault.kind) {
    case SlackFault::Kind::refuse:
      if (fault.status == 429) return limited(fault.retry_after);
      answer.status = fault.status;
      answer.body = "<html><body>Server Error</body></html>";
      return answer;
    case SlackFault::Kind::error: return json_answer({{"ok", false}, {"error", fault.error}});
    case SlackFault::Kind::hang: answer.hang = true; return answer;
    default: answer.close_before = true; return answer;
  }
}

bool does_the_work(SlackFault::Kind kind) {
  return kind != SlackFault::Kind::refuse && kind != SlackFault::Kind::error && kind != SlackFault::Kind::hang && kind != SlackFault::Kind::close_before_work;
}

/// The answer of a fault after the work.
WireAnswer spoilt(WireAnswer answer, const SlackFault& fault) {
  switch (fault.kind) {
    case SlackFault::Kind::slow: answer.delay = fault.delay; break;
    case SlackFault::Kind::close_mid_answer: answer.close_midway = true; break;
    case SlackFault::Kind::hang_after_doing: answer.hang = true; break;
    case SlackFault::Kind::garble: answer.body = "<html>ok</html>"; break;
    case SlackFault::Kind::fail_after_doing:
      if (!fault.error.empty()) return json_answer({{"ok", false}, {"error", fault.error}});
      answer.status = fault.status;
      answer.body = "<html>Server Error</html>";
      break;
    default: break;
  }
  return answer;
}

}  // namespace

std::string SlackMessage::op() const {
  const json parsed = json::parse(metadata, nullptr, false);
  return parsed.is_object() ? parsed.value("event_payload", json::object()).value("op", "") : "";
}

std::string SlackMessage::visible() const { return visible_text(blocks); }

FakeSlack::FakeSlack(const bot::Clock* clock, int port) : own_clock_(clock == nullptr ? bot::system_clock() : nullptr), clock_(clock == nullptr ? *own_clock_ : *clock) {
  for (int i = 1; i <= 9; ++i) users_["U0" + std::to_string(i)] = false;
  for (const char* id : {kAnnounce, "C0GENERAL"}) {
    SlackChannel channel;
    channel.id = id;
    channel.name = id == std::string(kAnnounce) ? "incidents" : "general";
    channel.creator = "U09";
    channel.members = {"U09", kBot};
    channels_[channel.id] = channel;
  }
  port_ = port;
  listen();
}

FakeSlack::~FakeSlack() {
  if (server_) server_->stop();
}

void FakeSlack::listen() {
  server_ = std::make_unique<LoopbackHttp>([this](const WireRequest& request) { return handle(request); }, port_);
  port_ = server_->port();
}

std::string FakeSlack::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/api/"; }

bot::Time FakeSlack::now() const { return clock_.now(); }

std::string FakeSlack::next_ts() {
  last_micro_ = std::max(last_micro_ + 1, static_cast<std::int64_t>(now().time_since_epoch().count()) * 1000);
  return std::to_string(last_micro_ / 1000000) + "." + std::to_string(1000000 + last_micro_ % 1000000).substr(1);
}

void FakeSlack::add_user(const std::string& id, bool disabled) {
  std::lock_guard lock(mutex_);
  users_[id] = disabled;
}

void FakeSlack::describe_user(const std::string& id, const std::string& members) {
  std::lock_guard lock(mutex_);
  users_.try_emplace(id, false);
  described_[id] = members;
}

void FakeSlack::add_channel(SlackChannel channel) {
  std::lock_guard lock(mutex_);
  if (channel.id.empty()) channel.id = "C" + std::to_string(1000 + ++last_id_);
  channels_[channel.id] = channel;
}

void FakeSlack::take_name(const std::string& name, bool archived) {
  SlackChannel channel;
  channel.name = name;
  channel.creator = "U09";
  channel.is_archived = archived;
  channel.members = {"U09"};
  add_channel(channel);
}

std::vector<SlackCall> FakeSlack::calls(const std::string& method) const {
  std::lock_guard lock(mutex_);
  std::vector<SlackCall> out;
  for (const auto& call : calls_)
    if (method.empty() || call.method == method) out.push_back(call);
  return out;
}

std::vector<SlackChannel> FakeSlack::channels() const {
  std::lock_guard lock(mutex_);
  std::vector<SlackChannel> out;
  for (const auto& [id, channel] : channels_)
    if (!channel.is_im) out.push_back(channel);
  return out;
}

std::optional<SlackChannel> FakeSlack::channel(const std::string& name_or_id) const {
  std::lock_guard lock(mutex_);
  for (const auto& [id, channel] : channels_)
    if (id == name_or_id || (!channel.is_im && channel.name == name_or_id)) return channel;
  return std::nullopt;
}

std::vector<SlackMessage> FakeSlack::messages(const std::string& channel_name_or_id) const {
  const auto found = channel(channel_name_or_id);
  std::lock_guard lock(mutex_);
  std::vector<SlackMessage> out;
  for (const auto& message : messages_)
    if (found && message.channel == found->id) out.push_back(message);
  return out;
}

std::vector<SlackMessage> FakeSlack::direct_messages(const std::string& user) const { return messages("D" + user); }

std::vector<std::string> FakeSlack::complaints() const {
  std::lock_guard lock(mutex_);
  return complaints_;
}

std::set<std::string> FakeSlack::notified() const {
  std::lock_guard lock(mutex_);
  return notified_;
}

int FakeSlack::rate_limited() const {
  std::lock_guard lock(mutex_);
  return rate_limited_;
}

void FakeSlack::fault(SlackFault fault) {
  std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FakeSlack::slow(bot::Millis delay, const std::string& method, int times) { fault({SlackFault::Kind::slow, method, 200, 0, "", delay, times}); }
void FakeSlack::refuse(int status, int retry_after, const std::string& method, int times) {
  fault({SlackFault::Kind::refuse, method, status, retry_after, "", {}, times});
}
void FakeSlack::error(const std::string& word, const std::string& method, int times) { fault({SlackFault::Kind::error, method, 200, 0, word, {}, times}); }
void FakeSlack::hang(const std::string& method, int times) { fault({SlackFault::Kind::hang, method, 200, 0, "", {}, times}); }
void FakeSlack::close_mid_answer(const std::string& method, int times) { fault({SlackFault::Kind::close_mid_answer, method, 200, 0, "", {}, times}); }
void FakeSlack::fail_after_doing(const std::string& method, int status, int times) {
  fault({SlackFault::Kind::fail_after_doing, method, status, 0, "", {}, times});
}

void FakeSlack::heal() {
  std::lock_guard lock(mutex_);
  faults_.clear();
}

void FakeSlack::limit_posts(bool on) {
  std::lock_guard lock(mutex_);
  limit_posts_ = on;
}

void FakeSlack::limit_as_slack(bool on) {
  std::lock_guard lock(mutex_);
  limit_as_slack_ = on;
}

void FakeSlack::each_call_takes(bot::Millis delay) {
  std::lock_guard lock(mutex_);
  each_call_takes_ = delay;
}

void FakeSlack::stop() {
  if (!server_) return;
  server_->stop();
  server_.reset();
  held_ = std::make_unique<HeldPort>(port_);
}

void FakeSlack::vanish() {
  stop();
  vanished_ = std::make_unique<BlackHole>(port_);
}

void FakeSlack::come_back() {
  vanished_.reset();
  if (server_) return;
  listen();
  held_.reset();
}

void FakeSlack::add_user_group(SlackUserGroup group) {
  std::lock_guard lock(mutex_);
  groups_[group.id] = std::move(group);
}

std::string FakeSlack::say(const std::string& channel, const std::string& user, const std::string& text, const std::string& thread, const std::string& subtype,
                           const std::string& team) {
  std::lock_guard lock(mutex_);
  messages_.push_back({channel, next_ts(), user, text, "", "", 0, thread, {}, subtype, "", team});
  return messages_.back().ts;
}

void FakeSlack::react(const std::string& ts, const std::string& user, const std::string& emoji, bool there) {
  std::lock_guard lock(mutex_);
  for (auto& m : messages_) {
    if (m.ts != ts) continue;
    if (there) m.reactions[emoji].insert(user);
    else if (m.reactions[emoji].erase(user); m.reactions[emoji].empty()) m.reactions.erase(emoji);
  }
}

void FakeSlack::edit(const std::string& ts, const std::string& text) {
  std::lock_guard lock(mutex_);
  const std::string now = next_ts();
  for (auto& m : messages_)
    if (m.ts == ts) m.text = text, m.edited = now;
}

void FakeSlack::erase(const std::string& ts) {
  std::lock_guard lock(mutex_);
  std::erase_if(messages_, [&ts](const SlackMessage& m) { return m.ts == ts; });
}

void FakeSlack::rotate_tokens() {
  std::lock_guard lock(mutex_);
  access_tokens_ = {{kRotatingToken, false}};
  newest_token_ = kRotatingToken;
  refresh_token_ = kRefreshToken;
}

void FakeSlack::expire_tokens() {
  std::lock_guard lock(mutex_);
  for (auto& [token, expired] : access_tokens_) expired = token != newest_token_;
}

std::string FakeSlack::newest_token() const {
  std::lock_guard lock(mutex_);
  return newest_token_;
}

std::string FakeSlack::new_trigger(const std::string& user) {
  std::lock_guard lock(mutex_);
  const std::string id = "1337." + std::to_string(++last_id_) + ".trigger";
  triggers_[id] = {clock_.monotonic() + bot::Millis{3000}, false, user};
  return id;
}

void FakeSlack::strict_triggers(bool on) {
  std::lock_guard lock(mutex_);
  strict_triggers_ = on;
}

void FakeSlack::serve_connections(std::function<std::string()> url) {
  std::lock_guard lock(mutex_);
  connections_ = std::move(url);
}

std::vector<SlackView> FakeSlack::views() const {
  std::lock_guard lock(mutex_);
  return views_;
}

std::vector<SlackEphemeral> FakeSlack::ephemerals() const {
  std::lock_guard lock(mutex_);
  return ephemerals_;
}

std::vector<LimitHit> FakeSlack::limit_hits() const {
  std::lock_guard lock(mutex_);
  return limits_.hits();
}

bool FakeSlack::wait_until(const std::function<bool()>& holds, double seconds) const {
  const auto clock = bot::system_clock();
  const bot::Millis until = clock->monotonic() + bot::Millis{static_cast<std::int64_t>(seconds * 1000)};
  while (!holds()) {
    if (clock->monotonic() >= until) return false;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, bot::Millis{20});
  }
  return true;
}

std::optional<SlackFault> FakeSlack::next_fault(const std::string& method) {
  for (auto it = faults_.begin(); it != faults_.end(); ++it) {
    if (!it->method.empty() && it->method != method) continue;
    SlackFault fault = *it;
    if (it->times > 0 && --it->times == 0) faults_.erase(it);
    return fault;
  }
  return std::nullopt;
}

/// Seconds to wait.
std::optional<int> FakeSlack::over_limit(const SlackCall& call) {
  const auto channel = call.args.find("channel");
  if (limit_as_slack_) return limits_.one_too_many(call.method, channel == call.args.end() ? "" : channel->second, now());
  if (!limit_posts_ || call.method != "chat.postMessage" || channel == call.args.end()) return std::nullopt;
  const auto last = last_post_.find(channel->second);
  if (last != last_post_.end() && now() - last->second < bot::Millis{1000}) return 1;
  last_post_[channel->second] = now();
  return std::nullopt;
}

/// Slack's word, or "".
std::string FakeSlack::refused_credentials(const SlackCall& call, const std::string& authorization) const {
  if (call.method == "oauth.v2.access") return "";  // the client's secret is what speaks for it
  if (authorization.empty()) return "not_authed";
  if (!access_tokens_.empty() && call.method != "apps.connections.open") {
    const auto known = access_tokens_.find(authorization.rfind("Bearer ", 0) == 0 ? authorization.substr(7) : "");
    return known == access_tokens_.end() ? "invalid_auth" : known->second ? "token_expired" : "";
  }
  const bool for_app = call.method == "apps.connections.open";
  if (authorization == std::string("Bearer ") + (for_app ? kAppToken : kToken)) return "";
  return authorization == std::string("Bearer ") + (for_app ? kToken : kAppToken) ? "not_allowed_token_type" : "invalid_auth";
}

WireAnswer FakeSlack::work(SlackCall& call) {
  const json answer = FakeSlackMethods(*this, call).run();
  call.error = answer.value("error", "");
  return json_answer(answer);
}

WireAnswer FakeSlack::handle(const WireRequest& request) {
  std::lock_guard lock(mutex_);
  SlackCall call;
  call.arrived = clock_.monotonic();
  call.method = request.target.rfind("/api/", 0) == 0 ? request.target.substr(5) : request.target;
  http::Headers form;
  const auto header = [&request](const char* name) { const auto it = request.headers.find(name); return it == request.headers.end() ? std::string() : it->second; };
  if (request.target.find('?') != std::string::npos) complaints_.push_back(call.method + ": arguments in the query string");
  if (header("content-type").rfind("application/x-www-form-urlencoded", 0) != 0) complaints_.push_back(call.method + ": not a form");
  if (!http::parse_form(request.body, form)) complaints_.push_back(call.method + ": unreadable form");
  for (const auto& [name, value] : form) call.args[name] = value;
  WireAnswer answer;
  const auto fault = next_fault(call.method);
  if (request.method != "POST") answer = WireAnswer{405, "", {}};
  else if (fault && !does_the_work(fault->kind)) answer = instead(*fault);
  else if (call.error = refused_credentials(call, header("authorization")); !call.error.empty()) answer = json_answer({{"ok", false}, {"error", call.error}});
  else if (const auto wait = over_limit(call)) ++rate_limited_, answer = limited(*wait);
  else answer = work(call);
  if (fault && does_the_work(fault->kind)) answer = spoilt(std::move(answer), *fault);
  answer.delay += each_call_takes_;
  call.status = answer.status;
  if (!answer.hang && !answer.close_before) call.answered = call.arrived + answer.delay;
  record_for_referees(call.method, call.args);
  calls_.push_back(std::move(call));
  changed_.notify_all();
  return answer;
}

void record_for_referees(const std::string& method, const Form& args) {
  static const char* path = std::getenv("MUSTER_SLACK_CALLS");
  if (path == nullptr) return;
  // One write each, so that several programs may add to one file.
  const std::string line = json{{"method", method}, {"args", args}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  static std::mutex one;
  std::lock_guard lock(one);
  std::ofstream(path, std::ios::app | std::ios::binary) << line << std::flush;
}

std::string form_body(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string body;
  for (const auto& [name, value] : fields) body += (body.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
  return body;
}

std::string slash_body(const SlashCommand& command) {
  static std::atomic<int> last{0};
  const std::string trigger = command.trigger_id.empty() ? "trigger." + std::to_string(++last) : command.trigger_id;
  return form_body({{"token", "legacy"}, {"team_id", command.team}, {"team_domain", "test"}, {"channel_id", command.channel}, {"channel_name", "general"},
                    {"user_id", command.user}, {"user_name", command.user_name}, {"command", "/incident"}, {"text", command.text},
                    {"api_app_id", "A0MUSTER"}, {"is_enterprise_install", "false"},
                    {"response_url", "https://hooks.slack.com/commands/T0TEST/1/x"}, {"trigger_id", trigger}});
}

http::Headers slack_sign(const std::string& body, bot::Time now, const std::string& secret) {
  const std::string stamp = std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  return {{"Content-Type", "application/x-www-form-urlencoded"},
          {"X-Slack-Request-Timestamp", stamp},
          {"X-Slack-Signature", "v0=" + http::hmac_sha256_hex(bot::Secret(secret), "v0:" + stamp + ":" + body)}};
}

http::CallResult post_command(http::Client& client, const std::string& muster_url, const SlashCommand& command) {
  http::Call call;
  call.method = "POST";
  call.url = muster_url + "/slack/commands";
  call.body = slash_body(command);
  call.headers = slack_sign(call.body, bot::system_clock()->now());
  auto result = client.call(call);
  if (const auto* answer = std::get_if<http::Answer>(&result); answer != nullptr && answer->status == 200 && !answer->body.empty())
    record_for_referees("(answer to a command)", {{"body", answer->body}});
  return result;
}

}  // namespace support
