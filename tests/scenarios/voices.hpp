// The same words said in different places: a signed slash command, the console's form, the API. More chats are more voices.
// Place: scenarios that compare places or need one that cannot fail with a vendor. Threads: one test thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/scenarios/scene.hpp"

namespace scene {

/// What became of something said: how it was answered and the words a person read.
struct Said {
  bool done = false;   ///< recorded, or a query answered
  std::string words;
};

class Voice {
 public:
  virtual ~Voice() = default;
  virtual const std::string& name() const = 0;
  /// Says it about an incident (0: about none, from anywhere), as alice or another person of the scene ("bob", "carol").
  virtual Said say(const std::string& text, int incident, const std::string& person) = 0;
  /// Whether people speak in it as themselves; a token does not.
  virtual bool has_people() const { return true; }
};

/// /incident, typed in the incident's room where there is one.
std::unique_ptr<Voice> slack_voice(Scene& scene);
/// The console's command line, signed in by a one-time link.
std::unique_ptr<Voice> console_voice(Scene& scene);
/// POST /api/v1/commands with a token of all scopes.
std::unique_ptr<Voice> api_voice(Scene& scene);

}  // namespace scene
