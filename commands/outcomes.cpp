// What became of something sent. Only what matters to people is recorded or said; a card's edit, a topic or a pin that worked never is.
#include <algorithm>

#include "bot/addressing.hpp"
#include "commands/outcomes.hpp"
#include "commands/pages.hpp"

namespace commands {
namespace {

using namespace bot;

// ---- status pages ----

std::string page_of(const Event& event) {
  const auto colon = event.integration().find(':');
  return colon == std::string::npos ? event.integration() : event.integration().substr(colon + 1);
}

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
  Facts facts{{"op", update.op}, {"page", page}};
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
  draft.record(EntryKind::public_held, event.reason(), {{"op", update.op}, {"page", page}, {"message", event.message().id}});
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

Decision failed_publicly(const Event& event, const PublicUpdate& update) {
  Draft draft = event.draft();
  const std::string page = page_of(event);
  draft.record(EntryKind::public_failed, event.reason(), {{"op", update.op}, {"page", page}});
  if (!event.room_lives()) return draft.done();
  Text text{plain("The update \"" + state_name(update.state) + "\" is not on " + page + ": " + event.reason() + ". Publish it again when that is mended: "),
            code("public " + update.state + " TEXT"), plain(".")};
  others(event, update.op).append_to(text);
  draft.say(std::move(text), Tone::bad);
  draft.redraw();
  return draft.done();
}

/// Not yet an outcome, but people are waiting for it: said once per doubt and once when it drags on.
Decision publicly_uncertain(const Event& event) {
  Draft draft = event.draft();
  const QueuedMessage& before = event.outcome.before;
  const QueuedMessage& after = event.outcome.after;
  constexpr int kToldAfter = 3;
  if (!event.room_lives()) return draft.done();
  if (after.state == MessageState::unknown && before.doubts == 0 && after.doubts == 1)
    draft.say({plain("The update for " + page_of(event) + " was sent but not confirmed. I am checking whether it shows. Nothing to do yet.")}, Tone::warning);
  else if (after.state == MessageState::unknown && before.doubts == after.doubts && before.attempts == kToldAfter - 1 && after.attempts == kToldAfter)
    draft.say({plain("I still cannot see whether the update shows on " + page_of(event) + " (" + event.reason() + "). I keep looking, and send nothing twice meanwhile.")},
              Tone::warning);
  else if (after.state == MessageState::queued && before.attempts == kToldAfter - 1 && after.attempts == kToldAfter)
    draft.say({plain("The update for " + page_of(event) + " is not through yet (" + event.reason() + "). I keep trying. Nothing to do yet.")}, Tone::warning);
  return draft.done();
}

Decision published(const Event& event, const PublicUpdate& update) {
  switch (event.state()) {
    case MessageState::sent: return shown_publicly(event, update);
    case MessageState::held: return held_publicly(event, update);
    case MessageState::dead: return failed_publicly(event, update);
    default: return publicly_uncertain(event);
  }
}

// ---- pages ----

const PageRun* run_of(const Incident& incident, const std::string& id) {
  for (const auto& run : incident.pages)
    if (run.id == id) return &run;
  return nullptr;
}

/// True when every channel of everybody in the run's current step has failed, the one of this event included.
bool step_is_lost(const Event& event, const PageRun& run, const PagePerson& page) {
  if (run.step > 0 && page.step != run.step) return false;
  for (const auto& person : run.paged)
    for (const auto& channel : page_channels(person, event.context.people, event.context.settings)) {
      const bool this_one = person == page.person && channel == event.integration();
      if (!this_one && std::find(run.failed.begin(), run.failed.end(), person + "/" + channel) == run.failed.end()) return false;
    }
  return true;
}

Decision paged(const Event& event, const PagePerson& page) {
  Draft draft = event.draft();
  Facts facts{{"page", page.page}, {"person", page.person}, {"channel", event.integration()}};
  if (event.state() == MessageState::sent) {
    draft.record(EntryKind::page_sent, "", std::move(facts));
    return draft.done();
  }
  draft.record(EntryKind::page_failed, event.reason(), std::move(facts));
  const PageRun* run = run_of(event.incident, page.page);
  const bool running = run != nullptr && run->open && event.incident.phase == Phase::open;
  if (!event.room_lives()) return draft.done();
  const bool lost = running && step_is_lost(event, *run, page);
  draft.say({plain("The page to "), name_of(page.person), plain(" by " + integration_name(event.integration()) + " failed: " + event.reason() + "."),
             plain(lost ? " Going on to the next step now." : "")},
            Tone::bad);
  if (lost) draft.timer(Timer{page_timer(*run), "escalate", event.incident.number, event.context.now, run->id});
  return draft.done();
}

// ---- the room's own messages ----

const char* what_failed(const Content& content) {
  struct Words {
    const char* operator()(const OpenRoom&) const { return "the room"; }
    const char* operator()(const SetTopic&) const { return "the room's topic"; }
    const char* operator()(const InvitePeople&) const { return "an invitation"; }
    const char* operator()(const PostSummary&) const { return "the summary card"; }
    const char* operator()(const PinSummary&) const { return "pinning the summary card"; }
    const char* operator()(const EditSummary&) const { return "an edit of the summary card"; }
    const char* operator()(const Say&) const { return "a message for the room"; }
    const char* operator()(const Announce&) const { return "the announcement"; }
    const char* operator()(const ArchiveRoom&) const { return "archiving the room"; }
    const char* operator()(const AddBookmarks&) const { return "the room's bookmarks"; }
    const char* operator()(const PublicUpdate&) const { return "a public update"; }
    const char* operator()(const PagePerson&) const { return "a page"; }
  };
  return std::visit(Words{}, content);
}

Decision lost(const Event& event) {
  const Content& content = event.message().content;
  const std::string& chat = event.integration();
  // Without a room everything for it fails too; the missing room is on the record already.
  const bool roomless = event.incident.rooms.count(chat) == 0 && !std::holds_alternative<Announce>(content);
  if (roomless || std::holds_alternative<EditSummary>(content)) return Decision{};
  if (event.outcome.room_gone) return room_gone(event);
  Draft draft = event.draft();
  const std::string what = what_failed(content);
  draft.record(EntryKind::message_failed, what + ": " + event.reason(), {{"integration", chat}, {"what", kind_of(content)}, {"message", event.message().id}});
  // A message about a failed message would fail the same way, and again.
  if (event.room_lives() && !std::holds_alternative<Say>(content))
    draft.say({plain(integration_name(chat) + " did not take " + what + ": " + event.reason() + ". The timeline has it; I do not try again.")}, Tone::warning, {}, chat);
  return draft.done();
}

Decision archived(const Event& event) {
  Draft draft = event.draft();
  draft.record(EntryKind::room_archived, "", {{"integration", event.integration()}});
  return draft.done();
}

}  // namespace

Result<Decision> decide_outcome(const SendOutcome& outcome, const Snapshot& snapshot, const Context& context) {
  if (snapshot.incident == nullptr) return Decision{};
  const Event event{outcome, *snapshot.incident, context, snapshot};
  const Content& content = outcome.before.message.content;
  if (const auto* update = std::get_if<PublicUpdate>(&content)) return published(event, *update);
  const MessageState state = outcome.after.state;
  if (state != MessageState::sent && state != MessageState::dead) return Decision{};
  if (std::holds_alternative<OpenRoom>(content)) return room_outcome(event);
  if (const auto* page = std::get_if<PagePerson>(&content)) return paged(event, *page);
  if (state == MessageState::dead) return lost(event);
  if (std::holds_alternative<ArchiveRoom>(content)) return archived(event);
  return Decision{};
}

}  // namespace commands
