// The usual things to ask: the Coordinator's and Dispatcher's own counts, the outbox, the store.
#include <algorithm>
#include <map>

#include "integrations/metrics/metrics.hpp"

namespace metrics {
namespace {

double value_of(const std::atomic<std::uint64_t>& count) { return static_cast<double>(count.load(std::memory_order_relaxed)); }

}  // namespace

void Metrics::watch_coordinator(const bot::Coordinator& coordinator) {
  counter("muster_requests_total", "Requests that reached the Coordinator, by result: decided, refused, repeated (answered from the stored reply), shed.",
          [&coordinator] {
            const auto& c = coordinator.counts();
            return std::vector<Sample>{{{{"result", "decided"}}, value_of(c.decided)},
                                       {{{"result", "refused"}}, value_of(c.refused)},
                                       {{{"result", "repeated"}}, value_of(c.repeated)},
                                       {{{"result", "shed"}}, value_of(c.shed)}};
          });
  counter("muster_batches_total", "Commits of the Coordinator.", [&coordinator] { return std::vector<Sample>{{{}, value_of(coordinator.counts().batches)}}; });
  counter("muster_commit_failures_total", "Commits that failed or whose outcome is unknown.",
          [&coordinator] { return std::vector<Sample>{{{}, value_of(coordinator.counts().commit_failures)}}; });
  gauge("muster_queue_requests", "Requests waiting to be decided.", [&coordinator] { return static_cast<double>(coordinator.queued()); });
}

void Metrics::watch_dispatcher(const bot::Dispatcher& dispatcher, std::vector<std::string> integrations) {
  counter("muster_deliveries_total", "What became of attempts to send, by integration and outcome.",
          [&dispatcher, integrations = std::move(integrations)] {
            std::vector<Sample> out;
            for (const auto& name : integrations) {
              const auto& c = dispatcher.counts(name);
              const auto add = [&](const char* outcome, const std::atomic<std::uint64_t>& count) {
                out.push_back({{{"integration", name}, {"outcome", outcome}}, value_of(count)});
              };
              add("sent", c.sent);
              add("retried", c.retried);
              add("doubted", c.doubted);
              add("held", c.held);
              add("dead", c.dead);
            }
            return out;
          });
}

void Metrics::watch_outbox(bot::Reader& reader, bot::Clock& clock) {
  gauge("muster_outbox_messages", "Messages in the outbox, by integration and state.", [&reader] {
    std::vector<Sample> out;
    if (const auto counts = reader.outbox_counts())
      for (const auto& c : *counts) out.push_back({{{"integration", c.integration}, {"state", bot::to_string(c.state)}}, static_cast<double>(c.count)});
    return out;
  });
  gauge("muster_outbox_oldest_seconds", "Age of the oldest message that is still owed, by integration.", [&reader, &clock] {
    std::map<std::string, bot::Time> oldest;
    if (const auto counts = reader.outbox_counts())
      for (const auto& c : *counts) {
        if (!bot::is_open(c.state) || c.count == 0) continue;
        const auto it = oldest.try_emplace(c.integration, c.oldest).first;
        it->second = std::min(it->second, c.oldest);
      }
    std::vector<Sample> out;
    for (const auto& [name, at] : oldest)
      out.push_back({{{"integration", name}}, std::max(0.0, static_cast<double>((clock.now() - at).count()) / 1000.0)});
    return out;
  });
}

void Metrics::watch_check(std::function<bool()> ok) {
  gauge("muster_store_check_ok", "1 while the background check of chains and rows has found no damage.", [ok = std::move(ok)] { return ok() ? 1.0 : 0.0; });
}

void Metrics::watch_store_wal(std::function<double()> bytes) {
  gauge("muster_store_wal_bytes", "Size of the write-ahead log.", std::move(bytes));
}

void Metrics::watch_disk(std::function<double()> free_bytes, std::function<double()> reserve_bytes) {
  gauge("muster_store_disk_free_bytes", "Free space on the disk of the database.", std::move(free_bytes));
  gauge("muster_store_reserve_bytes", "Space kept aside for when the disk is full; 0 when it was given back.", std::move(reserve_bytes));
}

}  // namespace metrics
