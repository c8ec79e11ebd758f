// The ports to the durable state. Each call is one whole transaction.
// Place: Store is used by the Coordinator, Dispatcher and Timers; Reader by queries, console, API and pages.
// Threads: any thread; Store serialises writers inside; Reader never waits for a writer.
// Errors: unavailable = nothing was recorded (disk full, busy); corrupt with maybe_recorded = unknown outcome, the process must stop.
#pragma once

#include <map>

#include "bot/command.hpp"

namespace bot {

/// What the Coordinator asks for a whole batch; duplicates are fine.
struct LoadQuery {
  std::vector<std::string> dedup_keys;
  std::vector<RoomKey> rooms;
  std::vector<std::int64_t> incidents;
  std::vector<std::string> alerts;        ///< identities; their incidents are loaded too
  std::vector<std::string> alert_groups;  ///< likewise
  std::vector<std::pair<std::int64_t, std::int64_t>> entries;
  std::vector<std::int64_t> troubled;     ///< incidents whose held messages are wanted
  std::vector<Reference> references;      ///< by incident, integration and what; id is ignored
  bool next_number = false;
};
struct Loaded {
  std::map<std::string, Reply> replies;                 ///< by dedup key
  std::map<std::string, std::int64_t> rooms;            ///< "<integration>/<room id>" → incident
  std::map<std::int64_t, Incident> incidents;
  std::map<std::string, AlertRecord> alerts;
  std::map<std::string, std::int64_t> groups;           ///< group → newest incident
  std::map<std::pair<std::int64_t, std::int64_t>, Entry> entries;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::int64_t>> amendments;  ///< of those: entries that repeat them (narrate.hpp) and still have their words
  std::map<std::int64_t, std::vector<QueuedMessage>> troubled;
  std::vector<Reference> references;                    ///< those asked for that exist
  std::int64_t next_number = 1;
};

/// Everything one request changes. All or nothing, together with the rest of its batch.
struct Changes {
  std::vector<std::string> dedup_keys;
  Reply reply;
  Time at{};
  std::vector<Entry> entries;            ///< numbered, chained
  std::vector<Incident> incidents;       ///< rows after these entries
  std::vector<Message> messages;
  std::vector<QueuedMessage> updates;    ///< by message id: state, attempts, looks, doubts, next_at, problem (content ignored)
  std::vector<Timer> timers;
  std::vector<std::string> timers_done;  ///< ids fired or cancelled
  std::vector<Reference> references;
  std::vector<AlertRecord> alerts;
  std::vector<Person> people;
  std::vector<AdapterState> state;       ///< "" deletes
  std::vector<std::pair<std::int64_t, std::int64_t>> redactions;  ///< (incident, seq): text, salt, and what was made of it in outbox and stored replies go
};

struct LeaseQuery {
  std::string boot;                    ///< this process
  Time now{};
  std::map<std::string, int> room_for; ///< integration → how many more it can take now; others are not leased
};

class Store {
 public:
  virtual ~Store() = default;
  virtual Result<Loaded> load(const LoadQuery& query) = 0;
  /// One durable transaction for the batch; positions are assigned in order. An incident row named several times: the last wins.
  /// conflict: an entry's seq is not the next (somebody else wrote); nothing was written.
  virtual Status commit(std::vector<Changes>& batch) = 0;
  /// Marks due heads of lanes (state queued or unknown, next_at <= now, no older open message in the lane) as sending by `boot`, durably,
  /// ordered by class then age. Leases of another boot count as dead at once: state becomes unknown, deaths + 1. One's own do not expire (ADR 0010).
  virtual Result<std::vector<QueuedMessage>> lease(const LeaseQuery& query) = 0;
  /// When the earliest waiting head of a lane becomes due; nullopt: nothing waits.
  virtual Result<std::optional<Time>> next_due() = 0;
  virtual Result<std::vector<Timer>> due_timers(Time now, int limit) = 0;
  virtual Result<std::optional<Time>> next_timer() = 0;
  /// The wall clock was set by so much: next_at, deadline and last attempt of open messages and the due times of timers of this kind move along.
  virtual Status shift_due(Millis by, const std::string& timer_kind) = 0;
  /// Drops dedup keys older than `before` and finished messages, a bounded amount; true when more is left.
  virtual Result<bool> purge(Time before) = 0;
  /// Checkpoints and other upkeep when idle.
  virtual Status maintain() = 0;
};

struct IncidentFilter {
  bool open_only = true;          ///< open and resolved-but-not-closed
  std::int64_t before = 0;        ///< numbers below it; 0 = newest
  int limit = 50;
  bool include_private = true;
};

struct OutboxCount { std::string integration; MessageState state; std::int64_t count = 0; Time oldest{}; };

class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::optional<Incident>> incident(std::int64_t number) = 0;
  virtual Result<std::vector<Incident>> incidents(const IncidentFilter& filter) = 0;  ///< newest number first
  virtual Result<std::vector<Entry>> timeline(std::int64_t incident, std::int64_t after_seq, int limit) = 0;
  virtual Result<std::vector<Entry>> stream(std::int64_t after_position, int limit) = 0;  ///< all incidents, in commit order
  virtual Result<std::int64_t> last_position() = 0;
  virtual Result<std::optional<std::int64_t>> incident_of(const RoomKey& room) = 0;
  virtual Result<std::vector<Reference>> references(std::int64_t incident, const std::string& integration) = 0;
  /// Held messages and public updates that a problem keeps waiting, oldest first; then the dead, newest first.
  virtual Result<std::vector<QueuedMessage>> troubled(int limit) = 0;
  virtual Result<std::vector<OutboxCount>> outbox_counts() = 0;
  /// public_update entries of the newest `limit` incidents that have any, in commit order.
  virtual Result<std::vector<Entry>> public_updates(int limit) = 0;
  virtual Result<std::vector<Person>> people() = 0;
  /// What an adapter kept with its last commit under `key`; nullopt: nothing.
  virtual Result<std::optional<std::string>> adapter_state(const std::string& key) = 0;
};

/// How many sign-ins and unused links a person had.
struct SignedOut { int sessions = 0, invites = 0; };

/// Sign-ins. Tokens are stored hashed (SHA-256); callers pass the raw token. Kept apart from Store: no timeline is involved.
class Credentials {
 public:
  virtual ~Credentials() = default;
  /// A one-time link for `person` that ends at `expires`.
  virtual Status add_invite(const std::string& token, const std::string& person, Time expires) = 0;
  /// The person an unused, unexpired invite is for; does not use it up.
  virtual Result<std::optional<std::string>> peek_invite(const std::string& token, Time now) = 0;
  /// Uses it up and opens a session in one transaction; nullopt: unknown, used or expired.
  virtual Result<std::optional<std::string>> redeem_invite(const std::string& token, const std::string& session, Time now, Time session_expires) = 0;
  virtual Result<std::optional<std::string>> session_person(const std::string& session, Time now) = 0;
  virtual Status end_session(const std::string& session) = 0;
  /// Ends every session of `person` and makes their unused invites worthless, in one transaction; counts those that were still good.
  virtual Result<SignedOut> sign_out(const std::string& person, Time now) = 0;
  virtual Status put_person(const Person& person) = 0;
};

}  // namespace bot
