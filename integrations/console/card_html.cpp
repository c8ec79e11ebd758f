#include "integrations/console/card_html.hpp"

#include "integrations/http/server.hpp"

namespace console {

using text::Html;

namespace {

bool is_web_address(const std::string& url) {
  return url.rfind("https://", 0) == 0 || url.rfind("http://", 0) == 0;
}

/// A path on this server. A browser takes a backslash for a slash and drops tabs and line breaks: "/\host" and "/\t/host" are other servers. So is
/// what "/\x13/host" becomes when it is cleaned.
bool is_our_path(const std::string& raw) {
  const std::string url = text::clean(raw);
  return url.rfind('/', 0) == 0 && url.rfind("//", 0) != 0 && url.find_first_of("\\\t\n\r") == std::string::npos;
}

void add_span(Html& html, const bot::Span& span, const bot::People& people) {
  switch (span.kind) {
    case bot::SpanKind::text:
      html.text(span.value);
      break;
    case bot::SpanKind::strong:
      html.element("strong", span.value);
      break;
    case bot::SpanKind::code:
      html.element("code", span.value);
      break;
    case bot::SpanKind::person:
      html.element("span", "@" + people.name_of(span.value), {{"class", "person"}});
      break;
    case bot::SpanKind::room:
      html.element("a", "INC-" + span.value, {{"href", "/incidents/INC-" + http::percent_encode(span.value)}});
      break;
    case bot::SpanKind::time: {
      bot::Time at{};
      if (bot::parse_iso8601(span.value, at) && !span.label.empty())
        html.element("time", span.label, {{"datetime", bot::iso8601(at)}});
      else if (bot::parse_iso8601(span.value, at))
        add_time(html, at, true);
      else
        html.text(span.value);
      break;
    }
    case bot::SpanKind::link: {
      const std::string& label = span.label.empty() ? span.value : span.label;
      if (is_web_address(span.value) || is_our_path(span.value))
        html.element("a", label, {{"href", span.value}, {"rel", "noopener noreferrer"}});
      else
        html.text(label);
      break;
    }
  }
}

const char* tone_class(bot::Tone tone) {
  switch (tone) {
    case bot::Tone::good:
      return "reply good";
    case bot::Tone::warning:
      return "reply warning";
    case bot::Tone::bad:
      return "reply bad";
    case bot::Tone::neutral:
      break;
  }
  return "reply";
}

// "INC-7 role" → "role": the hint belongs to the verb, wherever the command is sent.
std::string without_incident(const std::string& command) {
  const auto space = command.find(' ');
  return command.rfind("INC-", 0) == 0 && space != std::string::npos ? command.substr(space + 1) : command;
}

void hidden(Html& html, const char* name, const std::string& value) {
  html.single("input", {{"type", "hidden"}, {"name", name}, {"value", value}});
}

}  // namespace

bool wants_more(const std::vector<VerbHint>& verbs, const std::string& command) {
  const std::string bare = without_incident(command);
  for (const auto& hint : verbs) {
    if (hint.verb != bare) continue;
    int depth = 0;  // inside brackets everything is optional
    for (std::size_t i = hint.verb.size(); i + 1 < hint.form.size(); ++i) {
      if (hint.form[i] == '[') ++depth;
      if (hint.form[i] == ']') --depth;
      if (depth == 0 && hint.form[i] == ' ' && hint.form[i + 1] >= 'A' && hint.form[i + 1] <= 'Z') return true;
    }
  }
  return false;
}

void add_text(Html& html, const bot::Text& spans, const bot::People& people) {
  for (const auto& span : spans) add_span(html, span, people);
}

void add_time(Html& html, bot::Time at, bool with_date) {
  const std::string shown = (with_date ? bot::date_text(at) + " " : std::string{}) + bot::clock_text(at) + " UTC";
  html.element("time", shown, {{"datetime", bot::iso8601(at)}});
}

void add_button(Html& html, const bot::Button& button, const FormContext& context) {
  if (button.form) {
    // A page of its own without JavaScript; the script opens the same form as a dialog.
    const std::string incident = std::to_string(context.incident);
    html.element("a", button.label + " …",
                 {{"class", button.primary ? "button primary" : "button"},
                  {"href", "/console/forms?incident=" + incident + "&text=" + http::percent_encode(button.command)},
                  {"data-form", ""}});
    return;
  }
  if (wants_more(context.verbs, button.command)) {
    // A link, so that it works without JavaScript too: the page comes back with the words in the command line.
    html.element("a", button.label + " …",
                 {{"class", "button"},
                  {"href", "?fill=" + http::percent_encode(button.command + " ") + "#command"},
                  {"data-fill", button.command + " "}});
    return;
  }
  html.open("form", {{"method", "post"}, {"action", "/console/commands"}, {"class", "press"}});
  hidden(html, "form_token", context.form_token);
  hidden(html, "incident", std::to_string(context.incident));
  hidden(html, "key", context.key);
  hidden(html, "text", button.command);
  html.element("button", button.label, {{"class", button.primary ? "button primary" : "button"}}).close();
}

void add_held_buttons(Html& html, const FormContext& context) {
  add_button(html, {"Look again", "public check", true}, context);
  add_button(html, {"Send again", "public send", false}, context);
  add_button(html, {"Drop it", "public drop", false}, context);
}

void add_card(Html& html, const bot::Card& card, const FormContext& context) {
  html.open("article", {{"class", tone_class(card.tone)}});
  if (!card.title.empty()) {
    html.open("p", {{"class", "reply-title"}});
    add_text(html, card.title, context.people);
    html.close();
  }
  for (const auto& paragraph : card.paragraphs) {
    html.open("p");
    add_text(html, paragraph, context.people);
    html.close();
  }
  if (!card.facts.empty()) {
    html.open("dl", {{"class", "facts"}});
    for (const auto& fact : card.facts) {
      html.element("dt", fact.label).open("dd");
      add_text(html, fact.value, context.people);
      html.close();
    }
    html.close();
  }
  if (!card.list.empty()) {
    html.open("ul");
    for (const auto& item : card.list) {
      html.open("li");
      add_text(html, item, context.people);
      html.close();
    }
    html.close();
  }
  if (!card.buttons.empty()) {
    html.open("div", {{"class", "buttons"}});
    for (const auto& button : card.buttons) add_button(html, button, context);
    html.close();
  }
  html.close();
}

}  // namespace console
