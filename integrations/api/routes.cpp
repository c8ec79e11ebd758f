#include "integrations/api/routes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

#include "bot/policy.hpp"
#include "bot/visible.hpp"
#include "integrations/api/answers.hpp"
#include "integrations/api/timeline_export.hpp"
#include "integrations/api/tokens.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"

namespace api {
namespace {

using ExchangePtr = std::shared_ptr<http::Exchange>;
constexpr std::size_t kKeyLimit = 200;
constexpr int kMostListed = 200;
constexpr std::size_t kFingerprint = 16;  // hex digits: tells a slip of the sender, and is no place to look texts up
constexpr std::size_t kCommandBody = 64u << 10;

/// What the routes share; lives in their closures.
struct Api {
  Tokens tokens;
  bot::Intake& intake;
  bot::Reader& reader;
  const bot::Settings& settings;
  const bot::People& people;
  bot::Clock& clock;
};
using ApiPtr = std::shared_ptr<const Api>;

bool is_json(const std::string& content_type) {
  static constexpr std::string_view json = "application/json";
  if (content_type.size() < json.size()) return false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = content_type[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != json[i]) return false;
  }
  return content_type.size() == json.size() || content_type[json.size()] == ';' || content_type[json.size()] == ' ';
}

bool plausible_key(const std::string& key) {
  return !key.empty() && key.size() <= kKeyLimit && std::all_of(key.begin(), key.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

/// The command's text, or the problem with the body.
bot::Result<std::string> text_of(const std::string& body) {
  auto parsed = codec::parse(body);
  if (!parsed) return parsed.error();
  const nlohmann::json& json = *parsed;
  if (!json.is_object() || !json.contains("text") || !json["text"].is_string())
    return bot::fail(bot::ErrorKind::invalid_input, "The body must be a JSON object with a text, for example {\"text\": \"declare checkout is slow\"}.");
  return json["text"].get<std::string>();
}

void run_command(const ApiPtr& api, const bot::Caller& caller, const http::Request& request, const ExchangePtr& exchange) {
  if (!is_json(request.header("content-type")))
    return exchange->respond(http::Response::problem(415, "The body must be JSON. Send the header Content-Type: application/json"));
  bot::Request command;
  if (request.count("idempotency-key") > 0) {
    const std::string& key = request.header("idempotency-key");
    if (request.count("idempotency-key") > 1 || !plausible_key(key))
      return exchange->respond(http::Response::problem(400, "The Idempotency-Key must be one value of 1 to 200 visible ASCII characters, for example a UUID."));
    command.dedup_keys.push_back("api:" + caller.external_id + ":" + key);
  }
  auto text = text_of(request.body);
  if (!text) return exchange->respond(answer_of(text.error()));
  command.caller = caller;
  if (!command.dedup_keys.empty()) command.fingerprint = http::sha256_hex(command.dedup_keys.front() + "\n" + *text).substr(0, kFingerprint);
  command.body = bot::Typed{std::move(*text)};
  command.received = api->clock.now();
  api->intake.submit(std::move(command), [api, exchange](bot::Reply reply) { exchange->respond(answer_of(reply, api->people)); });
}

/// Positive decimal, or nullopt.
std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() || out <= 0) return {};
  return out;
}

bot::Result<bot::IncidentFilter> filter_of(const http::Request& request) {
  http::Headers query;
  if (!http::parse_form(request.query, query)) return bot::fail(bot::ErrorKind::invalid_input, "The query cannot be read: a % is not followed by two hex digits.");
  bot::IncidentFilter filter;
  for (const auto& [name, value] : query) {
    const auto n = number(value);
    if (name == "open" && (value == "true" || value == "false")) filter.open_only = value == "true";
    else if (name == "before" && n) filter.before = *n;
    else if (name == "limit" && n) filter.limit = static_cast<int>(std::min<std::int64_t>(*n, kMostListed));
    else return bot::fail(bot::ErrorKind::invalid_input, "The query takes open=true or false, before=NUMBER and limit=NUMBER, for example ?open=false&limit=20.");
  }
  return filter;
}

void list_incidents(const ApiPtr& api, const bot::Caller& caller, const http::Request& request, const ExchangePtr& exchange) {
  if (auto may = bot::allowed(bot::Action::read, actor_of(caller), nullptr, api->settings); !may) return exchange->respond(answer_of(may.error()));
  auto filter = filter_of(request);
  if (!filter) return exchange->respond(answer_of(filter.error()));
  nlohmann::json out{{"incidents", nlohmann::json::array()}, {"next", nullptr}};
  auto& listed = out["incidents"];
  std::int64_t last = 0;
  const auto most = static_cast<std::size_t>(filter->limit);
  ++filter->limit;  // one more tells whether there is a next page
  const auto read = bot::each_visible(api->reader, *filter, actor_of(caller), api->settings, [&](bot::Incident&& incident) {
    if (listed.size() == most) {
      out["next"] = "/api/v1/incidents?open=" + std::string(filter->open_only ? "true" : "false") + "&before=" + std::to_string(last) + "&limit=" + std::to_string(most);
      return false;
    }
    last = incident.number;
    listed.push_back(codec::view(incident, api->people));
    return true;
  });
  if (!read) return exchange->respond(answer_of(read.error()));
  exchange->respond(http::Response::json(200, codec::dump(out)));
}

/// The incident a path names, if this caller may read it. Nobody learns from the answer whether a private one of others is there.
bot::Result<bot::Incident> named_incident(const ApiPtr& api, const bot::Caller& caller, const std::string& word) {
  const auto none = [&] { return bot::fail(bot::ErrorKind::not_found, "There is no incident of that name, or it is private and this token is not in it. GET /api/v1/incidents lists those it may see."); };
  const auto n = bot::incident_number(word);
  if (!n) return none();
  if (auto may = bot::allowed(bot::Action::read, actor_of(caller), nullptr, api->settings); !may) return may.error();
  auto found = api->reader.incident(*n);
  if (!found) return found.error();
  if (!*found) return none();
  if (auto may = bot::allowed(bot::Action::read, actor_of(caller), &**found, api->settings); !may)
    return may.error().kind == bot::ErrorKind::not_found ? none() : may.error();
  return std::move(**found);
}

void show_incident(const ApiPtr& api, const bot::Caller& caller, const http::Request& request, const ExchangePtr& exchange) {
  auto incident = named_incident(api, caller, request.segments.at(0));
  if (!incident) return exchange->respond(answer_of(incident.error()));
  exchange->respond(http::Response::json(200, codec::dump({{"incident", codec::view(*incident, api->people)}})));
}

void show_timeline(const ApiPtr& api, const bot::Caller& caller, const http::Request& request, const ExchangePtr& exchange) {
  http::Headers query;
  const bool readable = http::parse_form(request.query, query);
  const std::string& format = http::form_value(query, "format");
  if (!readable || (!format.empty() && format != "json" && format != "md"))
    return exchange->respond(http::Response::problem(400, "A timeline comes as ?format=json or ?format=md."));
  auto incident = named_incident(api, caller, request.segments.at(0));
  if (!incident) return exchange->respond(answer_of(incident.error()));
  export_timeline(api->reader, api->people, std::move(*incident), format == "md" ? ExportFormat::markdown : ExportFormat::json, *exchange);
}

using Authorized = void (*)(const ApiPtr&, const bot::Caller&, const http::Request&, const ExchangePtr&);

http::Handler guarded(const ApiPtr& api, Authorized handle) {
  return [api, handle](const http::Request& request, ExchangePtr exchange) {
    auto who = api->tokens.identify(request);
    if (auto* refused = std::get_if<http::Response>(&who)) return exchange->respond(std::move(*refused));
    handle(api, std::get<bot::Caller>(who), request, exchange);
  };
}

}  // namespace

void add_routes(http::Server& server, bot::Intake& intake, bot::Reader& reader, const bot::Settings& settings, const bot::People& people,
                bot::Clock& clock) {
  const auto api = std::make_shared<const Api>(Api{Tokens(settings.api_tokens), intake, reader, settings, people, clock});
  server.route("POST", "/api/v1/commands", guarded(api, run_command), kCommandBody);
  server.route("GET", "/api/v1/incidents", guarded(api, list_incidents));
  server.route("GET", "/api/v1/incidents/{}", guarded(api, show_incident));
  server.route("GET", "/api/v1/incidents/{}/timeline", guarded(api, show_timeline));
}

}  // namespace api
