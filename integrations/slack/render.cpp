#include "integrations/slack/render.hpp"

#include <nlohmann/json.hpp>

#include "bot/incident.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/workspace.hpp"
#include "integrations/text/html.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kText = 2800, kSection = 2700, kHeader = 135, kFieldLength = 1800, kFields = 10, kBlocks = 45, kTotal = 11000;
constexpr std::size_t kButtons = 25, kButtonText = 65, kButtonValue = 1800, kFactText = 900;

enum class Form {
  blocks,    ///< markup with live dates
  fallback,  ///< markup for the top-level text
  plain,     ///< for plain_text objects: nothing is escaped since nothing is interpreted
};

std::string utc_minute(bot::Time t) { return bot::clock_text(t).substr(0, 5) + " UTC"; }

std::string safe(const std::string& raw) { return text::clean(text::valid_utf8(raw)); }

std::string time_text(const std::string& iso, const std::string& shorter, Form form) {
  bot::Time t;
  if (!bot::parse_iso8601(iso, t)) return form == Form::plain ? safe(iso) : escape(iso);
  const std::string full = bot::date_text(t) + " " + utc_minute(t);
  if (form != Form::blocks) return shorter.empty() ? full : safe(shorter);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
  return utc_minute(t) + " (<!date^" + std::to_string(seconds) + "^{date_short_pretty} {time}|" + full + ">)";
}

std::string person_text(const bot::Span& span, const View& view, Form form) {
  if (span.notify && form != Form::plain)
    if (const std::string id = user_id_of(view.people, span.value); !id.empty()) return "<@" + id + ">";
  const std::string name = text::clean(text::valid_utf8(view.people.name_of(span.value)), true);
  return form == Form::plain ? name : escape(name);
}

std::string room_text(const bot::Span& span, const View& view, Form form) {
  const auto number = bot::incident_number(span.value);
  if (!number) return form == Form::plain ? safe(span.value) : escape(span.value);
  const std::string channel = view.room ? view.room(*number) : "";
  if (channel.empty() || form == Form::plain) return "INC-" + std::to_string(*number);
  return "<#" + escape(channel) + ">";
}

std::string code_text(const bot::Span& span, const View& view, Form form) {
  std::string typed = text::clean(text::valid_utf8(view.command + " " + span.value), true);
  for (char& c : typed)
    if (c == '`') c = '\'';  // a backtick would end the code early
  return form == Form::plain ? typed : "`" + escape(typed) + "`";
}

std::string span_text(const bot::Span& span, const View& view, Form form) {
  switch (span.kind) {
    case bot::SpanKind::text: return form == Form::plain ? safe(span.value) : escape(span.value);
    case bot::SpanKind::strong: {
      if (form != Form::blocks) return form == Form::plain ? safe(span.value) : escape(span.value);
      const bool breaks = span.value.empty() || span.value.find_first_of("*\n") != std::string::npos;
      return breaks ? escape(span.value) : "*" + escape(span.value) + "*";
    }
    case bot::SpanKind::code: return code_text(span, view, form);
    case bot::SpanKind::person: return person_text(span, view, form);
    case bot::SpanKind::room: return room_text(span, view, form);
    case bot::SpanKind::time: return time_text(span.value, span.label, form);
    case bot::SpanKind::link:
      if (form != Form::plain) return link_markup(span.value, span.label);
      return safe(span.label.empty() ? span.value : span.label + " (" + span.value + ")");
  }
  return {};
}

std::string line(const bot::Text& spans, const View& view, Form form) {
  std::string out;
  for (const auto& span : spans) out += span_text(span, view, form);
  return out;
}

/// Nothing in it needs markup, so it can go where Slack interprets nothing at all.
bool is_words_only(const bot::Text& spans) {
  for (const auto& span : spans)
    if (span.kind != bot::SpanKind::text) return false;
  return true;
}

/// Can stand in a header, which has neither mentions nor links nor dates.
bool fits_header(const bot::Text& spans, const View& view) {
  for (const auto& span : spans)
    if (span.kind == bot::SpanKind::link || span.kind == bot::SpanKind::time || span.kind == bot::SpanKind::code || span.kind == bot::SpanKind::room ||
        (span.kind == bot::SpanKind::person && span.notify))
      return false;
  return length(line(spans, view, Form::plain)) <= kHeader;
}

