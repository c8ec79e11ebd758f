// The running server's local socket, for command-line verbs that write: one line of JSON in, one line of JSON out.
// Place: main.cpp starts a ControlServer next to the database (serve) and calls control_call (invite …); no answer means no server runs.
// Who may: the same user and root (mode 0600 and the peer's user id are both checked).
// Limits: request 64 KiB, answer 1 MiB, JSON depth 64; one caller at a time, cut off when it stays silent for 2 seconds.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "bot/env.hpp"
#include "bot/result.hpp"

namespace cli {

/// "data/muster.db" → "data/muster.db.control".
std::string control_path(const std::string& database_file);

class ControlServer {
 public:
  /// Gets one JSON object as text and answers one; runs on the server's own thread and may block.
  using Handler = std::function<std::string(const std::string& request)>;
  ControlServer(std::string path, Handler handler) : path_(std::move(path)), handler_(std::move(handler)) {}
  ~ControlServer() { stop(); }
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Replaces the socket of a dead process; conflict when a living one answers there.
  bot::Status start();
  /// Ends the thread after the request under way; removes the socket. Idempotent.
  void stop();

 private:
  void serve();
  void handle(int caller);
  std::string answer(const std::string& line) const;

  const std::string path_;
  const Handler handler_;
  int listener_ = -1;
  int wake_ = -1;
  std::thread thread_;
};

/// not_found: no server runs there. forbidden: another user's. unavailable with maybe_recorded: asked, but no whole answer came.
/// REQUIRES: request is one line.
bot::Result<std::string> control_call(const std::string& path, const std::string& request, bot::Millis patience = bot::Millis{10000});

}  // namespace cli
