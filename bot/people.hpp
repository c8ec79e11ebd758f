// The registry of known people: settings first, then what the store and the chats told.
// Place: filled by main.cpp at start; read by parsers and renderers; the Coordinator adds people it meets.
// Threads: any; one mutex inside.
#pragma once

#include "bot/mutex.hpp"
#include "bot/person.hpp"

namespace bot {

class People {
 public:
  /// Adds or replaces by id. Identities of an existing person are kept unless overwritten.
  void put(const Person& person);
  std::optional<Person> find(const std::string& id) const;
  std::optional<Person> by_identity(const std::string& integration, const std::string& external_id) const;
  /// What a person typed for a person: "@alice", "alice", "Alice", or a neutral token "<@slack:U02>" / "<@slack:U02|dana>".
  /// An unknown but well-formed token answers a new Person (not yet put) with id "slack:U02"; the caller records it.
  std::optional<Person> by_word(const std::string& word) const;
  /// The name to show; falls back to the id's external part, never empty.
  std::string name_of(const std::string& id) const;
  std::vector<Person> all() const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, Person> by_id_ GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, std::string> ids_ GUARDED_BY(mutex_);  // (integration, external id) → id
};

/// The neutral token adapters put in place of a vendor's mention, e.g. "<@slack:U02|dana>"; name may be empty.
std::string person_token(const std::string& integration, const std::string& external_id, const std::string& name);

}  // namespace bot
