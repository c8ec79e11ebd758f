#include "integrations/settings/mapping.hpp"

#include <algorithm>

#include "integrations/settings/checks.hpp"
#include "integrations/text/html.hpp"

namespace settings {
namespace {

constexpr std::size_t kLeastSecret = 16;

bool has_control(const std::string& s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

std::string quoted(const std::string& s) { return "\"" + text::shorten(text::clean(s, true), 60) + "\""; }

/// How a value may appear in a message: quoted and shortened, or not at all when it came from outside.
std::string shown(const Node& node) { return node.filled ? "what is filled in" : quoted(node.text); }

const char* kind_word(Kind kind) {
  switch (kind) {
    case Kind::none: return "nothing";
    case Kind::scalar: return "a single value";
    case Kind::list: return "a list";
    case Kind::map: return "a mapping";
  }
  return "";
}

}  // namespace

void Report::about(const std::string& path, const std::string& message) { at(line_of(path), path + ": " + message); }

std::vector<std::string> Report::sayable(const std::vector<std::string>& words) const {
  std::vector<std::string> out;
  for (const auto& word : words)
    if (!hidden(word)) out.push_back(word);
  return out;
}

int Report::line_of(const std::string& path) const {
  for (std::string p = path; !p.empty();) {
    if (const auto it = lines_.find(p); it != lines_.end()) return it->second;
    const auto cut = p.find_last_of(".[");
    if (cut == std::string::npos) break;
    p.resize(cut);
  }
  return 0;
}

Mapping::Mapping(const Node& node, int line, std::string path, Report& report) : node_(node), line_(line), path_(std::move(path)), report_(report) {
  if (!path_.empty()) report_.remember(path_, line_);
  wrong_kind_ = node_.kind != Kind::map && node_.kind != Kind::none;
  if (wrong_kind_)
    report_.at(line_, (path_.empty() ? std::string("the file") : path_) + " must be a mapping of keys to values, not " + kind_word(node_.kind));
}

const Member* Mapping::find(const std::string& key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  for (const auto& member : node_.members)
    if (member.key == key) return &member;
  return nullptr;
}

const Node* Mapping::required(const std::string& key, Need need) {
  const Member* member = find(key);
  if (member == nullptr) {
    if (need == Need::required && !wrong_kind_) report_.at(line_, path_of(key) + " is missing");
    return nullptr;
  }
  report_.remember(path_of(key), member->line);
  return &member->node;
}

const Node* Mapping::of_kind(const std::string& key, Kind kind, const char* wanted) {
  const Node* node = required(key, Need::optional);
  if (node == nullptr || node->kind == kind || node->broken) return node != nullptr && node->kind == kind ? node : nullptr;
  report_.about(path_of(key), std::string("must be ") + wanted + ", not " + kind_word(node->kind));
  return nullptr;
}

bool Mapping::scalar(const Node& node, const std::string& path, std::string& out) {
  if (node.broken) return false;
  if (node.kind == Kind::none) {
    report_.at(node.line, path + ": has no value; write one, or leave the key out");
  } else if (node.kind != Kind::scalar) {
    report_.at(node.line, path + ": must be a single value, not " + kind_word(node.kind));
  } else if (has_control(node.text)) {
    report_.at(node.line, path + ": must be one line without control characters");
  } else if (!text::is_valid_utf8(node.text)) {
    report_.at(node.line, path + ": is not UTF-8 text");
  } else {
    if (node.filled) report_.hide(node.text);
    out = node.text;
    return true;
  }
  return false;
}

void Mapping::text(const std::string& key, std::string& out, Need need) {
  const Node* node = required(key, need);
  std::string value;
  if (node == nullptr || !scalar(*node, path_of(key), value)) return;
  if (need == Need::required && value.empty()) return report_.about(path_of(key), "must not be empty");
  out = std::move(value);
}

void Mapping::url(const std::string& key, std::string& out, Need need) {
  const Node* node = required(key, need);
  std::string value;
  if (node == nullptr || !scalar(*node, path_of(key), value)) return;
  if (value.empty() && need == Need::optional) return;
  // Addresses of webhooks are secrets of their own: the value is not repeated.
  if (!is_http_url(value)) return report_.about(path_of(key), "is not an address like https://example.org/path (without a user name)");
  out = std::move(value);
}

void Mapping::flag(const std::string& key, bool& out) {
  const Node* node = required(key, Need::optional);
  std::string value;
  if (node == nullptr || !scalar(*node, path_of(key), value)) return;
  if (value != "true" && value != "false") return report_.about(path_of(key), "must be true or false, not " + shown(*node));
  out = value == "true";
}

void Mapping::number(const std::string& key, int& out, int least, int most) {
  const Node* node = required(key, Need::optional);
  std::string value;
  if (node == nullptr || !scalar(*node, path_of(key), value)) return;
  int n = 0;
  bool good = !value.empty() && value.size() <= 9;
  for (const char c : value) {
    good = good && c >= '0' && c <= '9';
    if (good) n = n * 10 + (c - '0');
  }
  if (!good || n < least || n > most)
    return report_.about(path_of(key), "must be a number from " + std::to_string(least) + " to " + std::to_string(most) + ", not " + shown(*node));
  out = n;
}

void Mapping::duration(const std::string& key, bot::Millis& out, bot::Millis least, bot::Millis most) {
  const Node* node = required(key, Need::optional);
  std::string value;
  if (node == nullptr || !scalar(*node, path_of(key), value)) return;
  const auto parsed = parse_duration(value);
  if (!parsed) return report_.about(path_of(key), "must be a time like 30s, 5m or 1h, not " + shown(*node));
  if (*parsed < least || *parsed > most)
    return report_.about(path_of(key), "must be between " + bot::duration_text(least) + " and " + bot::duration_text(most));
  out = *parsed;
}

void Mapping::secret(const std::string& key, bot::Secret& out, Need need) {
  const Node* node = required(key, need);
  std::string value;
  if (node == nullptr || !scalar(*node, path_of(key), value)) return;
  if (value.empty() && need == Need::optional) return;
  if (value.size() < kLeastSecret)
    return report_.about(path_of(key), value.empty() ? "is empty; it needs at least 16 characters" : "is shorter than 16 characters: too easy to guess");
  out = bot::Secret(std::move(value));
}

void Mapping::texts(const std::string& key, std::vector<std::string>& out) {
  const Node* node = of_kind(key, Kind::list, "a list like [a, b]");
  if (node == nullptr) return;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const std::string path = path_of(key) + "[" + std::to_string(i) + "]";
    std::string value;
    if (!scalar(node->items[i], path, value)) continue;
    // Remembered by its place among the good ones, which is how later checks name it.
    report_.remember(path_of(key) + "[" + std::to_string(values.size()) + "]", node->items[i].line);
    values.push_back(std::move(value));
  }
  out = std::move(values);
}

void Mapping::members(const std::string& key, const std::function<void(const std::string&, const Member&)>& read) {
  const Node* node = of_kind(key, Kind::map, "a mapping like {a: b}");
  if (node == nullptr) return;
  for (const auto& member : node->members) {
    report_.remember(path_of(key) + "." + member.key, member.line);
    read(member.key, member);
  }
}

void Mapping::pairs(const std::string& key, std::map<std::string, std::string>& out) {
  std::map<std::string, std::string> values;
  bool given = false;
  members(key, [&](const std::string& name, const Member& member) {
    given = true;
    std::string value;
    if (scalar(member.node, path_of(key) + "." + name, value)) values[name] = std::move(value);
  });
  if (given) out = std::move(values);
}

bool Mapping::section(const std::string& key, const std::function<void(Mapping&)>& read) {
  const Member* member = find(key);
  if (member == nullptr) return false;
  Mapping inner(member->node, member->line, path_of(key), report_);
  read(inner);
  inner.finish();
  return true;
}

void Mapping::each(const std::string& key, const std::function<void(Mapping&)>& read) {
  const Node* node = of_kind(key, Kind::list, "a list");
  if (node == nullptr) return;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    Mapping inner(node->items[i], node->items[i].line, path_of(key) + "[" + std::to_string(i) + "]", report_);
    read(inner);
    inner.finish();
  }
}

void Mapping::finish() {
  if (ignore_rest_) return;
  for (const auto& member : node_.members)
    if (std::find(known_.begin(), known_.end(), member.key) == known_.end())
      report_.at(member.line, "unknown key " + quoted(member.key) + suggestion(member.key, report_.sayable(known_)));
}

}  // namespace settings
