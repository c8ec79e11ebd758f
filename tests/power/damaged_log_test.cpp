// The write-ahead log after a crash, damaged: it is refused, or what is shown is everything. Only the last commit may be missing, for a power
// cut leaves the same behind.
// MUSTER_DAMAGE_LOG_FLIPS: how many single flipped bits (300), spread over the header and every frame. MUSTER_DAMAGE_SEED: which ones.
#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <random>

#include "integrations/storage/open_store.hpp"
#include "integrations/storage/wal_check.hpp"
#include "tests/power/damage.hpp"
#include "tests/power/scratch.hpp"
#include "tests/support/built_log.hpp"
#include "tests/support/fake_env.hpp"

using namespace power;

namespace {

constexpr std::size_t kHead = 32, kFrame = 24 + 4096;

std::uint32_t word(const std::string& bytes, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

/// The files that a killed server left: everything since the incident was declared is in the log alone.
struct Left {
  std::string database, log, index;
  std::size_t frames() const { return (log.size() - kHead) / kFrame; }
  /// How long the log is after each commit.
  std::vector<std::size_t> ends() const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < frames(); ++i)
      if (word(log, kHead + i * kFrame + 4) != 0) out.push_back(kHead + (i + 1) * kFrame);
    return out;
  }
};

void work_and_die(support::MusterProcess& muster, int notes) {
  REQUIRE(muster.start());
  REQUIRE(muster.command("declare sev2 record").status == 200);
  REQUIRE(support::wait_for([&] { return std::filesystem::file_size(muster.database() + "-wal") == 0; }));  // the upkeep of an idle moment
  for (int i = 0; i < notes; ++i) REQUIRE(muster.command("INC-1 note word" + std::to_string(i) + ".").status == 200);
  muster.kill9();
}

Left left_behind(int notes) {
  support::MusterProcess muster("console: {enabled: false}\n");
  work_and_die(muster, notes);
  return {bytes_of(muster.database()), bytes_of(muster.database() + "-wal"), bytes_of(muster.database() + "-shm")};
}

void put(const std::string& file, const Left& left) {
  for (const char* ending : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(file + ending);
  write_bytes(file, left.database);
  write_bytes(file + "-wal", left.log);
  if (!left.index.empty()) write_bytes(file + "-shm", left.index);
}

struct Verdict { bool refused = false; std::string words, rows; };

/// What the store makes of these files; a refusal must have changed none of them.
Verdict judge(const Scratch& folder, const Left& left) {
  const std::string file = folder.file("muster.db");
  put(file, left);
  support::FakeEnv env;
  auto opened = storage::open_store("sqlite:" + file, env.env());
  if (opened) return {false, "", rows_of(file)};
  CHECK(bytes_of(file) == left.database);
  CHECK(bytes_of(file + "-wal") == left.log);
  return {true, opened.error().message, ""};
}

/// What the files show when the log ends after this many bytes.
std::string rows_at(const Scratch& folder, Left left, std::size_t length) {
  left.log.resize(length);
  left.index.clear();
  const auto verdict = judge(folder, left);
  INFO(verdict.words);
  REQUIRE_FALSE(verdict.refused);
  return verdict.rows;
}

std::size_t notes_in(const std::string& timeline) {
  std::size_t out = 0;
  for (std::size_t at = 0; (at = timeline.find("\"kind\":\"note\"", at)) != std::string::npos; ++at) ++out;
  return out;
}

void flip(std::string& bytes, std::size_t at, unsigned bit) { bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit)); }

/// Every place once, then places by chance: the header's bytes, and in every frame its header and its page.
std::vector<std::size_t> places(const Left& left, std::size_t wanted, std::mt19937_64& chance) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < kHead; ++i) out.push_back(i);
  for (std::size_t i = 0; out.size() < wanted; ++i) {
    const std::size_t frame = kHead + (i / 2 % left.frames()) * kFrame;
    out.push_back(i % 2 == 0 ? frame + chance() % 24 : frame + 24 + chance() % 4096);
  }
  return out;
}

}  // namespace

