// How Muster words what happened: one voice for timeline, cards, chats, exports. Pure.
// Place: used by commands (replies, `timeline`), and by every renderer. See reference of voice in README.
#pragma once

#include "bot/card.hpp"
#include "bot/incident.hpp"
#include "bot/people.hpp"

namespace bot {

/// "role" column of a timeline line: "alert", "page", "declared", "role", "public", "note" …
std::string kind_word(EntryKind kind);
/// The sentence of one entry without time and kind, people as person spans: "@bob commander (claimed)".
Text narrate(const Entry& entry, const People& people);
/// Spans as plain text: persons as "@Name", rooms as "INC-7", links as "label (url)".
std::string plain_text(const Text& text, const People& people);
/// The pinned card; also the answer of `show`.
Card summary_card(const Incident& incident, Time now);
/// Room topic, at most 250 characters.
std::string topic(const Incident& incident, const People& people);
/// The whole timeline as Markdown that reads well raw. Appends one line per entry; days are headed. Streams: call per page of entries.
class MarkdownTimeline {
 public:
  MarkdownTimeline(const Incident& incident, const People& people);
  std::string head() const;
  std::string lines(const std::vector<Entry>& entries);
 private:
  const Incident& incident_;
  const People& people_;
  std::string day_;
};

}  // namespace bot
