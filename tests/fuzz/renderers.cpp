// Every renderer's escaping as a round trip: what a reader of the format sees is the text that went in, without controls and overrides, and
// nothing in it acts. Cards of such text stay within the chat's limits and notify nobody.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/console/card_html.hpp"
#include "integrations/console/form_html.hpp"
#include "integrations/matrix/render.hpp"
#include "integrations/slack/hook_sender.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/render.hpp"
#include "integrations/statuspage/builtin/xml.hpp"
#include "integrations/text/html.hpp"
#include "integrations/text/markdown.hpp"
#include "tests/fuzz/html_reader.hpp"

namespace {

using fuzz::must;
using fuzz::replaced;
using fuzz::unreferenced;

/// Markdown's backslashes, as CommonMark reads them, and the one reference that is written.
std::string unescaped_markdown(const std::string& s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\\' && i + 1 < s.size() && std::ispunct(static_cast<unsigned char>(s[i + 1]))) ++i;
    out += s[i];
  }
  return replaced(replaced(out, "&lt;", "<"), "&amp;", "&");
}

std::string without(const std::string& s, const char* dropped) {
  std::string out;
  for (const char c : s)
    if (std::string(dropped).find(c) == std::string::npos) out += c;
  return out;
}

/// No live form but the date's, which notifies nobody.
void quiet(const std::string& markup) {
  for (const char* live : {"<@", "<#"}) must(markup.find(live) == std::string::npos);
  for (std::size_t at = 0; (at = markup.find("<!", at)) != std::string::npos; ++at) must(markup.compare(at, 7, "<!date^") == 0);
}

/// Only what is declared as markup acts; plain_text is shown as it is, and in markup Slack is told not to look for names ("@here") and links.
void quiet_blocks(const nlohmann::json& value) {
  if (value.is_object() && value.value("type", "") == "mrkdwn") {
    quiet(value.value("text", ""));
    must(value.value("verbatim", false));
  }
  if (value.is_structured())
    for (const auto& part : value) quiet_blocks(part);
}

/// Every "&" begins one of the three references that Slack reads.
bool only_slacks_references(const std::string& markup) {
  for (std::size_t at = 0; (at = markup.find('&', at)) != std::string::npos; ++at)
    if (markup.compare(at, 5, "&amp;") != 0 && markup.compare(at, 4, "&lt;") != 0 && markup.compare(at, 4, "&gt;") != 0) return false;
  return true;
}

void slack_text(const std::string& raw, const std::string& seen) {
  const std::string markup = slack::escape(raw);
  must(markup.find_first_of("<>") == std::string::npos && only_slacks_references(markup));
  must(slack::unescape(markup) == seen && slack::neutral_text(markup) == seen);
  for (const std::size_t limit : {std::size_t{1}, std::size_t{17}}) {
    const std::string cut = slack::cut(markup, limit);
    must(text::is_valid_utf8(cut) && slack::length(cut) <= limit && only_slacks_references(cut));
    // What is left is the beginning of what there was.
    const std::string ellipsis = "…";
    if (cut != markup) must(seen.rfind(slack::unescape(cut.substr(0, cut.size() - ellipsis.size())), 0) == 0 && cut.substr(cut.size() - ellipsis.size()) == ellipsis);
  }
  must(text::is_valid_utf8(slack::neutral_text(text::valid_utf8(raw))));
  for (const std::string& url : {raw, "https://example.org/" + raw}) {
    const std::string link = slack::link_markup(url, raw);
    quiet(link);
    const auto signs = [&link](char c) { return std::count(link.begin(), link.end(), c); };
    const bool live = signs('<') == 1 && signs('>') == 1 && signs('|') == 1 && link.front() == '<' && link.back() == '>';
    must(live || link == slack::escape(url == raw || raw.empty() ? (raw.empty() ? url : raw) : raw));
    must(only_slacks_references(link));
  }
}

bot::Card card_of(const std::string& words) {
  bot::Card card;
  card.title = {bot::plain(words), bot::strong(words)};
  card.facts = {{words, {bot::code(words)}}};
  card.paragraphs = {{bot::plain(words)}, {bot::link("https://example.org/" + words, words)}};
  card.list = {{bot::name_of(words), bot::when(words)}};
  card.buttons = {{words, "note " + words, true}};
  return card;
}

void slack_card(const std::string& raw) {
  static const bot::People people;
  bot::Card card;
  card.title = {bot::plain(raw), bot::strong(raw)};
  card.facts = {{raw, {bot::code(raw)}}};
  card.paragraphs = {{bot::plain(raw), bot::link("https://example.org/" + raw, raw)}};
  card.list = {{bot::name_of(raw), bot::when(raw)}};
  card.buttons = {{raw, raw, true}};
  const auto drawn = slack::render(card, {people, "/incident", 7, {}});
  must(!drawn.text.empty() && slack::length(drawn.text) <= 3000 && text::is_valid_utf8(drawn.text));
  const auto blocks = nlohmann::json::parse(drawn.blocks, nullptr, false);
  must(blocks.is_array() && blocks.size() <= 50);
  quiet(drawn.text);
  quiet_blocks(blocks);
}

/// Tags that Matrix allows, and nothing of them but where a link leads.
void matrix_html(const fuzz::ReadHtml& read) {
  for (const auto& [name, value] : read.attributes) must(name == "href" && (value.rfind("https://", 0) == 0 || value.rfind("http://", 0) == 0));
}

