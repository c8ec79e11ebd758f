#include "integrations/slack/catch_up.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/slack/identity_memory.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr const char* kHeard = "slack/heard";
constexpr bot::Millis kAway{60000};           ///< a shorter silence is none
constexpr bot::Millis kLook{10000}, kAskEvery{30000}, kKeepEvery{60000};
constexpr bot::Millis kAskIdle{300000}, kKeepIdle{600000};  ///< while no incident is open there is nothing to miss
constexpr bot::Millis kLongest{7 * 86400000LL};
constexpr int kRooms = 200;

}  // namespace

CatchUp::CatchUp(const bot::SlackSettings& settings, http::Client& client, bot::Intake& intake, bot::Reader& reader, bot::Clock& clock,
                 std::shared_ptr<Workspace> workspace, std::shared_ptr<Inbox> inbox)
    : settings_(settings), intake_(intake), reader_(reader), clock_(clock), workspace_(std::move(workspace)), inbox_(std::move(inbox)),
      api_(settings, client, clock, *workspace_), loop_("slack-catch-up", [this] { return step(); }) {}

bot::Millis CatchUp::step() {
  if (!begun_) begin();
  const bot::Millis wait = notice();
  if (!silences_.empty() && !silent_since_ && fill()) {
    silences_.clear();
    read_until_.clear();
  }
  return wait;
}

/// The last process's last word with Slack began the silence that ends now.
void CatchUp::begin() {
  begun_ = true;
  const auto stored = reader_.adapter_state(kHeard);
  bot::Time heard{};
  if (stored && *stored && bot::parse_iso8601(**stored, heard)) silent_since_ = std::max(heard, clock_.now() - kLongest);
  else silent_since_ = clock_.now();
  unsure_ = kKeepEvery;
}

/// Whether Slack is there is known from every call and every delivery; only when nothing happened for a while is it asked.
bot::Millis CatchUp::notice() {
  const bot::Time now = clock_.now();
  const auto heard = workspace_->last_heard();
  const bool idle = !watched();
  const bool lately = heard && now - *heard < (idle ? kAskIdle : kAskEvery) && (!silent_since_ || *heard > *silent_since_);
  if (!lately && !slack_answers()) {
    if (!silent_since_) silent_since_ = heard.value_or(now);
    return kLook;
  }
  if (silent_since_) {
    if (!silences_.empty() || now - *silent_since_ > kAway + unsure_) {
      silences_.push_back({*silent_since_, now});
      reading_.reset();
    }
    silent_since_.reset();
    unsure_ = bot::Millis{0};
  }
  if (silences_.empty() && (!kept_ || now - *kept_ >= (idle ? kKeepIdle : kKeepEvery))) remember(now);
  return kLook;
}

/// Whether anything could be missed: an incident is open. When one is declared, the next look keeps the time at once.
bool CatchUp::watched() {
  bot::IncidentFilter filter;
  filter.limit = 1;
  const auto open = reader_.incidents(filter);
  return !open || !open->empty();
}

bool CatchUp::slack_answers() {
  const Budget budget(clock_, bot::Millis{8000}, bot::Millis{8000}, Urgency::cosmetic);
  json answer;
  return !api_.call("auth.test", {}, budget, answer);
}

/// What nobody read yet of a room: since the first silence after it was read.
std::optional<Gap> CatchUp::unread(const Room& room) const {
  const auto read = read_until_.find(room.incident);
  const auto first = std::find_if(silences_.begin(), silences_.end(), [&](const Gap& g) { return read == read_until_.end() || g.until > read->second; });
  if (first == silences_.end()) return std::nullopt;
  return Gap{first->from, silences_.back().until};
}

