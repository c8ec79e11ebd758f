#include "tests/support/fake_slack_checks.hpp"

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

std::string section_complaint(const json& block) {
  if (!block.contains("text") && !block.contains("fields")) return "section without text or fields";
  if (block.contains("text") && !is_text(block["text"], 3000)) return "section text";
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
    if (element.value("type", "") != "button" || !is_text(element.value("text", json()), 75, true)) return "button";
    if (element.value("value", "").size() > 2000 || element.value("action_id", "").empty()) return "button value or action_id";
    if (!ids.insert(element.value("action_id", "")).second) return "action_id twice in one block";
    const std::string style = element.value("style", "primary");
    if (style != "primary" && style != "danger") return "button style";
  }
  return "";
}

std::string complaint_of(const json& block) {
  const std::string type = block.is_object() ? block.value("type", "") : "";
  if (type == "header") return is_text(block.value("text", json()), 150, true) ? "" : "header text";
  if (type == "section") return section_complaint(block);
  if (type == "actions") return actions_complaint(block);
  if (type == "divider") return "";
  return "unknown block type \"" + type + "\"";
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

std::string block_complaint(const std::string& blocks) {
  const json parsed = json::parse(blocks, nullptr, false);
  if (!parsed.is_array()) return "blocks are no JSON array";
  if (parsed.empty() || parsed.size() > 50) return "number of blocks";
  for (const auto& block : parsed)
    if (const std::string why = complaint_of(block); !why.empty()) return why;
  return "";
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
