#include "integrations/api/answers.hpp"

#include <nlohmann/json.hpp>

#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"

namespace api {
namespace {

constexpr bot::Millis kAgainAfter{1000};
constexpr const char* kMaybe = "This may be recorded. Send it again with the same Idempotency-Key to find out; nothing is recorded twice.";

int status_of(bot::ReplyStatus status) {
  switch (status) {
    case bot::ReplyStatus::ok: return 200;
    case bot::ReplyStatus::invalid: return 422;
    case bot::ReplyStatus::forbidden: return 403;
    case bot::ReplyStatus::not_found: return 404;
    case bot::ReplyStatus::conflict: return 409;
    case bot::ReplyStatus::unavailable:
    case bot::ReplyStatus::maybe_recorded: return 503;
  }
  return 500;
}

int status_of(const bot::Error& error) {
  switch (error.kind) {
    case bot::ErrorKind::invalid_input: return 400;
    case bot::ErrorKind::forbidden: return 403;
    case bot::ErrorKind::not_found: return 404;
    case bot::ErrorKind::conflict: return 409;
    case bot::ErrorKind::unavailable: return 503;
    case bot::ErrorKind::rejected: return 502;
    case bot::ErrorKind::corrupt: return error.maybe_recorded ? 503 : 500;
  }
  return 500;
}

/// Everything the card says in words, on one line: what a script prints.
std::string words_of(const bot::Card& card, const bot::People& people) {
  std::string out = bot::plain_text(card.title, people);
  for (const auto& paragraph : card.paragraphs) {
    if (!out.empty()) out += ' ';
    out += bot::plain_text(paragraph, people);
  }
  return out;
}

}  // namespace

http::Response answer_of(const bot::Error& error) {
  const int status = status_of(error);
  std::optional<bot::Millis> again;
  if (status == 503) again = error.retry_after.value_or(kAgainAfter);
  return http::Response::problem(status, error.message, again);
}

http::Response answer_of(const bot::Reply& reply, const bot::People& people) {
  nlohmann::json body = codec::view(reply, people);
  const int status = status_of(reply.status);
  if (status != 200) {
    std::string detail = words_of(reply.card, people);
    if (reply.status == bot::ReplyStatus::maybe_recorded) detail = detail.empty() ? kMaybe : detail + " " + kMaybe;
    body["detail"] = std::move(detail);
  }
  auto out = http::Response::json(status, codec::dump(body));
  if (status == 503) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(reply.retry_after.value_or(kAgainAfter)).count();
    out.headers.emplace_back("Retry-After", std::to_string(wait < 1 ? 1 : wait));
  }
  return out;
}

}  // namespace api
