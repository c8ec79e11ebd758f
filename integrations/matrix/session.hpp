// What every step of the sender works with. One per message being sent.
#pragma once

#include "bot/people.hpp"
#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/matrix/api.hpp"
#include "integrations/matrix/render.hpp"

namespace matrix {

struct Session {
  Api& api;
  const bot::Settings& settings;
  const bot::People& people;
  const bot::Clock& clock;
  const Budget& budget;
  const bot::Message& message;
  const bot::SendContext& context;

  Homeserver& homeserver() const { return api.homeserver(); }
  const bot::MatrixSettings& matrix() const { return settings.matrix; }
  const std::string& room() const { return context.reference("room"); }
  std::string incident_name() const { return "INC-" + std::to_string(message.incident); }
  View view() const;
  /// Something of this message may be at the homeserver already.
  bool may_be_there() const { return context.first_attempt.has_value(); }
};

/// The room is not there and never will be: what waited for it comes after OpenRoom in the same lane.
bot::Refused no_room(const Session& session);
/// A problem of a step that may simply be done again: a doubt is then only a reason to do so.
bot::SendResult repeatable(const Problem& problem);
/// "#inc-7-x" + the bot's server.
std::string alias_on_own_server(const Session& session, const std::string& localpart);
/// The version new rooms get: the operator's, when the homeserver offers it, else the homeserver's default. REQUIRES: learn_self() succeeded.
std::string room_version(const Session& session);
/// The room an id or alias of the settings means. The bot enters it when it is not there yet.
std::optional<Problem> room_of_settings(const Session& session, const std::string& id_or_alias, std::string& room);

}  // namespace matrix