TEST_CASE("damage: a flipped bit in the log is refused before anything that was safe is dropped") {
  Left left = left_behind(12);
  left.index.clear();  // the power went too: the log alone must tell
  const auto ends = left.ends();
  REQUIRE(ends.size() >= 12);
  REQUIRE(ends.back() == left.log.size());
  const Scratch folder;
  const std::string full = rows_at(folder, left, left.log.size());
  const std::string before_last = rows_at(folder, left, ends[ends.size() - 2]);
  REQUIRE(full.size() > before_last.size());
  // What an older generation left beyond the end: never read.
  const std::size_t dead = left.log.size();
  left.log += left.log.substr(kHead, 3 * kFrame);
  for (std::size_t i = 0; i < 3; ++i) flip(left.log, dead + i * kFrame + 11, 0);
  std::mt19937_64 chance(static_cast<std::uint64_t>(number("MUSTER_DAMAGE_SEED", 1)));
  const auto wanted = static_cast<std::size_t>(number("MUSTER_DAMAGE_LOG_FLIPS", 300));
  REQUIRE(wanted >= kHead + 2 * left.frames());
  int refused = 0, last = 0, doubtful = 0, harmless = 0;
  for (const auto at : places(left, wanted, chance)) {
    Left harmed = left;
    flip(harmed.log, at, static_cast<unsigned>(chance() % 8));
    const auto verdict = judge(folder, harmed);
    INFO("a bit of byte " << at << " of " << left.log.size() << ", in frame " << (at - kHead) / kFrame + 1 << " at " << (at - kHead) % kFrame << ": " << verdict.words);
    if (at < ends[ends.size() - 2]) {
      CHECK(verdict.refused);
      CHECK(verdict.words.find("restore a backup") != std::string::npos);
      ++refused;
    } else if (at < dead && verdict.refused) {
      ++doubtful;  // by its checksum as well a lost mark, and then a commit was safe
    } else {
      CHECK(verdict.rows == (at < dead ? before_last : full));
      ++(at < dead ? last : harmless);
    }
  }
  CHECK(last > 0);
  CHECK(doubtful <= 2 + last / 100);
  CHECK(harmless > 0);
  std::cout << "damage: " << wanted << " flipped bits in a log of " << left.frames() << " frames: " << refused << " refused, " << last << " in the last commit (" << doubtful << " more refused), " << harmless
            << " beyond the end\n";
}

TEST_CASE("damage: after a kill not even the last commit of the log can be damaged unseen, nor any cut off") {
  const Left left = left_behind(6);
  const Scratch folder;
  const std::string full = rows_at(folder, left, left.log.size());
  CHECK(judge(folder, left).rows == full);
  const auto ends = left.ends();
  for (std::size_t at = ends[ends.size() - 2]; at < left.log.size(); at += 97) {
    Left harmed = left;
    flip(harmed.log, at, 3);
    const auto verdict = judge(folder, harmed);
    INFO("byte " << at << ": " << verdict.words);
    CHECK(verdict.refused);
  }
  for (std::size_t length = kHead; length < left.log.size(); length += kFrame / 3) {
    Left harmed = left;
    harmed.log.resize(length);
    const auto verdict = judge(folder, harmed);
    INFO(length << " of " << left.log.size() << " bytes: " << verdict.words);
    CHECK(verdict.refused);
  }
  Left harmed = left;
  flip(harmed.index, 17, 0);  // an index that is damaged itself says nothing
  CHECK(judge(folder, harmed).rows == full);
}

TEST_CASE("damage: a changed bit of a page that by its checksum looks like one of the mark hides no commit that was safe") {
  const Scratch folder;
  const std::string file = folder.file("muster.db");
  std::mt19937_64 chance(3);
  auto page = [&chance] {
    std::string out(support::kPage, '\0');
    for (auto& c : out) c = static_cast<char>(chance());
    return out;
  };
  support::BuiltLog log(7, false);  // as this machine's logs are: of the mark's bits the sum then takes the highest
  log.add(1, 31, page());
  const auto before = log.sum;
  const std::size_t at = log.bytes.size() + storage::kFrameHeaderBytes;
  log.add(2, 32, page());  // a mark of one bit
  const auto stored = log.sum;
  log.add(3, 33, page());  // goes on from it, so it was safe
  write_bytes(file, std::string(support::kPage, 'd'));
  int alike = 0;
  for (std::size_t bit = 0; bit < support::kPage * 8; ++bit) {
    std::string harmed = log.bytes;
    flip(harmed, at + bit / 8, static_cast<unsigned>(bit % 8));
    std::string unmarked = harmed.substr(at - storage::kFrameHeaderBytes, 8) + harmed.substr(at, support::kPage);
    support::put_big(unmarked, 4, 0);
    if (storage::checksum(before, support::unsigned_of(unmarked), unmarked.size(), false) != stored) continue;
    ++alike;
    write_bytes(file + "-wal", harmed);
    INFO("bit " << bit);
    CHECK_FALSE(storage::check_log(file).ok());
  }
  CHECK(alike > 0);
}

