#include "integrations/slack/form_view.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/payload.hpp"
#include "integrations/slack/workspace.hpp"
#include "integrations/text/html.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kTitle = 24, kLabel = 150, kHint = 400, kOption = 67, kOptionValue = 75, kOptions = 95, kFields = 80, kInput = 2800, kAbove = 1000;
constexpr std::size_t kMetadata = 2900, kArg = 100, kValue = 4000;
constexpr const char* kFieldPrefix = "field:";

std::string tidy(const std::string& raw, std::size_t limit, const char* instead = " ") {
  const std::string out = text::shorten(text::clean(text::valid_utf8(raw), true), limit);
  return out.empty() ? instead : out;
}

json plain(const std::string& words, std::size_t limit) { return {{"type", "plain_text"}, {"text", tidy(words, limit)}, {"emoji", false}}; }

bool is_word(const std::string& word, std::size_t most) {
  return !word.empty() && word.size() <= most && std::none_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

json modal(const std::string& title, const char* close) {
  return {{"type", "modal"}, {"title", plain(title.empty() ? "Muster" : title, kTitle)}, {"close", plain(close, kTitle)}, {"blocks", json::array()}};
}

json section(const std::string& words) {
  const std::string safe = text::shorten(text::clean(text::valid_utf8(words)), kAbove);
  return {{"type", "section"}, {"text", {{"type", "plain_text"}, {"text", safe.empty() ? " " : safe}, {"emoji", false}}}};
}

json typed_element(const bot::Field& field) {
  const std::size_t most = field.most == 0 ? kInput : std::min(field.most, kInput);
  json element{{"type", "plain_text_input"}, {"action_id", "value"}, {"multiline", field.kind == bot::FieldKind::text}, {"max_length", most}};
  const std::string initial = text::clean(text::valid_utf8(field.initial), field.kind != bot::FieldKind::text);
  if (!initial.empty()) element["initial_value"] = text::shorten(initial, most);
  return element;
}

/// A value cut short would be another value, so what does not fit is not offered; it can be typed.
json option(const bot::Choice& choice) { return {{"text", plain(choice.label.empty() ? choice.value : choice.label, kOption)}, {"value", choice.value}}; }

json select_element(const std::vector<bot::Choice>& choices, const std::string& initial) {
  json element{{"type", "static_select"}, {"action_id", "value"}, {"options", json::array()}};
  for (const auto& choice : choices) {
    if (choice.value.empty() || length(choice.value) > kOptionValue || element["options"].size() == kOptions) continue;
    element["options"].push_back(option(choice));
    if (choice.value == initial) element["initial_option"] = option(choice);
  }
  return element;
}

json person_element(const bot::Field& field, const bot::People& people) {
  json element{{"type", "users_select"}, {"action_id", "value"}};
  if (field.initial.empty()) return element;
  const auto person = people.by_word(field.initial);
  std::string id = person ? user_id_of(people, person->id) : user_id_of(people, field.initial);
  if (id.empty() && person)
    if (const auto it = person->identities.find("slack"); it != person->identities.end() && is_id(it->second)) id = it->second;
  if (!id.empty()) element["initial_user"] = id;
  return element;
}

json element_of(const bot::Field& field, const bot::People& people) {
  if (field.kind == bot::FieldKind::person) return person_element(field, people);
  if (field.kind == bot::FieldKind::choice) {
    json element = select_element(field.choices, field.initial);
    if (!element["options"].empty()) return element;  // Slack takes no empty list: then it is typed
  }
  return typed_element(field);
}

std::string block_of(const std::string& arg, int revision) { return kFieldPrefix + std::to_string(revision) + ":" + arg; }

std::string value_of(const json& element) {
  const std::string type = text_of(element, "type");
  if (type == "static_select") return text_of(object_of(element, "selected_option"), "value");
  if (type == "users_select") {
    const std::string user = text_of(element, "selected_user");
    return is_id(user) ? bot::person_token("slack", user, "") : "";
  }
  return type == "plain_text_input" ? text_of(element, "value") : "";
}

/// "field:2:title" → "title"
std::string arg_of(const std::string& block) {
  if (block.rfind(kFieldPrefix, 0) != 0) return "";
  const auto colon = block.find(':', std::string(kFieldPrefix).size());
  const std::string arg = colon == std::string::npos ? "" : block.substr(colon + 1);
  return is_word(arg, kArg) ? arg : "";
}

json drawn(const bot::Form& form, const Ticket& ticket, const bot::People& people, const std::map<std::string, std::string>& notes,
           const std::string& above) {
  json view = modal(form.title, "Cancel");
  view["submit"] = plain(form.submit.empty() ? "Send" : form.submit, kTitle);
  view["callback_id"] = kFormCallback;
  view["private_metadata"] = encode(ticket);
  if (!above.empty()) view["blocks"].push_back(section(above));
  std::size_t fields = 0;
  for (const auto& field : form.fields) {
    if (!is_word(field.arg, kArg) || ++fields > kFields) continue;
    json block{{"type", "input"},
               {"block_id", block_of(field.arg, ticket.revision)},
               {"optional", !field.required},
               {"label", plain(field.label.empty() ? field.arg : field.label, kLabel)},
               {"element", element_of(field, people)}};
    const auto note = notes.find(field.arg);
    const std::string& hint = note == notes.end() ? field.hint : note->second;
    if (!hint.empty()) block["hint"] = plain(hint, kHint);
    view["blocks"].push_back(std::move(block));
  }
  if (view["blocks"].empty()) view["blocks"].push_back(section(form.title));
  return view;
}

json encoded(const Origin& o) {
  return {{"channel", o.channel}, {"ts", o.ts}, {"thread", o.thread}, {"text", o.text}, {"author", o.author}, {"name", o.author_name}, {"cut", !o.whole}};
}

std::optional<Origin> decoded_origin(const json& o) {
  Origin origin{text_of(o, "channel"), text_of(o, "ts"), text_of(o, "thread"), text_of(o, "text"), text_of(o, "author"), display_name(text_of(o, "name")), !is_true(o, "cut")};
  if (!is_id(origin.channel) || !is_ts(origin.ts) || (!origin.thread.empty() && !is_ts(origin.thread))) return std::nullopt;
  if (!origin.author.empty() && !is_id(origin.author)) origin.author.clear();
  return origin;
}

}  // namespace

