#include "tests/support/fake_homeserver.hpp"

#include <algorithm>
#include <thread>

#include "integrations/http/server.hpp"

namespace support {
namespace {

using nlohmann::json;

WireAnswer answer(int status, const json& body) { return {status, body.dump(), {{"Content-Type", "application/json"}}}; }
WireAnswer error(int status, const char* code, const char* words) { return answer(status, {{"errcode", code}, {"error", words}}); }

std::string decoded(const std::string& segment) {
  http::Headers form;
  std::string plain;
  for (const char c : segment) plain += c == '+' ? std::string("%2B") : std::string(1, c);
  return http::parse_form("x=" + plain, form) ? http::form_value(form, "x") : "";
}

std::vector<std::string> segments(const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t at = 1; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    out.push_back(decoded(path.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

std::string joined_text(const std::vector<std::string>& events, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < events.size(); ++i) out += (out.empty() ? "" : ",") + events[i];
  return "[" + out + "]";
}

}  // namespace

FakeHomeserver::FakeHomeserver() {
  server_ = std::make_unique<LoopbackHttp>([this](const WireRequest& request) { return handle(request); });
}

FakeHomeserver::~FakeHomeserver() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
  server_->stop();
}

void FakeHomeserver::make_room(const std::string& id, const std::string& alias, std::vector<std::string> members) {
  std::lock_guard lock(mutex_);
  for (auto& m : members) rooms_[id].members.insert(m);
  rooms_[id].members.insert(kBot);
  if (!alias.empty()) aliases_[alias] = id;
}

void FakeHomeserver::alias(const std::string& alias, const std::string& room) {
  std::lock_guard lock(mutex_);
  aliases_[alias] = room;
}

std::string FakeHomeserver::place(const std::string& room, std::string event) {
  std::lock_guard lock(mutex_);
  rooms_[room].events.push_back(event);
  stream_.emplace_back(room, std::move(event));
  news_.notify_all();
  return "";
}

std::string FakeHomeserver::add(const std::string& room, json event) {
  {
    std::lock_guard lock(mutex_);
    if (!event.contains("event_id")) event["event_id"] = "$event" + std::to_string(++next_id_);
    if (!event.contains("origin_server_ts")) event["origin_server_ts"] = time_;
  }
  if (!event.contains("sender")) event["sender"] = "@alice:hs";
  if (!event.contains("content")) event["content"] = json::object();
  place(room, event.dump());
  return event["event_id"].is_string() ? event["event_id"].get<std::string>() : "";
}

void FakeHomeserver::add_raw(const std::string& room, const std::string& text) { place(room, text); }

std::string FakeHomeserver::say(const std::string& room, const std::string& sender, const std::string& body, json more) {
  json content{{"msgtype", "m.text"}, {"body", body}};
  content.update(more);
  return add(room, {{"type", "m.room.message"}, {"sender", sender}, {"content", content}});
}

std::string FakeHomeserver::react(const std::string& room, const std::string& sender, const std::string& event_id, const std::string& key) {
  return add(room, {{"type", "m.reaction"}, {"sender", sender}, {"content", {{"m.relates_to", {{"rel_type", "m.annotation"}, {"event_id", event_id}, {"key", key}}}}}});
}

std::string FakeHomeserver::redact(const std::string& room, const std::string& sender, const std::string& event_id) {
  return add(room, {{"type", "m.room.redaction"}, {"sender", sender}, {"redacts", event_id}});
}

std::string FakeHomeserver::member(const std::string& room, const std::string& sender, const std::string& who, const std::string& membership, const std::string& before) {
  json event{{"type", "m.room.member"}, {"sender", sender}, {"state_key", who}, {"content", {{"membership", membership}}}};
  if (!before.empty()) event["unsigned"] = {{"prev_content", {{"membership", before}}}};
  return add(room, event);
}

void FakeHomeserver::invite(const std::string& room, const std::string& inviter) {
  std::lock_guard lock(mutex_);
  invites_[room] = inviter;
  stream_.emplace_back("", "");
  news_.notify_all();
}

void FakeHomeserver::encrypt(const std::string& room) {
  add(room, {{"type", "m.room.encryption"}, {"state_key", ""}, {"content", {{"algorithm", "m.megolm.v1.aes-sha2"}}}});
  std::lock_guard lock(mutex_);
  rooms_[room].encrypted = true;
}

void FakeHomeserver::trick(Answerer answerer) {
  std::lock_guard lock(mutex_);
  trick_ = std::move(answerer);
}

void FakeHomeserver::timeline_limit(std::size_t limit) {
  std::lock_guard lock(mutex_);
  limit_ = limit;
}

void FakeHomeserver::answer_late(std::chrono::milliseconds by) {
  std::lock_guard lock(mutex_);
  late_ = by;
}

void FakeHomeserver::forget_tokens() {
  std::lock_guard lock(mutex_);
  ++epoch_;
  news_.notify_all();
}

std::vector<FakeHomeserver::Sent> FakeHomeserver::sent() const {
  std::lock_guard lock(mutex_);
  return sent_;
}

std::vector<std::string> FakeHomeserver::said(const std::string& room) const {
  std::vector<std::string> out;
  for (const auto& one : sent())
    if (one.room == room && one.type == "m.room.message") out.push_back(one.content.value("body", ""));
  return out;
}

std::vector<std::string> FakeHomeserver::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

int FakeHomeserver::count(const std::string& call) const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(std::count(calls_.begin(), calls_.end(), call));
}

std::set<std::string> FakeHomeserver::joined() const {
  std::lock_guard lock(mutex_);
  return joined_;
}

std::set<std::string> FakeHomeserver::declined() const {
  std::lock_guard lock(mutex_);
  return declined_;
}

void FakeHomeserver::hang_up(bool down) {
  std::lock_guard lock(mutex_);
  hung_up_ = down;
  news_.notify_all();
}

void FakeHomeserver::set_time(std::int64_t milliseconds) {
  std::lock_guard lock(mutex_);
  time_ = milliseconds;
}

std::size_t FakeHomeserver::syncs_waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_;
}

