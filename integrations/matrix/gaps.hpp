// Gaps in /sync: what the homeserver left out of an answer is read from the room's history, in order, however long that takes.
// Nothing of the room is carried out before; the other rooms go on, and the place in the stream is not kept meanwhile (the batch stays open).
// Place: the sync loop. Threads: its one thread. Errors: a history that does not come is asked for again for an hour; what is never read stands in
// the log, and in the incident's room and timeline.
#pragma once

#include <functional>
#include <map>

#include "integrations/matrix/intake_line.hpp"
#include "integrations/matrix/sync_answer.hpp"

namespace matrix {

class Gaps {
 public:
  /// Carries out a room's events. False: stopped.
  using CarryOut = std::function<bool(const std::string& room, std::vector<Event>& events, const std::shared_ptr<Batch>& batch)>;
  /// Where the gap begins: the place, and when Muster had last heard something. `lost`: the place means nothing any more, the time alone counts.
  struct Beginning { std::string since; bot::Time heard{}; bool lost = false; };

  Gaps(Grounds& on, IntakeLine& line, CarryOut carry_out) : on_(on), line_(line), carry_out_(std::move(carry_out)) {}
  void open(RoomNews& room, const std::shared_ptr<Batch>& batch, const Beginning& beginning);
  /// Goes on with the room's gap, and carries out all of the room when it is read. False: stopped.
  bool read(const std::string& room);
  /// Takes the events of a room whose gap is open. False: it has none.
  bool keeps(RoomNews& room);
  /// Goes on with those that are due. Answers when the next is.
  bot::Millis go_on();
  /// The bot is no longer in the room.
  void forget(const std::string& room);

 private:
  struct Gap {
    std::shared_ptr<Batch> batch;      ///< of the answer that had it, held open
    HistoryQuery query;
    std::vector<Event> older, newer;   ///< newest first; oldest first, what came after the gap
    Beginning beginning;
    bot::Millis began{0}, next{0};
    int pages = 0, failures = 0;
  };
  void put_off(Gap& gap, const std::string& room, const Problem& problem);
  void add_history(Gap& gap, const std::string& room, const nlohmann::json& page);
  bool close(const std::string& room, bool left);

  Grounds& on_;
  IntakeLine& line_;
  CarryOut carry_out_;
  std::map<std::string, Gap> gaps_;  ///< by room
};

}  // namespace matrix
