// Forms as Slack's modals: bot::Form → view, what was typed → arguments, and the ticket a view carries through Slack and back. Pure.
// Place: used by modals.cpp. Limits: Slack's Block Kit reference, kept with a margin.
// Errors: what comes back from Slack is outside text; what does not fit is left out, a ticket that does not fit is none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bot/form.hpp"
#include "bot/people.hpp"
#include "integrations/slack/render.hpp"

namespace slack {

inline constexpr const char* kFormCallback = "muster_form";
inline constexpr const char* kPickCallback = "muster_pick";
inline constexpr const char* kPickArg = "incident";

/// A message that a shortcut was used on.
struct Origin {
  std::string channel, ts, thread, text, author, author_name;
  bool whole = true;  ///< false: the text was cut to travel with a view
};

/// What a modal must know when it comes back (private_metadata). Signed only as far as Slack's request is: its verb and incident are decided
/// on like anything typed, with the submitter's rights.
struct Ticket {
  std::string verb;
  std::optional<std::int64_t> incident;
  std::string room;                          ///< where it was opened; "" = nowhere
  int revision = 0;                          ///< of the fields: Slack keeps what was typed as long as a block's name stays
  std::map<std::string, std::string> was;    ///< argument → marks of what stood there and of what could be chosen when it opened
  std::optional<Origin> origin;
};

std::string encode(const Ticket& ticket);  ///< at most 2,900 code points; an origin's text is cut to fit
std::optional<Ticket> decode_ticket(const std::string& private_metadata);
/// A short digest of a value: whether it changed, not what it was.
std::string mark_of(const std::string& value);
/// "value's mark.choices' mark"
std::string marks_of(const bot::Field& field);
/// Those of all the form's fields as they open.
std::map<std::string, std::string> marks_of(const bot::Form& form);
/// A choice's label as it is drawn, or "" when the field has no such choice.
std::string label_of(const bot::Field& field, const std::string& value);

/// A view that can be opened within Slack's three seconds, to be filled in a moment.
std::string loading_view(const std::string& title);
/// Words in a modal, with nothing to send.
std::string notice_view(const std::string& title, const bot::Card& card, const View& view);
/// `notes`: argument → words beside that field, in place of its hint. `above`: words on top, or "".
std::string form_view(const bot::Form& form, const Ticket& ticket, const bot::People& people, const std::map<std::string, std::string>& notes = {},
                      const std::string& above = "");
/// "Which incident?" of a message shortcut outside an incident's room.
std::string pick_view(const std::vector<bot::Choice>& incidents, const Ticket& ticket);

/// A submitted field: the block it stood in and what was entered; "" = left empty. `label`: of a choice, as the person saw it.
struct Entered { std::string arg, block, value, label; };
/// In the form's order.
std::vector<Entered> entered(const nlohmann::json& view);

}  // namespace slack
