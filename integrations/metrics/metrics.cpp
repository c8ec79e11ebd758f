#include "integrations/metrics/metrics.hpp"

#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "integrations/metrics/instruments.hpp"

namespace metrics {
namespace {

const prometheus::Histogram::BucketBoundaries kHttpSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
const prometheus::Histogram::BucketBoundaries kCommitSeconds{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};
const prometheus::Histogram::BucketBoundaries kBatchRequests{1, 2, 4, 8, 16, 32, 64, 128, 256};

/// Zero where /proc is not to be had.
double resident_bytes() {
  std::uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void Asked::add(prometheus::MetricType type, const std::string& name, const std::string& help, Samples samples) {
  bot::Lock lock(mutex_);
  all_.push_back({type, name, help, std::move(samples)});
}

std::vector<prometheus::MetricFamily> Asked::Collect() const {
  std::vector<One> all;
  {
    bot::Lock lock(mutex_);
    all = all_;  // the callbacks may take their time, and other locks
  }
  std::vector<prometheus::MetricFamily> out;
  for (const One& one : all) {
    prometheus::MetricFamily family{one.name, one.help, one.type, {}};
    for (const Sample& sample : one.samples()) {
      prometheus::ClientMetric metric;
      for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
      if (one.type == prometheus::MetricType::Counter) metric.counter.value = sample.value;
      else metric.gauge.value = sample.value;
      family.metric.push_back(std::move(metric));
    }
    if (!family.metric.empty()) out.push_back(std::move(family));
  }
  return out;
}

Metrics::Metrics(const std::string& version, bot::Time started) : instruments_(std::make_unique<Instruments>()) {
  auto& registry = instruments_->registry;
  instruments_->http_requests = &prometheus::BuildCounter().Name("muster_http_requests_total").Help("HTTP requests answered, by route and status.").Register(registry);
  instruments_->http_seconds = &prometheus::BuildHistogram().Name("muster_http_request_seconds").Help("Time from a whole request to its answer, by route.").Register(registry);
  instruments_->signature_failures = &prometheus::BuildCounter().Name("muster_signature_failures_total")
                                          .Help("Incoming requests refused for a missing, stale or wrong signature or key, by integration.").Register(registry);
  instruments_->sends = &prometheus::BuildCounter().Name("muster_sends_total").Help("Attempts to send a message, by integration and outcome.").Register(registry);
  instruments_->timers = &prometheus::BuildCounter().Name("muster_timers_fired_total").Help("Durable timers that came due, by kind.").Register(registry);
  instruments_->batch_requests = &prometheus::BuildHistogram().Name("muster_batch_requests").Help("Requests committed together.").Register(registry).Add({}, kBatchRequests);
  instruments_->commit_seconds = &prometheus::BuildHistogram().Name("muster_commit_seconds").Help("Time a commit took, disk included.").Register(registry).Add({}, kCommitSeconds);
  gauge("muster_build_info", "1, with the version as label.", [version] { return std::vector<Sample>{{{{"version", version}}, 1}}; });
  gauge("process_resident_memory_bytes", "Resident memory size in bytes.", resident_bytes);
  const double since = static_cast<double>(started.time_since_epoch().count()) / 1000.0;
  gauge("process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.", [since] { return since; });
}

Metrics::~Metrics() = default;

void Metrics::observe_http(const std::string& route, int status, double seconds) {
  prometheus::Histogram* histogram = nullptr;
  prometheus::Counter* counter = nullptr;
  {
    bot::Lock lock(instruments_->mutex);
    RouteInstruments& here = instruments_->routes[route];
    if (!here.seconds) here.seconds = &instruments_->http_seconds->Add({{"route", route}}, kHttpSeconds);
    histogram = here.seconds;
    prometheus::Counter*& known = here.by_status[status];
    if (!known) known = &instruments_->http_requests->Add({{"route", route}, {"status", std::to_string(status)}});
    counter = known;
  }
  counter->Increment();
  histogram->Observe(seconds);
}

void Metrics::observe_commit(std::size_t batch_size, double seconds) {
  instruments_->batch_requests->Observe(static_cast<double>(batch_size));
  instruments_->commit_seconds->Observe(seconds);
}

void Metrics::count_signature_failure(const std::string& integration) { instruments_->signature_failures->Add({{"integration", integration}}).Increment(); }

void Metrics::count_send(const std::string& integration, const std::string& outcome) {
  instruments_->sends->Add({{"integration", integration}, {"outcome", outcome}}).Increment();
}

void Metrics::count_timer(const std::string& kind) { instruments_->timers->Add({{"kind", kind}}).Increment(); }

void Metrics::gauge(const std::string& name, const std::string& help, Samples samples) {
  instruments_->asked.add(prometheus::MetricType::Gauge, name, help, std::move(samples));
}

void Metrics::gauge(const std::string& name, const std::string& help, std::function<double()> value) {
  gauge(name, help, Samples([value = std::move(value)] { return std::vector<Sample>{{{}, value()}}; }));
}

void Metrics::counter(const std::string& name, const std::string& help, Samples samples) {
  instruments_->asked.add(prometheus::MetricType::Counter, name, help, std::move(samples));
}

std::string Metrics::render() const {
  auto families = instruments_->registry.Collect();
  for (auto& family : instruments_->asked.Collect()) families.push_back(std::move(family));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

void add_route(http::Server& server, const Metrics& metrics) {
  server.route("GET", "/metrics", [&metrics](const http::Request&, std::shared_ptr<http::Exchange> exchange) {
    exchange->respond({200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, metrics.render()});
  });
}

}  // namespace metrics
