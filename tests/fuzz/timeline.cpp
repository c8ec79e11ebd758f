// The timeline's stored and shown forms: an entry of any kind, with any facts and words, comes back as it was, keeps its hash, folds, and is
// told in one line that starts nothing. Bytes: kind, number of facts, then words that NUL separates.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bot/entry_kinds.hpp"
#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/text/html.hpp"

namespace {

std::vector<std::string> words_of(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < size; ++i)
    if (data[i] == 0) out.emplace_back();
    else out.back() += static_cast<char>(data[i]);
  return out;
}

bot::EntryKind kind_of(std::uint8_t byte) {
  static const auto all = bot::entry_kinds();
  return all[byte % all.size()];
}

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto words = words_of(data + 2, size - 2);
  bot::Entry e;
  e.incident = 7;
  e.seq = 1;
  e.kind = kind_of(data[0]);
  e.actor = {bot::ActorKind::person, words[0], {}, false};
  e.source = "slack";
  e.text = words.back();
  e.text_hash = bot::text_hash(e.salt, *e.text);
  // Facts are made of what commands cleaned; the store's JSON keeps valid UTF-8 exactly.
  const std::size_t facts = std::min<std::size_t>(data[1] % 8, words.size() / 2);
  for (std::size_t i = 0; i < facts; ++i) e.facts.emplace_back(text::valid_utf8(words[2 * i]), text::valid_utf8(words[2 * i + 1]));
  const auto back = codec::decode_facts(codec::encode(e.facts));
  must(back.ok() && *back == e.facts);
  bot::Entry again = e;
  again.facts = *back;
  must(bot::chain_hash({}, again) == bot::chain_hash({}, e));
  (void)codec::decode_facts(words[0]);

  const bot::People people;
  must(codec::parse(codec::dump(codec::view(e, people))).ok());
  bot::Incident incident;
  incident.number = 7;
  bot::apply(incident, e);
  auto row = codec::decode_incident(codec::encode(incident));
  must(row.ok());

  e.text = text::clean(text::valid_utf8(*e.text), true);
  bot::MarkdownTimeline markdown(incident, people);
  (void)markdown.head();
  const std::string line = markdown.lines({e});
  must(line.find("<script") == std::string::npos && line.find('\r') == std::string::npos);
  (void)bot::plain_text(bot::narrate(e, people), people);
  return 0;
}
