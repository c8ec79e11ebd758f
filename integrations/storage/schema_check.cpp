#include "integrations/storage/schema_check.hpp"

#include <array>
#include <cstdlib>
#include <map>

#include "integrations/storage/sqlite_file.hpp"
#include "storage_schema_embedded.hpp"

namespace storage {
namespace {

constexpr std::array<const char*, 5> kMigrations{"0001_first.sql", "0002_adapter_state.sql", "0003_lane_ready.sql", "0004_made_of.sql", "0005_content_in_outbox.sql"};

struct Made { std::string type, sql; };
using Schema = std::map<std::string, Made>;

/// Blanks and line ends are as whoever wrote it liked them; everything else counts.
std::string normalised(const std::string& sql) {
  std::string out;
  const auto joins = [](char c) { return c == '(' || c == ')' || c == ','; };
  for (const char c : sql) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (blank && (out.empty() || out.back() == ' ' || joins(out.back()))) continue;
    if (joins(c) && !out.empty() && out.back() == ' ') out.pop_back();
    out += blank ? ' ' : c;
  }
  return out;
}

/// Without what SQLite makes for itself.
Schema schema_of(SqliteConnection& c) {
  Schema out;
  auto rows = c.query("SELECT name, type, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
  while (rows.next()) out[rows.text(0)] = {rows.text(1), normalised(rows.text(2))};
  return out;
}

Schema made_by_migrations(int version) {
  SqliteConnection c(":memory:", SqliteConnection::Mode::write);
  migrate(c, 0, version);
  return schema_of(c);
}

bot::Error misfit(const std::string& file, const std::string& what, const std::string& instead) {
  return bot::fail(bot::ErrorKind::corrupt, file + " is not as Muster made it: " + what + ". Somebody or another program changed it, so Muster does not touch it. " + instead);
}

}  // namespace

int schema_version() { return static_cast<int>(kMigrations.size()); }

void migrate(SqliteConnection& c, int from, int to) {
  for (int version = from + 1; version <= to; ++version) {
    const auto sql = storage_schema::embedded(kMigrations[static_cast<std::size_t>(version - 1)]);
    if (sql.empty()) std::abort();  // the program was built without its schema
    c.begin();
    c.execute(std::string(sql));
    c.execute("PRAGMA application_id = " + std::to_string(kApplicationId) + "; PRAGMA user_version = " + std::to_string(version) + ";");
    c.commit();
  }
}

bot::Status check_schema(SqliteConnection& c, int version, const std::string& file) {
  static const Schema newest = made_by_migrations(schema_version());  // every connection asks
  const Schema wanted = version == schema_version() ? newest : made_by_migrations(version);
  const Schema found = schema_of(c);
  const std::string restore = "Restore a backup.";
  for (const auto& [name, made] : wanted) {
    const auto it = found.find(name);
    if (it == found.end())
      return misfit(file, "the " + made.type + " " + name + " is missing" + (made.type == "trigger" ? ", which keeps the timeline append-only" : ""), restore);
    if (it->second.type != made.type || it->second.sql != made.sql) return misfit(file, "the " + made.type + " " + name + " is another", restore);
  }
  for (const auto& [name, made] : found)
    if (wanted.count(name) == 0) return misfit(file, "the " + made.type + " " + name + " is not its own", "Remove it, or restore a backup.");
  return bot::Done{};
}

}  // namespace storage
