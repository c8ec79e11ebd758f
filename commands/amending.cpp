// Putting the record right without rewriting it: correct and redact.
#include <algorithm>
#include <sstream>

#include "bot/addressing.hpp"
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

const std::string& words_of(const Entry& entry, PublicWords& kept) {
  if (entry.kind != EntryKind::public_update) return *entry.text;
  kept = public_words(entry);
  return *kept.body;
}

/// Whether the verb would be taken now, as far as the incident's state decides it.
bool takes(const Incident& incident, EntryKind kind) {
  if (kind == EntryKind::status && incident.phase == Phase::resolved) return false;
  return incident.takes_changes();
}

/// How the incident itself is changed: by the verb, after opening it again, or not at all.
Text change_of(const Call& call, const Entry& entry, const char* verb) {
  const Incident& incident = call.incident();
  if (takes(incident, entry.kind)) return {plain("type "), code(verb)};
  if (incident.phase == Phase::cancelled) return {};
  return {plain("open it again first: "), code("reopen"), plain(". Then: "), code(verb)};
}

Status can_be_corrected(const Call& call, const Entry& entry) {
  const std::string name = "entry " + number_of(entry);
  if (entry.kind == EntryKind::corrected)
    return refused(ErrorKind::conflict, name + " is itself a correction. Correct entry " + fact(entry.facts, "entry") + " again: " +
                                            typed(call.context, "correct " + fact(entry.facts, "entry") + " TEXT"));
  if (!entry.text)
    return refused(ErrorKind::conflict, "the words of " + name + " were redacted. To add something, type " + typed(call.context, "note TEXT"));
  if (entry.text->empty()) {
    const char* verb = verb_for(entry.kind);
    std::string how = verb == nullptr || call.incident().phase == Phase::cancelled ? "." : ". To change it, ";
    if (how.size() > 1) how += takes(call.incident(), entry.kind) ? "type " + typed(call.context, verb) : "open the incident again first: " + typed(call.context, "reopen");
    return refused(ErrorKind::conflict, name + " has no words to correct" + how);
  }
  if (entry.actor.kind != ActorKind::person && entry.actor.kind != ActorKind::token)
    return refused(ErrorKind::conflict, name + " was not written by a person. To add something, type " + typed(call.context, "note TEXT"));
  return Done{};
}

/// What a correction leaves as it is, and what would change that.
void tell_limits(Draft& draft, const Call& call, const Entry& entry) {
  const char* verb = verb_for(entry.kind);
  if (verb == nullptr) return;
  const bool published = entry.kind == EntryKind::public_update;
  const Publication& p = call.incident().publication;
  Text told{plain(published ? "The status pages keep what was published." : "This corrects the record alone.")};
  Text how = change_of(call, entry, verb);
  if (published && !call.incident().takes_changes() && p.state != "resolved") how = {plain("type "), code("public resolved TEXT")};  // the end is always possible
  if (!how.empty()) told.push_back(plain(published ? " To tell the public, " : " To change the incident, "));
  told.insert(told.end(), how.begin(), how.end());
  draft.add(std::move(told));
}

Result<Decision> decide_correct(const Call& call) {
  const Incident& incident = call.incident();
  auto found = named_entry(call);
  if (!found) return found.error();
  const Entry& entry = **found;
  if (const Status can = can_be_corrected(call, entry); !can) return at_field(can.error(), "entry");
  auto text = text_argument(call, "text");
  if (!text) return text.error();
  if (PublicWords kept; *text == words_of(entry, kept)) return already(incident, {plain("Entry " + number_of(entry) + " already says that. Nothing recorded.")});
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::corrected, *std::move(text), {{"entry", number_of(entry)}});
  if (incident.takes_changes()) draft.say_recorded();
  draft.reply({plain("Entry " + number_of(entry) + " of " + incident.name() + " is corrected. The old words stay visible, struck through.")});
  tell_limits(draft, call, entry);
  return draft.done();
}

Status can_be_redacted(const Call& call, const Entry& entry) {
  const std::string name = "entry " + number_of(entry);
  if (!call.snapshot.amendments.empty()) return Done{};
  if (!entry.text) return refused(ErrorKind::conflict, "the words of " + name + " are already redacted.");
  if (entry.text->empty()) return refused(ErrorKind::conflict, name + " has no words to redact; who did what and when always stays.");
  return Done{};
}

bool is_title(const Entry& entry) { return entry.kind == EntryKind::declared || entry.kind == EntryKind::renamed; }

/// A room of our making that was called by the redacted title gets the name of the title that is left, or its number alone.
void rename_rooms(Draft& draft, const Call& call, const Entry& entry, const Incident& next) {
  const std::string& pattern = call.context.settings.incidents.room_name;
  std::string name = room_name(pattern, next.number, next.title == kRedacted ? "" : next.title);
  if (name == room_name(pattern, next.number, *entry.text)) name.clear();
  const std::string theirs = adopted_in(call);
  const std::string words = topic(next, call.context.people);
  for (const auto& chat : call.context.settings.chats()) draft.send(SetTopic{words, chat == theirs ? "" : name}, chat);
}

