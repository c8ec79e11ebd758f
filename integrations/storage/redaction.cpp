#include "integrations/storage/redaction.hpp"

#include <algorithm>

#include "bot/addressing.hpp"
#include "bot/incident.hpp"

namespace storage {
namespace {

using bot::EntryKind;

/// A shortened copy keeps at least this much of the beginning; shorter texts are only looked for whole.
constexpr std::size_t kBeginning = 24;
constexpr std::size_t kLittle = 8;
constexpr std::size_t kTelling = 3;  // so many letters of a title make a room's name suspect

enum class Origin { own, other, unknown };

Origin origin_of(const bot::Entry& redacted, MadeOf from) {
  if (from.first == 0 && from.last == 0) return Origin::unknown;
  return from.first <= redacted.seq && redacted.seq <= from.last ? Origin::own : Origin::other;
}

bool is_title(const bot::Entry& e) { return e.kind == EntryKind::declared || e.kind == EntryKind::renamed; }
bool has_public_title(const bot::Entry& e) { return e.kind == EntryKind::public_update && bot::fact(e.facts, "titled") == "yes"; }

/// Each text of the entry that stands somewhere by itself.
std::vector<std::string> words_of(const bot::Entry& e) {
  if (e.kind != EntryKind::public_update) return {e.text.value_or("")};
  const auto words = bot::public_words(e);
  std::vector<std::string> out{words.body.value_or("")};
  if (has_public_title(e)) out.push_back(words.title);
  return out;
}

/// Of what other requests made, these words are known by their place: the whole of a field or of a span.
std::string words_elsewhere(const bot::Entry& e) {
  if (is_title(e)) return e.text.value_or("");
  return has_public_title(e) ? bot::public_words(e).title : "";
}

bool has_beginning(const std::string& s, const std::string& text) {
  return text.size() > kBeginning && s.find(text.data(), 0, kBeginning) != std::string::npos;
}

bool holds(const std::string& s, const std::string& text) { return s.find(text) != std::string::npos || has_beginning(s, text); }

/// In a string that was made of the text, among other words of ours.
bool take_out(std::string& s, const std::string& text) {
  static const std::string mark = bot::kRedacted;
  if (s == mark || !holds(s, text)) return false;
  for (std::size_t at = 0; (at = s.find(text, at)) != std::string::npos; at += mark.size()) s.replace(at, text.size(), mark);
  if (has_beginning(s, text)) s = mark;
  return true;
}

/// Replaces the string when it is the text, alone, after a drill's mark or after mere punctuation.
bool replace_whole(std::string& s, const std::string& text) {
  if (text.empty() || !s.ends_with(text)) return false;
  const std::string before = s.substr(0, s.size() - text.size());
  if (before != "DRILL: " && before.find_first_not_of(" .:(\"") != std::string::npos) return false;
  s = before + bot::kRedacted;
  return true;
}

bool is_words(bot::SpanKind kind) { return kind != bot::SpanKind::person && kind != bot::SpanKind::room && kind != bot::SpanKind::time; }

/// Calls `use` for every string of a card that may hold somebody's words.
template <class CardLike, class Use>
void each_string(CardLike& card, Use use) {
  auto in_text = [&](auto& spans) {
    for (auto& span : spans) {
      if (is_words(span.kind)) use(span.value);
      use(span.label);
    }
  };
  in_text(card.title);
  for (auto& fact : card.facts) {
    use(fact.label);
    in_text(fact.value);
  }
  for (auto& text : card.paragraphs) in_text(text);
  for (auto& text : card.list) in_text(text);
  for (auto& button : card.buttons) {
    use(button.label);
    use(button.command);
  }
}

/// Words stand in a span of their own wherever they can; so little that any word of ours may hold it is not looked for elsewhere then.
bool scrub_own(bot::Card& card, const std::string& text) {
  if (text.empty()) return false;
  bool changed = false;
  each_string(card, [&](std::string& s) { changed |= replace_whole(s, text); });
  if (!changed || text.size() > kLittle) each_string(card, [&](std::string& s) { changed |= take_out(s, text); });
  return changed;
}

bool scrub_whole(bot::Card& card, const std::string& text) {
  bool changed = false;
  each_string(card, [&](std::string& s) { changed |= replace_whole(s, text); });
  return changed;
}

/// A topic ends in the title, which may be cut there: "INC-7 SEV1 Investigating | no commander yet | checkout ret…".
bool ends_in(const std::string& topic, const std::string& title, std::size_t& at) {
  static const std::string before = " | ", cut = "…";
  for (at = topic.find(before); at != std::string::npos; at = topic.find(before, at)) {
    at += before.size();
    std::string rest = topic.substr(at);
    if (rest == title) return true;
    if (rest.size() > cut.size() && rest.ends_with(cut) && title.starts_with(rest.substr(0, rest.size() - cut.size()))) return true;
  }
  return false;
}

class Scrub {
 public:
  Scrub(const bot::Entry& redacted, Origin origin, bool tried) : redacted_(redacted), origin_(origin), tried_(tried), elsewhere_(words_elsewhere(redacted)) {}

