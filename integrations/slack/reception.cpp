#include "integrations/slack/reception.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/incident.hpp"
#include "bot/log.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

constexpr bot::Millis kAnswerWithin{2300};  // Slack gives 3,000 ms including the way
constexpr bot::Millis kTold{6000};
constexpr int kWaiting = 500, kCards = 200;
constexpr std::size_t kNames = 5000, kAwaited = 200, kTurns = 100;
constexpr bot::Millis kAdmission{700};             // of the three seconds that Slack gives
constexpr bot::Millis kMember{12 * 3600000}, kOutsider{600000}, kSilence{30000};
constexpr const char* kForeign = "Not recorded: you belong to another organisation, and this Muster takes commands from its own alone. Ask somebody of it.";
constexpr const char* kBusy = "Not recorded: Muster is too busy right now. Type it again in a moment.";
constexpr const char* kBeside = R"("replace_original":false,)";

/// Why Slack's own word on a user shuts them out, or "".
std::string shut_out(const nlohmann::json& user, const std::optional<Identity>& me) {
  if (is_true(user, "deleted")) return "Not recorded: this Slack account is switched off.";
  if (is_true(user, "is_bot")) return "Not recorded: Muster takes no commands from bots.";
  if (is_true(user, "is_restricted") || is_true(user, "is_ultra_restricted"))
    return "Not recorded: you are a guest in this Slack workspace, and Muster takes commands from its members alone. Ask one of them, or an administrator to name you in people of the settings.";
  if (is_true(user, "is_stranger")) return kForeign;
  const std::string team = text_of(user, "team_id");
  const nlohmann::json& enterprise = object_of(user, "enterprise_user");
  const std::string theirs = !text_of(enterprise, "enterprise_id").empty() ? text_of(enterprise, "enterprise_id") : team.rfind('E', 0) == 0 ? team : "";
  if (!me || team == me->team_id) return "";
  if (!theirs.empty() && !me->enterprise_id.empty() && theirs != me->enterprise_id) return kForeign;
  if (me->whole_enterprise || team.empty() || team[0] != 'T') return "";
  for (const auto& one : list_of(enterprise, "teams"))  // at home in another workspace of the same enterprise, and a member of ours too
    if (one == me->team_id) return "";
  return kForeign;
}

bool is_on_card(const bot::Incident& incident, const std::string& person) {
  for (const auto& [role, holder] : incident.roles)
    if (holder == person) return true;
  for (const auto& page : incident.pages)
    if (page.open && std::find(page.paged.begin(), page.paged.end(), person) != page.paged.end()) return true;
  return false;
}

}  // namespace

std::string typed_verb(const std::string& typed) {
  std::string word;
  for (std::size_t at = 0; at < typed.size();) {
    const auto from = typed.find_first_not_of(" \t\n", at);
    if (from == std::string::npos) break;
    at = std::min(typed.find_first_of(" \t\n", from), typed.size());
    word = typed.substr(from, at - from);
    if (word[0] != '/' && word[0] != '!' && !bot::incident_number(word)) break;
  }
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return word;
}

bool opens_a_room(const std::string& verb) { return verb == "declare" || verb == "adopt" || verb == "mirror" || verb == "reopen"; }

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
      workers_({{"open", 4}, {"forms", 2}, {"events", 2}, {"people", 4}}), lookup_(at.settings.slack, at.client, at.clock, *at.workspace) {}

