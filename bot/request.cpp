#include "bot/request.hpp"

#include <cstdlib>

namespace bot {
namespace {
const std::string kNone;

ReplyStatus status_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid_input: return ReplyStatus::invalid;
    case ErrorKind::forbidden: return ReplyStatus::forbidden;
    case ErrorKind::not_found: return ReplyStatus::not_found;
    case ErrorKind::conflict: return ReplyStatus::conflict;
    case ErrorKind::unavailable:
    case ErrorKind::rejected: return ReplyStatus::unavailable;
    case ErrorKind::corrupt: return error.maybe_recorded ? ReplyStatus::maybe_recorded : ReplyStatus::unavailable;
  }
  std::abort();
}

/// "Not recorded: the text is missing." → "The text is missing.": the form that stays open says the rest.
std::string beside_field(const std::string& message) {
  static const std::string kRefusal = "Not recorded: ";
  std::string out = message.rfind(kRefusal, 0) == 0 ? message.substr(kRefusal.size()) : message;
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

}  // namespace

const std::string& Invocation::arg(const std::string& name) const {
  for (const auto& [key, value] : args)
    if (key == name) return value;
  return kNone;
}

bool Invocation::has(const std::string& name) const {
  for (const auto& [key, value] : args)
    if (key == name) return true;
  return false;
}

Reply reply_of(const Error& error) {
  Reply reply;
  reply.status = status_of(error);
  reply.card.tone = Tone::bad;
  reply.card.title = {plain(error.typing.empty() ? error.message : error.message + " " + error.typing)};
  reply.retry_after = error.retry_after;
  reply.field = error.field;
  if (!error.field.empty()) reply.beside = beside_field(error.message);
  return reply;
}

}  // namespace bot