TEST_CASE("damage: a log cut short after a power cut shows a state that was, and a torn last commit is no damage") {
  Left left = left_behind(6);
  left.index.clear();
  const Scratch folder;
  const auto ends = left.ends();
  std::set<std::string> states;
  for (const auto end : ends) states.insert(rows_at(folder, left, end));
  states.insert(rows_at(folder, left, 0));
  for (std::size_t length = 0; length < left.log.size(); length += 1500) CHECK(states.count(rows_at(folder, left, length)) == 1);
  // Any sectors of the last commit may be missing, be it all but its end.
  const std::string before_last = rows_at(folder, left, ends[ends.size() - 2]);
  std::mt19937_64 chance(5);
  for (int i = 0; i < 40; ++i) {
    Left torn = left;
    for (std::size_t at = ends[ends.size() - 2] / 512 * 512 + 512; at + 512 < torn.log.size(); at += 512)
      if (chance() % 3 == 0) torn.log.replace(at, 512, std::string(512, '\0'));
    if (torn.log == left.log) continue;
    const auto verdict = judge(folder, torn);
    INFO(verdict.words);
    CHECK(verdict.rows == before_last);
  }
}

TEST_CASE("damage: a commit given up after a power cut, with younger ones written over its beginning, is no damage") {
  Left left = left_behind(8);
  left.index.clear();
  const Scratch folder;
  const auto ends = left.ends();
  // The last commit's frames again beyond the end, as if a longer one had been torn there before: its first frame is gone, its end is not.
  const std::size_t begin = ends[ends.size() - 2];
  Left harmed = left;
  harmed.log += left.log.substr(begin);
  const auto verdict = judge(folder, harmed);
  INFO(verdict.words);
  CHECK(verdict.rows == rows_at(folder, left, left.log.size()));
}

TEST_CASE("damage: a database that is gone beside a log that is not begins nothing anew") {
  const Left left = left_behind(3);
  const Scratch folder;
  Left harmed = left;
  harmed.database.clear();
  auto verdict = judge(folder, harmed);
  CHECK(verdict.refused);
  says(verdict.words, "Put the database back");
  harmed.log.clear();
  harmed.index.clear();
  CHECK_FALSE(judge(folder, harmed).refused);
}

TEST_CASE("damage: the server refuses a damaged log in words that lead back to work") {
  support::MusterProcess muster("console: {enabled: false}\n");
  work_and_die(muster, 20);
  const std::string file = muster.database();
  std::string log = bytes_of(file + "-wal");
  flip(log, kHead + kFrame * 8 + 2000, 0);
  write_bytes(file + "-wal", log);
  const auto verified = muster.run({"verify"});
  CHECK(verified.code == 1);
  says(verified.out, "frame 9 of ");
  const std::string words = refusal(muster);
  says(words, file + "-wal holds what was recorded last, and frame 9 of ");
  says(words, "commits that were safe in it would be lost");
  CHECK(muster.run({"backup", "copy"}).code == 1);
  CHECK(bytes_of(file + "-wal") == log);
  const auto at = words.find("truncate -s ");
  REQUIRE(at != std::string::npos);
  std::filesystem::resize_file(file + "-wal", std::stoul(words.substr(at + 12)));  // as the words say
  std::filesystem::remove(file + "-shm");
  CHECK(muster.run({"verify"}).code == 0);
  REQUIRE(muster.start());
  const auto notes = notes_in(muster.get("/api/v1/incidents/INC-1/timeline?format=json").body);
  CHECK(notes > 0);
  CHECK(notes < 20);
  CHECK(muster.command("INC-1 note and on we go").status == 200);
  CHECK(muster.run({"verify"}).code == 0);  // beside the running server, which writes to its log
  CHECK(muster.stop() == 0);
}
