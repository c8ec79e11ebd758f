// How fast the SQLite store commits, and whether its cost grows with what is stored.
// store_bench [NOTES] [FOLDER]: commits NOTES notes (default 1,000,000) in batches of 60 over 8 incidents, each with a dedup key and a chained entry,
// prints the rate near the beginning and near the end, then a mix with two outbox rows each, the timeline's reading time and repeats.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "integrations/storage/open_store.hpp"

namespace {

using Steady = std::chrono::steady_clock;
constexpr int kBatch = 60;
constexpr int kIncidents = 8;

double processor(int who, bool system) {
  rusage used{};
  ::getrusage(static_cast<__rusage_who>(who), &used);
  const timeval& t = system ? used.ru_stime : used.ru_utime;
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

double seconds_since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

template <class T>
T must(bot::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "store_bench: %s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

class Writer {
 public:
  Writer(bot::Store& store, bot::Env env) : store_(store), env_(env) {
    for (int i = 1; i <= kIncidents; ++i) {
      rows_[i].number = i;
      std::vector<bot::Changes> batch(1);
      add(batch[0], i, bot::EntryKind::declared, "checkout returns 500", {{"severity", "sev2"}});
      must(store_.commit(batch));
    }
  }

  /// What the Coordinator does around a commit: look for repeats and rows, decide, commit.
  void batch(int outbox_rows) {
    bot::LoadQuery keys;
    std::vector<bot::Changes> batch(kBatch);
    for (auto& changes : batch) {
      changes.dedup_keys = {"slack:" + env_.ids.next() + env_.ids.next()};
      keys.dedup_keys.push_back(changes.dedup_keys[0]);
    }
    bot::LoadQuery incidents;
    for (int i = 1; i <= kIncidents; ++i) incidents.incidents.push_back(i);
    must(store_.load(keys));
    must(store_.load(incidents));
    for (auto& changes : batch) {
      const int number = next_++ % kIncidents + 1;
      add(changes, number, bot::EntryKind::note, "the pool of " + std::to_string(next_) + " connections is used up, raising it to 400", {});
      changes.reply.incident = number;
      changes.reply.card.title = {bot::plain("Noted in "), bot::room_of(number)};
      changes.at = env_.clock.now();
      for (int i = 0; i < outbox_rows; ++i) changes.messages.push_back(message(number, i));
    }
    must(store_.commit(batch));
    last_key_ = keys.dedup_keys[0];
  }
  const std::string& last_key() const { return last_key_; }

 private:
  void add(bot::Changes& changes, std::int64_t number, bot::EntryKind kind, std::string text, bot::Facts facts) {
    bot::Incident& row = rows_[number];
    bot::Entry e;
    e.incident = number;
    e.seq = row.last_seq + 1;
    e.kind = kind;
    e.recorded_at = e.occurred_at = env_.clock.now();
    e.actor = {bot::ActorKind::person, "alice", {}, false};
    e.source = "slack";
    e.facts = std::move(facts);
    e.salt = env_.random.bytes(16);
    e.text_hash = bot::text_hash(e.salt, text);
    e.text = std::move(text);
    e.hash = bot::chain_hash(row.chain_head, e);
    bot::apply(row, e);
    changes.entries.push_back(std::move(e));
    changes.incidents.push_back(row);
  }

  bot::Message message(int number, int i) {
    bot::Message m;
    m.id = env_.ids.next();
    m.incident = number;
    m.integration = "slack";
    m.lane_class = i == 0 ? bot::LaneClass::room : bot::LaneClass::cosmetic;
    m.lane = "slack/INC-" + std::to_string(number) + (i == 0 ? "/room" : "/card");
    if (i == 0) m.content = bot::Say{{{bot::plain("Severity is now sev1")}, bot::Tone::warning, {}, {}, {}, {}}};
    else m.content = bot::EditSummary{};
    if (i != 0) m.supersedes = "summary";
    m.created = env_.clock.now();
    m.deadline = m.created + bot::Millis{86400000};
    return m;
  }

  bot::Store& store_;
  bot::Env env_;
  std::map<std::int64_t, bot::Incident> rows_;
  int next_ = 0;
  std::string last_key_;
};

/// Commits `notes` and answers how many a second; prints the processor's share, which other programs on the machine do not change.
double rate(Writer& writer, int notes, int outbox_rows, std::vector<double>* latencies = nullptr) {
  const auto start = Steady::now();
  const double user = processor(RUSAGE_SELF, false);
  const double system = processor(RUSAGE_SELF, true);
  for (int done = 0; done < notes; done += kBatch) {
    const auto one = Steady::now();
    writer.batch(outbox_rows);
    if (latencies != nullptr) latencies->push_back(seconds_since(one) * 1000);
  }
  const double seconds = seconds_since(start);
  std::printf("%8d commits: %6.2f us of own and %6.2f us of system processor time each, %6.2f us of the clock\n", notes,
              1e6 * (processor(RUSAGE_SELF, false) - user) / notes, 1e6 * (processor(RUSAGE_SELF, true) - system) / notes, 1e6 * seconds / notes);
  return notes / seconds;
}

/// Sends everything that waits, as the dispatcher would.
double drain(bot::Store& store, bot::Env env) {
  const auto start = Steady::now();
  int sent = 0;
  for (;;) {
    auto leased = must(store.lease({"bench", env.clock.now() + bot::Millis{1000}, {{"slack", 64}}}));
    if (leased.empty()) break;
    std::vector<bot::Changes> batch(1);
    for (auto& m : leased) {
      m.state = bot::MessageState::sent;
      batch[0].updates.push_back(m);
    }
    sent += static_cast<int>(leased.size());
    must(store.commit(batch));
    if (sent >= 20000) break;
  }
  return sent / seconds_since(start);
}

double read_timeline(bot::Reader& reader, std::int64_t entries) {
  const auto start = Steady::now();
  std::int64_t read = 0;
  for (std::int64_t after = 0; read < entries;) {
    const auto page = must(reader.timeline(1, after, 1000));
    if (page.empty()) break;
    after = page.back().seq;
    read += static_cast<std::int64_t>(page.size());
  }
  std::printf("timeline of %lld entries read in pages    %8.3f s\n", static_cast<long long>(read), seconds_since(start));
  return seconds_since(start);
}

void run(int notes, const std::filesystem::path& folder) {
  auto clock = bot::system_clock();
  auto random = bot::system_random();
  auto ids = bot::system_ids(*clock, *random);
  const bot::Env env{*clock, *ids, *random};
  const std::string url = "sqlite:" + (folder / "bench.db").string();
  {
    auto opened = must(storage::open_store(url, env));
    Writer writer(opened->store(), env);
    rate(writer, 1000, 0);
    const int window = 30000;
    const double early = rate(writer, window, 0);
    rate(writer, notes - 2 * window - 1000, 0);
    std::vector<double> latencies;
    const double late = rate(writer, window, 0, &latencies);
    std::sort(latencies.begin(), latencies.end());
    std::printf("notes/s after %8d entries              %8.0f\n", 1000, early);
    std::printf("notes/s after %8d entries              %8.0f   (early/late %.2f, goal <= 1.30)\n", notes, late, early / late);
    std::printf("batch of %d: median %.2f ms, p99 %.2f ms, longest %.2f ms\n", kBatch, latencies[latencies.size() / 2], latencies[latencies.size() * 99 / 100], latencies.back());
    std::printf("changes/s with two outbox rows each          %8.0f\n", rate(writer, 30000, 2));
    std::printf("messages leased and finished, /s             %8.0f\n", drain(opened->store(), env));
    auto start = Steady::now();
    bot::LoadQuery repeat;
    repeat.dedup_keys = {writer.last_key()};
    for (int i = 0; i < 1000; ++i) must(opened->store().load(repeat));
    std::printf("repeats recognised/s                         %8.0f\n", 1000 / seconds_since(start));
    read_timeline(opened->reader(), 100000);
    start = Steady::now();
    const auto report = must(opened->verify());
    std::printf("verify of %lld entries: %s                %8.3f s\n", static_cast<long long>(report.entries), report.ok() ? "clean" : "DAMAGED", seconds_since(start));
  }
  const auto start = Steady::now();
  auto again = must(storage::open_store(url, env));
  std::printf("open with this history                       %8.1f ms\n", seconds_since(start) * 1000);
}

}  // namespace

int main(int argc, char** argv) {
  const int notes = argc > 1 ? std::atoi(argv[1]) : 1000000;
  const auto folder = argc > 2 ? std::filesystem::path(argv[2]) : std::filesystem::temp_directory_path() / "muster-store-bench";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  run(std::max(notes, 100000), folder);
  std::filesystem::remove_all(folder);
}
