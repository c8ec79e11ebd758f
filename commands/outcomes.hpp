// What the families of outcomes share.
// Place: inside outcomes*.cpp only; decide_outcome (verb.hpp) is what others call. Pure.
#pragma once

#include "commands/draft.hpp"

namespace commands {

/// One outcome and the incident it belongs to.
struct Event {
  const bot::SendOutcome& outcome;
  const bot::Incident& incident;
  const bot::Context& context;
  const bot::Message& message() const { return outcome.before.message; }
  const std::string& integration() const { return message().integration; }
  bot::MessageState state() const { return outcome.after.state; }
  /// Without a full stop at its end, so that it can stand inside a sentence.
  std::string reason() const;
  Draft draft() const { return Draft(incident.number, context); }
  bool room_lives() const { return incident.takes_changes(); }
};

/// What became of a public update on one status page.
bot::Decision decide_published(const Event& event, const bot::PublicUpdate& update);

}  // namespace commands
