#include "integrations/slack/mrkdwn.hpp"

#include <algorithm>

#include "bot/people.hpp"
#include "integrations/text/html.hpp"

namespace slack {
namespace {

bool starts_with(const std::string& s, const char* prefix) { return s.rfind(prefix, 0) == 0; }

bool is_id(const std::string& s) {
  if (s.size() < 2 || s.size() > 32) return false;
  for (char c : s)
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return false;
  return true;
}

std::size_t code_point_bytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

/// Bytes of the unit at `at` that must stay whole: an entity, a `<…>` form or one code point.
std::size_t unit_bytes(const std::string& s, std::size_t at) {
  if (s[at] == '<')
    if (const auto end = s.find('>', at); end != std::string::npos) return end - at + 1;
  if (s[at] == '&')
    if (const auto end = s.find(';', at); end != std::string::npos && end - at <= 4) return end - at + 1;
  return std::min(code_point_bytes(static_cast<unsigned char>(s[at])), s.size() - at);
}

/// What stands between '<' and '>' in Slack's text.
std::string neutral_form(const std::string& inner) {
  const auto bar = inner.find('|');
  const std::string target = inner.substr(0, bar);
  const std::string label = bar == std::string::npos ? "" : unescape(inner.substr(bar + 1));
  const std::string id = target.substr(target.empty() ? 0 : 1);
  if (starts_with(target, "@") && is_id(id)) return bot::person_token("slack", id, text::clean(label, true));
  if (starts_with(target, "#")) return "#" + (label.empty() ? id : label);
  if (starts_with(target, "!")) {  // groups and @channel: words, since Muster never passes such a call on
    if (!label.empty()) return label;
    return "@" + (starts_with(id, "subteam^") ? id.substr(8) : id);
  }
  const std::string address = unescape(starts_with(target, "mailto:") ? target.substr(7) : target);
  // Slack turns a typed "example.com" into <http://example.com|example.com>: the words as typed are meant.
  if (label.empty() || address == label || address == "http://" + label || address == "https://" + label) return label.empty() ? address : label;
  return label + " (" + address + ")";
}

}  // namespace

std::string escape(const std::string& raw) {
  const std::string safe = text::clean(text::valid_utf8(raw));
  std::string out;
  out.reserve(safe.size());
  for (char c : safe) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else out += c;
  }
  return out;
}

std::string unescape(const std::string& received) {
  std::string out;
  out.reserve(received.size());
  for (std::size_t i = 0; i < received.size();) {
    if (received.compare(i, 5, "&amp;") == 0) out += '&', i += 5;
    else if (received.compare(i, 4, "&lt;") == 0) out += '<', i += 4;
    else if (received.compare(i, 4, "&gt;") == 0) out += '>', i += 4;
    else out += received[i++];
  }
  return out;
}

std::string link_markup(const std::string& url, const std::string& label) {
  const std::string words = label.empty() ? url : label;
  if (!starts_with(url, "https://") && !starts_with(url, "http://") && !starts_with(url, "mailto:")) return escape(words);
  std::string address, shown;
  for (char c : url) {
    if (c == '|') address += "%7C";
    else if (c == '>') address += "%3E";
    else if (c == '<') address += "%3C";
    else if (c == ' ') address += "%20";
    else if (static_cast<unsigned char>(c) > 0x20 && c != 0x7F) address += c;
  }
  for (char c : words)
    if (c != '|') shown += c;
  return "<" + escape(address) + "|" + escape(text::clean(shown, true)) + ">";
}

std::size_t length(const std::string& utf8) {
  std::size_t n = 0;
  for (char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

std::string cut(const std::string& markup, std::size_t limit) {
  if (length(markup) <= limit) return markup;
  std::size_t at = 0, used = 0;
  while (at < markup.size()) {
    const std::size_t bytes = unit_bytes(markup, at);
    const std::size_t points = length(markup.substr(at, bytes));
    if (used + points + 1 > limit) break;
    used += points;
    at += bytes;
  }
  return markup.substr(0, at) + "…";
}

std::string neutral_text(const std::string& received) {
  std::string out;
  std::size_t i = 0;
  while (i < received.size()) {
    const auto open = received.find('<', i);
    const auto close = open == std::string::npos ? open : received.find('>', open);
    if (close == std::string::npos) break;
    out += unescape(received.substr(i, open - i));
    out += neutral_form(received.substr(open + 1, close - open - 1));
    i = close + 1;
  }
  return out + unescape(received.substr(i));
}

}  // namespace slack
