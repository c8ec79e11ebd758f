// SQLite only: the room that is kept aside for the hour in which the disk is full.
#include <sqlite3.h>
#include <sys/stat.h>

#include "integrations/storage/reserve.hpp"
#include "integrations/storage/sqlite_file.hpp"
#include "integrations/storage/write_side.hpp"
#include "tests/contract/stores.hpp"

using namespace contract;

namespace {

constexpr std::int64_t kMiB = 1 << 20;

struct stat file(const std::string& path) {
  struct stat out{};
  if (::stat(path.c_str(), &out) != 0) out.st_size = -1;
  return out;
}

std::int64_t rows(storage::WriteSide& write) {
  return must(write.read([](storage::SqliteConnection& c) {
    auto row = c.query("SELECT COUNT(*) FROM adapter_state");
    return row.next() ? row.integer(0) : -1;
  }));
}

}  // namespace

TEST_CASE("reserve: room is kept aside, given back once, and kept again only when there is plenty") {
  const Folder folder;
  const std::string database = folder.path().string();
  std::int64_t free = 7 * kMiB;
  storage::Reserve reserve(database, 4 * kMiB, [&free](const std::string&) { return free; });
  reserve.make();  // an eighth of what is free is too little to be worth it
  CHECK((reserve.bytes() == 0 && reserve.free() == free && file(database + ".reserve").st_size == -1));
  CHECK_FALSE(reserve.spend());
  free = 16 * kMiB;
  reserve.make();
  CHECK(reserve.bytes() == 2 * kMiB);
  const auto held = file(database + ".reserve");
  CHECK((held.st_size == 2 * kMiB && held.st_blocks * 512 >= held.st_size && (held.st_mode & 0777) == 0600));  // a file of holes would keep nothing
  CHECK(storage::Reserve(database, 4 * kMiB).bytes() == 2 * kMiB);  // the next process finds it
  CHECK(storage::Reserve(database, 0).bytes() == 0);

  free = kMiB;
  reserve.before_opening();
  CHECK(reserve.bytes() == 2 * kMiB);
  free = kMiB - 1;
  reserve.before_opening();
  CHECK((reserve.bytes() == 0 && reserve.spent() == 2 * kMiB && file(database + ".reserve").st_size == -1));
  CHECK_FALSE(reserve.spend());
  free = 8 * kMiB - 1;
  reserve.make();
  CHECK(reserve.bytes() == 0);
  free = 1000 * kMiB;
  reserve.make();
  CHECK((reserve.bytes() == 4 * kMiB && reserve.spent() == 0));
}

TEST_CASE("reserve: a write that finds the disk full is undone and tried once more, when there may be room now") {
  const Folder folder;
  int asked = 0, undone = 0, committed = 0, runs = 0;
  bool helps = true, full = true;
  storage::WriteSide write(must(storage::open_for_writing(folder.path().string(), 0)), [&] {
    ++asked;
    if (helps) full = false;
    return helps;
  });
  auto put = [&] {
    return write.transact(
        [&](storage::SqliteConnection& c) -> bot::Status {
          c.run("INSERT INTO adapter_state (key, value) VALUES (?, 'b')", "run" + std::to_string(++runs));
          if (full) throw storage::SqlError{SQLITE_FULL, SQLITE_FULL, "database or disk is full", false};
          return bot::Done{};
        },
        [&] { ++committed; }, [&] { ++undone; });
  };
  CHECK(put());
  CHECK((asked == 1 && runs == 2 && undone == 1 && committed == 1 && rows(write) == 1));
  CHECK_FALSE(write.full());
  full = true;
  helps = false;
  const auto refused = put();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "Not recorded: the disk is full. Free some space, then send it again.");
  CHECK((asked == 2 && runs == 3 && undone == 2 && rows(write) == 1));
  CHECK(write.full());
  full = false;
  CHECK(put());
  CHECK_FALSE(write.full());
}

TEST_CASE("reserve: a store keeps it beside its file, gives it back when the disk is full, and says so") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, bot::EntryKind::declared, "a"));
  subject.reopen({.max_pages = 60, .reserve = kMiB});
  const std::string held = subject.folder.path().string() + ".reserve";
  REQUIRE(file(held).st_size == kMiB);
  CHECK((subject.opened().health().warning.empty() && subject.opened().health().reserve_bytes == kMiB && subject.opened().health().free_bytes > 0));
  bot::Status last = bot::Done{};
  for (int i = 0; i < 200 && last.ok(); ++i) {
    std::vector<bot::Changes> batch{s.one(1, bot::EntryKind::note, std::string(3000, 'x'))};
    last = subject.store().commit(batch);
  }
  REQUIRE_FALSE(last.ok());
  CHECK(last.error().message.find("Not recorded: the disk is full") == 0);
  CHECK(file(held).st_size == -1);
  const auto health = subject.opened().health();
  CHECK((health.ok && health.warning.find("The disk is full") == 0));
}
