// A homeserver on loopback, as far as Muster's listening side uses one, with faults and tricks a real one plays seldom. Not a Synapse: rooms, sync
// tokens and answers follow the specification's shapes, and nothing is checked that the tests do not need (the real one is in tests/homeserver).
// Place: tests of integrations/matrix. Threads: any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/loopback_http.hpp"

namespace support {

class FakeHomeserver {
 public:
  static constexpr const char* kToken = "a-token-of-the-bot-000001";
  static constexpr const char* kBot = "@muster:hs";
  using Answerer = std::function<std::optional<WireAnswer>(const WireRequest&, const std::string& path)>;

  FakeHomeserver();
  ~FakeHomeserver();
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  // ---- what people and servers do ----
  void make_room(const std::string& id, const std::string& alias, std::vector<std::string> members);
  /// Adds an event to the room's timeline; fills in event_id, sender and time when absent. Answers its id.
  std::string add(const std::string& room, nlohmann::json event);
  std::string say(const std::string& room, const std::string& sender, const std::string& body, nlohmann::json more = nlohmann::json::object());
  std::string react(const std::string& room, const std::string& sender, const std::string& event_id, const std::string& key);
  std::string redact(const std::string& room, const std::string& sender, const std::string& event_id);
  std::string member(const std::string& room, const std::string& sender, const std::string& who, const std::string& membership, const std::string& before = "");
  void invite(const std::string& room, const std::string& inviter);
  /// Raw JSON text put into the room's timeline array as it is: broken values included.
  void add_raw(const std::string& room, const std::string& text);
  void encrypt(const std::string& room);

  // ---- tricks ----
  /// Asked first at every request; an answer of its own replaces the server's.
  void trick(Answerer answerer);
  void timeline_limit(std::size_t limit);
  /// What is sent stands in the room at once, and its sender hears so later.
  void answer_late(std::chrono::milliseconds by);
  /// As a restart with a new database: tokens given before mean nothing.
  void forget_tokens();

  // ---- what the bot did ----
  struct Sent { std::string room, type, txn, event_id; nlohmann::json content; };
  std::vector<Sent> sent() const;
  /// The bot's messages in a room, bodies only.
  std::vector<std::string> said(const std::string& room) const;
  std::vector<std::string> calls() const;  ///< "GET /v3/sync", without query
  int count(const std::string& call) const;
  std::set<std::string> joined() const;
  std::set<std::string> declined() const;
  void alias(const std::string& alias, const std::string& room);
  std::size_t syncs_waiting() const;
  /// Polls answer at once, as when the network drops them, until answered again.
  void hang_up(bool down = true);
  void set_time(std::int64_t milliseconds);  ///< of the events from now on

 private:
  struct Room { std::vector<std::string> events; std::set<std::string> members; bool encrypted = false; };
  struct Placed { std::size_t at; std::string room; };
  WireAnswer handle(const WireRequest& request);
  WireAnswer sync(const std::map<std::string, std::string>& query);
  WireAnswer messages(const std::string& room, const std::map<std::string, std::string>& query);
  WireAnswer in_room(const WireRequest& request, const std::vector<std::string>& path, const std::map<std::string, std::string>& query);
  WireAnswer send(const std::string& room, const std::string& type, const std::string& txn, const std::string& body);
  std::string sync_body(std::size_t since, std::size_t now);
  std::string place(const std::string& room, std::string event);

  mutable std::mutex mutex_;
  std::condition_variable news_;
  bool stopping_ = false;
  std::map<std::string, Room> rooms_;
  std::map<std::string, std::string> aliases_, invites_;
  std::vector<std::pair<std::string, std::string>> stream_;  ///< room, event text; its index + 1 is the place
  std::vector<Sent> sent_;
  std::vector<std::string> calls_;
  std::set<std::string> joined_, declined_;
  Answerer trick_;
  std::size_t limit_ = 50, next_id_ = 0, waiting_ = 0;
  int epoch_ = 1;
  bool hung_up_ = false;
  std::chrono::milliseconds late_{0};
  std::int64_t time_ = 1795448538000;
  std::unique_ptr<LoopbackHttp> server_;
};

}  // namespace support
