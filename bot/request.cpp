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
  reply.card.title = {plain(error.message)};
  reply.retry_after = error.retry_after;
  reply.field = error.field;
  return reply;
}

}  // namespace bot
