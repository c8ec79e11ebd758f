#include "integrations/slack/reception.hpp"

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

constexpr bot::Millis kAnswerWithin{2300};  // Slack gives 3,000 ms including the way
constexpr bot::Millis kTold{6000};
constexpr int kWaiting = 500;
constexpr std::size_t kNames = 5000;
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

Reception::Reception(const InboxPlaces& places)
    : at(places), api(at.settings.slack, at.client, at.clock, *at.workspace), deadlines(at.clock, kAnswerWithin), response_urls_(at.client),
      workers_({{"open", 4}, {"forms", 2}, {"events", 2}}), lookup_(at.settings.slack, at.client, at.clock, *at.workspace) {}

bot::Request Reception::request_of(const From& from, bot::RequestBody body, std::optional<bot::Time> sent) const {
  bot::Request request;
  request.cls = bot::RequestClass::human;
  request.caller = bot::Caller{bot::ActorKind::person, "slack", from.user, display_name(from.name), {}};
  if (!from.room.empty()) request.room = bot::RoomKey{"slack", from.room};
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

void Reception::tell_person(const From& from, const std::string& response_url, const bot::Card& card, std::int64_t incident, const std::string& thread) {
  if (is_response_url(response_url)) return response_urls_.post(response_url, answer_json(card, incident, kBeside));
  if (!is_id(from.user)) return;
  const Budget budget(at.clock, kTold, kTold);
  const Rendered drawn = render(card, view(incident));
  nlohmann::json answer;
  Arguments arguments{{"text", drawn.text}, {"blocks", drawn.blocks}};
  if (is_id(from.room)) {
    Arguments quiet = arguments;
    quiet.insert(quiet.end(), {{"channel", from.room}, {"user", from.user}});
    if (!thread.empty()) quiet.emplace_back("thread_ts", thread);
    const auto problem = api.call("chat.postEphemeral", quiet, budget, answer);
    if (!problem || problem->outcome == Outcome::doubtful) return;
  }
  if (api.call("conversations.open", {{"users", from.user}}, budget, answer)) return;
  const std::string channel = text_of(object_of(answer, "channel"), "id");
  arguments.insert(arguments.end(), {{"channel", channel}, {"unfurl_links", "false"}, {"unfurl_media", "false"}});
  if (is_id(channel)) (void)api.call("chat.postMessage", arguments, budget, answer, channel);
}

void Reception::learn_name(From& person, const Budget& budget) {
  if (!person.name.empty() || !is_id(person.user) || person.user[0] == 'B' || at.people.by_identity("slack", person.user)) return;
  {
    bot::Lock lock(names_mutex_);
    if (const auto it = names_.find(person.user); it != names_.end()) {
      person.name = it->second;
      return;
    }
  }
  nlohmann::json answer;
  if (api.call("users.info", {{"user", person.user}}, budget, answer)) return;  // then the id stands for the name
  const nlohmann::json& user = object_of(answer, "user");
  const nlohmann::json& profile = object_of(user, "profile");
  for (const auto& name : {text_of(profile, "display_name"), text_of(profile, "real_name"), text_of(user, "real_name"), text_of(user, "name")})
    if (person.name.empty()) person.name = display_name(name);
  bot::Lock lock(names_mutex_);
  if (names_.size() >= kNames) names_.clear();
  names_[person.user] = person.name;
}

bool Reception::later(const char* pool, std::function<void()> job) {
  if (waiting_.fetch_add(1) >= kWaiting) {
    --waiting_;
    return false;
  }
  workers_.run(pool, [this, job = std::move(job)] {
    job();
    --waiting_;
  });
  return true;
}

void Reception::stop() {
  deadlines.stop();
  workers_.stop();
}

}  // namespace slack
