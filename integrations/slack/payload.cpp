#include "integrations/slack/payload.hpp"

#include <nlohmann/json.hpp>

#include "integrations/text/html.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kDisplayName = 80;

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

bool digits(const std::string& word, std::size_t from, std::size_t to) {
  if (from >= to) return false;
  for (std::size_t i = from; i < to; ++i)
    if (word[i] < '0' || word[i] > '9') return false;
  return true;
}

}  // namespace

std::string text_of(const json& object, const char* name) {
  const json* found = member(object, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

const json& object_of(const json& object, const char* name) {
  static const json none = json::object();
  const json* found = member(object, name);
  return found != nullptr && found->is_object() ? *found : none;
}

const json& list_of(const json& object, const char* name) {
  static const json none = json::array();
  const json* found = member(object, name);
  return found != nullptr && found->is_array() ? *found : none;
}

bool is_true(const json& object, const char* name) {
  const json* found = member(object, name);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

std::int64_t number_of(const json& object, const char* name) {
  const json* found = member(object, name);
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

bool is_id(const std::string& word) {
  if (word.size() < 2 || word.size() > 32) return false;
  for (const char c : word)
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return false;
  return true;
}

bool is_ts(const std::string& word) {
  const auto dot = word.find('.');
  return word.size() <= 24 && dot != std::string::npos && dot <= 12 && digits(word, 0, dot) && digits(word, dot + 1, word.size());
}

std::optional<bot::Time> time_of(const std::string& ts) {
  if (!is_ts(ts)) return std::nullopt;
  const auto dot = ts.find('.');
  const std::string fraction = (ts.substr(dot + 1) + "000").substr(0, 3);
  return bot::Time{bot::Millis{std::stoll(ts.substr(0, dot)) * 1000 + std::stoll(fraction)}};
}

std::string display_name(const std::string& received) { return text::shorten(text::clean(text::valid_utf8(received), true), kDisplayName); }

std::string shown_name(const json& user) {
  const json& profile = object_of(user, "profile");
  for (const auto& name : {text_of(profile, "display_name"), text_of(profile, "real_name"), text_of(user, "real_name"), text_of(user, "name")})
    if (std::string shown = display_name(name); !shown.empty()) return shown;
  return "";
}

}  // namespace slack
