// One room read up after a silence: what people pinned, whom they let in, what they called it, what they asked of Muster, and what became of
// the messages that were pinned before. Found things go to the inbox in the shape of Slack's own events; what is known already changes nothing.
// Place: made by CatchUp, one at a time. Threads: CatchUp's. Errors: none; read() says whether it has to go on later, from where it stopped.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bot/settings.hpp"
#include "bot/store.hpp"
#include "integrations/slack/api.hpp"

namespace slack {

/// When nobody listened.
struct Gap { bot::Time from{}, until{}; };
struct Room { std::int64_t incident = 0; std::string channel; bot::Time declared{}; };

class MissedRoom {
 public:
  struct Places {
    const bot::SlackSettings& settings;
    Api& api;
    bot::Reader& reader;
    bot::Clock& clock;
    Workspace& workspace;
    std::function<void(nlohmann::json envelope)> hand;  ///< as if Slack had delivered it
  };
  MissedRoom(const Places& places, Room room, Gap gap);
  /// True when all was read. False: Slack does not answer, or its limit is reached; call again later.
  bool read();
  const Room& room() const { return room_; }
  int missed() const { return missed_; }  ///< how many messages of people came meanwhile

 private:
  using json = nlohmann::json;
  enum class Got { yes, nothing, later };
  Got ask(const char* method, Arguments arguments, json& answer);
  bool read_channel();
  bool read_threads();
  bool look_at_captured();
  void take(const json& messages, const std::string& parent);
  void tell();
  void tell(const json& message);
  void pinned(const std::string& ts, const json& message);
  Got one(const std::string& ts, json& message, bool& certain);
  void compare(const std::string& ts, const json& message);
  void hand(json event);
  std::vector<std::string> captured();

  const Places at_;
  const Room room_;
  const Gap gap_;
  int missed_ = 0, pages_ = 0;
  std::string cursor_;
  bool channel_read_ = false, told_ = false, limited_ = false;
  std::vector<json> messages_;         ///< of channel and threads
  std::vector<std::string> threads_;   ///< ts of parents still to be read
  std::set<std::string> looked_at_;    ///< captured messages compared already
};

/// Who put the message on the timeline by a reaction that still stands: adapter state by this key, the people's Slack ids by blanks apart. Messages put there
/// by their shortcut have none, so that nobody waits for a reaction on them. "-U02": U02 took it off, as the last one.
std::string pinned_by_key(const std::string& message);
std::vector<std::string> pinned_by_users(const std::string& pinned_by);
bool took_off(const std::string& pinned_by);

}  // namespace slack
