// How Muster words what happened: one voice for timeline, cards, chats, exports. Pure.
// Place: used by commands (replies, `timeline`), and by every renderer. See reference of voice in README.
#pragma once

#include "bot/card.hpp"
#include "bot/incident.hpp"
#include "bot/people.hpp"

namespace bot {

/// "role" column of a timeline line: "alert", "page", "declared", "role", "public", "note" …
std::string kind_word(EntryKind kind);
/// Who did it: a person's name, "token ci", "Alertmanager", "Muster".
Span who(const Actor& actor);
/// "slack" → "Slack", "statuspage:vendor" → "status page vendor".
std::string integration_name(const std::string& integration);
/// "investigating" → "Investigating"; "partial_outage" → "Partial outage".
std::string state_name(const std::string& state);
/// "SEV1".
std::string severity_name(const std::string& severity);
/// Person spans joined as "@a, @b and @c"; `notify` makes them mentions.
Text people_named(const std::vector<std::string>& ids, bool notify = false);
/// The sentence of one entry without time and kind, people as person spans: "@bob commander (claimed)".
Text narrate(const Entry& entry, const People& people);
/// The entry whose words read otherwise because of this one (corrected, edited in the chat, withdrawn); nothing for all other kinds.
std::optional<std::int64_t> amends(const Entry& entry);
/// The entry whose words this one repeats, so that both go together: a correction, an edit, a room called by the title.
std::optional<std::int64_t> repeats(const Entry& entry);
/// How: "corrected by @dana", "deleted in the chat". A withdrawn text is struck through and nothing takes its place.
Text amendment(const Entry& entry);
/// Spans as plain text: persons as "@Name", rooms as "INC-7", links as "label (url)".
std::string plain_text(const Text& text, const People& people);
/// The pinned card; also the answer of `show`.
Card summary_card(const Incident& incident, Time now);
/// Room topic, at most 250 characters.
std::string topic(const Incident& incident, const People& people);
/// The whole timeline as Markdown that reads well raw. Appends one line per entry; days are headed. Streams: call per page of entries.
/// A corrected text is struck through in its place when the correction is known by then: from the same page, or from `expect`.
class MarkdownTimeline {
 public:
  MarkdownTimeline(const Incident& incident, const People& people);
  std::string head() const;
  /// Optional first pass over (any pages of) the timeline: remembers its corrections.
  void expect(const std::vector<Entry>& entries);
  std::string lines(const std::vector<Entry>& entries);

 private:
  struct Correction { bool withdrawn = false; std::string text; Text how; Time at{}; };
  std::string line(const Entry& entry) const;
  const Incident& incident_;
  const People& people_;
  std::string day_;
  std::map<std::int64_t, Correction> corrections_;  ///< by corrected entry; the newest wins
};

}  // namespace bot