json plain_object(const std::string& words, std::size_t limit) {
  return {{"type", "plain_text"}, {"text", text::shorten(words, limit)}, {"emoji", false}};
}

json markup_object(const std::string& markup, std::size_t limit) {
  // verbatim: Slack must not go looking for names or links in what people wrote.
  return {{"type", "mrkdwn"}, {"text", cut(markup, limit)}, {"verbatim", true}};
}

/// Collects blocks and stops at Slack's limits, saying so.
class Blocks {
 public:
  void add(json block, std::size_t size) {
    if (full_) return;
    if (blocks_.size() + 2 > kBlocks || total_ + size > kTotal) {
      full_ = true;
      blocks_.push_back({{"type", "section"}, {"text", plain_object("Shortened to fit Slack.", kSection)}});
      return;
    }
    total_ += size;
    blocks_.push_back(std::move(block));
  }
  void paragraph(const bot::Text& spans, const View& view) {
    if (is_words_only(spans)) return section(plain_object(line(spans, view, Form::plain), kSection));
    section(markup_object(line(spans, view, Form::blocks), kSection));
  }
  void section(json object) {
    const std::size_t size = length(object["text"].get_ref<const std::string&>());
    if (size > 0) add({{"type", "section"}, {"text", std::move(object)}}, size);
  }
  /// The last block must not fall to the limits: buttons are why many cards exist.
  void always(json block) { blocks_.push_back(std::move(block)); }
  bool empty() const { return blocks_.empty(); }
  std::string json_text() const { return codec::dump(blocks_); }

 private:
  json blocks_ = json::array();
  std::size_t total_ = 0;
  bool full_ = false;
};

void add_title(Blocks& blocks, const bot::Card& card, const View& view) {
  if (card.title.empty()) return;
  const bool heads_something = !card.facts.empty() || !card.paragraphs.empty() || !card.list.empty();
  if (!heads_something || !fits_header(card.title, view)) return blocks.paragraph(card.title, view);
  const std::string words = text::clean(line(card.title, view, Form::plain), true);
  if (!words.empty()) blocks.add({{"type", "header"}, {"text", plain_object(words, kHeader)}}, length(words));
}

void add_facts(Blocks& blocks, const bot::Card& card, const View& view) {
  json fields = json::array();
  std::size_t size = 0;
  for (std::size_t i = 0; i < card.facts.size(); ++i) {
    const auto& fact = card.facts[i];
    const std::string value = cut(line(fact.value, view, Form::blocks), kFactText);
    fields.push_back(markup_object("*" + escape(fact.label) + "*\n" + (value.empty() ? "–" : value), kFieldLength));
    size += length(value) + length(fact.label);
    if (fields.size() == kFields || i + 1 == card.facts.size()) {
      blocks.add({{"type", "section"}, {"fields", std::move(fields)}}, size);
      fields = json::array();
      size = 0;
    }
  }
}

void add_list(Blocks& blocks, const bot::Card& card, const View& view) {
  std::string part;
  for (const auto& item : card.list) {
    const std::string one = "• " + cut(line(item, view, Form::blocks), kSection / 2);
    if (!part.empty() && length(part) + length(one) + 1 > kSection) {
      blocks.section(markup_object(part, kSection));
      part.clear();
    }
    part += (part.empty() ? "" : "\n") + one;
  }
  if (!part.empty()) blocks.section(markup_object(part, kSection));
}

/// Pressing a button in Slack says nothing about the room, so the command names its incident itself.
std::string button_command(const bot::Button& button, const View& view) {
  const std::string first = button.command.substr(0, button.command.find(' '));
  const bool named = first.rfind("INC-", 0) == 0 || first.rfind("inc-", 0) == 0;
  return named || view.incident == 0 ? button.command : "INC-" + std::to_string(view.incident) + " " + button.command;
}

