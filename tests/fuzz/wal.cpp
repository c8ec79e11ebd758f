// The write-ahead log as it lies on a disk that may be damaged: any bytes are judged without harm and nothing is changed. A whole log is let
// through, and so is one that a power cut ended anywhere; one changed bit before the last commit is refused.
// The first byte says which: r raw bytes of a log, i the same beside an index, b a log that is built: how many frames, where a commit ends, what
// bit changes, where it is cut, then what the pages hold.
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "integrations/storage/wal_check.hpp"
#include "integrations/storage/wal_file.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/built_log.hpp"

namespace {

using fuzz::must;
namespace fs = std::filesystem;

using support::kFrame;
using support::kPage;

/// A database with its log, in a folder of its own that goes with the process.
struct Place {
  fs::path folder = fs::temp_directory_path() / ("muster-fuzz-wal-" + std::to_string(::getpid()));
  std::string database = (folder / "muster.db").string();
  Place() {
    fs::create_directories(folder);
    put("", std::string(kPage, 'd'));
  }
  ~Place() { fs::remove_all(folder); }
  void put(const char* suffix, const std::string& bytes) const { std::ofstream(database + suffix, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size())); }
  std::string read(const char* suffix) const {
    std::ifstream in(database + suffix, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void drop(const char* suffix) const { fs::remove(database + suffix); }
};

bot::Status judged(const Place& place, const std::string& log) {
  place.put("-wal", log);
  const auto status = storage::check_log(place.database);
  must(status.ok() || (status.error().kind == bot::ErrorKind::corrupt && !status.error().message.empty()));
  must(place.read("-wal") == log);
  return status;
}

void built(const Place& place, fuzz::Input& input) {
  const std::size_t frames = 2 + input.byte() % 9u;
  const std::uint32_t commits = input.byte() | static_cast<std::uint32_t>(input.byte()) << 8u;
  const std::size_t where = input.byte() * 65536u + input.byte() * 256u + input.byte(), cut = input.byte() * 65536u + input.byte() * 256u + input.byte();
  const std::uint32_t page = 1u + input.byte(), size = 1u + input.byte() * 31u;
  const std::string content = input.rest();
  support::BuiltLog log(0x01020304u * page);
  for (std::size_t i = 0; i < frames; ++i) {
    const std::string here = content.empty() ? "" : content.substr(i * 97 % content.size());
    log.add(page + static_cast<std::uint32_t>(i) % 7, (commits >> i & 1) != 0 ? size + static_cast<std::uint32_t>(i) : 0, here);
  }
  must(judged(place, log.bytes).ok());
  must(judged(place, log.bytes.substr(0, cut % (log.bytes.size() + 1))).ok());
  if (log.ends.size() < 2) return;
  // Everything before the last commit was synced when that one began.
  const std::size_t safe = storage::kLogHeaderBytes + (log.ends[log.ends.size() - 2] + 1) * kFrame;
  std::string changed = log.bytes;
  const std::size_t bit = where % (safe * 8);
  changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
  must(!judged(place, changed).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Place place;
  fuzz::Input input(data, size);
  const char which = static_cast<char>(input.byte());
  place.drop("-shm");
  if (which == 'r') (void)judged(place, input.rest());
  if (which == 'i') {
    const std::size_t at = input.byte() + 96u;
    const std::string bytes = input.rest();
    place.put("-shm", bytes.substr(0, at));
    (void)judged(place, bytes.size() > at ? bytes.substr(at) : "");
  }
  if (which == 'b') built(place, input);
  return 0;
}
