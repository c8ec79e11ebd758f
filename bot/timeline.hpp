// The append-only record of an incident: what a person later reads, and the only source of an incident's state.
// Place: commands propose NewEntry; the Coordinator numbers, chains and commits them; `apply` (incident.hpp) folds them.
// Everything an Incident holds derives from its entries, so `fold(timeline) == row` can be checked (muster verify).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bot/env.hpp"
#include "bot/person.hpp"

namespace bot {

/// Each kind's text and facts are listed here and nowhere else. Text is free and may be redacted; facts are short, structured, kept.
enum class EntryKind {
  declared,        // text: title.  facts: severity, [private=yes], [drill=yes], [chats] (comma-separated), [started], [detected] (iso8601)
  alert_firing,    // text: alert name and summary.  facts: alert (identity), [link]
  alert_resolved,  // text: alert name.  facts: alert
  joined,          // facts: person
  left,            // facts: person
  role,            // facts: role, [person] (absent: released), how (claimed|assigned|released|handed_over), [from]
  severity,        // facts: from, to
  status,          // text: optional words.  facts: from, to
  renamed,         // text: new title
  note,            // text
  impact,          // text
  started,         // facts: at (iso8601)
  update,          // text: internal stakeholder update
  public_update,   // text: public body; with titled=yes its first line is the title somebody gave.  facts: op (mark), state, [title] (what Muster
                   // calls it without one), [titled], pages (comma), component:<id>=<state>…, [name:<id>], [since] (iso8601: the state was that
                   // before), [behind:<page>] (op of an older update that is held or delayed there: this one waits behind it)
  public_shown,    // facts: op, page, state, [link]
  public_delayed,  // text: reason.  facts: op, page, state  (not through yet; Muster goes on trying)
  public_held,     // text: reason.  facts: op, page, state, message, [newest] (op of the newest update, when that waits behind this one)
  public_failed,   // text: reason.  facts: op, page, state
  public_dropped,  // text: optional reason.  facts: op, page, state
  public_resent,   // facts: op, page, state  (a person chose `public send`)
  room_opened,     // text: its name, when that is made of the title.  facts: integration, [link], [name] (any other), [title] (entry of that title)
  room_failed,     // text: reason.  facts: integration
  room_archived,   // facts: integration
  message_failed,  // text: what could not be delivered and why.  facts: integration, what, message
  paged,           // text: what about.  facts: page, step (1-based; 0: paged by hand, no policy), round, person (comma-separated ids)
  page_sent,       // facts: page, person, channel
  page_failed,     // text: reason.  facts: page, person, channel
  acknowledged,    // facts: page, person
  page_exhausted,  // facts: page   (nobody answered the whole policy)
  page_stopped,    // facts: page   (resolved, closed or cancelled first)
  resolved,        // text: optional words
  reopened,        // text: optional words
  closed,
  cancelled,       // text: optional reason
  corrected,       // text: the right text.  facts: entry
  redacted,        // facts: entry
  captured,        // text: a room's message that somebody put here, its files one per line after it.  facts: message (key), author (person), written (iso8601), [link]
  capture_edited,  // text: the message as it reads now.  facts: entry, message
  withdrawn,       // facts: entry, message, why (taken_off|deleted): a captured message no longer stands
  room_changed,    // text: the new topic or name.  facts: integration, what (topic|name|archived|unarchived|moved|removed|returned), [link]
  away,            // facts: integration, from, until (iso8601), missed: the chat could not be heard; what was said meanwhile was read afterwards
  mirrored,        // facts: integration: from now on the incident has a room there too
  reminded,        // facts: what (commander|update|status|open), [person]
  snoozed,         // facts: until (iso8601)
  made_private,    // from now on it is there for its people alone
  // Any kind may carry "due:<what>" (iso8601 or "none"): when a reminder of that kind is due from now on.
};

const char* to_string(EntryKind kind);
std::optional<EntryKind> entry_kind(const std::string& name);

using Facts = std::vector<std::pair<std::string, std::string>>;  ///< order is part of the hashed bytes
/// The first value under `name`, or "".
const std::string& fact(const Facts& facts, const std::string& name);

using Hash = std::array<std::uint8_t, 32>;

/// What a command proposes. recorded-at, number, salt and hash come with the commit.
struct NewEntry {
  EntryKind kind = EntryKind::note;
  std::string text;
  Facts facts;
  std::optional<Time> occurred_at;  ///< absent: when it was recorded
};

struct Entry {
  std::int64_t position = 0;  ///< global commit number, assigned by the store; the live stream's event id
  std::int64_t incident = 0;
  std::int64_t seq = 0;  ///< 1, 2, 3 … gapless per incident
  EntryKind kind = EntryKind::note;
  Time occurred_at{};
  Time recorded_at{};
  Actor actor;
  std::string source;               ///< "slack", "console", "api", "alertmanager", "muster" …
  Facts facts;
  std::optional<std::string> text;  ///< nullopt: redacted away. Kinds without words have "".
  std::string salt;                 ///< 16 raw bytes, deleted together with the text
  Hash text_hash{};                 ///< SHA-256(salt ‖ text); stays when the text goes
  Hash hash{};                      ///< the chain: see chain_hash
};

/// The one definition of the hashed bytes (independent of any codec version). Every field is written as
/// 8-byte big-endian length ‖ bytes, in this order: "muster-entry-1", previous hash, incident, seq, kind name, occurred_at ms,
/// recorded_at ms, actor kind name, actor id, source, fact count, then each fact's name and value, text_hash.
/// Numbers are decimal ASCII. The first entry's previous hash is 32 zero bytes.
Hash chain_hash(const Hash& previous, const Entry& entry);
/// What a public_update entry tells the public.
struct PublicWords {
  std::string title;                ///< "": it keeps the one of before
  std::optional<std::string> body;  ///< nullopt: redacted
};
PublicWords public_words(const Entry& entry);
/// The text of such an entry. `title`: the one somebody gave, which needs the fact titled=yes; else "".
std::string public_text(const std::string& title, const std::string& body);

Hash text_hash(const std::string& salt, const std::string& text);
std::string hex(const Hash& hash);

const char* to_string(ActorKind kind);
std::optional<ActorKind> actor_kind(const std::string& name);

}  // namespace bot
