// A disk for SQLite that forgets. What is written is seen at once, but lasts only after a sync; when the power goes, each 512-byte sector
// that was not synced keeps any of the contents it had since, and files any of the lengths they had. A truncation is there or is not, as in the
// journal of any file system that SQLite relies on: a file that has its old length has nothing in it that was written after it was cut.
// Place: registers itself as SQLite's default file system, so the real store runs on it unchanged. One at a time.
// Threads: any (one mutex). Errors: after the cut every call answers SQLITE_IOERR until restore().
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace power {

constexpr std::size_t kSector = 512;
using Sector = std::array<unsigned char, kSector>;

/// Something a file had since its last sync, and how often it had been cut by then.
template <class T>
struct Since { int truncations = 0; T what{}; };

/// How far this disk may be trusted; everything but `honest` exists to show that the test notices.
enum class Syncs { honest, log_ignored, all_ignored };

/// One file: what a reader sees now, and what could be left of it.
struct File {
  std::vector<unsigned char> now;
  std::vector<unsigned char> safe;                          ///< as of the last sync
  std::map<std::size_t, std::vector<Since<Sector>>> unsynced;  ///< sector → contents it had since, oldest first
  std::vector<Since<std::size_t>> lengths;                  ///< lengths it had since
  int truncations = 0;                                      ///< since the last sync
  bool exists = true;
  bool safe_exists = false;                                 ///< its name is on the disk for good
  // Locks of all connections, as SQLite's file systems keep them.
  int shared = 0;
  const void* reserved = nullptr;
  const void* pending = nullptr;
  const void* exclusive = nullptr;
  // Memory shared between the connections of the log; gone with the last of them.
  std::vector<std::unique_ptr<std::array<unsigned char, 32768>>> regions;
  int mapped_by = 0;
  std::array<int, SQLITE_SHM_NLOCK> shm_shared{};
  std::array<const void*, SQLITE_SHM_NLOCK> shm_exclusive{};
};

class PowerDisk {
 public:
  explicit PowerDisk(std::uint64_t seed, Syncs syncs = Syncs::honest);
  ~PowerDisk();
  PowerDisk(const PowerDisk&) = delete;
  PowerDisk& operator=(const PowerDisk&) = delete;

  /// The power goes (or only the process dies) at the n-th write, sync, truncation or deletion from now (1: the next one).
  void end_after(std::int64_t operations, bool power) {
    left_ = operations;
    power_ = power;
  }
  void never_end() { left_ = -1; }
  bool dead() const { return dead_; }
  bool was_power() const { return was_power_; }  ///< how it ended last
  std::int64_t operations() const { return operations_; }  ///< so far

  /// Power off now: what was not synced is decided sector by sector. Close everything, then restore().
  void cut();
  /// The process dies, the machine does not: everything written stays readable, synced or not. Close everything, then restore().
  void kill();
  void restore() { dead_ = false; }
  /// The folder was synced past SQLite: every name in it lasts.
  void sync_names();
  /// What a reader sees in a file now.
  std::string content(const std::string& name) const;

  // ---- for the file system's own functions ----
  struct Handle { sqlite3_file base; PowerDisk* disk; File* file; int level; bool log; bool journal; bool fresh; bool temporary; std::uint32_t shm_held, shm_owned; bool mapped; };
  int open(const char* name, Handle& handle, int flags, int* out_flags);
  int close(Handle& h);
  int read(Handle& h, void* to, int n, std::int64_t at);
  int write(Handle& h, const void* from, int n, std::int64_t at);
  int truncate(Handle& h, std::int64_t size);
  int sync(Handle& h);
  int size(Handle& h, std::int64_t* out);
  int lock(Handle& h, int level);
  int unlock(Handle& h, int level);
  int reserved(Handle& h, int* out);
  int shm_map(Handle& h, int region, int bytes, int extend, void volatile** out);
  int shm_lock(Handle& h, int offset, int n, int flags);
  int shm_unmap(Handle& h);
  int remove(const char* name, int sync_folder);
  int access(const char* name, int* out);
  int randomness(int n, char* out);

 private:
  bool operate();
  static void remember(File& f, std::size_t sector);
  void settle(File& f);
  void resolve(File& f);
  std::uint64_t draw(std::uint64_t below) { return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(chance_); }

  std::recursive_mutex mutex_;
  std::map<std::string, std::unique_ptr<File>> files_;
  std::mt19937_64 chance_;
  Syncs syncs_;
  std::int64_t left_ = -1;
  std::int64_t operations_ = 0;
  bool dead_ = false;
  bool power_ = true;
  bool was_power_ = true;
  std::uint64_t survival_ = 50;  // per cut: how likely, in percent, a sector that was not synced is there
  sqlite3_vfs vfs_{};
  sqlite3_vfs* before_ = nullptr;
};

}  // namespace power
