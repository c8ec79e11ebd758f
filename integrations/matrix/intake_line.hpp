// From events to recorded requests, and the place in the event stream kept only when all before it is done: the shared half of both sources.
// Exactly once: each event is a request of its own with the dedup key "matrix:<event id>". The place (next_batch, or the transaction) is committed
// by a Checkpoint only after every request of its batch and of all batches before it is recorded and every chore that came of them (answers,
// invitations) is over. A crash at any point therefore reads the same events again; what was recorded answers from its stored reply, and each
// answer's transaction id is made from its event's id, so that the homeserver returns the message that is there already.
// A reaction that cannot be understood yet is committed itself, in the same commit as the place behind it.
// Threads: the source's one thread.
#pragma once

#include <deque>
#include <vector>

#include "integrations/matrix/conversation.hpp"

namespace matrix {

class IntakeLine {
 public:
  IntakeLine(Grounds grounds, bot::Intake& intake);
  /// Reads and records the events of one batch. False: stopped before the end; nothing may be kept.
  bool take(const std::vector<Event>& events, const std::shared_ptr<Batch>& batch);
  /// The batch is recorded; `place` may be kept when its chores and all earlier batches' are over.
  void reached(const std::shared_ptr<Batch>& batch, std::vector<bot::AdapterState> place);
  /// Commits the newest place that may be kept. `idle`: also one at which nothing happened, which need not be kept often.
  void keep_place(bool idle);
  /// Open incidents with a room here hear that nothing was heard between the two times.
  void tell_absence(bot::Time from, bot::Time until, const std::map<std::int64_t, int>& missed);
  /// One incident's room hears that what was said in it between the two times was not heard.
  void tell_gap(std::int64_t incident, bot::Time from, bot::Time until);
  /// Reactions whose card the homeserver did not show are kept with the next place and read again in ever longer steps, while all else goes on.
  /// Answers when the next is due.
  bot::Millis read_held();
  /// Those of the process before, and the rooms it found encrypted. False: the store did not answer.
  bool load_kept();
  /// The bot goes into the rooms of the settings: being there already changes nothing.
  void enter_rooms();
  std::size_t unkept() const { return places_.size(); }
  /// A place at which something happened waits for chores before it may be kept.
  bool owes() const;
  Conversation& conversation() { return conversation_; }
  void stop();
  bool stopping() const { return stopping_; }
  /// Sleeps unless stopped. False: stopped.
  bool pause(bot::Millis time);

 private:
  struct Place { std::shared_ptr<Batch> batch; std::vector<bot::AdapterState> state; bool worth = false; };
  struct Held { Event event; bot::Millis next{0}, since{0}; int readings = 0; };
  void hold(const Event& event);
  void let_go(const std::string& event_id);
  bot::AdapterState held_state() const;
  std::optional<Asked> understood(const Event& event, const std::shared_ptr<Batch>& batch);

  Grounds on_;
  Conversation conversation_;
  Recorder recorder_;
  std::deque<Place> places_;
  std::vector<Held> held_;
  bool held_changed_ = false;
  std::vector<std::string> encrypted_kept_;  ///< as stored last
  bool happened_ = false;  ///< something came of the current batch
  std::atomic<bool> stopping_{false};
  bot::Mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace matrix
