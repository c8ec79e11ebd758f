#include "tests/power/power_disk.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace power {
namespace {

using Handle = PowerDisk::Handle;
Handle& of(sqlite3_file* f) { return *reinterpret_cast<Handle*>(f); }
PowerDisk& disk_of(sqlite3_vfs* v) { return *static_cast<PowerDisk*>(v->pAppData); }
using Guard = std::lock_guard<std::recursive_mutex>;

const sqlite3_io_methods kMethods = {
    2,
    [](sqlite3_file* f) { return of(f).disk->close(of(f)); },
    [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) { return of(f).disk->read(of(f), to, n, at); },
    [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) { return of(f).disk->write(of(f), from, n, at); },
    [](sqlite3_file* f, sqlite3_int64 size) { return of(f).disk->truncate(of(f), size); },
    [](sqlite3_file* f, int) { return of(f).disk->sync(of(f)); },
    [](sqlite3_file* f, sqlite3_int64* out) {
      std::int64_t size = 0;
      const int code = of(f).disk->size(of(f), &size);
      *out = size;
      return code;
    },
    [](sqlite3_file* f, int level) { return of(f).disk->lock(of(f), level); },
    [](sqlite3_file* f, int level) { return of(f).disk->unlock(of(f), level); },
    [](sqlite3_file* f, int* out) { return of(f).disk->reserved(of(f), out); },
    [](sqlite3_file*, int, void*) { return int{SQLITE_NOTFOUND}; },
    [](sqlite3_file*) { return 4096; },  // what the real one says; the disk tears finer than that
    [](sqlite3_file*) { return int{SQLITE_IOCAP_POWERSAFE_OVERWRITE}; },  // as the file system Muster runs on says
    [](sqlite3_file* f, int region, int bytes, int extend, void volatile** out) { return of(f).disk->shm_map(of(f), region, bytes, extend, out); },
    [](sqlite3_file* f, int offset, int n, int flags) { return of(f).disk->shm_lock(of(f), offset, n, flags); },
    [](sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); },
    [](sqlite3_file* f, int) { return of(f).disk->shm_unmap(of(f)); },
    nullptr,
    nullptr};

}  // namespace

PowerDisk::PowerDisk(std::uint64_t seed, Syncs syncs) : chance_(seed), syncs_(syncs), before_(sqlite3_vfs_find(nullptr)) {
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(Handle);
  vfs_.mxPathname = 1024;
  vfs_.zName = "power";
  vfs_.pAppData = this;
  vfs_.xOpen = [](sqlite3_vfs* v, const char* name, sqlite3_file* f, int flags, int* out) { return disk_of(v).open(name, of(f), flags, out); };
  vfs_.xDelete = [](sqlite3_vfs* v, const char* name, int sync) { return disk_of(v).remove(name, sync); };
  vfs_.xAccess = [](sqlite3_vfs* v, const char* name, int, int* out) { return disk_of(v).access(name, out); };
  vfs_.xFullPathname = [](sqlite3_vfs*, const char* name, int n, char* out) {
    sqlite3_snprintf(n, out, "%s", name);
    return int{SQLITE_OK};
  };
  vfs_.xRandomness = [](sqlite3_vfs* v, int n, char* out) { return disk_of(v).randomness(n, out); };
  vfs_.xSleep = [](sqlite3_vfs*, int micros) { return micros; };
  vfs_.xCurrentTime = [](sqlite3_vfs*, double* out) {
    *out = 2461368.0;
    return int{SQLITE_OK};
  };
  vfs_.xCurrentTimeInt64 = [](sqlite3_vfs*, sqlite3_int64* out) {
    *out = 212662195200000;
    return int{SQLITE_OK};
  };
  vfs_.xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
  sqlite3_initialize();
  if (before_ == nullptr) before_ = sqlite3_vfs_find(nullptr);
  sqlite3_vfs_register(&vfs_, 1);
  sqlite3_randomness(0, nullptr);  // so that the engine draws anew, from this disk's seed
}

PowerDisk::~PowerDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(before_, 1);
  sqlite3_randomness(0, nullptr);
}