WireAnswer FakeHomeserver::handle(const WireRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  std::map<std::string, std::string> query;
  http::Headers form;
  if (const auto mark = request.target.find('?'); mark != std::string::npos && http::parse_form(request.target.substr(mark + 1), form))
    for (const auto& [name, value] : form) query[name] = value;
  const std::string base = "/_matrix/client";
  Answerer trick;
  {
    std::lock_guard lock(mutex_);
    calls_.push_back(request.method + " " + (path.rfind(base, 0) == 0 ? path.substr(base.size()) : path));
    trick = trick_;
  }
  if (trick)
    if (auto own = trick(request, path)) return *own;
  const auto authorization = request.headers.find("authorization");
  if (authorization == request.headers.end() || authorization->second != std::string("Bearer ") + kToken) return error(401, "M_UNKNOWN_TOKEN", "no such token");
  if (path.rfind(base, 0) != 0) return error(404, "M_UNRECOGNIZED", "unknown");
  const auto parts = segments(path.substr(base.size()));
  if (parts == std::vector<std::string>{"versions"}) return answer(200, {{"versions", {"v1.1", "v1.12"}}});
  if (parts == std::vector<std::string>{"v3", "sync"}) return sync(query);
  if (parts == std::vector<std::string>{"v3", "account", "whoami"}) return answer(200, {{"user_id", kBot}, {"device_id", "BOT"}});
  if (parts == std::vector<std::string>{"v3", "capabilities"})
    return answer(200, {{"capabilities", {{"m.room_versions", {{"default", "11"}, {"available", {{"11", "stable"}}}}}}}});
  if (parts.size() == 3 && parts[1] == "profile") return answer(200, {{"displayname", parts[2] == kBot ? "Muster" : parts[2].substr(1, parts[2].find(':') - 1)}});
  if (parts.size() == 4 && parts[1] == "directory") {
    std::lock_guard lock(mutex_);
    const auto it = aliases_.find(parts[3]);
    return it == aliases_.end() ? error(404, "M_NOT_FOUND", "no such alias") : answer(200, {{"room_id", it->second}, {"servers", {"hs"}}});
  }
  if (parts.size() == 3 && parts[1] == "join") {
    std::lock_guard lock(mutex_);
    const std::string room = aliases_.count(parts[2]) > 0 ? aliases_[parts[2]] : parts[2];
    joined_.insert(room);
    invites_.erase(room);
    return answer(200, {{"room_id", room}});
  }
  if (parts.size() >= 4 && parts[1] == "rooms") return in_room(request, parts, query);
  return error(404, "M_UNRECOGNIZED", "unknown");
}

WireAnswer FakeHomeserver::in_room(const WireRequest& request, const std::vector<std::string>& path, const std::map<std::string, std::string>& query) {
  const std::string& room = path[2];
  const std::string& what = path[3];
  if (what == "send" && path.size() == 6) return send(room, path[4], path[5], request.body);
  if (what == "messages") return messages(room, query);
  std::lock_guard lock(mutex_);
  if (what == "leave") {
    declined_.insert(room);
    invites_.erase(room);
    return answer(200, json::object());
  }
  if (what == "joined_members") {
    json joined = json::object();
    for (const auto& m : rooms_[room].members) joined[m] = json::object();
    return answer(200, {{"joined", joined}});
  }
  if (what == "state" && path.size() >= 5) return path[4] == "m.room.encryption" && rooms_[room].encrypted ? answer(200, {{"algorithm", "x"}}) : error(404, "M_NOT_FOUND", "none");
  if (what == "event" && path.size() == 5) {
    for (const auto& text : rooms_[room].events) {
      const json event = json::parse(text, nullptr, false);
      if (event.is_object() && event.value("event_id", json()) == path[4]) return answer(200, event);
    }
    return error(404, "M_NOT_FOUND", "no such event");
  }
  return error(404, "M_UNRECOGNIZED", "unknown");
}

