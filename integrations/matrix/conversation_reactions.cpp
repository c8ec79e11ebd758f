// Reactions as buttons and as pins; what becomes of pinned messages.
// A card carries its buttons in its own content (kCard), so that a reaction means the same after a restart. A pinned message and the reaction
// that pinned it are remembered in AdapterState: a redaction names only the reaction, whose content is gone by then.
#include <algorithm>

#include "integrations/codec/codec.hpp"
#include "integrations/matrix/conversation.hpp"
#include "integrations/matrix/pills.hpp"
#include "integrations/matrix/render.hpp"
#include "integrations/matrix/trust.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr std::size_t kCards = 500, kButtons = 50, kLongestCommand = 4000;
constexpr bot::Millis kBrief{5000};

const json& card_in(const json& event) {
  // An edited card: the newest version comes bundled with the event (specification, "Server-side aggregation of m.replace").
  const json& edit = object_at(object_at(object_at(object_at(event, "unsigned"), "m.relations"), "m.replace"), "content");
  for (const json* content : {&object_at(edit, "m.new_content"), &object_at(object_at(event, "content"), "m.new_content"), &object_at(event, "content")})
    if (const json& card = object_at(*content, kCard); !card.empty()) return card;
  return object_at(event, kCard);  // empty
}

/// Attachments: their names, and a link that opens the message which holds them (media itself needs a token).
std::vector<std::pair<std::string, std::string>> files_of(const json& content, const std::string& link) {
  const std::string kind = text_at(content, "msgtype");
  if (kind != "m.file" && kind != "m.image" && kind != "m.video" && kind != "m.audio") return {};
  std::string name = text_at(content, "filename");
  if (name.empty()) name = text_at(content, "body");
  return {{text::shorten(text::clean(text::valid_utf8(name), true), 200), link}};
}

/// The words beside an attachment are its body only when a filename is given too.
std::string words_of(const json& content) {
  const std::string kind = text_at(content, "msgtype");
  const bool attached = kind == "m.file" || kind == "m.image" || kind == "m.video" || kind == "m.audio";
  const std::string filename = text_at(content, "filename");
  if (attached && (filename.empty() || filename == text_at(content, "body"))) return "";
  return neutral_text(content);
}

/// Which button a key presses.
std::map<std::string, std::string> buttons_in(const json& marked) {
  std::map<std::string, std::string> out;
  for (const auto& [key, command] : object_at(marked, "buttons").items())
    if (command.is_string() && command.get_ref<const std::string&>().size() <= kLongestCommand && out.size() < kButtons) out[plain_key(key)] = command.get<std::string>();
  return out;
}

std::string message_key(const std::string& room, const std::string& event_id) { return room + "/" + event_id; }

}  // namespace

std::optional<Asked> Conversation::reaction(const Event& event) {
  if (event.relation() != "m.annotation" || event.related().empty()) return std::nullopt;
  const std::string key = plain_key(text_at(object_at(event.content, "m.relates_to"), "key"));
  if (key.empty() || key.size() > 64) return std::nullopt;
  const bool pins = !on_.settings.matrix.pin_reaction.empty() && key == plain_key(on_.settings.matrix.pin_reaction);
  if (pins) return incident_of(event.room) && may_speak(event) ? pin(event) : std::nullopt;
  // A thumb under a person's words is no business of ours, and must not cost a call each time.
  const auto seen = cards_.find(message_key(event.room, event.related()));
  if (seen != cards_.end() && (!seen->second.ours || seen->second.buttons.count(key) == 0)) return std::nullopt;
  if (limiter_.take("reactions " + event.room, 120, 60, on_.env.clock.now()).count() > 0 || !may_command(event.sender, on_.settings.matrix, on_.people)) return std::nullopt;
  return press(event, key, incident_of(event.room) ? Place::incident : Place::direct);
}

void Conversation::remember_card(const std::string& room, const std::string& event_id, CardSeen card) {
  if (cards_.size() > kCards) cards_.clear();
  cards_[message_key(room, event_id)] = std::move(card);
}

void Conversation::note_card(const Event& event) {
  const bool edits = event.relation() == "m.replace";
  const std::string id = edits ? event.related() : event.id;
  const json& marked = object_at(edits ? object_at(event.content, "m.new_content") : event.content, kCard);
  const auto known = cards_.find(message_key(event.room, id));
  if (id.empty() || (marked.empty() && known == cards_.end())) return;
  CardSeen card{true, true, buttons_in(marked), number_at(marked, "incident").value_or(0), ""};
  if (event.relation() == "m.thread") card.thread = event.related();
  else if (edits && known != cards_.end()) card.thread = known->second.thread;
  remember_card(event.room, id, std::move(card));
}

std::optional<Conversation::CardSeen> Conversation::card_of(const std::string& room, const std::string& event_id) {
  json raw;
  const auto problem = on_.api.event(room, event_id, Budget(on_.env.clock, kBrief, kBrief), raw);
  if (problem && problem->outcome != Outcome::refused) {
    unsettled_ = true;
    return std::nullopt;
  }
  CardSeen card;
  card.ours = !problem && text_at(raw, "sender") == on_.settings.matrix.user_id;
  const json& marked = card_in(raw);
  if (card.ours) {
    card.incident = number_at(marked, "incident").value_or(0);
    card.buttons = buttons_in(marked);
    const json& relates = object_at(object_at(raw, "content"), "m.relates_to");
    if (text_at(relates, "rel_type") == "m.thread") card.thread = text_at(relates, "event_id");
  }
  remember_card(room, event_id, card);
  return card;
}

