#include "integrations/storage/redaction.hpp"

#include "bot/incident.hpp"

namespace storage {
namespace {

/// A shortened copy keeps at least this much of the beginning; shorter texts are only looked for whole.
constexpr std::size_t kBeginning = 24;

bool has_beginning(const std::string& s, const std::string& text) {
  return text.size() > kBeginning && s.find(text.data(), 0, kBeginning) != std::string::npos;
}

bool scrub_string(std::string& s, const std::string& text) {
  bool changed = false;
  for (std::size_t at = 0; (at = s.find(text, at)) != std::string::npos; changed = true) {
    s.replace(at, text.size(), bot::kRedacted);
    at += std::string(bot::kRedacted).size();
  }
  if (has_beginning(s, text)) {
    s = bot::kRedacted;
    changed = true;
  }
  return changed;
}

/// Calls `use` for every string of a card that a reader sees.
template <class CardLike, class Use>
void each_string(CardLike& card, Use use) {
  auto in_text = [&](auto& spans) {
    for (auto& span : spans) {
      use(span.value);
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

struct Scrub {
  const std::string& text;
  bool changed = false;
  void one(std::string& s) { changed |= scrub_string(s, text); }
  void card(bot::Card& c) {
    each_string(c, [this](std::string& s) { one(s); });
  }
  void operator()(bot::OpenRoom& c) { one(c.title); }
  void operator()(bot::SetTopic& c) { one(c.topic); }
  void operator()(bot::Say& c) { card(c.card); }
  void operator()(bot::Announce& c) { card(c.card); }
  void operator()(bot::PublicUpdate& c) {
    one(c.title);
    one(c.body);
  }
  void operator()(bot::PagePerson& c) {
    one(c.title);
    one(c.text);
  }
  void operator()(bot::InvitePeople&) {}
  void operator()(bot::PostSummary&) {}
  void operator()(bot::PinSummary&) {}
  void operator()(bot::EditSummary&) {}
  void operator()(bot::ArchiveRoom&) {}
  void operator()(bot::AddBookmarks&) {}
};

}  // namespace

bool scrub(bot::Content& content, const std::string& text) {
  if (text.empty()) return false;
  Scrub visitor{text};
  std::visit(visitor, content);
  return visitor.changed;
}

bool carries(const bot::Reply& reply, const std::string& text) {
  if (text.empty()) return false;
  bool found = false;
  each_string(reply.card, [&](const std::string& s) { found |= s.find(text) != std::string::npos || has_beginning(s, text); });
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
