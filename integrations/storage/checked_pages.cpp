#include "integrations/storage/checked_pages.hpp"

#include <sqlite3.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>

namespace storage {
namespace {

constexpr const char* kName = "muster-pages";
constexpr int kHeader = 100;
constexpr int kReservedAt = 20;  // https://www.sqlite.org/fileformat2.html: bytes of unused space at the end of each page
constexpr std::size_t kMostGathered = 96u << 10;  // SQLite's own file system takes less than 128 KiB in one write
constexpr int kSubpageReads = 0x8000;  // SQLITE_IOCAP_SUBPAGE_READ of newer versions: parts of pages cannot be compared

/// A commit writes two pieces per page to the log, one after the other, and syncs: they go out as one write.
struct Gathered {
  std::string bytes;
  sqlite3_int64 at = 0;
};

struct File {
  sqlite3_file base;
  sqlite3_file* inner;  // of the file system below
  bool checked;
  Gathered* gathered;  // of the write-ahead log, else null
};

File& of(sqlite3_file* f) { return *reinterpret_cast<File*>(f); }
sqlite3_file* inner(sqlite3_file* f) { return of(f).inner; }
const sqlite3_io_methods& below(sqlite3_file* f) { return *of(f).inner->pMethods; }
sqlite3_vfs* system() { return sqlite3_vfs_find(nullptr); }

bool is_page(int n, sqlite3_int64 at) { return n >= 512 && (n & (n - 1)) == 0 && at % n == 0; }

/// Every step is one-to-one in both arguments, so a change within one word always shows. Little-endian, since it is stored.
std::uint64_t hash_of(const unsigned char* page, int n, sqlite3_int64 at) {
  std::uint64_t h = 0x9e3779b97f4a7c15ULL ^ static_cast<std::uint64_t>(at);
  for (int i = 0; i + 8 <= n - kPageCheckBytes; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, page + i, 8);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    h = (h ^ word) * 0xff51afd7ed558ccdULL;
    h ^= h >> 32;
  }
  return h;
}

void put(unsigned char* to, std::uint64_t h) {
  for (int i = 0; i < kPageCheckBytes; ++i) to[i] = static_cast<unsigned char>(h >> (8 * i));
}

/// Before anything but one more write at the end. What could not be written is forgotten, as SQLite takes it for not written.
int give(sqlite3_file* f) {
  Gathered* waiting = of(f).gathered;
  if (waiting == nullptr || waiting->bytes.empty()) return SQLITE_OK;
  const int code = below(f).xWrite(inner(f), waiting->bytes.data(), static_cast<int>(waiting->bytes.size()), waiting->at);
  waiting->bytes.clear();
  return code;
}

/// Nobody else reads these bytes before they are synced: every commit here is (synchronous=FULL), and only then the others are told of it.
int gather(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  Gathered& waiting = *of(f).gathered;
  const bool goes_on = at == waiting.at + static_cast<sqlite3_int64>(waiting.bytes.size()) && waiting.bytes.size() + static_cast<std::size_t>(n) <= kMostGathered;
  if (!goes_on)
    if (const int code = give(f); code != SQLITE_OK) return code;
  if (waiting.bytes.empty()) waiting.at = at;
  waiting.bytes.append(static_cast<const char*>(from), static_cast<std::size_t>(n));
  return SQLITE_OK;
}

/// SQLite takes what is missing of a file's last page for zeros.
int on_short_read(sqlite3_file* f, sqlite3_int64 at) {
  sqlite3_int64 size = 0;
  if (below(f).xFileSize(inner(f), &size) != SQLITE_OK) return SQLITE_IOERR_FSTAT;
  return size > at ? SQLITE_IOERR_DATA : SQLITE_IOERR_SHORT_READ;
}

int on_read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  if (const int code = give(f); code != SQLITE_OK) return code;
  const int code = below(f).xRead(inner(f), to, n, at);
  if (!of(f).checked || !is_page(n, at)) return code;
  if (code == SQLITE_IOERR_SHORT_READ) return on_short_read(f, at);
  if (code != SQLITE_OK) return code;
  const auto* page = static_cast<const unsigned char*>(to);
  unsigned char expected[kPageCheckBytes];
  put(expected, hash_of(page, n, at));
  return std::memcmp(expected, page + n - kPageCheckBytes, kPageCheckBytes) == 0 ? SQLITE_OK : SQLITE_IOERR_DATA;
}

int on_write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  if (of(f).gathered != nullptr) return gather(f, from, n, at);
  if (of(f).checked && is_page(n, at)) {
    // SQLite's own page: it keeps these bytes for whoever reserved them, and reads them nowhere.
    auto* page = static_cast<unsigned char*>(const_cast<void*>(from));
    put(page + n - kPageCheckBytes, hash_of(page, n, at));
  }
  return below(f).xWrite(inner(f), from, n, at);
}

int on_truncate(sqlite3_file* f, sqlite3_int64 size) {
  const int code = give(f);
  return code == SQLITE_OK ? below(f).xTruncate(inner(f), size) : code;
}

