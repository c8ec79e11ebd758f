// One incident as the side card, as a row of the list, and what stands in the way of it. Pure.
#pragma once

#include "bot/incident.hpp"
#include "bot/settings.hpp"
#include "integrations/console/card_html.hpp"

namespace console {

struct IncidentContext {
  const bot::Settings& settings;
  FormContext form;
  bot::Time now{};
};

/// Word, colour and shape: nobody needs to see colours to read it.
void add_severity(text::Html& html, const std::string& severity, const bot::Settings& settings);
/// "Investigating", or how it ended.
std::string state_word(const bot::Incident& incident);
void add_row(text::Html& html, const bot::Incident& incident, bool current, const IncidentContext& context);
/// Roles, status, impact, times, public state, buttons.
/// The first line of its card: severity, number, status, how long. The script keeps the duration counting.
void add_head(text::Html& html, const bot::Incident& incident, const IncidentContext& context);
void add_side_card(text::Html& html, const bot::Incident& incident, const IncidentContext& context);

}  // namespace console
