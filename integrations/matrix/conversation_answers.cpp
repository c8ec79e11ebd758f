// How replies are shown. Everything in a Matrix room is read by everybody in it, so there is no private answer: a change that the room hears of
// anyway is answered with a check mark under the command, what has words of its own with a muted reply (m.notice) in the same thread.
#include "integrations/matrix/conversation.hpp"
#include "integrations/matrix/render.hpp"

namespace matrix {
namespace {

constexpr const char* kDone = "\xE2\x9C\x85";  // ✅
constexpr std::size_t kHints = 4;

/// Nothing in it that the room does not see by itself.
bool says_only_done(const bot::Reply& reply) {
  const bot::Card& card = reply.card;
  return reply.status == bot::ReplyStatus::ok && card.tone == bot::Tone::good && card.facts.empty() && card.paragraphs.empty() && card.list.empty() && card.buttons.empty();
}

/// People must never read an answer that sounds like "done" when nothing was recorded.
bot::Card honest(const bot::Reply& reply) {
  bot::Card card = reply.card;
  const std::string first = card.title.empty() ? "" : card.title.front().value;
  if (reply.status == bot::ReplyStatus::unavailable && first.rfind("Not recorded", 0) != 0) card.title.insert(card.title.begin(), bot::plain("Not recorded: "));
  return card;
}

/// Where an answer stands: under what asked, in its thread.
nlohmann::json relation_to(const Origin& origin) {
  nlohmann::json relates{{"m.in_reply_to", {{"event_id", origin.event}}}};
  if (origin.thread.empty()) return relates;
  relates["rel_type"] = "m.thread";
  relates["event_id"] = origin.thread;
  relates["is_falling_back"] = false;
  return relates;
}

std::optional<Problem> put_answer(Api& api, const std::string& room, const std::string& txn, const nlohmann::json& content, const std::vector<std::string>& keys, const Budget& budget) {
  std::string event_id, ignored;
  if (auto problem = api.put_event(room, "m.room.message", txn, content, budget, event_id)) return problem;
  for (std::size_t i = 0; i < keys.size(); ++i) {  // hints to tap on; people can also type what stands beside them
    const nlohmann::json hint{{"m.relates_to", {{"rel_type", "m.annotation"}, {"event_id", event_id}, {"key", keys[i]}}}};
    if (api.put_event(room, "m.reaction", txn + "-" + std::to_string(i), hint, budget, ignored)) break;
  }
  return std::nullopt;
}

}  // namespace

void Conversation::answer(const Origin& origin, const bot::Reply& reply, const std::shared_ptr<Batch>& batch) {
  if (origin.way == Origin::Way::silent) return;
  const bool heard_anyway = origin.in_incident_room && !origin.query && says_only_done(reply);
  if (heard_anyway && origin.way == Origin::Way::press) return;
  if (heard_anyway) return react(origin, kDone, batch);
  bot::Card card = honest(reply);
  if (origin.way == Origin::Way::press && !origin.name.empty()) card.title.insert(card.title.begin(), bot::plain(origin.name + ": "));
  post(origin, "answer", std::move(card), reply.incident.value_or(0), batch);
}

void Conversation::delayed(const Origin& origin, const std::shared_ptr<Batch>& batch) {
  if (origin.way == Origin::Way::silent) return;
  bot::Card card;
  card.tone = bot::Tone::warning;
  card.title = {bot::plain("Not recorded yet: Muster cannot write right now. It goes on trying; nothing to do. A check mark or an answer follows.")};
  post(origin, "delayed", std::move(card), 0, batch);
}

void Conversation::post(const Origin& origin, const std::string& salt, bot::Card card, std::int64_t incident, const std::shared_ptr<Batch>& batch) {
  Api& api = on_.api;
  const View view{on_.people, on_.settings.matrix.prefixes.front(), incident, [&api, &reader = on_.reader, via = on_.settings.matrix.server_name()](std::int64_t number) {
                    const std::string room = api.homeserver().room(number);
                    // Reopened, and its new room is not there yet: the one of before is closed, and nobody must be led there.
                    const auto row = reader.incident(number);
                    if (row && *row && (*row)->takes_changes() && (*row)->rooms.count(kIntegration) == 0) return std::string();
                    return room.empty() ? std::string() : permalink(room, "", via);
                  }};
  const std::string txn = transaction_of(origin.cause, salt);
  const std::vector<Rendered> pages = render_pages(card, view);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::string own = txn + (i == 0 ? "" : "-page-" + std::to_string(i + 1));
    nlohmann::json content = message_content(pages[i], view, own, Loudness::quiet);
    content["m.relates_to"] = relation_to(origin);
    std::vector<std::string> keys;
    for (const auto& button : pages[i].buttons)
      if (button.primary && keys.size() < kHints) keys.push_back(button.key);  // each costs as much of the homeserver's limit as a message
    on_.chores.add({"answer", origin.room, [&api, origin, own, content = std::move(content), keys](const Budget& budget) { return put_answer(api, origin.room, own, content, keys, budget); },
                    batch, {}});
  }
}

void Conversation::react(const Origin& origin, const std::string& key, const std::shared_ptr<Batch>& batch) {
  Api& api = on_.api;
  on_.chores.add({"check mark", origin.room,
                  [&api, origin, key](const Budget& budget) -> std::optional<Problem> {
                    std::string ignored;
                    const nlohmann::json content{{"m.relates_to", {{"rel_type", "m.annotation"}, {"event_id", origin.event}, {"key", key}}}};
                    return api.put_event(origin.room, "m.reaction", transaction_of(origin.cause, "done"), content, budget, ignored);
                  },
                  batch, {}});
}

}  // namespace matrix