std::optional<Asked> Conversation::press(const Event& event, const std::string& key, Place place) {
  // Read anew at each press that may count, unless the stream itself told: the card may have been edited.
  const auto known = cards_.find(message_key(event.room, event.related()));
  const auto card = known != cards_.end() && known->second.from_stream ? std::optional<CardSeen>(known->second) : card_of(event.room, event.related());
  if (!card || !card->ours) return std::nullopt;
  const auto button = card->buttons.find(key);
  if (button == card->buttons.end() || !may_speak(event)) return std::nullopt;
  ++on_.heard.presses;
  Asked asked;
  asked.request = request_of(event);
  const std::string& command = button->second;
  const bool named = bot::incident_number(command.substr(0, command.find(' '))).has_value();
  asked.request.body = bot::Typed{named || card->incident == 0 ? command : "INC-" + std::to_string(card->incident) + " " + command};
  asked.origin.way = Origin::Way::press;
  asked.origin.room = event.room;
  asked.origin.event = event.related();
  asked.origin.thread = card->thread;
  asked.origin.cause = event.id;
  asked.origin.name = name_of(event.sender);
  asked.origin.in_incident_room = place == Place::incident;
  return asked;
}

std::optional<Asked> Conversation::pin(const Event& event) {
  json raw;
  const auto problem = on_.api.event(event.room, event.related(), Budget(on_.env.clock, kBrief, kBrief), raw);
  if (problem) {
    unsettled_ = problem->outcome != Outcome::refused;
    return std::nullopt;
  }
  raw["event_id"] = event.related();
  const auto target = read_event(raw, event.room, on_.env.clock.now());
  if (!target || !target->is("m.room.message") || target->sender == on_.settings.matrix.user_id) return std::nullopt;
  const json& edit = object_at(object_at(object_at(target->about, "m.relations"), "m.replace"), "content");
  const json& newest = object_at(edit, "m.new_content");
  const json& content = newest.empty() || text_at(object_at(object_at(target->about, "m.relations"), "m.replace"), "sender") != target->sender ? target->content : newest;
  ++on_.heard.pins;
  bot::Capture capture;
  capture.what = bot::Capture::What::put;
  capture.message = message_key(event.room, target->id);
  capture.author = caller_of(target->sender);
  capture.written = target->at;
  capture.link = permalink(event.room, target->id, on_.settings.matrix.server_name());
  capture.text = words_of(content);
  capture.files = files_of(content, capture.link);
  Asked asked;
  asked.request = request_of(event);
  asked.request.state = {{state_key("pin", event.id), target->id}, {state_key("captured", target->id), target->sender}};
  asked.request.body = std::move(capture);
  asked.origin.way = Origin::Way::pin;
  asked.origin.room = event.room;
  asked.origin.event = target->id;
  asked.origin.thread = target->relation() == "m.thread" ? target->related() : "";
  asked.origin.cause = event.id;
  asked.origin.name = name_of(event.sender);
  asked.origin.in_incident_room = true;
  return asked;
}

std::optional<Asked> Conversation::redaction(const Event& event) {
  if (event.redacts.empty() || !incident_of(event.room)) return std::nullopt;
  bot::Capture capture;
  Asked asked;
  asked.request = request_of(event);
  const auto pinned = on_.reader.adapter_state(state_key("pin", event.redacts));
  const auto captured = on_.reader.adapter_state(state_key("captured", event.redacts));
  unsettled_ = !pinned || !captured;
  if (unsettled_) return std::nullopt;
  if (*pinned) {
    if (!may_speak(event)) return std::nullopt;
    capture.what = bot::Capture::What::taken_off;
    capture.message = message_key(event.room, **pinned);
    asked.request.state = {{state_key("pin", event.redacts), ""}};
  } else if (*captured) {
    // Whoever may redact a message in the room has taken it back for everybody; the homeserver has checked that they may.
    capture.what = bot::Capture::What::deleted;
    capture.message = message_key(event.room, event.redacts);
  } else {
    return std::nullopt;
  }
  asked.request.body = std::move(capture);
  return asked;
}

std::optional<Asked> Conversation::edit(const Event& event) {
  if (!incident_of(event.room)) return std::nullopt;
  const std::string original = event.related();
  const auto author = on_.reader.adapter_state(state_key("captured", original));
  unsettled_ = !author;
  // An edit counts only from the message's own author; servers pass others' on all the same.
  if (!author || !*author || **author != event.sender) return std::nullopt;
  const json& content = object_at(event.content, "m.new_content");
  if (content.empty()) return std::nullopt;
  bot::Capture capture;
  capture.what = bot::Capture::What::edited;
  capture.message = message_key(event.room, original);
  capture.link = permalink(event.room, original, on_.settings.matrix.server_name());
  capture.text = words_of(content);
  capture.files = files_of(content, capture.link);
  Asked asked;
  asked.request = request_of(event);
  asked.request.body = std::move(capture);
  return asked;
}

}  // namespace matrix
