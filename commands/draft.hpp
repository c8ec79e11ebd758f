// Building blocks of decisions: entries, what the room hears, the answer, and refusals in one voice.
// Place: every family of verbs. Pure.
#pragma once

#include "bot/narrate.hpp"
#include "commands/verb.hpp"

namespace commands {

inline constexpr std::size_t kTitleLength = 255;
inline constexpr std::size_t kTextLength = 4000;

// ---- refusals: what was not done, why, what to type instead ----

/// The command as this chat types it: "/incident severity sev2", "!incident …" or bare.
std::string typed(const bot::Context& context, const std::string& command);
/// The same before it is known where it was typed.
std::string typed(const bot::Settings& settings, const std::string& command);
/// "Not recorded: " and the reason.
bot::Error refused(bot::ErrorKind kind, const std::string& reason);
/// `what` is missing or empty: shows the form and one example.
bot::Error missing(const Call& call, const std::string& what);
/// `status` where the policy said no.
bot::Error refused(const bot::Status& status);
/// The same answer, with buttons for the choices.
bot::Decision choices(const Call& call, const bot::Error& error, std::vector<bot::Button> buttons);
/// Nothing to do and nothing wrong: "INC-7 is already sev2."
bot::Decision already(const bot::Incident& incident, bot::Text text);

// ---- text from people ----

/// Fit to keep: no controls, mentions as "@Name" in plain text. Empty when nothing is left.
std::string keepable(std::string_view raw, const bot::People& people, bool one_line);
/// The argument as text to keep, or the refusal: empty or longer than `most` code points.
bot::Result<std::string> text_argument(const Call& call, const char* name, std::size_t most = kTextLength, bool one_line = false);
/// The same where nothing is fine.
bot::Result<std::string> optional_text(const Call& call, const char* name);

/// Whom a word means, or the refusal that names the nearest. "me" is the actor.
bot::Result<bot::Person> person_named(const Call& call, const std::string& word);

// ---- changes ----

/// A decision about this incident, recorded by the context's actor.
class Draft {
 public:
  Draft(std::int64_t number, const bot::Context& context) : context_(context) { decision_.incident = number; }

  const bot::NewEntry& record(bot::EntryKind kind, std::string text = "", bot::Facts facts = {});
  void send(bot::Content content, std::string only = "");
  void say(bot::Text title, bot::Tone tone = bot::Tone::neutral, std::vector<bot::Button> buttons = {}, std::string only = "");
  /// The room hears the newest recorded entry as the timeline words it.
  void say_recorded(std::vector<bot::Button> buttons = {});
  void redraw() { send(bot::EditSummary{}); }
  void retopic(const bot::Incident& as_it_will_be) { send(bot::SetTopic{bot::topic(as_it_will_be, context_.people)}); }
  void timer(bot::Timer timer, bool cancel = false) { decision_.timers.push_back({std::move(timer), cancel}); }
  void reply(bot::Text title, bot::Tone tone = bot::Tone::good);
  void add(bot::Text paragraph) { decision_.reply.card.paragraphs.push_back(std::move(paragraph)); }
  /// Somebody a mention told us about is remembered with this decision.
  void meet(const bot::Person& person);
  void add(bot::Button button) { decision_.reply.card.buttons.push_back(std::move(button)); }

  const bot::Context& context() const { return context_; }
  bot::Decision& decision() { return decision_; }
  bot::Decision done() { return std::move(decision_); }

 private:
  const bot::Context& context_;
  bot::Decision decision_;
};

/// What the topic shows, without the rest of the row.
bot::Incident outline(const bot::Incident& incident);
/// Everything a fresh room needs, in the order it must happen. `as_it_will_be` is the row after the decision.
void open_room(Draft& draft, const bot::Incident& as_it_will_be, std::vector<std::string> people);
/// The public step is offered when what the public sees no longer fits.
void offer_public_end(Draft& draft, const bot::Incident& incident);

/// The severity of that name ("sev1", "SEV1", "SEV-1"); `loosely`: also "1" and "P1" where only one can be meant. Null when none.
const std::string* severity_of(std::string_view word, const bot::Settings& settings, bool loosely);
/// The word of `words` without regard to case; null when none.
const std::string* one_of(std::string_view word, const std::vector<std::string>& words);
const std::vector<std::string>& status_words();

}  // namespace commands
