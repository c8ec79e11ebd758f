// Neutral cards as HTML: spans, facts, paragraphs, list, buttons. User text is text here, whatever it holds.
// Place: replies in the stream and the incident's own card. Pure.
#pragma once

#include <vector>

#include "bot/card.hpp"
#include "bot/env.hpp"
#include "bot/people.hpp"
#include "integrations/text/html.hpp"

namespace console {

/// One verb as the command line and the buttons know it. Filled by main from the commands' table.
struct VerbHint {
  std::string verb;    ///< "role"
  std::string form;    ///< "role ROLE [PERSON]": capitals are filled in, brackets are optional
  std::string help;    ///< one sentence
  bool query = false;  ///< asks and records nothing
};

/// True when the command is a bare verb whose form still wants something: its button fills the command line instead of sending.
bool wants_more(const std::vector<VerbHint>& verbs, const std::string& command);

/// What a button posts along with its command.
struct FormContext {
  const bot::People& people;
  const std::vector<VerbHint>& verbs;
  std::string form_token;
  std::int64_t incident = 0;  ///< implied incident; 0 = none
  std::string key;            ///< one per rendering: pressing twice sends the same request twice, which is recorded once
};

void add_text(text::Html& html, const bot::Text& spans, const bot::People& people);
/// "14:02:11 UTC", after the date when `with_date`; the reader's own zone is added by the script.
void add_time(text::Html& html, bot::Time at, bool with_date);
void add_button(text::Html& html, const bot::Button& button, const FormContext& context);
/// What a person may do about a public update that may or may not show: look again, send again, drop it.
void add_held_buttons(text::Html& html, const FormContext& context);
void add_card(text::Html& html, const bot::Card& card, const FormContext& context);

}  // namespace console
