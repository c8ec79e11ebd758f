// Cards as JSON: shared by replies and messages.
#pragma once

#include "bot/card.hpp"
#include "integrations/codec/fields.hpp"
#include "integrations/codec/text_writer.hpp"

namespace codec {

inline constexpr std::array<const char*, 7> kSpanKinds{"text", "strong", "code", "person", "room", "time", "link"};
inline constexpr std::array<const char*, 4> kTones{"neutral", "good", "warning", "bad"};

void write(TextWriter& w, const bot::Text& text);
void write(TextWriter& w, const bot::Card& card);
bot::Card read_card(const Fields& fields);

}  // namespace codec
