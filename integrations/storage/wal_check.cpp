#include "integrations/storage/wal_check.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "integrations/storage/sqlite_file.hpp"
#include "integrations/storage/wal_file.hpp"

namespace storage {
namespace {

constexpr std::size_t kPage = 4096;  // what Muster's logs have, when the header can no longer say it
constexpr std::uint64_t kUnwritten = 64;  // pages that a commit may add and not write

/// What the log says when it is read as SQLite reads it, and what lies beyond the place where SQLite stops.
struct Reading {
  std::size_t frames = 0;       ///< whole ones in the file
  std::size_t good = 0;         ///< SQLite reads these
  std::size_t committed = 0;    ///< up to the last commit among them: what SQLite would show
  std::int64_t commits = 0;     ///< that it would show
  std::uint64_t pages = 0;      ///< the database's size after the last of them; 0: not known
  std::int64_t lost = 0;        ///< commits beyond it that were certainly safe on the disk
  std::vector<std::size_t> marks;  ///< frames beyond it that end a commit
};

/// The frames beyond the place where SQLite stops. An ordinary power cut leaves there what it likes of the last commit, in any order, for that
/// one was not synced; and older generations of the log, and commits that were given up, may lie there too. But a commit begins only after the
/// one before it was synced, and its first frame's checksum goes on from the other's last. So a commit that is followed by a frame which
/// goes on from it was safe.
void look_beyond(LogFile& log, const LogHeader& head, Sum before, Reading& out) {
  std::int64_t unproven = 0;
  bool ended = false;  // the frame before ended a commit
  // Nothing here shrinks a database, and hardly a page is added to it that is not written. Else a changed bit of a page would now and then look
  // like a lost mark.
  const std::uint64_t most = out.pages == 0 ? UINT64_MAX : out.pages + (out.good - out.committed + 1) + kUnwritten;
  Sum stored{}, computed{};
  for (std::size_t i = out.good; i < out.frames; ++i) {
    const Frame frame = log.frame(i, head.page);
    const bool ours = frame.salts() == head.salts;
    const bool first = i == out.good;
    if (ended && ours) {
      const Sum here = frame.stored();
      // The damage may be in the first bad frame's own checksum; then what the rest of it gives is right.
      if (frame.expected(stored, head.big_endian) == here || (i == out.good + 1 && frame.expected(computed, head.big_endian) == here)) {
        out.lost += unproven;
        unproven = 0;
      }
    }
    // Of the first bad frame nothing but its checksum needs to be right.
    ended = first ? frame.was_commit(before, head.big_endian, out.pages, most) : ours && frame.is_commit();
    stored = frame.stored();
    if (first) computed = frame.expected(before, head.big_endian);
    if (!ended) continue;
    ++unproven;
    out.marks.push_back(i);
  }
}

Reading read_log(LogFile& log, const LogHeader& head) {
  Reading out;
  out.frames = log.frames(head.page);
  Sum sum = head.sum;
  for (; out.good < out.frames; ++out.good) {
    const Frame frame = log.frame(out.good, head.page);
    if (frame.salts() != head.salts || !frame.has_page()) break;
    const Sum expected = frame.expected(sum, head.big_endian);
    if (expected != frame.stored()) break;
    sum = expected;
    if (!frame.is_commit()) continue;
    out.committed = out.good + 1;
    out.pages = frame.mark();
    ++out.commits;
  }
  look_beyond(log, head, sum, out);
  return out;
}

/// Commits in a log whose header is damaged: marks of the generation that the first frame belongs to.
std::int64_t commits_without_header(LogFile& log) {
  std::int64_t out = 0;
  const std::size_t frames = log.frames(kPage);
  const Salts salts = frames > 0 ? log.frame(0, kPage).salts() : Salts{};
  for (std::size_t i = 0; i < frames; ++i) {
    const Frame frame = log.frame(i, kPage);
    out += frame.salts() == salts && frame.is_commit();
  }
  return out;
}

/// How many frames of this generation were synced, by the index that a killed process leaves beside the log
/// (https://www.sqlite.org/walformat.html: it is written after the sync); 0: it does not say.
std::size_t frames_by_index(const std::string& database, const Salts& salts) {
  const int fd = ::open((database + "-shm").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  std::array<unsigned char, 96> bytes{};
  const bool whole = ::read(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  ::close(fd);
  auto word = [&](std::size_t at) {
    std::uint32_t out = 0;
    std::memcpy(&out, bytes.data() + at, sizeof out);  // in the machine's own order
    return out;
  };
  if (!whole || word(0) != 3007000 || std::memcmp(bytes.data(), bytes.data() + 48, 48) != 0) return 0;
  if (std::memcmp(bytes.data() + 32, salts.data(), salts.size()) != 0) return 0;
  const std::uint16_t one = 1;
  const bool big_endian = *reinterpret_cast<const unsigned char*>(&one) == 0;
  const Sum sum = checksum({}, bytes.data(), 40, big_endian);
  return sum == Sum{word(40), word(44)} ? word(16) : 0;
}

std::string count(std::int64_t n) { return "at least " + std::to_string(n) + (n == 1 ? " commit that was" : " commits that were"); }

bot::Error damaged_log(const std::string& database, const std::string& what, std::int64_t commits, std::size_t keep) {
  const std::string log = database + "-wal";
  return bot::fail(bot::ErrorKind::corrupt,
                   log + " holds what was recorded last, and " + what + ": " + count(commits) +
                       " safe in it would be lost without a word. Nothing has been changed. Look at the disk, keep a copy of " + database + " and " + log +
                       ", then restore a backup. To go on without what is lost instead: `truncate -s " + std::to_string(keep) + " " + log + "`, remove " + database +
                       "-shm if it is there, run `muster verify`, and start again if it finds nothing wrong.");
}

/// A database that is gone, or empty, beside a log that is not: SQLite would make a new one and delete the log.
bot::Status database_is_there(const std::string& database, std::int64_t commits) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  int there = 0;
  if (commits == 0 || vfs->xAccess(vfs, database.c_str(), SQLITE_ACCESS_EXISTS, &there) != SQLITE_OK || there != 0) return bot::Done{};
  return bot::fail(bot::ErrorKind::corrupt, database + " is not there or is empty, but " + database + "-wal beside it holds " + std::to_string(commits) +
                                                " commits, which would be deleted. Put the database back beside its log, or restore a backup. To begin anew, move " + database + "-wal away.");
}

}  // namespace

bot::Status check_log(const std::string& database) {
  if (!has_log(database)) return bot::Done{};
  LogFile log(database + "-wal");
  if (!log.is_open()) return bot::Done{};  // SQLite cannot open it either, and says why
  const auto bytes = log.head();
  const auto head = log_header(bytes.data());
  Reading found;
  std::int64_t headless = 0;
  if (head) found = read_log(log, *head);
  else headless = commits_without_header(log);
  if (log.failed()) return bot::fail(bot::ErrorKind::corrupt, database + "-wal cannot be read. Look at the disk, then start again, or restore a backup.");
  if (headless > 0) return damaged_log(database, "its first bytes are not what was written", headless, 0);
  if (!head) return bot::Done{};  // nothing was committed
  const std::size_t keep = found.committed == 0 ? 0 : kLogHeaderBytes + found.committed * (head->page + kFrameHeaderBytes);
  const std::size_t synced = frames_by_index(database, head->salts);
  if (found.lost > 0 || (synced > found.committed && found.good < found.frames)) {
    std::int64_t known = 0;
    for (const auto i : found.marks) known += i < synced;
    return damaged_log(database, "frame " + std::to_string(found.good + 1) + " of " + std::to_string(found.frames) + " is not what was written", std::max({found.lost, known, std::int64_t{1}}),
                       keep);
  }
  if (synced > found.committed)
    return damaged_log(database, "it was cut off after frame " + std::to_string(found.frames) + " of " + std::to_string(synced), 1, keep);
  return database_is_there(database, found.commits);
}

}  // namespace storage
