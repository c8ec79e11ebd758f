// SQLite only: full disks, failing disks, backups under load, and bytes that must be gone.
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "integrations/storage/reader_pool.hpp"
#include "tests/contract/stores.hpp"

using namespace contract;
using bot::EntryKind;

namespace {

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// No file of this process may grow beyond `bytes` while this lives: the disk answers with an error in the middle of a write.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    previous_ = ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, previous_);
  }

 private:
  rlimit before_{};
  void (*previous_)(int) = nullptr;
};

/// Every look at it, a minute has passed.
class RunawayClock : public bot::Clock {
 public:
  bot::Time now() const override { return {}; }
  bot::Millis monotonic() const override { return bot::Millis{looks_++ * 60000}; }

 private:
  mutable std::atomic<std::int64_t> looks_{0};
};

}  // namespace

TEST_CASE("a full disk records nothing, says so, and reads go on") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  subject.reopen({.max_pages = 60});
  bot::Status last = bot::Done{};
  std::int64_t written = 1;
  for (int i = 0; i < 200 && last.ok(); ++i) {
    auto changes = s.one(1, EntryKind::note, std::string(3000, 'x'));
    changes.dedup_keys = {"k" + std::to_string(i)};
    std::vector<bot::Changes> batch{changes};
    last = subject.store().commit(batch);
    if (last) ++written;
  }
  REQUIRE_FALSE(last.ok());
  CHECK(last.error().kind == bot::ErrorKind::unavailable);
  CHECK(last.error().retry_after);
  CHECK_FALSE(last.error().maybe_recorded);
  CHECK(last.error().message.find("Not recorded: the disk is full") == 0);
  CHECK(must(subject.reader().last_position()) == written);
  bot::LoadQuery query;
  query.incidents = {1};
  query.dedup_keys = {"k" + std::to_string(written - 1)};
  const auto loaded = must(subject.store().load(query));
  CHECK(loaded.incidents.at(1).last_seq == written);
  CHECK(loaded.replies.empty());
  CHECK(subject.opened().health().ok);

  subject.reopen();  // space again: the refused request goes through with the same key
  Scribe again;
  auto retry = again.one(1, EntryKind::note, "b");
  retry.entries[0].seq = written + 1;
  retry.entries[0].hash = bot::chain_hash(loaded.incidents.at(1).chain_head, retry.entries[0]);
  retry.incidents.clear();
  retry.dedup_keys = query.dedup_keys;
  commit(subject.store(), retry);
}

TEST_CASE("a disk that fails in the middle of a commit makes its outcome unknown and ends all writing") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  REQUIRE(subject.store().maintain().ok());
  bot::Status failed = bot::Done{};
  {
    const FileLimit limit(16384);
    std::vector<bot::Changes> batch{s.one(1, EntryKind::note, std::string(100000, 'x'))};
    failed = subject.store().commit(batch);
  }
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().kind == bot::ErrorKind::corrupt);
  CHECK(failed.error().maybe_recorded);
  CHECK_FALSE(subject.opened().health().ok);
  std::vector<bot::Changes> batch{Scribe().one(2, EntryKind::declared, "later")};
  const auto refused = subject.store().commit(batch);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == bot::ErrorKind::corrupt);
  CHECK(refused.error().maybe_recorded);  // it may be the failed request again, which must not be told "not recorded"
  CHECK_FALSE(subject.store().lease(s.lease("boot")).ok());
  CHECK(must(subject.reader().last_position()) == 1);
  subject.reopen();
  CHECK(must(subject.opened().verify()).ok());
}

TEST_CASE("backups made while commits go on are whole and verify") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  std::atomic<bool> stop{false};
  std::atomic<int> commits{0};
  std::thread writer([&] {
    while (!stop) {
      std::vector<bot::Changes> batch{s.one(1, EntryKind::note, std::string(500, 'n'))};
      if (!subject.store().commit(batch).ok()) return;
      if (++commits % 50 == 0) (void)subject.store().maintain().ok();
    }
  });
  for (int i = 0; i < 5; ++i) {
    const int before = commits;
    while (commits < before + 20) std::this_thread::yield();
    const auto target = subject.folder.path("copy" + std::to_string(i) + ".db");
    const auto made = subject.opened().backup(target.string());
    INFO((made ? "" : made.error().message));
    REQUIRE(made.ok());
    CHECK_FALSE(std::filesystem::exists(target.string() + ".partial"));
    auto copy = must(storage::open_for_reading("sqlite:" + target.string(), subject.env.env()));
    const auto report = must(copy->verify());
    CHECK(report.ok());
    CHECK(report.entries > before);
  }
  stop = true;
  writer.join();
  CHECK(must(subject.opened().verify()).ok());
  auto restored = must(storage::open_store("sqlite:" + subject.folder.path("copy0.db").string(), subject.env.env()));
  Scribe fresh;
  commit(restored->store(), fresh.one(2, EntryKind::declared, "goes on"));
}