/// The command's words from the verb on: "INC-7 public resolved …" → "public resolved …".
std::string without_name(const std::string& command) {
  const auto gap = command.find(' ');
  return gap != std::string::npos && bot::incident_number(command.substr(0, gap)) ? command.substr(gap + 1) : command;
}

json confirmation(const std::string& title, const std::string& text, const std::string& yes, const std::string& no) {
  return {{"title", plain_object(title, 100)}, {"text", plain_object(text, 300)}, {"confirm", plain_object(yes, 30)}, {"deny", plain_object(no, 30)}};
}

/// What a slip of the thumb must not do: tell the public, or call it no incident. Null for everything else.
json confirm_of(const bot::Button& button, const std::string& command) {
  const std::string words = without_name(command), verb = words.substr(0, words.find(' '));
  if (button.form) return nullptr;  // the form is the second thought
  const std::string name = bot::incident_number(command.substr(0, command.find(' '))) ? command.substr(0, command.find(' ')) : "this incident";
  if (verb == "cancel") {
    json asks = confirmation("Cancel " + name + "?", "It is put away as no incident at all, its room is archived, and it cannot be opened again.", "Cancel it", "Keep it");
    asks["style"] = "danger";
    return asks;
  }
  const std::string rest = words.size() > verb.size() ? words.substr(verb.size() + 1) : "", state = rest.substr(0, rest.find(' '));
  if (verb != "public" || state.empty() || state == "check" || state == "send" || state == "drop") return nullptr;
  return confirmation("Tell the public?", "The status pages say at once: \"" + text::shorten(text::clean(rest, true), 200) + "\"", "Publish", "Not yet");
}

void add_buttons(Blocks& blocks, const bot::Card& card, const View& view) {
  json elements = json::array();
  for (const auto& button : card.buttons) {
    const std::string command = button_command(button, view);
    if (elements.size() == kButtons) break;
    if (length(command) > kButtonValue) continue;  // a command cut short would be another command
    json element = {{"type", "button"},
                    {"action_id", (button.form ? "form:" : "run:") + std::to_string(elements.size())},
                    {"text", plain_object(safe(button.label), kButtonText)},
                    {"value", safe(command)}};
    if (button.primary) element["style"] = "primary";
    if (json asks = confirm_of(button, command); !asks.is_null()) element["confirm"] = std::move(asks);
    elements.push_back(std::move(element));
  }
  if (!elements.empty()) blocks.always({{"type", "actions"}, {"elements", std::move(elements)}});
}

std::string fallback(const bot::Card& card, const View& view) {
  std::string out = line(card.title, view, Form::fallback);
  auto add = [&out](const std::string& more) {
    if (!more.empty() && length(out) < kText) out += (out.empty() ? "" : "\n") + more;
  };
  for (const auto& paragraph : card.paragraphs) add(line(paragraph, view, Form::fallback));
  for (const auto& fact : card.facts) add(escape(fact.label) + ": " + line(fact.value, view, Form::fallback));
  for (const auto& item : card.list) add("• " + line(item, view, Form::fallback));
  return out.empty() ? "Done." : cut(out, kText);
}

}  // namespace

std::string markup(const bot::Text& spans, const View& view) { return line(spans, view, Form::blocks); }
std::string plain_line(const bot::Text& spans, const View& view) { return line(spans, view, Form::plain); }

std::string sentence_of(const bot::Card& card, const View& view) {
  std::string out = plain_line(card.title, view);
  for (const auto& paragraph : card.paragraphs) out += (out.empty() ? "" : " ") + plain_line(paragraph, view);
  for (const auto& item : card.list) out += (out.empty() ? "" : " ") + plain_line(item, view);
  return out.empty() ? "Done." : out;
}

Rendered render(const bot::Card& card, const View& view) {
  Blocks blocks;
  add_title(blocks, card, view);
  for (const auto& paragraph : card.paragraphs) blocks.paragraph(paragraph, view);
  add_facts(blocks, card, view);
  add_list(blocks, card, view);
  add_buttons(blocks, card, view);
  if (blocks.empty()) blocks.section(plain_object("Done.", kSection));
  return {fallback(card, view), blocks.json_text()};
}

}  // namespace slack
