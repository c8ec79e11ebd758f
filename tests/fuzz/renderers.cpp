// Every renderer's escaping as a round trip: what a reader of the format sees is the text that went in, without controls and overrides, and
// nothing in it acts. Cards of such text stay within the chat's limits and notify nobody.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/render.hpp"
#include "integrations/statuspage/builtin/xml.hpp"
#include "integrations/text/html.hpp"
#include "integrations/text/markdown.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

std::string replaced(std::string s, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = s.find(from, at)) != std::string::npos; at += to.size()) s.replace(at, from.size(), to);
  return s;
}

/// HTML's and XML's references, as a browser reads them.
std::string unreferenced(std::string s) {
  for (const auto& [name, c] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&apos;", "'"}, {"&amp;", "&"}}) s = replaced(s, name, c);
  return s;
}

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

/// Only what is declared as markup acts; plain_text is shown as it is.
void quiet_blocks(const nlohmann::json& value) {
  if (value.is_object() && value.value("type", "") == "mrkdwn") quiet(value.value("text", ""));
  if (value.is_structured())
    for (const auto& part : value) quiet_blocks(part);
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string raw(reinterpret_cast<const char*>(data), size);
  const std::string seen = text::clean(text::valid_utf8(raw));

  const std::string html = text::escape_html(text::valid_utf8(raw));
  must(html.find_first_of("<>\"'") == std::string::npos && unreferenced(html) == seen);

  const std::string xml = statuspage::builtin::escape_xml(raw);
  must(xml.find_first_of("<>\"'") == std::string::npos && text::is_valid_utf8(xml));

  const std::string markup = slack::escape(raw);
  must(markup.find_first_of("<>") == std::string::npos && slack::escape(slack::unescape(markup)) == markup);
  must(text::is_valid_utf8(slack::cut(markup, 17)) && slack::length(slack::cut(markup, 17)) <= 17);
  must(text::is_valid_utf8(slack::neutral_text(text::valid_utf8(raw))));
  const std::string link = slack::link_markup(raw, raw);
  must(link.find("<!") == std::string::npos && link.find("<@") == std::string::npos);

  const std::string line = text::escape_markdown(raw, true);
  must(line.find('<') == std::string::npos && line.find('\n') == std::string::npos);
  // Blanks at a line's edges are Markdown's own, so they are compared away.
  must(without(unescaped_markdown(line), " \t") == without(text::clean(text::valid_utf8(raw), true), " \t"));

  must(nlohmann::json::parse(codec::dump(raw), nullptr, false).get<std::string>() == nlohmann::json::parse(codec::dump(text::valid_utf8(raw)), nullptr, false).get<std::string>());
  slack_card(raw);
  return 0;
}
