// Cards as Slack shows them: Block Kit for the eye, a plain fallback for notifications and screen readers. Pure.
// Place: used by the sender and by the inbound routes. Limits: Slack's Block Kit reference, kept with a margin of 10 %.
#pragma once

#include <functional>
#include <string>

#include "bot/card.hpp"
#include "bot/people.hpp"

namespace slack {

/// Where and for whom a card is drawn.
struct View {
  const bot::People& people;
  std::string command = "/incident";  ///< what people type before a verb
  std::int64_t incident = 0;          ///< the incident its buttons act on; 0 = none
  std::function<std::string(std::int64_t)> room;  ///< channel id of an incident's room, or ""; may be empty
};

struct Rendered {
  std::string text;    ///< fallback markup, at most 2,800 code points, never empty
  std::string blocks;  ///< JSON array, at most 45 blocks
};

Rendered render(const bot::Card& card, const View& view);
/// One line or paragraph as markup.
std::string markup(const bot::Text& text, const View& view);
/// The same in words alone, for plain_text objects, where Slack interprets nothing.
std::string plain_line(const bot::Text& text, const View& view);
/// A whole card in words alone, without its facts.
std::string sentence_of(const bot::Card& card, const View& view);

}  // namespace slack
