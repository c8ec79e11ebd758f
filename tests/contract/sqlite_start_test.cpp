// SQLite only: what is refused at start, and what is found later.
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "integrations/storage/checked_pages.hpp"
#include "integrations/storage/sqlite_file.hpp"
#include "tests/contract/stores.hpp"

using namespace contract;
using bot::EntryKind;

namespace {

/// Somebody's hand in the file, past every rule of the store; even the checks of its pages are made to fit, so that only what is
/// written there can tell.
void tamper(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  const char* way = std::filesystem::exists(file) ? storage::checked_pages() : nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, way) == SQLITE_OK);
  char* problem = nullptr;
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &problem);
  INFO((problem != nullptr ? problem : ""));
  sqlite3_free(problem);
  sqlite3_close(db);
  REQUIRE(code == SQLITE_OK);
}

/// Past the triggers too, which are there again afterwards.
std::string past_triggers(const std::string& sql) {
  return "DROP TRIGGER entry_no_update; DROP TRIGGER entry_no_delete; DROP TRIGGER entry_text_no_update; " + sql +
         "; CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;"
         "CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;"
         "CREATE TRIGGER entry_text_no_update BEFORE UPDATE ON entry_text BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;";
}

bot::Error refused(const std::string& url) {
  support::FakeEnv env;
  auto opened = storage::open_store(url, env.env());
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

bool says(const bot::Error& error, const std::string& words) {
  INFO(error.message);
  CHECK(error.message.find(words) != std::string::npos);
  return error.message.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("everything is there again after reopening") {
  SqliteSubject subject;
  Scribe s;
  auto changes = s.one(1, EntryKind::declared, "a", {{"severity", "sev1"}});
  changes.dedup_keys = {"k"};
  changes.reply.incident = 1;
  changes.messages = {s.message("m1", "A"), s.message("m2", "A")};
  changes.timers = {{"t", "escalate", 1, s.now, ""}};
  commit(subject.store(), changes);
  REQUIRE(must(subject.store().lease(s.lease("first"))).size() == 1);
  subject.reopen();
  bot::LoadQuery query;
  query.incidents = {1};
  query.dedup_keys = {"k"};
  const auto loaded = must(subject.store().load(query));
  CHECK(loaded.incidents.at(1) == s.row(1));
  CHECK(loaded.replies.at("k").incident == 1);
  CHECK(must(subject.store().next_timer()) == s.now);
  const auto leased = must(subject.store().lease(s.lease("second")));
  REQUIRE(leased.size() == 1);
  CHECK((leased[0].in_doubt && leased[0].deaths == 1));
  auto next = s.one(1, EntryKind::note, "b");
  std::vector<bot::Changes> batch{next};
  REQUIRE(subject.store().commit(batch).ok());
  CHECK(batch[0].entries[0].position == 2);
}

TEST_CASE("an adapter's state is there again after reopening") {
  SqliteSubject subject;
  bot::Changes changes;
  changes.at = bot::Time{bot::Millis{1}};
  changes.state = {{"matrix/next_batch", "s72594_4483_1934"}};
  commit(subject.store(), changes);
  subject.reopen();
  CHECK(must(subject.reader().adapter_state("matrix/next_batch")) == "s72594_4483_1934");
}

TEST_CASE("a database of the first schema opens with all its content and verifies") {
  SqliteSubject subject;
  Scribe s;
  auto changes = s.one(1, EntryKind::declared, "from before", {{"severity", "sev1"}});
  s.write(changes, 1, EntryKind::note, "a word");
  changes.dedup_keys = {"k"};
  changes.reply.incident = 1;
  changes.references = {{1, "slack", "room", "C1"}};
  changes.messages = {s.message("m1", "A")};
  commit(subject.store(), changes);
  subject.close();
  // What the first version's file looks like: the same tables, without those that came later.
  tamper(subject.folder.path(), "CREATE TABLE outbox_content (seq INTEGER PRIMARY KEY REFERENCES outbox (seq), content TEXT NOT NULL) STRICT; "
                                 "INSERT INTO outbox_content SELECT seq, content FROM outbox; ALTER TABLE outbox DROP COLUMN content; "
                                 "DROP INDEX lane_ready; DROP TABLE adapter_state; ALTER TABLE outbox DROP COLUMN first_entry; ALTER TABLE outbox DROP COLUMN last_entry; "
                                 "ALTER TABLE dedup DROP COLUMN first_entry; ALTER TABLE dedup DROP COLUMN last_entry; PRAGMA user_version = 1;");
  subject.reopen();
  CHECK(must(subject.reader().incident(1)) == s.row(1));
  CHECK(must(subject.reader().timeline(1, 0, 10)).size() == 2);
  bot::LoadQuery query;
  query.dedup_keys = {"k"};
  query.rooms = {{"slack", "C1"}};
  const auto loaded = must(subject.store().load(query));
  CHECK((loaded.replies.count("k") == 1 && loaded.rooms.at("slack/C1") == 1));
  CHECK(must(subject.store().lease(s.lease("b"))).size() == 1);
  bot::Changes moved;
  moved.at = s.now;
  moved.state = {{"matrix/next_batch", "s1"}};
  commit(subject.store(), moved);
  CHECK(must(subject.reader().adapter_state("matrix/next_batch")) == "s1");
  subject.close();
  auto c = must(storage::open_for_reading_only(subject.folder.path().string(), false));
  CHECK(c->pragma("user_version") == storage::schema_version());
}

TEST_CASE("the durability rules are in force") {
  SqliteSubject subject;
  auto c = must(storage::open_for_writing((subject.folder.path("other.db")).string(), 0));
  CHECK(c->pragma_text("journal_mode") == "wal");
  CHECK(c->pragma("synchronous") == 2);
  CHECK(c->pragma("foreign_keys") == 1);
  CHECK(c->pragma("trusted_schema") == 0);
  CHECK(c->pragma("wal_autocheckpoint") == 0);
  CHECK(c->pragma("mmap_size") == 0);
  CHECK(c->pragma("secure_delete") == 1);
  auto strict = c->query("SELECT COUNT(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'");
  REQUIRE(strict.next());
  CHECK(strict.integer(0) == 0);
  struct stat info{};
  REQUIRE(::stat(subject.folder.path("other.db").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("an address that is not ours is refused with what to write") {
  says(refused("postgres://localhost/muster"), "sqlite:PATH");
  says(refused("muster.db"), "sqlite:PATH");
  says(refused("sqlite:"), "sqlite:data/muster.db");
}

TEST_CASE("a missing folder is made") {
  Folder folder;
  support::FakeEnv env;
  auto opened = storage::open_store("sqlite:" + folder.path("deep/er/muster.db").string(), env.env());
  CHECK(opened.ok());
}

TEST_CASE("paths with odd characters are taken as they are") {
  Folder folder;
  support::FakeEnv env;
  for (const char* name : {"a b?mode=memory#x%41.db", "\xC3\xA9'\"&.db"}) {
    for (const std::string& url : {"sqlite:" + folder.path(name).string(), "sqlite:///" + folder.path(name).string(), "sqlite://" + std::filesystem::relative(folder.path(name)).string()}) {
      INFO(url);
      CHECK(storage::open_store(url, env.env()).ok());
      CHECK(std::filesystem::exists(folder.path(name)));
    }
  }
}

TEST_CASE("a file that is no database, or another program's, is refused and left alone") {
  Folder folder;
  {
    std::ofstream(folder.path()) << "a shopping list, longer than sixteen bytes\n";
    says(refused(folder.url()), "is not a Muster database");
  }
  std::ofstream(folder.path()) << "short";
  says(refused(folder.url()), "is not a Muster database");
  CHECK(std::filesystem::file_size(folder.path()) == 5);
  std::filesystem::remove(folder.path());
  tamper(folder.path(), "CREATE TABLE songs (title TEXT)");
  says(refused(folder.url()), "another program");
  tamper(folder.path(), "PRAGMA application_id = 77");
  says(refused(folder.url()), "another program");
  std::filesystem::remove(folder.path());
  std::filesystem::create_directory(folder.path());
  CHECK_FALSE(refused(folder.url()).message.empty());
}

TEST_CASE("a newer schema is refused with what to start instead") {
  SqliteSubject subject;
  subject.close();
  tamper(subject.folder.path(), "PRAGMA user_version = 999");
  says(refused(subject.folder.url()), "newer Muster");
  auto read = storage::open_for_reading(subject.folder.url(), subject.env.env());
  REQUIRE_FALSE(read.ok());
  says(read.error(), "newer Muster");
}

TEST_CASE("a file whose tables are not as Muster makes them is refused with what is missing, by the server and by verify") {
  struct Case { const char* sql; const char* words; };
  for (const Case& c : {Case{"DROP TABLE timer", "the table timer is missing"}, Case{"DROP TABLE outbox", "the table outbox is missing"},
                        Case{"DROP INDEX lane_due", "the index lane_due is missing"}, Case{"DROP TRIGGER entry_no_delete", "the trigger entry_no_delete is missing"},
                        Case{"ALTER TABLE incident ADD COLUMN foo TEXT", "the table incident is another"},
                        Case{"DROP TABLE session; CREATE TABLE session (token BLOB PRIMARY KEY, person TEXT, expires INTEGER)", "the table session is another"},
                        Case{"CREATE TABLE songs (title TEXT)", "the table songs is not its own"}, Case{"PRAGMA user_version = 0", "user_version is 0"},
                        Case{"PRAGMA user_version = 2", "the table dedup is another"}}) {
    INFO(c.sql);
    SqliteSubject subject;
    Scribe s;
    commit(subject.store(), s.one(1, EntryKind::declared, "a"));
    subject.close();
    tamper(subject.folder.path(), c.sql);
    const auto error = refused(subject.folder.url());
    CHECK(error.kind == bot::ErrorKind::corrupt);
    says(error, c.words);
    auto read = storage::open_for_reading(subject.folder.url(), subject.env.env());
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().kind == bot::ErrorKind::corrupt);
  }
}

TEST_CASE("a place that cannot be written is refused") {
  Folder folder;
  std::ofstream(folder.path("file")) << "x";
  says(refused("sqlite:" + folder.path("file/muster.db").string()), "folder");
  if (::geteuid() != 0) {  // root may write anywhere
    std::filesystem::permissions(folder.path("."), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    says(refused(folder.url()), "writable");
    std::filesystem::permissions(folder.path("."), std::filesystem::perms::owner_all);
  }
}

TEST_CASE("a second server on the same file is refused, readers are not") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  const auto error = refused(subject.folder.url());
  CHECK(error.kind == bot::ErrorKind::conflict);
  says(error, "Another Muster (process " + std::to_string(::getpid()) + ")");
  auto reading = must(storage::open_for_reading(subject.folder.url(), subject.env.env()));
  CHECK(must(reading->reader().timeline(1, 0, 10)).size() == 1);
  CHECK(must(reading->verify()).ok());
  commit(subject.store(), s.one(1, EntryKind::note, "b"));
  CHECK(must(reading->reader().timeline(1, 0, 10)).size() == 2);
  subject.close();
  CHECK(must(reading->reader().timeline(1, 0, 10)).size() == 2);
  support::FakeEnv env;
  CHECK(storage::open_store(subject.folder.url(), env.env()).ok());
}

TEST_CASE("reading where no database is says so") {
  Folder folder;
  support::FakeEnv env;
  auto opened = storage::open_for_reading(folder.url(), env.env());
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().kind == bot::ErrorKind::not_found);
}

TEST_CASE("the timeline's tables refuse changes") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  subject.close();
  for (const char* sql : {"UPDATE entry SET actor = 'mallory'", "DELETE FROM entry", "UPDATE entry_text SET text = 'other'"}) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(subject.folder.path().c_str(), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_CONSTRAINT);
    CHECK(std::string(sqlite3_errmsg(db)) == "the timeline is append-only");
    sqlite3_close(db);
  }
}

TEST_CASE("a broken chain head refuses the start and says what to do") {
  for (const char* sql : {"UPDATE incident SET chain_head = zeroblob(32)", "DELETE FROM entry_text; DELETE FROM entry WHERE seq = 3", "UPDATE entry SET actor = 'mallory' WHERE seq = 3",
                          "UPDATE incident SET last_seq = 2", "UPDATE entry SET facts = 'broken' WHERE seq = 3", "DELETE FROM entry_text; DELETE FROM entry"}) {
    INFO(sql);
    SqliteSubject subject;
    Scribe s;
    auto changes = s.one(1, EntryKind::declared, "a");
    s.write(changes, 1, EntryKind::note, "b");
    s.write(changes, 1, EntryKind::note, "c");
    commit(subject.store(), changes);
    subject.close();
    tamper(subject.folder.path(), past_triggers(sql));
    const auto error = refused(subject.folder.url());
    CHECK(error.kind == bot::ErrorKind::corrupt);
    says(error, "muster verify");
  }
}

TEST_CASE("a start that was refused after a crash leaves no demand for a log that it rightly emptied and removed") {
  SqliteSubject subject;
  Scribe s;
  commit(subject.store(), s.one(1, EntryKind::declared, "a"));
  const std::string lock = subject.folder.path().string() + ".lock";
  std::stringstream while_in_use;
  while_in_use << std::ifstream(lock).rdbuf();
  REQUIRE(while_in_use.str().find("in use") != std::string::npos);
  subject.close();
  tamper(subject.folder.path(), "UPDATE incident SET chain_head = zeroblob(32)");
  std::ofstream(lock) << while_in_use.str();  // as a process leaves it that was killed, with its log beside it
  std::ofstream(subject.folder.path().string() + "-wal");
  says(refused(subject.folder.url()), "muster verify");
  says(refused(subject.folder.url()), "muster verify");
}

TEST_CASE("verify finds every kind of damage deeper in the record and health tells it") {
  struct Case { const char* sql; const char* words; };
  for (const Case& c : {Case{"UPDATE entry SET actor = 'mallory' WHERE seq = 2", "Entry 2 of INC-1 does not fit the chain"},
                        Case{"UPDATE entry_text SET text = 'other' WHERE position = 2", "The text of entry 2 of INC-1 was changed"},
                        Case{"DELETE FROM entry_text WHERE position = 2", "no redaction names it"},
                        Case{"DELETE FROM entry_text WHERE position = 2; DELETE FROM entry WHERE seq = 2", "entries are missing"},
                        Case{"UPDATE incident SET body = replace(body, 'sev2', 'sev9')", "The row of INC-1 is not what its timeline says"},
                        Case{"UPDATE incident SET body = '{\"v\":1}'", "INC-1"},
                        Case{"UPDATE entry SET kind = 'nonsense' WHERE seq = 2", "unknown kind"},
                        Case{"DELETE FROM entry_text WHERE position = 6; DELETE FROM entry WHERE incident = 2; DELETE FROM incident WHERE number = 2; "
                             "INSERT INTO incident SELECT 3, 0, 0, 0, 0, zeroblob(32), body FROM incident", "INC-3"}}) {
    INFO(c.sql);
    SqliteSubject subject;
    Scribe s;
    auto changes = s.one(1, EntryKind::declared, "a", {{"severity", "sev2"}});
    s.write(changes, 1, EntryKind::note, "b");
    for (const char* note : {"c", "d", "e"}) s.write(changes, 1, EntryKind::note, note);
    s.write(changes, 2, EntryKind::declared, "other");
    commit(subject.store(), changes);
    const auto clean = must(subject.opened().verify());
    CHECK((clean.ok() && clean.incidents == 2 && clean.entries == 6));
    CHECK(subject.opened().health().ok);
    CHECK(subject.opened().health().verified);
    subject.close();
    tamper(subject.folder.path(), past_triggers(c.sql));
    subject.reopen();
    CHECK_FALSE(subject.opened().health().verified);
    const auto report = must(subject.opened().verify());
    CHECK_FALSE(report.ok());
    bool told = false;
    for (const auto& problem : report.problems) told |= problem.find(c.words) != std::string::npos;
    for (const auto& problem : report.problems) UNSCOPED_INFO(problem);
    CHECK(told);
    CHECK_FALSE(subject.opened().health().ok);
  }
}

TEST_CASE("verify accepts a missing text that a redaction names, and fold equals the scrubbed row") {
  SqliteSubject subject;
  Scribe s;
  auto changes = s.one(1, EntryKind::declared, "Jane Roe cannot pay");
  s.write(changes, 1, EntryKind::impact, "Jane Roe");
  commit(subject.store(), changes);
  auto redact = s.one(1, EntryKind::redacted, "", {{"entry", "1"}});
  bot::Entry gone = changes.entries[0];
  bot::scrub(s.row(1), gone);
  redact.incidents = {s.row(1)};
  redact.redactions = {{1, 1}};
  commit(subject.store(), redact);
  const auto report = must(subject.opened().verify());
  for (const auto& problem : report.problems) UNSCOPED_INFO(problem);
  CHECK(report.ok());
  CHECK(report.redacted == 1);
}
