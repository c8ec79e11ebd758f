// What the decisions about outcomes share. Place: outcomes.cpp and room_outcomes.cpp. Pure.
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
  /// Without the stop at its end: it becomes part of a sentence.
  std::string reason() const {
    std::string why = outcome.after.problem.empty() ? "no reason given" : outcome.after.problem;
    while (!why.empty() && (why.back() == '.' || why.back() == ' ')) why.pop_back();
    return why;
  }
  const std::string& roomless() const { return how_roomless(snapshot, integration()); }
  Draft draft() const { return Draft(incident.number, context); }
  bool room_lives() const { return incident.takes_changes(); }
};

/// The incident's room in one chat was opened, or could not be.
bot::Decision room_outcome(const Event& event);
/// Refused since the room can no longer be reached. Said once: everything else for that room fails the same way until it is there again.
bot::Decision room_gone(const Event& event);

}  // namespace commands
