#include "integrations/console/routes.hpp"

#include "integrations/console/posted.hpp"
#include "integrations/console/vocabulary.hpp"

namespace console {

namespace {

constexpr std::size_t kBodyLimit = 64u << 10;

std::int64_t position_of(const std::string& digits, std::int64_t otherwise) {
  if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) return otherwise;
  return std::stoll(digits);
}

}  // namespace

Console::Console(http::Server& server, bot::Intake& intake, bot::Reader& reader, bot::Credentials& credentials,
                 const bot::Settings& settings, bot::People& people, bot::Env env, ConsoleOptions options)
    : credentials_(credentials),
      settings_(settings),
      env_(env),
      options_(std::move(options)),
      shell_(assets_),
      door_(credentials, reader, settings, people, env),
      desk_(reader, settings, people, env, options_.verbs, options_.notices),
      command_line_(intake, desk_, replies_),
      forms_(intake, options_.forms, desk_, replies_, shell_),
      live_(desk_, door_, options_.live),
      loop_("console", [this] { return live_.step(); }) {
  routes(server);
}

Console::~Console() {
  stop();
}

void Console::start() {
  live_.reopen();
  loop_.start();
}

void Console::stop() {
  loop_.stop();
  live_.close_all();
}

void Console::wake() {
  if (live_.listening() > 0) loop_.wake();
}

bot::Result<std::string> Console::first_link(const std::string& person, int minutes) {
  return make_invite(credentials_, env_, person, settings_.server.console_url, minutes);
}

void Console::routes(http::Server& server) {
  using Member = void (Console::*)(const http::Request&, const Answer&);
  const auto on = [&](const char* method, const char* pattern, Member member) {
    server.route(
        method, pattern, [this, member](const http::Request& request, Answer exchange) { (this->*member)(request, exchange); }, kBodyLimit);
  };
  on("GET", "/", &Console::home);
  on("GET", "/incidents", &Console::everything);
  on("GET", "/incidents/{}", &Console::incident);
  on("GET", "/login/{}", &Console::show_link);
  on("POST", "/login/{}", &Console::redeem_link);
  on("POST", "/logout", &Console::sign_out);
  on("POST", "/console/commands", &Console::command);
  on("GET", "/console/forms", &Console::show_form);
  on("POST", "/console/forms", &Console::take_form);
  on("GET", "/console/events", &Console::events);
  on("GET", "/console/words", &Console::words);
  server.route("GET", "/assets/*", [this](const http::Request& request, Answer exchange) { exchange->respond(assets_.serve(request)); });
}

std::optional<Visitor> Console::let_in(const http::Request& request, const Answer& exchange, int signed_out_status) {
  auto visitor = door_.visitor(request);
  if (!visitor) {
    exchange->respond(wants_json(request) ? with_policy(http::Response::problem(503, visitor.error().message))
                                          : shell_.say(503, "Sign-ins cannot be read", visitor.error().message));
    return std::nullopt;
  }
  if (*visitor) return std::move(*visitor);
  http::Headers query;
  const bool second_try = http::parse_form(request.query, query) && !http::form_value(query, "again").empty();
  const bool own_path = request.target.size() > 1 ? request.target[1] != '/' && request.target[1] != '\\' : true;
  if (request.method == "GET" && came_from_elsewhere(request) && !second_try && own_path && !request.target.empty() &&
      request.target[0] == '/') {
    exchange->respond(shell_.come_again(request.target + (request.query.empty() ? "?again=1" : "&again=1")));
  } else if (wants_json(request)) {
    exchange->respond(with_policy(http::Response::problem(401, "You are signed out. Open a new one-time link, then send this again.")));
  } else {
    exchange->respond(shell_.how_to_get_in(signed_out_status));
  }
  return std::nullopt;
}

std::optional<Visitor> Console::let_post(const http::Request& request, const Answer& exchange, http::Headers& form) {
  const auto refuse = [&](int status, const std::string& heading, const std::string& why) {
    exchange->respond(wants_json(request) ? with_policy(http::Response::problem(status, why)) : shell_.say(status, heading, why));
  };
  if (!from_our_page(request, settings_.server.console_url)) {
    refuse(403, "Not recorded",
           "Not recorded: the request did not come from a page of this console. Open the console and send it from there.");
    return std::nullopt;
  }
  auto visitor = let_in(request, exchange, 401);
  if (!visitor) return std::nullopt;
  if (!http::parse_form(request.body, form)) {
    refuse(400, "Not recorded", "Not recorded: the form could not be read. Reload the page and send it again.");
    return std::nullopt;
  }
  if (!door_.form_token_ok(*visitor, http::form_value(form, "form_token"))) {
    refuse(403, "Not recorded", "Not recorded: the page is from another sign-in. Reload it and send it again.");
    return std::nullopt;
  }
  return visitor;
}

void Console::command(const http::Request& request, const Answer& exchange) {
  http::Headers form;
  if (const auto visitor = let_post(request, exchange, form)) command_line_.take(request, form, *visitor, exchange);
}

void Console::show_form(const http::Request& request, const Answer& exchange) {
  const auto visitor = let_in(request, exchange, 401);
  if (!visitor) return;
  http::Headers query;
  if (!http::parse_form(request.query, query)) return exchange->respond(shell_.say(400, "Not readable", "The address could not be read."));
  forms_.show(request, query, *visitor, exchange);
}

void Console::take_form(const http::Request& request, const Answer& exchange) {
  http::Headers form;
  if (const auto visitor = let_post(request, exchange, form)) forms_.take(request, form, *visitor, exchange);
}

void Console::words(const http::Request& request, const Answer& exchange) {
  const auto visitor = let_in(request, exchange, 401);
  if (!visitor) return;
  const auto json = vocabulary(desk_, *visitor);
  exchange->respond(with_policy(json ? http::Response::json(200, *json) : http::Response::problem(503, json.error().message)));
}

void Console::events(const http::Request& request, const Answer& exchange) {
  const auto visitor = let_in(request, exchange, 401);
  if (!visitor) return;
  http::Headers query;
  if (!http::parse_form(request.query, query))
    return exchange->respond(with_policy(http::Response::problem(400, "The address could not be read.")));
  const std::int64_t incident = position_of(http::form_value(query, "incident"), 0);
  if (incident > 0) {
    Look look;
    const auto row = desk_.incident(look, *visitor, incident);
    if (!row) return exchange->respond(with_policy(http::Response::problem(503, row.error().message, bot::Millis{5000})));
    if (!*row) return exchange->respond(with_policy(http::Response::problem(404, "There is no such incident, or it is private.")));
  }
  const auto last = desk_.reader().last_position();
  if (!last) return exchange->respond(with_policy(http::Response::problem(503, last.error().message, bot::Millis{5000})));
  const std::int64_t asked = position_of(http::form_value(query, "after"), *last);
  const std::int64_t after = position_of(request.header("last-event-id"), asked);
  // A position from the future belongs to another database (a restored copy): begin at its end, the page is drawn anew anyway.
  live_.open(exchange, *visitor, incident, std::min(after, *last));
  loop_.wake();
}

}  // namespace console
