// The port between the Coordinator and the pure commands: parse, what to read, decide.
// Place: implemented by commands/table.cpp, filled in by main.cpp. Everything here is pure: no clock, no disk, no network.
#pragma once

#include "bot/form.hpp"
#include "bot/incident.hpp"
#include "bot/people.hpp"
#include "bot/request.hpp"
#include "bot/settings.hpp"

namespace bot {

/// One stored alert identity.
struct AlertRecord {
  std::string identity, group;
  std::int64_t incident = 0;
  bool firing = false;
  Time since{};
};

/// What a decision may look at; the Coordinator loads exactly this.
struct Reads {
  std::vector<std::int64_t> incidents;
  bool next_number = false;
  std::string alert;                                             ///< identity
  std::string alert_group;
  std::vector<std::pair<std::int64_t, std::int64_t>> entries;    ///< (incident, seq)
  bool troubled = false;                                         ///< held messages of the incident
  std::vector<std::pair<std::string, std::string>> references;   ///< (integration, what) of the first incident named
};

struct Snapshot {
  const Incident* incident = nullptr;        ///< the incident the request is about, if it exists
  std::int64_t next_number = 1;
  const AlertRecord* alert = nullptr;
  const Incident* group_incident = nullptr;  ///< newest incident of the alert's group
  const Entry* entry = nullptr;              ///< the entry named by redact/correct
  std::vector<std::int64_t> amendments;      ///< entries that repeat its words (corrections, edits, a room's name) and still have theirs
  std::vector<QueuedMessage> troubled;       ///< held messages of the incident, oldest first
  std::map<std::string, std::string> references;  ///< "<integration>/<what>" → id, those of Reads that exist
};

/// Everything else a decision depends on, as values.
struct Context {
  Time now{};
  Actor actor;
  std::string source;
  const Settings& settings;
  const People& people;
  std::function<std::string()> new_id;  ///< from IdSource; deciding again draws new ones
  std::optional<RoomKey> room = {};     ///< where it was typed
};

/// A message before it is addressed: `address` (addressing.hpp) turns it into one Message per chat, person or page.
struct Outgoing {
  std::int64_t incident = 0;
  Content content;
  std::string only{};  ///< to this chat alone ("slack"); "" = wherever it belongs
  bool extra = false;  ///< pleasant but not needed: waits in a cosmetic lane of its own and never delays the room
  std::string news{};  ///< of an announcement: a newer one of the same incident and name takes its place while it waits; "" = each is told
};

struct TimerChange { Timer timer; bool cancel = false; };

/// What a person chose for a held message.
enum class HeldChoice { look_again, send_again, drop };
struct HeldChange { std::string message; HeldChoice choice = HeldChoice::drop; };

struct Decision {
  std::int64_t incident = 0;  ///< whose timeline; 0 when there is nothing to write
  std::vector<NewEntry> entries;
  std::vector<Outgoing> messages;
  std::vector<TimerChange> timers;
  std::vector<AlertRecord> alerts;
  std::vector<HeldChange> held;
  std::vector<Reference> references;
  std::vector<Person> people;                ///< met for the first time
  std::vector<std::int64_t> redact;          ///< entries whose texts go in this commit; the first is the snapshot's
  Reply reply;
};

class Commands {
 public:
  virtual ~Commands() = default;
  /// Text → invocation. Errors are sentences with what to type instead. An implied incident is filled in by the caller beforehand or after.
  virtual Result<Invocation> parse(const std::string& text, const Settings& settings, const People& people) const = 0;
  /// True for help, list, show, timeline: answered by the read side, leaves no row.
  virtual bool is_query(const Invocation& invocation) const = 0;
  virtual Reads reads(const Request& request, const Invocation* invocation) const = 0;
  /// One decision for any request body; `invocation` is set for Typed and Invocation.
  virtual Result<Decision> decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const = 0;
  /// The form of a verb that asks for more than a press or a bare word gave, filled with what is known; an Error says why there is none (not
  /// allowed, wrong state, or the verb needs no form). `incident`: the one meant, or null. Submitting it is an Invocation with the fields as args.
  virtual Result<Form> form(const Invocation& invocation, const Incident* incident, const Context& context) const = 0;
  /// Answers a query. `reader` may be asked any number of times. Runs on the caller's thread.
  virtual Result<Reply> query(const Invocation& invocation, class Reader& reader, const Context& context) const = 0;
};

}  // namespace bot
