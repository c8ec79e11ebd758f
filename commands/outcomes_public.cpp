// What became of a public update on one status page, and what people hear of it.
#include "commands/outcomes.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::chrono::seconds kToldAfter{60};  ///< what passes by itself within this time is nobody's news

std::string page_of(const Event& event) {
  const auto colon = event.integration().find(':');
  return colon == std::string::npos ? event.integration() : event.integration().substr(colon + 1);
}

/// What every entry about an update on a page names.
Facts facts_of(const Event& event, const PublicUpdate& update) { return {{"op", update.op}, {"page", page_of(event)}, {"state", update.state}}; }

/// Where else this update shows, and whether a page is still to answer.
struct Others {
  bool waiting = false;
  Text shown;
  int count = 0;
  void append_to(Text& text) const {
    if (count == 0) return;
    text.push_back(plain(" It is shown on "));
    text.insert(text.end(), shown.begin(), shown.end());
    text.push_back(plain("."));
  }
};

Others others(const Event& event, const std::string& op) {
  Others out;
  const std::string page = page_of(event);
  for (const auto& [name, on] : event.incident.publication.pages) {
    if (name == page || on.op != op) continue;
    out.waiting |= on.state == PageState::pending;
    if (on.state != PageState::shown) continue;
    ++out.count;
    out.shown.push_back(plain(out.shown.empty() ? "" : ", "));
    out.shown.push_back(on.link.empty() ? plain(name) : link(on.link, name));
  }
  return out;
}

Decision shown_publicly(const Event& event, const PublicUpdate& update) {
  Draft draft = event.draft();
  const std::string page = page_of(event);
  Facts facts = facts_of(event, update);
  if (!event.outcome.link.empty()) facts.emplace_back("link", event.outcome.link);
  draft.record(EntryKind::public_shown, "", std::move(facts));
  const Others rest = others(event, update.op);
  if (!event.room_lives()) return draft.done();
  if (!rest.waiting) {
    const int count = rest.count + 1;
    Text text{plain("Public update \"" + state_name(update.state) + "\" is shown on " + std::to_string(count) + (count == 1 ? " page: " : " pages: "))};
    text.insert(text.end(), rest.shown.begin(), rest.shown.end());
    if (rest.count > 0) text.push_back(plain(", "));
    text.push_back(event.outcome.link.empty() ? plain(page) : link(event.outcome.link, page));
    text.push_back(plain("."));
    draft.say(std::move(text), Tone::good);
  }
  draft.redraw();
  return draft.done();
}

Decision held_publicly(const Event& event, const PublicUpdate& update) {
  Draft draft = event.draft();
  const std::string page = page_of(event);
  Facts facts = facts_of(event, update);
  facts.emplace_back("message", event.message().id);
  // Said with the entry rather than found out by folding: timelines from before it was said fold as they did.
  const auto on = event.incident.publication.pages.find(page);
  if (on != event.incident.publication.pages.end() && on->second.op != update.op) facts.emplace_back("newest", on->second.op);
  draft.record(EntryKind::public_held, event.reason(), std::move(facts));
  if (!event.room_lives()) return draft.done();
  Text text{plain("I do not know whether the update \"" + state_name(update.state) + "\" shows on " + page + " (" + event.reason() +
                   "). I hold it, so that it is not published twice. Look at the page, then choose: "),
            code("public check"), plain(" (look again), "), code("public send"), plain(" (publish it again) or "), code("public drop"), plain(" (leave it).")};
  others(event, update.op).append_to(text);
  draft.say(std::move(text), Tone::bad,
            {{"Check", "public check", true}, {"Send again", "public send", false}, {"Drop", "public drop", false}});
  draft.redraw();
  return draft.done();
}

/// The page no longer has what this publication made there.
bool was_deleted(const Event& event) {
  for (const auto& reference : event.outcome.references)
    if (reference.what == "public" && reference.id.empty()) return true;
  return false;
}

