// Reads members of stored JSON and remembers the first thing that was wrong, so that decoding stays a list of names.
// Place: the codec's decoders. Absent members keep their default; a member of the wrong type is a problem.
#pragma once

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bot/env.hpp"
#include "bot/result.hpp"

namespace codec {

/// The first problem met while decoding one value; empty: none.
class Problem {
 public:
  void note(const std::string& where, const char* expected) {
    if (words_.empty()) words_ = "\"" + where + "\" is not " + expected;
  }
  bool any() const { return !words_.empty(); }
  const std::string& words() const { return words_; }

 private:
  std::string words_;
};

class Fields {
 public:
  Fields(const nlohmann::json& object, Problem& problem) : object_(object), problem_(problem) {
    if (!object.is_object()) problem.note("value", "an object");
  }
  /// The member, or null when absent.
  const nlohmann::json* find(const char* name) const {
    if (!object_.is_object()) return nullptr;
    const auto it = object_.find(name);
    return it == object_.end() ? nullptr : &*it;
  }
  void read(const char* name, std::string& out) const {
    if (const auto* j = find(name)) {
      if (const auto* s = j->get_ptr<const std::string*>()) out = *s;
      else problem_.note(name, "a text");
    }
  }
  void read(const char* name, std::int64_t& out) const {
    if (const auto* j = find(name)) integer(name, *j, out);
  }
  void read(const char* name, int& out) const {
    std::int64_t n = out;
    read(name, n);
    if (n < std::numeric_limits<int>::min() || n > std::numeric_limits<int>::max()) problem_.note(name, "a small number");
    else out = static_cast<int>(n);
  }
  void read(const char* name, bool& out) const {
    if (const auto* j = find(name)) {
      if (j->is_boolean()) out = j->get<bool>();
      else problem_.note(name, "true or false");
    }
  }
  void read(const char* name, bot::Time& out) const {
    if (const auto* j = find(name)) {
      std::int64_t n = 0;
      integer(name, *j, n);
      out = bot::Time{bot::Millis{n}};
    }
  }
  void read(const char* name, std::optional<bot::Time>& out) const {
    if (find(name) == nullptr) return;
    bot::Time t{};
    read(name, t);
    out = t;
  }
  void read(const char* name, std::map<std::string, std::string>& out) const {
    each_member(name, [&](const std::string& key, const nlohmann::json& j) {
      if (const auto* s = j.get_ptr<const std::string*>()) out[key] = *s;
      else problem_.note(name, "an object of texts");
    });
  }
  void read(const char* name, std::map<std::string, bot::Time>& out) const {
    each_member(name, [&](const std::string& key, const nlohmann::json& j) {
      std::int64_t n = 0;
      integer(key.c_str(), j, n);
      out[key] = bot::Time{bot::Millis{n}};
    });
  }
  template <class Container>  // std::vector or std::set of std::string
  void read_texts(const char* name, Container& out) const {
    each(name, [&](const nlohmann::json& j) {
      if (const auto* s = j.get_ptr<const std::string*>()) out.insert(out.end(), *s);
      else problem_.note(name, "a list of texts");
    });
  }
  /// `names[i]` is the word for enumerator i.
  template <class Enum, std::size_t N>
  void read_word(const char* name, const std::array<const char*, N>& names, Enum& out) const {
    if (find(name) == nullptr) return;
    std::string word;
    read(name, word);
    for (std::size_t i = 0; i < N; ++i)
      if (word == names[i]) {
        out = static_cast<Enum>(i);
        return;
      }
    problem_.note(name, "a known word");
  }
  template <class Use>
  void each(const char* name, Use use) const {
    const auto* j = find(name);
    if (j == nullptr) return;
    if (!j->is_array()) return problem_.note(name, "a list");
    for (const auto& item : *j) use(item);
  }
  template <class Use>
  void each_member(const char* name, Use use) const {
    const auto* j = find(name);
    if (j == nullptr) return;
    if (!j->is_object()) return problem_.note(name, "an object");
    for (const auto& [key, item] : j->items()) use(key, item);
  }
  Problem& problem() const { return problem_; }

 private:
  void integer(const char* name, const nlohmann::json& j, std::int64_t& out) const {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!j.is_number_integer() || (j.is_number_unsigned() && j.get<std::uint64_t>() > most)) problem_.note(name, "a whole number");
    else out = j.get<std::int64_t>();
  }
  const nlohmann::json& object_;
  Problem& problem_;
};

/// Stored text → tree, with the version checked; `what` names the value in the error.
bot::Result<nlohmann::json> parse_stored(const std::string& what, const std::string& text);
/// `corrupt`: the stored `what` is damaged.
bot::Error damaged(const std::string& what, const std::string& why);

}  // namespace codec
