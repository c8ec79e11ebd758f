#include "integrations/matrix/typed.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/people.hpp"
#include "integrations/http/server.hpp"
#include "integrations/matrix/homeserver.hpp"
#include "integrations/matrix/json.hpp"
#include "integrations/matrix/pills.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr std::size_t kLongest = 32u << 10;  // an event holds 64 KiB; nothing Muster takes is longer than this

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string trimmed(const std::string& s) {
  std::size_t begin = 0, end = s.size();
  while (begin < end && blank(s[begin])) ++begin;
  while (end > begin && blank(s[end - 1])) --end;
  return s.substr(begin, end - begin);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins_with(const std::string& text, const std::string& word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

bool is_reply(const json& content) { return object_at(content, "m.relates_to").contains("m.in_reply_to"); }

/// "> <@bob:hs> words\n\nanswer" → "answer".
std::string without_fallback(const std::string& body) {
  std::size_t at = 0;
  while (body.compare(at, 1, ">") == 0) {
    const auto end = body.find('\n', at);
    if (end == std::string::npos) return "";
    at = end + 1;
  }
  if (at > 0 && at < body.size() && body[at] == '\n') ++at;
  return body.substr(at);
}

bool mentions(const json& content, const std::string& user_id) {
  for (const auto& id : array_at(object_at(content, "m.mentions"), "user_ids"))
    if (id.is_string() && id.get<std::string>() == user_id) return true;
  return false;
}

/// What follows a way to call the bot: "Muster: declare" → "declare". `loose`: a space is enough.
std::optional<std::string> after(const std::string& text, const std::string& name, bool loose) {
  if (name.empty() || !begins_with(text, name)) return std::nullopt;
  std::size_t at = name.size();
  const bool marked = at < text.size() && (text[at] == ':' || text[at] == ',');
  if (marked) ++at;
  else if (at < text.size() && !(loose && blank(text[at]))) return std::nullopt;
  else if (at == text.size() && !loose) return std::nullopt;
  return trimmed(text.substr(at));
}

/// Where what follows the prefix begins; nullopt: no prefix of Muster's.
std::optional<std::size_t> after_prefix(const std::string& text, const Called& called) {
  std::size_t start = 0;
  while (start < text.size() && blank(text[start])) ++start;
  const auto one = [&](const std::string& prefix) -> std::optional<std::size_t> {
    if (!begins_with(text.substr(start, prefix.size()), prefix)) return std::nullopt;
    const std::size_t end = start + prefix.size();
    if (text.size() > end && !blank(text[end])) return std::nullopt;
    return end;
  };
  for (const auto& prefix : called.prefixes) {
    if (auto rest = one(prefix)) return rest;
    if (auto rest = one("/" + prefix.substr(1))) return rest;
  }
  return one("/incident");
}

std::optional<std::string> after_mention(const std::string& text, const json& content, const Called& called) {
  // A pill or the full id, which neutral_text made a token.
  const std::string token = "<@matrix:" + called.user_id;
  if (begins_with(text, token) && text.size() > token.size() && (text[token.size()] == '|' || text[token.size()] == '>')) {
    const auto end = text.find('>');
    return end == std::string::npos ? std::nullopt : after(text, text.substr(0, end + 1), true);
  }
  const bool meant = mentions(content, called.user_id);
  const std::string localpart = called.user_id.substr(1, called.user_id.find(':') - 1);
  for (const std::string& name : {called.display_name, localpart, "@" + localpart, "@" + called.display_name})
    if (name.size() > 1)
      if (auto rest = after(text, name, meant); rest && meant) return rest;
  return std::nullopt;
}

/// What a message says, as far as its client wrote it plainly, and its HTML.
struct Written { std::string body, html; };

Written written(const json& content) {
  Written out{text_at(content, "body"), ""};
  if (out.body.size() > kLongest) out.body.resize(kLongest);
  out.body = text::valid_utf8(out.body);
  if (is_reply(content)) out.body = without_fallback(out.body);
  if (text_at(content, "format") == "org.matrix.custom.html") out.html = text_at(content, "formatted_body");
  if (out.html.size() > 2 * kLongest) out.html.resize(2 * kLongest);
  return out;
}

}  // namespace

std::string neutral_text(const json& content) {
  const Written message = written(content);
  return with_person_tokens(message.body, message.html);
}

std::optional<std::string> command_in(const json& content, const Called& called) {
  if (text_at(content, "msgtype") != "m.text" || text_at(object_at(content, "m.relates_to"), "rel_type") == "m.replace") return std::nullopt;
  const Written message = written(content);
  // The prefix is looked for in what was typed: somebody may be called like a part of it.
  if (const auto rest = after_prefix(message.body, called)) return trimmed(with_person_tokens(message.body, message.html, *rest));
  return after_mention(trimmed(with_person_tokens(message.body, message.html)), content, called);
}

}  // namespace matrix
