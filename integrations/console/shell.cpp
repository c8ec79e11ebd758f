#include "integrations/console/shell.hpp"

namespace console {

using text::Html;

http::Response with_policy(http::Response response) {
  auto& h = response.headers;
  h.emplace_back("Content-Security-Policy",
                 "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; "
                 "frame-ancestors 'none'; base-uri 'none'");
  h.emplace_back("X-Frame-Options", "DENY");
  // Not "no-referrer": browsers would then send "Origin: null" with our own forms.
  h.emplace_back("Referrer-Policy", "same-origin");
  h.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  h.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  h.emplace_back("Cache-Control", "no-store");
  return response;
}

void Shell::head(Html& page, const std::string& title, bool script) const {
  page.doctype().open("html", {{"lang", "en"}}).open("head");
  page.single("meta", {{"charset", "utf-8"}});
  page.single("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1, interactive-widget=resizes-content"}});
  page.single("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  page.element("title", text::clean(title, true));
  page.single("link", {{"rel", "icon"}, {"href", assets_.url("muster.svg")}, {"type", "image/svg+xml"}});
  page.single("link", {{"rel", "stylesheet"}, {"href", assets_.url("console.css")}});
  if (script) page.open("script", {{"type", "module"}, {"src", assets_.url("console.js")}}).close();
  page.close();
}

namespace {

void mark(Html& page) {
  page.open("a", {{"class", "mark"}, {"href", "/"}});
  page.open("svg", {{"viewBox", "0 0 24 24"}, {"width", "22"}, {"height", "22"}, {"aria-hidden", "true"}});
  page.open("path", {{"class", "mark-ring"}, {"d", "M12 2.5a9.5 9.5 0 1 0 9.5 9.5"}}).close();
  page.open("path", {{"class", "mark-flag"}, {"d", "M12 17V5l7 2.6L12 10.4"}}).close();
  page.close().element("span", "Muster").close();
}

void top_bar(Html& page, const Visitor& visitor) {
  page.open("header", {{"class", "top"}});
  mark(page);
  page.element("span", "", {{"id", "link"}, {"class", "link"}, {"role", "status"}});
  page.element("span", "", {{"id", "clock"}, {"class", "clock"}});
  page.element("button", "?",
               {{"id", "keys-button"}, {"class", "quiet js"}, {"type", "button"}, {"aria-label", "Keys"}, {"title", "Keys (?)"}});
  // Whose words these will be stands on every screen, also on a phone that goes from hand to hand.
  page.open("details", {{"id", "who"}, {"class", "who"}});
  page.open("summary", {{"class", "quiet"}, {"title", "Signed in as " + visitor.name}}).element("span", visitor.name, {{"class", "who-name"}}).close();
  page.open("form", {{"method", "post"}, {"action", "/logout"}, {"class", "who-menu"}});
  page.single("input", {{"type", "hidden"}, {"name", "form_token"}, {"value", visitor.form_token}});
  page.element("p", "Signed in as " + visitor.name, {{"class", "dim"}});
  page.element("button", "Sign out", {{"class", "button"}});
  page.element("button", "Sign out everywhere", {{"class", "button"}, {"name", "everywhere"}, {"value", "yes"}});
  page.element("p", "Everywhere: on every browser you are signed in with, and links you have not used.", {{"class", "dim"}});
  page.close().close().close();
}

}  // namespace

void Shell::begin(Html& page, const std::string& title, const Visitor* visitor, std::int64_t incident, std::int64_t position,
                  bool live) const {
  head(page, title, visitor != nullptr);
  page.open("body", {{"class", "desk"},
                     {"data-incident", std::to_string(incident)},
                     {"data-position", std::to_string(position)},
                     {"data-live", live ? "yes" : "no"},
                     {"data-session", visitor != nullptr ? visitor->session_hash.substr(0, 12) : ""},
                     {"data-form-token", visitor != nullptr ? visitor->form_token : ""}});
  page.element("a", "Skip to the command line", {{"class", "skip"}, {"href", "#command"}});
  if (visitor != nullptr) top_bar(page, *visitor);
}

void Shell::end(Html& page) const {
  page.close().close();
}

http::Response Shell::plain(int status, const std::string& heading, const Html& inside) const {
  Html page;
  head(page, heading + " – Muster", false);
  page.open("body", {{"class", "plain"}}).open("main", {{"class", "sheet"}});
  mark(page);
  page.element("h1", heading).add(inside).close().close().close();
  return with_policy(http::Response::html(status, page.str()));
}

http::Response Shell::say(int status, const std::string& heading, const std::string& sentence) const {
  Html inside;
  inside.element("p", sentence);
  inside.open("p").element("a", "Back to the incidents", {{"href", "/"}}).close();
  return plain(status, heading, inside);
}

http::Response Shell::how_to_get_in(int status) const {
  Html inside;
  inside.element("p", "You are signed out. The console opens with a one-time link; there is no password.");
  inside.open("ul");
  inside.open("li")
      .text("On the machine Muster runs on: ")
      .element("code", "muster invite NAME")
      .text(" prints a link for that person.")
      .close();
  inside.element("li", "Just started Muster? The first link was printed where it was started. It works once, for 10 minutes.");
  inside.element("li", "Otherwise ask a colleague who can reach that machine. A sign-in lasts 30 days.").close();
  return plain(status, "Muster console", inside);
}

http::Response Shell::come_again(const std::string& target) const {
  Html page;
  page.doctype().open("html", {{"lang", "en"}}).open("head").single("meta", {{"charset", "utf-8"}});
  page.single("meta", {{"http-equiv", "refresh"}, {"content", "0;url=" + target}});
  page.element("title", "Muster").close().open("body").open("p");
  page.element("a", "Open the console", {{"href", target}}).close().close().close();
  return with_policy(http::Response::html(200, page.str()));
}

}  // namespace console