bool CatchUp::fill() {
  (void)all_kept();
  const auto all = rooms();
  if (!all) return false;
  const Budget budget(clock_, bot::Millis{8000}, bot::Millis{8000}, Urgency::cosmetic);
  if (api_.learn_identity(budget)) return false;  // else Muster's own words could not be told apart
  for (const auto& room : *all) {
    const auto gap = unread(room);
    if (!gap) continue;
    if (!reading_ || reading_->room().incident != room.incident)
      reading_ = std::make_unique<MissedRoom>(MissedRoom::Places{settings_, api_, reader_, clock_, *workspace_, [this](json e) { hand(std::move(e)); }}, room, *gap);
    if (!reading_->read()) return false;  // the next round goes on here
    say_away(room, *gap, reading_->missed());
    read_until_[room.incident] = gap->until;
    reading_.reset();
  }
  return all_kept();
}

std::optional<std::vector<Room>> CatchUp::rooms() {
  std::vector<Room> out;
  bot::IncidentFilter filter;
  filter.limit = kRooms;
  const auto incidents = reader_.incidents(filter);
  if (!incidents) return std::nullopt;
  for (const auto& incident : *incidents) {
    const auto references = reader_.references(incident.number, "slack");
    if (!references) return std::nullopt;
    for (const auto& reference : *references)
      if (reference.what == "room" && !reference.id.empty()) out.push_back({incident.number, reference.id, incident.declared});
  }
  return out;
}

/// An incident that began in the middle of the silence was not away from before it.
void CatchUp::say_away(const Room& room, const Gap& gap, int missed) {
  const bot::Time from = std::max(gap.from, room.declared);
  if (gap.until - from <= kAway) return;
  bot::Request request;
  request.cls = bot::RequestClass::housekeeping;
  request.caller = bot::Caller{bot::ActorKind::muster, "slack", "muster", "Muster", {}};
  request.dedup_keys = {"slack:away:" + std::to_string(room.incident) + ":" + bot::iso8601(from)};
  request.received = clock_.now();
  request.body = bot::Away{room.incident, from, gap.until, missed};
  owe([this, request = std::move(request)](const Answered& said) {
    intake_.submit(request, [said](const bot::Reply& reply) {
      // Whatever else it answers, it would answer again.
      const bool later = reply.status == bot::ReplyStatus::unavailable || reply.status == bot::ReplyStatus::maybe_recorded;
      said->store(later ? Said::refused : Said::kept);
    });
  });
}

void CatchUp::hand(json envelope) {
  owe([this, envelope = std::move(envelope)](const Answered& said) {
    // An answer that is dropped uncalled: it could not be recorded.
    const std::shared_ptr<void> unless_called(nullptr, [said](void*) {
      auto expected = Said::asked;
      said->compare_exchange_strong(expected, Said::refused);
    });
    inbox_->event(envelope, [said, unless_called](const Body&) { said->store(Said::kept); });
  });
}

void CatchUp::owe(std::function<void(const Answered&)> ask) {
  owed_.push_back({std::move(ask), std::make_shared<std::atomic<Said>>(Said::asked)});
  owed_.back().ask(owed_.back().said);
}

/// Asks for what is not recorded yet, as often as it takes: one lost to a full disk or a crowded hour would leave a hole that nobody sees.
bool CatchUp::all_kept() {
  for (auto& one : owed_)
    if (auto refused = Said::refused; one.said->compare_exchange_strong(refused, Said::asked)) one.ask(one.said);
  std::erase_if(owed_, [](const Owed& one) { return one.said->load() == Said::kept; });
  return owed_.empty();
}

void CatchUp::remember(bot::Time heard) {
  kept_ = heard;
  bot::Request request;
  request.cls = bot::RequestClass::housekeeping;
  request.caller = bot::Caller{bot::ActorKind::muster, "slack", "muster", "Muster", {}};
  request.received = heard;
  request.body = bot::Checkpoint{};
  request.state = {{kHeard, bot::iso8601(heard)}};
  if (const auto me = workspace_->identity()) request.state.push_back(identity_state(*me));
  intake_.submit(std::move(request), [](const bot::Reply&) {});
}

}  // namespace slack
