// The public page as plain values: what customers may know, taken from the public updates and from nothing else.
// Place: built by builtin.cpp from Reader::public_updates; every renderer beside this file draws from a `Page` alone, so that nothing
// internal (numbers, titles, severities, names of people) can reach the public by accident.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bot/settings.hpp"
#include "bot/timeline.hpp"

namespace statuspage::builtin {

/// Ordered by badness: "worst of" is the maximum.
enum class ComponentState { operational, under_maintenance, degraded_performance, partial_outage, major_outage };
inline constexpr int kComponentStates = 5;
const char* to_string(ComponentState state);  ///< "partial_outage", as in the Statuspage API
std::optional<ComponentState> component_state(const std::string& name);

enum class Impact { none, maintenance, minor, major, critical };
const char* to_string(Impact impact);

struct ComponentChange {
  std::string id;
  ComponentState before = ComponentState::operational;
  ComponentState after = ComponentState::operational;
  friend bool operator==(const ComponentChange&, const ComponentChange&) = default;
};

struct Update {
  std::string id;                   ///< 12 hex; stable; the permalink's anchor
  std::string op;                   ///< never shown; tells a sender that its update is on the page
  std::string state;                ///< investigating, identified, monitoring, resolved
  std::optional<std::string> body;  ///< clean UTF-8; nullopt: removed
  bot::Time at{};
  std::vector<ComponentChange> changes;  ///< what this update said about components of this page
  friend bool operator==(const Update&, const Update&) = default;
};

struct PublicIncident {
  std::string id;     ///< 12 hex made from the first update's mark; says nothing about internal numbers
  std::string title;  ///< the newest public title
  std::vector<Update> updates;                        ///< newest first; never empty
  std::map<std::string, ComponentState> components;   ///< what it holds now; all operational once resolved
  ComponentState worst = ComponentState::operational; ///< over its whole life

  const Update& newest() const { return updates.front(); }
  const std::string& state() const { return updates.front().state; }
  bool open() const { return state() != "resolved"; }
  bot::Time started() const { return updates.back().at; }
  bot::Time updated() const { return updates.front().at; }
  std::optional<bot::Time> since(const std::string& state) const;  ///< newest update of that state
  Impact impact() const;
  friend bool operator==(const PublicIncident&, const PublicIncident&) = default;
};

struct Page {
  std::string id, title;
  std::string url;  ///< absolute, no trailing slash
  std::vector<bot::Component> components;
  std::vector<PublicIncident> incidents;  ///< newest first
  bot::Time known_since{};                ///< when the page was first there
  bot::Time generated{};

  bot::Time changed() const;  ///< newest update, else known_since
  bot::Time began() const;    ///< "created" of page and components; nothing is known of the time before
  ComponentState state_of(const std::string& component) const;  ///< worst over the open incidents
  const std::string& name_of(const std::string& component) const;
  std::vector<const PublicIncident*> open_incidents() const;
};

/// The banner of the Statuspage API. indicator: none|minor|major|critical|maintenance.
struct Overall { std::string indicator, description; };
Overall overall(const Page& page);

/// Entries of kind public_update in commit order → incidents newest first. Only updates whose `pages` fact names `page_name`, and only
/// components of `components`, are seen. Untrusted text is made valid UTF-8 without controls or direction marks here, once.
std::vector<PublicIncident> public_incidents(const std::vector<bot::Entry>& entries, const std::string& page_name,
                                             const std::vector<bot::Component>& components);

/// 12 lower-case hex characters that stay the same for the same words.
std::string public_id(const std::string& of);

}  // namespace statuspage::builtin
