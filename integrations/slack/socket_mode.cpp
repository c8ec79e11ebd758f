#include "integrations/slack/socket_mode.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/delivery.hpp"
#include "bot/log.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/slack/api.hpp"
#include "integrations/slack/errors.hpp"

namespace slack {
namespace {

using State = SocketLink::State;
constexpr bot::Millis kOpenDeadline{10000}, kLook{500}, kStopLook{20}, kSettled{30000}, kStillCounted{60000};

bool needs_a_person(const std::string& error) {
  for (const char* one : {"not_authed", "invalid_auth", "account_inactive", "user_removed_from_team", "team_disabled", "token_revoked", "not_allowed_token_type",
                          "forbidden_team", "missing_scope"})
    if (error == one) return true;
  return false;
}

/// Towards a full set: links that will still take something.
bool counts_as_open(const SocketLink& link) {
  return (link.state() == State::opening || link.state() == State::ready) && link.wish().empty();
}

/// "https://slack.com/api/" → "slack.com".
std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  const std::string rest = scheme == std::string::npos ? "" : url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of(":/?#"));
}

/// Where the operator pointed Muster, or below it: an answer cannot send the ticket elsewhere. Without TLS only where the API is without it.
bool is_socket_url(const std::string& url, const std::string& api_url) {
  const std::string host = host_of(url), api = host_of(api_url), below = "." + api;
  const bool scheme = url.rfind("wss://", 0) == 0 || (url.rfind("ws://", 0) == 0 && api_url.rfind("http://", 0) == 0);
  const bool placed = !api.empty() && (host == api || (host.size() > below.size() && host.compare(host.size() - below.size(), below.size(), below) == 0));
  return scheme && placed && url.size() < 4000 && url.find_first_of(" \r\n\t@\\") == std::string::npos;
}

}  // namespace

SocketMode::SocketMode(const bot::SlackSettings& settings, http::Client& client, bot::Env env, std::shared_ptr<Workspace> workspace,
                       std::shared_ptr<Inbox> inbox, OpenSocket open_socket, SocketModeLimits limits)
    : settings_(settings), client_(client), env_(env), workspace_(std::move(workspace)), inbox_(std::move(inbox)), open_socket_(std::move(open_socket)),
      limits_(limits), loop_("slack-sockets", [this] { return step(); }) {}

SocketMode::~SocketMode() { stop(); }

void SocketMode::stop() {
  loop_.stop();
  Links links;
  {
    bot::Lock lock(mutex_);
    links.swap(links_);
  }
  const bot::Millis until = env_.clock.monotonic() + limits_.stop_within;
  for (const auto& link : links) link->leave();
  bot::Mutex still;
  std::condition_variable never;
  while (std::any_of(links.begin(), links.end(), [](const auto& link) { return link->state() != State::closed; }) && env_.clock.monotonic() < until) {
    for (const auto& link : links) link->check();
    bot::Lock lock(still);
    never.wait_for(lock.native(), kStopLook);
  }
  for (const auto& link : links) link->end();
}

bot::Millis SocketMode::step() {
  Links links;
  {
    bot::Lock lock(mutex_);
    links = links_;
  }
  look_after(links);
  refresh(links);
  count_connections(links);
  {
    // What has closed goes outside of the lock: ending a socket waits for its thread.
    bot::Lock lock(mutex_);
    std::erase_if(links_, [](const auto& link) { return link->state() == State::closed; });
  }
  const auto open = std::count_if(links.begin(), links.end(), [](const auto& link) { return counts_as_open(*link); });
  links.clear();
  if (open >= limits_.connections) return kLook;
  const bot::Millis now = env_.clock.monotonic();
  if (now < next_open_) return std::min(kLook, next_open_ - now);
  open_one();
  return bot::Millis{1};
}

void SocketMode::look_after(Links& links) {
  for (const auto& link : links) {
    link->check();
    if (link->state() != State::closed) continue;
    bot::log(bot::LogLevel::info, "slack_socket_closed", {{"why", link->end_reason()}});
    link->end();
    gone_.push_back(env_.clock.monotonic());
    // One that goes right after its hello is a failure too: else a Slack that has enough of us would be asked seventy times a minute.
    const bool as_asked = link->wish() == "warning" || link->wish() == "refresh_requested";
    if (link->was_ready() && (as_asked || link->age() >= kSettled)) failures_ = 0;
    else failed(link->end_reason());
  }
}

