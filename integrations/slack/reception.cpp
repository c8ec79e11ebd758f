#include "integrations/slack/reception.hpp"

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

constexpr bot::Millis kAnswerWithin{2300};  // Slack gives 3,000 ms including the way
constexpr int kWaiting = 500;
constexpr const char* kBeside = R"("replace_original":false,)";

}  // namespace

bot::Card words(const std::string& sentence) {
  bot::Card card;
  card.title = {bot::plain(sentence)};
  return card;
}

bot::Card card_of(const bot::Reply& reply) {
  if (reply.status != bot::ReplyStatus::unavailable && reply.status != bot::ReplyStatus::maybe_recorded) return reply.card;
  bot::Card card = reply.card;
  const std::string first = card.title.empty() ? "" : card.title.front().value;
  if (reply.status == bot::ReplyStatus::unavailable && first.rfind("Not recorded", 0) != 0) card.title.insert(card.title.begin(), bot::plain("Not recorded: "));
  if (reply.status == bot::ReplyStatus::maybe_recorded && first.find("recorded") == std::string::npos)
    card.title.insert(card.title.begin(), bot::plain("It is not known whether this was recorded; look at the timeline before you send it again. "));
  return card;
}

std::string sentence_of(const bot::Card& card, const View& view) {
  std::string out = plain_line(card.title, view);
  for (const auto& paragraph : card.paragraphs) out += (out.empty() ? "" : " ") + plain_line(paragraph, view);
  for (const auto& item : card.list) out += (out.empty() ? "" : " ") + plain_line(item, view);
  return out.empty() ? "Done." : out;
}

Reception::Reception(const InboxPlaces& places)
    : at(places), api(at.settings.slack, at.client, at.clock, *at.workspace), deadlines(at.clock, kAnswerWithin), response_urls_(at.client),
      workers_({{"open", 4}, {"forms", 2}, {"events", 2}}), lookup_(at.settings.slack, at.client, at.clock, *at.workspace) {}

bot::Request Reception::request_of(const Sender& sender, bot::RequestBody body, std::optional<bot::Time> sent) const {
  bot::Request request;
  request.cls = bot::RequestClass::human;
  request.caller = bot::Caller{bot::ActorKind::person, "slack", sender.user, display_name(sender.name), {}};
  if (!sender.room.empty()) request.room = bot::RoomKey{"slack", sender.room};
  request.body = std::move(body);
  request.received = at.clock.now();
  request.sent = sent;
  return request;
}

View Reception::view(std::int64_t incident) const {
  return View{at.people, at.settings.slack.command, incident, [workspace = at.workspace](std::int64_t n) { return workspace->room(n); }};
}

std::string Reception::answer_json(const bot::Card& card, std::int64_t incident, const std::string& more) const {
  const Rendered drawn = render(card, view(incident));
  return R"({"response_type":"ephemeral",)" + more + R"("text":)" + codec::dump(nlohmann::json(drawn.text)) + R"(,"blocks":)" + drawn.blocks + "}";
}

std::string Reception::answer_json(const bot::Reply& reply, const std::string& more) const {
  return answer_json(card_of(reply), reply.incident.value_or(0), more);
}

void Reception::tell(const std::string& response_url, const bot::Reply& reply) { response_urls_.post(response_url, answer_json(reply, kBeside)); }
void Reception::tell(const std::string& response_url, const bot::Card& card) { response_urls_.post(response_url, answer_json(card, 0, kBeside)); }

bool Reception::later(const char* pool, std::function<void()> job) {
  if (waiting_->fetch_add(1) >= kWaiting) {
    --*waiting_;
    return false;
  }
  workers_.run(pool, [job = std::move(job), waiting = waiting_, keep = weak_from_this()] {
    const auto alive = keep.lock();
    if (alive) job();
    --*waiting;
  });
  return true;
}

void Reception::stop() {
  deadlines.stop();
  workers_.stop();
}

}  // namespace slack