void matrix_card(const std::string& raw) {
  static const bot::People people;
  const matrix::View view{people, "!incident", 7, {}};
  const auto drawn = matrix::render(card_of(raw), view);
  must(text::is_valid_utf8(drawn.body) && text::is_valid_utf8(drawn.html) && !drawn.body.empty() && !drawn.html.empty());
  must(drawn.body.size() + drawn.html.size() < 60000);
  // Nobody is notified: no mention, no pill, no word that old homeservers listen for.
  must(drawn.mentions.empty() && drawn.body.find("@room") == std::string::npos);
  const auto read = fuzz::read_html(drawn.html);
  matrix_html(read);
  for (const auto& [name, value] : read.attributes) must(value.find("matrix.to/#/") == std::string::npos || raw.find("matrix.to/#/") != std::string::npos);
  const auto content = matrix::message_content(drawn, view, "op", matrix::Loudness::quiet);
  must(content.at("m.mentions") == nlohmann::json::object() && content.at("msgtype") == "m.notice");
  must(codec::parse(codec::dump(matrix::edit_content(drawn, view, "op", "$1"))).ok());
  // What a page does, its words cannot change. They are seen as they are.
  if (raw.size() > 500) return;
  const std::string line = text::clean(text::valid_utf8(raw), true), words = text::clean(text::valid_utf8(raw));
  if (line.empty()) return;
  must(fuzz::read_html(matrix::render(card_of(line), view).html).skeleton == fuzz::read_html(matrix::render(card_of("x"), view).html).skeleton);
  bot::Card said;
  said.paragraphs = {{bot::plain(raw)}};
  const auto alone = matrix::render(said, view);
  const std::string shown = words.empty() ? "Done." : words;  // of nothing but what is never shown
  must(fuzz::read_html(alone.html).words == shown);
  must(replaced(alone.body, "@\xE2\x80\x8Broom", "@room") == replaced(shown, "@\xE2\x80\x8Broom", "@room"));
}

std::string console_html(const bot::Card& card) {
  static const bot::People people;
  static const std::vector<console::VerbHint> verbs{{"note", "note TEXT", "", false}};
  text::Html html;
  console::add_card(html, card, {people, verbs, "token", 7, "key"});
  return html.str();
}

void console_card(const std::string& raw) {
  bot::Card linked;
  linked.paragraphs = {{bot::link(raw, raw)}};
  for (const auto& card : {card_of(raw), linked}) {
    const auto read = fuzz::read_html(console_html(card));
    for (const auto& [name, value] : read.attributes)
      if (name == "href" || name == "action") must(fuzz::leads_somewhere_safe(value));
  }
  const std::string words = text::clean(raw);
  if (words.empty()) return;
  must(fuzz::read_html(console_html(card_of(words))).skeleton == fuzz::read_html(console_html(card_of("x"))).skeleton);
  bot::Card said;
  said.paragraphs = {{bot::plain(raw)}};
  must(fuzz::read_html(console_html(said)).words == words);
  // A form brings back what stood in it, and a button what it is to say.
  bot::Form form;
  form.verb = "note";
  form.fields = {bot::Field{"text", words, bot::FieldKind::text, true, raw, words, {}}};
  console::FormDrawing drawing;
  drawing.back = "/";
  drawing.values["text"] = raw;
  text::Html html;
  console::add_form(html, form, drawing, bot::People());
  must(fuzz::read_html(html.str()).words.find(words) != std::string::npos);
}

std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return s;
}

/// Whatever chat is behind a webhook that speaks Slack's form (Mattermost, Rocket.Chat, Discord): its words call nobody and lead nowhere by another
/// name, and for the eye they are what they were.
void webhook_text(const std::string& raw) {
  static const bot::Settings settings;
  static const bot::People people;
  bot::Card card;
  card.title = {bot::plain(raw)};
  const std::string sent = slack::hook_text(card, 7, settings, people);
  must(text::is_valid_utf8(sent) && slack::length(sent) <= 2000);
  must(sent.find_first_of("<>") == std::string::npos && only_slacks_references(sent));
  must(sent.find("](") == std::string::npos);
  for (const char* call : {"@channel", "@here", "@everyone", "@all"}) must(lower(sent).find(call) == std::string::npos);
  const std::string gap = "\xE2\x80\x8B", seen = text::clean(text::valid_utf8(raw));
  if (slack::length(slack::escape(raw)) < 900) must(replaced(slack::unescape(replaced(sent, gap, "")), gap, "") == replaced(seen, gap, ""));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string raw(reinterpret_cast<const char*>(data), size);
  const std::string seen = text::clean(text::valid_utf8(raw));

  const std::string html = text::escape_html(text::valid_utf8(raw));
  must(html.find_first_of("<>\"'") == std::string::npos && unreferenced(html) == seen);

  const std::string xml = statuspage::builtin::escape_xml(raw);
  must(xml.find_first_of("<>\"'") == std::string::npos && text::is_valid_utf8(xml));
  must(unreferenced(xml) == replaced(replaced(seen, "\xEF\xBF\xBE", ""), "\xEF\xBF\xBF", ""));

  const std::string line = text::escape_markdown(raw, true);
  must(line.find('<') == std::string::npos && line.find('\n') == std::string::npos);
  // Blanks at a line's edges are Markdown's own, so they are compared away.
  must(without(unescaped_markdown(line), " \t") == without(text::clean(text::valid_utf8(raw), true), " \t"));

  must(nlohmann::json::parse(codec::dump(raw), nullptr, false).get<std::string>() == nlohmann::json::parse(codec::dump(text::valid_utf8(raw)), nullptr, false).get<std::string>());
  slack_text(raw, seen);
  slack_card(raw);
  webhook_text(raw);
  matrix_card(raw);
  console_card(raw);
  return 0;
}
