#include "tests/power/damage.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <cstdlib>

#include "integrations/storage/checked_pages.hpp"
#include "tests/power/history.hpp"
#include "tests/power/scratch.hpp"

namespace power {

std::int64_t number(const char* name, std::int64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::atoll(given);
}

Filled filled() {
  const Scratch folder;
  History history(7, folder.path());
  Filled out;
  out.bytes = history.fill(160);
  out.keys = history.keys();
  return out;
}

std::string rows_of(const std::string& file) {
  std::string out;
  sqlite3* db = nullptr;
  bool whole = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK;
  for (const char* sql : {"SELECT * FROM incident", "SELECT * FROM entry", "SELECT * FROM entry_text", "SELECT * FROM outbox", "SELECT * FROM lane",
                          "SELECT * FROM timer", "SELECT * FROM dedup", "SELECT * FROM outside_reference", "SELECT * FROM alert", "SELECT * FROM alert_group", "SELECT * FROM person",
                          "SELECT * FROM adapter_state", "SELECT * FROM invite", "SELECT * FROM session"}) {
    sqlite3_stmt* s = nullptr;
    whole = whole && sqlite3_prepare_v2(db, sql, -1, &s, nullptr) == SQLITE_OK;
    int code = SQLITE_DONE;
    while (whole && (code = sqlite3_step(s)) == SQLITE_ROW) {
      out += sql + 14;
      for (int i = 0; i < sqlite3_column_count(s); ++i) {
        const auto* text = static_cast<const char*>(sqlite3_column_blob(s, i));
        out += "|" + (text == nullptr ? std::string("-") : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(s, i))));
      }
      out += "\n";
    }
    whole = whole && code == SQLITE_DONE;
    sqlite3_finalize(s);
  }
  sqlite3_close(db);
  return whole ? out : "";
}

void by_hand(const std::string& file, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, storage::checked_pages()) == SQLITE_OK);
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  INFO(sqlite3_errmsg(db));
  REQUIRE(code == SQLITE_OK);
  sqlite3_close(db);
}

void by_hand_past(const std::string& file, const std::string& trigger, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, storage::checked_pages()) == SQLITE_OK);
  std::string made;
  const auto read = [](void* out, int, char** values, char**) { return *static_cast<std::string*>(out) = values[0], 0; };
  REQUIRE(sqlite3_exec(db, ("SELECT sql FROM sqlite_schema WHERE name = '" + trigger + "'").c_str(), read, &made, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  REQUIRE_FALSE(made.empty());
  by_hand(file, "DROP TRIGGER " + trigger + ";" + sql + ";" + made);
}

bool says(const std::string& text, const std::string& words) {
  INFO(text);
  CHECK(text.find(words) != std::string::npos);
  return text.find(words) != std::string::npos;
}

std::string refusal(support::MusterProcess& muster) {
  const auto before = muster.log().size();
  CHECK_FALSE(muster.start());
  CHECK(muster.exit_code() == 1);
  return muster.log().substr(before);
}

}  // namespace power
