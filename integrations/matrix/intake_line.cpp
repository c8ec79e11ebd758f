#include "integrations/matrix/intake_line.hpp"

#include <algorithm>

#include "bot/log.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/matrix/json.hpp"

namespace matrix {
namespace {

constexpr int kReadings = 6;             // of an event for which an answer is missing
constexpr bot::Millis kReadAgain{1500};
constexpr std::size_t kTogether = 64;    // requests handed over at a time
constexpr const char* kHeld = "matrix/held";
constexpr const char* kEncrypted = "matrix/encrypted_rooms";
constexpr std::size_t kMostHeld = 50;
constexpr bot::Millis kHoldFor{900000}, kLongestStep{60000};  // a press a quarter of an hour old is answered by no one

bot::Request quiet_request(bot::RequestBody body, bot::Time now) {
  bot::Request request;
  request.cls = bot::RequestClass::housekeeping;
  request.caller = {bot::ActorKind::muster, kIntegration, "muster", "", {}};
  request.body = std::move(body);
  request.received = now;
  return request;
}

}  // namespace

IntakeLine::IntakeLine(Grounds grounds, bot::Intake& intake) : on_(grounds), conversation_(grounds), recorder_(intake) {}

std::optional<Asked> IntakeLine::understood(const Event& event, const std::shared_ptr<Batch>& batch) {
  for (int reading = 1;; ++reading) {
    std::optional<Asked> asked;
    try {
      asked = conversation_.read(event, batch);
    } catch (const std::exception& e) {  // out of memory, or a case nobody thought of: this event alone is lost, not the stream
      bot::log(bot::LogLevel::error, "matrix_event_not_read", {{"event", event.id}, {"why", e.what()}});
      return std::nullopt;
    }
    if (!conversation_.take_unsettled()) return asked;
    if (event.is("m.reaction")) {  // the homeserver does not show what it is to: only this one waits
      hold(event);
      return std::nullopt;
    }
    if (reading >= kReadings) {
      bot::log(bot::LogLevel::warning, "matrix_event_given_up", {{"event", event.id}});
      return std::nullopt;
    }
    if (!pause(kReadAgain)) return std::nullopt;
  }
}

bool IntakeLine::take(const std::vector<Event>& events, const std::shared_ptr<Batch>& batch) {
  const auto answered = [&](const Origin& origin, const bot::Reply& reply) { conversation_.answer(origin, reply, batch); };
  const auto delayed = [&](const Origin& origin) { conversation_.delayed(origin, batch); };
  std::vector<Asked> asked;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (stopping_) return false;
    if (events[i].is("m.room.redaction")) let_go(events[i].redacts);
    if (auto one = understood(events[i], batch)) asked.push_back(std::move(*one));
    if (asked.size() < kTogether && i + 1 < events.size()) continue;
    if (asked.empty()) continue;
    happened_ = true;
    if (!recorder_.record(std::move(asked), answered, delayed)) return false;
    asked.clear();
  }
  return !stopping_;
}

void IntakeLine::reached(const std::shared_ptr<Batch>& batch, std::vector<bot::AdapterState> place) {
  const bool worth = std::exchange(happened_, false) || batch->open > 0;
  // While nothing happens the newest place stands for those before it.
  if (!worth && !places_.empty() && !places_.back().worth && places_.back().batch->open == 0) places_.back().state = std::move(place);
  else places_.push_back({batch, std::move(place), worth});
}

void IntakeLine::keep_place(bool idle) {
  std::vector<bot::AdapterState> state = conversation_.take_state();
  if (std::exchange(held_changed_, false)) state.push_back(held_state());
  if (auto rooms = on_.api.homeserver().encrypted_rooms(); rooms != encrypted_kept_) {
    state.push_back({kEncrypted, codec::dump(nlohmann::json(rooms))});
    encrypted_kept_ = std::move(rooms);
  }
  bool worth = !state.empty();
  std::size_t done = 0;
  for (; done < places_.size() && places_[done].batch->open == 0; ++done) worth = worth || places_[done].worth;
  if (!worth && !(idle && done > 0)) return;
  if (done > 0) state.insert(state.end(), places_[done - 1].state.begin(), places_[done - 1].state.end());
  Asked checkpoint{quiet_request(bot::Checkpoint{}, on_.env.clock.now()), {}};
  checkpoint.request.state = std::move(state);
  std::vector<Asked> one;
  one.push_back(std::move(checkpoint));
  if (!recorder_.record(std::move(one), [](const Origin&, const bot::Reply&) {}, [](const Origin&) {})) return;
  places_.erase(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(done));
}

bool IntakeLine::owes() const {
  return std::any_of(places_.begin(), places_.end(), [](const Place& place) { return place.worth; });
}

void IntakeLine::tell_absence(bot::Time from, bot::Time until, const std::map<std::int64_t, int>& missed) {
  const auto open = on_.reader.incidents({true, 0, 200, true});
  if (!open) return;
  std::vector<Asked> asked;
  for (const auto& incident : *open) {
    if (incident.rooms.count(kIntegration) == 0 || incident.declared > until) continue;
    const auto it = missed.find(incident.number);
    bot::Away away{incident.number, std::max(from, incident.declared), until, it == missed.end() ? 0 : it->second};
    Asked one{quiet_request(std::move(away), on_.env.clock.now()), {}};
    one.request.dedup_keys = {"matrix:away:" + std::to_string(incident.number) + ":" + std::to_string(from.time_since_epoch().count())};
    asked.push_back(std::move(one));
  }
  happened_ = happened_ || !asked.empty();
  recorder_.record(std::move(asked), [](const Origin&, const bot::Reply&) {}, [](const Origin&) {});
}