std::string mark_of(const std::string& value) { return http::sha256_hex(value).substr(0, 8); }

std::string label_of(const bot::Field& field, const std::string& value) {
  for (const auto& choice : field.choices)
    if (choice.value == value) return tidy(choice.label.empty() ? choice.value : choice.label, kOption);
  return "";
}

std::string marks_of(const bot::Field& field) {
  std::string labels;
  for (const auto& choice : field.choices) labels += choice.value + "=" + choice.label + "\n";
  return mark_of(field.initial) + "." + mark_of(labels);
}

std::map<std::string, std::string> marks_of(const bot::Form& form) {
  std::map<std::string, std::string> out;
  for (const auto& field : form.fields) out[field.arg] = marks_of(field);
  return out;
}

std::string encode(const Ticket& ticket) {
  json out{{"verb", ticket.verb}, {"rev", ticket.revision}, {"was", json::object()}};
  if (ticket.incident) out["incident"] = *ticket.incident;
  if (!ticket.room.empty()) out["room"] = ticket.room;
  for (const auto& [arg, mark] : ticket.was) out["was"][arg] = mark;
  if (ticket.origin) out["origin"] = encoded(*ticket.origin);
  std::string text = codec::dump(out);
  for (std::size_t room = kInput; length(text) > kMetadata && ticket.origin; room /= 2) {
    out["origin"]["text"] = text::shorten(ticket.origin->text, room);
    out["origin"]["cut"] = true;
    text = codec::dump(out);
    if (room == 0) break;
  }
  if (length(text) > kMetadata) {  // very many fields: then nothing is compared when it comes back
    out["was"] = json::object();
    text = codec::dump(out);
  }
  return text;
}

std::optional<Ticket> decode_ticket(const std::string& private_metadata) {
  const auto parsed = codec::parse(private_metadata);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  Ticket ticket;
  ticket.verb = text_of(*parsed, "verb");
  if (!is_word(ticket.verb, 40)) return std::nullopt;
  if (const auto number = number_of(*parsed, "incident"); number > 0) ticket.incident = number;
  else if (parsed->contains("incident")) return std::nullopt;
  ticket.room = text_of(*parsed, "room");
  if (!ticket.room.empty() && !is_id(ticket.room)) return std::nullopt;
  ticket.revision = static_cast<int>(std::clamp<std::int64_t>(number_of(*parsed, "rev"), 0, 1000000));
  for (const auto& [arg, mark] : object_of(*parsed, "was").items())
    if (mark.is_string() && is_word(arg, kArg)) ticket.was[arg] = mark.get<std::string>();
  if (parsed->contains("origin")) ticket.origin = decoded_origin((*parsed)["origin"]);
  return ticket;
}

std::string loading_view(const std::string& title) {
  json view = modal(title, "Cancel");
  view["blocks"].push_back(section("One moment …"));
  return codec::dump(view);
}

std::string notice_view(const std::string& title, const bot::Card& card, const View& drawing) {
  json view = modal(title, "Close");
  bot::Card without = card;
  without.buttons.clear();  // a button's answer has no place to go here
  auto blocks = codec::parse(render(without, drawing).blocks);
  if (blocks && blocks->is_array()) view["blocks"] = *std::move(blocks);
  else view["blocks"].push_back(section(sentence_of(card, drawing)));
  return codec::dump(view);
}

std::string form_view(const bot::Form& form, const Ticket& ticket, const bot::People& people, const std::map<std::string, std::string>& notes,
                      const std::string& above) {
  return codec::dump(drawn(form, ticket, people, notes, above));
}

std::string pick_view(const std::vector<bot::Choice>& incidents, const Ticket& ticket) {
  bot::Field field;
  field.arg = kPickArg;
  field.label = "Incident";
  field.kind = bot::FieldKind::choice;
  field.choices = incidents;
  field.hint = "The message goes on its timeline, with its author, time and link.";
  if (incidents.size() == 1) field.initial = incidents.front().value;
  bot::Form form{ticket.verb, {}, "Add to a timeline", "Add", {field}};
  json view = drawn(form, ticket, bot::People{}, {}, "");
  view["callback_id"] = kPickCallback;
  return codec::dump(view);
}

std::vector<Entered> entered(const json& view) {
  const json& values = object_of(object_of(view, "state"), "values");
  std::vector<std::string> order;  // of the blocks; the state itself has none
  for (const auto& block : list_of(view, "blocks"))
    if (const std::string id = text_of(block, "block_id"); values.contains(id)) order.push_back(id);
  for (const auto& [id, ignored] : values.items())
    if (std::find(order.begin(), order.end(), id) == order.end()) order.push_back(id);
  std::vector<Entered> out;
  for (const auto& id : order) {
    const std::string arg = arg_of(id);
    if (arg.empty() || out.size() >= kFields) continue;
    const json& element = object_of(values[id], "value");
    out.push_back({arg, id, text::shorten(text::clean(text::valid_utf8(value_of(element))), kValue),
                   text_of(object_of(object_of(element, "selected_option"), "text"), "text")});
  }
  return out;
}

}  // namespace slack
