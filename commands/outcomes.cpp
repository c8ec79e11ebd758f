// What became of something sent. Only what matters to people is recorded or said; a card's edit, a topic or a pin that worked never is.
#include <algorithm>

#include "bot/addressing.hpp"
#include "bot/announcement.hpp"
#include "commands/outcomes.hpp"
#include "commands/pages.hpp"

namespace commands {
namespace {

using namespace bot;

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
  const bool hurries = lost && has_next_step(run->step, event.context.settings.paging);  // another round waits for the step's time
  Text text{plain("The page to "), name_of(page.person), plain(" by " + integration_name(event.integration()) + " failed: " + event.reason() + ".")};
  if (hurries) text.push_back(plain(" Going on to the next step now."));
  else if (lost) text.insert(text.end(), {plain(" Nobody is reached by this step. To page somebody else: "), code("page PERSON")});
  draft.say(std::move(text), Tone::bad);
  if (hurries) draft.timer(Timer{page_timer(*run), "escalate", event.incident.number, event.context.now, run->id});
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

/// What changed while it was on its way comes into the announcement with the next edit of the card; before, no edit knew which message that is.
Decision announced(const Event& event, const Announce& announcement) {
  const bool follows = leads_into_room(announcement.card) && !event.incident.is_private && event.incident.rooms.count(event.integration()) > 0;
  if (!follows || announcement.card == announcement_card(event.incident)) return Decision{};
  Draft draft = event.draft();
  draft.send(EditSummary{}, event.integration());
  return draft.done();
}

}  // namespace

Result<Decision> decide_outcome(const SendOutcome& outcome, const Snapshot& snapshot, const Context& context) {
  if (snapshot.incident == nullptr) return Decision{};
  const Event event{outcome, *snapshot.incident, context, snapshot};
  const Content& content = outcome.before.message.content;
  if (const auto* update = std::get_if<PublicUpdate>(&content)) return decide_published(event, *update);
  const MessageState state = outcome.after.state;
  if (state != MessageState::sent && state != MessageState::dead) return Decision{};
  if (std::holds_alternative<OpenRoom>(content)) return room_outcome(event);
  if (const auto* page = std::get_if<PagePerson>(&content)) return paged(event, *page);
  if (state == MessageState::dead) return lost(event);
  if (std::holds_alternative<ArchiveRoom>(content)) return archived(event);
  if (const auto* announcement = std::get_if<Announce>(&content)) return announced(event, *announcement);
  return Decision{};
}

}  // namespace commands