bot::Request Reception::request_of(const From& from, bot::RequestBody body, std::optional<bot::Time> sent) const {
  bot::Request request;
  request.cls = bot::RequestClass::human;
  request.caller = bot::Caller{bot::ActorKind::person, "slack", from.user, display_name(from.name), {}};
  if (!from.room.empty()) request.room = bot::RoomKey{"slack", from.room, from.nature};
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

void Reception::tell(const From& from, const std::string& response_url, const bot::Reply& reply) { tell(from, response_url, card_of(reply), reply.incident.value_or(0)); }

void Reception::tell(const From& from, const std::string& response_url, const bot::Card& card, std::int64_t incident) {
  const auto otherwise = [this, from, card, incident, here = whole()] {
    const auto alive = here.lock();
    if (alive) later("events", [this, from, card, incident] { tell_person(from, "", card, incident); });
  };
  if (!is_response_url(response_url)) return otherwise();
  response_urls_.post(response_url, answer_json(card, incident, kBeside), otherwise);
}

void Reception::tell_person(const From& from, const std::string& response_url, const bot::Card& card, std::int64_t incident, const std::string& thread) {
  if (is_response_url(response_url)) return tell(from, response_url, card, incident);
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
  auto known = met(person.user);
  if (!known) known = look_up(person.user, budget);
  if (known) person.name = known->name;  // else the id stands for the name
}

std::optional<Reception::Met> Reception::met(const std::string& user) {
  bot::Lock lock(names_mutex_);
  const auto it = met_.find(user);
  return it == met_.end() || it->second.until < at.clock.monotonic() ? std::nullopt : std::optional<Met>(it->second);
}

std::optional<Reception::Met> Reception::look_up(const std::string& id, const Budget& budget) {
  nlohmann::json answer;
  const auto problem = api.call("users.info", {{"user", id}}, budget, answer);
  if (problem && problem->code == "user_not_visible") return remember(id, {"", kForeign, at.clock.monotonic() + kOutsider});
  if (problem && problem->code == "user_not_found") {  // says nothing against them: let in as when Slack is silent, and not asked about at every word
    bot::log(bot::LogLevel::warning, "slack_person_unchecked", {{"user", id}});
    return remember(id, {"", "", at.clock.monotonic() + kOutsider});
  }
  if (problem) {
    bot::Lock lock(names_mutex_);
    if (problem->outcome != Outcome::refused) silent_until_ = at.clock.monotonic() + kSilence;
    return std::nullopt;
  }
  const nlohmann::json& user = object_of(answer, "user");
  Met found{shown_name(user), shut_out(user, at.workspace->believed()), {}};
  found.until = at.clock.monotonic() + (found.refusal.empty() ? kMember : kOutsider);
  return remember(id, std::move(found));
}

Reception::Met Reception::remember(const std::string& id, Met found) {
  bot::Lock lock(names_mutex_);
  if (met_.size() >= kNames) met_.clear();
  met_[id] = found;
  return found;
}

bool Reception::is_foreign(const std::string& team) const {
  const auto me = at.workspace->believed();
  return me && !me->whole_enterprise && !team.empty() && team[0] == 'T' && team != me->team_id;
}

std::optional<std::string> Reception::known_refusal(const From& person, const std::string& team) {
  for (const auto& one : at.settings.people)
    if (const auto it = one.identities.find("slack"); it != one.identities.end() && it->second == person.user) return "";
  if (is_foreign(team)) return kForeign;
  if (const auto known = met(person.user)) return known->refusal;
  bot::Lock lock(names_mutex_);
  if (silent_until_ <= at.clock.monotonic()) return std::nullopt;
  bot::log(bot::LogLevel::warning, "slack_person_unchecked", {{"user", person.user}});
  return "";
}

std::string Reception::refusal(const From& person, const std::string& team, const Budget& budget) {
  if (const auto known = known_refusal(person, team)) return *known;
  if (const auto found = look_up(person.user, budget)) return found->refusal;
  bot::log(bot::LogLevel::warning, "slack_person_unchecked", {{"user", person.user}});
  return "";
}

void Reception::admit(const From& person, const std::string& team, bool waits, std::function<void(const std::string& refusal)> then) {
  if (!waits && !has_turn(person.user))
    if (const auto known = known_refusal(person, team)) return then(*known);
  const bool asking = in_turn(person.user, [this, person, team, then] { then(refusal(person, team, Budget(at.clock, kAdmission, kAdmission))); });
  if (!asking) then(waits ? kBusy : "");
}

std::string Reception::learn_room(From& from, const std::string& channel_name, const Budget& budget) {
  using Nature = bot::RoomNature;
  if (from.room.rfind('D', 0) == 0 || channel_name == "directmessage" || channel_name.rfind("mpdm-", 0) == 0) {
    from.nature = Nature::direct;
    return "";
  }
  if (channel_name == "privategroup" || from.room.rfind('G', 0) == 0) from.nature = Nature::closed;
  nlohmann::json answer;
  if (const auto problem = api.call("conversations.info", {{"channel", from.room}}, budget, answer)) {
    if (problem->code != "channel_not_found") return "";
    return "Not recorded: Muster cannot see this channel. Let it in first, with /invite and its name, then type it again.";
  }
  const nlohmann::json& channel = object_of(answer, "channel");
  const bool closed = is_true(channel, "is_private") || is_true(channel, "is_group");
  if (is_true(channel, "is_im") || is_true(channel, "is_mpim")) from.nature = Nature::direct;
  else if (closed || from.nature == Nature::closed) from.nature = Nature::closed;
  else if (is_true(channel, "is_channel")) from.nature = Nature::open;
  if (is_true(channel, "is_archived")) return "Not recorded: this channel is archived, so it cannot become an incident's room.";
  if (from.nature == Nature::closed && !is_true(channel, "is_member"))
    return "Not recorded: Muster is not in this private channel. Let it in first, with /invite and its name, then type it again.";
  return "";
}

void Reception::awaits_room(std::int64_t incident, const From& from, const std::string& response_url) {
  bot::Lock lock(names_mutex_);
  rooms_[incident] = {from, response_url};
  if (rooms_.size() > kAwaited) rooms_.erase(rooms_.begin());
}

void Reception::room_refused(std::int64_t incident, const std::string& why) {
  Waiting waiting;
  {
    bot::Lock lock(names_mutex_);
    const auto it = rooms_.find(incident);
    if (it == rooms_.end()) return;
    waiting = it->second;
    rooms_.erase(it);
  }
  const std::string name = "INC-" + std::to_string(incident);
  bot::Card card;
  card.tone = bot::Tone::warning;
  card.title = {bot::plain(name + " is recorded, but it has no room in Slack. " + why + " When that is mended, type "), bot::code(name + " mirror slack")};
  tell(waiting.from, waiting.response_url, card, incident);
}

void Reception::person_named(const std::string& person) {
  const auto open = at.reader.incidents({true, 0, kCards, true});
  if (!open) return;  // the next change draws them
  for (const auto& incident : *open) {
    if (!is_on_card(incident, person)) continue;
    bot::Request request;
    request.cls = bot::RequestClass::housekeeping;
    request.caller = bot::Caller{bot::ActorKind::muster, "slack", "muster", "Muster", {}};
    request.received = at.clock.now();
    request.body = bot::RoomChange{incident.number, "named", person};
    at.intake.submit(std::move(request), [](const bot::Reply&) {});
  }
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

bool Reception::has_turn(const std::string& user) {
  bot::Lock lock(names_mutex_);
  return turns_.count(user) > 0;
}

bool Reception::in_turn(const std::string& user, std::function<void()> job) {
  bot::Lock lock(names_mutex_);
  auto [it, first] = turns_.try_emplace(user);
  if (it->second.size() >= kTurns) return false;
  it->second.push_back(std::move(job));
  if (!first || later("people", [this, user] { take_turns(user); })) return true;  // somebody is at it already, or is now
  turns_.erase(it);
  return false;
}

/// One thread does all that waits for one person, and stops being theirs only when nothing is left: no other can overtake it.
void Reception::take_turns(const std::string& user) {
  while (true) {
    std::function<void()> job;
    {
      bot::Lock lock(names_mutex_);
      job = turns_[user].front();  // stays in its place until it is done
    }
    job();
    bot::Lock lock(names_mutex_);
    const auto it = turns_.find(user);
    it->second.pop_front();
    if (!it->second.empty()) continue;
    turns_.erase(it);
    return;
  }
}

void Reception::stop() {
  deadlines.stop();
  workers_.stop();
}

}  // namespace slack
