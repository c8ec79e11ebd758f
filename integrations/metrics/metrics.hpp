// What Muster tells Prometheus: counters that are pushed, and values that are asked for when somebody scrapes.
// Place: main.cpp makes one and hands its functions to whoever has something to count; prometheus-cpp stays behind this header.
// Threads: every function from any thread. Callbacks run on the scraping thread and must not block for long.
// Names: muster_*, base units (_seconds, _bytes), counters end in _total. Labels are bounded: routes as patterns, never addresses.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bot/coordinator.hpp"
#include "bot/dispatcher.hpp"
#include "bot/store.hpp"
#include "integrations/http/server.hpp"

namespace metrics {

struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};
using Samples = std::function<std::vector<Sample>()>;

class Metrics {
 public:
  Metrics(const std::string& version, bot::Time started);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// For ServerOptions::observe.
  void observe_http(const std::string& route, int status, double seconds);
  void observe_commit(std::size_t batch_size, double seconds);
  void count_signature_failure(const std::string& integration);
  void count_send(const std::string& integration, const std::string& outcome);
  void count_timer(const std::string& kind);

  /// Asked at every scrape. A name is given once; the callback must live as long as this.
  void gauge(const std::string& name, const std::string& help, Samples samples);
  void gauge(const std::string& name, const std::string& help, std::function<double()> value);
  void counter(const std::string& name, const std::string& help, Samples samples);  ///< name ends in _total

  // The usual things, wired.
  void watch_coordinator(const bot::Coordinator& coordinator);
  void watch_dispatcher(const bot::Dispatcher& dispatcher, std::vector<std::string> integrations);
  void watch_outbox(bot::Reader& reader, bot::Clock& clock);
  void watch_check(std::function<bool()> ok);              ///< the background check of the store
  void watch_store_wal(std::function<double()> bytes);
  void watch_disk(std::function<double()> free_bytes, std::function<double()> reserve_bytes);  ///< where the store is

  /// Text format 0.0.4.
  std::string render() const;

 private:
  struct Instruments;
  std::unique_ptr<Instruments> instruments_;
};

/// GET /metrics. No token: main.cpp adds it to a private listener only. `metrics` must outlive the server.
void add_route(http::Server& server, const Metrics& metrics);

}  // namespace metrics
