// Every write and sync of the real server fails or kills it, one at a time: what was answered ok is there, what was answered "not
// recorded" is not, and nothing happens twice. MUSTER_SYSCALL_POINTS: how many points (30), spread evenly; 0 or all: every one.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "tests/power/traced.hpp"

using power::Point;
using power::Workload;
using support::MusterProcess;

namespace {

const std::vector<std::string> kCalls{"pwrite64", "fdatasync", "fsync", "ftruncate", "write"};
constexpr double kUpkeep = 1.6;  // longer than the server's idle upkeep, which copies the log into the file

struct Seen { int points = 0, kills = 0, killed = 0, died = 0, refused = 0, unharmed = 0, maybe = 0, not_recorded = 0, ok = 0; };

std::unique_ptr<MusterProcess> server() { return std::make_unique<MusterProcess>("console: {enabled: false}\n"); }

/// How often each call is made. Commits take along what waits, so that differs from run to run: what was counted twice will happen a third time.
std::map<std::string, int> calls_made(bool fresh) {
  std::map<std::string, int> out;
  for (const bool again : {false, true}) {
    auto muster = server();
    Workload work(*muster);
    if (!fresh) work.prepare();
    const std::string counted = muster->folder() + "/calls";
    muster->wrap(power::counting_tracer(kCalls, counted));
    REQUIRE(muster->start(60));
    work.run(kUpkeep);
    muster->kill9();  // as each point ends: what a proper stop writes would never be met
    for (const auto& [call, most] : power::most_calls(counted)) out[call] = again ? std::min(out[call], most) : most;
  }
  return out;
}

/// Every one of them, so that each can be hit.
std::vector<Point> all_points() {
  std::vector<Point> out;
  for (const bool fresh : {false, true})
    for (const auto& [call, most] : calls_made(fresh))
      for (int n = 1; n <= most; ++n) {
        out.push_back({call, n, "signal=KILL", fresh});
        if (call == "write") continue;  // sockets and the log of events: what fails there is not the disk
        out.push_back({call, n, "error=EIO", fresh});
        if (call != "fsync") out.push_back({call, n, "error=ENOSPC+", fresh});
      }
  return out;
}

/// So many of them, spread evenly over each kind of harm: points of one call follow one another in turns of kinds, so an even step over all of them
/// may meet one kind alone.
std::vector<Point> some_of(const std::vector<Point>& points, std::size_t wanted) {
  std::map<std::string, std::vector<Point>> kinds;
  for (const auto& p : points) kinds[p.call == "write" ? "socket" : p.harm].push_back(p);
  std::vector<Point> out;
  for (const auto& [kind, of] : kinds) {
    const std::size_t share = std::min(of.size(), wanted * (kind.rfind("error", 0) == 0 ? 3 : 2) / 10);
    for (std::size_t i = 0; i < share; ++i) out.push_back(of[(2 * i + 1) * of.size() / (2 * share)]);
  }
  return out;
}

/// The rules of one kind of harm while it happens.
std::vector<std::string> judge(const Point& p, MusterProcess& muster, const Workload& work, bool started, Seen& seen) {
  std::vector<std::string> out;
  const bool alive = muster.running();
  const int code = muster.exit_code();
  seen.died += !alive;
  seen.unharmed += alive && work.count(503) == 0;
  for (const auto& t : work.tried()) {
    const bool maybe = t.status == 503 && t.body.find("may be recorded") != std::string::npos;
    const bool not_recorded = t.status == 503 && !maybe;
    seen.ok += t.status == 200;
    seen.maybe += maybe;
    seen.not_recorded += not_recorded;
    if (maybe && alive) out.push_back("it said \"may be recorded\" and did not end: " + t.body);
    if (not_recorded && t.body.find("Not recorded") == std::string::npos) out.push_back("503 without saying what became of it: " + t.body);
  }
  if (p.harm == "signal=KILL") {
    ++seen.kills;
    seen.killed += !alive && code == 128 + 9;
    if (!alive && code != 128 + 9) out.push_back("killed, it ended with " + std::to_string(code));
    return out;
  }
  if (!started) {
    ++seen.refused;
    if (code != 1) out.push_back("refusing to start, it ended with " + std::to_string(code));
    if (muster.log().find("muster: ") == std::string::npos) out.push_back("it refused to start without a word");
    return out;
  }
  if (!alive && code != 3) out.push_back("it ended with " + std::to_string(code));
  return out;
}

/// `file` of the point is a name in the server's folder.
std::vector<std::string> try_point(const Point& p, Seen& seen) {
  auto muster = server();
  Workload work(*muster);
  if (!p.fresh) work.prepare();
  Point here = p;
  if (!p.file.empty()) here.file = muster->folder() + "/" + p.file;
  muster->wrap(power::tracer(here));
  const bool started = muster->start(60);
  if (started) work.run(kUpkeep);
  auto faults = judge(p, *muster, work, started, seen);
  if (muster->running() && p.stopped) {
    if (muster->stop() != 0) faults.push_back("with the harm it did not stop cleanly");
  } else if (muster->running()) {
    muster->kill9();
  }
  muster->wrap({});
  const std::string said = muster->log();
  if (!muster->start()) {
    faults.push_back("without the harm it does not start again: " + muster->log().substr(said.size()));
    return faults;
  }
  for (auto& words : work.check()) faults.push_back(std::move(words));
  if (muster->stop() != 0) faults.push_back("it did not stop cleanly");
  const auto verified = muster->run({"verify"});
  if (verified.code != 0) faults.push_back("verify: " + verified.out);
  if (!faults.empty()) faults.push_back(muster->log());
  ++seen.points;
  return faults;
}

}  // namespace