TEST_CASE("a backup never overwrites and refuses places it cannot write") {
  SqliteSubject subject;
  std::ofstream(subject.folder.path("there")) << "precious";
  const auto refused = subject.opened().backup(subject.folder.path("there").string());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("exists already") != std::string::npos);
  CHECK(bytes_of(subject.folder.path("there")) == "precious");
  CHECK_FALSE(subject.opened().backup(subject.folder.path("no/such/folder/x.db").string()).ok());
}

TEST_CASE("on a disk without any room the start says so, and offline reading sees what is in the log too") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  // As a process leaves it that was killed: the newest words are in the log alone.
  const auto left = subject.folder.path("left.db").string();
  const auto file = subject.folder.path().string();
  commit(subject.store(), s.one(1, EntryKind::note, "in the log"));
  for (const char* ending : {"", "-wal"}) std::filesystem::copy_file(file + ending, left + ending);
  subject.close();
  REQUIRE(std::filesystem::file_size(left + "-wal") > 0);
  const FileLimit limit(16 * 1024);
  auto reading = storage::open_for_reading("sqlite:" + left, subject.env.env());
  INFO((reading ? "" : reading.error().message));
  REQUIRE(reading.ok());
  const auto entries = must((*reading)->reader().timeline(1, 0, 10));
  REQUIRE(entries.size() == 2);
  CHECK(entries[1].text == "in the log");
  reading->reset();
  CHECK(must(must(storage::open_for_reading("sqlite:" + left, subject.env.env()))->verify()).ok());
  auto started = storage::open_store("sqlite:" + left, subject.env.env());
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().kind == bot::ErrorKind::unavailable);
  CHECK(started.error().message.find("disk is full") != std::string::npos);
  CHECK(started.error().message.find("restore") == std::string::npos);
  CHECK(std::filesystem::file_size(left + "-wal") > 0);
}

TEST_CASE("after a redaction and a checkpoint the text's bytes are in no file") {
  SqliteSubject subject;
  Scribe s;
  const std::string secret = "Jane Roe 4111-1111-1111-1111";
  auto changes = s.one(1, EntryKind::declared, "a");
  commit(subject.store(), changes);
  for (int i = 0; i < 300; ++i) {  // pages fill, split and move around it
    std::vector<bot::Changes> batch{s.one(1, EntryKind::note, i == 150 ? secret : "note " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), 'n'))};
    batch[0].dedup_keys = {"k" + std::to_string(i)};
    batch[0].reply.incident = 1;
    batch[0].reply.card.paragraphs = {{bot::plain("Noted: " + *batch[0].entries[0].text)}};
    auto say = s.message("m" + std::to_string(i), "room");
    say.content = bot::Say{{{}, bot::Tone::neutral, {}, {{bot::plain(*batch[0].entries[0].text)}}, {}, {}}};
    batch[0].messages = {say};
    commit(subject.store(), batch);
    for (auto& m : must(subject.store().lease(s.lease("boot")))) {
      m.state = bot::MessageState::sent;
      bot::Changes sent;
      sent.updates = {m};
      commit(subject.store(), sent);
    }
  }
  auto present = [&] {
    bool found = false;
    for (const auto& file : std::filesystem::directory_iterator(subject.folder.path("."))) found |= bytes_of(file.path()).find(secret) != std::string::npos;
    return found;
  };
  REQUIRE(present());
  auto redact = s.one(1, EntryKind::redacted, "", {{"entry", "152"}});
  redact.redactions = {{1, 152}};
  commit(subject.store(), redact);
  REQUIRE(subject.store().maintain().ok());
  CHECK_FALSE(present());
  CHECK(must(subject.opened().verify()).ok());
}

