// One call of Slack's Web API under Slack's rules: form body, local limits, pauses, and what an answer means for the caller.
// Place: used by the sender's steps only. Threads: any.
// Errors: a Problem whose kind says whether the call was carried out; never throws.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bot/mutex.hpp"
#include "bot/secret.hpp"
#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/http/client.hpp"
#include "integrations/http/rate_limiter.hpp"
#include "integrations/slack/workspace.hpp"

namespace slack {

enum class Outcome {
  waits,        ///< rate limited, here or by Slack: not carried out
  not_sent,     ///< not carried out
  doubtful,     ///< may have been carried out
  refused,      ///< not carried out and never will be
  credentials,  ///< the token is at fault
};

struct Problem {
  Outcome outcome = Outcome::not_sent;
  std::string code;   ///< Slack's error word, or ""
  std::string words;  ///< for people
  std::optional<bot::Millis> after;
};

bot::SendResult send_result(const Problem& problem);
bot::CannotLook cannot_look(const Problem& problem);

/// The string member `name`, or "" when `object` is no object or has none: Slack's answers are outside text.
std::string text_at(const nlohmann::json& object, const char* name);

using Arguments = std::vector<std::pair<std::string, std::string>>;
/// As a form body.
std::string form_of(const Arguments& arguments);

/// Who goes first where Slack's limits are tight: each leaves a share of what a method allows to those before it.
enum class Urgency { page, room, summary, cosmetic };

/// What is left of the time one message may take, and how urgent it is; several calls share it.
class Budget {
 public:
  Budget(const bot::Clock& clock, bot::Millis whole, bot::Millis each, Urgency urgency = Urgency::room);
  bot::Millis next() const;  ///< for one call; 0 when spent
  Urgency urgency() const { return urgency_; }

 private:
  const bot::Clock& clock_;
  bot::Millis until_, each_;
  Urgency urgency_;
};

class Api {
 public:
  Api(const bot::SlackSettings& settings, http::Client& client, bot::Clock& clock, Workspace& workspace);

  /// Nothing: `answer` holds the object with "ok": true. `channel` is named where Slack limits by channel (posting).
  std::optional<Problem> call(const std::string& method, const Arguments& arguments, const Budget& budget, nlohmann::json& answer,
                              const std::string& channel = "");
  /// The same in a room; when the bot turns out not to be a member it joins (public channels) and calls once more.
  std::optional<Problem> call_in(const std::string& channel, const std::string& method, const Arguments& arguments, const Budget& budget,
                                 nlohmann::json& answer);
  /// Asks auth.test once who the bot is; nothing when known.
  std::optional<Problem> learn_identity(const Budget& budget);

 private:
  bot::Millis reserve(const std::string& method, const std::string& channel, Urgency urgency);
  std::optional<Problem> once(const std::string& method, const Arguments& arguments, const Budget& budget, nlohmann::json& answer,
                              const std::string& channel, const bot::Secret& token);
  Problem paused(const std::string& method, const std::string& channel, const http::Answer& answer);
  std::optional<Problem> judge(const std::string& method, const std::string& channel, const http::CallResult& result, nlohmann::json& answer);

  std::string base_;
  const bot::Secret& token_;  ///< of the settings; a rotated one comes from the workspace
  http::Client& client_;
  bot::Clock& clock_;
  Workspace& workspace_;
  http::RateLimiter limiter_;
  bot::Mutex mutex_;
  std::map<std::string, std::pair<std::string, bot::Time>> paused_channel_ GUARDED_BY(mutex_);  ///< method → the channel paused last, and until when
};

}  // namespace slack
