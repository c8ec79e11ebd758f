// Signing in and out. A link only shows a page, since mail scanners and chat previews follow links; its button uses it up.
#include "integrations/console/routes.hpp"

namespace console {

namespace {

constexpr std::size_t kLongestToken = 128;

std::string count_of(int n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace

/// Whom an unused link is for; nullopt: nobody, or somebody who is no longer known.
bot::Result<std::optional<std::string>> Console::guest_of(const std::string& token) {
  if (token.size() > kLongestToken) return std::optional<std::string>{};
  auto person = credentials_.peek_invite(token, env_.clock.now());
  if (!person || !*person) return person;
  const auto known = door_.knows(**person);
  if (!known) return known.error();
  return *known ? person : std::optional<std::string>{};
}

void Console::show_link(const http::Request& request, const Answer& exchange) {
  const std::string token = request.segments.empty() ? "" : request.segments[0];
  const auto person = guest_of(token);
  if (!person) return exchange->respond(shell_.say(503, "Sign-ins cannot be read", person.error().message));
  if (!*person) {
    return exchange->respond(
        shell_.say(410, "This link is used up", "It works once and for a short time. Ask for a new one: muster invite NAME prints it."));
  }
  text::Html inside;
  inside.open("p").text("You are about to sign in as ").element("strong", desk_.people().name_of(**person)).text(".").close();
  inside.open("form", {{"method", "post"}, {"action", "/login/" + http::percent_encode(token)}});
  inside.element("button", "Sign in", {{"class", "button primary big"}}).close();
  inside.element("p", "The link works once. On this browser you stay signed in for 30 days.", {{"class", "dim"}});
  exchange->respond(shell_.plain(200, "Muster console", inside));
}

void Console::redeem_link(const http::Request& request, const Answer& exchange) {
  if (!from_our_page(request, settings_.server.console_url)) {
    return exchange->respond(shell_.say(
        403, "Not signed in", "The request did not come from this console's own page. Open the link and press the button there."));
  }
  const std::string token = request.segments.empty() ? "" : request.segments[0];
  const bot::Time now = env_.clock.now();
  const std::string session = random_token(env_.random);
  auto person = guest_of(token);
  if (person && *person) person = credentials_.redeem_invite(token, session, now, now + std::chrono::days(Door::kSessionDays));
  if (!person) return exchange->respond(shell_.say(503, "Not signed in", person.error().message));
  if (!*person) {
    return exchange->respond(
        shell_.say(410, "This link is used up", "It works once and for a short time. Ask for a new one: muster invite NAME prints it."));
  }
  http::Response response;
  response.status = 303;
  response.headers = {{"Location", "/"}, {"Set-Cookie", door_.cookie(request, session)}};
  exchange->respond(with_policy(std::move(response)));
}

void Console::sign_out(const http::Request& request, const Answer& exchange) {
  http::Headers form;
  const auto visitor = let_post(request, exchange, form);
  if (!visitor) return;
  if (!http::form_value(form, "everywhere").empty()) return sign_out_everywhere(request, *visitor, exchange);
  const auto ended = credentials_.end_session(visitor->session.reveal());
  if (!ended) return exchange->respond(shell_.say(503, "Not signed out", ended.error().message));
  live_.close_session(visitor->session_hash);
  http::Response response;
  response.status = 303;
  response.headers = {{"Location", "/"}, {"Set-Cookie", door_.no_cookie(request)}};
  exchange->respond(with_policy(std::move(response)));
}

void Console::sign_out_everywhere(const http::Request& request, const Visitor& visitor, const Answer& exchange) {
  const auto ended = credentials_.sign_out(visitor.actor.id, env_.clock.now());
  if (!ended) return exchange->respond(shell_.say(503, "Not signed out", ended.error().message));
  live_.close_person(visitor.actor.id);
  text::Html inside;
  inside.element("p", count_of(ended->sessions, "sign-in", "sign-ins") + " and " + count_of(ended->invites, "unused link", "unused links") + " of " +
                          visitor.name + " ended, on every browser. To come back you need a new link: muster invite NAME prints it.");
  http::Response response = shell_.plain(200, "Signed out everywhere", inside);
  response.headers.emplace_back("Set-Cookie", door_.no_cookie(request));
  exchange->respond(std::move(response));
}

void Console::signed_out(const std::string& person) {
  live_.close_person(person);
}

}  // namespace console
