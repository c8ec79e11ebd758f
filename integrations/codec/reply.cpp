// Reply, facts and person ⇄ JSON.
#include "bot/request.hpp"

#include "integrations/codec/cards.hpp"
#include "integrations/codec/codec.hpp"

namespace codec {
namespace {

constexpr std::size_t kLongestReply = 4096;
constexpr std::array<const char*, 7> kStatuses{"ok", "invalid", "forbidden", "not_found", "conflict", "unavailable", "maybe_recorded"};

std::string write_reply(const bot::Reply& reply, const bot::Card& card) {
  TextWriter w(512);
  w.begin_object();
  w.name("v").number(1);
  if (reply.status != bot::ReplyStatus::ok) w.name("status").string(kStatuses[static_cast<std::size_t>(reply.status)]);
  if (reply.incident) w.name("incident").number(*reply.incident);
  if (!reply.fingerprint.empty()) w.name("fingerprint").string(reply.fingerprint);
  if (reply.retry_after) w.name("retry_after").number(reply.retry_after->count());
  w.name("card");
  write(w, card);
  w.end_object();
  return w.take();
}

std::size_t written_size(const bot::Text& text) {
  TextWriter w;
  write(w, text);
  return w.size() + 1;  // and its comma
}

/// Drops from the end until `excess` bytes are gone or nothing is left.
void drop_last(std::vector<bot::Text>& texts, std::size_t& excess) {
  while (excess > 0 && !texts.empty()) {
    excess -= std::min(excess, written_size(texts.back()));
    texts.pop_back();
  }
}

/// The longest prefix of at most `n` bytes that does not cut a UTF-8 sequence.
std::string cut(const std::string& s, std::size_t n) {
  if (s.size() <= n) return s;
  while (n > 0 && (static_cast<unsigned char>(s[n]) & 0xc0) == 0x80) --n;
  return s.substr(0, n);
}

std::string shortened(const bot::Reply& reply, std::size_t size) {
  bot::Card card = reply.card;
  std::size_t excess = size - kLongestReply;
  drop_last(card.list, excess);
  drop_last(card.paragraphs, excess);
  std::string text = write_reply(reply, card);
  if (text.size() <= kLongestReply) return text;
  card.facts.clear();
  text = write_reply(reply, card);
  if (text.size() <= kLongestReply) return text;
  card.buttons.clear();
  if (card.title.size() > 8) card.title.resize(8);
  for (auto& span : card.title) {  // an escaped byte takes up to six
    span.value = cut(span.value, 60);
    span.label = cut(span.label, 20);
  }
  return write_reply(reply, card);
}

/// A text as itself, or as {"hex":…} when it is not UTF-8: facts are hashed, so they must come back byte for byte.
void write_exact(TextWriter& w, const std::string& raw) {
  if (well_formed(raw)) return w.string(raw);
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : raw) {
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  w.begin_object();
  w.name("hex").string(hex);
  w.end_object();
}

std::string read_exact(const nlohmann::json& j, Problem& problem) {
  if (const auto* s = j.get_ptr<const std::string*>()) return *s;
  std::string hex;
  if (j.is_object()) Fields(j, problem).read("hex", hex);
  else problem.note("facts", "a list of pairs of texts");
  std::string out;
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) problem.note("hex", "hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

}  // namespace

std::string encode(const bot::Reply& reply) {
  std::string text = write_reply(reply, reply.card);
  return text.size() <= kLongestReply ? text : shortened(reply, text.size());
}

bot::Result<bot::Reply> decode_reply(const std::string& text) {
  auto parsed = parse_stored("reply", text);
  if (!parsed) return parsed.error();
  Problem problem;
  const Fields f(*parsed, problem);
  bot::Reply reply;
  f.read_word("status", kStatuses, reply.status);
  if (f.find("incident") != nullptr) {
    std::int64_t n = 0;
    f.read("incident", n);
    reply.incident = n;
  }
  if (f.find("retry_after") != nullptr) {
    std::int64_t n = 0;
    f.read("retry_after", n);
    reply.retry_after = bot::Millis{n};
  }
  if (f.find("fingerprint") != nullptr) f.read("fingerprint", reply.fingerprint);
  if (const auto* card = f.find("card")) reply.card = read_card(Fields(*card, problem));
  if (problem.any()) return damaged("reply", problem.words());
  return reply;
}

std::string encode(const bot::Facts& facts) {
  TextWriter w(64);
  w.begin_object();
  w.name("v").number(1);
  if (!facts.empty()) {
    w.name("facts").begin_array();
    for (const auto& [name, value] : facts) {
      w.begin_array();
      write_exact(w, name);
      write_exact(w, value);
      w.end_array();
    }
    w.end_array();
  }
  w.end_object();
  return w.take();
}

bot::Result<bot::Facts> decode_facts(const std::string& text) {
  auto parsed = parse_stored("list of facts", text);
  if (!parsed) return parsed.error();
  Problem problem;
  bot::Facts facts;
  Fields(*parsed, problem).each("facts", [&](const nlohmann::json& pair) {
    if (!pair.is_array() || pair.size() != 2) return problem.note("facts", "a list of pairs of texts");
    std::string name = read_exact(pair[0], problem);
    facts.emplace_back(std::move(name), read_exact(pair[1], problem));
  });
  if (problem.any()) return damaged("list of facts", problem.words());
  return facts;
}

std::string encode(const bot::Person& person) {
  TextWriter w;
  w.begin_object();
  w.name("v").number(1);
  w.name("id").string(person.id);
  w.name("name").string(person.name);
  if (person.admin) w.name("admin").boolean(true);
  w.name("identities").begin_object();
  for (const auto& [integration, id] : person.identities) w.outside_name(integration).string(id);
  w.end_object();
  if (!person.webhook.empty()) w.name("webhook").string(person.webhook);
  w.end_object();
  return w.take();
}

bot::Result<bot::Person> decode_person(const std::string& text) {
  auto parsed = parse_stored("person", text);
  if (!parsed) return parsed.error();
  Problem problem;
  const Fields f(*parsed, problem);
  bot::Person person;
  f.read("id", person.id);
  f.read("name", person.name);
  f.read("admin", person.admin);
  f.read("identities", person.identities);
  f.read("webhook", person.webhook);
  if (!problem.any() && person.id.empty()) problem.note("id", "a text with at least one character");
  if (problem.any()) return damaged("person", problem.words());
  return person;
}

}  // namespace codec
