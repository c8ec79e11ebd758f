// One call of Matrix's client-server API under its rules: token, encoded path, limits, and what an answer means for the caller.
// Place: shared by the sender's steps, the inbound side and the doctor. Threads: any.
// Errors: a Problem whose kind says whether the call was carried out; never throws. JSON from outside is read with json.hpp's getters.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bot/settings.hpp"
#include "integrations/http/client.hpp"
#include "integrations/matrix/homeserver.hpp"
#include "integrations/matrix/json.hpp"
#include "integrations/matrix/pace.hpp"
#include "integrations/matrix/problem.hpp"

namespace matrix {

/// Members of ours in what the bot sends. `kOp` in every event's content: the message's id, so that it can be found again when the homeserver
/// has forgotten the transaction. `kCard` in a card: {"incident":7,"buttons":{"1️⃣":"role commander",…}}, keys without U+FE0F; a reaction with
/// such a key presses the button, also after a restart, since the event is fetched again.
inline constexpr const char* kOp = "dev.muster.op";
inline constexpr const char* kCard = "dev.muster.card";
/// Type of the state event that marks an incident's room: {"incident":7,"op":"<message id>"}.
inline constexpr const char* kIncidentState = "dev.muster.incident";

/// What is left of the time one message may take; several calls share it.
class Budget {
 public:
  Budget(const bot::Clock& clock, bot::Millis whole, bot::Millis each);
  bot::Millis next() const;  ///< for one call; 0 when spent

 private:
  const bot::Clock& clock_;
  bot::Millis until_, each_;
};

enum class Limit { none, message, creation, invitation };

/// One call. `path`: segments after "/_matrix/client/", raw; each is percent-encoded here, so an id may hold anything.
struct Ask {
  const char* method = "GET";
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query = {};
  std::string what;                   ///< for people: "the message"
  Limit limit = Limit::none;
  std::size_t answer_cap = 4u << 20;
  bool as_service = false;            ///< with the application service's own token, without a device
};

/// A room's history, page by page. dir "b": newest first.
struct HistoryQuery {
  std::string dir = "b", from, to, filter;  ///< filter: JSON text, or ""
  int limit = 100;
};

class Api {
 public:
  /// `settings` and `client` must outlive it.
  Api(const bot::MatrixSettings& settings, http::Client& client, bot::Clock& clock, std::shared_ptr<Homeserver> homeserver);

  /// Nothing: carried out, and `answer` holds the JSON object. `body` null: none is sent.
  std::optional<Problem> call(const Ask& ask, const nlohmann::json* body, const Budget& budget, nlohmann::json& answer);

  /// PUT …/send. The same `txn` again answers with the first event (same room, type and device; Synapse: for 24 h), whatever the body says.
  std::optional<Problem> put_event(const std::string& room, const std::string& type, const std::string& txn, const nlohmann::json& content, const Budget& budget,
                                   std::string& event_id);
  std::optional<Problem> redact(const std::string& room, const std::string& event_id, const std::string& txn, const std::string& reason, const Budget& budget);
  /// State has no transaction id; writing what is there already changes nothing.
  std::optional<Problem> put_state(const std::string& room, const std::string& type, const std::string& key, const nlohmann::json& content, const Budget& budget,
                                   std::string& event_id);
  /// Nothing there: problem.not_found(). `content` is an object.
  std::optional<Problem> get_state(const std::string& room, const std::string& type, const std::string& key, const Budget& budget, nlohmann::json& content);
  /// NOT repeatable: after a doubt look for the alias. `body` as in the specification; never with "invite" (one bad name makes a half-made room).
  std::optional<Problem> create_room(const nlohmann::json& body, const Budget& budget, std::string& room);
  std::optional<Problem> resolve_alias(const std::string& alias, const Budget& budget, std::string& room);
  std::optional<Problem> invite(const std::string& room, const std::string& user, const Budget& budget);
  std::optional<Problem> join(const std::string& room_or_alias, const std::vector<std::string>& via, const Budget& budget, std::string& room);
  std::optional<Problem> leave(const std::string& room, const std::string& reason, const Budget& budget);
  std::optional<Problem> kick(const std::string& room, const std::string& user, const std::string& reason, const Budget& budget);
  /// {"chunk":[event…],"end"?}
  std::optional<Problem> messages(const std::string& room, const HistoryQuery& query, const Budget& budget, nlohmann::json& page);
  std::optional<Problem> event(const std::string& room, const std::string& event_id, const Budget& budget, nlohmann::json& event);
  /// {"chunk":[event…],"next_batch"?}
  std::optional<Problem> relations(const std::string& room, const std::string& event_id, const std::string& rel_type, const std::string& event_type,
                                   const std::string& from, const Budget& budget, nlohmann::json& page);
  std::optional<Problem> joined_rooms(const Budget& budget, std::vector<std::string>& rooms);
  std::optional<Problem> joined_members(const std::string& room, const Budget& budget, nlohmann::json& joined);
  /// {"displayname"?,"avatar_url"?}; not_found(): there is no such account.
  std::optional<Problem> profile(const std::string& user, const Budget& budget, nlohmann::json& profile);
  std::optional<Problem> whoami(const Budget& budget, nlohmann::json& answer);
  std::optional<Problem> capabilities(const Budget& budget, nlohmann::json& answer);
  std::optional<Problem> versions(const Budget& budget, nlohmann::json& answer);

  /// Application service: asks the homeserver to call Muster back, which it does before it answers.
  std::optional<Problem> ping(const std::string& transaction, const Budget& budget, nlohmann::json& answer);

  /// Who the bot is and which room versions there are; nothing when known. With an application service also makes sure of the device.
  std::optional<Problem> learn_self(const Budget& budget);
  /// Whether a repeated transaction id is recognised across a restart of the homeserver. False until known.
  bool repeats_are_recognised() const;

  Homeserver& homeserver() { return *homeserver_; }
  std::shared_ptr<Homeserver> shared_homeserver() const { return homeserver_; }
  const bot::MatrixSettings& settings() const { return settings_; }

 private:
  Pace* pace_of(Limit limit);
  /// The token for a call, and whether the device must be named beside it.
  std::string token(const Ask& ask, bool& names_device);
  http::CallResult make(const Ask& ask, const nlohmann::json* body, bot::Millis deadline);
  std::optional<Problem> carry_out(const Ask& ask, const nlohmann::json* body, const Budget& budget, nlohmann::json& answer);
  std::optional<Problem> become_device(const Budget& budget);
  std::optional<Problem> log_in(const Budget& budget);

  const bot::MatrixSettings& settings_;
  http::Client& client_;
  bot::Clock& clock_;
  std::shared_ptr<Homeserver> homeserver_;
  const std::string base_;  ///< "https://hs/_matrix/client"
  Pace messages_, creations_, invitations_;
  bot::Mutex mutex_;
  bot::Secret device_token_ GUARDED_BY(mutex_);        ///< application service: from /login, durable per device
  bool names_device_ GUARDED_BY(mutex_) = false;       ///< application service: every call says ?device_id=
};

}  // namespace matrix
