// Everything that may change an incident, in one type: typed by a person, posted by a monitor, due by a timer, or the outcome of a send.
// Place: built by adapters, timers and the dispatcher; taken by the Coordinator.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bot/card.hpp"
#include "bot/message.hpp"
#include "bot/person.hpp"
#include "bot/result.hpp"
#include "bot/timeline.hpp"

namespace bot {

/// People come before pages, pages before alerts, alerts before housekeeping.
enum class RequestClass { human = 0, paging = 1, alert = 2, housekeeping = 3 };

/// Who asks, as the adapter proved it (signature, session, token).
struct Caller {
  ActorKind kind = ActorKind::person;
  std::string integration;   ///< also the entry's source: "slack", "console", "api", "alertmanager", "muster"
  std::string external_id;   ///< Slack user id …; for the console and page links the person id itself (integrations "console", "link")
  std::string display_name;  ///< what the chat calls them; used for people not yet known
  Scopes scopes;             ///< tokens only
};

/// Who can read a room, as its chat tells: everybody there (open), those let in (closed), two or a few people (direct).
enum class RoomNature { unknown, open, closed, direct };

/// A chat room where it was typed: (integration, vendor's room id). The nature is told where it matters (adopt), else it is unknown.
struct RoomKey {
  std::string integration, id;
  RoomNature nature = RoomNature::unknown;
};

struct Typed { std::string text; };  ///< without prefix: "declare sev1 checkout returns 500"; mentions already neutral tokens

/// One verb with its arguments by name, however it was entered. Argument names are declared by the command.
struct Invocation {
  std::string verb;
  std::optional<std::int64_t> incident;
  std::vector<std::pair<std::string, std::string>> args;
  bool by_room = false;  ///< the room it was typed in told the incident, nobody named it
  const std::string& arg(const std::string& name) const;  ///< "" when absent
  bool has(const std::string& name) const;
};

struct Alert {
  std::string integration;   ///< key's name in the settings, e.g. "alertmanager"
  std::string identity;      ///< integration + source's dedup key; lives as long as the alert
  std::string group;         ///< integration + group key; "" = a group of its own
  std::string name;          ///< "HighErrorRate"
  std::string summary;       ///< one line
  std::string severity;      ///< already mapped to ours
  std::string link;          ///< generatorURL; http(s) only or ""
  bool firing = true;
  std::optional<Time> starts;
  std::optional<Time> ends;
};

struct Timer {
  std::string id;            ///< unique; setting one with the same id replaces it
  std::string kind;          ///< "escalate"
  std::int64_t incident = 0;
  Time due{};
  std::string subject;       ///< page run id …
};
struct TimerDue { Timer timer; };

/// A message of an incident's room that somebody put on the timeline by a reaction or a shortcut, or what became of it since.
/// The caller is who did that; the room tells the incident.
struct Capture {
  enum class What { put, edited, deleted, taken_off };
  What what = What::put;
  std::optional<std::int64_t> incident;
  std::string message;        ///< within the integration: "C07/1503435956.000247", "!room/$event"
  Caller author;              ///< who wrote it (put)
  std::optional<Time> written;
  std::string text;           ///< in neutral form: mentions are person tokens (put, edited)
  std::string link;           ///< permalink, http(s) or ""
  std::vector<std::pair<std::string, std::string>> files;  ///< name, link
};

/// Somebody changed the room itself by hand: its topic, its name, or whether it is archived. Or the chat moved it: the same room under another id.
/// Or Muster itself was removed from it, or let in again.
struct RoomChange {
  std::optional<std::int64_t> incident;
  std::string what;           ///< "topic", "name", "archived", "unarchived", "moved", "removed", "returned"
  std::string text;           ///< the new topic, name or id
  std::string link = {};      ///< moved: where the room is now
};

/// The chat could not be heard for a while; the adapter has read up since.
struct Away {
  std::int64_t incident = 0;
  Time from{}, until{};
  int missed = 0;             ///< messages read afterwards
};

/// Nothing happened but that the adapter's own state moves.
struct Checkpoint {};

/// What an adapter must find again after a restart (a cursor, a rotated token): committed with the request it came with.
struct AdapterState {
  std::string key;            ///< "<integration>/<what>", e.g. "matrix/next_batch"
  std::string value;          ///< "" forgets it
};

/// The outcome of one attempt or look, with the message's next state already worked out by delivery.hpp.
struct SendOutcome {
  QueuedMessage before;      ///< as leased
  QueuedMessage after;       ///< state, attempts, looks, doubts, next_at, problem
  std::vector<Reference> references;
  std::string link;          ///< where people can see it
  bool credentials = false;  ///< the token was refused: only a person can mend that
  bool room_gone = false;    ///< refused since the room itself can no longer be reached
};

using RequestBody = std::variant<Typed, Invocation, Alert, TimerDue, SendOutcome, Capture, RoomChange, Away, Checkpoint>;

struct Request {
  RequestClass cls = RequestClass::human;
  Caller caller;
  std::optional<RoomKey> room;
  std::vector<std::string> dedup_keys;  ///< "<source>:<key>"; the first that is known answers with its stored reply
  std::string fingerprint = {};         ///< tells one command from another under a key its sender chose; "" = the vendor's keys do
  RequestBody body;
  Time received{};
  std::optional<Time> sent;          ///< when the person did it, by the chat's clock: a change that arrives minutes late is refused, not carried out
  std::vector<AdapterState> state;   ///< committed also when the request is refused or a repeat
};

enum class ReplyStatus { ok, invalid, forbidden, not_found, conflict, unavailable, maybe_recorded };

struct Reply {
  ReplyStatus status = ReplyStatus::ok;
  Card card;
  std::optional<std::int64_t> incident;
  bool repeated = false;   ///< answered from the stored reply of an earlier delivery; not stored
  std::optional<Millis> retry_after;
  std::string fingerprint = {};  ///< of the request it answered
  std::string field;       ///< the argument at fault, so that a form can say it beside its field; not stored
  std::string beside;      ///< what is said there: only what is wrong with the field; not stored
};
Reply reply_of(const Error& error);

using Completion = std::function<void(Reply)>;

/// The way in. Implemented by the Coordinator; adapters depend on this alone.
class Intake {
 public:
  virtual ~Intake() = default;
  /// Takes the request; `done` runs exactly once, on any thread, after the outcome is durable (or refused). Never blocks for the disk.
  virtual void submit(Request request, Completion done) = 0;
  /// True: so much waits that a request of this class would be refused now, and counts as refused. For those who read long bodies; submit() decides.
  virtual bool turns_away(RequestClass) { return false; }
};

}  // namespace bot
