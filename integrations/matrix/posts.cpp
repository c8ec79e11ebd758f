#include "integrations/matrix/posts.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/narrate.hpp"
#include "integrations/matrix/direct.hpp"
#include "integrations/matrix/private_rooms.hpp"
#include "integrations/matrix/spaces.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/text/address.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr int kPages = 20;
constexpr std::size_t kHints = 3;  // each costs as much of the homeserver's limit as a message
constexpr bot::Millis kClocksApart{60000};
constexpr bot::Millis kTransactionsKept{12 * 3600000};  // half of Synapse's 24 h

bot::Accepted posted(const Session& session, const std::string& event_id) {
  if (!std::holds_alternative<bot::PostSummary>(session.message.content)) return {};
  return {{bot::Reference{session.message.incident, kIntegration, "summary", event_id}}, ""};
}

/// The bot reacts first, so that people only tap. The primary buttons before the others; whatever stands in the way ends it.
void put_hints(Session& session, const std::string& room, const std::string& event_id, std::vector<Press> buttons) {
  std::stable_sort(buttons.begin(), buttons.end(), [](const Press& a, const Press& b) { return a.primary > b.primary; });
  for (std::size_t i = 0; i < buttons.size() && i < kHints; ++i) {
    std::string ignored;
    const json content{{"m.relates_to", {{"rel_type", "m.annotation"}, {"event_id", event_id}, {"key", buttons[i].key}}}};
    const auto problem = session.api.put_event(room, "m.reaction", session.message.id + "-" + plain_key(buttons[i].key), content, session.budget, ignored);
    if (problem && problem->outcome != Outcome::refused) return;
  }
}

enum class Hints { now, later };

bot::SendResult post(Session& session, const std::string& room, const bot::Card& card, Loudness loudness, Hints hints = Hints::now) {
  const View view = session.view();
  const Rendered drawn = render(card, view);
  std::string event_id;
  if (const auto problem = session.api.put_event(room, "m.room.message", session.message.id, message_content(drawn, view, session.message.id, loudness),
                                                 session.budget, event_id))
    return send_result(*problem);
  if (hints == Hints::now) put_hints(session, room, event_id, drawn.buttons);
  return posted(session, event_id);
}

std::string public_address(const Session& session) { return text::without_slash(session.settings.server.public_url); }

bool is_web(const std::string& url) { return url.rfind("https://", 0) == 0 || url.rfind("http://", 0) == 0; }

/// What other chats keep as bookmarks: Matrix has none, so the addresses stand on the pinned card, last.
bot::Text links(const Session& session) {
  bot::Text out;
  const auto add = [&out](const std::string& label, const std::string& url) {
    if (!is_web(url)) return;
    if (!out.empty()) out.push_back(bot::plain(" \xC2\xB7 "));
    out.push_back(bot::link(url, label));
  };
  const bot::Incident& incident = session.context.incident;
  if (session.settings.console_enabled) add("Timeline", session.settings.server.console_url + "/incidents/" + incident.name());
  for (const auto& [label, url] : session.settings.incidents.bookmarks) add(label, url);
  const auto& pages = session.settings.status_pages;
  for (const auto& page : pages)
    if (!incident.is_private && !incident.is_drill) add(pages.size() == 1 ? "Status page" : "Status page " + page.name, page.url);
  return out;
}

bot::Card summary(const Session& session) {
  bot::Card card = bot::summary_card(session.context.incident, session.clock.now());
  if (auto text = links(session); !text.empty()) card.facts.push_back({"Links", std::move(text)});
  return card;
}

bot::Card page_card(const Session& session, const bot::PagePerson& page) {
  bot::Card card;
  card.tone = bot::Tone::bad;
  card.title = {bot::mention(page.person), bot::plain(": you are paged for "), bot::strong(session.incident_name()),
                bot::plain(" " + bot::severity_name(page.severity) + ": " + page.title)};
  if (!page.text.empty()) card.paragraphs.push_back({bot::plain(page.text)});
  bot::Text how{bot::plain("Acknowledge: "), bot::code(session.incident_name() + " ack")};
  if (!page.ack_path.empty()) {
    how.push_back(bot::plain(" or "));
    how.push_back(bot::link(public_address(session) + page.ack_path, "acknowledge in the browser"));
  }
  card.paragraphs.push_back(std::move(how));
  if (!session.room().empty()) card.paragraphs.push_back({bot::plain("Room: "), bot::room_of(session.message.incident)});
  card.buttons.push_back({"Acknowledge", session.incident_name() + " ack", true});
  return card;
}

/// The person's direct room. Its doubts are not the page's: nothing was said there yet.
std::optional<Problem> room_for_page(Session& session, const bot::PagePerson& page, std::string& room) {
  const std::string user = user_id_of(session.people, page.person);
  if (user.empty())
    return Problem{Outcome::refused, "", session.people.name_of(page.person) + " is not known in Matrix: add people.matrix in the settings.", {}, 0};
  auto problem = direct_room(session, user, room);
  if (problem && problem->outcome == Outcome::doubtful) problem->outcome = Outcome::not_sent;
  return problem;
}

/// Where a post of this content is.
std::optional<Problem> room_of_post(Session& session, const bot::Content& content, std::string& room) {
  if (const auto* page = std::get_if<bot::PagePerson>(&content)) return room_for_page(session, *page, room);
  if (std::holds_alternative<bot::Announce>(content)) return room_of_settings(session, session.matrix().announce_room, room);
  room = session.room();
  return std::nullopt;
}

bool carries(const json& event, const std::string& message_id) {
  return text_at(object_at(event, "content"), kOp) == message_id || text_at(object_at(event, "unsigned"), "transaction_id") == message_id;
}

