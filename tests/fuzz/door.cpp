// Who comes in: the client's address behind proxies, session cookies, where a form came from and where it leads back to, links that acknowledge.
// None of what a stranger writes makes them somebody else.
// The first byte says which: p forwarded addresses, c cookies, o origins, b ways back, a a link's token, s a signed link of any words.
#include "integrations/console/door.hpp"
#include "integrations/console/posted.hpp"
#include "integrations/http/proxies.hpp"
#include "integrations/paging/ack_link.hpp"
#include "tests/fuzz/fake_door.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

namespace {

using fuzz::must;
namespace ip = boost::asio::ip;

/// A header as it comes out of the parser: without line breaks and NUL, at most 16 KiB.
std::string header_value(const std::string& raw) {
  std::string out;
  for (const char c : raw.substr(0, 16384))
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  return out;
}

void forwarded(fuzz::Input& input) {
  static const auto proxies = http::TrustedProxies::parse({"10.0.0.0/8", "::1"}).value();
  const std::string scheme = header_value(input.piece()), value = header_value(input.rest());
  const auto at = [](const char* text) { return ip::make_address(text); };
  http::Request request;
  request.headers = {{"x-forwarded-for", value}, {"x-forwarded-proto", scheme}};
  // A stranger's word about themselves counts for nothing.
  proxies.resolve(at("203.0.113.9"), false, request);
  must(request.peer == "203.0.113.9" && !request.secure);
  http::TrustedProxies().resolve(at("10.0.0.1"), true, request);
  must(request.peer == "10.0.0.1" && request.secure);
  // A proxy's word is an address, whatever it was told.
  proxies.resolve(at("10.0.0.1"), false, request);
  boost::system::error_code ec;
  (void)ip::make_address(request.peer, ec);
  must(!ec);
  // What the proxy itself wrote stands last, and what the client wrote before it changes nothing.
  for (const bool one_line : {true, false}) {
    http::Request spoofed;
    if (one_line) spoofed.headers = {{"x-forwarded-for", value + ", 198.51.100.7"}};
    else spoofed.headers = {{"x-forwarded-for", value}, {"x-forwarded-for", "198.51.100.7"}};
    spoofed.headers.emplace_back("x-forwarded-proto", scheme);
    spoofed.headers.emplace_back("x-forwarded-proto", "http");
    proxies.resolve(at("10.0.0.1"), false, spoofed);
    must(spoofed.peer == "198.51.100.7" && !spoofed.secure);
  }
  if (const auto parsed = http::TrustedProxies::parse({value}); !parsed) must(!parsed.error().message.empty());
}

/// Remembers which sessions were asked for; every one of them is good.
class Sessions : public support::FakeStore {
 public:
  bot::Result<std::optional<std::string>> session_person(const std::string& session, bot::Time) override {
    asked.push_back(session);
    return std::optional<std::string>("alice");
  }
  std::vector<std::string> asked;
};

void cookies(fuzz::Input& input) {
  support::FakeEnv env;
  Sessions store;
  bot::Settings settings;
  bot::People people;
  people.put({"alice", "Alice", false, {}, ""});
  const console::Door door(store, store, settings, people, env.env());
  const bool secure = input.byte() % 2 == 1;
  const std::string name = secure ? "__Host-muster" : "muster", value = header_value(input.rest());
  const auto seen = [&](http::Headers headers) {
    store.asked.clear();
    http::Request request;
    request.secure = secure;
    request.headers = std::move(headers);
    const auto visitor = door.visitor(request);
    must(visitor.ok() && visitor->has_value() == !store.asked.empty() && store.asked.size() <= 1);
    return store.asked.empty() ? std::string() : store.asked.front();
  };
  const std::string session = seen({{"cookie", value}});
  must(session.size() <= 128 && session.find(';') == std::string::npos);
  if (!session.empty()) must(("; " + value).find(name + "=" + session) != std::string::npos);
  // The other kind of cookie is never taken for ours: a plain one that somebody set over HTTP says nothing over HTTPS.
  if (value.find(name + "=") == std::string::npos) must(session.empty());
  must(seen({{"cookie", name + "=mine; " + value}}) == "mine");
  must(seen({{"x-cookie", value}, {"cookie", "other=" + value.substr(0, value.find(';')) + "; " + name + "=mine"}}) == "mine");
}

void origins(fuzz::Input& input) {
  const std::string site = header_value(input.piece()), origin = header_value(input.rest());
  http::Request request;
  request.headers = {{"host", "muster.example"}, {"origin", origin}};
  if (!site.empty()) request.headers.emplace_back("sec-fetch-site", site);
  const bool ours = console::from_our_page(request, "https://status.example/");
  std::string lower;
  for (const char c : origin) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const bool names_us = lower.rfind("http://muster.example", 0) == 0 || lower.rfind("https://muster.example", 0) == 0 || lower.rfind("https://status.example", 0) == 0;
  if (!origin.empty() && !names_us) must(!ours);
  if (!site.empty() && site != "same-origin") must(!ours);
  http::Request elsewhere;
  elsewhere.headers = {{"host", "muster.example"}, {"origin", "https://evil.example/" + origin}};
  must(!console::from_our_page(elsewhere, "https://status.example/"));
  elsewhere.headers[1].second = "https://muster.example.evil.example" + origin;
  must(!console::from_our_page(elsewhere, ""));
}

void ways_back(fuzz::Input& input) {
  const std::int64_t incident = input.byte() % 3;
  const std::string to = console::way_back(input.rest(), incident);
  must(!to.empty() && to.size() < 300 && to[0] == '/' && (to.size() == 1 || to[1] != '/'));
  for (const char c : to) must(c > 0x20 && c < 0x7F && c != '\\' && c != '?' && c != '#');
}

const bot::Secret& secret() {
  static const bot::Secret one("fuzz-paging-secret-0123456789abcdef");
  return one;
}

void token(const std::string& text) {
  if (const auto read = paging::read_token(secret(), text)) must(paging::make_token(secret(), *read) == text);
  must(!paging::read_token(bot::Secret(), text));
  // The route says no in words, and nobody is asked to record anything.
  static bot::Settings settings;
  settings.paging.secret = secret();
  static support::FakeStore store;
  static const bot::People people;
  static support::FakeEnv env;
  static fuzz::Desk nobody([](const bot::Request&) { std::abort(); });
  static fuzz::Door door;
  static const bool added = (paging::add_routes(door, nobody, store, people, settings, env.clock), true);
  must(added);
  for (const char* route : {"GET /ack/{}", "POST /ack/{}"}) {
    http::Request request;
    request.segments = {text};
    must(door.knock(route, std::move(request)) == 403);
  }
}

void signed_token(fuzz::Input& input) {
  const std::size_t flip = input.byte() * 3u;
  const auto mask = static_cast<char>(1u << (input.byte() % 7));
  paging::AckToken made;
  made.incident = input.byte() * 1000;
  made.expires = bot::Time{std::chrono::seconds{1795448538 + input.byte()}};
  const std::string page = input.piece(), person = input.rest();
  for (const char c : page)
    if (c != '\n') made.page += c;
  for (const char c : person.substr(0, 200))
    if (c != '\n') made.person += c;
  made.page.resize(std::min<std::size_t>(made.page.size(), 200));
  const std::string text = paging::make_token(secret(), made);
  const auto read = paging::read_token(secret(), text);
  must(read && *read == made);
  must(!paging::read_token(bot::Secret("another"), text));
  std::string changed = text;
  changed[flip % changed.size()] = static_cast<char>(changed[flip % changed.size()] ^ mask);
  must(!paging::read_token(secret(), changed));
  token(changed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  switch (input.byte()) {
    case 'p': forwarded(input); break;
    case 'c': cookies(input); break;
    case 'o': origins(input); break;
    case 'b': ways_back(input); break;
    case 'a': token(input.rest()); break;
    case 's': signed_token(input); break;
    default: break;
  }
  return 0;
}