/// Counts an operation that changes the disk; false when the power is, or goes, off.
bool PowerDisk::operate() {
  if (dead_) return false;
  ++operations_;
  if (left_ < 0 || --left_ > 0) return true;
  if (power_) cut();
  else kill();
  return false;
}

void PowerDisk::remember(File& f, std::size_t sector) {
  Sector s{};
  const std::size_t from = sector * kSector;
  if (from < f.now.size()) std::memcpy(s.data(), f.now.data() + from, std::min(kSector, f.now.size() - from));
  f.unsynced[sector].push_back({f.truncations, s});
}

void PowerDisk::settle(File& f) {
  f.safe = f.now;
  f.unsynced.clear();
  f.lengths.clear();
  f.truncations = 0;
}

/// What is left of a file: a length it had, and in every sector something it held since the last sync.
void PowerDisk::resolve(File& f) {
  Since<std::size_t> chosen{0, f.safe.size()};
  if (const auto n = draw(f.lengths.size() + 1); n > 0) chosen = f.lengths[n - 1];
  if (survival_ == 100 && !f.lengths.empty()) chosen = f.lengths.back();
  const std::size_t length = chosen.what;
  auto left = f.safe;
  left.resize(length, 0);
  for (const auto& [sector, versions] : f.unsynced) {
    std::size_t possible = 0;
    while (possible < versions.size() && versions[possible].truncations <= chosen.truncations) ++possible;
    if (possible == 0) continue;
    const auto which = draw(100) >= survival_ ? draw(possible) : possible;
    if (which == 0 || sector * kSector >= length) continue;
    std::memcpy(left.data() + sector * kSector, versions[which - 1].what.data(), std::min(kSector, length - sector * kSector));
  }
  f.now = left;
  settle(f);
}

void PowerDisk::cut() {
  Guard guard(mutex_);
  if (dead_) return;
  dead_ = was_power_ = true;
  left_ = -1;
  static constexpr std::array<std::uint64_t, 5> kinds{0, 50, 50, 97, 100};
  survival_ = kinds[draw(kinds.size())];
  for (auto& [name, f] : files_) {
    if (f->exists != f->safe_exists) f->exists = draw(2) == 0;
    if (f->exists) {
      resolve(*f);
    } else {
      f->now.clear();
      settle(*f);
    }
    f->safe_exists = f->exists;
  }
}

void PowerDisk::kill() {
  Guard guard(mutex_);
  was_power_ = false;
  dead_ = true;
  left_ = -1;
}

std::string PowerDisk::content(const std::string& name) const {
  const auto it = files_.find(name);
  return it == files_.end() ? "" : std::string(it->second->now.begin(), it->second->now.end());
}

int PowerDisk::open(const char* name, Handle& h, int flags, int* out_flags) {
  Guard guard(mutex_);
  std::memset(&h, 0, sizeof h);
  if (dead_) return SQLITE_CANTOPEN;
  const bool temporary = name == nullptr || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  const std::string key = temporary ? "temporary " + std::to_string(reinterpret_cast<std::uintptr_t>(&h)) : name;
  auto& slot = files_[key];
  const bool fresh = !slot || !slot->exists;
  if (!slot || !slot->exists) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) {
      if (!slot) files_.erase(key);
      return SQLITE_CANTOPEN;
    }
    if (!slot) slot = std::make_unique<File>();
    // A name that was deleted and not synced may come back with what it held.
    slot->now.clear();
    slot->lengths.push_back({++slot->truncations, 0});
    slot->exists = true;
  }
  h.base.pMethods = &kMethods;
  h.disk = this;
  h.file = slot.get();
  h.log = (flags & SQLITE_OPEN_WAL) != 0;
  h.journal = (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0;
  h.fresh = fresh;
  h.temporary = temporary;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int PowerDisk::close(Handle& h) {
  Guard guard(mutex_);
  shm_unmap(h);
  unlock(h, SQLITE_LOCK_NONE);
  if (h.temporary)
    std::erase_if(files_, [&](const auto& pair) { return pair.second.get() == h.file; });
  h.file = nullptr;
  return SQLITE_OK;
}

int PowerDisk::read(Handle& h, void* to, int n, std::int64_t at) {
  Guard guard(mutex_);
  if (dead_) return SQLITE_IOERR_READ;
  const auto& now = h.file->now;
  const auto from = static_cast<std::size_t>(at);
  const std::size_t have = from < now.size() ? std::min(static_cast<std::size_t>(n), now.size() - from) : 0;
  if (have > 0) std::memcpy(to, now.data() + from, have);
  if (have == static_cast<std::size_t>(n)) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + have, 0, static_cast<std::size_t>(n) - have);
  return SQLITE_IOERR_SHORT_READ;
}

