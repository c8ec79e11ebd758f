#include "tests/support/fake_slack_socket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>
#include <thread>
#include <memory>
#include <optional>

namespace support {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using nlohmann::json;

constexpr auto kPingEvery = std::chrono::seconds(2);

}  // namespace

struct FakeSlackSocket::State : std::enable_shared_from_this<FakeSlackSocket::State> {
  std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>(1);
  asio::io_context& io = *context;
  std::optional<tcp::acceptor> listening{std::in_place, io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)};
  tcp::acceptor& acceptor = *listening;
  std::thread thread;
  std::function<std::string(const std::string&, const std::string&)>* forward = nullptr;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::map<int, std::shared_ptr<Session>> sessions;
  int last = 0, closed_well = 0, wrong_tickets = 0, pings = 0, count_as = 0, last_ticket = 0, last_envelope = 0;
  bool hello = true;
  std::string refuse;
  std::set<std::string> tickets;
  std::vector<std::string> heard;
  std::map<std::string, std::vector<json>> acks;
  struct Owed { int link; json envelope; int attempt = 0; };
  std::map<std::string, Owed> owed;

  int port() const { return acceptor.local_endpoint().port(); }
  void accept();
  std::string ticket() {
    const std::string t = "ticket-" + std::to_string(++last_ticket);
    tickets.insert(t);
    return "ws://127.0.0.1:" + std::to_string(port()) + "/link/?ticket=" + t + "&app_id=A0MUSTER";
  }
  void gone(int number, bool well);
  void took(int number, const std::string& text);
  int pick(int link) const { return link != 0 ? link : sessions.empty() ? 0 : sessions.rbegin()->first; }
};

/// One connection, on the one thread.
class FakeSlackSocket::Session : public std::enable_shared_from_this<FakeSlackSocket::Session> {
 public:
  Session(tcp::socket socket, std::shared_ptr<State> state) : state_(std::move(state)), stream_(std::move(socket)), timer_(state_->io) {}

  void begin() {
    wire::async_read(stream_, buffer_, request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->asked();
    });
  }
  // From any thread:
  void say(std::string text) { post([text = std::move(text)](Session& s) { s.queue(text); }); }
  void close() {
    post([](Session& s) {
      if (s.ws_) s.ws_->async_close(websocket::close_code::normal, [self = s.shared_from_this()](beast::error_code) { self->over(false); });
    });
  }
  void cut() {
    post([](Session& s) {
      beast::error_code ignored;
      if (s.ws_) s.ws_->next_layer().socket().close(ignored);
      s.over(false);
    });
  }
  void freeze() {
    post([](Session& s) {
      s.frozen_ = true;
      if (s.ws_) s.ws_->next_layer().cancel();  // a read under way would still answer pings
    });
  }

 private:
  template <class Act>
  void post(Act act) {
    asio::post(state_->io, [self = shared_from_this(), act = std::move(act)] { act(*self); });
  }

  void asked() {
    const std::string target(request_.target());
    if (websocket::is_upgrade(request_)) return upgrade(target);
    auto answer = std::make_shared<wire::response<wire::string_body>>(wire::status::ok, 11);
    answer->set(wire::field::content_type, "application/json");
    answer->keep_alive(false);
    answer->body() = answer_to(target, *answer);
    answer->prepare_payload();
    wire::async_write(stream_, *answer, [self = shared_from_this(), answer](beast::error_code, std::size_t) {
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  std::string answer_to(const std::string& target, wire::response<wire::string_body>& answer) {
    const std::string method = target.rfind("/api/", 0) == 0 ? target.substr(5) : target;
    if (method != "apps.connections.open") {
      if (state_->forward != nullptr && *state_->forward) return (*state_->forward)(method, request_.body());
      return R"({"ok":false,"error":"unknown_method"})";
    }
    std::lock_guard lock(state_->mutex);
    if (request_[wire::field::authorization] != std::string("Bearer ") + kAppToken) return R"({"ok":false,"error":"invalid_auth"})";
    if (state_->refuse == "429") {
      answer.result(wire::status::too_many_requests);
      answer.set(wire::field::retry_after, "1");
      return R"({"ok":false,"error":"ratelimited"})";
    }
    if (!state_->refuse.empty()) return json{{"ok", false}, {"error", state_->refuse}}.dump();
    return json{{"ok", true}, {"url", state_->ticket()}}.dump();
  }

  void upgrade(const std::string& target) {
    const auto from = target.find("ticket=");
    const std::string ticket = from == std::string::npos ? "" : target.substr(from + 7, target.find('&', from) - from - 7);
    {
      std::lock_guard lock(state_->mutex);
      if (state_->tickets.erase(ticket) == 0) {
        ++state_->wrong_tickets;
        return;
      }
    }
    ws_ = std::make_unique<websocket::stream<beast::tcp_stream>>(std::move(stream_));
    ws_->control_callback([this](websocket::frame_type kind, beast::string_view) {
      std::lock_guard lock(state_->mutex);
      if (kind == websocket::frame_type::ping) ++state_->pings;
      if (kind == websocket::frame_type::close) client_closed_ = true;
      state_->changed.notify_all();
    });
    ws_->async_accept(request_, [self = shared_from_this()](beast::error_code error) {
      if (!error) self->accepted();
    });
  }

  void accepted() {
    {
      std::lock_guard lock(state_->mutex);
      number_ = ++state_->last;
      state_->sessions[number_] = shared_from_this();
      const int count = state_->count_as != 0 ? state_->count_as : static_cast<int>(state_->sessions.size());
      if (state_->hello)
        queue(json{{"type", "hello"}, {"num_connections", count}, {"connection_info", {{"app_id", "A0MUSTER"}}},
                   {"debug_info", {{"host", "applink-1"}, {"approximate_connection_time", 18060}}}}.dump());
      state_->changed.notify_all();
    }
    read();
    ping_later();
  }

  void read() {
    ws_->async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (self->frozen_) return;  // and no further read: nothing more is taken, no ping answered
      if (error) return self->over(self->client_closed_);
      const std::string text = beast::buffers_to_string(self->buffer_.data());
      self->buffer_.consume(self->buffer_.size());
      self->state_->took(self->number_, text);
      self->read();
    });
  }

  void ping_later() {
    timer_.expires_after(kPingEvery);
    timer_.async_wait([self = shared_from_this()](beast::error_code error) {
      if (error || self->over_ || self->frozen_) return;
      self->queue("");  // an empty one is a ping
      self->ping_later();
    });
  }

  void queue(const std::string& text) {
    if (frozen_ || over_) return;
    waiting_.push_back(text);
    if (waiting_.size() == 1) write();
  }

  void write() {
    const auto next = [self = shared_from_this()](beast::error_code error, std::size_t = 0) {
      if (error || self->waiting_.empty()) return;
      self->waiting_.pop_front();
      if (!self->waiting_.empty()) self->write();
    };
    if (waiting_.front().empty()) return ws_->async_ping("slack", [next](beast::error_code error) { next(error); });
    ws_->text(true);
    ws_->async_write(asio::buffer(waiting_.front()), next);
  }

  void over(bool well) {
    if (over_) return;
    over_ = true;
    timer_.cancel();
    state_->gone(number_, well);
  }

  std::shared_ptr<State> state_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  wire::request<wire::string_body> request_;
  std::unique_ptr<websocket::stream<beast::tcp_stream>> ws_;
  asio::steady_timer timer_;
  std::deque<std::string> waiting_;
  int number_ = 0;
  bool frozen_ = false, over_ = false, client_closed_ = false;
};

