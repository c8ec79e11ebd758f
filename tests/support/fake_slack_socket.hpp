// Slack's side of Socket Mode on loopback: apps.connections.open and the websocket it leads to, on one port, with Slack's habits and bad days.
// A ticket opens one connection. An envelope goes to one of the connections; an event that is not acknowledged before its connection ends goes
// out again on another, other envelopes are lost, as with Slack.
// Place: tests and the referees. Threads: any; one of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace support {

class FakeSlackSocket {
 public:
  static constexpr const char* kAppToken = "xapp-1-test-token-0123456789";

  FakeSlackSocket();
  ~FakeSlackSocket();
  FakeSlackSocket(const FakeSlackSocket&) = delete;
  FakeSlackSocket& operator=(const FakeSlackSocket&) = delete;

  int port() const;
  std::string api_url() const;   ///< for slack.api_url; only apps.connections.open lives here, see also `forward`
  std::string link_url();        ///< a fresh ticket's address, as apps.connections.open would name it
  /// Other methods are answered by this: body in, JSON out.
  std::function<std::string(const std::string& method, const std::string& body)> forward;

  // ---- what there is ----
  std::vector<int> links() const;                       ///< numbers of the open connections, 1, 2, 3 … by age
  int opened() const;                                   ///< connections so far
  int closed_well() const;                              ///< ended by the client's close frame
  int wrong_tickets() const;                            ///< used twice or never given
  std::vector<std::string> heard() const;               ///< texts from the client, in order
  bool acknowledged(const std::string& envelope_id) const;
  nlohmann::json acknowledgement(const std::string& envelope_id) const;  ///< null before it came
  int acknowledgements(const std::string& envelope_id) const;
  /// Its connection ended before it was acknowledged, and Slack does not send it again: who typed it must.
  bool lost(const std::string& envelope_id) const;
  int pings_heard() const;

  // ---- what Slack does ----
  /// To one connection, the youngest by default. The envelope's id.
  std::string slash_command(const std::string& text, const std::string& user = "U01", int link = 0);
  std::string envelope(const std::string& type, const nlohmann::json& payload, bool accepts_payload, int link = 0);
  void disconnect(const std::string& reason, int link);          ///< the JSON message; the connection stays
  void say(const std::string& text, int link = 0);               ///< any text frame
  void close(int link);                                          ///< a close frame
  void cut(int link);                                            ///< the connection is gone without a word
  void freeze(int link);                                         ///< half-open: takes nothing, says nothing, does not close

  // ---- bad days ----
  void refuse_open(const std::string& error);   ///< apps.connections.open answers this word; "429" with Retry-After 1; "" = works again
  void say_hello(bool on);
  void count_as(int connections);               ///< num_connections of the next hellos; 0 = the truth

  bool wait_until(const std::function<bool()>& holds, double seconds = 20) const;

 private:
  class Session;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace support
