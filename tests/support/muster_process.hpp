// The real binary under test: its own folder, settings, ports; started, killed and started again.
// Owns the process and the folder. Threads: one test thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "integrations/http/client.hpp"

namespace support {

/// A free loopback port at this moment.
int free_port();
/// Polls until `condition` holds; false after `seconds`.
bool wait_for(const std::function<bool()>& condition, double seconds = 20);

struct Finished { int code = -1; std::string out; };  ///< stdout and stderr together; code 128+n when ended by signal n

class MusterProcess {
 public:
  /// `settings` is YAML without server, store and api sections: those are added (API token kToken with all scopes).
  explicit MusterProcess(std::string settings, std::string server_extra = "");
  ~MusterProcess();
  static constexpr const char* kToken = "scenario-token-0123456789";

  bool start(double seconds = 20);  ///< starts and waits for /readyz; false when it ended or never got ready
  void kill9();                     ///< SIGKILL and wait
  int stop();                       ///< SIGTERM and wait; the exit code
  bool running();
  int exit_code() const { return exit_code_; }  ///< how it ended by itself, seen by running(); 128+n by signal n; -1: it did not
  /// Words put before the program at the next start, e.g. a tracer's; empty: none. Signals then go to the whole process group.
  void wrap(std::vector<std::string> wrapper) { wrapper_ = std::move(wrapper); }
  pid_t pid() const { return pid_; }

  /// POST /api/v1/commands; the answer's status and body.
  http::Answer command(const std::string& text, const std::string& idempotency_key = "");
  http::Answer get(const std::string& path);
  http::Answer post(const std::string& path, const std::string& body, http::Headers headers);
  /// Any other verb of the binary with this process's settings, e.g. {"verify"}.
  Finished run(const std::vector<std::string>& args);

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  const std::string& folder() const { return folder_; }
  std::string log() const;          ///< what it printed so far
  std::string database() const { return folder_ + "/muster.db"; }
  std::string config() const { return folder_ + "/muster.yaml"; }
  std::size_t resident_bytes() const;

 private:
  std::string folder_;
  int port_ = 0;
  pid_t pid_ = -1;
  int exit_code_ = -1;
  std::vector<std::string> wrapper_;
  std::unique_ptr<http::Client> client_;
};

/// Runs the binary once and waits.
Finished run_muster(const std::vector<std::string>& args, const std::string& working_folder);

}  // namespace support