TEST_CASE("after the redaction of a title its bytes are in no file, however often the row was rewritten") {
  SqliteSubject subject;
  Scribe s;
  const std::string secret = "Jane Roe 4111-1111-1111-1111";
  for (int i = 1; i <= 40; ++i) commit(subject.store(), s.one(i, EntryKind::declared, i == 20 ? secret : "incident " + std::to_string(i)));
  for (int round = 0; round < 200; ++round)  // rows of all sizes grow and move beside it
    commit(subject.store(), s.one(round % 40 + 1, EntryKind::impact, std::string(static_cast<std::size_t>(round * 13 % 700), 'i')));
  auto redact = s.one(20, EntryKind::redacted, "", {{"entry", "1"}});
  bot::Entry gone;
  gone.seq = 1;
  bot::scrub(s.row(20), gone);
  redact.incidents = {s.row(20)};
  redact.redactions = {{20, 1}};
  commit(subject.store(), redact);
  REQUIRE(subject.store().maintain().ok());
  for (const auto& file : std::filesystem::directory_iterator(subject.folder.path("."))) {
    INFO(file.path().string());
    CHECK(bytes_of(file.path()).find(secret) == std::string::npos);
  }
  CHECK(must(subject.opened().verify()).ok());
}

TEST_CASE("invites and sessions are stored hashed") {
  SqliteSubject subject;
  REQUIRE(subject.credentials().add_invite("invite-token-bytes", "alice", bot::Time{bot::Millis{5000}}).ok());
  REQUIRE(must(subject.credentials().redeem_invite("invite-token-bytes", "session-token-bytes", bot::Time{}, bot::Time{bot::Millis{5000}})));
  REQUIRE(subject.store().maintain().ok());
  const auto stored = bytes_of(subject.folder.path());
  CHECK(stored.find("alice") != std::string::npos);
  CHECK(stored.find("invite-token-bytes") == std::string::npos);
  CHECK(stored.find("session-token-bytes") == std::string::npos);
}

TEST_CASE("the log is emptied when idle and does not grow without bound") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  for (int i = 0; i < 60; ++i) commit(subject.store(), s.one(1, EntryKind::note, std::string(200000, 'x')));
  const auto wal = subject.folder.path("muster.db-wal");
  CHECK(std::filesystem::file_size(wal) < 12u << 20);  // 12 MB were written
  CHECK(subject.opened().health().wal_bytes > 0);
  REQUIRE(subject.store().maintain().ok());
  CHECK(std::filesystem::file_size(wal) == 0);
  CHECK(subject.opened().health().wal_bytes == 0);
}

TEST_CASE("a commit of many pages goes to the disk in a few writes") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  const auto writes = [] {
    std::ifstream io("/proc/self/io");
    std::string name;
    for (std::int64_t value = 0; io >> name >> value;)
      if (name == "syscw:") return value;
    FAIL("the kernel does not count");
    return std::int64_t{0};
  };
  const std::int64_t before = writes();
  commit(subject.store(), s.one(1, EntryKind::note, std::string(300000, 'x')));
  CHECK(subject.opened().health().wal_bytes > 300000);
  CHECK(writes() - before < 12);  // two for each of 75 pages, were they written one by one
}

TEST_CASE("a read that takes longer than a second is stopped") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  RunawayClock clock;
  storage::ReaderPool pool(subject.folder.path().string(), clock);
  const auto result = pool.read([](storage::SqliteConnection& c) {
    auto rows = c.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT COUNT(*) FROM n");
    return rows.next();
  });
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().kind == bot::ErrorKind::unavailable);
  CHECK(result.error().message.find("longer than a second") != std::string::npos);
}

TEST_CASE("readers from many threads see whole commits while the writer goes on") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  std::atomic<bool> stop{false};
  std::atomic<int> faults{0}, reads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 6; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        const auto row = subject.reader().incident(1);
        const auto entries = subject.reader().timeline(1, 0, 1000);
        if (!row || !*row || !entries || entries->empty() || static_cast<std::int64_t>(entries->size()) < (*row)->last_seq) ++faults;
        ++reads;
      }
    });
  for (int i = 0; i < 100; ++i) {
    std::vector<bot::Changes> batch{s.one(1, EntryKind::note, "n"), s.one(1, EntryKind::note, "m")};
    CHECK(subject.store().commit(batch).ok());
  }
  while (reads < 50) std::this_thread::yield();
  stop = true;
  for (auto& t : readers) t.join();
  CHECK(faults == 0);
}
