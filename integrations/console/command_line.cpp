#include "integrations/console/command_line.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/console/posted.hpp"
#include "integrations/console/shell.hpp"

namespace console {

namespace {

constexpr std::size_t kLongestText = 16000;

std::string trimmed(const std::string& s) {
  const char* blank = " \t\r\n";
  const auto from = s.find_first_not_of(blank);
  return from == std::string::npos ? std::string{} : s.substr(from, s.find_last_not_of(blank) - from + 1);
}

std::string first_word(const std::string& s) {
  std::string word = s.substr(0, s.find_first_of(" \t\n"));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return word;
}

std::string after_first_word(const std::string& s) {
  const auto end = s.find_first_of(" \t\n");
  return end == std::string::npos ? std::string{} : trimmed(s.substr(end));
}

/// Also "inc-7:", and "inc-0", which is none: the grammar says so, where a page's own incident in front would hide it.
bool names_incident(const std::string& word) {
  return word.rfind("inc-", 0) == 0 || (word.rfind('#', 0) == 0 && bot::incident_number(word).has_value());
}

/// Without "/incident", and forms send line ends as CR LF.
std::string normal(const std::string& typed) {
  std::string s = text::clean(typed);
  s = trimmed(s);
  const std::string word = first_word(s);
  if (word == "/incident" || word == "!incident") s = after_first_word(s);
  return s;
}

std::string verb_of(const std::string& text) {
  const std::string word = first_word(text);
  return names_incident(word) ? first_word(after_first_word(text)) : word;
}

bot::Reply not_recorded(std::string why) {
  bot::Reply reply;
  reply.status = bot::ReplyStatus::invalid;
  reply.card.tone = bot::Tone::bad;
  reply.card.title = {bot::plain("Not recorded: " + why)};
  return reply;
}

}  // namespace

std::string completed(const std::string& typed, std::int64_t incident) {
  const std::string s = normal(typed);
  const std::string word = first_word(s);
  if (incident == 0 || s.empty() || names_incident(word) || word == "declare" || word == "list" || word == "help") return s;
  return "INC-" + std::to_string(incident) + " " + s;
}

bool CommandLine::is_query(const std::string& text) const {
  const std::string verb = verb_of(text);
  if (verb.empty()) return true;  // "INC-7" alone shows it
  for (const auto& hint : desk_.verbs()) {
    if (hint.verb == verb) return hint.query;
  }
  return false;
}

void CommandLine::take(const http::Request& request, const http::Headers& form, const Visitor& visitor,
                       std::shared_ptr<http::Exchange> exchange) {
  Sent sent;
  sent.visitor = visitor;
  sent.typed = http::form_value(form, "text");
  sent.incident = bot::incident_number(http::form_value(form, "incident")).value_or(0);
  sent.key = http::form_value(form, "key");
  sent.back = way_back(http::form_value(form, "back"), sent.incident);
  sent.json = wants_json(request);
  const std::string text = completed(sent.typed, sent.incident);
  sent.query = is_query(text);
  sent.declares = verb_of(text) == "declare";
  const auto answer = [this, sent, exchange](bot::Reply reply) {
    exchange->respond(sent.json ? as_json(sent, reply) : as_redirect(sent, reply));
  };
  if (text.empty()) return answer(not_recorded("nothing was typed. Type help to see what Muster can be asked."));
  if (sent.typed.size() > kLongestText) {
    return answer(not_recorded("that is longer than " + std::to_string(kLongestText) + " bytes. Send it in parts, or link to it."));
  }
  bot::Request asked;
  asked.cls = bot::RequestClass::human;
  asked.caller = {bot::ActorKind::person, "console", visitor.actor.id, visitor.name, {}};
  if (is_key(sent.key)) asked.dedup_keys = {dedup_key(visitor, sent.key, text)};
  asked.body = bot::Typed{text};
  asked.received = desk_.env().clock.now();
  intake_.submit(std::move(asked), answer);
}

http::Response CommandLine::as_json(const Sent& sent, const bot::Reply& reply) {
  const bool ok = reply.status == bot::ReplyStatus::ok;
  const std::int64_t about = reply.incident.value_or(sent.incident);
  nlohmann::json out = {{"ok", ok},
                        {"recorded", ok && !sent.query},
                        {"repeated", reply.repeated},
                        {"at", bot::clock_text(desk_.env().clock.now())},
                        {"title", bot::plain_text(reply.card.title, desk_.people())},
                        // A change shows in the stream by itself; saying it again would be an echo.
                        {"quiet", ok && !sent.query && says_only_its_title(reply.card)},
                        {"html", desk_.reply(sent.visitor, reply.card, about).str()}};
  if (ok && sent.declares && reply.incident) {
    KeptReply kept{sent.visitor.session_hash, desk_.env().ids.next(), desk_.reply(sent.visitor, reply.card, about).str(), ""};
    out["location"] = "/incidents/INC-" + std::to_string(*reply.incident) + "?reply=" + kept.id;
    replies_.keep(std::move(kept));
  }
  if (reply.retry_after) out["retry_after_ms"] = reply.retry_after->count();
  http::Response response = with_policy(http::Response::json(status_of(reply.status), codec::dump(out)));
  if (reply.retry_after) response.headers.emplace_back("Retry-After", std::to_string((reply.retry_after->count() + 999) / 1000));
  return response;
}

http::Response CommandLine::as_redirect(const Sent& sent, const bot::Reply& reply) {
  const bool ok = reply.status == bot::ReplyStatus::ok;
  const std::int64_t about = reply.incident.value_or(sent.incident);
  KeptReply kept{sent.visitor.session_hash, desk_.env().ids.next(), desk_.reply(sent.visitor, reply.card, about).str(),
                 ok ? "" : sent.typed};
  const std::string to = ok && sent.declares && reply.incident ? "/incidents/INC-" + std::to_string(*reply.incident) : sent.back;
  http::Response response;
  response.status = 303;
  response.headers.emplace_back("Location", to + "?reply=" + kept.id + "#reply");
  replies_.keep(std::move(kept));
  return with_policy(std::move(response));
}

}  // namespace console
