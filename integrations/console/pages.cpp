// The whole pages: everything at a glance, one incident, all incidents. Each reads one page of entries at most.
#include <algorithm>

#include "integrations/console/routes.hpp"

namespace console {

using text::Html;

namespace {

struct Chip {
  const char* show;
  const char* label;
};
constexpr Chip kChips[] = {{"all", "All"},       {"talk", "Notes"},   {"changes", "Changes"}, {"alerts", "Alerts and pages"},
                           {"public", "Public"}, {"system", "System"}};

std::string chosen(const http::Headers& query) {
  for (const auto& chip : kChips) {
    if (http::form_value(query, "show") == chip.show) return chip.show;
  }
  return "all";
}

std::string column(const http::Headers& query, const char* otherwise) {
  const std::string& asked = http::form_value(query, "col");
  return asked == "list" || asked == "room" || asked == "card" ? asked : otherwise;
}

void add_chips(Html& page, const std::string& show) {
  page.open("nav", {{"class", "chips"}, {"aria-label", "Filter"}});
  for (const auto& chip : kChips) {
    const bool on = show == chip.show;
    page.element("a", chip.label,
                 {{"class", "chip"},
                  {"href", std::string("?show=") + chip.show + "&col=room"},
                  {"data-show", chip.show},
                  {"aria-current", on ? "true" : "false"}});
  }
  page.close();
}

void add_columns_nav(Html& page, const std::string& col, const char* middle, const std::string& right) {
  page.open("nav", {{"class", "columns"}, {"aria-label", "Columns"}});
  const Chip all[] = {{"list", "Incidents"}, {"room", middle}, {"card", right.c_str()}};
  for (const auto& one : all) {
    page.element("a", one.label,
                 {{"href", std::string("?col=") + one.show}, {"data-col", one.show}, {"aria-current", col == one.show ? "true" : "false"}});
  }
  page.close();
}

struct Line {
  std::int64_t incident;
  std::string key, back, text;
};

void add_command_line(Html& page, const Visitor& visitor, const Line& line) {
  page.open("form", {{"id", "line"}, {"class", "line"}, {"method", "post"}, {"action", "/console/commands"}, {"autocomplete", "off"}});
  page.single("input", {{"type", "hidden"}, {"name", "form_token"}, {"value", visitor.form_token}});
  page.single("input", {{"type", "hidden"}, {"name", "incident"}, {"value", std::to_string(line.incident)}});
  page.single("input", {{"type", "hidden"}, {"name", "key"}, {"value", line.key}});
  page.single("input", {{"type", "hidden"}, {"name", "back"}, {"value", line.back}});
  page.open("ul", {{"id", "choices"}, {"class", "choices"}, {"role", "listbox"}, {"aria-label", "Completions"}, {"hidden", ""}}).close();
  page.open("p", {{"id", "hint"}, {"class", "hint"}, {"aria-live", "polite"}}).close();
  page.open("div", {{"class", "box"}});
  page.element("label", line.incident > 0 ? "INC-" + std::to_string(line.incident) : "Muster", {{"for", "command"}, {"class", "prompt"}});
  page.open("textarea", {{"id", "command"},
                         {"name", "text"},
                         {"rows", "1"},
                         {"maxlength", "16000"},
                         {"spellcheck", "true"},
                         {"autocapitalize", "off"},
                         {"enterkeyhint", "send"},
                         {"aria-describedby", "hint"},
                         {"aria-controls", "choices"},
                         {"placeholder", line.incident > 0 ? "note what you see" : "declare what is wrong"}});
  page.text(line.text).close();
  page.element("button", "Send", {{"class", "button primary"}}).close().close();
}

void add_private(Html& page, const std::optional<KeptReply>& reply) {
  if (!reply) return;
  page.open("li", {{"id", "reply"}, {"class", "entry private"}}).element("span", "only you", {{"class", "kind"}});
  page.open("div", {{"class", "said"}}).trusted(reply->html).close().close();  // drawn by card_html when it was kept
}

void add_teaching(Html& page, const Visitor& visitor, const bot::Settings& settings, const std::string& key, bool ever) {
  const std::string worst = settings.incidents.severities.empty() ? "" : settings.incidents.severities.front() + " ";
  const std::string mildest = settings.incidents.severities.empty() ? "" : settings.incidents.severities.back() + " ";
  page.open("section", {{"class", "teach"}}).element("h2", ever ? "All quiet" : "No incidents yet");
  page.element("p", "Three commands matter. Type them below, or in any chat Muster is in.");
  page.open("dl");
  page.open("dt")
      .element("code", "declare " + worst + "what is wrong")
      .close()
      .element("dd", "Opens an incident: its room, its card, its timeline.");
  page.open("dt").element("code", "role commander").close().element("dd", "You lead. Everybody sees who does.");
  page.open("dt").element("code", "resolve what fixed it").close().element("dd", "Ends it. The timeline is already written.");
  page.close();
  page.open("form", {{"method", "post"}, {"action", "/console/commands"}, {"class", "press"}});
  page.single("input", {{"type", "hidden"}, {"name", "form_token"}, {"value", visitor.form_token}});
  page.single("input", {{"type", "hidden"}, {"name", "incident"}, {"value", "0"}})
      .single("input", {{"type", "hidden"}, {"name", "key"}, {"value", key}});
  page.single("input", {{"type", "hidden"}, {"name", "text"}, {"value", "declare drill " + mildest + "practise an incident"}});
  page.element("button", "Start a drill", {{"class", "button primary"}}).close();
  page.element("p", "A drill is a whole incident that says everywhere that it is one. Nothing about it can be published.", {{"class", "dim"}}).close();
}

void add_no_script(Html& page) {
  page.open("noscript").open("p", {{"class", "notice"}}).text("Without JavaScript this page does not follow by itself. ");
  page.element("a", "Refresh", {{"href", ""}}).close().close();
}

void add_keys(Html& page) {
  const struct {
    const char* key;
    const char* does;
  } keys[] = {{"/", "go to the command line"},
              {"Tab", "take the completion"},
              {"↑ ↓", "earlier and later commands, or choose a completion"},
              {"Enter", "send"},
              {"Shift Enter", "new line"},
              {"Esc", "close, then leave the command line"},
              {"g h", "all incidents at a glance"},
              {"?", "these keys"}};
  page.open("dialog", {{"id", "keys"}, {"class", "keys"}, {"aria-label", "Keys"}}).element("h2", "Keys").open("dl");
  for (const auto& k : keys) page.open("dt").element("kbd", k.key).close().element("dd", k.does);
  page.close().open("form", {{"method", "dialog"}}).element("button", "Close", {{"class", "button"}}).close().close();
}

struct Room {
  std::string heading, show;
  Html head;           ///< the incident's own line above its title, where the card is not beside it
  Html body;           ///< <li>s
  std::string older;   ///< link to older entries
  std::string newest;  ///< link to the newest, from an older page
};

void add_room(Html& page, const Room& room, const std::optional<KeptReply>& reply, const Html& before) {
  page.open("main", {{"id", "room"}, {"class", "room"}, {"data-column", "room"}});
  page.open("div", {{"class", "room-head"}});
  page.open("div", {{"id", "headline"}, {"class", "headline"}}).add(room.head).close().element("h1", room.heading);
  add_chips(page, room.show);
  page.close()
      .open(
          "div",
          {{"id", "scroll"}, {"class", "scroll"}, {"tabindex", "0"}, {"role", "log"}, {"aria-live", "polite"}, {"aria-label", "Timeline"}})
      .open("div", {{"class", "inner"}})
      .add(before);
  if (!room.older.empty()) page.open("p", {{"class", "older"}}).element("a", "Older entries", {{"href", room.older}}).close();
  page.open("ol", {{"id", "stream"}, {"class", "stream"}, {"data-show", room.show}});
  page.add(room.body);
  add_private(page, reply);
  page.close();
  if (!room.newest.empty()) page.open("p", {{"class", "older"}}).element("a", "Newest entries", {{"href", room.newest}}).close();
  page.close().close().close();
}

void add_list(Html& page, const Html& list) {
  const auto declare = [&page] {  // a page of its own without JavaScript; the script opens it as a dialog
    page.open("p", {{"class", "declare"}}).element("a", "Declare …", {{"class", "button"}, {"href", "/console/forms?incident=0&text=declare"}, {"data-form", ""}}).close();
  };
  page.open("nav", {{"id", "list"}, {"class", "list"}, {"data-column", "list"}, {"aria-label", "Open incidents"}});
  page.element("h2", "Open incidents").open("div", {{"id", "rows"}}).add(list).close();
  declare();
  page.open("p", {{"class", "list-end"}})
      .element("a", "At a glance", {{"href", "/"}})
      .text(" · ")
      .element("a", "All incidents", {{"href", "/incidents"}})
      .close();
  page.close();
}

http::Response unreadable(const Shell& shell, const bot::Error& error) {
  return shell.say(503, "Not readable now", error.message);
}

}  // namespace

void Console::home(const http::Request& request, const Answer& exchange) {
  const auto visitor = let_in(request, exchange, 200);
  if (!visitor) return;
  http::Headers query;
  http::parse_form(request.query, query);
  Look look;
  const auto position = desk_.reader().last_position();  // first, so that what comes while reading is sent again rather than lost
  if (!position) return exchange->respond(unreadable(shell_, position.error()));
  auto list = desk_.list(look, *visitor, 0);
  auto recent = desk_.recent(look, *visitor, *position);
  auto needs = desk_.attention(look, *visitor);
  auto banner = desk_.banner(look, *visitor);
  for (const bot::Error* error : {list ? nullptr : &list.error(), recent ? nullptr : &recent.error(), needs ? nullptr : &needs.error()}) {
    if (error != nullptr) return exchange->respond(unreadable(shell_, *error));
  }
  const bool none_open =
      std::none_of(look.open->begin(), look.open->end(), [&](const bot::Incident& i) { return desk_.sees(*visitor, i); });
  const auto reply = replies_.find(visitor->session_hash, http::form_value(query, "reply"));
  const std::string col = column(query, reply || none_open ? "room" : "list");
  Html before;
  if (none_open) add_teaching(before, *visitor, settings_, env_.ids.next(), *position > 0);
  Html page;
  shell_.begin(page, "Muster", &*visitor, 0, *position, true);
  page.open("div", {{"id", "banner"}, {"class", "banner"}}).add(banner ? *banner : Html{}).close();
  add_columns_nav(page, col, "Activity", "Needs somebody" + (needs->count > 0 ? " " + std::to_string(needs->count) : std::string{}));
  page.open("div", {{"id", "desk"}, {"class", "three"}, {"data-col", col}});
  add_list(page, *list);
  add_room(page, {"Latest everywhere", chosen(query), {}, recent->html, "", ""}, reply, before);
  page.open("aside", {{"id", "card"}, {"class", "card"}, {"data-column", "card"}, {"aria-label", "Needs somebody"}}).add(needs->html).close();
  add_command_line(page, *visitor, {0, env_.ids.next(), "/", reply ? reply->text : http::form_value(query, "fill")});
  page.close();
  add_no_script(page);
  add_keys(page);
  shell_.end(page);
  exchange->respond(with_policy(http::Response::html(200, page.str())));
}

void Console::incident(const http::Request& request, const Answer& exchange) {
  const auto visitor = let_in(request, exchange, 401);
  if (!visitor) return;
  http::Headers query;
  http::parse_form(request.query, query);
  const auto number = bot::incident_number(request.segments.empty() ? "" : request.segments[0]);
  Look look;
  const auto position = desk_.reader().last_position();
  if (!position) return exchange->respond(unreadable(shell_, position.error()));
  const auto row =
      number ? desk_.incident(look, *visitor, *number) : bot::Result<std::optional<bot::Incident>>(std::optional<bot::Incident>{});
  if (!row) return exchange->respond(unreadable(shell_, row.error()));
  if (!*row)
    return exchange->respond(
        shell_.say(404, "No such incident", "It does not exist, or it is private and you are not in it. Ask its commander to add you."));
  const bot::Incident& incident = **row;
  const auto asked = bot::incident_number(http::form_value(query, "before"));
  const std::int64_t before = asked && *asked <= incident.last_seq ? *asked : 0;
  auto list = desk_.list(look, *visitor, incident.number);
  auto stream = desk_.stream(incident, before);
  auto banner = desk_.banner(look, *visitor);
  for (const bot::Error* error : {list ? nullptr : &list.error(), stream ? nullptr : &stream.error()}) {
    if (error != nullptr) return exchange->respond(unreadable(shell_, *error));
  }
  const auto reply = replies_.find(visitor->session_hash, http::form_value(query, "reply"));
  const std::string path = "/incidents/" + incident.name();
  Room room{incident.title, chosen(query), desk_.headline(*visitor, incident), stream->html, "", before > 0 ? path : ""};
  if (stream->first_seq > 1) room.older = "?before=" + std::to_string(stream->first_seq) + "&col=room";
  const std::string col = column(query, "room");
  Html page;
  shell_.begin(page, incident.name() + " " + incident.title + " – Muster", &*visitor, incident.number, *position, before == 0);
  page.open("div", {{"id", "banner"}, {"class", "banner"}}).add(banner ? *banner : Html{}).close();
  add_columns_nav(page, col, incident.name().c_str(), "Card");
  page.open("div", {{"id", "desk"}, {"class", "three"}, {"data-col", col}});
  add_list(page, *list);
  add_room(page, room, reply, {});
  page.open("aside", {{"id", "card"}, {"class", "card"}, {"data-column", "card"}, {"aria-label", "Card of " + incident.name()}});
  page.add(desk_.card(*visitor, incident)).close();
  add_command_line(page, *visitor, {incident.number, env_.ids.next(), path, reply ? reply->text : http::form_value(query, "fill")});
  page.close();
  add_no_script(page);
  add_keys(page);
  shell_.end(page);
  exchange->respond(with_policy(http::Response::html(200, page.str())));
}

void Console::everything(const http::Request& request, const Answer& exchange) {
  constexpr int kRows = 50;
  const auto visitor = let_in(request, exchange, 401);
  if (!visitor) return;
  http::Headers query;
  http::parse_form(request.query, query);
  const std::int64_t before = bot::incident_number(http::form_value(query, "before")).value_or(0);
  const auto page = desk_.archive(*visitor, before, kRows);
  if (!page) return exchange->respond(unreadable(shell_, page.error()));
  Html inside;
  if (page->visible.empty()) inside.element("p", "None.", {{"class", "dim"}});
  inside.add(desk_.rows(*visitor, page->visible)).open("p");
  if (page->older > 0) inside.element("a", "Older", {{"href", "?before=" + std::to_string(page->older)}}).text(" · ");
  inside.element("a", "Back to the open ones", {{"href", "/"}}).close();
  exchange->respond(shell_.plain(200, "All incidents", inside));
}

}  // namespace console
