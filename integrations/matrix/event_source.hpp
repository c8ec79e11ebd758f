// Where Matrix's events come from: /sync of a plain account, or transactions pushed to an application service. Everything behind it is shared.
// Place: main makes one, starts it after the Coordinator and stops it before. Threads: start() and stop() from main; the rest from any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bot/result.hpp"
#include "integrations/http/server.hpp"
#include "integrations/matrix/conversation.hpp"

namespace matrix {

/// How well Matrix is heard right now.
struct Hearing {
  bool ok = false;
  std::string problem;         ///< in words, when not ok
  bot::Millis silence{0};      ///< since the homeserver last answered or sent something; 0 while heard
};

class EventSource {
 public:
  virtual ~EventSource() = default;
  virtual bot::Status start() = 0;
  virtual void stop() = 0;
  virtual Hearing hearing() const = 0;
};

/// The client for /sync alone: its calls last longer than others, and `hang_up` must end them so that stop() need not wait.
struct PollClient {
  std::unique_ptr<http::Client> client;
  std::function<void()> hang_up;
};

struct SourceParts {
  Grounds grounds;
  bot::Intake& intake;
  PollClient poll;                      ///< plain account only
  http::Server* server = nullptr;       ///< application service only: where the homeserver reaches Muster
  std::function<void()> on_bad_token;   ///< counted
};

/// By the settings: an application service when matrix.app_service is there, else a plain account.
std::unique_ptr<EventSource> make_source(SourceParts parts);

// The two, for make_source and tests.
std::unique_ptr<EventSource> make_sync_source(SourceParts parts);
std::unique_ptr<EventSource> make_app_service_source(SourceParts parts);

}  // namespace matrix