TEST_CASE("system calls: whichever write to the lock file fails, the next start asks for no log that the last one removed itself") {
  if (const auto why = power::no_strace()) {
    WARN("SKIPPED, NOT TESTED: " << *why);
    return;
  }
  Seen seen;
  for (int n = 1; n <= 5; ++n) {
    const Point p{"pwrite64", n, "error=EIO", false, "muster.db.lock", true};
    const auto faults = try_point(p, seen);
    for (const auto& words : faults) UNSCOPED_INFO(words);
    INFO(p.words());
    CHECK(faults.empty());
  }
  CHECK(seen.refused == 1);  // the second: the mark is taken away before the log is touched
}

TEST_CASE("system calls: a write that finds the disk full for once gets the room that is kept aside; only the log tells of it") {
  if (const auto why = power::no_strace()) {
    WARN("SKIPPED, NOT TESTED: " << *why);
    return;
  }
  auto muster = server();
  Workload work(*muster);
  work.prepare();
  const Point p{"pwrite64", calls_made(false)["pwrite64"] * 3 / 4, "error=ENOSPC"};  // a note's commit, by the thread that writes most
  muster->wrap(power::tracer(p));
  REQUIRE(muster->start(60));
  work.run(kUpkeep);
  INFO(p.words() << "\n" << muster->log());
  CHECK(work.count(200) == static_cast<int>(work.tried().size()));
  CHECK(muster->log().find("\"event\":\"disk_full\"") != std::string::npos);
  CHECK(muster->log().find("MB it keeps aside") != std::string::npos);
  CHECK(muster->stop() == 0);
  muster->wrap({});
  REQUIRE(muster->start());
  CHECK(work.check().empty());
  CHECK(muster->stop() == 0);
}

TEST_CASE("system calls: a server that starts on a disk without any room gives the room back that the one before kept aside") {
  if (const auto why = power::no_strace()) {
    WARN("SKIPPED, NOT TESTED: " << *why);
    return;
  }
  auto muster = server();
  Workload work(*muster);
  work.prepare();
  const std::string reserve = muster->database() + ".reserve";
  REQUIRE(std::filesystem::file_size(reserve) > 0);
  muster->wrap(power::tracer({"statfs", 1, "retval=0:poke_exit=@arg2=" + std::string(240, '0') + "+"}));  // every time the same answer: nothing is free
  REQUIRE(muster->start(60));
  CHECK_FALSE(std::filesystem::exists(reserve));
  const auto metrics = muster->get("/metrics").body;
  CHECK(metrics.find("\nmuster_store_reserve_bytes 0\n") != std::string::npos);
  CHECK(metrics.find("\nmuster_store_disk_free_bytes 0\n") != std::string::npos);
  CHECK(support::wait_for([&] { return muster->log().find("\"event\":\"disk_full\"") != std::string::npos; }));
  CHECK(muster->command("INC-1 note there is room for this.").status == 200);
  CHECK(muster->stop() == 0);
}

TEST_CASE("system calls: at every write and sync, a kill, a full disk and a failing disk lose nothing that was promised") {
  if (const auto why = power::no_strace()) {
    std::cout << "SKIPPED, NOT TESTED: system calls that fail: " << *why << "\n";
    WARN("SKIPPED, NOT TESTED: " << *why);
    return;
  }
  auto points = all_points();
  const auto everything = points.size();
  const char* given = std::getenv("MUSTER_SYSCALL_POINTS");
  const std::size_t wanted = given == nullptr ? 30 : static_cast<std::size_t>(std::atoi(given));
  if (wanted > 0 && wanted < everything) points = some_of(points, wanted);
  Seen seen;
  int broken = 0;
  for (const auto& p : points) {
    const auto faults = try_point(p, seen);
    for (const auto& words : faults) UNSCOPED_INFO(words);
    INFO(p.words());
    CHECK(faults.empty());
    broken += !faults.empty();
    if (seen.points % 100 == 0) std::cout << "system calls: " << seen.points << " of " << points.size() << " points, " << broken << " broke a promise" << std::endl;
  }
  std::cout << "system calls: " << seen.points << " of " << everything << " points; " << seen.killed << " of " << seen.kills << " kills struck; " << seen.died << " ended the server (" << seen.refused << " while starting), "
            << seen.unharmed << " went unnoticed by clients; answers: " << seen.ok << " ok, " << seen.maybe << " \"may be recorded\", " << seen.not_recorded
            << " \"not recorded\"; " << broken << " points broke a promise\n";
  // The harm must have happened: a kill that never struck, or errors that nobody met, would prove nothing.
  const bool all = points.size() == everything;
  CHECK(seen.killed * 10 >= seen.kills * 9);
  CHECK(seen.killed >= (all ? 150 : static_cast<int>(points.size()) / 4));
  CHECK(seen.refused >= (all ? 20 : 1));
  CHECK(seen.maybe >= (all ? 20 : 1));
  CHECK(seen.not_recorded >= (all ? 20 : 1));
}
