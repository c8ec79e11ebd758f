// Slack's events: reactions, edits, deletions, joins, topics, mentions, the Home tab, and the app's own end.
// Place: part of the inbox. Threads: take() from any.
// Errors: an event that could not be recorded is not acknowledged, so that Slack sends it again; one that means nothing here is.
#pragma once

#include "integrations/slack/captures.hpp"
#include "integrations/slack/home.hpp"

namespace slack {

class Events {
 public:
  Events(Reception& reception, Captures& captures, Home& home) : reception_(reception), captures_(captures), home_(home) {}
  void take(const nlohmann::json& envelope, Answer answer);

 private:
  struct Event;
  bool is_ours(const nlohmann::json& envelope) const;
  bool is_me(const std::string& user, const std::string& bot = "") const;
  void reaction(Event& event, bool added);
  void message(Event& event);
  void edited(Event& event);
  void deleted(Event& event);
  void membership(Event& event, bool joined);
  void own_place(Event& event, bool inside);
  void moved(Event& event);
  void room(Event& event, const std::string& channel, const std::string& what, const std::string& text);
  void mention(Event& event);
  void over(Event& event, const std::string& why);
  bool tokens_are_ours(const nlohmann::json& tokens) const;
  /// nullopt: answered already (no incident's room, or the store could not say).
  std::optional<std::int64_t> incident_in(const std::string& channel, Event& event);
  void submit(Event& event, bot::Request request);

  Reception& reception_;
  Captures& captures_;
  Home& home_;
};

}  // namespace slack
