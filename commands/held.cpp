// public check|send|drop: a person decides about a held message.
#include "commands/draft.hpp"
#include "commands/publishing.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::string_view kStatusPage = "statuspage:";

const PublicUpdate* update_of(const QueuedMessage& held) { return std::get_if<PublicUpdate>(&held.message.content); }

std::string page_of(const QueuedMessage& held) {
  const std::string& integration = held.message.integration;
  return integration.rfind(kStatusPage, 0) == 0 ? integration.substr(kStatusPage.size()) : integration;
}

struct Wording { HeldChoice choice; const char* doing; };

Wording wording(const std::string& choice) {
  if (choice == "check") return {HeldChoice::look_again, "Looking again whether it shows"};
  if (choice == "send") return {HeldChoice::send_again, "Sending it again"};
  return {HeldChoice::drop, "Dropped"};
}

/// What a choice means for the record: a look changes nothing.
void record_choice(Draft& draft, const QueuedMessage& held, HeldChoice choice) {
  const PublicUpdate* update = update_of(held);
  if (update == nullptr || choice == HeldChoice::look_again) return;
  draft.record(choice == HeldChoice::drop ? EntryKind::public_dropped : EntryKind::public_resent, "",
               {{"op", update->op}, {"page", page_of(held)}, {"state", update->state}});
}

/// There is nothing to decide; what waits all the same is named, so that nobody takes this for "all is shown".
Decision nothing_held(const Incident& incident) {
  Text text{plain("Nothing of " + incident.name() + " is held.")};
  for (const auto& [page, on] : incident.publication.pages)
    if (on.state == PageState::delayed) text.push_back(plain(" The update for " + page + " waits: " + on.problem + ". Muster keeps trying."));
  return already(incident, std::move(text));
}

}  // namespace

Result<Decision> decide_held(const Call& call) {
  const Incident& incident = call.incident();
  const std::string& page = call.arg("page");
  const std::string& choice = call.arg("choice");
  if (choice != "check" && choice != "send" && choice != "drop")
    return refused(ErrorKind::invalid_input, shown(choice) + " is not a choice. Use check, send or drop, for example: " + typed(call, "public check"));
  const Wording words = wording(choice);
  Draft draft(incident.number, call.context);
  std::vector<std::string> pages, all;
  for (const QueuedMessage& held : call.snapshot.troubled) {
    if (held.state != MessageState::held) continue;
    all.push_back(page_of(held));
    if (!page.empty() && !same(page, page_of(held))) continue;
    if (words.choice == HeldChoice::send_again && withdrawn(held.message.content))
      return refused(ErrorKind::conflict, "the words of the held update for " + page_of(held) + " were redacted, so it cannot be sent. Drop it: " + typed(call.context, "public drop"));
    record_choice(draft, held, words.choice);
    draft.decision().held.push_back({held.message.id, words.choice});
    pages.push_back(page_of(held));
  }
  if (all.empty()) return nothing_held(incident);
  if (pages.empty())
    return refused(ErrorKind::not_found, "nothing is held for " + shown(page) + ". Held: " + listed(all, "and") + ".");
  const std::string what = std::string(words.doing) + ": " + listed(pages, "and") + ".";
  draft.reply({plain(what)});
  if (words.choice != HeldChoice::look_again && incident.takes_changes()) {
    draft.say({plain("The held update was decided by "), who(call.context.actor), plain(". " + what)});
    draft.redraw();
  }
  return draft.done();
}

}  // namespace commands
