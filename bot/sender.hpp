// The port to everything outside that messages go to.
// Place: one implementation per integration; called by the Dispatcher, never with a lock or a transaction held.
// Threads: called from the integration's own workers, several at a time up to `parallel()`; implementations lock inside.
// Errors: as values below; a sender never throws. Every call ends within its own deadline (<= 15 s).
#pragma once

#include "bot/incident.hpp"
#include "bot/message.hpp"

namespace bot {

/// What the sender may look at while drawing a message.
struct SendContext {
  const Incident& incident;
  const std::vector<Reference>& references;  ///< of this incident and integration
  int attempt = 1;                           ///< 1-based
  std::optional<Time> first_attempt;         ///< when an earlier attempt may have reached the vendor
  const std::string& reference(const std::string& what) const;  ///< id or ""
};

struct Accepted { std::vector<Reference> references; std::string link; };
/// Certainly not done; worth trying again. `after`: the vendor's own wait (Retry-After), else backoff.
struct NotSent { std::string reason; std::optional<Millis> after; bool counts = true; };  ///< counts=false: rate limited, not an attempt
/// May have been done: timeout after writing, reset, 5xx, half an answer.
struct Doubtful { std::string reason; };
/// Certainly not done and never will be. `credentials`: the token is at fault, so every message of the integration waits, none is given up.
/// `references`: what the refusal taught about the other side ("public" = "": what was there is gone). `room_gone`: the incident's room can no
/// longer be reached, so whatever else goes there will be refused as well.
struct Refused {
  std::string reason;
  bool credentials = false;
  std::vector<Reference> references = {};
  bool room_gone = false;
};
using SendResult = std::variant<Accepted, NotSent, Doubtful, Refused>;

struct Missing {};                              ///< looked, and it is not there
/// The look itself failed; try again later. `after`: rate limited, for so long; not an attempt. `credentials`: the token is at fault.
struct CannotLook { std::string reason; std::optional<Millis> after = {}; bool credentials = false; };
using FindResult = std::variant<Accepted, Missing, CannotLook>;

/// What a repeat costs when an outcome stays unknown.
enum class RepeatPolicy {
  free,        ///< idempotent at the target (edits, pins, transaction ids): just send again
  harmless,    ///< a page twice is better than none: send again after one look
  never_twice, ///< public: two looks >= 10 s apart, one resend, then held
  prefer_once, ///< a chat message: one look, then send again
};

class Sender {
 public:
  virtual ~Sender() = default;
  virtual const std::string& integration() const = 0;
  virtual int parallel() const { return 2; }
  virtual RepeatPolicy repeat_policy(const Content& content) const = 0;
  virtual SendResult send(const Message& message, const SendContext& context) = 0;
  /// Looks for the message's own mark on the vendor's side.
  virtual FindResult find(const Message& message, const SendContext& context) = 0;
};

}  // namespace bot
