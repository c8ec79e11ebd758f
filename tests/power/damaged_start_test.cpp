// The server before files that it cannot trust: what it refuses, in which words, and what it goes on with.
#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <filesystem>

#include "tests/power/damage.hpp"
#include "tests/power/scratch.hpp"

using namespace power;

namespace {

/// A server that recorded an incident with thirty notes and stopped.
struct Stopped {
  Stopped() {
    REQUIRE(muster.start());
    REQUIRE(muster.command("declare sev2 a record to lose").status == 200);
    for (int i = 0; i < 30; ++i) REQUIRE(muster.command("INC-1 note word " + std::to_string(i)).status == 200);
    REQUIRE(muster.stop() == 0);
    good = bytes_of(file);
  }
  void put_back() {
    for (const char* ending : {"-wal", "-shm", ".lock"}) std::filesystem::remove(file + ending);
    write_bytes(file, good);
  }
  /// Another letter in the first page that has these words.
  void spoil(const std::string& words) {
    std::string bytes = bytes_of(file);
    const auto at = bytes.find(words);
    REQUIRE(at != std::string::npos);
    bytes[at] = 'W';
    write_bytes(file, bytes);
  }
  std::string timeline() { return muster.get("/api/v1/incidents/INC-1/timeline?format=json").body; }
  bool told_unfit() {
    return support::wait_for([&] { return muster.get("/readyz").status == 503; });
  }

  support::MusterProcess muster{"console: {enabled: false}\n"};
  const std::string file = muster.database();
  std::string good;
};

}  // namespace

TEST_CASE("damage: a log that is gone after a crash is asked for") {
  Stopped s;
  REQUIRE(s.muster.start());
  REQUIRE(s.muster.command("INC-1 note only in the log").status == 200);
  s.muster.kill9();
  std::filesystem::rename(s.file + "-wal", s.file + "-away");
  says(refusal(s.muster), s.file + "-wal, which is not there");
  says(refusal(s.muster), "remove " + s.file + ".lock");
  std::filesystem::rename(s.file + "-away", s.file + "-wal");
  REQUIRE(s.muster.start());
  CHECK(s.timeline().find("only in the log") != std::string::npos);
  s.muster.kill9();
  std::filesystem::remove(s.file + "-wal");
  std::filesystem::remove(s.file + ".lock");  // as the words say
  CHECK(s.muster.start());
}

TEST_CASE("damage: a database that somebody emptied is not begun anew") {
  Stopped s;
  write_bytes(s.file, "");
  says(refusal(s.muster), s.file + " is empty");
  says(refusal(s.muster), "restore a backup");  // and is not forgotten at the second try
  const auto verified = s.muster.run({"verify"});
  CHECK(verified.code == 1);
  says(verified.out, "is empty");
  write_bytes(s.file, s.good);
  REQUIRE(s.muster.start());
  s.muster.kill9();
  for (const char* ending : {"-wal", "-shm"}) std::filesystem::remove(s.file + ending);
  write_bytes(s.file, "");
  says(refusal(s.muster), s.file + " is empty");
  std::filesystem::remove(s.file);
  std::filesystem::remove(s.file + ".lock");  // as the words say
  CHECK(s.muster.start());
}

TEST_CASE("damage: a database that is empty since the first start did not get further is begun") {
  support::MusterProcess muster("console: {enabled: false}\n");
  write_bytes(muster.database(), "");
  write_bytes(muster.database() + ".lock", "12\n");
  CHECK(muster.start());
}

TEST_CASE("damage: a log that belongs to another moment is refused") {
  Stopped s;
  REQUIRE(s.muster.start());
  REQUIRE(s.muster.command("INC-1 note for the old log").status == 200);
  s.muster.kill9();
  const std::string log = bytes_of(s.file + "-wal");
  REQUIRE(log.size() > 4096);
  s.put_back();
  by_hand(s.file, "DELETE FROM timer; DELETE FROM dedup; VACUUM");
  write_bytes(s.file + "-wal", log);
  CHECK(s.muster.run({"verify"}).code == 1);
  says(refusal(s.muster), "restore a backup");
}

