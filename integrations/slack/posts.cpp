#include "integrations/slack/posts.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/announcement.hpp"
#include "bot/log.hpp"
#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr const char* kEventType = "muster_message";
constexpr const char* kAnnouncement = "announcement";  ///< the reference: the announcement's ts in its channel
constexpr int kPages = 10;
constexpr bot::Millis kClocksApart{60000};

bot::Accepted posted(const Session& session, const std::string& ts) {
  const bot::Content& content = session.message.content;
  // The first one that leads into the room is edited from then on; what comes later stands for itself.
  if (const auto* announced = std::get_if<bot::Announce>(&content); announced != nullptr && bot::leads_into_room(announced->card) && session.context.reference(kAnnouncement).empty())
    return {{bot::Reference{session.message.incident, kIntegration, kAnnouncement, ts}}, ""};
  if (!std::holds_alternative<bot::PostSummary>(content) && !std::holds_alternative<bot::EditSummary>(content)) return {};
  return {{bot::Reference{session.message.incident, kIntegration, "summary", ts}}, ""};
}

bot::SendResult post(Session& session, const std::string& channel, const bot::Card& card) {
  const Rendered drawn = render(card, session.view());
  const std::string mark = codec::dump({{"event_type", kEventType}, {"event_payload", {{"op", session.message.id}}}});
  const Arguments arguments{{"channel", channel},        {"text", drawn.text},      {"blocks", drawn.blocks},
                            {"unfurl_links", "false"},   {"unfurl_media", "false"}, {"metadata", mark}};
  json answer;
  if (const auto problem = session.api.call_in(channel, "chat.postMessage", arguments, session.budget, answer))
    return channel == session.room() ? in_room(*problem) : send_result(*problem);
  const std::string ts = text_at(answer, "ts");
  if (ts.empty()) return bot::Doubtful{"Slack posted the message but did not say where"};
  return posted(session, ts);
}

/// The public is told by a form, where there is a page and the incident may be on it; who may not publish hears so when they press.
void add_public_button(const Session& session, bot::Card& card) {
  const bot::Incident& incident = session.context.incident;
  const bool over = incident.publication.state.empty() || incident.publication.state == "resolved";
  const bool of_use = incident.phase == bot::Phase::open || (incident.phase == bot::Phase::resolved && !over);
  if (session.settings.status_pages.empty() || incident.is_private || incident.is_drill || !of_use) return;
  const auto update = std::find_if(card.buttons.begin(), card.buttons.end(), [](const bot::Button& button) { return button.command == "update"; });
  const auto before = update == card.buttons.end() ? card.buttons.begin() : std::next(update);
  card.buttons.insert(before, {"Public update", "public", false, true});
}

bot::Card summary(const Session& session) {
  bot::Card card = bot::summary_card(session.context.incident, session.clock.now());
  add_public_button(session, card);
  return card;
}

std::string upper(std::string s) {
  for (char& c : s)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return s;
}

bot::Card page_card(const Session& session, const bot::PagePerson& page) {
  bot::Card card;
  card.title = {bot::plain("You are paged for "), bot::strong(session.incident_name()), bot::plain(" " + upper(page.severity) + ": " + page.title)};
  if (!page.text.empty()) card.paragraphs.push_back({bot::plain(page.text)});
  bot::Text how{bot::plain("Acknowledge: "), bot::code(session.incident_name() + " ack")};
  if (!page.ack_path.empty()) {
    std::string base = session.settings.server.public_url;
    while (!base.empty() && base.back() == '/') base.pop_back();
    how.push_back(bot::plain(" or "));
    how.push_back(bot::link(base + page.ack_path, "acknowledge in the browser"));
  }
  card.paragraphs.push_back(std::move(how));
  if (!session.room().empty()) card.paragraphs.push_back({bot::plain("Room: "), bot::room_of(session.message.incident)});
  card.buttons.push_back({"Acknowledge", session.incident_name() + " ack", true});
  return card;
}