void FakeSlackSocket::State::accept() {
  acceptor.async_accept([self = shared_from_this()](beast::error_code error, tcp::socket socket) {
    if (error) return;
    std::make_shared<Session>(std::move(socket), self)->begin();
    self->accept();
  });
}

void FakeSlackSocket::State::gone(int number, bool well) {
  std::lock_guard lock(mutex);
  sessions.erase(number);
  if (well) ++closed_well;
  for (auto it = owed.begin(); it != owed.end();) {
    if (it->second.link != number) { ++it; continue; }
    const bool again = it->second.envelope["type"] == "events_api" && !sessions.empty();
    if (!again) { it = owed.erase(it); continue; }
    it->second.link = sessions.rbegin()->first;
    it->second.envelope["retry_attempt"] = ++it->second.attempt;
    it->second.envelope["retry_reason"] = "timeout";
    sessions.rbegin()->second->say(it->second.envelope.dump());
    ++it;
  }
  changed.notify_all();
}

void FakeSlackSocket::State::took(int, const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  std::lock_guard lock(mutex);
  heard.push_back(text);
  if (parsed.is_object() && parsed.contains("envelope_id") && parsed["envelope_id"].is_string()) {
    acks[parsed["envelope_id"].get<std::string>()].push_back(parsed);
    owed.erase(parsed["envelope_id"].get<std::string>());
  }
  changed.notify_all();
}

FakeSlackSocket::FakeSlackSocket() : state_(std::make_shared<State>()) {
  state_->forward = &forward;
  state_->accept();
  state_->thread = std::thread([state = state_] { state->io.run(); });
}

FakeSlackSocket::~FakeSlackSocket() {
  state_->io.stop();
  state_->thread.join();
  state_->sessions.clear();
  // Waiting handlers hold their session, which holds this state: they go with the context.
  state_->listening.reset();
  state_->context.reset();
}

