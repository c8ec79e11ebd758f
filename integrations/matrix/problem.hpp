// What came of one call to the homeserver, for the caller: carried out, not carried out, unknown, never.
// Source: client-server specification "API standards" (errors, rate limiting); on M_UNKNOWN the HTTP status decides.
#pragma once

#include <optional>
#include <string>

#include "bot/sender.hpp"
#include "integrations/http/client.hpp"

namespace matrix {

enum class Outcome {
  waits,        ///< rate limited, here or by the homeserver: not carried out
  not_sent,     ///< not carried out
  doubtful,     ///< may have been carried out; with a transaction id simply send again
  refused,      ///< not carried out and never will be
  credentials,  ///< the token or the account is at fault
};

struct Problem {
  Outcome outcome = Outcome::not_sent;
  std::string code;   ///< Matrix's errcode ("M_FORBIDDEN"), or ""
  std::string words;  ///< for people
  std::optional<bot::Millis> after = {};
  int status = 0;     ///< HTTP's, 0: no answer

  bool is(const char* errcode) const { return code == errcode; }
  /// The thing asked for does not exist. A proxy's own 404 does not count.
  bool not_found() const { return status == 404 && code == "M_NOT_FOUND"; }
};

bot::SendResult send_result(const Problem& problem);
bot::CannotLook cannot_look(const Problem& problem);

/// `what` for people: "the message". Nothing when the answer is a success; its body is then the caller's to read. `now` for Retry-After.
std::optional<Problem> judge(const std::string& what, const http::CallResult& result, bot::Time now);

/// Only what an error code may look like; anything else becomes "".
std::string error_code(const std::string& received);

}  // namespace matrix
