#include "integrations/matrix/render.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <nlohmann/json.hpp>

#include "bot/incident.hpp"
#include "integrations/http/server.hpp"
#include "integrations/matrix/api.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

using nlohmann::json;

// An event holds 65,536 bytes with signatures; in JSON a quote or a backslash takes two. An edit carries the text once and a short fallback.
constexpr std::size_t kBody = 12000, kHtml = 26000, kSpan = 3000, kEditFallback = 500;
constexpr std::size_t kButtons = 12, kLabel = 60, kCommand = 1800, kMentions = 50, kPages = 8;

struct Sign { const char* command; const char* key; };
/// Signs for the commands that stand on cards; the label beside it says what it means. A card that is edited keeps its signs.
constexpr std::array<Sign, 17> kSigns{{{"role commander", "🙋"}, {"role comms", "📣"}, {"update", "📝"}, {"status", "🚦"},      {"severity", "🔥"},    {"role", "👥"},
                                       {"page", "📟"},           {"timeline", "📜"},   {"close", "🔒"},  {"reopen", "🔓"},      {"ack", "✅"},         {"join", "🚪"},
                                       {"resolve", "🏁"},        {"public check", "🔍"}, {"public send", "📤"}, {"public drop", "❌"}, {"note", "🗒️"}}};
constexpr const char* kDigits[] = {"1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣"};

std::string safe(const std::string& raw, bool one_line = false) { return text::clean(text::shorten(text::valid_utf8(raw), kSpan), one_line); }

/// Something drawn twice: for the eye and plain. It is added as a whole or not at all.
struct Piece {
  text::Html html;
  std::string plain;
  std::vector<std::string> mentions;

  void words(const std::string& raw) {
    const std::string cleaned = safe(raw);
    for (std::size_t at = 0;;) {
      const std::size_t end = cleaned.find('\n', at);
      html.text(cleaned.substr(at, end == std::string::npos ? end : end - at));
      if (end == std::string::npos) break;
      html.single("br");
      at = end + 1;
    }
    plain += cleaned;
  }
  void linked(const std::string& label, const std::string& url) { html.element("a", label, {{"href", url}}); }
};

std::string utc_minute(const std::string& iso) {
  bot::Time t;
  if (!bot::parse_iso8601(iso, t)) return safe(iso, true);
  return bot::date_text(t) + " " + bot::clock_text(t).substr(0, 5) + " UTC";
}

bool is_web(const std::string& url) { return url.rfind("https://", 0) == 0 || url.rfind("http://", 0) == 0; }

void draw_person(Piece& piece, const bot::Span& span, const View& view) {
  const std::string name = safe(view.people.name_of(span.value), true);
  piece.plain += name;
  const std::string user = span.notify ? user_id_of(view.people, span.value) : "";
  if (user.empty()) {
    piece.html.text(name);
    return;
  }
  piece.linked(name, "https://matrix.to/#/" + http::percent_encode(user));
  piece.mentions.push_back(user);
}

void draw_room(Piece& piece, const bot::Span& span, const View& view) {
  const auto number = bot::incident_number(span.value);
  if (!number) return piece.words(span.value);
  const std::string name = "INC-" + std::to_string(*number), url = view.room ? view.room(*number) : "";
  piece.plain += name;
  if (url.empty()) piece.html.text(name);
  else piece.linked(name, url);
}

void draw_span(Piece& piece, const bot::Span& span, const View& view) {
  switch (span.kind) {
    case bot::SpanKind::text: return piece.words(span.value);
    case bot::SpanKind::strong:
      piece.html.open("strong");
      piece.words(span.value);
      piece.html.close();
      return;
    case bot::SpanKind::code: {
      const std::string typed = safe(view.prefix + " " + span.value, true);
      piece.html.element("code", typed);
      piece.plain += typed;
      return;
    }
    case bot::SpanKind::person: return draw_person(piece, span, view);
    case bot::SpanKind::room: return draw_room(piece, span, view);
    case bot::SpanKind::time: return piece.words(span.label.empty() ? utc_minute(span.value) : safe(span.label, true));
    case bot::SpanKind::link: {
      const std::string label = safe(span.label.empty() ? span.value : span.label, true);
      if (!is_web(span.value)) return piece.words(label);
      piece.linked(label, safe(span.value, true));
      piece.plain += span.label.empty() ? label : label + " (" + safe(span.value, true) + ")";
      return;
    }
  }
}

