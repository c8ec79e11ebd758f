// Brings what was asked in a batch of events to the Coordinator, in order, and waits until all of it is recorded or answered.
// Place: both event sources, after conversation. Threads: record() from the source's one thread, stop() from any.
// Errors: a request that could not be recorded is sent in again until it is; its dedup key makes that harmless.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bot/mutex.hpp"
#include "bot/request.hpp"

namespace matrix {

/// How a request came to be, which decides how its reply is shown.
struct Origin {
  enum class Way {
    silent,   ///< nobody waits for words: a join, a topic, an absence
    command,  ///< typed: `event` is the message
    press,    ///< a reaction: `event` is the card, `thread` its thread
    pin,      ///< a reaction that puts a message on the timeline: `event` is that message
  };
  Way way = Way::silent;
  std::string room, event, thread;  ///< thread: its root, "" = none
  std::string cause;                ///< the event that asked; transaction ids are made from it
  std::string name;                 ///< who asked, for people
  bool in_incident_room = false;    ///< what is recorded is said there anyway
  bool query = false;
};

struct Asked {
  bot::Request request;
  Origin origin;
};

class Recorder {
 public:
  using Answered = std::function<void(const Origin&, const bot::Reply&)>;
  explicit Recorder(bot::Intake& intake) : intake_(intake) {}
  /// `answered` is called for each on this thread, in order. `delayed` once for what could not be recorded for some seconds.
  /// False: stopped before all was recorded.
  bool record(std::vector<Asked> asked, const Answered& answered, const std::function<void(const Origin&)>& delayed);
  void stop();

 private:
  struct Round;
  /// Waits for every reply. False: stopped.
  bool submit(const std::vector<Asked>& asked, const std::shared_ptr<Round>& round);
  /// False: stopped.
  bool pause(bot::Millis time);
  bot::Intake& intake_;
  bot::Mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::shared_ptr<Round> round_ GUARDED_BY(mutex_);
};

}  // namespace matrix
