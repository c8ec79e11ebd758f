// What Slack tells Muster, whichever way it came: slash commands, presses and forms, events. Payloads arrive already authenticated.
// Place: made by main; fed by the HTTP routes (inbound.hpp) and by Socket Mode, through nothing but these three functions.
// Threads: all three may be called from any thread and never wait for Slack. Owns the threads that call out.
// Errors: none come back; a person is told in the answer or privately, and what is not a payload of Slack's is acknowledged and ignored.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bot/env.hpp"
#include "bot/form.hpp"
#include "bot/people.hpp"
#include "bot/request.hpp"
#include "bot/settings.hpp"
#include "bot/store.hpp"
#include "integrations/http/client.hpp"
#include "integrations/slack/workspace.hpp"

namespace slack {

/// What an acknowledgement says: JSON, or how to draw it, which its transport does while the core goes on.
class Body {
 public:
  Body(std::string json) : json_(std::move(json)) {}
  Body(const char* json) : json_(json) {}
  explicit Body(std::function<std::string()> draw) : draw_(std::move(draw)) {}
  operator std::string() const { return draw_ ? draw_() : json_; }

 private:
  std::string json_;
  std::function<std::string()> draw_;
};

/// The acknowledgement: `body` is its JSON, "" an empty one. Called once, from any thread, when what it acknowledges is durable, or (commands and
/// interactions) when Slack's three seconds are nearly over, with words that say so. An event that could not be recorded drops it uncalled:
/// the transport must not acknowledge then, so that Slack sends the event again.
using Answer = std::function<void(Body body)>;

class Inbox {
 public:
  virtual ~Inbox() = default;
  /// The fields of a slash command. `sent`: when Slack sent it, where the transport knows.
  virtual void command(const std::map<std::string, std::string>& fields, Answer answer, std::optional<bot::Time> sent = {}) = 0;
  /// A press, a form's submission, a shortcut.
  virtual void interaction(const nlohmann::json& payload, Answer answer, std::optional<bot::Time> sent = {}) = 0;
  /// An Events API envelope (`type`: event_callback).
  virtual void event(const nlohmann::json& envelope, Answer answer) = 0;
  /// Ends its threads; afterwards what still comes is answered without Slack being called.
  virtual void stop() = 0;
};

/// What an inbox works with; all of it must outlive the inbox.
struct InboxPlaces {
  bot::Intake& intake;
  bot::FormSource& forms;
  bot::Reader& reader;
  const bot::Settings& settings;
  bot::People& people;
  bot::Clock& clock;
  http::Client& client;  ///< private answers go to hooks.slack.com alone, everything else to slack.api_url
  std::shared_ptr<Workspace> workspace;
};

std::shared_ptr<Inbox> make_inbox(const InboxPlaces& places);

}  // namespace slack