/// What the redaction of an entry changes of the incident's row and rooms.
void show_redacted(Draft& draft, const Call& call, const Entry& entry) {
  const Incident& incident = call.incident();
  if (!incident.takes_changes()) return;
  Incident next = outline(incident);
  if (incident.title_entry == entry.seq) next.title = kRedacted;
  if (is_title(entry)) rename_rooms(draft, call, entry, next);
  const auto& pages = incident.publication.pages;
  const bool on_card = std::any_of(pages.begin(), pages.end(), [&](const auto& p) { return p.second.problem_entry == entry.seq; });
  if (on_card || incident.title_entry == entry.seq || incident.impact_entry == entry.seq || incident.public_title_entry == entry.seq) draft.redraw();
}

/// "entries 4 and 7"
std::string entries_named(const std::vector<std::int64_t>& seqs) {
  std::vector<std::string> words;
  for (const auto seq : seqs) words.push_back(std::to_string(seq));
  return (seqs.size() == 1 ? "entry " : "entries ") + listed(words, "and");
}

bool made_by_muster(const std::string& public_title) { return public_title.rfind("Problems with ", 0) == 0 || public_title == "Service disruption"; }

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
  if (!kept.empty())
    out += (out.empty() ? "" : " ") + listed(kept, "and") + (kept.size() == 1 ? " still shows it; remove it there." : " still show it; remove it there.") + " Where it was not sent yet, it is not sent.";
  return out;
}

/// Where words of it may still stand, and what to do there.
void tell_rest(Draft& draft, const Call& call, const Entry& entry) {
  const Incident& incident = call.incident();
  const bool published = entry.kind == EntryKind::public_update;
  draft.add(Text{plain(published ? where_it_stays(entry, call.context.settings) : "Messages already sent to chats stay there. Delete them there.")});
  const std::string& title = fact(entry.facts, "title");
  if (published && fact(entry.facts, "titled").empty() && !title.empty() && !made_by_muster(title))
    draft.add(Text{plain("Its public title \"" + title + "\" stays in the record: an older Muster wrote it where nothing can be taken out.")});
  if (is_title(entry) && !incident.takes_changes() && !incident.rooms.empty()) draft.add(Text{plain("A room that was named after it keeps its name. Rename it there.")});
  if (incident.title_entry != entry.seq) return;
  Text told{plain("It was the title.")};
  Text how = change_of(call, entry, "rename TITLE");
  if (how.empty()) told.push_back(plain(" A cancelled incident gets no new one."));
  else told.push_back(plain(" To give a new one, "));
  told.insert(told.end(), how.begin(), how.end());
  draft.add(std::move(told));
}

Result<Decision> decide_redact(const Call& call) {
  const Incident& incident = call.incident();
  auto found = named_entry(call);
  if (!found) return found.error();
  const Entry& entry = **found;
  if (const Status can = can_be_redacted(call, entry); !can) return at_field(can.error(), "entry");
  Draft draft(incident.number, call.context);
  std::vector<std::int64_t> going = call.snapshot.amendments;
  const bool own = entry.text && !entry.text->empty();
  if (own) going.insert(going.begin(), entry.seq);
  // Each missing text needs an entry that names it.
  for (const auto seq : going) {
    draft.record(EntryKind::redacted, "", {{"entry", std::to_string(seq)}});
    draft.decision().redact.push_back(seq);
    if (seq == going.front() && incident.takes_changes()) draft.say_recorded();
  }
  if (entry.kind == EntryKind::captured) forget_capture(draft, entry);
  if (own) show_redacted(draft, call, entry);
  const std::string again = entry.kind == EntryKind::captured ? "its edits" : is_title(entry) ? "what repeats them" : "its corrections";
  std::string what = "The words of " + entries_named(own ? std::vector<std::int64_t>{entry.seq} : going) + " of " + incident.name();
  if (own && going.size() > 1) what += " and of " + again + " (" + entries_named(call.snapshot.amendments) + ")";
  draft.reply({plain(what + " are gone for good; who wrote them and when stays.")});
  tell_rest(draft, call, entry);
  return draft.done();
}

constexpr Verb kVerbs[] = {
    {"correct", "correct ENTRY TEXT", "Put an entry of the timeline right; the old words stay, struck through.", "correct 12 it was node 4, not node 3", true,
     true, Action::respond, parse_entry, decide_correct, nullptr},
    {"redact", "redact ENTRY", "Remove an entry's words and its corrections for good, as commander or admin.", "redact 12", true, true, Action::redact, parse_entry, decide_redact,
     nullptr, true}};

}  // namespace

std::span<const Verb> amending_verbs() { return kVerbs; }

}  // namespace commands
