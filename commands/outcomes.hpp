// What the families of outcomes share.
// Place: inside outcomes*.cpp and room_outcomes.cpp only; decide_outcome (verb.hpp) is what others call. Pure.
#pragma once

#include "commands/draft.hpp"

namespace commands {

/// One outcome and the incident it belongs to.
struct Event {
  const bot::SendOutcome& outcome;
  const bot::Incident& incident;
  const bot::Context& context;
  const bot::Snapshot& snapshot;
  const bot::Message& message() const { return outcome.before.message; }
  const std::string& integration() const { return message().integration; }
  bot::MessageState state() const { return outcome.after.state; }
  /// Without a full stop at its end, so that it can stand inside a sentence.
  std::string reason() const;
  const std::string& roomless() const { return how_roomless(snapshot, integration()); }
  Draft draft() const { return Draft(incident.number, context); }
  bool room_lives() const { return incident.takes_changes(); }
};

/// What became of a public update on one status page.
bot::Decision decide_published(const Event& event, const bot::PublicUpdate& update);
/// The incident's room in one chat was opened, or could not be.
bot::Decision room_outcome(const Event& event);
/// Refused since the room can no longer be reached. Said once: everything else for that room fails the same way until it is there again.
bot::Decision room_gone(const Event& event);

}  // namespace commands
