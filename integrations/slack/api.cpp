#include "integrations/slack/api.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/errors.hpp"

namespace slack {
namespace {

struct Rate { double per_minute, burst; };

/// Slack's tiers per method and workspace (docs: "Rate limits"); bursts are not published, so small ones are taken.
Rate rate_of(const std::string& method) {
  if (method == "chat.postMessage") return {300, 30};
  if (method == "auth.test") return {100, 10};
  if (method == "conversations.create" || method == "conversations.setTopic" || method == "conversations.rename" || method == "conversations.archive" ||
      method == "pins.add" || method == "bookmarks.add" || method == "usergroups.users.list")
    return {20, 6};
  if (method == "users.info" || method.rfind("views.", 0) == 0) return {100, 10};
  return {50, 10};  // invite, open, join, history, users.conversations, chat.update
}

/// The share of a method's burst that is left to those who go first: only where they use the same method.
double left_over(const std::string& method, Urgency urgency) {
  const bool of_pages = method == "chat.postMessage" || method == "conversations.open" || method == "conversations.history";
  const bool of_rooms = of_pages || method == "conversations.invite" || method == "conversations.join" || method == "users.conversations";
  switch (urgency) {
    case Urgency::page: return 0.0;
    case Urgency::room: return of_pages ? 0.2 : 0.0;
    case Urgency::summary: return of_rooms ? 0.4 : 0.0;
    case Urgency::cosmetic: return of_rooms ? 0.6 : 0.0;
  }
  return 0.0;
}

constexpr Rate kPostsPerChannel{60, 3};
constexpr bot::Millis kWaitUnnamed{30000};  // a 429 without a readable Retry-After
constexpr bot::Millis kIdentityTime{4000};

}  // namespace

std::string form_of(const Arguments& arguments) {
  std::string body;
  for (const auto& [name, value] : arguments) {
    if (!body.empty()) body += '&';
    body += http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  return body;
}

std::string text_at(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

bot::SendResult send_result(const Problem& problem) {
  switch (problem.outcome) {
    case Outcome::waits: return bot::NotSent{problem.words, problem.after, false};
    case Outcome::not_sent: return bot::NotSent{problem.words, problem.after, true};
    case Outcome::doubtful: return bot::Doubtful{problem.words};
    case Outcome::refused: return bot::Refused{problem.words, false};
    case Outcome::credentials: return bot::Refused{problem.words, true};
  }
  return bot::Doubtful{problem.words};
}

bot::CannotLook cannot_look(const Problem& problem) { return {problem.words}; }

Budget::Budget(const bot::Clock& clock, bot::Millis whole, bot::Millis each, Urgency urgency)
    : clock_(clock), until_(clock.monotonic() + whole), each_(each), urgency_(urgency) {}

bot::Millis Budget::next() const { return std::clamp(until_ - clock_.monotonic(), bot::Millis{0}, each_); }

Api::Api(const bot::SlackSettings& settings, http::Client& client, bot::Clock& clock, Workspace& workspace)
    : base_(settings.api_url), token_(settings.bot_token), client_(client), clock_(clock), workspace_(workspace) {
  if (base_.empty() || base_.back() != '/') base_ += '/';
}

bot::Millis Api::reserve(const std::string& method, const std::string& channel, Urgency urgency) {
  const bot::Time now = clock_.now();
  if (urgency != Urgency::page)
    if (const bot::Millis wait = limiter_.paused(method + " but pages", now); wait.count() > 0) return wait;
  if (!channel.empty()) {
    const bot::Millis wait = limiter_.take(method + " " + channel, kPostsPerChannel.per_minute, kPostsPerChannel.burst, now);
    if (wait.count() > 0) return wait;
  }
  const Rate rate = rate_of(method);
  return limiter_.take(method, rate.per_minute, rate.burst, now, rate.burst * left_over(method, urgency));
}

Problem Api::paused(const std::string& method, const std::string& channel, const http::Answer& answer) {
  const bot::Time now = clock_.now();
  const bot::Millis wait = std::max(bot::Millis{1000}, http::retry_after(answer, now).value_or(kWaitUnnamed));
  // Posting is limited per channel first: pausing all posts would let one busy room hold up pages. A second channel refused meanwhile means
  // that the workspace's limit is meant; then everything waits but pages, which are few and may try.
  limiter_.pause(channel.empty() ? method : method + " " + channel, now + wait);
  if (!channel.empty()) {
    bot::Lock lock(mutex_);
    auto& [last, until] = paused_channel_[method];
    if (!last.empty() && last != channel && until > now) limiter_.pause(method + " but pages", now + wait);
    last = channel;
    until = now + wait;
  }
  return {Outcome::waits, "ratelimited", "Slack asked to wait " + bot::duration_text(wait) + " before the next " + method, wait};
}

std::optional<Problem> Api::judge(const std::string& method, const std::string& channel, const http::CallResult& result, nlohmann::json& answer) {
  if (const auto* failure = std::get_if<http::CallFailure>(&result))
    return Problem{failure->maybe_done ? Outcome::doubtful : Outcome::not_sent, "", "Slack: " + failure->reason, {}};
  const auto& got = std::get<http::Answer>(result);
  if (got.status == 429) return paused(method, channel, got);
  if (got.status >= 500) return Problem{Outcome::doubtful, "", "Slack answered " + std::to_string(got.status) + " to " + method, {}};
  auto parsed = codec::parse(got.body);
  const bool readable = parsed.ok() && parsed->is_object() && parsed->contains("ok") && (*parsed)["ok"].is_boolean();
  if (!readable) {
    const bool success = got.status >= 200 && got.status < 300;
    return Problem{success ? Outcome::doubtful : Outcome::not_sent, "",
                   "the answer to " + method + " (status " + std::to_string(got.status) + ") is not Slack's; check slack.api_url", {}};
  }
  if ((*parsed)["ok"].get<bool>()) {
    answer = *std::move(parsed);
    return std::nullopt;
  }
  const std::string code = error_word(text_at(*parsed, "error"));
  answer = *std::move(parsed);  // some refusals carry details: conversations.invite lists who
  if (code == "ratelimited" || code == "rate_limited") return paused(method, channel, got);
  return problem_of(method, code, text_at(answer, "needed"));
}

std::optional<Problem> Api::call(const std::string& method, const Arguments& arguments, const Budget& budget, nlohmann::json& answer,
                                 const std::string& channel) {
  const bot::Secret token = workspace_.bot_token(token_);
  auto problem = once(method, arguments, budget, answer, channel, token);
  // An expired token was not carried out with: renewed once, the same call goes again.
  if (problem && problem->code == "token_expired" && workspace_.renew_token(token))
    problem = once(method, arguments, budget, answer, channel, workspace_.bot_token(token_));
  if (problem && problem->outcome == Outcome::credentials) workspace_.set_trouble("token", problem->words);
  if (!problem) {
    workspace_.set_trouble("token", "");
    workspace_.heard(clock_.now());
  }
  return problem;
}

std::optional<Problem> Api::once(const std::string& method, const Arguments& arguments, const Budget& budget, nlohmann::json& answer,
                                 const std::string& channel, const bot::Secret& token) {
  answer = nlohmann::json::object();
  const bot::Millis time = budget.next();
  if (time.count() <= 0) return Problem{Outcome::not_sent, "", "Slack was too slow; " + method + " was not begun", {}};
  if (const bot::Millis wait = reserve(method, channel, budget.urgency()); wait.count() > 0)
    return Problem{Outcome::waits, "ratelimited", "waiting so as to stay under Slack's limit for " + method, wait};
  http::Call call;
  call.method = "POST";
  call.url = base_ + method;
  call.headers = {{"Authorization", "Bearer " + token.reveal()}, {"Content-Type", "application/x-www-form-urlencoded"}};
  call.body = form_of(arguments);
  call.deadline = time;
  call.answer_cap = 4u << 20;
  return judge(method, channel, client_.call(call), answer);
}

std::optional<Problem> Api::call_in(const std::string& channel, const std::string& method, const Arguments& arguments, const Budget& budget,
                                    nlohmann::json& answer) {
  const std::string limited = method == "chat.postMessage" ? channel : "";
  auto problem = call(method, arguments, budget, answer, limited);
  if (!problem || problem->code != "not_in_channel") return problem;
  nlohmann::json joined;
  if (const auto refused = call("conversations.join", {{"channel", channel}}, budget, joined)) {
    if (refused->outcome == Outcome::refused) return problem;  // private, or the scope is missing: the first words say what to do
    return refused->outcome == Outcome::doubtful ? Problem{Outcome::not_sent, "", refused->words, {}} : *refused;
  }
  return call(method, arguments, budget, answer, limited);
}

std::optional<Problem> Api::learn_identity(const Budget& budget) {
  if (workspace_.identity()) return std::nullopt;
  nlohmann::json answer;
  const Budget brief(clock_, std::min(budget.next(), kIdentityTime), kIdentityTime);
  if (auto problem = call("auth.test", {}, brief, answer)) return problem;
  Identity identity{text_at(answer, "team_id"), text_at(answer, "enterprise_id"), text_at(answer, "user_id"), text_at(answer, "bot_id"),
                    text_at(answer, "app_id"), answer.value("is_enterprise_install", nlohmann::json(false)) == true};
  if (identity.user_id.empty() || identity.team_id.empty())
    return Problem{Outcome::not_sent, "", "Slack's auth.test did not say who the bot is", {}};
  workspace_.learn(identity);
  return std::nullopt;
}

}  // namespace slack