void IntakeLine::tell_gap(std::int64_t incident, bot::Time from, bot::Time until) {
  std::vector<Asked> asked;
  asked.push_back({quiet_request(bot::Away{incident, std::min(from, until), until, 0}, on_.env.clock.now()), {}});
  asked.back().request.dedup_keys = {"matrix:gap:" + std::to_string(incident) + ":" + std::to_string(from.time_since_epoch().count())};
  happened_ = true;
  recorder_.record(std::move(asked), [](const Origin&, const bot::Reply&) {}, [](const Origin&) {});
}

// ---- reactions that wait for the homeserver ----

void IntakeLine::hold(const Event& event) {
  if (held_.size() >= kMostHeld) {
    bot::log(bot::LogLevel::warning, "matrix_event_given_up", {{"event", held_.front().event.id}});
    held_.erase(held_.begin());
  }
  const bot::Millis now = on_.env.clock.monotonic();
  held_.push_back({event, now + kReadAgain, now, 1});
  held_changed_ = true;
}

void IntakeLine::let_go(const std::string& event_id) {
  if (std::erase_if(held_, [&](const Held& held) { return held.event.id == event_id; }) > 0) held_changed_ = true;
}

bot::AdapterState IntakeLine::held_state() const {
  if (held_.empty()) return {kHeld, ""};
  nlohmann::json all = nlohmann::json::array();
  for (const auto& held : held_) all.push_back(small_json(held.event));
  return {kHeld, codec::dump(all)};
}

bool IntakeLine::load_kept() {
  const auto kept = on_.reader.adapter_state(kHeld);
  const auto encrypted = on_.reader.adapter_state(kEncrypted);
  if (!kept || !encrypted) return false;
  for (const auto& room : parse_tolerant(encrypted->value_or("[]")))
    if (room.is_string()) on_.api.homeserver().note_encrypted(room.get<std::string>());
  encrypted_kept_ = on_.api.homeserver().encrypted_rooms();
  const nlohmann::json all = parse_tolerant(kept->value_or(""));
  const bot::Millis now = on_.env.clock.monotonic();
  if (!all.is_array()) return true;
  for (const auto& raw : all)
    if (auto event = read_event(raw, "", on_.env.clock.now()); event && held_.size() < kMostHeld) held_.push_back({std::move(*event), now, now, 0});
  return true;
}

bot::Millis IntakeLine::read_held() {
  bot::Millis next = kLongestStep;
  for (std::size_t i = 0; i < held_.size() && !stopping_;) {
    Held& held = held_[i];
    const bot::Millis now = on_.env.clock.monotonic();
    if (held.next > now) {
      next = std::min(next, held.next - now);
      ++i;
      continue;
    }
    const auto batch = std::make_shared<Batch>();
    std::optional<Asked> asked;
    try {
      asked = conversation_.read(held.event, batch);
    } catch (const std::exception& e) {
      bot::log(bot::LogLevel::error, "matrix_event_not_read", {{"event", held.event.id}, {"why", e.what()}});
    }
    if (conversation_.take_unsettled() && now - held.since < kHoldFor) {
      held.next = now + std::min(kLongestStep, kReadAgain * (1 << std::min(held.readings++, 6)));
      continue;
    }
    if (!asked) bot::log(bot::LogLevel::info, "matrix_event_left", {{"event", held.event.id}});
    std::vector<Asked> one;
    if (asked) one.push_back(std::move(*asked));
    const auto answered = [&](const Origin& origin, const bot::Reply& reply) { conversation_.answer(origin, reply, batch); };
    if (!recorder_.record(std::move(one), answered, [&](const Origin& origin) { conversation_.delayed(origin, batch); })) break;
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    held_changed_ = true;
  }
  return next;
}

void IntakeLine::enter_rooms() {
  const auto& matrix = on_.settings.matrix;
  std::vector<std::string> rooms = matrix.control_rooms;
  if (!matrix.announce_room.empty()) rooms.push_back(matrix.announce_room);
  Api& api = on_.api;
  for (const auto& room : rooms)
    on_.chores.add({"entering " + room, "enter " + room,
                    [&api, room](const Budget& budget) {
                      std::string entered;
                      auto problem = api.join(room, {api.settings().server_name()}, budget, entered);
                      if (!problem && room[0] == '#' && !entered.empty()) api.homeserver().remember_alias(room, entered);
                      return problem;
                    },
                    nullptr, {}});
}

bool IntakeLine::pause(bot::Millis time) {
  bot::Lock lock(mutex_);
  changed_.wait_for(lock.native(), time, [this]() REQUIRES_LOCK(mutex_) { return stopping_.load(); });
  return !stopping_;
}

void IntakeLine::stop() {
  stopping_ = true;
  recorder_.stop();
  bot::Lock lock(mutex_);
  changed_.notify_all();
}

}  // namespace matrix
