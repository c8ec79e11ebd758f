// The neutral answer and post of every chat: title, facts, paragraphs, list, buttons, mentions.
// Place: commands build cards; each renderer (Slack, Matrix, console, API) draws them. User text is data: a renderer escapes it.
#pragma once

#include <cstdint>

#include <string>
#include <vector>

namespace bot {

enum class SpanKind {
  text,    ///< plain text from anybody; value = the text. Never interpreted, never notifies.
  strong,  ///< emphasised plain text
  code,    ///< something to type; value = command without prefix, e.g. "role commander"
  person,  ///< value = person id; `notify` decides mention or name
  room,    ///< value = incident number as text; the room of that incident in this chat ("#inc-7-…"), or "INC-7"
  time,    ///< value = iso8601; drawn as UTC plus the reader's own zone where the chat can; label = shorter words for the UTC, may be empty
  link,    ///< value = https URL built by Muster itself; label = text
};

struct Span {
  SpanKind kind = SpanKind::text;
  std::string value;
  std::string label;
  bool notify = false;
  friend bool operator==(const Span&, const Span&) = default;
};
using Text = std::vector<Span>;

enum class Tone { neutral, good, warning, bad };

struct Fact { std::string label; Text value; friend bool operator==(const Fact&, const Fact&) = default; };
/// Pressing runs `command` (text without prefix) in the card's incident; `form`: it first asks for the rest in the verb's form, where the chat has forms.
struct Button { std::string label; std::string command; bool primary = false; bool form = false; friend bool operator==(const Button&, const Button&) = default; };

struct Card {
  Text title;
  Tone tone = Tone::neutral;
  std::vector<Fact> facts;
  std::vector<Text> paragraphs;
  std::vector<Text> list;
  std::vector<Button> buttons;
  friend bool operator==(const Card&, const Card&) = default;
};

inline Span plain(std::string s) { return {SpanKind::text, std::move(s), {}, false}; }
inline Span strong(std::string s) { return {SpanKind::strong, std::move(s), {}, false}; }
inline Span code(std::string s) { return {SpanKind::code, std::move(s), {}, false}; }
inline Span name_of(std::string person_id) { return {SpanKind::person, std::move(person_id), {}, false}; }
inline Span mention(std::string person_id) { return {SpanKind::person, std::move(person_id), {}, true}; }
inline Span room_of(std::int64_t incident) { return {SpanKind::room, std::to_string(incident), {}, false}; }
inline Span when(std::string iso) { return {SpanKind::time, std::move(iso), {}, false}; }
/// A time close to now, as people say it: `words` is "14:39 UTC".
inline Span when(std::string iso, std::string words) { return {SpanKind::time, std::move(iso), std::move(words), false}; }
inline Span link(std::string url, std::string label) { return {SpanKind::link, std::move(url), std::move(label), false}; }

}  // namespace bot