int FakeSlackSocket::port() const { return state_->port(); }
std::string FakeSlackSocket::api_url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/api/"; }
std::string FakeSlackSocket::link_url() {
  std::lock_guard lock(state_->mutex);
  return state_->ticket();
}

std::vector<int> FakeSlackSocket::links() const {
  std::lock_guard lock(state_->mutex);
  std::vector<int> out;
  for (const auto& [number, session] : state_->sessions) out.push_back(number);
  return out;
}
int FakeSlackSocket::opened() const { std::lock_guard lock(state_->mutex); return state_->last; }
int FakeSlackSocket::closed_well() const { std::lock_guard lock(state_->mutex); return state_->closed_well; }
int FakeSlackSocket::wrong_tickets() const { std::lock_guard lock(state_->mutex); return state_->wrong_tickets; }
int FakeSlackSocket::pings_heard() const { std::lock_guard lock(state_->mutex); return state_->pings; }
std::vector<std::string> FakeSlackSocket::heard() const { std::lock_guard lock(state_->mutex); return state_->heard; }
bool FakeSlackSocket::acknowledged(const std::string& id) const { return acknowledgements(id) > 0; }
int FakeSlackSocket::acknowledgements(const std::string& id) const {
  std::lock_guard lock(state_->mutex);
  const auto it = state_->acks.find(id);
  return it == state_->acks.end() ? 0 : static_cast<int>(it->second.size());
}
json FakeSlackSocket::acknowledgement(const std::string& id) const {
  std::lock_guard lock(state_->mutex);
  const auto it = state_->acks.find(id);
  return it == state_->acks.end() || it->second.empty() ? json() : it->second.front();
}

bool FakeSlackSocket::lost(const std::string& id) const {
  std::lock_guard lock(state_->mutex);
  if (state_->acks.count(id) > 0) return false;
  const auto it = state_->owed.find(id);
  return it == state_->owed.end() || state_->sessions.count(it->second.link) == 0;
}

std::string FakeSlackSocket::envelope(const std::string& type, const json& payload, bool accepts_payload, int link) {
  std::lock_guard lock(state_->mutex);
  const std::string id = "envelope-" + std::to_string(++state_->last_envelope);
  json out{{"envelope_id", id}, {"type", type}, {"payload", payload}, {"accepts_response_payload", accepts_payload}};
  const int number = state_->pick(link);
  const auto session = state_->sessions.find(number);
  state_->owed[id] = {number, out};
  if (session != state_->sessions.end()) session->second->say(out.dump());
  return id;
}

std::string FakeSlackSocket::slash_command(const std::string& text, const std::string& user, int link) {
  int n = 0;
  {
    std::lock_guard lock(state_->mutex);
    n = state_->last_envelope + 1;
  }
  return envelope("slash_commands",
                  {{"token", "legacy"}, {"team_id", "T0TEST"}, {"team_domain", "test"}, {"channel_id", "C0GENERAL"}, {"channel_name", "general"}, {"user_id", user},
                   {"user_name", "alice"}, {"command", "/incident"}, {"text", text}, {"api_app_id", "A0MUSTER"}, {"is_enterprise_install", "false"},
                   {"response_url", "https://hooks.slack.com/commands/T0TEST/1/x"}, {"trigger_id", "socket.trigger." + std::to_string(n)}},
                  true, link);
}

void FakeSlackSocket::disconnect(const std::string& reason, int link) {
  say(json{{"type", "disconnect"}, {"reason", reason}, {"debug_info", {{"host", "applink-1"}}}}.dump(), link);
}

void FakeSlackSocket::say(const std::string& text, int link) {
  std::lock_guard lock(state_->mutex);
  const auto session = state_->sessions.find(state_->pick(link));
  if (session != state_->sessions.end()) session->second->say(text);
}

void FakeSlackSocket::close(int link) {
  std::lock_guard lock(state_->mutex);
  if (const auto it = state_->sessions.find(link); it != state_->sessions.end()) it->second->close();
}
void FakeSlackSocket::cut(int link) {
  std::lock_guard lock(state_->mutex);
  if (const auto it = state_->sessions.find(link); it != state_->sessions.end()) it->second->cut();
}
void FakeSlackSocket::freeze(int link) {
  std::lock_guard lock(state_->mutex);
  if (const auto it = state_->sessions.find(link); it != state_->sessions.end()) it->second->freeze();
}
void FakeSlackSocket::refuse_open(const std::string& error) { std::lock_guard lock(state_->mutex); state_->refuse = error; }
void FakeSlackSocket::say_hello(bool on) { std::lock_guard lock(state_->mutex); state_->hello = on; }
void FakeSlackSocket::count_as(int connections) { std::lock_guard lock(state_->mutex); state_->count_as = connections; }

bool FakeSlackSocket::wait_until(const std::function<bool()>& holds, double seconds) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<int>(seconds * 1000));
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace support
