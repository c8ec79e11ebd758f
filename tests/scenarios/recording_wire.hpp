// Stands between two programs that speak HTTP, passes everything on, and keeps what was asked, answered and when. It can make each call slow.
// Place: scenarios that look at the order of calls, or say something again that was said before. Threads: calls() from any.
#pragma once

#include <functional>
#include <mutex>

#include "integrations/http/client.hpp"
#include "tests/support/loopback_http.hpp"

namespace scene {

struct WireCall {
  std::string method, path, body;  ///< path without its query
  int status = 0;
  std::string answer;
  bot::Millis arrived{0}, answered{0};
};

class RecordingWire {
 public:
  using Delay = std::function<bot::Millis(const std::string& method, const std::string& path)>;
  /// `leads_to`: "http://127.0.0.1:8080", may be asked for later than the wire is made.
  explicit RecordingWire(std::string leads_to, Delay delay = {});
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  void lead_to(std::string url);
  /// In the order they were answered.
  std::vector<WireCall> calls() const;

 private:
  support::WireAnswer pass(const support::WireRequest& request);

  mutable std::mutex mutex_;
  std::string leads_to_;
  std::vector<WireCall> calls_;
  const Delay delay_;
  const std::unique_ptr<bot::Clock> clock_ = bot::system_clock();
  const std::unique_ptr<http::Client> client_ = http::make_client();
  std::unique_ptr<support::LoopbackHttp> server_;  ///< last: it ends first
};

}  // namespace scene
