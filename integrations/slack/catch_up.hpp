// What was missed while Slack and Muster did not hear each other: after a restart or an outage the rooms of open incidents are read from
// where the silence began (missed_room.hpp), and each timeline says from when to when Muster was away.
// Place: made by main beside the inbox, to which it hands what it finds in the shape of Slack's own events. Threads: owns one.
// State: "slack/heard", the last time both heard each other, committed now and then and moved on only when everything was read and said.
// Errors: none come out; what cannot be read or recorded now is tried again later.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "bot/lifecycle.hpp"
#include "bot/request.hpp"
#include "bot/settings.hpp"
#include "bot/store.hpp"
#include "integrations/slack/api.hpp"
#include "integrations/slack/inbox.hpp"
#include "integrations/slack/missed_room.hpp"

namespace slack {

class CatchUp {
 public:
  CatchUp(const bot::SlackSettings& settings, http::Client& client, bot::Intake& intake, bot::Reader& reader, bot::Clock& clock,
          std::shared_ptr<Workspace> workspace, std::shared_ptr<Inbox> inbox);
  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  bot::Millis step();  ///< the loop's

 private:
  void begin();
  bool slack_answers();
  bot::Millis notice();
  bool fill();
  std::optional<Gap> unread(const Room& room) const;
  bool watched();
  std::optional<std::vector<Room>> rooms();
  void say_away(const Room& room, const Gap& gap, int missed);
  void hand(nlohmann::json envelope);
  enum class Said { asked, kept, refused };
  using Answered = std::shared_ptr<std::atomic<Said>>;
  void owe(std::function<void(const Answered&)> ask);
  bool all_kept();
  void remember(bot::Time heard);

  const bot::SlackSettings& settings_;
  bot::Intake& intake_;
  bot::Reader& reader_;
  bot::Clock& clock_;
  std::shared_ptr<Workspace> workspace_;
  std::shared_ptr<Inbox> inbox_;
  Api api_;
  // Of the loop's thread alone:
  bool begun_ = false;
  std::vector<Gap> silences_;         ///< to be read, in order
  std::optional<bot::Time> silent_since_;
  bot::Millis unsure_{0};             ///< how much later than the kept time both may still have heard each other
  std::optional<bot::Time> kept_;
  std::map<std::int64_t, bot::Time> read_until_;  ///< by incident: the end of the last silence it was read after
  /// What the silences left to be recorded, how to ask for it, and what was answered, which may come from another thread.
  struct Owed { std::function<void(const Answered&)> ask; Answered said; };
  std::vector<Owed> owed_;            ///< not known to be recorded yet
  std::unique_ptr<MissedRoom> reading_;  ///< the room that is being read
  bot::Loop loop_;
};

}  // namespace slack
