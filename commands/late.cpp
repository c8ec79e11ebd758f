// What a chat delivers long after it was typed. A change that nobody waits for any more could undo what was done meanwhile, so it is
// refused with a word of explanation; what only adds to the record, or answers what is still open, counts from when it was typed.
#include <algorithm>

#include "bot/plain.hpp"
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

constexpr std::chrono::hours kLatest{24};
constexpr std::size_t kShownLength = 200;

bool is(const Call& call, const char* verb) { return call.verb.name == std::string_view(verb); }

/// Adds to the record or takes nothing back from anybody, whenever it arrives.
bool harmless(const Call& call) { return is(call, "note") || is(call, "join") || is(call, "correct") || is(call, "redact"); }

/// A page that was already open when they said so is answered by it; a later one is not.
bool answers_an_open_page(const Call& call, Time sent) {
  if (!is(call, "ack")) return false;
  const auto& pages = call.incident().pages;
  return std::any_of(pages.begin(), pages.end(), [&](const PageRun& run) { return run.open && run.since <= sent; });
}

std::string what_to_type(const Request& request, const Call& call) {
  if (const auto* text = std::get_if<Typed>(&request.body)) return shorten(keepable(text->text, call.context.people, true), kShownLength);
  return call.verb.form;
}

}  // namespace

Status in_time(const Request& request, const Call& call) {
  if (!request.sent || call.context.actor.kind != ActorKind::person) return Done{};
  const Millis late = call.context.now - *request.sent;
  if (late <= call.context.settings.incidents.stale_after) return Done{};
  if (late <= kLatest && (harmless(call) || answers_an_open_page(call, *request.sent))) return Done{};
  std::string at = clock_text(*request.sent) + " UTC";
  if (late > kLatest) at = date_text(*request.sent) + " " + at;
  return refused(ErrorKind::conflict, "this was typed at " + at + " and arrived " + duration_text(late) + " late, so it may no longer be meant. If it is, type it again: " +
                                          typed(call.context, what_to_type(request, call)));
}

void date_back(const Request& request, const Call& call, Decision& decision) {
  if (!request.sent || call.context.now - *request.sent <= call.context.settings.incidents.stale_after) return;
  if (!is(call, "note")) return;
  for (auto& entry : decision.entries)
    if (entry.kind == EntryKind::note) entry.occurred_at = *request.sent;
  decision.reply.card.paragraphs.push_back({plain("It arrived " + duration_text(call.context.now - *request.sent) + " late and stands at " +
                                                  clock_text(*request.sent) + " UTC, when it was typed.")});
}

}  // namespace commands