  bool operator()(bot::OpenRoom& c) const {
    if (!is_title(redacted_) || !replace_whole(c.title, elsewhere_)) return false;
    if (!is_of_title(c.name)) return true;
    if (tried_ && c.before.empty()) c.before = c.name;
    c.name = numbered();
    return true;
  }
  bool operator()(bot::SetTopic& c) const {
    std::size_t at = 0;
    if (!is_title(redacted_) || !ends_in(c.topic, elsewhere_, at)) return false;
    c.topic.replace(at, std::string::npos, bot::kRedacted);
    if (is_of_title(c.name)) c.name = numbered();
    return true;
  }
  bool operator()(bot::Say& c) const { return card(c.card); }
  bool operator()(bot::Announce& c) const { return card(c.card); }
  bool operator()(bot::PublicUpdate& c) const {
    if (redacted_.kind != EntryKind::public_update) return false;
    const std::string& made = bot::fact(redacted_.facts, "title");
    bool changed = false;
    if (!elsewhere_.empty() && c.title == elsewhere_) {
      c.title = made;
      changed = true;
    }
    if (c.op != bot::fact(redacted_.facts, "op") || c.body.empty()) return changed;
    c.body.clear();
    return true;
  }
  bool operator()(bot::PagePerson& c) const {
    bool changed = is_title(redacted_) && replace_whole(c.title, elsewhere_);
    if (origin_ == Origin::other || redacted_.text->empty()) return changed;
    const bool whole = replace_whole(c.text, *redacted_.text);
    return changed | whole | (!whole && origin_ == Origin::own && take_out(c.text, *redacted_.text));
  }
  bool operator()(bot::InvitePeople&) const { return false; }
  bool operator()(bot::PostSummary&) const { return false; }
  bool operator()(bot::PinSummary&) const { return false; }
  bool operator()(bot::EditSummary&) const { return false; }
  bool operator()(bot::ArchiveRoom&) const { return false; }
  bool operator()(bot::AddBookmarks&) const { return false; }

 private:
  /// A room's name that was made of the redacted title, as far as can be told.
  bool is_of_title(const std::string& room) const {
    return !room.empty() && room.find(bot::room_name("{slug}", redacted_.incident, elsewhere_).substr(0, kTelling)) != std::string::npos;
  }
  std::string numbered() const { return bot::room_name("", redacted_.incident, ""); }
  bool card(bot::Card& c) const {
    if (origin_ == Origin::other) return scrub_whole(c, elsewhere_);
    bool changed = false;
    for (const auto& text : words_of(redacted_)) changed |= origin_ == Origin::own ? scrub_own(c, text) : scrub_whole(c, text);
    return changed;
  }

  const bot::Entry& redacted_;
  const Origin origin_;
  const bool tried_;
  const std::string elsewhere_;
};

}  // namespace

MadeOf made_of(const std::vector<bot::Entry>& decided) {
  return decided.empty() ? MadeOf{1, 0} : MadeOf{decided.front().seq, decided.back().seq};
}

bool scrub(bot::Content& content, const bot::Entry& redacted, MadeOf from, bool tried) {
  if (!redacted.text) return false;
  return std::visit(Scrub{redacted, origin_of(redacted, from), tried}, content);
}

bool carries(const bot::Reply& reply, const bot::Entry& redacted, MadeOf from) {
  const Origin origin = origin_of(redacted, from);
  const auto texts = origin == Origin::other ? std::vector<std::string>{words_elsewhere(redacted)} : words_of(redacted);
  bool found = false;
  each_string(reply.card, [&](const std::string& s) {
    found |= std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return !text.empty() && (origin == Origin::own ? holds(s, text) : s == text); });
  });
  return found;
}

bot::Reply without_words(const bot::Reply& reply) {
  bot::Reply out;
  out.status = reply.status;
  out.incident = reply.incident;
  out.card.tone = reply.card.tone;
  out.card.title = {bot::plain(bot::kRedacted)};
  return out;
}

}  // namespace storage