void draw(Piece& piece, const bot::Text& spans, const View& view) {
  for (const auto& span : spans) draw_span(piece, span, view);
}

/// Collects pieces until an event is full, and says so.
class Sheet {
 public:
  /// Pieces between are items of a list.
  void open_list() { html_.open("ul"); }
  void close_list() { html_.close(); }
  /// False: it is not in.
  bool add(const Piece& piece) {
    full_ |= html_.str().size() + piece.html.str().size() > kHtml || body_.size() + piece.plain.size() > kBody;
    if (!full_) append(piece);
    return !full_;
  }
  /// Buttons are why many cards exist: they must not fall to the limits.
  Rendered done(const Piece& last, std::vector<Press> buttons) {
    if (full_) note("Shortened to fit Matrix.");
    append(last);
    if (body_.empty()) note("Done.");
    return {quiet_room_word(body_), html_.str(), std::move(mentions_), std::move(buttons), 0};
  }

 private:
  void append(const Piece& piece) {
    html_.add(piece.html);
    if (!piece.plain.empty()) body_ += (body_.empty() ? "" : "\n") + piece.plain;
    for (const auto& user : piece.mentions)
      if (seen_.size() < kMentions && seen_.insert(user).second) mentions_.push_back(user);
  }
  void note(const char* words) {
    Piece piece;
    piece.html.element("p", words);
    piece.plain = words;
    append(piece);
  }
  /// Homeservers from before m.mentions look for "@room" in the body, and the bot has the power to notify everybody.
  static std::string quiet_room_word(const std::string& body) {
    std::string out;
    for (std::size_t at = 0; at < body.size();) {
      if (body.compare(at, 5, "@room") == 0) out += "@\xE2\x80\x8Broom", at += 5;
      else out += body[at++];
    }
    return out;
  }

  text::Html html_;
  std::string body_;
  std::vector<std::string> mentions_;
  std::set<std::string> seen_;
  bool full_ = false;
};

bool add_block(Sheet& sheet, const char* tag, const bot::Text& spans, const View& view, const std::string& bullet = "") {
  if (spans.empty()) return true;
  Piece piece;
  piece.plain = bullet;
  piece.html.open(tag);
  draw(piece, spans, view);
  piece.html.close();
  return sheet.add(piece);
}

void add_facts(Sheet& sheet, const bot::Card& card, const View& view) {
  if (card.facts.empty()) return;
  sheet.open_list();
  for (const auto& fact : card.facts) {
    Piece piece;
    piece.html.open("li").element("strong", safe(fact.label, true)).text("  ");
    piece.plain = safe(fact.label, true) + ": ";
    draw(piece, fact.value.empty() ? bot::Text{bot::plain("–")} : fact.value, view);
    piece.html.close();
    sheet.add(piece);
  }
  sheet.close_list();
}

/// How many of its entries are in.
std::size_t add_list(Sheet& sheet, const bot::Card& card, const View& view) {
  if (card.list.empty()) return 0;
  std::size_t in = 0;
  sheet.open_list();
  for (const auto& item : card.list) in += add_block(sheet, "li", item, view, "• ") ? 1 : 0;
  sheet.close_list();
  return in;
}

std::string verb_part(const std::string& command) {
  const std::string first = command.substr(0, command.find(' '));
  const bool names_incident = first.rfind("INC-", 0) == 0 || first.rfind("inc-", 0) == 0;
  return names_incident && first.size() < command.size() ? command.substr(first.size() + 1) : command;
}

std::string sign_of(const std::string& command, const std::set<std::string>& taken) {
  const std::string verb = verb_part(command);
  for (const auto& sign : kSigns)
    if (verb == sign.command && taken.count(sign.key) == 0) return sign.key;
  for (const char* digit : kDigits)
    if (taken.count(digit) == 0) return digit;
  return "";
}

std::vector<Press> buttons_of(const bot::Card& card) {
  std::vector<Press> out;
  std::set<std::string> taken;
  for (const auto& button : card.buttons) {
    if (out.size() == kButtons) break;
    if (button.command.empty() || button.command.size() > kCommand) continue;  // a command cut short would be another command
    const std::string key = sign_of(button.command, taken);
    if (key.empty()) continue;
    taken.insert(key);
    out.push_back({key, text::shorten(safe(button.label, true), kLabel), safe(button.command), button.primary});
  }
  return out;
}