Decision failed_publicly(const Event& event, const PublicUpdate& update) {
  Draft draft = event.draft();
  const std::string page = page_of(event);
  draft.record(EntryKind::public_failed, event.reason(), facts_of(event, update));
  if (!event.room_lives()) return draft.done();
  Text text{plain("The update \"" + state_name(update.state) + "\" is not on " + page + ": " + event.reason() + ". " +
                  (was_deleted(event) ? "To make a new public incident there, publish again: " : "Publish it again when that is mended: ")),
            code("public " + update.state + " TEXT"), plain(".")};
  others(event, update.op).append_to(text);
  draft.say(std::move(text), Tone::bad);
  draft.redraw();
  return draft.done();
}

/// Its words were redacted before it went out.
Decision withdrawn_publicly(const Event& event, const PublicUpdate& update) {
  Draft draft = event.draft();
  const std::string page = page_of(event);
  draft.record(EntryKind::public_dropped, event.reason(), facts_of(event, update));
  if (!event.room_lives()) return draft.done();
  draft.say({plain("The update \"" + state_name(update.state) + "\" is not sent to " + page + ": " + event.reason() + ". To tell the public, type "),
             code("public " + update.state + " TEXT")},
            Tone::warning);
  draft.redraw();
  return draft.done();
}

/// Told already, as the row remembers: a restart forgets nothing, and repeats are no news. A held update at which a person looks again stays
/// held in everybody's eyes, unless that look itself does not get through.
bool is_told(const Event& event, const PublicUpdate& update) {
  const auto it = event.incident.publication.pages.find(page_of(event));
  if (it == event.incident.publication.pages.end()) return false;
  const PublicOnPage& on = it->second;
  if ((on.ahead.empty() ? on.op : on.ahead) != update.op) return false;
  const bool looked = event.outcome.after.looks > event.outcome.before.looks;
  return on.state == PageState::delayed || (on.state == PageState::held && looked);
}

Decision delayed_publicly(const Event& event, const PublicUpdate& update) {
  Draft draft = event.draft();
  draft.record(EntryKind::public_delayed, event.reason(), facts_of(event, update));
  if (!event.room_lives()) return draft.done();
  const std::string quoted = "\"" + state_name(update.state) + "\"";
  const std::string page = page_of(event);
  const bool in_doubt = event.state() == MessageState::unknown;
  Text text{plain(in_doubt ? "I still cannot see whether the update " + quoted + " shows on " + page + ": " + event.reason() +
                                 ". I keep looking, and send nothing twice meanwhile."
                           : "The update " + quoted + " is not on " + page + " yet: " + event.reason() + ". I keep trying, and nothing is lost meanwhile.")};
  others(event, update.op).append_to(text);
  draft.say(std::move(text), Tone::warning);
  draft.redraw();
  return draft.done();
}

/// Not yet an outcome, but people are waiting for it: the first doubt is said, and once when it drags on or only a person can help.
Decision publicly_uncertain(const Event& event, const PublicUpdate& update) {
  const QueuedMessage& before = event.outcome.before;
  const QueuedMessage& after = event.outcome.after;
  const bool drags_on = event.outcome.credentials || event.context.now - event.message().created >= kToldAfter;
  if (drags_on && !after.problem.empty() && !is_told(event, update)) return delayed_publicly(event, update);
  Draft draft = event.draft();
  if (event.room_lives() && after.state == MessageState::unknown && before.doubts == 0 && after.doubts == 1)
    draft.say({plain("The update for " + page_of(event) + " was sent but not confirmed. I am checking whether it shows. Nothing to do yet.")}, Tone::warning);
  return draft.done();
}

}  // namespace

std::string Event::reason() const {
  std::string out = outcome.after.problem.empty() ? "no reason given" : outcome.after.problem;
  while (out.size() > 1 && (out.back() == '.' || out.back() == ' ')) out.pop_back();  // it stands inside a sentence
  return out;
}

Decision decide_published(const Event& event, const PublicUpdate& update) {
  switch (event.state()) {
    case MessageState::sent: return shown_publicly(event, update);
    case MessageState::held: return held_publicly(event, update);
    case MessageState::dead: return failed_publicly(event, update);
    case MessageState::dropped: return withdrawn_publicly(event, update);
    case MessageState::queued:
    case MessageState::unknown: return publicly_uncertain(event, update);
    case MessageState::sending:
    case MessageState::superseded: return Decision{};
  }
  return Decision{};
}

}  // namespace commands
