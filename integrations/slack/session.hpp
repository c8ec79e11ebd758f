// What every step of the sender works with. One per message being sent.
#pragma once

#include "bot/people.hpp"
#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "integrations/slack/api.hpp"
#include "integrations/slack/render.hpp"

namespace slack {

inline constexpr const char* kIntegration = "slack";

struct Session {
  Api& api;
  Workspace& workspace;
  const bot::Settings& settings;
  const bot::People& people;
  const bot::Clock& clock;
  const Budget& budget;
  const bot::Message& message;
  const bot::SendContext& context;

  const std::string& room() const { return context.reference("room"); }
  View view() const;
  std::string incident_name() const { return "INC-" + std::to_string(message.incident); }
  /// From where Slack's record is searched: nothing of this message can be older, apart from the clocks' difference.
  bot::Time searched_from() const;
  /// The arguments, with the workspace where an organisation's token needs one named.
  Arguments in_team(Arguments arguments) const;
};

/// There is no room (yet). In the room's own lane it never will be: what stands there came after OpenRoom. Other lanes wait for it, in ever
/// longer steps and without counting attempts; when the incident has ended there is nothing left to do.
bot::SendResult no_room(const Session& session);
/// What a problem with a call in the incident's room means; one that every call there will meet says that the room is gone.
bot::SendResult in_room(const Problem& problem);

}  // namespace slack
