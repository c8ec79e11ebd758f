#include "integrations/slack/inbound.hpp"

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

using nlohmann::json;
using ExchangePtr = std::shared_ptr<http::Exchange>;

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

/// One request's answer, given by the inbox. Dropped unanswered it is 503: nothing was recorded, and Slack sends events again.
class OnExchange {
 public:
  explicit OnExchange(ExchangePtr exchange) : exchange_(std::move(exchange)) {}
  OnExchange(const OnExchange&) = delete;
  OnExchange& operator=(const OnExchange&) = delete;
  ~OnExchange() {
    if (exchange_) exchange_->respond(empty(503));
  }
  void give(Body body) {
    exchange_->respond_drawn([body = std::move(body)] {
      std::string drawn = body;
      return drawn.empty() ? empty(200) : http::Response::json(200, std::move(drawn));
    });
    exchange_.reset();
  }

 private:
  ExchangePtr exchange_;
};

Answer answer_on(const ExchangePtr& exchange) {
  return [on = std::make_shared<OnExchange>(exchange)](Body body) { on->give(std::move(body)); };
}

class Inbound {
 public:
  Inbound(std::shared_ptr<Inbox> inbox, const bot::Settings& settings, const bot::Clock& clock, std::function<void()> on_signature_failure)
      : inbox_(std::move(inbox)), settings_(settings), clock_(clock), on_signature_failure_(std::move(on_signature_failure)) {}

  void command(const http::Request& request, const ExchangePtr& exchange) {
    if (!signed_by_slack(request)) {
      if (is_bare_ssl_check(request)) return exchange->respond(empty(200));
      return refuse(exchange);
    }
    http::Headers form;
    if (!has_media_type(request, "application/x-www-form-urlencoded") || !http::parse_form(request.body, form)) return exchange->respond(empty(400));
    if (http::form_value(form, "user_id").empty() && http::form_value(form, "ssl_check") != "1") return exchange->respond(empty(400));
    std::map<std::string, std::string> fields;
    for (const auto& [name, value] : form) fields.emplace(name, value);  // of a name given twice the first counts
    // Without a trigger id the signature tells deliveries apart: it covers body and second.
    fields["muster_signature"] = http::sha256_hex(request.header("x-slack-signature"));
    inbox_->command(fields, answer_on(exchange), sent(request));
  }

  void interaction(const http::Request& request, const ExchangePtr& exchange) {
    if (!signed_by_slack(request)) return refuse(exchange);
    http::Headers form;
    if (!has_media_type(request, "application/x-www-form-urlencoded") || !http::parse_form(request.body, form)) return exchange->respond(empty(400));
    const auto payload = codec::parse(http::form_value(form, "payload"));
    if (!payload || !payload->is_object()) return exchange->respond(empty(400));
    inbox_->interaction(*payload, answer_on(exchange), sent(request));
  }

  void event(const http::Request& request, const ExchangePtr& exchange) {
    if (!signed_by_slack(request)) return refuse(exchange);
    const auto body = codec::parse(request.body);
    if (!body || !body->is_object()) return exchange->respond(empty(400));
    if (text_of(*body, "type") == "url_verification")
      return exchange->respond(http::Response::json(200, codec::dump(json{{"challenge", text_of(*body, "challenge")}})));
    // x-slack-retry-num is not looked at: whether an event is a repeat is known from the disk alone.
    inbox_->event(*body, answer_on(exchange));
  }

 private:
  bool signed_by_slack(const http::Request& request) const {
    return request.count("x-slack-signature") == 1 && request.count("x-slack-request-timestamp") == 1 &&
           http::slack_signature_ok(settings_.slack.signing_secret, request.header("x-slack-request-timestamp"), request.header("x-slack-signature"),
                                    request.body, clock_.now());
  }

  /// REQUIRES: the signature was checked, so the header is a number of seconds.
  static std::optional<bot::Time> sent(const http::Request& request) { return time_of(request.header("x-slack-request-timestamp") + ".0"); }

  void refuse(const ExchangePtr& exchange) const {
    if (on_signature_failure_) on_signature_failure_();
    exchange->respond(empty(401));
  }

  std::shared_ptr<Inbox> inbox_;
  const bot::Settings& settings_;
  const bot::Clock& clock_;
  std::function<void()> on_signature_failure_;
};

}  // namespace

void add_routes(http::Server& server, std::shared_ptr<Inbox> inbox, const bot::Settings& settings, const bot::Clock& clock,
                std::function<void()> on_signature_failure) {
  auto inbound = std::make_shared<Inbound>(std::move(inbox), settings, clock, std::move(on_signature_failure));
  server.route("POST", "/slack/commands", [inbound](const http::Request& request, const ExchangePtr& exchange) { inbound->command(request, exchange); });
  server.route("POST", "/slack/interactions",
               [inbound](const http::Request& request, const ExchangePtr& exchange) { inbound->interaction(request, exchange); });
  server.route("POST", "/slack/events", [inbound](const http::Request& request, const ExchangePtr& exchange) { inbound->event(request, exchange); });
}

}  // namespace slack