WireAnswer FakeHomeserver::send(const std::string& room, const std::string& type, const std::string& txn, const std::string& body) {
  std::string event_id;
  {
    std::lock_guard lock(mutex_);
    for (const auto& one : sent_)
      if (one.txn == txn && one.room == room && one.type == type) return answer(200, {{"event_id", one.event_id}});
    event_id = "$sent" + std::to_string(++next_id_);
    sent_.push_back({room, type, txn, event_id, json::parse(body, nullptr, false)});
  }
  add(room, {{"type", type}, {"sender", kBot}, {"event_id", event_id}, {"content", json::parse(body, nullptr, false)}});
  std::chrono::milliseconds late;
  {
    std::lock_guard lock(mutex_);
    late = late_;
  }
  std::this_thread::sleep_for(late);
  return answer(200, {{"event_id", event_id}});
}

std::string FakeHomeserver::sync_body(std::size_t since, std::size_t now) {
  std::map<std::string, std::vector<std::string>> fresh;
  for (std::size_t i = since; i < now; ++i)
    if (!stream_[i].first.empty()) fresh[stream_[i].first].push_back(stream_[i].second);
  std::string join, invite;
  for (const auto& [room, events] : fresh) {
    const std::size_t from = events.size() > limit_ ? events.size() - limit_ : 0;
    const std::size_t all = rooms_[room].events.size();
    join += (join.empty() ? "" : ",") + json(room).dump() + R"(:{"timeline":{"events":)" + joined_text(events, from) + R"(,"limited":)" + (from > 0 ? "true" : "false") +
            R"(,"prev_batch":"b)" + std::to_string(all - (events.size() - from)) + R"("}})";
  }
  for (const auto& [room, inviter] : invites_)
    invite += (invite.empty() ? "" : ",") + json(room).dump() + R"(:{"invite_state":{"events":[{"type":"m.room.member","state_key":"@muster:hs","sender":)" + json(inviter).dump() +
              R"(,"content":{"membership":"invite"}}]}})";
  return R"({"next_batch":"s)" + std::to_string(epoch_) + "_" + std::to_string(now) + R"(","rooms":{"join":{)" + join + R"(},"invite":{)" + invite + "}}}";
}

WireAnswer FakeHomeserver::sync(const std::map<std::string, std::string>& query) {
  std::unique_lock lock(mutex_);
  std::size_t since = 0;
  const int epoch = epoch_;
  if (const auto it = query.find("since"); it != query.end()) {
    const auto bar = it->second.find('_');
    if (bar == std::string::npos || it->second.substr(0, bar) != "s" + std::to_string(epoch_)) return error(400, "M_UNKNOWN", "no such token");
    since = std::strtoul(it->second.c_str() + bar + 1, nullptr, 10);
  }
  const auto timeout = query.find("timeout");
  if (query.count("since") > 0 && timeout != query.end() && timeout->second != "0") {
    ++waiting_;
    news_.wait_for(lock, std::chrono::milliseconds(std::min(20000, std::atoi(timeout->second.c_str()))), [&] { return stopping_ || hung_up_ || epoch_ != epoch || stream_.size() > since; });
    --waiting_;
  }
  return {200, sync_body(std::min(since, stream_.size()), stream_.size()), {{"Content-Type", "application/json"}}};
}

WireAnswer FakeHomeserver::messages(const std::string& room, const std::map<std::string, std::string>& query) {
  std::lock_guard lock(mutex_);
  const auto& events = rooms_[room].events;
  std::size_t from = std::strtoul(query.at("from").c_str() + 1, nullptr, 10), stop = 0;
  // How much of the room `to` had seen.
  if (const auto to = query.find("to"); to != query.end()) {
    const std::size_t place = std::strtoul(to->second.c_str() + to->second.find('_') + 1, nullptr, 10);
    for (std::size_t i = 0; i < std::min(place, stream_.size()); ++i) stop += stream_[i].first == room;
  }
  std::string chunk;
  for (std::size_t n = 0; n < 100 && from > stop; ++n) chunk += (chunk.empty() ? "" : ",") + events[--from];
  std::string body = R"({"chunk":[)" + chunk + "]";
  if (from > stop) body += R"(,"end":"b)" + std::to_string(from) + "\"";
  return {200, body + "}", {{"Content-Type", "application/json"}}};
}

}  // namespace support
