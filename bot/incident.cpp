#include "bot/incident.hpp"

#include <algorithm>
#include <cstdlib>

namespace bot {
namespace {

constexpr std::size_t kPageRunsKept = 20;

std::vector<std::string> split(const std::string& s, char by) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < s.size();) {
    const auto end = std::min(s.find(by, at), s.size());
    if (end > at) out.push_back(s.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

int number_or(const std::string& s, int otherwise) {
  if (s.empty() || s.size() > 6 || s.find_first_not_of("0123456789") != std::string::npos) return otherwise;
  return std::stoi(s);
}

PageRun* run_of(Incident& row, const std::string& id) {
  for (auto it = row.pages.rbegin(); it != row.pages.rend(); ++it)
    if (it->id == id) return &*it;
  return nullptr;
}

void apply_role(Incident& row, const Entry& e) {
  const std::string& person = fact(e.facts, "person");
  const std::string& role = fact(e.facts, "role");
  if (person.empty()) row.roles.erase(role);
  else row.roles[role] = person;
  if (!person.empty()) row.members.insert(person);
}

/// A reason for waiting goes with the state it explains.
void set_state(PublicOnPage& on, PageState state) {
  on.state = state;
  on.problem.clear();
  on.problem_entry = 0;
}

void apply_public(Incident& row, const Entry& e) {
  Publication& p = row.publication;
  p.state = fact(e.facts, "state");
  p.since = e.occurred_at;
  if (Time t{}; parse_iso8601(fact(e.facts, "since"), t)) p.since = t;
  // A title that somebody gave goes with a redaction of the entry, so the row always knows whose it is.
  const bool given = fact(e.facts, "titled") == "yes";
  if (const std::string title = public_words(e).title; given || (!title.empty() && title != p.title)) {
    p.title = title;
    row.public_title_entry = e.seq;
  }
  if (!p.first_at) p.first_at = e.occurred_at;
  p.updated_at = e.occurred_at;
  for (const auto& [name, value] : e.facts)
    if (name.rfind("component:", 0) == 0) p.components[name.substr(10)] = value;
  for (const auto& page : split(fact(e.facts, "pages"), ',')) {
    PublicOnPage& on = p.pages[page];
    on.op = fact(e.facts, "op");
    // What waits behind a held or delayed update has not taken its place: people must still see that.
    on.ahead = fact(e.facts, "behind:" + page);
    if (on.ahead.empty()) set_state(on, PageState::pending);
  }
}

void apply_page_state(Incident& row, const Entry& e, PageState state, const std::string& text) {
  const auto it = row.publication.pages.find(fact(e.facts, "page"));
  if (it == row.publication.pages.end()) return;
  PublicOnPage& on = it->second;
  const std::string& op = fact(e.facts, "op");
  const bool stuck = state == PageState::held || state == PageState::delayed;
  if (op == on.op) {
    on.ahead.clear();
  } else if (stuck && (op == on.ahead || state == PageState::delayed || fact(e.facts, "newest") == on.op)) {
    on.ahead = op;
  } else if (!op.empty() && op == on.ahead) {  // what stood in the way is settled: the newest one's turn
    on.ahead.clear();
    state = PageState::pending;
  } else {
    return;  // any other outcome of an older update says nothing about the newest one
  }
  set_state(on, state);
  if (state == PageState::delayed) {
    on.problem = text;
    on.problem_entry = e.seq;
  }
  if (const auto& link = fact(e.facts, "link"); !link.empty()) on.link = link;
}

void apply_paged(Incident& row, const Entry& e) {
  const std::string& id = fact(e.facts, "page");
  PageRun* run = run_of(row, id);
  if (run == nullptr) {
    if (row.pages.size() == kPageRunsKept) row.pages.erase(row.pages.begin());
    row.pages.push_back(PageRun{id, 0, 1, true, "", {}, {}, e.occurred_at});
    run = &row.pages.back();
  }
  run->step = number_or(fact(e.facts, "step"), run->step + 1);
  run->round = number_or(fact(e.facts, "round"), run->round);
  run->paged = split(fact(e.facts, "person"), ',');
  run->failed.clear();
}

void apply_page_failed(Incident& row, const Entry& e) {
  PageRun* run = run_of(row, fact(e.facts, "page"));
  if (run == nullptr) return;
  std::string which = fact(e.facts, "person") + "/" + fact(e.facts, "channel");
  if (std::find(run->failed.begin(), run->failed.end(), which) == run->failed.end()) run->failed.push_back(std::move(which));
}

void end_page(Incident& row, const Entry& e, const std::string& acknowledged_by) {
  if (PageRun* run = run_of(row, fact(e.facts, "page"))) {
    run->open = false;
    run->acknowledged_by = acknowledged_by;
  }
}

void apply_declared(Incident& row, const Entry& e, const std::string& text) {
  row.number = e.incident;
  row.title = text;
  row.title_entry = e.seq;
  row.severity = fact(e.facts, "severity");
  row.status = "investigating";
  row.is_private = fact(e.facts, "private") == "yes";
  row.is_drill = fact(e.facts, "drill") == "yes";
  for (auto& chat : split(fact(e.facts, "chats"), ',')) row.chats.insert(std::move(chat));
  row.declared_by = Actor{e.actor.kind, e.actor.id, {}, false};
  row.declared = e.occurred_at;
  Time t{};
  if (parse_iso8601(fact(e.facts, "started"), t)) row.started = t;
  if (parse_iso8601(fact(e.facts, "detected"), t)) row.detected = t;
  if (e.actor.kind == ActorKind::person) row.members.insert(e.actor.id);
}

/// "due:update" = a time or "none". What a reminder itself puts off stays unanswered; anything else answers it.
void apply_due(Incident& row, const Entry& e) {
  for (const auto& [name, value] : e.facts) {
    if (name.rfind("due:", 0) != 0) continue;
    const std::string what = name.substr(4);
    Time at{};
    if (parse_iso8601(value, at)) row.due[what] = at;
    else row.due.erase(what);
    if (e.kind == EntryKind::reminded) continue;
    row.reminded.erase(what);
    row.unanswered.erase(what);
  }
}

void reopen(Incident& row) {
  row.phase = Phase::open;
  row.status = "investigating";
  row.resolved.reset();
  row.closed.reset();
}

}  // namespace

const char* to_string(Phase phase) {
  switch (phase) {
    case Phase::open: return "open";
    case Phase::resolved: return "resolved";
    case Phase::closed: return "closed";
    case Phase::cancelled: return "cancelled";
  }
  std::abort();
}

const char* to_string(PageState state) {
  switch (state) {
    case PageState::pending: return "pending";
    case PageState::shown: return "shown";
    case PageState::held: return "held";
    case PageState::failed: return "failed";
    case PageState::dropped: return "dropped";
    case PageState::delayed: return "delayed";
  }
  std::abort();
}

void apply(Incident& row, const Entry& e) {
  const std::string text = e.text ? *e.text : kRedacted;
  if (row.number == 0) row.number = e.incident;  // the alert that opens an incident comes before "declared"
  switch (e.kind) {
    case EntryKind::declared: apply_declared(row, e, text); break;
    case EntryKind::alert_firing: ++row.alerts_firing; ++row.alerts_total; break;
    case EntryKind::alert_resolved: row.alerts_firing = std::max(0, row.alerts_firing - 1); break;
    case EntryKind::joined: row.members.insert(fact(e.facts, "person")); break;
    case EntryKind::left: row.members.erase(fact(e.facts, "person")); break;
    case EntryKind::role: apply_role(row, e); break;
    case EntryKind::severity: row.severity = fact(e.facts, "to"); break;
    case EntryKind::status: row.status = fact(e.facts, "to"); break;
    case EntryKind::renamed: row.title = text; row.title_entry = e.seq; break;
    case EntryKind::impact: row.impact = text; row.impact_entry = e.seq; break;
    case EntryKind::started:
      if (Time t{}; parse_iso8601(fact(e.facts, "at"), t)) row.started = t;
      break;
    case EntryKind::public_update: apply_public(row, e); break;
    case EntryKind::public_shown: apply_page_state(row, e, PageState::shown, text); break;
    case EntryKind::public_delayed: apply_page_state(row, e, PageState::delayed, text); break;
    case EntryKind::public_held: apply_page_state(row, e, PageState::held, text); break;
    case EntryKind::public_failed: apply_page_state(row, e, PageState::failed, text); break;
    case EntryKind::public_dropped: apply_page_state(row, e, PageState::dropped, text); break;
    case EntryKind::public_resent: apply_page_state(row, e, PageState::pending, text); break;
    case EntryKind::room_opened: {
      const auto& link = fact(e.facts, "link");  // without one never the text: it may be redacted
      row.rooms[fact(e.facts, "integration")] = link.empty() ? fact(e.facts, "name") : link;
      break;
    }
    case EntryKind::room_changed:
      if (const auto& link = fact(e.facts, "link"); !link.empty()) row.rooms[fact(e.facts, "integration")] = link;
      break;
    case EntryKind::room_archived: row.rooms.erase(fact(e.facts, "integration")); break;
    case EntryKind::paged: apply_paged(row, e); break;
    case EntryKind::page_failed: apply_page_failed(row, e); break;
    case EntryKind::acknowledged: {
      const std::string& person = fact(e.facts, "person");
      end_page(row, e, person.empty() ? e.actor.id : person);  // a token answers under its own name
      break;
    }
    case EntryKind::page_exhausted:
    case EntryKind::page_stopped: end_page(row, e, ""); break;
    case EntryKind::resolved: row.phase = Phase::resolved; row.status = "resolved"; row.resolved = e.occurred_at; break;
    case EntryKind::reopened: reopen(row); break;
    case EntryKind::closed: row.phase = Phase::closed; row.closed = e.occurred_at; break;
    case EntryKind::cancelled: row.phase = Phase::cancelled; row.closed = e.occurred_at; break;
    case EntryKind::mirrored:
      if (!row.chats.empty()) row.chats.insert(fact(e.facts, "integration"));  // empty means everywhere already
      break;
    case EntryKind::reminded:
      row.reminded[fact(e.facts, "what")] = e.occurred_at;
      ++row.unanswered[fact(e.facts, "what")];
      break;
    case EntryKind::made_private: row.is_private = true; break;
    case EntryKind::snoozed:
      if (Time t{}; parse_iso8601(fact(e.facts, "until"), t)) row.snoozed_until = t;
      break;
    case EntryKind::captured:
    case EntryKind::capture_edited:
    case EntryKind::withdrawn:
    case EntryKind::away:
    case EntryKind::note:
    case EntryKind::update:
    case EntryKind::room_failed:
    case EntryKind::message_failed:
    case EntryKind::page_sent:
    case EntryKind::corrected:
    case EntryKind::redacted: break;
  }
  apply_due(row, e);
  row.updated = e.recorded_at;
  row.last_seq = e.seq;
  row.chain_head = e.hash;
}

void scrub(Incident& row, const Entry& redacted_entry) {
  if (row.title_entry == redacted_entry.seq) row.title = kRedacted;
  if (row.impact_entry == redacted_entry.seq) row.impact = kRedacted;
  if (row.public_title_entry == redacted_entry.seq) row.publication.title = fact(redacted_entry.facts, "title");  // what Muster would have called it
  for (auto& [page, on] : row.publication.pages)
    if (on.problem_entry == redacted_entry.seq) on.problem = kRedacted;
}

std::optional<std::int64_t> incident_number(const std::string& word) {
  std::size_t at = 0;
  if (word.size() > 4 && (word[0] == 'I' || word[0] == 'i') && (word[1] == 'N' || word[1] == 'n') && (word[2] == 'C' || word[2] == 'c') && word[3] == '-') at = 4;
  else if (word.size() > 1 && word[0] == '#') at = 1;
  const std::string digits = word.substr(at);
  if (digits.empty() || digits.size() > 15 || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const std::int64_t n = std::stoll(digits);
  return n > 0 ? std::optional<std::int64_t>(n) : std::nullopt;
}

}  // namespace bot
