// Cards as Matrix shows them: HTML of the allowed subset for the eye, a plain body for notifications and simple clients, whom it notifies, and
// which reaction presses which button. Pure.
// Place: used by the sender and for answers to commands. Source of the rules: client-server specification, "m.room.message msgtypes" (allowed
// HTML), "User and room mentions", "Size limits" (65,536 bytes for a whole event), appendix "Canonical JSON" (no floats, valid UTF-8).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bot/card.hpp"
#include "bot/people.hpp"

namespace matrix {

/// Where and for whom a card is drawn.
struct View {
  const bot::People& people;
  std::string prefix = "!incident";   ///< what people type before a verb
  std::int64_t incident = 0;          ///< the incident its buttons act on; 0 = none
  std::function<std::string(std::int64_t)> room = {};  ///< address of an incident's room ("https://matrix.to/#/…"), or ""; may be empty
};

/// Pressing is reacting with `key`. The same command has the same key wherever it stands, so that an edit never changes what a key means.
struct Press {
  std::string key;      ///< as clients send it, with U+FE0F where it belongs
  std::string label, command;
  bool primary = false;
};

struct Rendered {
  std::string body, html;             ///< never empty; together far below the size of an event
  std::vector<std::string> mentions;  ///< Matrix ids of the persons that are to be notified
  std::vector<Press> buttons;
  std::size_t listed = 0;             ///< entries of the card's list that are in it
};

Rendered render(const bot::Card& card, const View& view);
/// The card in as many messages as its list takes (eight at most), so that none of its entries is missing; the buttons are on the last.
std::vector<Rendered> render_pages(const bot::Card& card, const View& view);

enum class Loudness {
  quiet,  ///< m.notice: shown muted, and by the predefined push rules it notifies nobody, whoever is mentioned
  loud,   ///< m.text
};
/// Content of an m.room.message. `op`: the message's id, its mark. Loud by itself when it mentions somebody.
nlohmann::json message_content(const Rendered& drawn, const View& view, const std::string& op, Loudness loudness);
/// The same as an edit of the event `original`. An edit notifies nobody.
nlohmann::json edit_content(const Rendered& drawn, const View& view, const std::string& op, const std::string& original);

/// Without U+FE0F and skin tones: how keys are compared, since clients differ.
std::string plain_key(const std::string& key);

}  // namespace matrix
