// Outbound HTTP with a deadline, an answer cap, no redirects, certificates verified. cpprestsdk stays behind this header.
// Threads: call() from any thread; blocks at most `deadline`.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "bot/env.hpp"
#include "integrations/http/server.hpp"

namespace http {

struct Call {
  std::string method = "GET";
  std::string url;            ///< absolute; its host must be one the operator configured
  Headers headers;
  std::string body;
  bot::Millis deadline{10000};
  std::size_t answer_cap = 1u << 20;
};

struct Answer {
  int status = 0;
  Headers headers;  ///< names lower-case
  std::string body;
  const std::string& header(const std::string& lower_name) const;
};

/// `maybe_done`: false when nothing can have reached the other side (name, connect or TLS failure), true when it is unknown.
struct CallFailure { bool maybe_done = true; std::string reason; };
using CallResult = std::variant<Answer, CallFailure>;

class Client {
 public:
  virtual ~Client() = default;
  virtual CallResult call(const Call& call) = 0;
};

/// Keeps connections per host. One instance serves all integrations. In this process: for tests, tools and serve_outbound().
std::unique_ptr<Client> make_client();

struct GuardedOptions {
  std::vector<std::string> command{"/proc/self/exe", "outbound"};  ///< what runs serve_outbound(); by default this binary
  bot::Millis idle{60000};                                         ///< a process without calls ends after that
};
/// The same, in child processes, one per host: an answer that the library cannot survive ends one of those and leaves its calls "maybe done".
std::unique_ptr<Client> make_guarded_client(GuardedOptions options = {});
/// The child's whole life, called first thing in main. Errors: 2, with words, when it was not started by make_guarded_client().
int serve_outbound();

/// Retry-After in whole seconds or as an HTTP date, at least a second and at most `cap`; nullopt when absent or unreadable.
std::optional<bot::Millis> retry_after(const Answer& answer, bot::Time now, bot::Millis cap = bot::Millis{3600000});

}  // namespace http
