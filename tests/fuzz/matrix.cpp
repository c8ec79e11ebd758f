// What a homeserver and its members send: events, answers of /sync, messages with their HTML, JSON of any kind. Whatever comes is read or passed
// over; what is believed is whole; and what was typed comes out as it was typed.
// The first byte says which: e an event, s an answer of /sync, c the content of a message, h a message's HTML, t a person's words, j JSON.
#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/http/server.hpp"
#include "integrations/matrix/homeserver.hpp"
#include "integrations/matrix/json.hpp"
#include "integrations/matrix/pills.hpp"
#include "integrations/matrix/sync_answer.hpp"
#include "integrations/matrix/typed.hpp"
#include "integrations/text/html.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using fuzz::must;
using nlohmann::json;

const std::string kSelf = "@muster:hs";
const bot::Time kNow{bot::Millis{1795448538000}};

void believed(const matrix::Event& e) {
  must(e.id.size() >= 2 && e.id.size() <= 255 && e.id[0] == '$');
  must(e.room.size() >= 2 && e.room.size() <= 255 && e.room[0] == '!');
  must(!e.type.empty() && e.type.size() <= 255 && !matrix::server_of(e.sender).empty());
  must(e.at <= kNow && e.at > bot::Time{});
  must(e.content.is_object() && e.about.is_object() && !e.about.contains("redacted_because"));
  // What is kept of a reaction reads as the reaction.
  const auto again = matrix::read_event(matrix::small_json(e), "", kNow);
  must(again && again->id == e.id && again->room == e.room && again->sender == e.sender && again->at == e.at);
  must(again->relation() == e.relation() && again->related() == e.related());
}

void sync_answer(const json& answer) {
  const auto read = matrix::read_sync(answer, kSelf, kNow);
  for (const auto& news : read.joined) {
    for (const auto& e : news.events) {
      believed(e);
      must(e.room == news.room);
    }
    const std::size_t from = matrix::own_entrance(news.events, kSelf);
    must(from == 0 || from < news.events.size());
    for (const auto& [id, name] : news.names) must(!name.empty());
  }
  for (const auto& [room, inviter] : read.invited) must(!inviter.empty());
}

bool blank_edge(const std::string& s) {
  const std::string blanks = " \t\r\n";
  return !s.empty() && (blanks.find(s.front()) != std::string::npos || blanks.find(s.back()) != std::string::npos);
}

/// Every token in `words` names somebody.
void tokens_are_people(const std::string& words) {
  const std::string begin = "<@matrix:";
  for (std::size_t at = 0; (at = words.find(begin, at)) != std::string::npos; at += begin.size()) {
    const std::size_t from = at + begin.size(), end = words.find_first_of("|>", from);
    if (end == std::string::npos) return;
    must(!matrix::server_of(words.substr(from, end - from)).empty());
  }
}

void message(const json& content) {
  const matrix::Called called{kSelf, "Muster", {"!incident"}};
  const std::string words = matrix::neutral_text(content);
  must(text::is_valid_utf8(words));
  // A person may type something like a token; then it is nobody's promise.
  if (matrix::text_at(content, "body").find("<@matrix:") == std::string::npos) tokens_are_people(words);
  const auto command = matrix::command_in(content, called);
  if (!command) return;
  must(!blank_edge(*command) && text::is_valid_utf8(*command));
  must(matrix::text_at(content, "msgtype") == "m.text");
  must(matrix::text_at(matrix::object_at(content, "m.relates_to"), "rel_type") != "m.replace");
}

void html(const std::string& raw) {
  const std::string markup = text::valid_utf8(raw), words = matrix::text_of(markup);
  for (const auto& pill : matrix::pills_in(markup)) {
    must(!matrix::server_of(pill.user_id).empty());
    must(pill.at <= words.size() && words.compare(pill.at, pill.label.size(), pill.label) == 0);
  }
  must(matrix::text_of(text::escape_html(markup)) == text::clean(markup));
  // Whoever is linked as a pill is found again in the words.
  const std::string label = text::clean(text::valid_utf8(raw.substr(0, 40)), true);
  if (label.find_first_of("<>|@\n\r") != std::string::npos || label.find_first_not_of(" \t") == std::string::npos) return;
  const std::string linked = "page <a href=\"https://matrix.to/#/%40bob%3Ahs\">" + text::escape_html(label) + "</a>";
  const std::string read = matrix::with_person_tokens("page " + label, linked);
  must(read.find("<@matrix:@bob:hs") != std::string::npos);
}

/// What is typed after the prefix arrives as it was typed.
void typed(const std::string& raw) {
  std::string words = text::valid_utf8(raw.substr(0, 4000));
  if (words.find('@') != std::string::npos) return;
  const auto command = matrix::command_in({{"msgtype", "m.text"}, {"body", "!incident " + words}}, {kSelf, "Muster", {"!incident"}});
  const std::string blanks = " \t\r\n";
  const auto from = words.find_first_not_of(blanks);
  must(command && *command == (from == std::string::npos ? "" : words.substr(from, words.find_last_not_of(blanks) - from + 1)));
}

void any_json(const std::string& raw) {
  const json read = matrix::parse_tolerant(raw);
  if (const auto strict = codec::parse(raw)) must(*strict == read);
  if (!read.is_null()) must(matrix::parse_tolerant(codec::dump(read)) == read);
  // One bad string never spoils the rest: whatever bytes it is made of, and whatever halves of characters it names.
  std::string bytes, units;
  static constexpr char digits[] = "0123456789abcdef";
  for (const char c : raw.substr(0, 2000)) {
    if (c != '"' && c != '\\') bytes += c;
    const auto b = static_cast<unsigned char>(c);
    if (units.size() % 6 == 0) units += "\\u";
    units += digits[b >> 4];
    units += digits[b & 15];
  }
  if (units.size() % 6 != 0) units.resize(units.size() - units.size() % 6);
  for (const auto& value : {bytes, units}) {
    const json whole = matrix::parse_tolerant("{\"a\":\"" + value + "\",\"b\":7}");
    must(matrix::number_at(whole, "b") == 7 && matrix::value_at(whole, "a").is_string());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const char which = static_cast<char>(input.byte());
  const std::string rest = input.rest();
  if (which == 'h') html(rest);
  if (which == 't') typed(rest);
  if (which == 'j') any_json(rest);
  if (which == 'c') message(matrix::parse_tolerant(rest));
  if (which == 's') sync_answer(matrix::parse_tolerant(rest));
  if (which == 'e')
    for (const char* room : {"", "!room:hs"})
      if (const auto e = matrix::read_event(matrix::parse_tolerant(rest), room, kNow)) believed(*e);
  return 0;
}
