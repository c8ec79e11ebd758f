#include "integrations/console/forms.hpp"

#include <nlohmann/json.hpp>

#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/console/command_line.hpp"
#include "integrations/console/posted.hpp"

namespace console {

namespace {

constexpr std::size_t kLongestValue = 20000;

bot::Caller caller_of(const Visitor& visitor) { return {bot::ActorKind::person, "console", visitor.actor.id, visitor.name, {}}; }

}  // namespace

bot::Result<bot::Form> Forms::form_for(const Visitor& visitor, bot::RequestBody body) {
  if (source_ == nullptr) return bot::fail(bot::ErrorKind::unavailable, "Forms are not available here. Type the command instead.");
  bot::Request request;
  request.caller = caller_of(visitor);
  request.body = std::move(body);
  request.received = desk_.env().clock.now();
  return source_->form(request);
}

void Forms::show(const http::Request& request, const http::Headers& query, const Visitor& visitor, std::shared_ptr<http::Exchange> exchange) {
  Sent sent;
  sent.visitor = visitor;
  sent.json = wants_json(request);
  sent.incident = bot::incident_number(http::form_value(query, "incident")).value_or(0);
  sent.drawing.back = way_back(http::form_value(query, "back"), sent.incident);
  sent.drawing.form_token = visitor.form_token;
  sent.drawing.key = desk_.env().ids.next();
  auto form = form_for(visitor, bot::Typed{completed(http::form_value(query, "text"), sent.incident)});
  if (!form) {
    const bot::Reply refusal = bot::reply_of(form.error());
    const int status = status_of(refusal.status);
    return exchange->respond(sent.json ? with_policy(http::Response::problem(status, form.error().message))
                                       : shell_.say(status, "No form for this", form.error().message));
  }
  sent.form = *std::move(form);
  exchange->respond(drawn(200, sent));
}

http::Response Forms::drawn(int status, const Sent& sent) const {
  text::Html html;
  add_form(html, *sent.form, sent.drawing, desk_.people());
  if (!sent.json) return shell_.plain(status, sent.form->title, html);
  const nlohmann::json out = {{"ok", status == 200}, {"title", sent.form->title}, {"form", html.str()}};
  return with_policy(http::Response::json(status, codec::dump(out)));
}

void Forms::take(const http::Request& request, const http::Headers& posted, const Visitor& visitor, std::shared_ptr<http::Exchange> exchange) {
  Sent sent;
  sent.visitor = visitor;
  sent.json = wants_json(request);
  sent.incident = bot::incident_number(http::form_value(posted, "incident")).value_or(0);
  sent.drawing.back = way_back(http::form_value(posted, "back"), sent.incident);
  sent.drawing.form_token = visitor.form_token;
  sent.drawing.key = desk_.env().ids.next();

  bot::Invocation invocation;
  invocation.verb = http::form_value(posted, "verb");
  if (sent.incident > 0) invocation.incident = sent.incident;
  std::string words = invocation.verb + "\n" + std::to_string(sent.incident);
  for (const auto& [name, value] : posted) {
    if (name.rfind("arg:", 0) != 0) continue;
    const std::string arg = name.substr(4);
    std::string clean = text::clean(value.substr(0, kLongestValue));
    words += "\n" + arg + "=" + clean;
    sent.drawing.values[arg] = clean;
    invocation.args.emplace_back(arg, std::move(clean));
  }
  // What it looks like now, on this thread: the refusal is drawn on another one.
  if (auto form = form_for(visitor, bot::Invocation{invocation.verb, invocation.incident, {}})) sent.form = *std::move(form);

  bot::Request asked;
  asked.cls = bot::RequestClass::human;
  asked.caller = caller_of(visitor);
  if (const std::string& key = http::form_value(posted, "key"); is_key(key)) asked.dedup_keys = {dedup_key(visitor, key, words)};
  asked.body = std::move(invocation);
  asked.received = desk_.env().clock.now();
  intake_.submit(std::move(asked), [this, sent, exchange](bot::Reply reply) { exchange->respond(answer(sent, reply)); });
}

http::Response Forms::answer(const Sent& sent, const bot::Reply& reply) {
  if (reply.status == bot::ReplyStatus::ok) return recorded(sent, reply);
  const std::string words = bot::plain_text(reply.card.title, desk_.people());
  if (!sent.form)
    return sent.json ? with_policy(http::Response::problem(status_of(reply.status), words)) : shell_.say(status_of(reply.status), "Not recorded", words);
  Sent again = sent;
  again.drawing.wrong = reply.beside.empty() ? words : reply.beside;
  again.drawing.wrong_field = reply.field;
  http::Response response = drawn(status_of(reply.status), again);
  if (reply.retry_after) response.headers.emplace_back("Retry-After", std::to_string((reply.retry_after->count() + 999) / 1000));
  return response;
}

http::Response Forms::recorded(const Sent& sent, const bot::Reply& reply) {
  const std::int64_t about = reply.incident.value_or(sent.incident);
  const bool new_one = sent.incident == 0 && reply.incident;
  KeptReply kept{sent.visitor.session_hash, desk_.env().ids.next(), desk_.reply(sent.visitor, reply.card, about).str(), ""};
  const std::string to = new_one ? "/incidents/INC-" + std::to_string(about) : sent.drawing.back;
  if (!sent.json) {
    http::Response response;
    response.status = 303;
    response.headers.emplace_back("Location", to + "?reply=" + kept.id + "#reply");
    replies_.keep(std::move(kept));
    return with_policy(std::move(response));
  }
  nlohmann::json out = {{"ok", true},
                        {"recorded", true},
                        {"repeated", reply.repeated},
                        {"at", bot::clock_text(desk_.env().clock.now())},
                        {"title", bot::plain_text(reply.card.title, desk_.people())},
                        {"quiet", says_only_its_title(reply.card)},
                        {"html", kept.html}};
  if (new_one) {
    out["location"] = to + "?reply=" + kept.id;
    replies_.keep(std::move(kept));
  }
  return with_policy(http::Response::json(200, codec::dump(out)));
}

}  // namespace console
