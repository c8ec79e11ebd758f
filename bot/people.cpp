#include "bot/people.hpp"

#include <algorithm>

namespace bot {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(const std::string& a, const std::string& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

/// "<@slack:U02|dana>" → ("slack", "U02", "dana"); false when the form is another.
bool split_token(const std::string& word, std::string& integration, std::string& external, std::string& name) {
  if (word.size() < 6 || word.compare(0, 2, "<@") != 0 || word.back() != '>') return false;
  const std::string inner = word.substr(2, word.size() - 3);
  const auto bar = inner.find('|');
  const std::string key = inner.substr(0, bar);
  const auto colon = key.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == key.size() || key.find_first_of(" <>\n") != std::string::npos) return false;
  integration = key.substr(0, colon);
  external = key.substr(colon + 1);
  name = bar == std::string::npos ? "" : inner.substr(bar + 1);
  return true;
}

}  // namespace

void People::put(const Person& person) {
  Lock lock(mutex_);
  Person merged = person;
  if (auto it = by_id_.find(person.id); it != by_id_.end()) merged.identities.insert(it->second.identities.begin(), it->second.identities.end());
  for (const auto& identity : merged.identities) ids_[identity] = merged.id;
  by_id_[person.id] = std::move(merged);
}

std::optional<Person> People::find(const std::string& id) const {
  Lock lock(mutex_);
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? std::nullopt : std::optional<Person>(it->second);
}

std::optional<Person> People::by_identity(const std::string& integration, const std::string& external_id) const {
  Lock lock(mutex_);
  // The console's sign-in and a page's link prove the person's own id.
  const bool own_id = integration == "console" || integration == "link";
  if (const auto own = by_id_.find(external_id); own_id && own != by_id_.end()) return own->second;
  const auto it = ids_.find({integration, external_id});
  return it == ids_.end() ? std::nullopt : std::optional<Person>(by_id_.at(it->second));
}

std::optional<Person> People::by_word(const std::string& word) const {
  std::string integration, external, name;
  if (split_token(word, integration, external, name)) {
    if (auto known = by_identity(integration, external)) return known;
    Person met;
    met.id = integration + ":" + external;
    met.name = name.empty() ? external : name;
    met.identities[integration] = external;
    return met;
  }
  const std::string bare = !word.empty() && word[0] == '@' ? word.substr(1) : word;
  if (bare.empty()) return std::nullopt;
  Lock lock(mutex_);
  if (const auto it = by_id_.find(bare); it != by_id_.end()) return it->second;
  for (const auto& [id, person] : by_id_)
    if (same_word(id, bare)) return person;
  std::optional<Person> by_name;
  for (const auto& [id, person] : by_id_) {
    if (!same_word(person.name, bare)) continue;
    if (by_name) return std::nullopt;  // two of that name: the person must say which
    by_name = person;
  }
  return by_name;
}

std::string People::name_of(const std::string& id) const {
  Lock lock(mutex_);
  if (const auto it = by_id_.find(id); it != by_id_.end() && !it->second.name.empty()) return it->second.name;
  const auto colon = id.find(':');
  const std::string tail = colon == std::string::npos ? id : id.substr(colon + 1);
  return tail.empty() ? "somebody" : tail;
}

std::vector<Person> People::all() const {
  Lock lock(mutex_);
  std::vector<Person> out;
  out.reserve(by_id_.size());
  for (const auto& [id, person] : by_id_) out.push_back(person);
  return out;
}

std::string person_token(const std::string& integration, const std::string& external_id, const std::string& name) {
  std::string shown;
  for (char c : name)
    if (c != '<' && c != '>' && c != '|' && c != '\n' && c != '\r') shown += c;
  return "<@" + integration + ":" + external_id + (shown.empty() ? "" : "|" + shown) + ">";
}

}  // namespace bot
