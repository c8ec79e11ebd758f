// What people press: buttons of cards and of the Home tab, forms sent, shortcuts.
// Place: part of the inbox. Threads: take() from any.
#pragma once

#include "integrations/slack/captures.hpp"
#include "integrations/slack/home.hpp"
#include "integrations/slack/modals.hpp"

namespace slack {

class Interactions {
 public:
  Interactions(Reception& reception, Modals& modals, Captures& captures, Home& home)
      : reception_(reception), modals_(modals), captures_(captures), home_(home) {}
  void take(const nlohmann::json& payload, Answer answer, std::optional<bot::Time> sent);

 private:
  bool is_ours(const nlohmann::json& payload) const;
  void turn_away(const std::string& type, const Opening& opening, const Answer& answer, const std::string& why);
  void admitted(const std::string& type, const nlohmann::json& payload, Opening opening, Answer answer, std::optional<bot::Time> sent);
  void pressed(const nlohmann::json& payload, Opening opening, Answer answer, std::optional<bot::Time> sent);
  void run(const nlohmann::json& payload, const nlohmann::json& action, Opening opening, Answer answer, std::optional<bot::Time> sent);
  void shortcut(const nlohmann::json& payload, Opening opening, Answer answer);
  void add_to_timeline(const nlohmann::json& payload, Opening opening, Answer answer);
  void submitted(const nlohmann::json& payload, const From& from, Answer answer, std::optional<bot::Time> sent);
  void picked(const nlohmann::json& view, const From& from, Answer answer);
  std::string pick(const From& from, const Origin& origin) const;
  void put(const From& from, const Origin& origin, std::vector<std::pair<std::string, std::string>> files, std::int64_t incident, const std::string& key,
           Answer answer);

  Reception& reception_;
  Modals& modals_;
  Captures& captures_;
  Home& home_;
};

}  // namespace slack
