#include "integrations/slack/errors.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace slack {
namespace {

using Word = std::string_view;

template <std::size_t N>
bool among(const std::array<Word, N>& words, const std::string& code) {
  return std::find(words.begin(), words.end(), code) != words.end();
}

constexpr std::array<Word, 9> kCredentials{"not_authed",    "invalid_auth",       "account_inactive",       "token_revoked",       "token_expired",
                                           "team_disabled", "org_login_required", "user_removed_from_team", "not_allowed_token_type"};
/// Slack's reference: part of the operation may have happened.
constexpr std::array<Word, 3> kDoubtful{"fatal_error", "internal_error", "service_unavailable"};
/// Slack read only half of the request, or says so about itself in passing.
constexpr std::array<Word, 4> kAgain{"request_timeout", "team_added_to_org", "external_channel_migrating", "update_failed"};

struct Reason { Word code, words; };
constexpr std::array<Reason, 22> kReasons{{
    {"channel_not_found", "Slack does not know the channel, or the app cannot see it"},
    {"not_in_channel", "the app is not in the channel; invite it there with /invite"},
    {"is_archived", "the channel is archived"},
    {"restricted_action", "the workspace's rules forbid it; an administrator can allow it for the app"},
    {"no_permission", "the workspace's rules forbid it; an administrator can allow it for the app"},
    {"access_denied", "the workspace's rules forbid it; an administrator can allow it for the app"},
    {"cannot_create_channel", "the workspace does not let the app create channels"},
    {"user_not_found", "Slack does not know the person"},
    {"user_disabled", "the person's account is switched off"},
    {"user_not_visible", "the app may not see the person"},
    {"user_is_restricted", "the person is a guest and may not be added"},
    {"ura_max_channels", "the person is a guest who may be in one channel only"},
    {"cant_invite", "the person may not be added"},
    {"org_user_not_in_team", "the person is not in this workspace"},
    {"invitee_cant_see_channel", "the person may not see the channel"},
    {"message_not_found", "the message is gone"},
    {"cant_update_message", "the message may not be edited"},
    {"edit_window_closed", "the workspace's rules do not allow edits this late"},
    {"too_many_pins", "the channel has too many pins"},
    {"msg_too_long", "the message is too long for Slack"},
    {"msg_blocks_too_long", "the message is too long for Slack"},
    {"message_limit_exceeded", "the workspace has used up its messages"},
}};

}  // namespace

std::string error_word(const std::string& received) {
  if (received.empty() || received.size() > 64) return "unknown_error";
  for (char c : received)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return "unknown_error";
  return received;
}

std::string reason_words(const std::string& code) {
  for (const auto& reason : kReasons)
    if (reason.code == code) return std::string(reason.words);
  return code;
}

Problem problem_of(const std::string& method, const std::string& code, const std::string& needed_scope) {
  if (among(kCredentials, code))
    return {Outcome::credentials, code, "Slack does not accept the bot token (" + code + "). Put a valid one in slack.bot_token and restart Muster.", {}};
  if (among(kDoubtful, code)) return {Outcome::doubtful, code, "Slack answered " + code + " to " + method, {}};
  if (among(kAgain, code)) return {Outcome::not_sent, code, "Slack answered " + code + " to " + method, {}};
  if (code == "missing_scope") {
    std::string scope;
    for (char c : needed_scope.substr(0, 80))
      if ((c >= 'a' && c <= 'z') || c == ':' || c == '.' || c == ',' || c == '_') scope += c;
    return {Outcome::refused, code,
            "Slack refused " + method + ": the app lacks the scope " + (scope.empty() ? "it needs" : scope) + ". Add it and reinstall the app.", {}};
  }
  const std::string why = reason_words(code);
  return {Outcome::refused, code, "Slack refused " + method + ": " + why + (why == code ? "" : " (" + code + ")") + ".", {}};
}

}  // namespace slack
