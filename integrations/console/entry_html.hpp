// Timeline entries as lines of the stream: time, kind, sentence, permalink; corrections struck through; days apart.
// Place: first page, older pages and the live stream draw entries here and nowhere else. Pure.
#pragma once

#include <map>
#include <vector>

#include "bot/people.hpp"
#include "bot/timeline.hpp"
#include "integrations/text/html.hpp"

namespace console {

/// Which filter chip an entry belongs to: "talk", "changes", "alerts", "public" or "system".
const char* group_of(bot::EntryKind kind);

/// Entry seq → the newest entry that corrects it.
using Corrections = std::map<std::int64_t, bot::Entry>;
void note_corrections(Corrections& corrections, const std::vector<bot::Entry>& entries);

struct EntryContext {
  const bot::People& people;
  bool name_incident = false;  ///< the stream of all incidents says which one
};

/// One <li>. `correction` null: stands as written.
void add_entry(text::Html& html, const bot::Entry& entry, const bot::Entry* correction, const EntryContext& context);
/// The line that separates days: "Monday 23 November 2026, times in UTC".
void add_day(text::Html& html, const std::string& date);
/// Entries in order with their day lines.
void add_entries(text::Html& html, const std::vector<bot::Entry>& entries, const Corrections& corrections, const EntryContext& context);

}  // namespace console
