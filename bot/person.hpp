// People, what they are called outside, and who is acting.
// Place: settings and chats create people; commands refer to them by id; renderers turn ids into names or mentions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bot {

/// id: settings id ("alice") or, for a person a chat told us about, "<integration>:<external id>" ("slack:U02").
struct Person {
  std::string id;
  std::string name;                               ///< shown to people; never empty
  bool admin = false;
  std::map<std::string, std::string> identities;  ///< integration ("slack", "matrix") → external id
  std::string webhook;                            ///< signed pages go here; empty: none
  friend bool operator==(const Person&, const Person&) = default;
};

/// What a bearer token may do. People hold read, respond and (by role) publish.
struct Scopes {
  bool read = true;
  bool respond = true;
  bool publish = false;
  bool admin = false;
  friend bool operator==(const Scopes&, const Scopes&) = default;
};

enum class ActorKind { person, token, monitor, muster };

/// Who did it, as the timeline records it.
struct Actor {
  ActorKind kind = ActorKind::muster;
  std::string id;  ///< person id, token name, integration name; "muster" for the program itself
  Scopes scopes;   ///< meaningful for tokens; not stored
  bool admin = false;  ///< not stored
  friend bool operator==(const Actor& a, const Actor& b) { return a.kind == b.kind && a.id == b.id; }
};

}  // namespace bot
