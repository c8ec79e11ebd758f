#include "integrations/console/door.hpp"

#include <algorithm>

#include "integrations/http/signature.hpp"
#include "integrations/text/address.hpp"

namespace console {

namespace {

// The __Host- prefix makes the browser refuse the cookie unless it is Secure, for "/" and for this host alone (RFC 6265bis, 4.1.3.2).
constexpr const char* kSecureName = "__Host-muster";
constexpr const char* kPlainName = "muster";

bool is_loopback(const std::string& host) {
  const std::string name = host.rfind('[', 0) == 0 ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  return name == "localhost" || name == "[::1]" || name.rfind("127.", 0) == 0;
}

/// "https://host:port" of a URL, without a default port.
std::string origin_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  std::string origin = text::lower(url.substr(0, url.find_first_of("/?#", scheme + 3)));
  for (const char* port : {":80", ":443"}) {
    const std::string suffix = port;
    const bool fits = (suffix == ":443") == (origin.rfind("https:", 0) == 0);
    if (fits && origin.size() > suffix.size() && origin.compare(origin.size() - suffix.size(), suffix.size(), suffix) == 0) {
      origin.resize(origin.size() - suffix.size());
    }
  }
  return origin;
}

std::string find_cookie(const http::Request& request, const std::string& name) {
  for (const auto& [header, value] : request.headers) {
    if (header != "cookie") continue;
    std::size_t at = 0;
    while (at < value.size()) {
      const std::size_t end = std::min(value.find(';', at), value.size());
      while (at < end && value[at] == ' ') ++at;
      if (value.compare(at, name.size(), name) == 0 && at + name.size() < end && value[at + name.size()] == '=') {
        return value.substr(at + name.size() + 1, end - at - name.size() - 1);
      }
      at = end + 1;
    }
  }
  return {};
}

}  // namespace

Door::Door(bot::Credentials& credentials, bot::Reader& reader, const bot::Settings& settings, bot::People& people, bot::Env env)
    : credentials_(credentials), reader_(reader), settings_(settings), people_(people), env_(env) {}

// Behind a proxy that is not named as trusted the request looks plain; the public address still tells. A loopback address is reached
// through a tunnel or on the machine itself, where no browser would keep a Secure cookie.
bool Door::over_tls(const http::Request& request) const {
  return request.secure || (settings_.server.console_url.rfind("https://", 0) == 0 && !is_loopback(request.header("host")));
}

std::string Door::session_of(const http::Request& request) const {
  std::string session = find_cookie(request, over_tls(request) ? kSecureName : kPlainName);
  return session.size() <= 128 ? session : std::string{};
}

// `muster invite` may have made this person in another process while this one runs.
bot::Result<bool> Door::knows(const std::string& person) const {
  if (people_.find(person)) return true;
  const auto stored = reader_.people();
  if (!stored) return stored.error();
  for (const auto& known : *stored) {
    if (known.id == person) people_.put(known);
  }
  return people_.find(person).has_value();
}

bot::Result<std::optional<Visitor>> Door::visitor(const http::Request& request) const {
  const std::string session = session_of(request);
  if (session.empty()) return std::optional<Visitor>{};
  const auto person = credentials_.session_person(session, env_.clock.now());
  if (!person) return person.error();
  if (!*person) return std::optional<Visitor>{};
  const std::string& id = **person;
  const auto is_known = knows(id);
  if (!is_known) return is_known.error();
  if (!*is_known) return std::optional<Visitor>{};
  const auto known = people_.find(id);
  const auto& admins = settings_.incidents.admins;
  Visitor visitor;
  visitor.actor = {bot::ActorKind::person, id, {}, (known && known->admin) || std::find(admins.begin(), admins.end(), id) != admins.end()};
  visitor.name = people_.name_of(id);
  visitor.session = bot::Secret(session);
  visitor.session_hash = http::sha256_hex(session).substr(0, 32);
  visitor.form_token = http::hmac_sha256_hex(visitor.session, "muster console form 1");
  return std::optional<Visitor>{std::move(visitor)};
}

bool Door::still_signed_in(const Visitor& visitor) const {
  const auto person = credentials_.session_person(visitor.session.reveal(), env_.clock.now());
  return !person || (*person && **person == visitor.actor.id);
}

bool Door::form_token_ok(const Visitor& visitor, const std::string& token) const {
  return http::same(visitor.form_token, token);
}

std::string Door::cookie(const http::Request& request, const std::string& session) const {
  const bool tls = over_tls(request);
  return std::string(tls ? kSecureName : kPlainName) + "=" + session + "; Path=/; Max-Age=" + std::to_string(kSessionDays * 86400) +
         "; HttpOnly; SameSite=Strict" + (tls ? "; Secure" : "");
}

std::string Door::no_cookie(const http::Request& request) const {
  const bool tls = over_tls(request);
  return std::string(tls ? kSecureName : kPlainName) + "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" + (tls ? "; Secure" : "");
}

bool from_our_page(const http::Request& request, const std::string& console_url) {
  const std::string& site = request.header("sec-fetch-site");
  const std::string& origin = request.header("origin");
  if (!site.empty() && site != "same-origin") return false;
  if (origin.empty()) return !site.empty();
  if (request.count("origin") != 1) return false;
  const std::string asked = origin_of(origin);  // "null" has no scheme and answers ""
  if (asked.empty()) return false;
  const std::string& host = request.header("host");
  return asked == origin_of("http://" + host) || asked == origin_of("https://" + host) || asked == origin_of(console_url);
}

bool came_from_elsewhere(const http::Request& request) {
  return request.header("sec-fetch-site") == "cross-site" && request.header("sec-fetch-mode") == "navigate";
}

}  // namespace console