/// A look that cannot see far enough: sent again under the same transaction id it is still the same event, if the homeserver remembers.
bot::FindResult not_seen(const Session& session, const std::string& why) {
  if (session.api.repeats_are_recognised() && session.clock.now() - session.message.created < kTransactionsKept) return bot::Missing{};
  return bot::CannotLook{why};
}

/// Keeps what people pinned. In a room this process made a moment ago nobody else may have, so the card does not wait for a look.
std::optional<Problem> pin(Session& session, const std::string& event_id) {
  json content;
  if (!session.homeserver().take_made(session.room()))
    if (auto problem = session.api.get_state(session.room(), "m.room.pinned_events", "", session.budget, content); problem && !problem->not_found()) return problem;
  json pinned = array_at(content, "pinned");
  if (std::find(pinned.begin(), pinned.end(), json(event_id)) != pinned.end()) return std::nullopt;
  pinned.push_back(event_id);
  std::string ignored;
  return session.api.put_state(session.room(), "m.room.pinned_events", "", {{"pinned", std::move(pinned)}}, session.budget, ignored);
}

}  // namespace

bot::SendResult post_summary(Session& session) {
  if (session.room().empty()) return no_room(session);
  return post(session, session.room(), summary(session), Loudness::quiet, Hints::later);
}

bot::SendResult pin_summary(Session& session) {
  const std::string& card = session.context.reference("summary");
  if (session.room().empty()) return no_room(session);
  if (card.empty()) return bot::Refused{"The card of " + session.incident_name() + " was not posted in Matrix, so it cannot be pinned.", false};
  if (const auto problem = pin(session, card)) return repeatable(*problem);
  if (const auto problem = list_in_space(session, true)) return repeatable(*problem);
  put_hints(session, session.room(), card, render(summary(session), session.view()).buttons);
  return bot::Accepted{};
}

bot::SendResult edit_summary(Session& session) {
  const std::string& card = session.context.reference("summary");
  if (session.room().empty() || card.empty()) {
    // The card is drawn from the incident when it is posted; until that is known an edit can only wait, in ever longer steps.
    const bot::Millis age = session.clock.now() - session.message.created;
    // The last edit stands in line behind the card's own post: a card that is not there by then never was, and the closing waits.
    if (!session.context.incident.takes_changes()) return bot::Accepted{};
    const bot::Millis wait = age < bot::Millis{60000} ? bot::Millis{1000} : bot::Millis{15000};
    return bot::NotSent{"the card is not posted yet", wait, false};
  }
  // Becoming private redraws the card: before people read that it is, it must be.
  if (const auto problem = close_to_others(session)) return repeatable(*problem);
  const View view = session.view();
  std::string ignored;
  const auto problem = session.api.put_event(session.room(), "m.room.message", session.message.id,
                                             edit_content(render(summary(session), view), view, session.message.id, card), session.budget, ignored);
  return problem ? repeatable(*problem) : bot::Accepted{};
}

bot::SendResult say(Session& session, const bot::Say& said) {
  if (session.room().empty()) return no_room(session);
  return post(session, session.room(), said.card, Loudness::quiet);
}

bot::SendResult announce(Session& session, const bot::Announce& announcement) {
  if (session.matrix().announce_room.empty())
    return bot::Refused{"No room for announcements is set: name one in matrix.announce_room.", false};
  std::string room;
  if (const auto problem = room_of_settings(session, session.matrix().announce_room, room)) return repeatable(*problem);
  return post(session, room, announcement.card, Loudness::loud);
}

bot::SendResult add_bookmarks(Session&) { return bot::Accepted{}; }  // they stand on the pinned card: see links()

bot::SendResult page_person(Session& session, const bot::PagePerson& page) {
  std::string room;
  if (const auto problem = room_for_page(session, page, room)) return send_result(*problem);
  bot::SendResult result = post(session, room, page_card(session, page), Loudness::loud);
  // Removed from the direct room: the next attempt opens another. An encrypted one is used all the same: a page that is shown with a warning
  // still wakes somebody.
  if (const auto* refused = std::get_if<bot::Refused>(&result); refused != nullptr && !refused->credentials && session.context.attempt <= 2) {
    forget_direct_room(session, user_id_of(session.people, page.person));
    return bot::NotSent{refused->reason, bot::Millis{1000}, true};
  }
  if (auto* accepted = std::get_if<bot::Accepted>(&result))
    accepted->references.push_back({session.message.incident, kIntegration, "direct:" + page.person, room});
  return result;
}

bot::FindResult find_post(Session& session, const bot::Content& content) {
  if (const auto problem = session.api.learn_self(session.budget)) return cannot_look(*problem);
  std::string room;
  if (const auto problem = room_of_post(session, content, room)) return cannot_look(*problem);
  if (room.empty()) return bot::Missing{};
  const auto oldest = (session.message.created - kClocksApart).time_since_epoch().count();
  const json filter{{"senders", {session.homeserver().self()->user_id}}, {"types", {"m.room.message"}}};
  HistoryQuery query;
  query.filter = codec::dump(filter);
  for (int page = 0; page < kPages; ++page) {
    json answer;
    if (const auto problem = session.api.messages(room, query, session.budget, answer)) return cannot_look(*problem);
    for (const auto& event : array_at(answer, "chunk")) {
      if (carries(event, session.message.id)) return posted(session, text_at(event, "event_id"));
      // Timestamps are the homeserver's own for the bot's events: none of this message can be older, apart from the clocks' difference.
      if (const auto at = number_at(event, "origin_server_ts"); at && *at < oldest) return bot::Missing{};
    }
    query.from = text_at(answer, "end");
    if (query.from.empty()) return bot::Missing{};
  }
  return not_seen(session, "too much was said in the Matrix room to look for the message");
}

}  // namespace matrix
