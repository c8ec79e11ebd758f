#include "tests/support/processes.hpp"

#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace support {
namespace {

struct Stat { pid_t parent = -1; char state = '?'; std::size_t resident = 0; };

/// proc(5): "pid (name) state ppid …"; the name may hold anything, so what follows is read after its last bracket. Field 24 is the resident pages.
bool read_stat(const std::string& pid, Stat& out) {
  std::ifstream in("/proc/" + pid + "/stat");
  std::string line;
  if (!std::getline(in, line)) return false;
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  rest >> out.state >> out.parent;
  std::string skipped;
  for (int field = 5; field < 24; ++field) rest >> skipped;
  std::size_t pages = 0;
  rest >> pages;
  out.resident = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return true;
}

}  // namespace

std::vector<Child> children_of(pid_t parent) {
  std::vector<Child> out;
  std::error_code ignored;
  for (const auto& item : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = item.path().filename();
    Stat stat;
    if (std::isdigit(static_cast<unsigned char>(name[0])) && read_stat(name, stat) && stat.parent == parent) out.push_back({std::stoi(name), stat.state, stat.resident});
  }
  return out;
}

std::size_t resident_with_children(pid_t parent) {
  Stat own;
  std::size_t out = read_stat(std::to_string(parent), own) ? own.resident : 0;
  for (const auto& child : children_of(parent)) out += child.resident;
  return out;
}

bool exists(pid_t pid) {
  Stat stat;
  return read_stat(std::to_string(pid), stat) && stat.state != 'Z';
}

bool sanitized(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/maps");
  for (std::string line; std::getline(in, line);)
    if (line.find("libasan") != std::string::npos || line.find("libtsan") != std::string::npos) return true;
  return false;
}

}  // namespace support
