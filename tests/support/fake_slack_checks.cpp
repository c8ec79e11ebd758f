#include "tests/support/fake_slack_checks.hpp"

#include <algorithm>
#include <functional>

#include <nlohmann/json.hpp>

namespace support {
namespace {

using nlohmann::json;

std::size_t points(const json& object) {
  std::size_t n = 0;
  for (char c : object.value("text", std::string())) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

bool is_text(const json& object, std::size_t limit, bool plain_only = false) {
  if (!object.is_object() || !object.contains("text") || !object["text"].is_string()) return false;
  const std::string type = object.value("type", "");
  const bool known = type == "plain_text" ? !object.contains("verbatim") : type == "mrkdwn" && !plain_only && !object.contains("emoji");
  return known && points(object) >= 1 && points(object) <= limit;
}

std::string text_of(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

bool is_placeholder_or_absent(const json& element) { return !element.contains("placeholder") || is_text(element["placeholder"], 150, true); }

bool is_option(const json& option) {
  return option.is_object() && is_text(option.value("text", json()), 75) && !text_of(option, "value").empty() && text_of(option, "value").size() <= 75;
}

/// "" or what is wrong with a list of options; `most` of them.
std::string options_complaint(const json& element, std::size_t most) {
  if (element.contains("option_groups")) {
    if (!element["option_groups"].is_array() || element["option_groups"].empty() || element["option_groups"].size() > 100) return "option groups";
    for (const auto& group : element["option_groups"])
      if (!is_text(group.value("label", json()), 75, true)) return "option group's label";
      else if (const std::string why = options_complaint(group, 100); !why.empty()) return why;
    return "";
  }
  const json options = element.value("options", json());
  if (!options.is_array() || options.empty() || options.size() > most) return "number of options";
  for (const auto& option : options)
    if (!is_option(option)) return "option";
  if (element.contains("initial_option") && std::find(options.begin(), options.end(), element["initial_option"]) == options.end()) return "initial option is none of the options";
  return "";
}

/// Title ≤ 100, text ≤ 300, confirm and deny ≤ 30, all of them there.
std::string confirm_complaint(const json& element) {
  const auto asks = element.find("confirm");
  if (asks == element.end()) return "";
  if (!asks->is_object() || !is_text(asks->value("title", json()), 100, true) || !is_text(asks->value("text", json()), 300, false) ||
      !is_text(asks->value("confirm", json()), 30, true) || !is_text(asks->value("deny", json()), 30, true))
    return "confirm";
  const std::string style = asks->value("style", "primary");
  return style != "primary" && style != "danger" ? "confirm style" : "";
}

std::string button_complaint(const json& element) {
  if (const std::string asks = confirm_complaint(element); !asks.empty()) return asks;
  if (!is_text(element.value("text", json()), 75, true)) return "button";
  if (element.value("value", "").size() > 2000 || element.value("action_id", "").empty()) return "button value or action_id";
  const std::string style = element.value("style", "primary");
  if (style != "primary" && style != "danger") return "button style";
  return text_of(element, "url").size() > 3000 ? "button url" : "";
}

std::string plain_input_complaint(const json& element) {
  const int most = element.value("max_length", 3000), least = element.value("min_length", 0);
  if (most < 1 || most > 3000 || least < 0 || least > most) return "input's lengths";
  return text_of(element, "initial_value").size() > 4u * static_cast<std::size_t>(most) ? "input's initial value" : "";
}

/// What may stand in actions, as accessory, or in an input.
std::string element_complaint(const json& element) {
  const std::string type = element.is_object() ? text_of(element, "type") : "";
  if (type == "button") return button_complaint(element);
  if (text_of(element, "action_id").empty() || text_of(element, "action_id").size() > 255) return "action_id of " + type;
  if (!is_placeholder_or_absent(element)) return "placeholder of " + type;
  if (type == "plain_text_input") return plain_input_complaint(element);
  if (type == "static_select" || type == "multi_static_select") return options_complaint(element, 100);
  if (type == "overflow") return options_complaint(element, 5);
  if (type == "radio_buttons" || type == "checkboxes") return options_complaint(element, 10);
  for (const char* known : {"users_select", "multi_users_select", "conversations_select", "multi_conversations_select", "channels_select",
                            "multi_channels_select", "datepicker", "timepicker", "datetimepicker", "url_text_input", "email_text_input", "number_input"})
    if (type == known) return "";
  return "unknown element \"" + type + "\"";
}

std::string section_complaint(const json& block) {
  if (!block.contains("text") && !block.contains("fields")) return "section without text or fields";
  if (block.contains("text") && !is_text(block["text"], 3000)) return "section text";
  if (block.contains("accessory") && text_of(block["accessory"], "type") != "image")
    if (const std::string why = element_complaint(block["accessory"]); !why.empty()) return "accessory: " + why;
  if (!block.contains("fields")) return "";
  if (!block["fields"].is_array() || block["fields"].empty() || block["fields"].size() > 10) return "section fields";
  for (const auto& field : block["fields"])
    if (!is_text(field, 2000)) return "section field";
  return "";
}

std::string actions_complaint(const json& block) {
  const json elements = block.value("elements", json::array());
  if (!elements.is_array() || elements.empty() || elements.size() > 25) return "actions elements";
  std::set<std::string> ids;
  for (const auto& element : elements) {
    if (const std::string why = element_complaint(element); !why.empty()) return why;
    if (!ids.insert(element.value("action_id", "")).second) return "action_id twice in one block";
  }
  return "";
}

std::string context_complaint(const json& block) {
  const json elements = block.value("elements", json::array());
  if (!elements.is_array() || elements.empty() || elements.size() > 10) return "context elements";
  for (const auto& element : elements)
    if (!is_text(element, 3000) && text_of(element, "type") != "image") return "context element";
  return "";
}

std::string input_complaint(const json& block) {
  if (!is_text(block.value("label", json()), 2000, true)) return "input's label";
  if (block.contains("hint") && !is_text(block["hint"], 2000, true)) return "input's hint";
  const json element = block.value("element", json());
  if (text_of(element, "type") == "button" || text_of(element, "type") == "overflow") return "a button as input";
  return element_complaint(element);
}

std::string complaint_of(const json& block) {
  const std::string type = block.is_object() ? text_of(block, "type") : "";
  if (text_of(block, "block_id").size() > 255) return "block_id";
  if (type == "header") return is_text(block.value("text", json()), 150, true) ? "" : "header text";
  if (type == "section") return section_complaint(block);
  if (type == "actions") return actions_complaint(block);
  if (type == "context") return context_complaint(block);
  if (type == "input") return input_complaint(block);
  if (type == "divider" || type == "image" || type == "rich_text") return "";
  return "unknown block type \"" + type + "\"";
}

std::string blocks_complaint(const json& blocks, std::size_t most) {
  if (!blocks.is_array()) return "blocks are no JSON array";
  if (blocks.empty() || blocks.size() > most) return "number of blocks";
  std::set<std::string> ids;
  for (const auto& block : blocks) {
    if (const std::string why = complaint_of(block); !why.empty()) return why;
    if (block.contains("block_id") && !ids.insert(text_of(block, "block_id")).second) return "block_id twice";
  }
  return "";
}

/// A title, submit or close of a modal.
bool is_label(const json& view, const char* name) { return is_text(view.value(name, json()), 24, true); }

std::string modal_complaint(const json& view) {
  if (!is_label(view, "title")) return "title";
  for (const char* label : {"submit", "close"})
    if (view.contains(label) && !is_label(view, label)) return label;
  for (const auto& block : view["blocks"])
    if (text_of(block, "type") == "input" && !view.contains("submit")) return "an input, but nothing to submit it with";
  return "";
}

void each_text(const json& value, const std::function<void(const json&)>& found) {
  if (value.is_object() && value.contains("type") && value.contains("text") && value["text"].is_string()) found(value);
  if (value.is_structured())
    for (const auto& inner : value) each_text(inner, found);
}

void collect(const std::string& markup, std::set<std::string>& out) {
  for (std::size_t open = 0; (open = markup.find('<', open)) != std::string::npos; ++open) {
    const auto close = markup.find('>', open);
    if (close == std::string::npos) return;
    const std::string target = markup.substr(open + 1, markup.find_first_of("|>", open) - open - 1);
    if (!target.empty() && (target[0] == '@' || (target[0] == '!' && target.rfind("!date", 0) != 0))) out.insert(target);
  }
}

std::string unescaped(std::string s) {
  for (const auto& [entity, character] : {std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&amp;", "&"}})
    for (std::size_t at = 0; (at = s.find(entity, at)) != std::string::npos; ++at) s.replace(at, std::string(entity).size(), character);
  return s;
}

}  // namespace

std::string block_complaint(const std::string& blocks) { return blocks_complaint(json::parse(blocks, nullptr, false), 50); }

std::string view_complaint(const std::string& view) {
  static const std::set<std::string> known{"type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close",
                                           "notify_on_close", "external_id", "submit_disabled"};
  const json parsed = json::parse(view, nullptr, false);
  if (!parsed.is_object()) return "the view is no JSON object";
  if (view.size() > 250000) return "view_too_large";
  for (const auto& [name, value] : parsed.items())
    if (known.count(name) == 0) return "unknown member " + name;
  const std::string type = text_of(parsed, "type");
  if (type != "modal" && type != "home") return "type";
  if (text_of(parsed, "private_metadata").size() > 3000) return "private_metadata";
  if (text_of(parsed, "callback_id").size() > 255 || text_of(parsed, "external_id").size() > 255) return "callback_id or external_id";
  if (const std::string why = blocks_complaint(parsed.value("blocks", json()), 100); !why.empty()) return why;
  return type == "modal" ? modal_complaint(parsed) : "";
}

std::set<std::string> notified(const std::string& text, const std::string& blocks) {
  std::set<std::string> out;
  collect(text, out);
  each_text(json::parse(blocks, nullptr, false), [&out](const json& object) {
    if (object.value("type", "") == "mrkdwn") collect(object["text"].get<std::string>(), out);
  });
  return out;
}

std::string visible_text(const std::string& blocks) {
  std::string out;
  each_text(json::parse(blocks, nullptr, false), [&out](const json& object) {
    const std::string words = object["text"].get<std::string>();
    out += (object.value("type", "") == "mrkdwn" ? unescaped(words) : words) + "\n";
  });
  return out;
}

}  // namespace support
