// What stands above everything: what is broken in Muster or around it, messages that a person must decide about, and public updates that do not get through.
#include "bot/narrate.hpp"
#include "integrations/console/desk.hpp"

namespace console {

using text::Html;

namespace {

constexpr int kTroubles = 50;
constexpr std::size_t kShown = 5;

const char* what_it_was(const bot::Content& content) {
  if (std::holds_alternative<bot::PublicUpdate>(content)) return "The public update";
  if (std::holds_alternative<bot::PagePerson>(content)) return "A page";
  if (std::holds_alternative<bot::OpenRoom>(content)) return "Opening the room";
  if (std::holds_alternative<bot::InvitePeople>(content)) return "An invitation to the room";
  if (std::holds_alternative<bot::Announce>(content)) return "The announcement";
  return "A message";
}

/// Whether people were told that this update drags on.
bool is_delayed(const bot::QueuedMessage& queued, const bot::Incident& incident) {
  const auto* update = std::get_if<bot::PublicUpdate>(&queued.message.content);
  if (update == nullptr) return false;
  for (const auto& [page, on] : incident.publication.pages)
    if (on.state == bot::PageState::delayed && queued.message.integration == "statuspage:" + page && (on.ahead.empty() ? on.op : on.ahead) == update->op) return true;
  return false;
}

void add_trouble(Html& html, const bot::QueuedMessage& queued, const FormContext& context) {
  const bool is_public = std::holds_alternative<bot::PublicUpdate>(queued.message.content);
  const bool held = queued.state == bot::MessageState::held;
  const std::string incident = "INC-" + std::to_string(queued.message.incident);
  html.open("li").element("a", incident, {{"href", "/incidents/" + incident}});
  html.text(std::string(" ") + what_it_was(queued.message.content) + " for " + bot::integration_name(queued.message.integration));
  const bool waits = bot::is_open(queued.state) && !held;
  html.text(held ? " is held: it may or may not have arrived." : waits ? " is not through yet." : " was not delivered, and no more tries will be made.");
  if (!queued.problem.empty()) html.text(" ").element("span", queued.problem, {{"class", "dim"}});
  if (waits) {
    html.text(" Muster keeps trying.");
  } else if (is_public && held) {
    html.open("span", {{"class", "buttons"}});
    add_held_buttons(html, context);
    html.close();
  } else if (is_public) {
    html.text(" Publish it again with ").element("code", "public").text(", or say it there by hand.");
  } else {
    html.text(" Tell people another way.");
  }
  html.close();
}

}  // namespace

bot::Status Desk::add_troubles(Html& html, Look& look, const Visitor& visitor) {
  if (!look.troubled) {
    auto read = reader_.troubled(kTroubles);
    if (!read) return read.error();
    look.troubled = std::move(*read);
  }
  std::vector<const bot::QueuedMessage*> shown;
  for (const auto& queued : *look.troubled) {
    const auto about = incident(look, visitor, queued.message.incident);
    if (!about) return about.error();
    // A message lost to an incident that is over helps nobody; a held one waits until somebody decides.
    if (!*about || (queued.state == bot::MessageState::dead && !(*about)->takes_changes())) continue;
    // A first try that failed a moment ago is nobody's news yet.
    if (bot::is_open(queued.state) && queued.state != bot::MessageState::held && !is_delayed(queued, **about)) continue;
    shown.push_back(&queued);
  }
  if (shown.empty()) return bot::Done{};
  html.open("div", {{"class", "notice warning"}, {"role", "alert"}}).open("ul");
  for (std::size_t i = 0; i < shown.size() && i < kShown; ++i) add_trouble(html, *shown[i], form(visitor, shown[i]->message.incident));
  const bool all_read = look.troubled->size() < static_cast<std::size_t>(kTroubles);
  if (shown.size() > kShown) html.element("li", std::string("and ") + (all_read ? "" : "at least ") + std::to_string(shown.size() - kShown) + " more");
  html.close().close();
  return bot::Done{};
}

bot::Result<Html> Desk::banner(Look& look, const Visitor& visitor) {
  Html html;
  for (const auto& notice : notices_ ? notices_() : std::vector<Notice>{})
    html.open("div", {{"class", "notice bad"}, {"role", "alert"}}).element("strong", notice.heading).text(" " + notice.words).close();
  if (const auto added = add_troubles(html, look, visitor); !added) return added.error();
  return html;
}

}  // namespace console