TEST_CASE("damage: a log beside an older copy of its database is refused") {
  Stopped s;
  REQUIRE(s.muster.start());
  for (int i = 0; i < 30; ++i) REQUIRE(s.muster.command("INC-1 note later " + std::to_string(i)).status == 200);
  REQUIRE(s.muster.stop() == 0);
  REQUIRE(s.muster.start());
  REQUIRE(s.muster.command("INC-1 note latest").status == 200);
  s.muster.kill9();
  const std::string log = bytes_of(s.file + "-wal");
  s.put_back();
  write_bytes(s.file + "-wal", log);
  const auto verified = s.muster.run({"verify"});
  INFO(verified.out);
  CHECK(verified.code == 1);
  says(refusal(s.muster), "restore a backup");
}

TEST_CASE("damage: another schema is refused") {
  Stopped s;
  by_hand(s.file, "PRAGMA user_version = 77");
  says(refusal(s.muster), "newer Muster");
  says(s.muster.run({"verify"}).out, "newer Muster");
  CHECK(s.muster.run({"verify"}).code == 1);
  s.put_back();
  by_hand(s.file, "PRAGMA user_version = 0");  // what no Muster ever wrote
  says(refusal(s.muster), "Restore a backup");
  CHECK(s.muster.run({"verify"}).code == 1);
}

TEST_CASE("damage: another program's file is refused and left as it is") {
  Stopped s;
  write_bytes(s.file, "");
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(s.file.c_str(), &db) == SQLITE_OK);
  sqlite3_exec(db, "CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('x')", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  const std::string theirs = bytes_of(s.file);
  says(refusal(s.muster), "another program");
  CHECK(bytes_of(s.file) == theirs);
  write_bytes(s.file, "a shopping list, and a long one at that\n");
  says(refusal(s.muster), "is not a Muster database");
}

TEST_CASE("damage: half a file is refused") {
  Stopped s;
  write_bytes(s.file, s.good.substr(0, s.good.size() / 2));
  says(refusal(s.muster), "backup");
}

TEST_CASE("damage: with words changed by hand it runs and says so, and verify ends with 1") {
  Stopped s;
  by_hand_past(s.file, "entry_text_no_update", "UPDATE entry_text SET text = 'word 7777' WHERE text = 'word 7'");
  const auto verified = s.muster.run({"verify"});
  CHECK(verified.code == 1);
  says(verified.out, "was changed");
  s.muster.start(5);
  REQUIRE(s.muster.running());
  CHECK(s.told_unfit());
  says(s.muster.get("/readyz").body, "was changed");
  CHECK(s.muster.command("INC-1 note people go on meanwhile").status == 200);
  CHECK(s.muster.stop() == 0);
}

TEST_CASE("damage: with a bad page among old words the rest goes on") {
  Stopped s;
  REQUIRE(s.muster.start());
  for (int i = 0; i < 20; ++i) REQUIRE(s.muster.command("INC-1 note later " + std::string(2000, 'x') + std::to_string(i)).status == 200);
  for (int i = 2; i <= 30; ++i) REQUIRE(s.muster.command("declare sev3 number " + std::to_string(i)).status == 200);
  REQUIRE(s.muster.stop() == 0);
  s.spoil("word 3");
  const auto verified = s.muster.run({"verify"});
  CHECK(verified.code == 1);
  says(verified.out, "not what was written");
  s.muster.start(5);
  REQUIRE(s.muster.running());
  CHECK(s.told_unfit());
  CHECK(s.timeline().find("Word 3") == std::string::npos);
  CHECK(s.muster.command("INC-30 note the others go on").status == 200);
  CHECK(s.muster.stop() == 0);
}

TEST_CASE("damage: with a bad page among the latest words it does not start") {
  Stopped s;
  s.spoil("word 29");
  CHECK(s.muster.run({"verify"}).code == 1);
  says(refusal(s.muster), "restore a backup");
}