int PowerDisk::write(Handle& h, const void* from, int n, std::int64_t at) {
  Guard guard(mutex_);
  File& f = *h.file;
  const auto begin = static_cast<std::size_t>(at);
  const std::size_t end = begin + static_cast<std::size_t>(n);
  if (dead_) return SQLITE_IOERR_WRITE;
  // Written first, then counted: a cut here may leave any part of this very write.
  if (end > f.now.size()) {
    const auto before = f.now.size();
    f.now.resize(end, 0);
    f.lengths.push_back({f.truncations, end});
    if (f.truncations > 0)  // what was cut off comes back as zeros, until something is written there
      for (std::size_t s = before / kSector; s * kSector < end; ++s) remember(f, s);
  }
  std::memcpy(f.now.data() + begin, from, static_cast<std::size_t>(n));
  for (std::size_t s = begin / kSector; s * kSector < end; ++s) remember(f, s);
  return operate() ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int PowerDisk::truncate(Handle& h, std::int64_t size) {
  Guard guard(mutex_);
  if (dead_) return SQLITE_IOERR_TRUNCATE;
  File& f = *h.file;
  f.now.resize(static_cast<std::size_t>(size), 0);
  f.lengths.push_back({++f.truncations, f.now.size()});
  return operate() ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int PowerDisk::sync(Handle& h) {
  Guard guard(mutex_);
  if (!operate()) return SQLITE_IOERR_FSYNC;
  if (syncs_ == Syncs::all_ignored || (syncs_ == Syncs::log_ignored && h.log)) return SQLITE_OK;
  settle(*h.file);
  // SQLite syncs the folder with the first sync of a new journal or log, which makes every name in it last.
  if (std::exchange(h.fresh, false) && (h.log || h.journal)) sync_names();
  return SQLITE_OK;
}

void PowerDisk::sync_names() {
  Guard guard(mutex_);
  if (dead_ || syncs_ == Syncs::all_ignored) return;
  for (auto& [name, f] : files_) f->safe_exists = f->exists;
}

int PowerDisk::size(Handle& h, std::int64_t* out) {
  Guard guard(mutex_);
  if (dead_) return SQLITE_IOERR_FSTAT;
  *out = static_cast<std::int64_t>(h.file->now.size());
  return SQLITE_OK;
}

int PowerDisk::lock(Handle& h, int level) {
  Guard guard(mutex_);
  if (dead_) return SQLITE_IOERR_LOCK;
  if (h.level >= level) return SQLITE_OK;
  File& f = *h.file;
  if (level == SQLITE_LOCK_SHARED) {
    if (f.pending != nullptr || f.exclusive != nullptr) return SQLITE_BUSY;
    ++f.shared;
    h.level = level;
    return SQLITE_OK;
  }
  if (f.reserved != nullptr && f.reserved != &h) return SQLITE_BUSY;
  f.reserved = &h;
  h.level = std::max(h.level, int{SQLITE_LOCK_RESERVED});
  if (level == SQLITE_LOCK_RESERVED) return SQLITE_OK;
  f.pending = &h;
  h.level = SQLITE_LOCK_PENDING;
  if (f.shared > 1) return SQLITE_BUSY;
  f.exclusive = &h;
  h.level = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

int PowerDisk::unlock(Handle& h, int level) {
  Guard guard(mutex_);
  File& f = *h.file;
  if (h.level <= level) return SQLITE_OK;
  if (f.reserved == &h) f.reserved = nullptr;
  if (f.pending == &h) f.pending = nullptr;
  if (f.exclusive == &h) f.exclusive = nullptr;
  if (level == SQLITE_LOCK_NONE) --f.shared;
  h.level = level;
  return SQLITE_OK;
}

int PowerDisk::reserved(Handle& h, int* out) {
  Guard guard(mutex_);
  *out = h.file->reserved != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int PowerDisk::shm_map(Handle& h, int region, int bytes, int extend, void volatile** out) {
  Guard guard(mutex_);
  *out = nullptr;
  if (dead_) return SQLITE_IOERR_SHMMAP;
  File& f = *h.file;
  if (!h.mapped) {
    h.mapped = true;
    ++f.mapped_by;
  }
  if (bytes != 32768) return SQLITE_IOERR_SHMMAP;
  while (static_cast<int>(f.regions.size()) <= region) {
    if (extend == 0) return SQLITE_OK;
    f.regions.push_back(std::make_unique<std::array<unsigned char, 32768>>());
    f.regions.back()->fill(0);
  }
  *out = f.regions[static_cast<std::size_t>(region)]->data();
  return SQLITE_OK;
}

int PowerDisk::shm_lock(Handle& h, int offset, int n, int flags) {
  Guard guard(mutex_);
  File& f = *h.file;
  for (int i = offset; i < offset + n; ++i) {
    const auto slot = static_cast<std::size_t>(i);
    const std::uint32_t bit = 1u << i;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      if ((h.shm_owned & bit) != 0) f.shm_exclusive[slot] = nullptr;
      if ((h.shm_held & bit) != 0) --f.shm_shared[slot];
      h.shm_owned &= ~bit;
      h.shm_held &= ~bit;
      continue;
    }
    const bool others_own = f.shm_exclusive[slot] != nullptr && f.shm_exclusive[slot] != &h;
    const bool others_hold = f.shm_shared[slot] > ((h.shm_held & bit) != 0 ? 1 : 0);
    if (others_own || ((flags & SQLITE_SHM_EXCLUSIVE) != 0 && others_hold)) return SQLITE_BUSY;
  }
  if ((flags & SQLITE_SHM_LOCK) == 0) return SQLITE_OK;
  for (int i = offset; i < offset + n; ++i) {
    const auto slot = static_cast<std::size_t>(i);
    const std::uint32_t bit = 1u << i;
    if ((flags & SQLITE_SHM_EXCLUSIVE) != 0) {
      f.shm_exclusive[slot] = &h;
      h.shm_owned |= bit;
    } else if ((h.shm_held & bit) == 0) {
      ++f.shm_shared[slot];
      h.shm_held |= bit;
    }
  }
  return SQLITE_OK;
}

int PowerDisk::shm_unmap(Handle& h) {
  Guard guard(mutex_);
  if (!h.mapped) return SQLITE_OK;
  shm_lock(h, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
  h.mapped = false;
  if (--h.file->mapped_by == 0) h.file->regions.clear();
  return SQLITE_OK;
}

int PowerDisk::remove(const char* name, int sync_folder) {
  Guard guard(mutex_);
  const auto it = files_.find(name);
  if (dead_) return SQLITE_IOERR_DELETE;
  if (it == files_.end() || !it->second->exists) return SQLITE_IOERR_DELETE_NOENT;
  it->second->exists = false;
  if (!operate()) return SQLITE_IOERR_DELETE;
  if (sync_folder != 0 && syncs_ != Syncs::all_ignored)
    for (auto& [other, f] : files_) f->safe_exists = f->exists;
  return SQLITE_OK;
}

int PowerDisk::access(const char* name, int* out) {
  Guard guard(mutex_);
  const auto it = files_.find(name);
  *out = it != files_.end() && it->second->exists ? 1 : 0;
  return dead_ ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

int PowerDisk::randomness(int n, char* out) {
  Guard guard(mutex_);
  for (int i = 0; i < n; ++i) out[i] = static_cast<char>(draw(256));
  return n;
}

}  // namespace power
