// SQLite only: what people are told when something throws that nobody expected there.
#include <sqlite3.h>

#include <stdexcept>

#include "integrations/storage/sqlite_file.hpp"
#include "integrations/storage/write_side.hpp"
#include "tests/contract/stores.hpp"

using namespace contract;

namespace {

bool says(const bot::Error& error, const std::string& words) { return error.message.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("sqlite: a read that runs out of memory may be asked again, any other fault is called one") {
  const auto poor = storage::guarded([]() -> int { throw std::bad_alloc(); });
  REQUIRE_FALSE(poor);
  CHECK(poor.error().kind == bot::ErrorKind::unavailable);
  CHECK(says(poor.error(), "memory"));
  const auto wrong = storage::guarded([]() -> int { throw std::out_of_range("no such member"); });
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind == bot::ErrorKind::corrupt);
  CHECK(says(wrong.error(), "no such member"));
  CHECK_FALSE(says(wrong.error(), "memory"));
}

TEST_CASE("sqlite: a write that runs out of memory may be sent again, any other fault is called one; both are undone") {
  const Folder folder;
  storage::WriteSide write(must(storage::open_for_writing(folder.path().string(), 0)));
  auto put = [](storage::SqliteConnection& c) { c.run("INSERT INTO adapter_state (key, value) VALUES ('a', 'b')"); };
  const auto poor = write.transact([&](storage::SqliteConnection& c) -> bot::Status {
    put(c);
    throw std::bad_alloc();
  });
  REQUIRE_FALSE(poor);
  CHECK(poor.error().kind == bot::ErrorKind::unavailable);
  CHECK(says(poor.error(), "Not recorded: there was not enough memory"));
  CHECK(write.problem().empty());
  const auto wrong = write.transact([&](storage::SqliteConnection& c) -> bot::Status {
    put(c);
    throw std::out_of_range("no such member");
  });
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind == bot::ErrorKind::corrupt);
  CHECK_FALSE(wrong.error().maybe_recorded);
  CHECK(says(wrong.error(), "Not recorded"));
  CHECK(says(wrong.error(), "no such member"));
  CHECK_FALSE(says(wrong.error(), "memory"));
  CHECK(write.problem() == wrong.error().message);
  CHECK_FALSE(write.lost());
  const auto left = write.read([](storage::SqliteConnection& c) {
    auto row = c.query("SELECT COUNT(*) FROM adapter_state");
    return row.next() ? row.integer(0) : -1;
  });
  REQUIRE(left);
  CHECK(*left == 0);
  CHECK(write.transact([&](storage::SqliteConnection& c) -> bot::Status {
    put(c);
    return bot::Done{};
  }));
}
