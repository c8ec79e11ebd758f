// What leaves Muster: one row of the outbox each.
// Place: decided in commands, expanded per chat and page by `address` (addressing.hpp), committed with the decision, sent by a Sender.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bot/card.hpp"
#include "bot/env.hpp"

namespace bot {

/// Sending order between lanes; inside a lane it is first in, first out.
enum class LaneClass { page = 0, public_update = 1, room = 2, cosmetic = 3 };
const char* to_string(LaneClass cls);

// ---- contents: neutral; a sender draws them ----
/// name: from settings room_name, already a slug. `existing`: the vendor's id of a room that people made and that becomes the incident's; nothing is created.
/// `before`: the name it had before its title was redacted, when an attempt may have made the room under it: looked for, never made.
struct OpenRoom { std::string name, title; bool is_private = false; std::string existing = {}, before = {}; };
struct SetTopic { std::string topic; std::string name = {}; };  ///< name: also what a room of our making is to be called from now on
struct InvitePeople { std::vector<std::string> people; std::vector<std::string> groups = {}; };   ///< person ids; the chat's own ids of user groups
struct PostSummary {};                                      ///< posts the summary card, remembers it as reference "summary"
struct PinSummary {};
struct EditSummary {};                                      ///< edits it; drawn from the incident row at sending time
struct Say { Card card; };                                  ///< into the incident's room
struct Announce { Card card; };                             ///< into the announcement room
struct ArchiveRoom {};
struct AddBookmarks {};                                    ///< timeline, status page, runbook: drawn from settings and row at sending time
struct PublicUpdate {
  std::string op;     ///< the mark found again on the vendor's side; equals the message id's publication part
  std::string state, title, body;
  std::map<std::string, std::string> components;  ///< our component ids
  std::string impact;                             ///< none|minor|major|critical (for vendors that want it on create)
  bool first = false;                             ///< creates the public incident
  Time at{};
};
struct PagePerson {
  std::string page;    ///< PageRun id
  std::string person;  ///< person id
  int step = 1;
  std::string title, severity, text;
  std::string ack_path;  ///< "/ack/<token>": GET shows, POST acknowledges; "" when no link can be made
};
using Content = std::variant<OpenRoom, SetTopic, InvitePeople, PostSummary, PinSummary, EditSummary, Say, Announce, ArchiveRoom, AddBookmarks,
                             PublicUpdate, PagePerson>;
/// Its words were redacted before it was sent everywhere, so it is sent nowhere else. What may be there already is still looked for.
inline bool withdrawn(const Content& content) {
  const auto* update = std::get_if<PublicUpdate>(&content);
  return update != nullptr && update->body.empty();
}
/// "open_room", "say", … as stored, shown and counted.
const char* kind_of(const Content& content);

enum class MessageState {
  queued,      ///< to be sent at next_at
  sending,     ///< leased by a process (boot id)
  unknown,     ///< sent, outcome not known: `find` is due at next_at
  held,        ///< a person must decide (public check|send|drop)
  sent,        ///< done
  superseded,  ///< a newer one stands for it, further back in its lane
  dead,        ///< given up; said in the room and shown in the console
  dropped,     ///< a person chose not to send it; a page answered before it went out
};
const char* to_string(MessageState state);
std::optional<MessageState> message_state(const std::string& name);
inline bool is_open(MessageState s) { return s == MessageState::queued || s == MessageState::sending || s == MessageState::unknown || s == MessageState::held; }

struct Message {
  std::string id;            ///< IdSource id; also the mark a vendor may carry ("op")
  std::int64_t incident = 0;
  std::string integration;   ///< "slack", "matrix", "webhook", "statuspage:vendor", "statuspage:public"
  LaneClass lane_class = LaneClass::room;
  std::string lane;          ///< "slack/INC-7/room", "statuspage:vendor/INC-7", "slack/announce", "webhook/<person>" …
  std::string supersedes;    ///< key: takes the place of an untried older message with the same key and lane, or stands at the end of the lane when one
                             ///< of its incident waits behind that (the older is then superseded); "" = none
  Content content;
  Time created{};
  Time deadline{};           ///< after it the message is given up
};

/// A message as the store holds it.
struct QueuedMessage {
  Message message;
  MessageState state = MessageState::queued;
  int attempts = 0;          ///< tries that may have reached the vendor
  int looks = 0;             ///< read-backs that found nothing in the current doubt
  int doubts = 0;            ///< unknown outcomes so far
  int deaths = 0;            ///< processes that died while sending it
  Time next_at{};
  std::optional<Time> last_attempt;
  std::string boot;          ///< who leased it
  bool in_doubt = false;     ///< filled by lease: it was `unknown` before, so a look comes first; not stored
  std::string problem;       ///< last error in words
};

/// It may have reached the vendor, or is on its way there.
inline bool tried(const QueuedMessage& m) { return m.attempts > 0 || m.deaths > 0 || m.state == MessageState::sending || m.state == MessageState::unknown; }

/// Where something of an incident lives outside: (incident, integration, what) → id.
/// what: "room", "room_name", "summary", "public" (remote incident id), "public_gone" (when somebody was seen to have deleted that, iso8601),
/// "message:<id>" …
struct Reference {
  std::int64_t incident = 0;
  std::string integration, what, id;
};

}  // namespace bot
