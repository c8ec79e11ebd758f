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
};

/// The room is not there and never will be: what waited for it comes after OpenRoom in the same lane.
bot::Refused no_room(const Session& session);

}  // namespace slack
