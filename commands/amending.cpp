// Putting the record right without rewriting it: correct and redact.
#include <algorithm>
#include <sstream>

#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

void parse_entry(Line& line, const Settings&, const People&, Args& args) {
  if (line.empty()) return;
  std::string entry = line.word();
  if (!entry.empty() && entry[0] == '#') entry.erase(0, 1);
  args.emplace_back("entry", std::move(entry));
  if (!line.empty()) args.emplace_back("text", line.rest());
}

/// The named entry, or what is wrong with the name.
Result<const Entry*> named_entry(const Call& call) {
  const std::string& word = call.arg("entry");
  if (word.empty()) return missing(call, "the entry's number", "entry");
  if (!incident_number("#" + word))
    return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not an entry's number. They are the first column of " + typed(call.context, "timeline")), "entry");
  if (call.snapshot.entry == nullptr)
    return at_field(refused(ErrorKind::not_found, call.incident().name() + " has no entry " + word + ". Its numbers are the first column of " + typed(call.context, "timeline")),
                    "entry");
  return call.snapshot.entry;
}

/// The verb that changes what this entry set; correcting the record alone would not.
const char* verb_for(EntryKind kind) {
  switch (kind) {
    case EntryKind::declared:
    case EntryKind::renamed: return "rename TITLE";
    case EntryKind::impact: return "impact TEXT";
    case EntryKind::severity: return "severity SEVERITY";
    case EntryKind::status: return "status STATE";
    case EntryKind::role: return "role ROLE PERSON";
    case EntryKind::started: return "started TIME";
    case EntryKind::public_update: return "public STATE TEXT";
    default: return nullptr;
  }
}

std::string number_of(const Entry& entry) { return std::to_string(entry.seq); }

Status can_be_corrected(const Call& call, const Entry& entry) {
  const std::string name = "entry " + number_of(entry);
  if (entry.kind == EntryKind::corrected)
    return refused(ErrorKind::conflict, name + " is itself a correction. Correct entry " + fact(entry.facts, "entry") + " again: " +
                                            typed(call.context, "correct " + fact(entry.facts, "entry") + " TEXT"));
  if (!entry.text)
    return refused(ErrorKind::conflict, "the words of " + name + " were redacted. To add something, type " + typed(call.context, "note TEXT"));
  if (entry.text->empty()) {
    const char* verb = verb_for(entry.kind);
    return refused(ErrorKind::conflict, name + " has no words to correct" + (verb == nullptr ? std::string(".") : ". To change it, type " + typed(call.context, verb)));
  }
  if (entry.actor.kind != ActorKind::person && entry.actor.kind != ActorKind::token)
    return refused(ErrorKind::conflict, name + " was not written by a person. To add something, type " + typed(call.context, "note TEXT"));
  return Done{};
}

Result<Decision> decide_correct(const Call& call) {
  const Incident& incident = call.incident();
  auto found = named_entry(call);
  if (!found) return found.error();
  const Entry& entry = **found;
  if (const Status can = can_be_corrected(call, entry); !can) return at_field(can.error(), "entry");
  auto text = text_argument(call, "text");
  if (!text) return text.error();
  if (*text == *entry.text) return already(incident, {plain("Entry " + number_of(entry) + " already says that. Nothing recorded.")});
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::corrected, *std::move(text), {{"entry", number_of(entry)}});
  if (incident.takes_changes()) draft.say_recorded();
  draft.reply({plain("Entry " + number_of(entry) + " of " + incident.name() + " is corrected. The old words stay visible, struck through.")});
  if (entry.kind == EntryKind::public_update) draft.add(Text{plain("The status pages keep what was published. To tell the public, type "), code("public STATE TEXT")});
  else if (const char* verb = verb_for(entry.kind)) draft.add(Text{plain("This corrects the record alone. To change the incident, type "), code(verb)});
  return draft.done();
}

Status can_be_redacted(const Entry& entry) {
  const std::string name = "entry " + number_of(entry);
  if (!entry.text) return refused(ErrorKind::conflict, "the words of " + name + " are already redacted.");
  if (entry.text->empty()) return refused(ErrorKind::conflict, name + " has no words to redact; who did what and when always stays.");
  return Done{};
}

/// What the message said later goes with what it said first; each missing text needs an entry that names it.
void redact_edits(Draft& draft, const Call& call, const Entry& entry) {
  const auto edits = call.snapshot.references.find("muster/" + edits_reference(number_of(entry)));
  if (edits != call.snapshot.references.end()) {
    std::stringstream list(edits->second);
    for (std::string word; std::getline(list, word, ',');)
      if (const auto seq = incident_number("#" + word)) {
        draft.record(EntryKind::redacted, "", {{"entry", word}});
        draft.decision().redact.push_back(*seq);
      }
  }
  forget_capture(draft, entry);
}

/// Muster's own page is drawn from the record and forgets with it; what a vendor was sent is the vendor's.
std::string where_it_stays(const Entry& entry, const Settings& settings) {
  std::vector<std::string> gone, kept;
  std::stringstream pages(fact(entry.facts, "pages"));
  for (std::string name; std::getline(pages, name, ',');) {
    const auto own = std::any_of(settings.status_pages.begin(), settings.status_pages.end(), [&](const auto& p) { return p.name == name && p.kind == "builtin"; });
    (own ? gone : kept).push_back(name);
  }
  std::string out;
  if (!gone.empty()) out = "Gone from " + listed(gone, "and") + " too.";
  if (!kept.empty()) out += (out.empty() ? "" : " ") + listed(kept, "and") + (kept.size() == 1 ? " still shows it; remove it there." : " still show it; remove it there.");
  return out;
}

Result<Decision> decide_redact(const Call& call) {
  const Incident& incident = call.incident();
  auto found = named_entry(call);
  if (!found) return found.error();
  const Entry& entry = **found;
  if (const Status can = can_be_redacted(entry); !can) return at_field(can.error(), "entry");
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::redacted, "", {{"entry", number_of(entry)}});
  draft.decision().redact.push_back(entry.seq);
  if (entry.kind == EntryKind::captured) redact_edits(draft, call, entry);
  if (incident.takes_changes()) {
    draft.say_recorded();
    if (incident.title_entry == entry.seq) {
      Incident next = outline(incident);
      next.title = kRedacted;
      draft.retopic(next);
    }
    const auto& pages = incident.publication.pages;
    const bool on_card = std::any_of(pages.begin(), pages.end(), [&](const auto& p) { return p.second.problem_entry == entry.seq; });
    if (on_card || incident.title_entry == entry.seq || incident.impact_entry == entry.seq) draft.redraw();
  }
  draft.reply({plain("The words of entry " + number_of(entry) + " of " + incident.name() + " are gone for good; who wrote them and when stays.")});
  draft.add(Text{plain(entry.kind == EntryKind::public_update ? where_it_stays(entry, call.context.settings)
                                                              : "Messages already sent to chats stay there. Delete them there.")});
  if (incident.title_entry == entry.seq) draft.add(Text{plain("It was the title. Give a new one: "), code("rename TITLE")});
  return draft.done();
}

constexpr Verb kVerbs[] = {
    {"correct", "correct ENTRY TEXT", "Put an entry of the timeline right; the old words stay, struck through.", "correct 12 it was node 4, not node 3", true,
     true, Action::respond, parse_entry, decide_correct, nullptr},
    {"redact", "redact ENTRY", "Remove an entry's words for good, as commander or admin.", "redact 12", true, true, Action::redact, parse_entry, decide_redact,
     nullptr}};

}  // namespace

std::span<const Verb> amending_verbs() { return kVerbs; }

}  // namespace commands
