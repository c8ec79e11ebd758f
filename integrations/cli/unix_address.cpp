#include "integrations/cli/unix_address.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

namespace cli {

UnixAddress::UnixAddress(const std::string& path) {
  address_.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof address_.sun_path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return;
    folder_ = open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0) return;
    name = "/proc/self/fd/" + std::to_string(folder_) + path.substr(slash);
  }
  if (name.empty() || name.size() >= sizeof address_.sun_path || name.find('\0') != std::string::npos) return;
  std::memcpy(address_.sun_path, name.c_str(), name.size() + 1);
  usable_ = true;
}

UnixAddress::~UnixAddress() {
  if (folder_ >= 0) close(folder_);
}

}  // namespace cli