/// A connection that Slack wants to close goes when another one is there in its place, or at once when Slack will not have any.
void SocketMode::refresh(const Links& links) {
  const auto good = std::count_if(links.begin(), links.end(), [](const auto& link) { return link->state() == State::ready && link->wish().empty(); });
  for (const auto& link : links) {
    const std::string wish = link->wish();
    if (wish.empty() || (link->state() != State::ready && link->state() != State::opening)) continue;
    if (wish == "link_disabled") {
      workspace_->set_trouble("socket", "Slack has switched Socket Mode off for this app. Switch it on again at https://api.slack.com/apps, Socket Mode.");
      next_open_ = env_.clock.monotonic() + limits_.hopeless_wait;
    }
    if (wish == "link_disabled" || wish == "too_many_websockets" || good >= limits_.connections) link->leave();
    if (wish == "too_many_websockets" && link->state() == State::leaving) failed("Slack counts too many connections of this app");
  }
}

/// What a hello counts is compared with what there was when it came: later the numbers differ by themselves.
void SocketMode::count_connections(const Links& links) {
  const bot::Millis now = env_.clock.monotonic();
  std::erase_if(gone_, [now](bot::Millis at) { return now - at > kStillCounted; });
  int counted = 0, ours = 0;
  bool ready = false;
  for (const auto& link : links) {
    ours += link->state() != State::closed ? 1 : 0;
    ready = ready || link->state() == State::ready;
    if (const int n = link->take_count(); n > 0) counted = n;
  }
  if (ready) workspace_->set_trouble("socket", "");
  if (counted == 0) return;
  const int known = ours + static_cast<int>(gone_.size());
  workspace_->set_trouble("connections", counted <= known ? "" : "Slack counts " + std::to_string(counted) + " connections of this app, and Muster has " + std::to_string(ours) +
                                                                     ": what Slack sends to the others is lost. Stop other programs that use slack.app_token; dead connections go by themselves within hours.");
}

void SocketMode::open_one() {
  http::Call call;
  call.method = "POST";
  call.url = settings_.api_url + (!settings_.api_url.empty() && settings_.api_url.back() == '/' ? "" : "/") + "apps.connections.open";
  call.headers = {{"Authorization", "Bearer " + settings_.app_token.reveal()}, {"Content-Type", "application/x-www-form-urlencoded"}};
  call.deadline = kOpenDeadline;
  const auto result = client_.call(call);
  const auto* answer = std::get_if<http::Answer>(&result);
  if (answer == nullptr) return failed(std::get<http::CallFailure>(result).reason);
  if (answer->status == 429) return failed("Slack asked to wait", http::retry_after(*answer, env_.clock.now()).value_or(limits_.longest_wait));
  const auto body = codec::parse(answer->body);
  if (!body || !body->is_object()) return failed("the answer (status " + std::to_string(answer->status) + ") is not Slack's");
  if (body->value("ok", nlohmann::json(false)) != nlohmann::json(true)) {
    const std::string error = error_word(text_at(*body, "error"));
    if (needs_a_person(error))
      workspace_->set_trouble("socket", "Slack does not accept slack.app_token (" + error + "): no command reaches Muster from Slack. Put a valid one in the settings and restart Muster; "
                                        "muster slack doctor tells more.");
    return failed("Slack answered " + error, needs_a_person(error) ? std::optional<bot::Millis>(limits_.hopeless_wait) : std::nullopt);
  }
  const std::string url = text_at(*body, "url");
  if (!is_socket_url(url, settings_.api_url)) return failed("Slack named no address for a socket");
  const auto link = std::make_shared<SocketLink>(inbox_, env_.clock, counts_, limits_.watch,
                                                 SocketLink::Told{[this] { loop_.wake(); }, [this](bot::Time now) { workspace_->heard(now); }});
  link->open(open_socket_, url);
  bot::Lock lock(mutex_);
  links_.push_back(link);
}

void SocketMode::failed(const std::string& why, std::optional<bot::Millis> wait) {
  ++failures_;
  const bot::Millis pause = wait.value_or(bot::backoff(failures_, limits_.first_wait, limits_.longest_wait, env_.random.next()));
  next_open_ = std::max(next_open_, env_.clock.monotonic() + pause);
  bot::log(bot::LogLevel::warning, "slack_socket_not_open", {{"why", why}, {"again_in", bot::duration_text(pause)}});
}

int SocketMode::ready() const {
  bot::Lock lock(mutex_);
  return static_cast<int>(std::count_if(links_.begin(), links_.end(), [](const auto& link) { return link->state() == State::ready; }));
}

}  // namespace slack
