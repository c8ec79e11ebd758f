#include "integrations/slack/rotation.hpp"

#include <condition_variable>

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/slack/api.hpp"
#include "integrations/slack/errors.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr const char *kBot = "slack/bot_token", *kRefresh = "slack/refresh_token", *kExpires = "slack/token_expires", *kBegan = "slack/refresh_began";
constexpr bot::Millis kEarly{2 * 3600000}, kLives{12 * 3600000}, kAgain{30000}, kLongest{3600000}, kDeadline{10000}, kCommit{10000};

/// Which chain of tokens the settings began: another one means that a person installed the app anew.
std::string beginning(const bot::SlackSettings& settings) { return http::sha256_hex(settings.refresh_token.reveal()); }

std::string stored(bot::Reader& reader, const char* key) {
  const auto found = reader.adapter_state(key);
  return found && *found ? **found : "";
}

/// One answer of the Coordinator, waited for. Shared: it may come after the waiting ended.
struct Answered {
  bot::Mutex mutex;
  std::condition_variable done;
  std::optional<bot::ReplyStatus> status GUARDED_BY(mutex);
};

}  // namespace

Rotation::Rotation(const bot::SlackSettings& settings, http::Client& client, bot::Intake& intake, bot::Reader& reader, bot::Clock& clock,
                   std::shared_ptr<Workspace> workspace)
    : settings_(settings), client_(client), intake_(intake), clock_(clock), workspace_(std::move(workspace)), loop_("slack-tokens", [this] { return step(); }) {
  take_up(reader);
  workspace_->on_expired([this](const bot::Secret& used) { return renew(used); });
}

Rotation::~Rotation() { stop(); }

void Rotation::stop() {
  workspace_->on_expired({});
  loop_.stop();
}

void Rotation::take_up(bot::Reader& reader) {
  bot::Lock lock(renewing_);
  current_ = {settings_.bot_token, settings_.refresh_token, bot::Time{}};  // an unknown age: renewed soon
  if (stored(reader, kBegan) != beginning(settings_)) return;
  const std::string bot_token = stored(reader, kBot), refresh = stored(reader, kRefresh);
  if (bot_token.empty() || refresh.empty()) return;
  current_ = {bot::Secret(bot_token), bot::Secret(refresh), bot::Time{}};
  (void)bot::parse_iso8601(stored(reader, kExpires), current_.expires);
  workspace_->rotate(current_.bot);
}

bool Rotation::renew(const bot::Secret& used) {
  bot::Lock lock(renewing_);
  if (current_.bot.reveal() != used.reveal()) return true;  // somebody was faster
  return ask(used);
}

bot::Millis Rotation::step() {
  bot::Lock lock(renewing_);
  if (unkept_ && keep(current_)) unkept_ = false;
  const bot::Time due = current_.expires - kEarly;
  if (clock_.now() < due) return std::min<bot::Millis>(kLongest, due - clock_.now());
  return ask(current_.bot) ? bot::Millis{1000} : kAgain;
}

bool Rotation::ask(const bot::Secret&) {
  // What cannot be kept must not be asked for: the answer makes the old refresh token worthless. A stopping Muster or a full disk says no here.
  if (!commit({{kBegan, beginning(settings_)}})) return false;
  http::Call call;
  call.method = "POST";
  call.url = settings_.api_url + (!settings_.api_url.empty() && settings_.api_url.back() == '/' ? "" : "/") + "oauth.v2.access";
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  call.body = form_of({{"client_id", settings_.client_id}, {"client_secret", settings_.client_secret.reveal()}, {"grant_type", "refresh_token"},
                       {"refresh_token", current_.refresh.reveal()}});
  call.deadline = kDeadline;
  const auto result = client_.call(call);
  const auto* answer = std::get_if<http::Answer>(&result);
  const auto body = answer != nullptr ? codec::parse(answer->body) : bot::Result<json>(json());
  if (answer == nullptr || !body || !body->is_object()) {
    bot::log(bot::LogLevel::warning, "slack_token_renewal", {{"problem", "Slack did not answer; trying again"}});
    return false;
  }
  const std::string bot_token = text_at(*body, "access_token"), refresh = text_at(*body, "refresh_token");
  if (bot_token.empty() || refresh.empty()) {
    const std::string why = error_word(text_at(*body, "error"));
    if (why == "invalid_refresh_token" || why == "bad_client_secret" || why == "invalid_client_id" || why == "invalid_grant_type" || why == "token_revoked")
      workspace_->set_trouble("renewal", "Slack does not renew the bot token (" + why +
                              "). Reinstall the app, put the new pair in slack.bot_token and slack.refresh_token, and restart Muster.");
    else bot::log(bot::LogLevel::warning, "slack_token_renewal", {{"problem", why}});
    return false;
  }
  const auto lives = body->find("expires_in");
  const bool told = lives != body->end() && lives->is_number_integer() && lives->get<std::int64_t>() > 0 && lives->get<std::int64_t>() < 400LL * 86400;
  current_ = {bot::Secret(bot_token), bot::Secret(refresh), clock_.now() + (told ? bot::Millis{lives->get<std::int64_t>() * 1000} : kLives)};
  unkept_ = !keep(current_);
  if (unkept_) bot::log(bot::LogLevel::error, "slack_token_renewal", {{"problem", "the new pair could not be kept yet; trying again"}});
  workspace_->rotate(current_.bot);
  workspace_->set_trouble("renewal", "");
  bot::log(bot::LogLevel::info, "slack_token_renewed");
  return true;
}

bool Rotation::keep(const Pair& pair) {
  return commit({{kBegan, beginning(settings_)}, {kBot, pair.bot.reveal()}, {kRefresh, pair.refresh.reveal()}, {kExpires, bot::iso8601(pair.expires)}});
}

bool Rotation::commit(std::vector<bot::AdapterState> state) {
  bot::Request request;
  request.cls = bot::RequestClass::housekeeping;
  request.caller = bot::Caller{bot::ActorKind::muster, "slack", "muster", "Muster", {}};
  request.received = clock_.now();
  request.body = bot::Checkpoint{};
  request.state = std::move(state);
  const auto answered = std::make_shared<Answered>();
  intake_.submit(std::move(request), [answered](const bot::Reply& reply) {
    bot::Lock lock(answered->mutex);
    answered->status = reply.status;
    answered->done.notify_all();
  });
  bot::Lock lock(answered->mutex);
  answered->done.wait_for(lock.native(), kCommit, [&]() REQUIRES_LOCK(answered->mutex) { return answered->status.has_value(); });
  return answered->status == bot::ReplyStatus::ok;
}

}  // namespace slack
