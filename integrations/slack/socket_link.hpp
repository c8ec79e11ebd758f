// One connection of Socket Mode: passes Slack's envelopes to the inbox, acknowledges each when the inbox says so, and watches that the other side
// still lives. Never used again after it closed.
// Place: held by SocketMode. Threads: events come on the socket's thread, acknowledgements on any, check() on SocketMode's.
// Lifetime: shared; an acknowledgement that comes after the end is dropped, and Slack sends the event again on another connection.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "bot/env.hpp"
#include "bot/mutex.hpp"
#include "integrations/http/websocket.hpp"
#include "integrations/slack/inbox.hpp"

namespace slack {

/// How SocketMode opens a websocket; tests hand in another.
using OpenSocket = std::function<std::unique_ptr<http::WebSocket>(std::string url, http::SocketEvents events)>;

struct SocketWatch {
  bot::Millis hello_within{20000};   ///< of the beginning
  bot::Millis server_silent{30000};  ///< without a ping or a word of Slack's
  bot::Millis ping_every{10000};
  bot::Millis pong_within{5000};
  bot::Millis drain_within{10000};   ///< for acknowledgements under way when Slack wants to close: it gives ten seconds' notice
  bot::Millis close_within{6000};    ///< for the peer's close frame
};

struct SocketCounts {
  std::atomic<std::uint64_t> envelopes{0}, acknowledged{0}, unacknowledged{0}, garbage{0};
};

class SocketLink : public std::enable_shared_from_this<SocketLink> {
 public:
  enum class State { opening, ready, leaving, closing, closed };
  /// What SocketMode must know at once.
  struct Told {
    std::function<void()> something;            ///< a state changed
    std::function<void(bot::Time)> alive;       ///< Slack said something
  };

  SocketLink(std::shared_ptr<Inbox> inbox, bot::Clock& clock, SocketCounts& counts, SocketWatch watch, Told told);
  ~SocketLink();
  /// `url` is a bearer secret.
  void open(const OpenSocket& open_socket, std::string url);

  /// Looks at the watches; moves from leaving to closing to closed.
  void check();
  /// No longer to be used for new things: it is closed with a close frame as soon as nothing waits for its acknowledgement.
  void leave();
  /// Ends the socket; no event comes afterwards. Before the last reference goes: a socket must not be ended from its own event.
  void end();
  bot::Millis age() const;
  State state() const;
  /// How many connections Slack's hello counted, told once; 0 before it and afterwards.
  int take_count() { return connections_.exchange(0); }
  std::string wish() const;                           ///< "warning", "refresh_requested", "link_disabled" …; "" = stay
  std::string end_reason() const;
  bool was_ready() const { return was_ready_; }

 private:
  struct Ticket;
  void heard(const std::string& text);
  void acknowledge(const std::string& envelope_id, bool takes_payload, const std::string& body);
  void send(std::string text);
  void set_state(State state, const std::string& reason = "");
  void give_up(const std::string& reason);

  std::shared_ptr<Inbox> inbox_;
  bot::Clock& clock_;
  SocketCounts& counts_;
  const SocketWatch watch_;
  const Told told_;
  std::atomic<int> connections_{0}, waiting_{0};
  std::atomic<bool> was_ready_{false};
  mutable bot::Mutex mutex_;
  State state_ GUARDED_BY(mutex_) = State::opening;
  std::string wish_ GUARDED_BY(mutex_), reason_ GUARDED_BY(mutex_);
  bot::Millis began_ GUARDED_BY(mutex_){}, server_heard_ GUARDED_BY(mutex_){}, pinged_ GUARDED_BY(mutex_){}, leaving_since_ GUARDED_BY(mutex_){},
      closing_since_ GUARDED_BY(mutex_){};
  bool pong_owed_ GUARDED_BY(mutex_) = false;
  bot::Mutex socket_mutex_;
  std::unique_ptr<http::WebSocket> socket_ GUARDED_BY(socket_mutex_);
};

}  // namespace slack