/// "React: 🙋 Claim commander · 📣 Claim comms"
Piece button_line(const std::vector<Press>& buttons) {
  Piece piece;
  if (buttons.empty()) return piece;
  piece.html.open("p");
  piece.words("React: ");
  for (std::size_t i = 0; i < buttons.size(); ++i) piece.words((i > 0 ? " · " : "") + buttons[i].key + " " + buttons[i].label);
  piece.html.close();
  return piece;
}

json mention_object(const std::vector<std::string>& users) {
  json out = json::object();  // always there: without it servers search the body for names
  if (!users.empty()) out["user_ids"] = users;
  return out;
}

void add_card(json& content, const Rendered& drawn, const View& view) {
  json buttons = json::object();
  for (const auto& button : drawn.buttons) buttons[plain_key(button.key)] = button.command;
  if (!buttons.empty()) content[kCard] = {{"incident", view.incident}, {"buttons", std::move(buttons)}};
}

}  // namespace

std::string plain_key(const std::string& key) {
  std::string out;
  for (std::size_t at = 0; at < key.size();) {
    if (key.compare(at, 3, "\xEF\xB8\x8F") == 0) at += 3;  // U+FE0F
    else if (key.size() - at >= 4 && key.compare(at, 3, "\xF0\x9F\x8F") == 0 && key[at + 3] >= '\xBB' && key[at + 3] <= '\xBF') at += 4;  // U+1F3FB–1F3FF
    else out += key[at++];
  }
  return out;
}

Rendered render(const bot::Card& card, const View& view) {
  Sheet sheet;
  auto buttons = buttons_of(card);
  const Piece line = button_line(buttons);
  const bool heads_something = !card.facts.empty() || !card.paragraphs.empty() || !card.list.empty();
  add_block(sheet, heads_something ? "h4" : "p", card.title, view);
  for (const auto& paragraph : card.paragraphs) add_block(sheet, "p", paragraph, view);
  add_facts(sheet, card, view);
  const std::size_t listed = add_list(sheet, card, view);
  Rendered drawn = sheet.done(line, std::move(buttons));
  drawn.listed = listed;
  return drawn;
}

std::vector<Rendered> render_pages(const bot::Card& card, const View& view) {
  std::vector<Rendered> out;
  bot::Card rest = card;
  while (true) {
    Rendered drawn = render(rest, view);
    const auto cut = static_cast<std::ptrdiff_t>(drawn.listed);
    if (drawn.listed == 0 || drawn.listed == rest.list.size() || out.size() + 1 == kPages) {
      out.push_back(std::move(drawn));
      return out;
    }
    bot::Card page = rest;
    page.list.erase(page.list.begin() + cut, page.list.end());
    page.buttons.clear();
    out.push_back(render(page, view));
    rest.list.erase(rest.list.begin(), rest.list.begin() + cut);
    rest.title.clear();
    rest.facts.clear();
    rest.paragraphs.clear();
  }
}

json message_content(const Rendered& drawn, const View& view, const std::string& op, Loudness loudness) {
  const bool loud = loudness == Loudness::loud || !drawn.mentions.empty();
  json content{{"msgtype", loud ? "m.text" : "m.notice"}, {"body", drawn.body},          {"format", "org.matrix.custom.html"},
               {"formatted_body", drawn.html},            {"m.mentions", mention_object(drawn.mentions)}, {kOp, op}};
  add_card(content, drawn, view);
  return content;
}

json edit_content(const Rendered& drawn, const View& view, const std::string& op, const std::string& original) {
  json next = message_content(drawn, view, op, Loudness::quiet);
  next["msgtype"] = "m.notice";
  json content{{"msgtype", "m.notice"},
               {"body", "* " + text::shorten(drawn.body, kEditFallback)},
               {"m.mentions", json::object()},
               {"m.new_content", std::move(next)},
               {"m.relates_to", {{"rel_type", "m.replace"}, {"event_id", original}}},
               {kOp, op}};
  add_card(content, drawn, view);
  return content;
}

}  // namespace matrix