int on_sync(sqlite3_file* f, int flags) {
  const int code = give(f);
  return code == SQLITE_OK ? below(f).xSync(inner(f), flags) : code;
}

int on_size(sqlite3_file* f, sqlite3_int64* out) {
  const int code = give(f);
  return code == SQLITE_OK ? below(f).xFileSize(inner(f), out) : code;
}

int on_close(sqlite3_file* f) {
  const int given = give(f);
  delete of(f).gathered;
  of(f).gathered = nullptr;
  const int closed = inner(f)->pMethods == nullptr ? SQLITE_OK : below(f).xClose(inner(f));
  const int code = given == SQLITE_OK ? closed : given;
  sqlite3_free(of(f).inner);
  of(f).inner = nullptr;
  return code;
}

const sqlite3_io_methods kMethods = {
    2,
    on_close,
    on_read,
    on_write,
    on_truncate,
    on_sync,
    on_size,
    [](sqlite3_file* f, int level) { return below(f).xLock(inner(f), level); },
    [](sqlite3_file* f, int level) { return below(f).xUnlock(inner(f), level); },
    [](sqlite3_file* f, int* out) { return below(f).xCheckReservedLock(inner(f), out); },
    [](sqlite3_file* f, int what, void* argument) { return below(f).xFileControl(inner(f), what, argument); },
    [](sqlite3_file* f) { return below(f).xSectorSize(inner(f)); },
    [](sqlite3_file* f) { return below(f).xDeviceCharacteristics(inner(f)) & ~kSubpageReads; },
    [](sqlite3_file* f, int region, int bytes, int extend, void volatile** out) { return below(f).xShmMap(inner(f), region, bytes, extend, out); },
    [](sqlite3_file* f, int offset, int n, int flags) { return below(f).xShmLock(inner(f), offset, n, flags); },
    [](sqlite3_file* f) { below(f).xShmBarrier(inner(f)); },
    [](sqlite3_file* f, int remove) { return below(f).xShmUnmap(inner(f), remove); },
    nullptr,  // no memory mapping: what is read there would not be compared
    nullptr};

/// A new file is ours to check; an older one only when its pages have room for it (a stranger's database is left as it is).
bool has_checks(sqlite3_file* f) {
  unsigned char header[kHeader] = {};
  if (below(f).xRead(inner(f), header, kHeader, 0) != SQLITE_OK) return true;
  return header[kReservedAt] == kPageCheckBytes;
}

int on_open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  f->pMethods = nullptr;
  sqlite3_vfs* vfs = system();
  auto* file = static_cast<sqlite3_file*>(sqlite3_malloc(vfs->szOsFile));
  if (file == nullptr) return SQLITE_NOMEM;
  std::memset(file, 0, static_cast<std::size_t>(vfs->szOsFile));
  of(f).inner = file;
  of(f).checked = false;
  of(f).gathered = nullptr;
  const int code = vfs->xOpen(vfs, name, file, flags, out_flags);
  if (code != SQLITE_OK && file->pMethods == nullptr) {
    sqlite3_free(file);
    return code;
  }
  f->pMethods = &kMethods;
  if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0) of(f).checked = has_checks(f);
  if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) of(f).gathered = new (std::nothrow) Gathered;  // without it each piece is written alone
  return code;
}

/// Made once, kept for as long as SQLite lives: it holds the pointer.
sqlite3_vfs* make() {
  static sqlite3_vfs vfs{};
  vfs.iVersion = 2;
  vfs.szOsFile = sizeof(File);
  vfs.mxPathname = system()->mxPathname;
  vfs.zName = kName;
  vfs.xOpen = on_open;
  vfs.xDelete = [](sqlite3_vfs*, const char* name, int sync) { return system()->xDelete(system(), name, sync); };
  vfs.xAccess = [](sqlite3_vfs*, const char* name, int flags, int* out) { return system()->xAccess(system(), name, flags, out); };
  vfs.xFullPathname = [](sqlite3_vfs*, const char* name, int n, char* out) { return system()->xFullPathname(system(), name, n, out); };
  vfs.xRandomness = [](sqlite3_vfs*, int n, char* out) { return system()->xRandomness(system(), n, out); };
  vfs.xSleep = [](sqlite3_vfs*, int micros) { return system()->xSleep(system(), micros); };
  vfs.xCurrentTime = [](sqlite3_vfs*, double* out) { return system()->xCurrentTime(system(), out); };
  vfs.xGetLastError = [](sqlite3_vfs*, int n, char* out) { return system()->xGetLastError(system(), n, out); };
  vfs.xCurrentTimeInt64 = [](sqlite3_vfs*, sqlite3_int64* out) { return system()->xCurrentTimeInt64(system(), out); };
  sqlite3_vfs_register(&vfs, 0);
  return &vfs;
}

}  // namespace

const char* checked_pages() {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // nobody asks, and counting takes a lock for every piece of memory
  sqlite3_initialize();
  static sqlite3_vfs* const made = make();
  return made->zName;
}

}  // namespace storage
