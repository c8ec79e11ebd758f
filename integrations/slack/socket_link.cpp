#include "integrations/slack/socket_link.hpp"

#include <map>

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/slack/api.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kIdLength = 200;

/// The members of a slash command as the form fields they are over HTTP.
std::map<std::string, std::string> fields_of(const json& payload) {
  std::map<std::string, std::string> out;
  if (!payload.is_object()) return out;
  for (const auto& [name, value] : payload.items()) {
    if (value.is_string()) out[name] = value.get<std::string>();
    else if (value.is_boolean()) out[name] = value.get<bool>() ? "true" : "false";
    else if (value.is_number()) out[name] = codec::dump(value);
  }
  return out;
}

}  // namespace

/// Stands for one envelope until it is acknowledged, or until the inbox drops it: then Slack sends it again.
struct SocketLink::Ticket {
  Ticket(std::weak_ptr<SocketLink> of, SocketCounts& counts_of_all, std::string envelope, bool payload)
      : link(std::move(of)), counts(counts_of_all), envelope_id(std::move(envelope)), takes_payload(payload) {
    if (const auto l = link.lock()) ++l->waiting_;
  }
  ~Ticket() {
    if (answered) return;
    if (const auto l = link.lock()) {
      --l->waiting_;
      ++counts.unacknowledged;  // not with the link gone: its counts may be too
    }
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  void answer(const std::string& body) {
    if (answered.exchange(true)) return;
    if (const auto l = link.lock()) {
      l->acknowledge(envelope_id, takes_payload, body);
      --l->waiting_;
    }
  }
  std::weak_ptr<SocketLink> link;
  SocketCounts& counts;
  const std::string envelope_id;
  const bool takes_payload;
  std::atomic<bool> answered{false};
};

SocketLink::SocketLink(std::shared_ptr<Inbox> inbox, bot::Clock& clock, SocketCounts& counts, SocketWatch watch, Told told)
    : inbox_(std::move(inbox)), clock_(clock), counts_(counts), watch_(watch), told_(std::move(told)) {}

SocketLink::~SocketLink() = default;

void SocketLink::open(const OpenSocket& open_socket, std::string url) {
  {
    bot::Lock lock(mutex_);
    began_ = server_heard_ = clock_.monotonic();
  }
  http::SocketEvents events;
  const std::weak_ptr<SocketLink> weak = weak_from_this();
  const auto here = [weak](auto act) {
    return [weak, act] {
      if (const auto link = weak.lock()) act(*link);
    };
  };
  events.on_text = [weak](const std::string& text) {
    if (const auto link = weak.lock()) link->heard(text);
  };
  events.on_ping = here([](SocketLink& link) {
    link.told_.alive(link.clock_.now());
    bot::Lock lock(link.mutex_);
    link.server_heard_ = link.clock_.monotonic();
  });
  events.on_pong = here([](SocketLink& link) {
    bot::Lock lock(link.mutex_);
    link.pong_owed_ = false;
  });
  events.on_closed = [weak](const std::string& reason) {
    if (const auto link = weak.lock()) link->set_state(State::closed, reason);
  };
  auto socket = open_socket(std::move(url), std::move(events));
  bot::Lock lock(socket_mutex_);
  socket_ = std::move(socket);
}

void SocketLink::heard(const std::string& text) {
  told_.alive(clock_.now());
  {
    bot::Lock lock(mutex_);
    server_heard_ = clock_.monotonic();
  }
  const auto parsed = codec::parse(text);
  if (!parsed || !parsed->is_object()) {
    if (counts_.garbage++ == 0) bot::log(bot::LogLevel::warning, "slack_socket_garbage");
    return;  // no envelope, so nothing to acknowledge
  }
  const std::string type = text_at(*parsed, "type");
  if (type == "hello") {
    const auto n = parsed->find("num_connections");
    if (n != parsed->end() && n->is_number_integer() && n->get<std::int64_t>() > 0 && n->get<std::int64_t>() < 1000) connections_ = n->get<int>();
    was_ready_ = true;
    return set_state(State::ready);
  }
  if (type == "disconnect") {
    {
      bot::Lock lock(mutex_);
      wish_ = text_at(*parsed, "reason").empty() ? "refresh_requested" : text_at(*parsed, "reason").substr(0, kIdLength);
    }
    return told_.something();
  }
  const std::string id = text_at(*parsed, "envelope_id");
  if (id.empty() || id.size() > kIdLength) return;
  ++counts_.envelopes;
  const auto ticket = std::make_shared<Ticket>(weak_from_this(), counts_, id, parsed->value("accepts_response_payload", json(false)) == json(true));
  const Answer answer = [ticket](const std::string& body) { ticket->answer(body); };
  const json payload = parsed->value("payload", json::object());
  if (type == "slash_commands") inbox_->command(fields_of(payload), answer);
  else if (type == "interactive") inbox_->interaction(payload, answer);
  else if (type == "events_api") inbox_->event(payload, answer);
  else answer("");  // a kind Muster did not ask for: taken, so that Slack does not send it again
}

void SocketLink::acknowledge(const std::string& envelope_id, bool takes_payload, const std::string& body) {
  json out{{"envelope_id", envelope_id}};
  if (takes_payload && !body.empty())
    if (auto payload = codec::parse(body); payload && payload->is_object()) out["payload"] = *std::move(payload);
  send(codec::dump(out));
  ++counts_.acknowledged;
}

void SocketLink::send(std::string text) {
  bot::Lock lock(socket_mutex_);
  if (socket_) socket_->send(std::move(text));
}

void SocketLink::leave() {
  bot::Lock lock(mutex_);
  if (state_ != State::opening && state_ != State::ready) return;
  state_ = State::leaving;
  leaving_since_ = clock_.monotonic();
}

void SocketLink::check() {
  bool ping = false, close = false;
  std::string fault;
  {
    bot::Lock lock(mutex_);
    const bot::Millis now = clock_.monotonic();
    if (state_ == State::closed) return;
    if (state_ == State::opening && now - began_ > watch_.hello_within) fault = "Slack did not say hello";
    else if (state_ == State::closing && now - closing_since_ > watch_.close_within) fault = "Slack did not close in time";
    else if (state_ != State::opening && now - server_heard_ > watch_.server_silent) fault = "Slack was silent";
    else if (pong_owed_ && now - pinged_ > watch_.pong_within) fault = "Slack did not answer a ping";
    if (fault.empty() && (state_ == State::ready || state_ == State::leaving) && !pong_owed_ && now - pinged_ >= watch_.ping_every) {
      ping = pong_owed_ = true;
      pinged_ = now;
    }
    if (fault.empty() && state_ == State::leaving && (waiting_ == 0 || now - leaving_since_ > watch_.drain_within)) {
      close = true;
      state_ = State::closing;
      closing_since_ = now;
    }
  }
  if (!fault.empty()) return give_up(fault);
  bot::Lock lock(socket_mutex_);
  if (socket_ && ping) socket_->ping();
  if (socket_ && close) socket_->close();
}

/// Half-open: a close frame would reach nobody.
void SocketLink::give_up(const std::string& reason) {
  end();
  set_state(State::closed, reason);
}

void SocketLink::end() {
  std::unique_ptr<http::WebSocket> dead;
  bot::Lock lock(socket_mutex_);
  dead = std::move(socket_);
  lock.native().unlock();  // an event under way may want to acknowledge
  dead.reset();
}

bot::Millis SocketLink::age() const {
  bot::Lock lock(mutex_);
  return clock_.monotonic() - began_;
}

void SocketLink::set_state(State state, const std::string& reason) {
  {
    bot::Lock lock(mutex_);
    if (state_ == State::closed || (state == State::ready && state_ != State::opening)) return;
    state_ = state;
    if (state == State::closed) reason_ = reason;
  }
  told_.something();
}

SocketLink::State SocketLink::state() const {
  bot::Lock lock(mutex_);
  return state_;
}
std::string SocketLink::wish() const {
  bot::Lock lock(mutex_);
  return wish_;
}
std::string SocketLink::end_reason() const {
  bot::Lock lock(mutex_);
  return reason_;
}

}  // namespace slack
