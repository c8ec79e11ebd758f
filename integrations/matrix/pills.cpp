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

std::string without_tags(const std::string& html) {
  std::string out;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') inside = true;
    else if (c == '>') inside = false;
    else if (!inside) out += c;
  }
  return without_entities(out);
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

}  // namespace

std::string user_of_link(const std::string& href) {
  std::string id;
  if (const std::string to = "https://matrix.to/#/"; href.rfind(to, 0) == 0) id = decoded(href.substr(to.size(), href.find('?') - to.size()));
  else if (const std::string uri = "matrix:u/"; href.rfind(uri, 0) == 0) id = "@" + decoded(href.substr(uri.size(), href.find('?') - uri.size()));
  return server_of(id).empty() ? "" : id;
}

std::vector<Pill> pills_in(const std::string& html) {
  std::vector<Pill> out;
  std::size_t at = 0;
  // The quoted message of a reply names people too, who are not meant.
  if (const auto quoted = html.find("</mx-reply>"); quoted != std::string::npos) at = quoted;
  while (out.size() < kPills) {
    at = html.find("<a ", at);
    if (at == std::string::npos) break;
    const auto tag_end = html.find('>', at);
    const auto close = html.find("</a>", at);
    if (tag_end == std::string::npos || close == std::string::npos) break;
    if (tag_end < close)
      if (const std::string user = user_of_link(href_of(html.substr(at, tag_end - at))); !user.empty())
        out.push_back({user, without_tags(html.substr(tag_end + 1, close - tag_end - 1))});
    at = close + 4;
  }
  return out;
}

std::string with_person_tokens(const std::string& body, const std::vector<Pill>& pills) {
  std::string out;
  std::size_t at = 0;
  for (const auto& pill : pills) {
    // Clients write the name into `body`, some the id.
    std::size_t found = std::string::npos, length = 0;
    for (const std::string& words : {pill.label, pill.user_id}) {
      if (words.empty()) continue;
      const auto where = body.find(words, at);
      if (where == std::string::npos || where >= found) continue;
      found = where;
      length = words.size();
    }
    if (found == std::string::npos) continue;
    out += with_literal_ids(body.substr(at, found - at));
    if (!out.empty() && out.back() == '@' && body[found] != '@') out.pop_back();  // "@Alice"
    out += token(pill.user_id, pill.label);
    at = found + length;
  }
  return out + with_literal_ids(body.substr(at));
}

}  // namespace matrix