/// The channel of a direct message to the person. Opening it is idempotent, so its doubts are not the page's.
std::optional<Problem> open_dm(Session& session, const std::string& person, std::string& channel) {
  const std::string user = user_id_of(session.people, person);
  if (user.empty())
    return Problem{Outcome::refused, "", session.people.name_of(person) + " is not known in Slack: add people.slack in the settings.", {}};
  json answer;
  auto problem = session.api.call("conversations.open", {{"users", user}}, session.budget, answer);
  if (problem && problem->outcome == Outcome::doubtful) problem->outcome = Outcome::not_sent;
  if (problem) return problem;
  channel = text_at(answer.value("channel", json::object()), "id");
  if (channel.empty()) return Problem{Outcome::not_sent, "", "Slack opened a direct message but did not say where", {}};
  return std::nullopt;
}

bool carries(const json& found, const std::string& message_id) {
  if (!found.is_object()) return false;
  const json metadata = found.value("metadata", json::object());
  if (text_at(metadata, "event_type") != kEventType) return false;
  return text_at(metadata.value("event_payload", json::object()), "op") == message_id;
}

std::string seconds_text(bot::Time t) {
  const auto ms = t.time_since_epoch().count();
  const std::string micro = std::to_string(1000000 + ms % 1000 * 1000).substr(1);
  return std::to_string(ms / 1000) + "." + micro;
}

/// Where a post of this content goes; "" with a Problem when it cannot be known.
std::optional<Problem> channel_of(Session& session, const bot::Content& content, std::string& channel) {
  if (const auto* page = std::get_if<bot::PagePerson>(&content)) return open_dm(session, page->person, channel);
  channel = std::holds_alternative<bot::Announce>(content) ? session.settings.slack.announce_channel : session.room();
  return std::nullopt;
}

}  // namespace

bot::SendResult post_summary(Session& session) {
  if (session.room().empty()) return no_room(session);
  return post(session, session.room(), summary(session));
}

bot::SendResult pin_summary(Session& session) {
  const std::string& ts = session.context.reference("summary");
  if (session.room().empty()) return no_room(session);
  if (ts.empty()) return bot::Refused{"The card of " + session.incident_name() + " was not posted in Slack, so it cannot be pinned.", false};
  json answer;
  const auto problem =
      session.api.call_in(session.room(), "pins.add", {{"channel", session.room()}, {"timestamp", ts}}, session.budget, answer);
  if (!problem || problem->code == "already_pinned" || problem->code == "is_archived") return bot::Accepted{};
  return in_room(*problem);
}

/// Somebody deleted the card: it comes back once, pinned, and is the one that is edited from then on. A repeat of this edit finds by its mark
/// what an earlier attempt posted.
static bot::SendResult post_again(Session& session) {
  bot::SendResult result = bot::NotSent{};
  bool found = false;
  if (session.context.first_attempt) {
    auto look = find_post(session, session.message.content);
    if (const auto* blind = std::get_if<bot::CannotLook>(&look)) return bot::NotSent{blind->reason, blind->after, !blind->after};
    if (auto* there = std::get_if<bot::Accepted>(&look)) {
      found = true;
      result = *there;
    }
  }
  if (!found) result = post(session, session.room(), summary(session));
  const auto* accepted = std::get_if<bot::Accepted>(&result);
  if (accepted == nullptr || accepted->references.empty()) return result;
  json answer;  // a card without its pin is still the card
  (void)session.api.call_in(session.room(), "pins.add", {{"channel", session.room()}, {"timestamp", accepted->references.front().id}}, session.budget, answer);
  return result;
}

/// What bystanders read follows the incident by the same message, without a sound. A private one is told no further, and what was said stays said.
static std::optional<Problem> edit_announcement(Session& session) {
  const bot::Incident& incident = session.context.incident;
  const std::string& channel = session.settings.slack.announce_channel;
  const std::string& ts = session.context.reference(kAnnouncement);
  if (ts.empty() || channel.empty() || incident.is_private) return std::nullopt;
  const Rendered drawn = render(bot::announcement_card(incident), session.view());
  if (!session.workspace.announcement_differs(incident.number, drawn.blocks)) return std::nullopt;
  json answer;
  auto problem = session.api.call_in(channel, "chat.update", {{"channel", channel}, {"ts", ts}, {"text", drawn.text}, {"blocks", drawn.blocks}}, session.budget, answer);
  if (problem && problem->outcome == Outcome::refused) {
    bot::log(bot::LogLevel::warning, "slack_announcement_not_edited", {{"incident", incident.number}, {"why", problem->words}});
    problem.reset();  // deleted, or another channel by now: the next ones stand for themselves
  }
  if (!problem) session.workspace.announced(incident.number, drawn.blocks);
  return problem;
}

