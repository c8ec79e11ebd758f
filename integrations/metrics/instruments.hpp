// The prometheus-cpp objects behind Metrics. Only metrics/*.cpp include this.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <unordered_map>

#include "bot/mutex.hpp"
#include "integrations/metrics/metrics.hpp"

namespace metrics {

/// Values that are asked for at each scrape.
class Asked final : public prometheus::Collectable {
 public:
  void add(prometheus::MetricType type, const std::string& name, const std::string& help, Samples samples);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct One { prometheus::MetricType type; std::string name, help; Samples samples; };
  mutable bot::Mutex mutex_;
  std::vector<One> all_ GUARDED_BY(mutex_);
};

/// What one route's answers are counted by; found without building labels each time.
struct RouteInstruments {
  prometheus::Histogram* seconds = nullptr;
  std::unordered_map<int, prometheus::Counter*> by_status;
};

struct Metrics::Instruments {
  prometheus::Registry registry;
  Asked asked;
  prometheus::Family<prometheus::Counter>* http_requests = nullptr;
  prometheus::Family<prometheus::Histogram>* http_seconds = nullptr;
  prometheus::Family<prometheus::Counter>* signature_failures = nullptr;
  prometheus::Family<prometheus::Counter>* sends = nullptr;
  prometheus::Family<prometheus::Counter>* timers = nullptr;
  prometheus::Histogram* batch_requests = nullptr;
  prometheus::Histogram* commit_seconds = nullptr;
  bot::Mutex mutex;
  std::unordered_map<std::string, RouteInstruments> routes GUARDED_BY(mutex);
};

}  // namespace metrics
