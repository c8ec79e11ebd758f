// The part of the api that settles who the bot is, and with which device it speaks.
#include <nlohmann/json.hpp>

#include "integrations/matrix/api.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr const char* kAsLogin = "m.login.application_service";

std::string localpart(const std::string& user_id) { return user_id.substr(1, user_id.find(':') - 1); }

}  // namespace

std::optional<Problem> Api::whoami(const Budget& budget, json& answer) {
  return carry_out({"GET", {"v3", "account", "whoami"}, {}, "the question who the bot is"}, nullptr, budget, answer);
}

std::optional<Problem> Api::capabilities(const Budget& budget, json& answer) {
  return carry_out({"GET", {"v3", "capabilities"}, {}, "the question what it can do"}, nullptr, budget, answer);
}

std::optional<Problem> Api::versions(const Budget& budget, json& answer) {
  return carry_out({"GET", {"versions"}, {}, "the question which version it is"}, nullptr, budget, answer);
}

std::optional<Problem> Api::ping(const std::string& transaction, const Budget& budget, json& answer) {
  Ask ask{"POST", {"v1", "appservice", settings_.app_service.id, "ping"}, {}, "the request to call Muster back"};
  ask.as_service = true;
  const json body{{"transaction_id", transaction}};
  return carry_out(ask, &body, budget, answer);
}

/// (a) A device made for us, named in every call (specification 1.17); else (b) a login with that device, whose token the homeserver keeps
/// apart; else (c) the bare token: it works, but repeats are not recognised after a restart of the homeserver.
std::optional<Problem> Api::become_device(const Budget& budget) {
  const auto& service = settings_.app_service;
  json answer;
  // The sender's account may not exist yet; that it does is fine.
  const json account{{"type", kAsLogin}, {"username", localpart(settings_.user_id)}, {"inhibit_login", true}};
  Ask ask{"POST", {"v3", "register"}, {}, "the bot's account"};
  ask.as_service = true;
  auto problem = carry_out(ask, &account, budget, answer);
  if (problem && problem->outcome != Outcome::refused) return problem;
  const json body{{"display_name", "Muster"}};
  ask.method = "PUT";
  ask.path = {"v3", "devices", service.device_id};
  ask.what = "the bot's device";
  problem = carry_out(ask, &body, budget, answer);
  if (!problem) {
    {
      bot::Lock lock(mutex_);
      names_device_ = true;
    }
    json who;
    problem = whoami(budget, who);
    if (!problem && text_at(who, "device_id") == service.device_id) return std::nullopt;
    // The server made the device but does not act as it, or fails over it: a login does.
    {
      bot::Lock lock(mutex_);
      names_device_ = false;
    }
    if (problem && problem->status == 0) return problem;  // no answer at all: all of it again
  } else if (problem->outcome != Outcome::refused) {
    return problem;
  }
  problem = log_in(budget);
  return problem && problem->outcome != Outcome::refused ? problem : std::nullopt;
}

std::optional<Problem> Api::log_in(const Budget& budget) {
  {
    bot::Lock lock(mutex_);
    device_token_ = bot::Secret();
  }
  const json body{{"type", kAsLogin},
                  {"identifier", {{"type", "m.id.user"}, {"user", localpart(settings_.user_id)}}},
                  {"device_id", settings_.app_service.device_id},
                  {"initial_device_display_name", "Muster"}};
  json answer;
  Ask ask{"POST", {"v3", "login"}, {}, "the bot's login"};
  ask.as_service = true;
  if (auto problem = carry_out(ask, &body, budget, answer)) return problem;
  const std::string token = text_at(answer, "access_token");
  if (token.empty()) return Problem{Outcome::refused, "", "The homeserver took the bot's login but gave no token.", {}, 0};
  bot::Lock lock(mutex_);
  device_token_ = bot::Secret(token);
  return std::nullopt;
}

std::optional<Problem> Api::learn_self(const Budget& budget) {
  if (homeserver_->self()) return std::nullopt;
  if (!settings_.app_service.id.empty()) {
    bool settled = false;
    {
      bot::Lock lock(mutex_);
      settled = names_device_ || !device_token_.empty();
    }
    if (!settled)
      if (auto problem = become_device(budget)) return problem;
  }
  json answer;
  if (auto problem = whoami(budget, answer)) return problem;
  const Self self{text_at(answer, "user_id"), text_at(answer, "device_id")};
  if (self.user_id.empty()) return Problem{Outcome::not_sent, "", "the homeserver did not say who the bot is", {}, 0};
  if (self.user_id != settings_.user_id)
    return Problem{Outcome::credentials, "", "The token belongs to another account than matrix.user_id. Correct one of the two and restart Muster.", {}, 0};
  if (!capabilities(budget, answer)) {
    const json& versions = object_at(object_at(answer, "capabilities"), "m.room_versions");
    std::set<std::string> available;
    for (const auto& item : object_at(versions, "available").items()) available.insert(item.key());
    homeserver_->learn_room_versions(text_at(versions, "default"), std::move(available));
  }
  homeserver_->learn(self);
  return std::nullopt;
}

bool Api::repeats_are_recognised() const {
  const auto self = homeserver_->self();
  return self && !self->device_id.empty();
}

}  // namespace matrix
