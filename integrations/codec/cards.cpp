#include "integrations/codec/cards.hpp"

namespace codec {
namespace {

bot::Text read_text(const nlohmann::json& list, Problem& problem) {
  bot::Text out;
  if (!list.is_array()) {
    problem.note("text", "a list of spans");
    return out;
  }
  for (const auto& item : list) {
    const Fields f(item, problem);
    bot::Span span;
    f.read_word("k", kSpanKinds, span.kind);
    f.read("s", span.value);
    f.read("label", span.label);
    f.read("notify", span.notify);
    out.push_back(std::move(span));
  }
  return out;
}

void write_texts(TextWriter& w, const char* name, const std::vector<bot::Text>& texts) {
  if (texts.empty()) return;
  w.name(name).begin_array();
  for (const auto& text : texts) write(w, text);
  w.end_array();
}

}  // namespace

void write(TextWriter& w, const bot::Text& text) {
  w.begin_array();
  for (const auto& span : text) {
    w.begin_object();
    if (span.kind != bot::SpanKind::text) w.name("k").string(kSpanKinds[static_cast<std::size_t>(span.kind)]);
    w.name("s").string(span.value);
    if (!span.label.empty()) w.name("label").string(span.label);
    if (span.notify) w.name("notify").boolean(true);
    w.end_object();
  }
  w.end_array();
}

void write(TextWriter& w, const bot::Card& card) {
  w.begin_object();
  w.name("title");
  write(w, card.title);
  if (card.tone != bot::Tone::neutral) w.name("tone").string(kTones[static_cast<std::size_t>(card.tone)]);
  if (!card.facts.empty()) {
    w.name("facts").begin_array();
    for (const auto& fact : card.facts) {
      w.begin_object();
      w.name("label").string(fact.label);
      w.name("value");
      write(w, fact.value);
      w.end_object();
    }
    w.end_array();
  }
  write_texts(w, "paragraphs", card.paragraphs);
  write_texts(w, "list", card.list);
  if (!card.buttons.empty()) {
    w.name("buttons").begin_array();
    for (const auto& button : card.buttons) {
      w.begin_object();
      w.name("label").string(button.label);
      w.name("command").string(button.command);
      if (button.primary) w.name("primary").boolean(true);
      if (button.form) w.name("form").boolean(true);
      w.end_object();
    }
    w.end_array();
  }
  w.end_object();
}

bot::Card read_card(const Fields& f) {
  bot::Card card;
  Problem& problem = f.problem();
  if (const auto* title = f.find("title")) card.title = read_text(*title, problem);
  f.read_word("tone", kTones, card.tone);
  f.each("facts", [&](const nlohmann::json& j) {
    const Fields fact(j, problem);
    bot::Fact out;
    fact.read("label", out.label);
    if (const auto* value = fact.find("value")) out.value = read_text(*value, problem);
    card.facts.push_back(std::move(out));
  });
  f.each("paragraphs", [&](const nlohmann::json& j) { card.paragraphs.push_back(read_text(j, problem)); });
  f.each("list", [&](const nlohmann::json& j) { card.list.push_back(read_text(j, problem)); });
  f.each("buttons", [&](const nlohmann::json& j) {
    const Fields button(j, problem);
    bot::Button out;
    button.read("label", out.label);
    button.read("command", out.command);
    button.read("primary", out.primary);
    button.read("form", out.form);
    card.buttons.push_back(std::move(out));
  });
  return card;
}

}  // namespace codec
