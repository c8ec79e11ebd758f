#include "integrations/matrix/pills.hpp"

#include <algorithm>

#include "bot/people.hpp"
#include "integrations/http/server.hpp"
#include "integrations/matrix/homeserver.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

constexpr std::size_t kPills = 200;

struct Entity { const char* name; const char* text; };
constexpr Entity kEntities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&#x27;", "'"}, {"&apos;", "'"}, {"&nbsp;", " "}};

std::string without_entities(const std::string& html) {
  std::string out;
  for (std::size_t i = 0; i < html.size();) {
    const auto* found = std::find_if(std::begin(kEntities), std::end(kEntities), [&](const Entity& e) { return html.compare(i, std::char_traits<char>::length(e.name), e.name) == 0; });
    if (found == std::end(kEntities)) {
      out += html[i++];
    } else {
      out += found->text;
      i += std::char_traits<char>::length(found->name);
    }
  }
  return out;
}

/// A reference ends with its text: "&am<b>p;</b>" holds none. Else the places of pills, which are counted piece by piece, would be others.
std::string without_tags(const std::string& html) {
  std::string out, text;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') {
      out += without_entities(text);
      text.clear();
      inside = true;
    } else if (c == '>') {
      inside = false;
    } else if (!inside) {
      text += c;
    }
  }
  return out + without_entities(text);
}

/// Percent-decoded; "" on a broken escape. A plus stays a plus.
std::string decoded(const std::string& raw) {
  std::string quoted;
  for (const char c : raw) {
    if (c == '+') quoted += "%2B";
    else if (c == '&' || c == '=') return "";
    else quoted += c;
  }
  http::Headers form;
  return http::parse_form("x=" + quoted, form) && form.size() == 1 ? form.front().second : "";
}

/// The value of `href` in an opening tag's inside.
std::string href_of(const std::string& tag) {
  const auto at = tag.find("href=");
  if (at == std::string::npos || at + 6 >= tag.size()) return "";
  const char quote = tag[at + 5];
  if (quote != '"' && quote != '\'') return "";
  const auto end = tag.find(quote, at + 6);
  return end == std::string::npos ? "" : without_entities(tag.substr(at + 6, end - at - 6));
}

std::string token(const std::string& user, const std::string& label) {
  std::string name = text::shorten(text::clean(label, true), 80);
  if (!name.empty() && name[0] == '@') name.erase(0, 1);
  return bot::person_token(kIntegration, user, name == user.substr(1) ? "" : name);
}

bool in_localpart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '=' || c == '-' || c == '/' || c == '+';
}
bool in_server(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']'; }

/// The length of an id that begins at `at` ("@alice:hs" in "@alice:hs, …"), or 0.
std::size_t literal_id(const std::string& s, std::size_t at) {
  std::size_t i = at + 1;
  while (i < s.size() && in_localpart(s[i])) ++i;
  if (i == at + 1 || i >= s.size() || s[i] != ':') return 0;
  std::size_t end = i + 1;
  while (end < s.size() && in_server(s[end])) ++end;
  while (end > i + 1 && (s[end - 1] == '.' || s[end - 1] == ':' || s[end - 1] == '-')) --end;
  return end > i + 1 ? end - at : 0;
}

std::string with_literal_ids(const std::string& s) {
  std::string out;
  for (std::size_t i = 0; i < s.size();) {
    const bool begins = s[i] == '@' && (i == 0 || s[i - 1] == ' ' || s[i - 1] == '\n' || s[i - 1] == '\t' || s[i - 1] == '(' || s[i - 1] == ',');
    const std::size_t length = begins ? literal_id(s, i) : 0;
    const std::string id = s.substr(i, length);
    if (length > 0 && !server_of(id).empty()) out += token(id, ""), i += length;
    else out += s[i++];
  }
  return out;
}

/// Where a message's own words begin: the quoted message of a reply names people too, who are not meant.
std::size_t own_words(const std::string& html) {
  const auto quoted = html.find("</mx-reply>");
  return quoted == std::string::npos ? 0 : quoted;
}

bool in_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }

bool stands_alone(const std::string& body, std::size_t at, std::size_t length) {
  return (at == 0 || !in_word(body[at - 1])) && (at + length >= body.size() || !in_word(body[at + length]));
}

/// The places of `what` that begin before `until`.
std::size_t places_before(const std::string& text, const std::string& what, std::size_t until) {
  std::size_t count = 0;
  for (auto at = text.find(what); at < until && at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

/// The place after `skipped` others, or npos.
std::size_t nth_place(const std::string& text, const std::string& what, std::size_t skipped) {
  auto at = text.find(what);
  for (; skipped > 0 && at != std::string::npos; --skipped) at = text.find(what, at + 1);
  return at;
}

struct Found { std::size_t at = std::string::npos, length = 0; };

/// The pill's place in `body`, not before `from`; length 0: none. `words`: what the HTML says. Clients write the name into the body, some the id.
Found place_of(const Pill& pill, const std::string& body, const std::string& words, std::size_t from) {
  if (!pill.label.empty()) {
    const std::size_t at = nth_place(body, pill.label, places_before(words, pill.label, pill.at));
    // "@den:hs" in place of "den": the whole id is the pill's.
    for (std::size_t back = 0; at != std::string::npos && back < pill.user_id.size() && back <= at; ++back)
      if (at - back >= from && body.compare(at - back, pill.user_id.size(), pill.user_id) == 0) return {at - back, pill.user_id.size()};
    const bool counted = places_before(words, pill.label, std::string::npos) == places_before(body, pill.label, std::string::npos);
    if (at != std::string::npos && at >= from && (counted || stands_alone(body, at, pill.label.size()))) return {at, pill.label.size()};
  }
  // The body and the HTML differ: the first place where the name or the id stands by itself.
  Found first;
  for (const std::string& said : {pill.label, pill.user_id}) {
    auto at = said.empty() ? std::string::npos : body.find(said, from);
    while (at != std::string::npos && !stands_alone(body, at, said.size())) at = body.find(said, at + 1);
    if (at < first.at) first = {at, said.size()};
  }
  return first;
}

}  // namespace

std::string user_of_link(const std::string& href) {
  std::string id;
  if (const std::string to = "https://matrix.to/#/"; href.rfind(to, 0) == 0) id = decoded(href.substr(to.size(), href.find('?') - to.size()));
  else if (const std::string uri = "matrix:u/"; href.rfind(uri, 0) == 0) id = "@" + decoded(href.substr(uri.size(), href.find('?') - uri.size()));
  return server_of(id).empty() ? "" : id;
}

std::string text_of(const std::string& html) { return without_tags(html.substr(own_words(html))); }

std::vector<Pill> pills_in(const std::string& html) {
  std::vector<Pill> out;
  std::size_t at = own_words(html), drawn = at, length = 0;  // `length`: of the words before `drawn`
  while (out.size() < kPills) {
    at = html.find("<a ", at);
    if (at == std::string::npos) break;
    const auto tag_end = html.find('>', at);
    const auto close = html.find("</a>", at);
    if (tag_end == std::string::npos || close == std::string::npos) break;
    if (tag_end < close)
      if (const std::string user = user_of_link(href_of(html.substr(at, tag_end - at))); !user.empty()) {
        length += without_tags(html.substr(drawn, at - drawn)).size();
        drawn = at;
        out.push_back({user, without_tags(html.substr(tag_end + 1, close - tag_end - 1)), length});
      }
    at = close + 4;
  }
  return out;
}

std::string with_person_tokens(const std::string& body, const std::string& html, std::size_t from) {
  const std::string words = html.empty() ? std::string() : text_of(html);
  std::string out;
  std::size_t at = from;
  for (const auto& pill : pills_in(html)) {
    const Found found = place_of(pill, body, words, at);
    if (found.length == 0) continue;
    out += with_literal_ids(body.substr(at, found.at - at));
    if (!out.empty() && out.back() == '@' && body[found.at] != '@') out.pop_back();  // "@Alice"
    out += token(pill.user_id, pill.label);
    at = found.at + found.length;
  }
  return out + with_literal_ids(body.substr(at));
}

}  // namespace matrix
