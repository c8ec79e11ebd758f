#include "integrations/slack/inbound.hpp"

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/slack/answer_in_time.hpp"
#include "integrations/slack/identity_lookup.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/render.hpp"
#include "integrations/slack/response_url.hpp"
#include "integrations/text/html.hpp"

namespace slack {
namespace {

using nlohmann::json;
using ExchangePtr = std::shared_ptr<http::Exchange>;

constexpr bot::Millis kAnswerWithin{2300};  // Slack gives 3,000 ms including the way
constexpr std::size_t kDisplayName = 80;

http::Response empty(int status) {
  http::Response response;
  response.status = status;
  return response;
}

bool has_media_type(const http::Request& request, const std::string& wanted) {
  std::string type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  for (char& c : type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return type == wanted;
}

/// Slack's certificate check comes unsigned: it may contain nothing but itself, so that nothing can ride on it.
bool is_bare_ssl_check(const http::Request& request) {
  if (request.count("x-slack-signature") != 0 || request.count("x-slack-request-timestamp") != 0) return false;
  http::Headers form;
  if (!http::parse_form(request.body, form) || http::form_value(form, "ssl_check") != "1") return false;
  for (const auto& [name, value] : form)
    if (name != "ssl_check" && name != "token") return false;
  return true;
}

std::string display_name(const std::string& received) { return text::shorten(text::clean(text::valid_utf8(received), true), kDisplayName); }

bot::Card words(const std::string& sentence) {
  bot::Card card;
  card.title = {bot::plain(sentence)};
  return card;
}

/// People must never read an answer that sounds like "done" when nothing was recorded.
bot::Card card_of(const bot::Reply& reply) {
  if (reply.status != bot::ReplyStatus::unavailable && reply.status != bot::ReplyStatus::maybe_recorded) return reply.card;
  bot::Card card = reply.card;
  const std::string first = card.title.empty() ? "" : card.title.front().value;
  if (reply.status == bot::ReplyStatus::unavailable && first.rfind("Not recorded", 0) != 0) card.title.insert(card.title.begin(), bot::plain("Not recorded: "));
  if (reply.status == bot::ReplyStatus::maybe_recorded && first.find("recorded") == std::string::npos)
    card.title.insert(card.title.begin(), bot::plain("It is not known whether this was recorded; look at the timeline before you send it again. "));
  return card;
}

class Inbound : public std::enable_shared_from_this<Inbound> {
 public:
  Inbound(bot::Intake& intake, const bot::Settings& settings, bot::People& people, bot::Clock& clock, http::Client& client,
          std::shared_ptr<Workspace> workspace, std::function<void()> on_signature_failure)
      : intake_(intake), settings_(settings), people_(people), clock_(clock), workspace_(std::move(workspace)),
        on_signature_failure_(std::move(on_signature_failure)), response_urls_(std::make_shared<ResponseUrls>(client)),
        deadlines_(clock, kAnswerWithin,
                   http::Response::json(200, answer_json(words("Not yet recorded: Muster is slow right now. Look at the incident's timeline before you "
                                                               "send it again."), 0, ""))),
        lookup_(settings.slack, client, clock, *workspace_) {}

  void command(const http::Request& request, const ExchangePtr& exchange) {
    if (!signed_by_slack(request)) {
      if (is_bare_ssl_check(request)) return exchange->respond(empty(200));
      return refuse(exchange);
    }
    http::Headers form;
    if (!has_media_type(request, "application/x-www-form-urlencoded") || !http::parse_form(request.body, form)) return exchange->respond(empty(400));
    if (http::form_value(form, "ssl_check") == "1") return exchange->respond(empty(200));
    auto value = [&form](const char* name) -> const std::string& { return http::form_value(form, name); };
    if (!workspace_->is_ours(value("team_id"), value("enterprise_id"), value("api_app_id"))) return exchange->respond(reply_json(not_ours(), 0));
    if (value("user_id").empty()) return exchange->respond(empty(400));
    const std::string& trigger = value("trigger_id");
    bot::Request asked = request_of(value("user_id"), value("user_name"), value("channel_id"), neutral_text(value("text")));
    asked.dedup_keys = {trigger.empty() ? "slack:signature:" + http::sha256_hex(request.header("x-slack-signature")) : "slack:trigger:" + trigger};
    auto answer = deadlines_.watch(exchange);
    intake_.submit(std::move(asked), [answer, self = weak_from_this()](const bot::Reply& reply) {
      if (const auto inbound = self.lock()) answer->give(inbound->reply_json(card_of(reply), reply.incident.value_or(0)));
    });
  }

  void interaction(const http::Request& request, const ExchangePtr& exchange) {
    if (!signed_by_slack(request)) return refuse(exchange);
    http::Headers form;
    if (!has_media_type(request, "application/x-www-form-urlencoded") || !http::parse_form(request.body, form)) return exchange->respond(empty(400));
    const auto payload = codec::parse(http::form_value(form, "payload"));
    if (!payload || !payload->is_object()) return exchange->respond(empty(400));
    exchange->respond(empty(200));  // the press itself needs only this; what came of it follows through the response URL
    pressed(*payload);
  }

  void event(const http::Request& request, const ExchangePtr& exchange) {
    if (!signed_by_slack(request)) return refuse(exchange);
    const auto body = codec::parse(request.body);
    if (!body || !body->is_object()) return exchange->respond(empty(400));
    if (text_of(*body, "type") != "url_verification") return exchange->respond(empty(200));
    exchange->respond(http::Response::json(200, codec::dump(json{{"challenge", text_of(*body, "challenge")}})));
  }

 private:
  static std::string text_of(const json& object, const char* name) {
    if (!object.is_object()) return "";
    const auto it = object.find(name);
    return it != object.end() && it->is_string() ? it->get<std::string>() : "";
  }
  static json object_of(const json& object, const char* name) {
    const auto it = object.find(name);
    return it != object.end() && it->is_object() ? *it : json::object();
  }

  bool signed_by_slack(const http::Request& request) const {
    return request.count("x-slack-signature") == 1 && request.count("x-slack-request-timestamp") == 1 &&
           http::slack_signature_ok(settings_.slack.signing_secret, request.header("x-slack-request-timestamp"), request.header("x-slack-signature"),
                                    request.body, clock_.now());
  }

  void refuse(const ExchangePtr& exchange) const {
    if (on_signature_failure_) on_signature_failure_();
    exchange->respond(empty(401));
  }

  static bot::Card not_ours() { return words("Not recorded: this Muster belongs to another Slack workspace or app."); }

  bot::Request request_of(const std::string& user, const std::string& user_name, const std::string& channel, std::string text) const {
    bot::Request request;
    request.cls = bot::RequestClass::human;
    request.caller = bot::Caller{bot::ActorKind::person, "slack", user, display_name(user_name), {}};
    if (!channel.empty()) request.room = bot::RoomKey{"slack", channel};
    request.body = bot::Typed{std::move(text)};
    request.received = clock_.now();
    return request;
  }

  void pressed(const json& payload) {
    const json team = object_of(payload, "team"), enterprise = object_of(payload, "enterprise"), user = object_of(payload, "user");
    const auto actions = payload.find("actions");
    const bool is_press = text_of(payload, "type") == "block_actions" && actions != payload.end() && actions->is_array() && !actions->empty();
    if (!is_press || text_of(user, "id").empty()) return;
    const json& action = actions->front();
    const std::string typed = text_of(action, "value"), url = text_of(payload, "response_url");
    if (text_of(action, "type") != "button" || text_of(action, "action_id").rfind("run:", 0) != 0 || typed.empty()) return;
    if (!workspace_->is_ours(text_of(team, "id"), text_of(enterprise, "id"), text_of(payload, "api_app_id")))
      return response_urls_->post(url, answer_json(not_ours(), 0, R"("replace_original":false,)"));
    const std::string name = text_of(user, "name").empty() ? text_of(user, "username") : text_of(user, "name");
    bot::Request asked = request_of(text_of(user, "id"), name, text_of(object_of(payload, "channel"), "id"), typed);
    asked.dedup_keys = {"slack:trigger:" + text_of(payload, "trigger_id") + ":" + text_of(action, "action_ts")};
    intake_.submit(std::move(asked), [url, self = weak_from_this()](const bot::Reply& reply) {
      const auto inbound = self.lock();
      if (inbound) inbound->response_urls_->post(url, inbound->answer_json(card_of(reply), reply.incident.value_or(0), R"("replace_original":false,)"));
    });
  }

  /// `more`: further members of ours, as JSON text.
  std::string answer_json(const bot::Card& card, std::int64_t incident, const std::string& more) const {
    const Rendered drawn = render(card, View{people_, settings_.slack.command, incident, [this](std::int64_t n) { return workspace_->room(n); }});
    return R"({"response_type":"ephemeral",)" + more + R"("text":)" + codec::dump(json(drawn.text)) + R"(,"blocks":)" + drawn.blocks + "}";
  }
  http::Response reply_json(const bot::Card& card, std::int64_t incident) const { return http::Response::json(200, answer_json(card, incident, "")); }

  bot::Intake& intake_;
  const bot::Settings& settings_;
  bot::People& people_;
  bot::Clock& clock_;
  std::shared_ptr<Workspace> workspace_;
  std::function<void()> on_signature_failure_;
  std::shared_ptr<ResponseUrls> response_urls_;
  Deadlines deadlines_;
  IdentityLookup lookup_;
};

}  // namespace

void add_routes(http::Server& server, bot::Intake& intake, const bot::Settings& settings, bot::People& people, bot::Clock& clock, http::Client& client,
                std::shared_ptr<Workspace> workspace, std::function<void()> on_signature_failure) {
  auto inbound = std::make_shared<Inbound>(intake, settings, people, clock, client, std::move(workspace), std::move(on_signature_failure));
  server.route("POST", "/slack/commands", [inbound](const http::Request& request, const ExchangePtr& exchange) { inbound->command(request, exchange); });
  server.route("POST", "/slack/interactions",
               [inbound](const http::Request& request, const ExchangePtr& exchange) { inbound->interaction(request, exchange); });
  server.route("POST", "/slack/events", [inbound](const http::Request& request, const ExchangePtr& exchange) { inbound->event(request, exchange); });
}

}  // namespace slack
