#include "integrations/matrix/api.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"

namespace matrix {
namespace {

using nlohmann::json;

std::string url_of(const std::string& base, const Ask& ask) {
  std::string url = base;
  for (const auto& segment : ask.path) url += "/" + http::percent_encode(segment);
  char separator = '?';
  for (const auto& [name, value] : ask.query) {
    url += separator + http::percent_encode(name) + "=" + http::percent_encode(value);
    separator = '&';
  }
  return url;
}

Ask in_room(const char* method, const std::string& room, std::initializer_list<std::string> rest, std::string what, Limit limit = Limit::none) {
  Ask ask;
  ask.method = method;
  ask.path = {"v3", "rooms", room};
  ask.path.insert(ask.path.end(), rest.begin(), rest.end());
  ask.what = std::move(what);
  ask.limit = limit;
  return ask;
}

std::optional<Problem> without_an_id(const char* what) {
  return Problem{Outcome::doubtful, "", std::string("the homeserver took ") + what + " but did not say where it is", {}, 0};
}

}  // namespace

Budget::Budget(const bot::Clock& clock, bot::Millis whole, bot::Millis each) : clock_(clock), until_(clock.monotonic() + whole), each_(each) {}

bot::Millis Budget::next() const { return std::clamp(until_ - clock_.monotonic(), bot::Millis{0}, each_); }

Api::Api(const bot::MatrixSettings& settings, http::Client& client, bot::Clock& clock, std::shared_ptr<Homeserver> homeserver)
    : settings_(settings), client_(client), clock_(clock), homeserver_(std::move(homeserver)), base_(settings.homeserver_url + "/_matrix/client"),
      messages_(settings.messages_per_minute) {}

Pace* Api::pace_of(Limit limit) {
  switch (limit) {
    case Limit::none: return nullptr;
    case Limit::message: return &messages_;
    case Limit::creation: return &creations_;
    case Limit::invitation: return &invitations_;
  }
  return nullptr;
}

std::string Api::token(const Ask& ask, bool& names_device) {
  const auto& service = settings_.app_service;
  bot::Lock lock(mutex_);
  names_device = names_device_ && !ask.as_service;
  if (ask.as_service) return service.as_token.reveal();
  if (!device_token_.empty()) return device_token_.reveal();
  return service.id.empty() ? settings_.access_token.reveal() : service.as_token.reveal();
}

http::CallResult Api::make(const Ask& ask, const json* body, bot::Millis deadline) {
  bool names_device = false;
  http::Call call;
  call.method = ask.method;
  call.url = url_of(base_, ask);
  call.headers = {{"Authorization", "Bearer " + token(ask, names_device)}};
  // The user is named too although it is the sender: Synapse 1.159 answers 500 to a device without a user.
  if (names_device)
    call.url += (ask.query.empty() ? "?user_id=" : "&user_id=") + http::percent_encode(settings_.user_id) + "&device_id=" + http::percent_encode(settings_.app_service.device_id);
  if (body != nullptr) {
    call.headers.emplace_back("Content-Type", "application/json");
    call.body = codec::dump(*body);
  }
  call.deadline = deadline;
  call.answer_cap = ask.answer_cap;
  return client_.call(call);
}

std::optional<Problem> Api::carry_out(const Ask& ask, const json* body, const Budget& budget, json& answer) {
  answer = json::object();
  const bot::Millis time = budget.next();
  if (time.count() <= 0) return Problem{Outcome::not_sent, "", "the homeserver was too slow; " + ask.what + " was not begun", {}, 0};
  Pace* pace = pace_of(ask.limit);
  if (pace != nullptr)
    if (const bot::Millis wait = pace->take(clock_.now()); wait.count() > 0)
      return Problem{Outcome::waits, "", "waiting so as to stay under the homeserver's limit", wait, 0};
  const auto result = make(ask, body, time);
  if (auto problem = judge(ask.what, result, clock_.now())) {
    if (problem->outcome == Outcome::waits && pace != nullptr) pace->refused(problem->after.value_or(bot::Millis{1000}), clock_.now());
    return problem;
  }
  const auto& got = std::get<http::Answer>(result);
  answer = parse_tolerant(got.body);
  if (answer.is_object()) return std::nullopt;
  answer = json::object();
  return Problem{Outcome::doubtful, "", "the answer to " + ask.what + " (status " + std::to_string(got.status) + ") is not a homeserver's; check matrix.homeserver_url", {}, got.status};
}

std::optional<Problem> Api::call(const Ask& ask, const json* body, const Budget& budget, json& answer) {
  // As an application service nothing is sent before the device is settled: a transaction id belongs to one.
  if (!settings_.app_service.id.empty() && !homeserver_->self())
    if (auto problem = learn_self(budget)) {
      if (problem->outcome == Outcome::doubtful) problem->outcome = Outcome::not_sent;
      return problem;
    }
  auto problem = carry_out(ask, body, budget, answer);
  if (!problem || problem->outcome != Outcome::credentials) return problem;
  bool had_device_token = false;
  {
    bot::Lock lock(mutex_);
    had_device_token = !device_token_.empty();
  }
  if (!had_device_token || log_in(budget)) return problem;
  return carry_out(ask, body, budget, answer);  // the login was ended from outside; the same device keeps its transaction ids
}

std::optional<Problem> Api::put_event(const std::string& room, const std::string& type, const std::string& txn, const json& content, const Budget& budget,
                                      std::string& event_id) {
  json answer;
  if (auto problem = call(in_room("PUT", room, {"send", type, txn}, type == "m.reaction" ? "the reaction" : "the message", Limit::message), &content, budget, answer))
    return problem;
  event_id = text_at(answer, "event_id");
  return event_id.empty() ? without_an_id("the message") : std::nullopt;
}

std::optional<Problem> Api::redact(const std::string& room, const std::string& event_id, const std::string& txn, const std::string& reason, const Budget& budget) {
  json answer, body = json::object();
  if (!reason.empty()) body["reason"] = reason;
  return call(in_room("PUT", room, {"redact", event_id, txn}, "the removal", Limit::message), &body, budget, answer);
}

std::optional<Problem> Api::put_state(const std::string& room, const std::string& type, const std::string& key, const json& content, const Budget& budget,
                                      std::string& event_id) {
  // The last segment may be empty: the path then ends in "/".
  json answer;
  if (auto problem = call(in_room("PUT", room, {"state", type, key}, "the room's " + type, Limit::message), &content, budget, answer)) return problem;
  event_id = text_at(answer, "event_id");
  return std::nullopt;
}

std::optional<Problem> Api::get_state(const std::string& room, const std::string& type, const std::string& key, const Budget& budget, json& content) {
  return call(in_room("GET", room, {"state", type, key}, "the room's " + type), nullptr, budget, content);
}

std::optional<Problem> Api::create_room(const json& body, const Budget& budget, std::string& room) {
  json answer;
  if (auto problem = call({"POST", {"v3", "createRoom"}, {}, "the new room", Limit::creation}, &body, budget, answer)) return problem;
  room = text_at(answer, "room_id");
  return room.empty() ? without_an_id("the new room") : std::nullopt;
}

std::optional<Problem> Api::resolve_alias(const std::string& alias, const Budget& budget, std::string& room) {
  json answer;
  if (auto problem = call({"GET", {"v3", "directory", "room", alias}, {}, "the room's name"}, nullptr, budget, answer)) return problem;
  room = text_at(answer, "room_id");
  if (room.empty()) return Problem{Outcome::not_sent, "", "the homeserver knows the room's name but did not say which room it is", {}, 0};
  homeserver_->remember_alias(alias, room);
  return std::nullopt;
}

std::optional<Problem> Api::invite(const std::string& room, const std::string& user, const Budget& budget) {
  json answer;
  const json body{{"user_id", user}};
  return call(in_room("POST", room, {"invite"}, "the invitation", Limit::invitation), &body, budget, answer);
}

std::optional<Problem> Api::join(const std::string& room_or_alias, const std::vector<std::string>& via, const Budget& budget, std::string& room) {
  Ask ask{"POST", {"v3", "join", room_or_alias}, {}, "joining the room"};
  for (const auto& server : via) ask.query.emplace_back("via", server);
  json answer;
  const json body = json::object();
  if (auto problem = call(ask, &body, budget, answer)) return problem;
  room = text_at(answer, "room_id");
  return std::nullopt;
}

std::optional<Problem> Api::leave(const std::string& room, const std::string& reason, const Budget& budget) {
  json answer, body = json::object();
  if (!reason.empty()) body["reason"] = reason;
  return call(in_room("POST", room, {"leave"}, "leaving the room"), &body, budget, answer);
}

std::optional<Problem> Api::kick(const std::string& room, const std::string& user, const std::string& reason, const Budget& budget) {
  json answer, body{{"user_id", user}};
  if (!reason.empty()) body["reason"] = reason;
  return call(in_room("POST", room, {"kick"}, "removing the person"), &body, budget, answer);
}

std::optional<Problem> Api::messages(const std::string& room, const HistoryQuery& query, const Budget& budget, json& page) {
  Ask ask = in_room("GET", room, {"messages"}, "the room's history");
  ask.query = {{"dir", query.dir}, {"limit", std::to_string(query.limit)}};
  if (!query.from.empty()) ask.query.emplace_back("from", query.from);
  if (!query.to.empty()) ask.query.emplace_back("to", query.to);
  if (!query.filter.empty()) ask.query.emplace_back("filter", query.filter);
  ask.answer_cap = 8u << 20;  // a hundred events of the largest size
  return call(ask, nullptr, budget, page);
}

std::optional<Problem> Api::event(const std::string& room, const std::string& event_id, const Budget& budget, json& event) {
  return call(in_room("GET", room, {"event", event_id}, "an event"), nullptr, budget, event);
}

std::optional<Problem> Api::relations(const std::string& room, const std::string& event_id, const std::string& rel_type, const std::string& event_type,
                                      const std::string& from, const Budget& budget, json& page) {
  Ask ask{"GET", {"v1", "rooms", room, "relations", event_id, rel_type}, {{"dir", "b"}, {"limit", "100"}}, "an event's relations"};
  if (!event_type.empty()) ask.path.push_back(event_type);
  if (!from.empty()) ask.query.emplace_back("from", from);
  return call(ask, nullptr, budget, page);
}

std::optional<Problem> Api::joined_rooms(const Budget& budget, std::vector<std::string>& rooms) {
  json answer;
  if (auto problem = call({"GET", {"v3", "joined_rooms"}, {}, "the bot's rooms"}, nullptr, budget, answer)) return problem;
  for (const auto& room : array_at(answer, "joined_rooms"))
    if (room.is_string()) rooms.push_back(room.get<std::string>());
  return std::nullopt;
}

std::optional<Problem> Api::joined_members(const std::string& room, const Budget& budget, json& joined) {
  json answer;
  if (auto problem = call(in_room("GET", room, {"joined_members"}, "the room's members"), nullptr, budget, answer)) return problem;
  joined = object_at(answer, "joined");
  return std::nullopt;
}

std::optional<Problem> Api::profile(const std::string& user, const Budget& budget, json& profile) {
  return call({"GET", {"v3", "profile", user}, {}, "a person's profile"}, nullptr, budget, profile);
}

}  // namespace matrix
