#include "integrations/matrix/problem.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "integrations/matrix/json.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

constexpr bot::Millis kWaitUnnamed{5000};       // a 429 that names no time
constexpr bot::Millis kLongestWait{3600000};
constexpr bot::Millis kServerIsFull{60000};

struct Reason { std::string_view code, words; };
constexpr std::array<Reason, 21> kReasons{{
    {"M_FORBIDDEN", "the bot may not do that there; it was removed from the room or its power level is too low"},
    {"M_NOT_FOUND", "the homeserver does not know it"},
    {"M_TOO_LARGE", "it is too large for the homeserver"},
    {"M_ROOM_IN_USE", "the room's name is taken"},
    {"M_EXCLUSIVE", "the name is reserved for an application service, or Muster's own registration does not cover it (make it anew with \"muster matrix register\"); or choose "
                    "another incidents.room_name"},
    {"M_UNSUPPORTED_ROOM_VERSION", "the homeserver does not know this room version; change matrix.room_version"},
    {"M_INCOMPATIBLE_ROOM_VERSION", "the homeserver does not know this room's version"},
    {"M_INVALID_ROOM_STATE", "the homeserver does not accept the room's settings"},
    {"M_BAD_JSON", "the homeserver does not accept its form"},
    {"M_NOT_JSON", "the homeserver does not accept its form"},
    {"M_INVALID_PARAM", "the homeserver does not accept one of its parts"},
    {"M_MISSING_PARAM", "the homeserver misses one of its parts"},
    {"M_BAD_STATE", "the room's state does not allow it"},
    {"M_BAD_ALIAS", "the alias does not belong to the room"},
    {"M_UNRECOGNIZED", "the homeserver does not know this call; is it too old, or matrix.homeserver_url wrong?"},
    {"M_INVITE_BLOCKED", "the person does not take invitations"},
    {"M_GUEST_ACCESS_FORBIDDEN", "guests may not do that"},
    {"M_UNKNOWN_DEVICE", "the bot's device is gone; restart Muster"},
    {"M_DUPLICATE_ANNOTATION", "the reaction is there already"},
    {"M_USER_IN_USE", "the account exists already"},
    {"M_CANNOT_LEAVE_SERVER_NOTICE_ROOM", "the homeserver does not let anybody leave this room"},
}};

bool is_about_the_account(const std::string& code) {
  return code == "M_UNKNOWN_TOKEN" || code == "M_MISSING_TOKEN" || code == "M_USER_LOCKED" || code == "M_USER_SUSPENDED" || code == "M_USER_DEACTIVATED" ||
         code == "M_CONSENT_NOT_GIVEN";
}

std::string reason_words(const std::string& code) {
  for (const auto& reason : kReasons)
    if (reason.code == code) return std::string(reason.words);
  return "";
}

/// The longer of the header and the body's older member; the member when the header is only the same rounded up to whole seconds, since the pace is
/// learnt from it.
bot::Millis wait_of(const http::Answer& answer, const nlohmann::json& body, bot::Time now) {
  const auto header = http::retry_after(answer, now, kLongestWait);
  const auto member = number_at(body, "retry_after_ms");
  if (!header && !member) return kWaitUnnamed;
  bot::Millis wait = header.value_or(bot::Millis{0});
  if (member) {
    const bot::Millis exact{std::clamp<std::int64_t>(*member, 0, kLongestWait.count())};
    wait = wait - exact < bot::Millis{1000} ? exact : std::max(wait, exact);
  }
  return std::max(wait, bot::Millis{100});
}

Problem refusal(const std::string& what, int status, const std::string& code, const std::string& said) {
  std::string why = reason_words(code);
  // Synapse says M_UNKNOWN for much; its own words are then the only reason there is.
  if (why.empty()) why = text::shorten(text::clean(text::valid_utf8(said), true), 160);
  while (!why.empty() && why.back() == '.') why.pop_back();
  return {Outcome::refused, code, "The homeserver refused " + what + (why.empty() ? "" : ": " + why) + " (" + code + ").", {}, status};
}

Problem refused_by_server(const std::string& what, const http::Answer& answer, const nlohmann::json& body, bot::Time now) {
  const int status = answer.status;
  const std::string code = error_code(text_at(body, "errcode"));
  if (status == 429 || code == "M_LIMIT_EXCEEDED") {
    const bot::Millis wait = wait_of(answer, body, now);
    return {Outcome::waits, code.empty() ? "M_LIMIT_EXCEEDED" : code, "the homeserver asked to wait " + bot::duration_text(wait) + " before " + what, wait, status};
  }
  if (status == 401 || is_about_the_account(code))
    return {Outcome::credentials, code,
            "The homeserver does not accept the bot's token or account (" + (code.empty() ? std::to_string(status) : code) +
                "). Check it with \"muster matrix doctor\", correct the settings and restart Muster.",
            {}, status};
  if (status >= 500 || status == 408) return {Outcome::doubtful, code, "the homeserver answered " + std::to_string(status) + " to " + what, {}, status};
  if (code == "M_RESOURCE_LIMIT_EXCEEDED" || code == "M_USER_LIMIT_EXCEEDED")
    return {Outcome::not_sent, code, "the homeserver is at its limit and takes nothing new", kServerIsFull, status};
  if (code.empty())  // a proxy's page: the homeserver never saw it, and will once the proxy is right
    return {Outcome::not_sent, "", "the answer to " + what + " (status " + std::to_string(status) + ") is not a homeserver's; check matrix.homeserver_url", {}, status};
  return refusal(what, status, code, text_at(body, "error"));
}

}  // namespace

std::string error_code(const std::string& received) {
  if (received.empty() || received.size() > 64) return "";
  for (const char c : received)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.')) return "";
  return received;
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

std::optional<Problem> judge(const std::string& what, const http::CallResult& result, bot::Time now) {
  if (const auto* failure = std::get_if<http::CallFailure>(&result))
    return Problem{failure->maybe_done ? Outcome::doubtful : Outcome::not_sent, "", "homeserver: " + failure->reason, {}, 0};
  const auto& answer = std::get<http::Answer>(result);
  if (answer.status >= 200 && answer.status < 300) return std::nullopt;
  if (answer.status < 400)
    return Problem{Outcome::not_sent, "", "the homeserver sent " + what + " elsewhere (status " + std::to_string(answer.status) +
                   "); put its real address into matrix.homeserver_url", {}, answer.status};
  return refused_by_server(what, answer, parse_tolerant(answer.body), now);
}

}  // namespace matrix
