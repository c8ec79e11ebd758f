// The same words said in different places: a signed slash command, the console's form, the API. More chats are more voices.
// Place: scenarios that compare places or need one that cannot fail with a vendor. Threads: one test thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/homeserver/people.hpp"
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

/// alice, bob, carol and Muster's account on a real homeserver, and the room for announcements with the three in it.
class MatrixHouse {
 public:
  /// `name`: of this house, in all that must be unique at the homeserver.
  MatrixHouse(support::RealHomeserver& homeserver, const std::string& name);
  std::string settings() const;  ///< the matrix section
  std::string people_suffix() const { return "-" + name_ + ":" + support::RealHomeserver::kServerName; }

  support::RealHomeserver& hs;
  support::Account bot;
  std::map<std::string, support::Account> accounts;  ///< "alice" →
  std::string announcements;                         ///< room id
  support::MatrixPeople people;

 private:
  std::string name_;
};

/// "!incident …", typed with a real client in the incident's room by whoever is invited there, else where announcements are. Done is what gets
/// the check mark, or an answer in words that does not begin with "Not recorded".
std::unique_ptr<Voice> matrix_voice(Scene& scene, MatrixHouse& house);

}  // namespace scene
