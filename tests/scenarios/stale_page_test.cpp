// A status page that can no longer be drawn is told to those who can mend it: in the log, by a metric, and in the console.
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/scenarios/scene.hpp"

using scene::Scene;
using support::wait_for;

namespace {

constexpr int kPageBytes = 4096;

bool has(const std::string& in, const std::string& words) { return in.find(words) != std::string::npos; }

int times(const std::string& in, const std::string& words) {
  int n = 0;
  for (auto at = in.find(words); at != std::string::npos; at = in.find(words, at + 1)) ++n;
  return n;
}

/// Where in the file the list of public updates begins.
long place_of_public_updates(const std::string& file) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_stmt* row = nullptr;
  REQUIRE(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'entry_public'", -1, &row, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(row) == SQLITE_ROW);
  const long page = static_cast<long>(sqlite3_column_int64(row, 0));
  sqlite3_finalize(row);
  sqlite3_close(db);
  return (page - 1) * kPageBytes;
}

std::string bytes_at(const std::string& file, long at) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(at);
  std::string out(kPageBytes, '\0');
  in.read(out.data(), kPageBytes);
  REQUIRE(in.good());
  return out;
}

void put(const std::string& file, long at, const std::string& bytes) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(at);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(out.flush().good());
}

std::string link_in(const std::string& out) {
  const auto at = out.find("/login/");
  return at == std::string::npos ? "" : out.substr(at, out.find_first_of(" \n", at) - at);
}

}  // namespace

TEST_CASE("a status page whose updates cannot be read says so in log, metrics and console, and says when it follows again") {
  scene::Options options;
  options.slack = options.vendor = false;
  options.extra = "console: {enabled: true}\n";
  Scene s(options);
  auto& muster = *s.muster;
  REQUIRE(muster.start());
  REQUIRE(muster.command("declare sev2 checkout returns 500").status == 200);
  REQUIRE(muster.command("INC-1 public investigating \"We are looking into failed payments.\"").status == 200);
  REQUIRE(wait_for([&] { return has(s.public_page("/"), "failed payments"); }));
  REQUIRE(muster.stop() == 0);
  const long place = place_of_public_updates(muster.database());
  const std::string good = bytes_at(muster.database(), place);

  REQUIRE(muster.start());
  const auto in = muster.post(link_in(muster.run({"invite", "carol"}).out), "", {{"Origin", muster.url()}, {"Sec-Fetch-Site", "same-origin"}});
  REQUIRE(in.status == 303);
  http::Call home;
  home.method = "GET";
  home.url = muster.url() + "/";
  home.headers = {{"Cookie", in.header("set-cookie").substr(0, in.header("set-cookie").find(';'))}};
  const auto console = [&] {
    const auto result = s.client->call(home);
    const auto* answer = std::get_if<http::Answer>(&result);
    return answer != nullptr ? answer->body : std::string();
  };
  const auto metric = [&] { return muster.get("/metrics").body; };
  const std::string gauge = "muster_status_page_ok{integration=\"statuspage:public\"} ";
  CHECK(has(metric(), gauge + "1"));
  CHECK_FALSE(has(console(), "Status page problem."));

  std::string bad = good;
  bad[kPageBytes / 2] = static_cast<char>(bad[kPageBytes / 2] ^ 1);
  put(muster.database(), place, bad);
  REQUIRE(muster.command("declare sev3 something else").status == 200);  // what was read before the damage is read anew
  CHECK(wait_for([&] { return has(metric(), gauge + "0"); }, 40));
  CHECK(has(s.public_page("/"), "failed payments"));
  const std::string shown = console();
  CHECK(has(shown, "Status page problem."));
  CHECK(has(shown, "no longer follows what is published"));
  CHECK(has(shown, "Customers see it as it was at "));
  CHECK(times(muster.log(), "\"event\":\"status_page_stale\"") == 1);

  put(muster.database(), place, good);
  CHECK(wait_for([&] { return has(metric(), gauge + "1"); }, 40));
  CHECK_FALSE(has(console(), "Status page problem."));
  CHECK(times(muster.log(), "\"event\":\"status_page_stale\"") == 1);
  CHECK(times(muster.log(), "\"event\":\"status_page_follows_again\"") == 1);
  CHECK(muster.stop() == 0);
}
