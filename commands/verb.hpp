// One verb of the table, and what its functions are given.
// Place: families of verbs declare them; table.cpp lists them, makes help from them and guards them.
#pragma once

#include <span>

#include "bot/command.hpp"
#include "bot/policy.hpp"
#include "bot/store.hpp"
#include "commands/words.hpp"

namespace commands {

using Args = std::vector<std::pair<std::string, std::string>>;
struct Verb;

/// A change being decided. When the verb needs an incident, the table has made sure that it is there, seen and in the right phase.
struct Call {
  const Verb& verb;
  const bot::Invocation& invocation;
  const bot::Snapshot& snapshot;
  const bot::Context& context;
  const bot::Incident& incident() const { return *snapshot.incident; }
  const std::string& arg(const char* name) const;
};

/// A question being answered.
struct Question {
  const std::vector<const Verb*>& verbs;
  const bot::Invocation& invocation;
  bot::Reader& reader;
  const bot::Context& context;
  const std::string& arg(const char* name) const;
};

struct Verb {
  const char* name;
  const char* form;     ///< "severity SEVERITY"
  const char* summary;  ///< one line for help
  const char* example;  ///< "severity {severity}"; example_of() fills in the names of the settings
  bool on_incident = true;
  bool when_ended = false;  ///< accepted (or answered by itself) when the incident is closed or cancelled
  bot::Action action = bot::Action::respond;
  /// Cuts the rest of the line into arguments; says nothing about their worth.
  void (*parse)(Line& line, const bot::Settings& settings, const bot::People& people, Args& args) = nullptr;
  bot::Result<bot::Decision> (*decide)(const Call& call) = nullptr;       ///< changes
  bot::Result<bot::Reply> (*query)(const Question& question) = nullptr;  ///< questions
  bool leaves_room = false;  ///< asks whose the room is: close, cancel, reopen, redact
  bool takes_room = false;   ///< asks whether the room is free: adopt
  bool opens_room = false;   ///< asks how the room in the chat named was lost: mirror
};

// The families, each in its own source file.
std::span<const Verb> declaring_verbs();  ///< declare
std::span<const Verb> describing_verbs(); ///< severity, status, rename, impact, started
std::span<const Verb> writing_verbs();    ///< note, update
std::span<const Verb> people_verbs();     ///< join, leave, role
std::span<const Verb> publishing_verbs(); ///< public
std::span<const Verb> paging_verbs();     ///< page, ack
std::span<const Verb> ending_verbs();     ///< resolve, reopen, close, cancel
std::span<const Verb> amending_verbs();   ///< correct, redact
std::span<const Verb> asking_verbs();     ///< help, list, show, timeline
std::span<const Verb> rooms_verbs();      ///< adopt, mirror, private
std::span<const Verb> reminding_verbs();  ///< snooze

/// What the verb looks like when typed, with severities, roles and people as the settings name them.
std::string example_of(const Verb& verb, const bot::Settings& settings);
/// `command` with {severity}, {worst}, {role} and {person} filled in.
std::string with_names(std::string command, const bot::Settings& settings);
/// The form of the verb, filled with what the invocation and the row say; an Error when it has none.
bot::Result<bot::Form> form_of(const Call& call);
/// Refuses a change that was typed too long ago to be carried out unseen; ok for all others.
bot::Status in_time(const bot::Request& request, const Call& call);
/// What may be late counts from when it was typed.
void date_back(const bot::Request& request, const Call& call, bot::Decision& decision);
/// Adds to the decision when the next reminders are due, and sets the timer that follows from it.
void keep_rhythm(bot::Decision& decision, const bot::Snapshot& snapshot, const bot::Context& context);
bot::Result<bot::Decision> decide_reminder(const bot::Timer& timer, const bot::Snapshot& snapshot, const bot::Context& context);

// Decisions for what nobody typed.
bot::Result<bot::Decision> decide_alert(const bot::Alert& alert, const bot::Snapshot& snapshot, const bot::Context& context);
bot::Result<bot::Decision> decide_capture(const bot::Capture& capture, const bot::Snapshot& snapshot, const bot::Context& context);
bot::Result<bot::Decision> decide_room_change(const bot::RoomChange& change, const bot::Snapshot& snapshot, const bot::Context& context);
bot::Result<bot::Decision> decide_away(const bot::Away& away, const bot::Snapshot& snapshot, const bot::Context& context);
void read_for_capture(const bot::Capture& capture, const std::string& integration, bot::Reads& out);
void read_for_room_change(const bot::RoomChange& change, const std::string& integration, bot::Reads& out);
bot::Result<bot::Decision> decide_timer(const bot::Timer& timer, const bot::Snapshot& snapshot, const bot::Context& context);
bot::Result<bot::Decision> decide_outcome(const bot::SendOutcome& outcome, const bot::Snapshot& snapshot, const bot::Context& context);

}  // namespace commands
