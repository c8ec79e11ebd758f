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
/// The same about the call's incident: named in front, unless the room tells it.
std::string typed(const Call& call, const std::string& command);
/// The same before it is known where it was typed.
std::string typed(const bot::Settings& settings, const std::string& command);
/// "Not recorded: " and the reason.
bot::Error refused(bot::ErrorKind kind, const std::string& reason);
/// `what` is missing or empty: shows the form and one example.
bot::Error missing(const Call& call, const std::string& what, const std::string& field = "");
/// The same refusal, of this argument: a form says it beside its field.
bot::Error at_field(bot::Error error, const std::string& field);
/// An incident that is not there, and a private one of others: the same words, so that nobody learns which.
std::string no_such_incident(const bot::Context& context, std::int64_t number);
/// `status` where the policy said no.
bot::Error refused(const bot::Status& status);
/// The same answer, with buttons for the choices.
bot::Decision choices(const Call& call, const bot::Error& error, std::vector<bot::Button> buttons);
/// Nothing to do and nothing wrong: "INC-7 is already sev2."
bot::Decision already(const bot::Incident& incident, bot::Text text);

// ---- private incidents ----

/// What must be read before `may` can tell whether the room vouches for who typed in it.
void read_room(const bot::Request& request, bot::Reads& out);
/// `allowed`, and whoever is in a private incident's own room is in the incident: the chat let them in. A room that was open to all
/// before the incident became private vouches for nobody.
bot::Status may(bot::Action action, const bot::Incident& incident, const bot::Snapshot& snapshot, const bot::Context& context);

// ---- text from people ----

/// Fit to keep: no controls, mentions as "@Name" in plain text. Empty when nothing is left.
std::string keepable(std::string_view raw, const bot::People& people, bool one_line);
/// The argument as text to keep, or the refusal: empty or longer than `most` code points.
bot::Result<std::string> text_argument(const Call& call, const char* name, std::size_t most = kTextLength, bool one_line = false);
/// The same where nothing is fine.
bot::Result<std::string> optional_text(const Call& call, const char* name);

/// Whom a word means, or the refusal that names the nearest. "me" is the actor.
bot::Result<bot::Person> person_named(const Call& call, const std::string& word);
/// Says it of an exercise, so that nobody takes it for real: "DRILL: " in front.
std::string drill_words(const bot::Incident& incident, const std::string& words);

// ---- changes ----

/// A decision about this incident, recorded by the context's actor.
class Draft {
 public:
  Draft(std::int64_t number, const bot::Context& context) : context_(context) { decision_.incident = number; }

  const bot::NewEntry& record(bot::EntryKind kind, std::string text = "", bot::Facts facts = {});
  void send(bot::Content content, std::string only = "");
  /// Pleasant but not needed; never delays the room.
  void send_extra(bot::Content content, std::string only = "");
  void say(bot::Text title, bot::Tone tone = bot::Tone::neutral, std::vector<bot::Button> buttons = {}, std::string only = "");
  /// The room hears the newest recorded entry as the timeline words it.
  void say_recorded(std::vector<bot::Button> buttons = {}, std::string only = "");
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

/// A redacted message must not come back with its next edit.
void forget_capture(Draft& draft, const bot::Entry& entry);

/// What the topic shows, without the rest of the row.
bot::Incident outline(const bot::Incident& incident);
/// Everything a fresh room needs, in the order it must happen; its topic and its members follow the opening (outcomes.cpp). `as_it_will_be` is the row after the decision.
/// `only`: in this chat alone; `existing`: the vendor's id of a room that becomes the incident's there.
void open_room(Draft& draft, const bot::Incident& as_it_will_be, const std::string& only = "", const std::string& existing = "");
/// Whom and where: what everybody outside the room reads once. `no_room`: why there is none in the chat that hears it, or "".
bot::Card announcement(const bot::Incident& incident, const std::string& no_room = "");
/// The few things after the announcement that the announcement rooms hear by a message of their own: worse, over, not over after all.
void tell_bystanders(Draft& draft, const bot::Incident& as_it_will_be, bot::Text what, bot::Tone tone);
/// The reference (integration "muster") that tells how the incident lost its room in this chat, or what comes instead of a first one:
/// "failed" (it could not be opened), "gone" (it can no longer be reached), "reopened" (a new one follows an archived one); "" = nothing of the kind.
std::string roomless_reference(const std::string& chat);
void set_roomless(Draft& draft, const std::string& chat, const std::string& how);
const std::string& how_roomless(const bot::Snapshot& snapshot, const std::string& chat);
/// The chat whose room people had before the incident: it is theirs and is never archived or renamed. "" when Muster opened all rooms.
std::string adopted_in(const Call& call);
/// The reference (of a chat) that says whose the room's topic is: kTheirTopic when an adopted room had one of its own, which stays; else "".
inline constexpr const char* kTopicReference = "topic";
inline constexpr const char* kTheirTopic = "theirs";
/// The chats a new incident gets rooms in, as the fact "chats" says it: "" = in all. By the setting, when it comes out of one of them.
std::string chats_for(const bot::Context& context);
/// Declares it: the row as it will be and the entry. `kind`: words among private and drill.
bot::Incident declare(Draft& draft, const std::string& title, const std::string& severity, const std::string& kind, const std::string& chats);
/// Those the escalation policy names first.
std::vector<std::string> first_responders(const bot::Settings& settings);
/// The public step is offered when what the public sees no longer fits.
void offer_public_end(Draft& draft, const bot::Incident& incident);

/// The words before the title of `declare` and `adopt`, in any order: a severity, "private", "drill".
void parse_declare(Line& line, const bot::Settings& settings, const bot::People& people, Args& args);
/// The refusal of a kind that is none.
bot::Status known_kind(const Call& call);
/// The severity a word of `declare` means, or the refusal; the default when it is empty.
bot::Result<std::string> severity_argument(const Call& call, const std::string& word);
/// Takes the severity in front of a title: "sev1", "P1", "sev2:", "sev 2"; also "sev9", which is meant as one. "" when there is none.
std::string take_severity(Line& line, const bot::Settings& settings);
/// The severity of that name ("sev1", "SEV1", "SEV-1"), or the one that "sev1" or "P1" can only mean; `loosely`: also "1". Null when none.
const std::string* severity_of(std::string_view word, const bot::Settings& settings, bool loosely);
/// The word of `words` without regard to case; null when none.
const std::string* one_of(std::string_view word, const std::vector<std::string>& words);
const std::vector<std::string>& status_words();
/// Of a component on a status page, best first.
const std::vector<std::string>& component_states();

}  // namespace commands