static bot::SendResult edit_card(Session& session) {
  const std::string& ts = session.context.reference("summary");
  if (session.room().empty() || ts.empty()) {
    // The card is drawn from the incident when it is posted; until that is known an edit can only wait, in ever longer steps.
    const bot::Millis age = session.clock.now() - session.message.created;
    // The last edit stands in line behind the card's own post: a card that is not there by then never was, and the archiving waits.
    if (!session.context.incident.takes_changes()) return bot::Accepted{};
    const bot::Millis wait = age < bot::Millis{60000} ? bot::Millis{1000} : bot::Millis{15000};
    return bot::NotSent{"the card is not posted yet", wait, false};
  }
  const Rendered drawn = render(summary(session), session.view());
  json answer;
  const auto problem = session.api.call_in(session.room(), "chat.update",
                                           {{"channel", session.room()}, {"ts", ts}, {"text", drawn.text}, {"blocks", drawn.blocks}}, session.budget, answer);
  if (!problem || problem->code == "is_archived" || problem->code == "is_inactive") return bot::Accepted{};
  if (problem->code == "message_not_found") return post_again(session);
  return in_room(*problem);
}

bot::SendResult edit_summary(Session& session) {
  bot::SendResult result = edit_card(session);
  if (std::holds_alternative<bot::NotSent>(result) || std::holds_alternative<bot::Doubtful>(result)) return result;  // both are drawn next time
  const auto problem = edit_announcement(session);
  const bool card_stands = std::holds_alternative<bot::Accepted>(result) && std::get<bot::Accepted>(result).references.empty();
  return problem && card_stands ? send_result(*problem) : result;
}

bot::SendResult say(Session& session, const bot::Say& said) {
  if (session.room().empty()) return no_room(session);
  return post(session, session.room(), said.card);
}

bot::SendResult announce(Session& session, const bot::Announce& announcement) {
  const std::string& channel = session.settings.slack.announce_channel;
  if (channel.empty()) return bot::Refused{"No channel for announcements is set: name one in slack.announce_channel.", false};
  bot::SendResult result = post(session, channel, announcement.card);
  const auto* accepted = std::get_if<bot::Accepted>(&result);
  if (accepted != nullptr && !accepted->references.empty()) session.workspace.announced(session.message.incident, render(announcement.card, session.view()).blocks);
  return result;
}

bot::SendResult page_person(Session& session, const bot::PagePerson& page) {
  std::string channel;
  if (const auto problem = open_dm(session, page.person, channel)) return send_result(*problem);
  return post(session, channel, page_card(session, page));
}

bot::FindResult find_post(Session& session, const bot::Content& content) {
  std::string channel, cursor;
  if (const auto problem = channel_of(session, content, channel)) return cannot_look(*problem);
  if (channel.empty()) return bot::Missing{};
  const std::string oldest = seconds_text(session.searched_from() - kClocksApart);
  for (int page = 0; page < kPages; ++page) {
    Arguments arguments{{"channel", channel}, {"oldest", oldest}, {"limit", "200"}, {"include_all_metadata", "true"}};
    if (!cursor.empty()) arguments.emplace_back("cursor", cursor);
    json answer;
    if (const auto problem = session.api.call_in(channel, "conversations.history", arguments, session.budget, answer)) return cannot_look(*problem);
    for (const auto& found : answer.value("messages", json::array()))
      if (carries(found, session.message.id)) return posted(session, text_at(found, "ts"));
    cursor = text_at(answer.value("response_metadata", json::object()), "next_cursor");
    if (cursor.empty()) return bot::Missing{};
  }
  return bot::CannotLook{"too much was said in the Slack channel to look for the message"};
}

}  // namespace slack
